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

ASSIGNMENT = "01_short"
NAME = "short.ipynb"
BIAS = "np.hstack([Z_prev, np.ones((len(Z_prev), 1))]), np.hstack([W, b[:, np.newaxis]])"
DIFFERENCE = "np.subtract(f_plus, f_minus) / (2 * h)"
HEADS = {"bias": "def absorb_bias(Z_prev, W, b):", "difference": "def central_difference(f_plus, f_minus, h):"}
RIGHT = {
    "bias-answer": f"{HEADS['bias']}\n    return {BIAS}",
    "difference-answer": f"{HEADS['difference']}\n    return {DIFFERENCE}",
}
HALF = RIGHT | {"bias-answer": f"{HEADS['bias']}\n    return Z_prev, W"}
"""Without the 2 points for the first function."""
TIMESTAMP = "2025-10-05 12:00:00.000000 UTC"


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


def solution(head: str, lines: str) -> str:
    return f"{head}\n    ### BEGIN SOLUTION\n    {lines}\n    ### END SOLUTION"


def source_notebook() -> NotebookNode:
    """What stands in solutions/: two functions (2 points and 1) and a written question (2 points)."""
    bias = "Z_1 = np.hstack([Z_prev, np.ones((len(Z_prev), 1))])\n    return Z_1, np.hstack([W, b[:, np.newaxis]])"
    set_up = "import numpy as np\n\nfrom nnlib.grading import check"
    check = {"grade": True, "locked": True}
    cells = [
        nbgrader_cell(new_markdown_cell, "title", "# Two functions", locked=True),
        nbgrader_cell(new_code_cell, "set-up", set_up, locked=True),
        nbgrader_cell(new_code_cell, "bias-answer", solution(HEADS["bias"], bias), solution=True),
        nbgrader_cell(new_code_cell, "bias-check", 'check("absorb_bias")', points=2, **check),
        nbgrader_cell(
            new_code_cell, "difference-answer", solution(HEADS["difference"], f"return {DIFFERENCE}"), solution=True
        ),
        nbgrader_cell(new_code_cell, "difference-check", 'check("central_difference")', points=1, **check),
        nbgrader_cell(new_markdown_cell, "why-answer", "A feature that is always 1.", 2, grade=True, solution=True),
    ]
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel, "language_info": {"name": "python"}})


def make_course(root: Path, notebook: NotebookNode | None = None, assignment: str = ASSIGNMENT) -> Course:
    """A course with the real settings, whose only exercise is the notebook, by default `source_notebook`."""
    course = Course(root)
    (course.solutions / assignment).mkdir(parents=True)
    nbformat.write(notebook or source_notebook(), course.solutions / assignment / f"{assignment[3:]}.ipynb")
    shutil.copy(ROOT / SETTINGS, root)
    return course


@contextlib.contextmanager
def released_course(root: Path, notebook: NotebookNode | None = None, assignment: str = ASSIGNMENT) -> Iterator[Course]:
    """The same, released; meanwhile the environment has nothing in it that would lead nbgrader elsewhere."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("JUPYTER_CONFIG_PATH", str(root))
        environment.delenv("COURSE_EXCHANGE", raising=False)
        environment.delenv("COURSE_GRADEBOOK", raising=False)
        course = make_course(root, notebook, assignment)
        release(course, assignment)
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
    course: Course,
    student: str,
    content: NotebookNode | bytes,
    file: str = NAME,
    time: str = TIMESTAMP,
    assignment: str = ASSIGNMENT,
) -> Path:
    """Put a submission into the exchange, without any of the checks of `course submit`."""
    exchange = course.grading / "exchange" / "neural-networks" / "inbound"
    folder = exchange / f"{student}+{assignment}+{time}+abc"
    (folder / file).parent.mkdir(parents=True)
    (folder / "timestamp.txt").write_text(time)
    if isinstance(content, NotebookNode):
        content = nbformat.writes(content).encode()
    (folder / file).write_bytes(content)
    return folder
