"""The course's settings for nbgrader, its gradebook, and what stands in it."""

import contextlib
import csv
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from nbgrader.api import Assignment, Gradebook, MissingEntry, SubmittedAssignment
from sqlalchemy import select
from sqlalchemy.orm import Session
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from nnlib.course.paths import SETTINGS, Course

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def settings(course: Course) -> Config:
    """nbgrader's settings, from nbgrader_config.py; loading it makes grading/ and the exchange."""
    return PyFileConfigLoader(SETTINGS, path=str(course.root)).load_config()


@contextlib.contextmanager
def open_gradebook(course: Course) -> Iterator[Gradebook]:
    """The gradebook; closed at the end."""
    config = settings(course).CourseDirectory
    with Gradebook(config.db_url, config.course_id) as gradebook:
        yield gradebook


@dataclass(frozen=True)
class Marks:
    """What one student has for one assignment.

    `points` of `of` so far, less what was taken off for being late; `to_mark` of them wait for the instructor; `auto`
    and `manual` by the name of the cell; `details` is everything that feedback shows.
    """

    points: float
    of: float
    to_mark: float
    auto: dict[str, float | None]
    manual: dict[str, float]
    details: tuple


def marks_of(gradebook: Gradebook, assignment: str, student: str) -> Marks | None:
    """One student's marks, None if there is no submission in the gradebook."""
    with Session(gradebook.engine) as session:
        submission = session.scalars(
            select(SubmittedAssignment)
            .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
            .where(Assignment.name == assignment, SubmittedAssignment.student_id == student)
        ).one_or_none()
        if submission is None:
            return None
        notebooks = list(submission.notebooks)
        grades = [grade for notebook in notebooks for grade in notebook.grades]
        comments = [comment for notebook in notebooks for comment in notebook.comments]
        late = [notebook.late_submission_penalty or 0.0 for notebook in notebooks]
        details = [(grade.name, grade.auto_score, grade.manual_score, grade.extra_credit) for grade in grades]
        details += [(comment.name, comment.auto_comment, comment.manual_comment) for comment in comments]
        to_mark = [grade.cell.max_score for grade in grades if grade.auto_score is None and grade.manual_score is None]
        return Marks(
            sum(grade.score for grade in grades) - sum(late),
            sum(grade.cell.max_score for grade in grades),
            sum(to_mark),
            {grade.name: grade.auto_score for grade in grades},
            {grade.name: grade.manual_score for grade in grades if grade.manual_score is not None},
            (*sorted(details, key=repr), *late),
        )


def students(gradebook: Gradebook) -> dict[str, str]:
    """Student -> full name, "" if it is not known."""
    names = {s.id: " ".join(filter(None, [s.first_name, s.last_name])) for s in gradebook.students}
    return dict(sorted(names.items()))


def knows(gradebook: Gradebook, assignment: str) -> bool:
    """Whether an assignment stands in the gradebook, with its notebook."""
    with contextlib.suppress(MissingEntry):
        return bool(gradebook.find_assignment(assignment).notebooks)
    return False


def plain(entry: object) -> object:
    """An entry that a spreadsheet does not take for a formula.

    Example:
        >>> plain("=1+1"), plain("Ada, Countess"), plain(-0.5)
        ("'=1+1", 'Ada, Countess', -0.5)
    """
    return f"'{entry}" if isinstance(entry, str) and entry.startswith(FORMULA_STARTS) else entry


def write_csv(path: Path, header: list[str], rows: Iterable[list]) -> None:
    """Put rows into a CSV file, in place of those with the same first two columns; all others stay.

    The file is replaced in one step: a reader sees the old one or the new one.
    """
    new = {tuple(row[:2]): row for row in ([plain(entry) for entry in row] for row in rows)}
    if path.exists():
        with path.open(newline="", encoding="utf-8") as file:
            new = {tuple(row[:2]): row for row in list(csv.reader(file))[1:]} | new
    temporary = path.with_suffix(".new")
    with temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(new[key] for key in sorted(new))
    os.replace(temporary, path)
