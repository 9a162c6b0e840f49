"""A small course in a temporary folder: one exercise of two functions and a written question, quick to grade."""

import contextlib
import copy
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from nnlib.course import ROOT
from nnlib.course.paths import SETTINGS, Course
from nnlib.course.release import release

ASSIGNMENT = "01_double"
NAME = "double.ipynb"
RIGHT = {"double-answer": "def double(x):\n    return 2 * x", "half-answer": "def half(x):\n    return x / 2"}
HALF = {"double-answer": "def double(x):\n    return x", "half-answer": "def half(x):\n    return x / 2"}
TIMESTAMP = "2026-10-05 12:00:00.000000 UTC"


def nbgrader_cell(make: Callable, name: str, source: str, points: float | None = None, **flags: bool) -> NotebookNode:
    """A cell with nbgrader's metadata; its cell id is the same name."""
    metadata = {
        "grade": False,
        "solution": False,
        "locked": False,
        "task": False,
        "schema_version": 3,
        "grade_id": name,
    }
    metadata |= flags | ({} if points is None else {"points": points})
    return make(source, id=name, metadata={"nbgrader": metadata})


def solution(function: str, expression: str) -> str:
    return f"def {function}(x):\n    ### BEGIN SOLUTION\n    return {expression}\n    ### END SOLUTION"


def source_notebook() -> NotebookNode:
    """What stands in solutions/: two functions (2 points and 1) and a written question (2 points)."""
    cells = [
        nbgrader_cell(new_markdown_cell, "title", "# Double and half", locked=True),
        nbgrader_cell(new_code_cell, "set-up", "import math", locked=True),
        nbgrader_cell(new_code_cell, "double-answer", solution("double", "x + x + 0 * x"), solution=True),
        nbgrader_cell(new_code_cell, "double-check", "2.0 * (double(3) == 6)", points=2, grade=True, locked=True),
        nbgrader_cell(new_code_cell, "half-answer", solution("half", "0.5 * x + 0 * x"), solution=True),
        nbgrader_cell(new_code_cell, "half-check", "float(half(3) == 1.5)", points=1, grade=True, locked=True),
        nbgrader_cell(new_markdown_cell, "why-answer", "Since half of twice is once.", 2, grade=True, solution=True),
    ]
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel, "language_info": {"name": "python"}})


def make_course(root: Path) -> Course:
    """A course with the real settings, whose only exercise is `source_notebook`."""
    course = Course(root)
    (course.solutions / ASSIGNMENT).mkdir(parents=True)
    nbformat.write(source_notebook(), course.solutions / ASSIGNMENT / NAME)
    shutil.copy(ROOT / SETTINGS, root)
    with (root / SETTINGS).open("a") as file:
        file.write("\nc.Execute.timeout = 3\n")
    return course


@contextlib.contextmanager
def released_course(root: Path) -> Iterator[Course]:
    """The same, released; meanwhile the environment has nothing in it that would lead nbgrader elsewhere."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("JUPYTER_CONFIG_PATH", str(root))
        environment.delenv("COURSE_EXCHANGE", raising=False)
        course = make_course(root)
        release(course, ASSIGNMENT)
        yield course


def answered(course: Course, answers: dict[str, str]) -> NotebookNode:
    """The released notebook with some cells filled in."""
    notebook = nbformat.read(course.notebook(ASSIGNMENT), as_version=4)
    for cell in notebook.cells:
        cell.source = answers.get(cell.id, cell.source)
    return notebook


def edited(notebook: NotebookNode, edit: Callable[[NotebookNode], None]) -> NotebookNode:
    """A changed copy of a notebook."""
    notebook = copy.deepcopy(notebook)
    edit(notebook)
    return notebook


def hand_in(
    course: Course, student: str, content: NotebookNode | bytes, file: str = NAME, time: str = TIMESTAMP
) -> Path:
    """Put a submission into the exchange, without any of the checks of `course submit`."""
    exchange = course.grading / "exchange" / "neural-networks" / "inbound"
    folder = exchange / f"{student}+{ASSIGNMENT}+{time}+abc"
    (folder / file).parent.mkdir(parents=True)
    (folder / "timestamp.txt").write_text(time)
    if isinstance(content, NotebookNode):
        content = nbformat.writes(content).encode()
    (folder / file).write_bytes(content)
    return folder
