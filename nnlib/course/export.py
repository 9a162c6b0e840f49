"""`course export`: the points of an assignment as a file which a learning management system imports."""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click
from nbgrader.api import Student
from sqlalchemy import select

from nnlib.course.files import write
from nnlib.course.gradebook import Marks, knows, marks_of, open_gradebook, plain
from nnlib.course.paths import Course, find_course
from nnlib.course.writer import record_of


@dataclass(frozen=True)
class Line:
    """One student with points. `lms_id` is the number that the learning management system has for the student."""

    student: str
    first_name: str
    last_name: str
    email: str
    lms_id: str
    marks: Marks
    seed: int | None
    level: str


def lines_of(course: Course, assignment: str) -> list[Line]:
    """The students who have points for an assignment: whoever handed nothing in is not there, rather than there with 0.

    Raises:
        click.ClickException: the assignment is not in the gradebook.
    """
    with open_gradebook(course) as gradebook:
        if not knows(gradebook, assignment):
            raise click.ClickException(f"{assignment} is not in the gradebook.")
        table = Student.__table__
        with gradebook.engine.connect() as connection:
            rows = connection.execute(select(table).order_by(table.c.id)).all()
        lines = []
        for row in rows:
            marks, record = marks_of(gradebook, assignment, row.id), record_of(course, assignment, row.id)
            if marks:
                who = (row.id, row.first_name or "", row.last_name or "", row.email or "", row.lms_user_id or "")
                lines.append(Line(*who, marks, record and record.seed, record.level if record else ""))
        return lines


def canvas(assignment: str, lines: list[Line]) -> list[list]:
    """What Canvas's gradebook imports: five columns about the student, one for the assignment, and its points.

    A student is found by ID (Canvas's number), else by SIS User ID, else by SIS Login ID. An empty grade would delete
    the one that is there.

    Source: instructure/canvas-lms, lib/gradebook_importer.rb (row_has_student_headers?, process_pp, process_student).
    """
    header = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", assignment]
    of = max((line.marks.of for line in lines), default=0.0)
    rows = [
        [
            ", ".join(filter(None, [line.last_name, line.first_name])) or line.student,
            line.lms_id,
            "",
            line.student,
            "",
            number(line.marks.points),
        ]
        for line in lines
    ]
    return [header, ["    Points Possible", "", "", "", "", number(of)], *rows]


def moodle(assignment: str, lines: list[Line]) -> list[list]:
    """What Moodle's grader report imports as CSV, in the columns of its own export as plain text.

    On import, map "ID number" to "useridnumber" or "Email address" to "useremail", and the last column to the
    assignment's grade item.

    Source: docs.moodle.org, Grade import and Grade export.
    """
    header = ["First name", "Last name", "ID number", "Email address", f"{assignment} (Real)"]
    return [
        header,
        *(
            [line.first_name, line.last_name, line.lms_id or line.student, line.email, number(line.marks.points)]
            for line in lines
        ),
    ]


def everything(assignment: str, lines: list[Line]) -> list[list]:
    """Points by cell, and how they came about."""
    cells = sorted({cell for line in lines for cell in line.marks.cells})
    header = ["assignment", "student", "first_name", "last_name", "email", "points", "of", "to_mark", "penalty"]
    rows = []
    for line in lines:
        who = [assignment, line.student, line.first_name, line.last_name, line.email]
        total = [line.marks.points, line.marks.of, line.marks.to_mark, line.marks.penalty]
        marks = [line.marks.cells.get(cell) for cell in cells]
        points = ["" if mark is None else number(mark.points) for mark in marks]
        seed = "" if line.seed is None else line.seed
        rows.append([*who, *map(number, total), *points, seed, line.level])
    return [[*header, *cells, "seed", "level"], *rows]


FORMS: dict[str, Callable[[str, list[Line]], list[list]]] = {"csv": everything, "canvas": canvas, "moodle": moodle}


def number(points: float) -> float:
    """Points with two decimals at most, and none that are idle."""
    rounded = round(points, 2)
    return int(rounded) if rounded == int(rounded) else rounded


def as_csv(rows: list[list]) -> bytes:
    """Rows as a CSV file, in which no entry is a formula."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([plain(entry) for entry in row] for row in rows)
    return text.getvalue().encode("utf-8")


@click.command(short_help="Write the points as a file for Canvas or Moodle.")
@click.argument("assignment")
@click.option("--for", "form", type=click.Choice(list(FORMS)), default="csv", help="Who is to read it.")
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="By default grading/ASSIGNMENT-FOR.csv."
)
def command(assignment: str, form: str, output: Path | None) -> None:
    """Write the points of ASSIGNMENT from the gradebook as a file: all there is, or what Canvas or Moodle imports."""
    course = find_course()
    lines = lines_of(course, assignment)
    path = output or course.grading / f"{assignment}-{form}.csv"
    write(path, as_csv(FORMS[form](assignment, lines)))
    click.echo(f"{path}: {len(lines)} students")
    waiting = sum(line.marks.to_mark > 0 for line in lines)
    if waiting:
        click.echo(f"{waiting} of them have written answers that wait to be marked; these count 0 so far.")
