"""One submission as it comes in: find the notebook in a folder, read its bytes, and tell what is wrong with it."""

import json
import os
import re
import stat
import warnings
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbformat import NotebookNode

LARGEST = 20_000_000
"""A notebook of more bytes is not read."""
DEEPEST, MOST_CELLS, MOST_BRACKETS = 50, 2000, 500_000
"""A notebook nested more deeply, of more cells, or of more lists and objects is not read."""
MOST_FILES = 1000
"""In a folder with more files than that, nobody looks further."""
STUDENT = re.compile(r"\w[\w.@+-]*")
"""A student's name, which becomes the name of a folder."""


class SubmissionError(Exception):
    """What is wrong with a submission, in words for whoever handed it in."""


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
    others = sorted(path.name for path in files if path.suffix != ".txt" and path.name[0] != ".")[:10]
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
    with open(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise not_a_file
        if status.st_nlink > 1:
            raise SubmissionError(f"{path.name} is a hard link to another file; hand in a copy of the notebook")
        if status.st_size > LARGEST:
            size, most = status.st_size / 1e6, LARGEST / 1e6
            raise SubmissionError(f"{path.name} is {size:.0f} MB, more than {most:.0f} MB; clear its outputs")
        return file.read(LARGEST)


def parse(content: bytes) -> NotebookNode:
    """A notebook from its bytes.

    Raises:
        SubmissionError: they are not a notebook of format 4.
    """
    notebook = load(content)
    if not isinstance(notebook, dict) or "nbformat" not in notebook:
        raise SubmissionError("not a notebook: JSON, but without `nbformat`")
    if notebook["nbformat"] != 4 or isinstance(notebook["nbformat"], (bool, float)):
        version = f"{notebook['nbformat']!r:.20}"
        raise SubmissionError(f"notebook of format {version}, not 4; open it in JupyterLab and save it again")
    cells = notebook.get("cells")
    if isinstance(cells, list):
        if len(cells) > MOST_CELLS:
            raise SubmissionError(f"{len(cells)} cells, more than {MOST_CELLS}")
        for number, cell in enumerate(cells, start=1):
            check_characters(cell, f"cell {number}")
    try:
        with warnings.catch_warnings(action="ignore"):  # cells without an id, or two with one: repaired, not a fault
            notebook = nbformat.reads(content.decode("utf-8"), as_version=4)
            nbformat.validate(notebook)
    except Exception as error:  # nbformat raises whatever it stumbles over
        reason = str(getattr(error, "message", error)).splitlines() or [""]
        raise SubmissionError(f"damaged notebook: {reason[0]:.120}") from None
    return notebook


def load(content: bytes) -> object:
    """JSON from bytes, if it is of a size and depth that can be handled.

    Raises:
        SubmissionError: it is not.
    """
    if not content.strip():
        raise SubmissionError("the file is empty")
    if len(content) > LARGEST:
        raise SubmissionError(f"{len(content) / 1e6:.0f} MB, more than {LARGEST / 1e6:.0f} MB; clear its outputs")
    if content.count(b"[") + content.count(b"{") > MOST_BRACKETS:
        raise SubmissionError(f"not a notebook: more than {MOST_BRACKETS} lists; clear its outputs")
    try:
        value = json.loads(content.decode("utf-8"))
    except UnicodeDecodeError:
        raise SubmissionError("not a notebook: the file is not text (UTF-8)") from None
    except json.JSONDecodeError as error:
        raise SubmissionError(f"not a notebook: no JSON from line {error.lineno} on ({error.msg})") from None
    except ValueError:
        raise SubmissionError("not a notebook: a number of thousands of digits") from None
    except RecursionError:
        raise SubmissionError("not a notebook: nested too deeply") from None
    level = [value]
    for _ in range(DEEPEST):
        inner = [part.values() if isinstance(part, dict) else part for part in level if isinstance(part, (dict, list))]
        level = [part for parts in inner for part in parts]
        if not level:
            return value
    raise SubmissionError("not a notebook: nested too deeply")


def check_characters(cell: object, where: str) -> None:
    """Refuse half a character (JSON can write one half of a surrogate pair), which no file can hold.

    Raises:
        SubmissionError: there is one.
    """
    try:
        json.dumps(cell, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise SubmissionError(f"damaged notebook: {where} holds half a character; write it again") from None
