"""Files that appear in one step: a reader, or the next run after a kill, sees the old one or the new one."""

import os
import shutil
from pathlib import Path


def write(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Write a file in one step, unless it holds just this already; its folder is made if need be."""
    if path.is_file() and not path.is_symlink() and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(new, path)


def replace_folder(folder: Path, files: dict[str, bytes]) -> None:
    """Make a folder hold exactly these files. It may be gone for a moment, but is never half of each."""
    new, old = folder.with_name(f".{folder.name}.new"), folder.with_name(f".{folder.name}.old")
    for left in (new, old):  # of a run that was killed
        shutil.rmtree(left, ignore_errors=True)
    if folder.is_dir() and not folder.is_symlink():
        there = {path.name: path for path in folder.iterdir()}
        plain = all(path.is_file() and not path.is_symlink() for path in there.values())
        if plain and {name: path.read_bytes() for name, path in there.items()} == files:
            return
    new.mkdir(parents=True)
    for name, content in files.items():
        write(new / name, content)
    if folder.is_symlink() or folder.is_file():
        folder.unlink()
    elif folder.exists():
        os.replace(folder, old)
    os.replace(new, folder)
    shutil.rmtree(old, ignore_errors=True)
