"""The course's settings for nbgrader, its gradebook, and what stands in it."""

import contextlib
import csv
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode
from nbgrader.api import (
    Assignment,
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    GradeCell,
    MissingEntry,
    SubmittedAssignment,
    SubmittedNotebook,
    TaskCell,
)
from sqlalchemy import func, select
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from nnlib.course.paths import SETTINGS, Course

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def settings(course: Course) -> Config:
    """nbgrader's settings, from nbgrader_config.py; loading it makes grading/ and the exchange."""
    return PyFileConfigLoader(SETTINGS, path=str(course.root)).load_config()


def grade_id(cell: NotebookNode) -> str | None:
    """nbgrader's name of a cell, None if it has none."""
    metadata = cell.metadata.get("nbgrader")
    return metadata.get("grade_id") if isinstance(metadata, dict) else None


@contextlib.contextmanager
def open_gradebook(course: Course) -> Iterator[Gradebook]:
    """The gradebook; closed at the end."""
    config = settings(course).CourseDirectory
    with Gradebook(config.db_url, config.course_id) as gradebook:
        yield gradebook


@dataclass(frozen=True)
class Mark:
    """What one cell has earned: by the autograder, by hand (which counts if it is there), and beyond `of`."""

    of: float
    auto: float | None
    manual: float | None
    extra: float | None

    @property
    def points(self) -> float:
        """As nbgrader counts them."""
        earned = self.auto if self.manual is None else self.manual
        return 0.0 if earned is None else earned + (self.extra or 0.0)


@dataclass(frozen=True)
class Marks:
    """What one student has for one assignment.

    Attributes:
        cells: by the name of the graded cell.
        comments: by the name of the answer cell; those given by hand count if they are there.
        penalty: what is taken off for being late.
    """

    cells: dict[str, Mark]
    comments: dict[str, str | None]
    penalty: float

    @property
    def points(self) -> float:
        """The points so far."""
        return sum(mark.points for mark in self.cells.values()) - self.penalty

    @property
    def of(self) -> float:
        """The points that can be had."""
        return sum(mark.of for mark in self.cells.values())

    @property
    def to_mark(self) -> float:
        """The points that wait for the instructor."""
        return sum(mark.of for mark in self.cells.values() if mark.auto is None and mark.manual is None)


def marks_of(gradebook: Gradebook, assignment: str, student: str) -> Marks | None:
    """One student's marks, None if there is no submission in the gradebook."""
    of = Assignment.name == assignment, SubmittedAssignment.student_id == student
    with gradebook.engine.connect() as connection:
        notebooks = (
            select(SubmittedNotebook.id, SubmittedNotebook.late_submission_penalty)
            .join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
            .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
            .where(*of)
        )
        late = {row.id: row.late_submission_penalty or 0.0 for row in connection.execute(notebooks)}
        if not late:
            return None
        cell, grade_cell, task_cell = (kind.__table__ for kind in (BaseCell, GradeCell, TaskCell))
        grades = connection.execute(
            select(
                cell.c.name,
                Grade.auto_score,
                Grade.manual_score,
                Grade.extra_credit,
                func.coalesce(grade_cell.c.max_score, task_cell.c.max_score).label("max_score"),
            )
            .join_from(Grade.__table__, cell, cell.c.id == Grade.cell_id)
            .outerjoin(grade_cell, grade_cell.c.id == cell.c.id)
            .outerjoin(task_cell, task_cell.c.id == cell.c.id)
            .where(Grade.notebook_id.in_(late))
            .order_by(cell.c.name)
        ).all()
        comments = connection.execute(
            select(cell.c.name, Comment.auto_comment, Comment.manual_comment)
            .join_from(Comment.__table__, cell, cell.c.id == Comment.cell_id)
            .where(Comment.notebook_id.in_(late))
            .order_by(cell.c.name)
        ).all()
    return Marks(
        {one.name: Mark(one.max_score, one.auto_score, one.manual_score, one.extra_credit) for one in grades},
        {one.name: one.auto_comment if one.manual_comment is None else one.manual_comment for one in comments},
        sum(late.values()),
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
