"""One submission through nbgrader's autograder, so that it is graded wholly or not at all."""

import json
import os
import shutil
import warnings
from pathlib import Path

import nbformat
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbgrader.converters import Autograde, GenerateFeedback
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import is_grade, is_locked
from traitlets.config import Config

from nnlib.course.gradebook import settings
from nnlib.course.nbgrader_log import captured_log
from nnlib.course.paths import Course
from nnlib.course.restore import grade_id
from nnlib.course.submissions import Submission, SubmissionError

RECORD = "graded.json"
"""In grading/autograded/<student>/<assignment>/: what was graded, and how. It is there when grading was finished."""
SANDBOX = "none"
"""How the student's code was confined. Each record holds it."""
CHECK_FAILED = "The check itself failed"
"""How `check` begins when it cannot judge; it then returns 0 points, which nobody may get for that."""


class GraderError(Exception):
    """Something of the grader's own failed; the submission is not to blame."""


class Autograder(Autograde):
    """nbgrader's autograder, which keeps why it failed and in which cell; nbgrader itself only logs that."""

    cause: Exception | None = None
    cell = "its first cell"

    def convert_single_notebook(self, notebook_filename: str) -> None:
        """Sanitize and run one notebook."""
        try:
            super().convert_single_notebook(notebook_filename)
        except Exception as error:
            self.cause = error
            raise

    def at_cell(self, cell, cell_index: int) -> None:
        """Note which cell is about to run."""
        self.cell = f"cell {grade_id(cell) or cell_index + 1}"


def collect(course: Course, assignment: str, submission: Submission, name: str, content: bytes) -> None:
    """Put a submission's notebook into grading/submitted/, with what nbgrader notes beside it.

    Args:
        course: where grading/ lies.
        assignment: its name.
        submission: whose, and when.
        name: the notebook's released name.
        content: the notebook's bytes.
    """
    folder = course.grading / "submitted" / submission.student / assignment
    if submission.folder == folder:  # it is nowhere else: only give the notebook its name
        write_bytes(folder / name, content)
        if not submission.timestamp:  # nbgrader stumbles over one that it cannot read
            (folder / "timestamp.txt").unlink(missing_ok=True)
        return
    secret = submission.folder / "submission_secret.txt"
    files = {name: content, "timestamp.txt": submission.timestamp.encode()}
    if secret.is_file() and not secret.is_symlink():
        files[secret.name] = secret.read_bytes()[:1000]
    new = folder.with_name(f".{assignment}.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    for file, data in files.items():
        if data:
            (new / file).write_bytes(data)
    shutil.rmtree(folder, ignore_errors=True)
    os.replace(new, folder)


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file in one step: a reader, or the next run after a kill, sees the old one or the new one."""
    new = path.with_name(f".{path.name}.new")
    new.write_bytes(content)
    os.replace(new, path)


def write_record(folder: Path, record: dict) -> None:
    """Note in a graded notebook's folder what was graded, and how."""
    write_bytes(folder / RECORD, json.dumps(record, indent=1).encode())


def record_of(course: Course, assignment: str, student: str) -> dict | None:
    """What was graded last, or None if nothing was, or grading it did not come to its end."""
    try:
        return json.loads((autograded(course, assignment, student) / RECORD).read_text())
    except (OSError, ValueError):
        return None


def autograded(course: Course, assignment: str, student: str) -> Path:
    """Where a graded notebook lies."""
    return course.grading / "autograded" / student / assignment


def autograde(course: Course, assignment: str, student: str, record: dict) -> list[str]:
    """Autograde a collected submission.

    The earlier result goes first; the new one is made elsewhere and appears in one step, with its record. So after a
    kill at any moment there is no record: the next run grades it again, and Formgrader says "needs autograding" until
    then.

    Args:
        course: where grading/ lies.
        assignment: its name.
        student: whose submission.
        record: what to note about it; see `record_of`.

    Returns:
        The checks that ended in an error instead of a verdict.

    Raises:
        SubmissionError: its code ended the kernel, or held it up.
        GraderError: anything else failed, the notebook's own set-up included: nobody may get 0 points for that.
    """
    shutil.rmtree(autograded(course, assignment, student), ignore_errors=True)
    config = student_settings(course, assignment, student)
    config.CourseDirectory.autograded_directory = "grading/autograding"
    grader = Autograder(coursedir=CourseDirectory(config=config), config=config, force=True)
    # a function, since traitlets copies what stands in a Config, a bound method's object included
    grader.config.Execute.on_cell_start = lambda cell, cell_index: grader.at_cell(cell, cell_index)
    with captured_log() as log, warnings.catch_warnings(action="ignore"):
        try:
            grader.start()
        except NbGraderException as error:
            if isinstance(grader.cause, DeadKernelError):
                raise SubmissionError(f"{grader.cell} ended the kernel (exit, or out of memory)") from None
            if isinstance(grader.cause, CellTimeoutError):
                raise SubmissionError(f"{grader.cell} ran too long and could not be stopped") from None
            raise GraderError(log.reason() or str(error)) from grader.cause
    made = course.grading / "autograding" / student / assignment
    remarks = broken_cells(nbformat.read(next(made.glob("*.ipynb")), as_version=4))
    write_record(made, {**record, "remarks": remarks})
    target = autograded(course, assignment, student)
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(made, target)
    return remarks


def broken_cells(graded: NotebookNode) -> list[str]:
    """The checks of a graded notebook that ended in an error.

    Raises:
        GraderError: a check could not judge, or a cell that students cannot change, and that is no check, ended in an
            error.
    """
    errors = []
    for cell in filter(is_locked, graded.cells):
        for output in cell.get("outputs", []):
            if CHECK_FAILED in output.get("text", ""):
                words = " ".join(output.text.split())
                raise GraderError(f"cell {grade_id(cell)}: {words:.200}")
            if output.output_type == "error":
                error = f"cell {grade_id(cell)}: {output.ename} {output.evalue:.100}".strip()
                if not is_grade(cell):
                    raise GraderError(f"the set-up does not run: {error}")
                errors.append(error)
    return errors


def write_feedback(course: Course, assignment: str, student: str) -> None:
    """Make the feedback page of a graded submission.

    Raises:
        GraderError: it cannot be made.
    """
    config = student_settings(course, assignment, student)
    with captured_log() as log, warnings.catch_warnings(action="ignore"):
        try:
            GenerateFeedback(coursedir=CourseDirectory(config=config), config=config, force=True).start()
        except NbGraderException as error:
            raise GraderError(f"no feedback page: {log.reason() or error}") from None


def student_settings(course: Course, assignment: str, student: str) -> Config:
    """nbgrader's settings for one submission."""
    config = settings(course)
    config.CourseDirectory.assignment_id = assignment
    config.CourseDirectory.student_id = student
    return config
