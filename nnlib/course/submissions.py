"""One submission as it comes in: find the notebook, read its bytes; refuse what leads elsewhere or is too large."""

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from nnlib.grading.trusted.notebook import SubmissionError

LARGEST = 20_000_000
"""A notebook of more bytes is not read."""
MOST_BRACKETS = 500_000
"""A notebook of more lists and objects is not read."""
MOST_FILES = 1000
"""In a folder with more files than that, nobody looks further."""
STUDENT = re.compile(r"\w[\w.@+-]*")
"""A student's name, which becomes the name of a folder."""


def find_notebook(folder: Path, name: str) -> Path:
    """The notebook in a folder: `name`.ipynb, or the copy which a browser or JupyterLab has given another name.

    Args:
        folder: where to look.
        name: the notebook's released name, such as "backprop".

    Raises:
        SubmissionError: there is none, or it cannot be said which.
    """
    if folder.is_symlink() or not folder.is_dir():
        raise SubmissionError("this is not a folder")
    files = list(walk(folder))
    notebooks = sorted(path for path in files if path.suffix == ".ipynb" and path.parent == folder)
    copies = [path for path in notebooks if re.fullmatch(rf"{re.escape(name)}( ?\(\d+\)|-Copy\d+)", path.stem)]
    for candidates in ([folder / f"{name}.ipynb"], copies, notebooks):
        if len(candidates) == 1 and candidates[0] in notebooks:
            return candidates[0]
    if notebooks:
        names = ", ".join(path.name for path in notebooks[:10])
        raise SubmissionError(f"several notebooks, none of them called {name}.ipynb: {names}")
    deeper = next((path for path in files if path.suffix == ".ipynb"), None)
    if deeper:
        raise SubmissionError(
            f"the notebook lies in a sub-folder ({deeper.relative_to(folder)}); hand in the file itself"
        )
    top = [path for path in files if path.parent == folder]
    others = sorted(path.name for path in top if path.suffix != ".txt" and path.name[0] != ".")[:10]
    raise SubmissionError(f"no notebook, only {', '.join(others)}" if others else "no notebook: the folder is empty")


def walk(folder: Path, depth: int = 3) -> Iterator[Path]:
    """What lies in a folder, down to some depth, without following links; at most MOST_FILES.

    Raises:
        SubmissionError: there is more.
    """
    found, level = 0, [folder]
    for _ in range(depth):
        deeper = []
        for place in level:
            with os.scandir(place) as entries:
                for entry in entries:
                    found += 1
                    if found > MOST_FILES:
                        raise SubmissionError(f"more than {MOST_FILES} files; hand in the notebook alone")
                    if entry.is_dir(follow_symlinks=False):
                        deeper.append(Path(entry))
                    yield Path(entry)
        level = deeper


def read_bytes(path: Path) -> bytes:
    """The bytes of a submitted file, which must be a plain file with one name: nothing that leads elsewhere.

    Raises:
        SubmissionError: it is a link, a device, a pipe, or too large.
    """
    not_a_file = SubmissionError(f"{path.name} is a link or not a file at all; hand in the notebook itself")
    try:
        # O_NONBLOCK: opening a pipe to read from would wait for somebody who writes
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        descriptor = os.open(path, flags)
    except OSError as error:
        if path.is_symlink() or isinstance(error, FileNotFoundError) or not path.is_file():
            raise not_a_file from None
        raise
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise not_a_file
    with open(descriptor, "rb") as file:
        if status.st_nlink > 1:
            raise SubmissionError(f"{path.name} is a hard link to another file; hand in a copy of the notebook")
        if status.st_size > LARGEST:
            size, most = status.st_size / 1e6, LARGEST / 1e6
            raise SubmissionError(f"{path.name} is {size:.0f} MB, more than {most:.0f} MB; clear its outputs")
        return file.read(LARGEST)


def check_size(content: bytes) -> None:
    """Refuse what would fill the memory when it is read: each list of a JSON file takes 50 times its two bytes.

    Raises:
        SubmissionError: there are too many.
    """
    brackets = content.count(b"[") + content.count(b"{")
    if brackets > MOST_BRACKETS:
        raise SubmissionError(f"{brackets} lists and objects, more than {MOST_BRACKETS}; clear the notebook's outputs")
