"""Intake: find what was handed in, and let nothing in but one readable notebook for each student."""

import contextlib
import json
import re
import warnings
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.utils import parse_utc

LARGEST = 20_000_000
"""A notebook of more bytes is not read."""
STUDENT = re.compile(r"\w[\w.@+-]*")
"""A student's name, which becomes the name of a folder."""


class SubmissionError(Exception):
    """What is wrong with a submission, in words for whoever handed it in."""


@dataclass(frozen=True)
class Submission:
    """A folder which one student handed in; `timestamp` as nbgrader writes it."""

    student: str
    timestamp: str
    folder: Path

    @property
    def time(self) -> datetime:
        """The time stamp, in UTC."""
        return parse_utc(self.timestamp)


def inbound(exchange: Path | str, course_id: str, assignment: str) -> tuple[dict[str, Submission], list[str]]:
    """Each student's newest submission in the exchange.

    A folder is called student+assignment+timestamp, with +random at the end where nbgrader is told so. Everybody may
    write there, so a name may be anything.

    Args:
        exchange: the exchange's folder.
        course_id: nbgrader's name of the course.
        assignment: its name.

    Returns:
        (student -> submission, names of folders which seem to be of this assignment but cannot be understood).
    """
    form = re.compile(rf"(?P<student>{STUDENT.pattern})\+{re.escape(assignment)}\+(?P<timestamp>[^+]+)(\+[\w=-]+)?")
    newest, strange = {}, []
    for folder in sorted(Path(exchange, course_id, "inbound").glob(f"*+{assignment}+*")):
        parts = form.fullmatch(folder.name)
        submission = Submission(parts["student"], parts["timestamp"], folder) if parts else None
        try:
            time = submission.time
        except (AttributeError, ValueError, OverflowError):  # not of this form, or not a time
            strange.append(folder.name)
            continue
        if submission.student not in newest or time > newest[submission.student].time:
            newest[submission.student] = submission
    return newest, strange


def collected(submitted: Path, assignment: str) -> dict[str, Submission]:
    """Submissions which already lie in grading/submitted/, from an earlier run or from nbgrader's own `collect`."""
    found = {}
    for folder in sorted(submitted.glob(f"[!.]*/{assignment}")):
        submission = Submission(folder.parent.name, "", folder)
        with contextlib.suppress(OSError, ValueError, OverflowError):
            dated = replace(submission, timestamp=(folder / "timestamp.txt").read_text().strip())
            submission = dated if dated.time else submission
        found[submission.student] = submission
    return found


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
    notebooks = sorted(folder.glob("*.ipynb"))
    copies = [path for path in notebooks if re.fullmatch(rf"{re.escape(name)}( ?\(\d+\)|-Copy\d+)", path.stem)]
    for candidates in ([folder / f"{name}.ipynb"], copies, notebooks):
        if len(candidates) == 1 and candidates[0] in notebooks:
            return candidates[0]
    if notebooks:
        names = ", ".join(path.name for path in notebooks)
        raise SubmissionError(f"several notebooks, none of them called {name}.ipynb: {names}")
    deeper = next(folder.rglob("*.ipynb"), None)
    if deeper:
        raise SubmissionError(
            f"the notebook lies in a sub-folder ({deeper.relative_to(folder)}); hand in the file itself"
        )
    others = ", ".join(sorted(path.name for path in folder.iterdir() if path.suffix != ".txt" and path.name[0] != "."))
    raise SubmissionError(f"no notebook, only {others}" if others else "no notebook: the folder is empty")


def read_bytes(path: Path) -> bytes:
    """The bytes of a submitted file.

    Raises:
        SubmissionError: it is a link, not a file at all, or too large.
    """
    if path.is_symlink() or not path.is_file():
        raise SubmissionError(f"{path.name} is a link or not a file at all; hand in the notebook itself")
    if path.stat().st_size > LARGEST:
        size = path.stat().st_size / 1e6
        raise SubmissionError(f"{path.name} is {size:.0f} MB, more than {LARGEST / 1e6:.0f} MB; clear its outputs")
    return path.read_bytes()


def parse(content: bytes) -> NotebookNode:
    """A notebook from its bytes.

    Raises:
        SubmissionError: they are not a notebook of format 4.
    """
    if not content.strip():
        raise SubmissionError("the file is empty")
    try:
        notebook = json.loads(content.decode("utf-8"))
    except UnicodeDecodeError:
        raise SubmissionError("not a notebook: the file is not text (UTF-8)") from None
    except json.JSONDecodeError as error:
        raise SubmissionError(f"not a notebook: no JSON from line {error.lineno} on ({error.msg})") from None
    except RecursionError:
        raise SubmissionError("not a notebook: nested too deeply") from None
    if not isinstance(notebook, dict) or "nbformat" not in notebook:
        raise SubmissionError("not a notebook: JSON, but without `nbformat`")
    if notebook["nbformat"] != 4:
        version = f"{notebook['nbformat']!r:.20}"
        raise SubmissionError(f"notebook of format {version}, not 4; open it in JupyterLab and save it again")
    try:
        with warnings.catch_warnings(action="ignore"):  # cells without an id, or two with one: repaired, not a fault
            notebook = nbformat.reads(content.decode("utf-8"), as_version=4)
            nbformat.validate(notebook)
    except Exception as error:  # nbformat raises whatever it stumbles over
        reason = str(getattr(error, "message", error)).splitlines() or [""]
        raise SubmissionError(f"damaged notebook: {reason[0]:.120}") from None
    return notebook
