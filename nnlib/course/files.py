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
    if folder.is_dir() and not folder.is_symlink():
        there = {path.name: path for path in folder.iterdir()}
        plain = all(path.is_file() and not path.is_symlink() for path in there.values())
        if plain and {name: path.read_bytes() for name, path in there.items()} == files:
            return
    new = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    for name, content in files.items():
        write(new / name, content)
    remove(folder)
    os.replace(new, folder)


def remove(path: Path) -> None:
    """Remove a file or a folder, if it is there; a link itself and not what it leads to."""
    if path.is_dir() and not path.is_symlink():
        old = path.with_name(f".{path.name}.old")
        shutil.rmtree(old, ignore_errors=True)
        os.replace(path, old)
        shutil.rmtree(old)
    else:
        path.unlink(missing_ok=True)
