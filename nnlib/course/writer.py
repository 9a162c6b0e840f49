"""The one place where grades are written: gradebook, graded notebook, record.

For each submission the gradebook changes in one transaction, then the graded notebook appears, then its record. All of
it can be done again with the same result, so a kill at any moment costs nothing: what has no record is graded again.
"""

import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Assignment, Comment, Grade, Gradebook, Student, SubmittedAssignment, SubmittedNotebook
from nbgrader.preprocessors import AssignLatePenalties
from nbgrader.utils import compute_checksum, is_solution, is_task, parse_utc
from sqlalchemy import select
from sqlalchemy.orm import Session

from nnlib.course.files import replace_folder, write
from nnlib.course.gradebook import grade_id, settings
from nnlib.course.paths import Course
from nnlib.course.received import Version
from nnlib.grading.trusted.assess import Assessment, Score

RECORD = "graded.json"
"""In grading/autograded/<student>/<assignment>/: what was graded, and how. It is there when grading was finished."""


class GraderError(Exception):
    """Something of the grader's own failed; the submission is not to blame."""


@dataclass(frozen=True)
class Record:
    """How a submission was graded.

    Attributes:
        sha256: of the notebook's bytes as they were received.
        received: when that was; see Version.time.
        release: SHA-256 of the released notebook it was judged by.
        level: of the sandbox.
        seed: of the submission; with it, the same verdicts come out again.
        what: what the grader said about it.
        graded: when it was graded.
        seconds: how long that took.
    """

    sha256: str
    received: str
    release: str
    level: str
    seed: int
    what: str
    graded: str
    seconds: float


def autograded(course: Course, assignment: str, student: str) -> Path:
    """Where a graded notebook lies."""
    return course.grading / "autograded" / student / assignment


def record_of(course: Course, assignment: str, student: str) -> Record | None:
    """How a submission was graded last, None if it was not, or not to the end, or not by this grader."""
    try:
        return Record(**json.loads((autograded(course, assignment, student) / RECORD).read_text()))
    except (OSError, ValueError, TypeError):
        return None


class Writer:
    """Writes the assessments of one assignment, one after the other.

    Args:
        course: where grading/ lies.
        assignment: its name.
        gradebook: an open gradebook.
    """

    def __init__(self, course: Course, assignment: str, gradebook: Gradebook) -> None:
        self.course, self.assignment, self.gradebook = course, assignment, gradebook
        self.late = AssignLatePenalties(config=settings(course))
        self.late.init_plugin()

    def write(self, version: Version, assessment: Assessment, release: str) -> Record:
        """Write what became of one submission that was graded.

        Args:
            version: the submission.
            assessment: its points and its graded notebook.
            release: SHA-256 of the released notebook.

        Raises:
            GraderError: the assessment does not fit the gradebook.
        """
        notebook = nbformat.reads(assessment.notebook.decode(), as_version=4)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        facts = (assessment.level, assessment.seed, assessment.what, now, round(assessment.seconds, 3))
        record = Record(version.sha256, version.time, release, *facts)
        folder = autograded(self.course, self.assignment, version.student)
        (folder / RECORD).unlink(missing_ok=True)  # from here on, until the end, it counts as not graded
        with Session(self.gradebook.engine) as session, session.begin():
            enter(session, self.late, self.assignment, version, assessment.scores, notebook)
        name = self.course.notebook(self.assignment).name
        files = {name: assessment.notebook, "timestamp.txt": version.time.encode()}
        replace_folder(folder, files)
        write(folder / RECORD, json.dumps(record.__dict__, indent=1).encode())
        return record


def enter(
    session: Session,
    late: AssignLatePenalties,
    assignment: str,
    version: Version,
    scores: tuple[Score, ...],
    graded: NotebookNode,
) -> None:
    """Enter a submission's points, as nbgrader does; marks and comments given by hand stay.

    Raises:
        GraderError: the points do not fit the cells in the gradebook.
    """
    entry = session.scalars(select(Assignment).where(Assignment.name == assignment)).one()
    (notebook,) = entry.notebooks
    graded_cells = [*notebook.grade_cells, *notebook.task_cells]
    if session.get(Student, version.student) is None:
        session.add(Student(id=version.student))
        session.flush()
    keys = {"assignment_id": entry.id, "student_id": version.student}
    submission = find_or_add(session, SubmittedAssignment, **keys)
    submission.timestamp = parse_utc(version.time)
    session.flush()
    submitted = find_or_add(session, SubmittedNotebook, notebook_id=notebook.id, assignment_id=submission.id)
    submitted.late_submission_penalty = None
    session.flush()

    points = checked(scores, {cell.name: cell.max_score for cell in graded_cells})
    unanswered = {
        grade_id(cell)
        for cell in graded.cells
        if is_solution(cell) and not is_task(cell) and cell.metadata.nbgrader.get("checksum") == compute_checksum(cell)
    }
    grades = {row.cell_id: row for row in session.scalars(select(Grade).filter_by(notebook_id=submitted.id))}
    for cell in graded_cells:
        grade = grades.get(cell.id) or Grade(cell_id=cell.id, notebook_id=submitted.id)
        grade.auto_score = points[cell.name]
        grade.needs_manual_grade = grade.manual_score is not None or grade.auto_score is None
        session.add(grade)
    comments = {row.cell_id: row for row in session.scalars(select(Comment).filter_by(notebook_id=submitted.id))}
    for cell in [*notebook.solution_cells, *notebook.task_cells]:
        comment = comments.get(cell.id) or Comment(cell_id=cell.id, notebook_id=submitted.id)
        comment.auto_comment = "No response." if cell.name in unanswered else None
        session.add(comment)

    session.flush()
    session.refresh(submission)
    if submission.total_seconds_late > 0:
        session.refresh(submitted)
        seconds = submission.total_seconds_late
        penalty = late.plugin_inst.late_submission_penalty(version.student, submitted.score, seconds)
        if penalty is not None:
            submitted.late_submission_penalty = late._check_late_penalty(submitted, penalty)


def find_or_add(session: Session, kind: type, **keys: str):
    """The row with these keys; a new one if there is none."""
    row = session.scalars(select(kind).filter_by(**keys)).one_or_none()
    if row is None:
        row = kind(**keys)
        session.add(row)
    return row


def checked(scores: tuple[Score, ...], maxima: dict[str, float]) -> dict[str, float | None]:
    """Points by the name of the cell, if they are what the gradebook has cells for.

    Raises:
        GraderError: they are not; then the release and the gradebook do not fit together, or the grader is broken.
    """
    points = {score.cell: score.points for score in scores}
    if set(points) != set(maxima) or len(scores) != len(points):
        names = ", ".join(sorted(set(points) ^ set(maxima)))
        raise GraderError(f"the gradebook and the release differ in cells: {names}; release the assignment again")
    for score in scores:
        if score.of != maxima[score.cell]:
            raise GraderError(
                f"{score.cell} is worth {maxima[score.cell]:g} points in the gradebook and {score.of:g} in the release;"
                " release the assignment again"
            )
        if score.points is not None and not (math.isfinite(score.points) and 0 <= score.points <= score.of):
            raise GraderError(f"{score.cell} was given {score.points} of {score.of:g} points")
    return points
