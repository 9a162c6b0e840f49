"""`course demo`: the whole loop, from solutions/ to grades.csv, in a temporary folder with made-up submissions."""

import csv
import html
import re
import shutil
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import click
import nbformat
from nbgrader.utils import is_solution

from nnlib.course.grade import UNSANDBOXED, Outcome, Result, grade, level_or_refusal, summary
from nnlib.course.gradebook import grade_id, settings
from nnlib.course.paths import SETTINGS, Course, find_course
from nnlib.course.release import release
from nnlib.course.start import start
from nnlib.course.submit import submit
from nnlib.course.table import table

ASSIGNMENT = "03_backprop"
ALL = 13.0
"""Points for what is graded automatically; two more are given by hand."""


@dataclass(frozen=True)
class Student:
    """Somebody made up, whose notebook is the reference with some lines exchanged.

    Attributes:
        name: the student's.
        does: what this one does, in words.
        points: what that must earn; None if it cannot be graded.
        says: what the student must read in the feedback.
        edits: name of an answer cell -> (line of the reference, what stands there instead).
        leaves: answer cells left as they were released; None for all.
    """

    name: str
    does: str
    points: float | None
    says: str = ""
    edits: dict[str, tuple[str, str]] = field(default_factory=dict)
    leaves: tuple[str, ...] | None = ()


# Who gets a function wrong loses the points of `backward` as well, which calls it.
STUDENTS = (
    Student("ada", "everything right", ALL, "4 of 4 points"),
    Student(
        "blaise",
        "the first three functions right, the rest untouched",
        6.0,
        leaves=("layer-gradients-answer", "backward-answer", "reach-the-loss-answer", "updated-weights-answer"),
    ),
    Student(
        "carl",
        "forgets the 1/m of the mean",
        ALL - 2 - 4,
        "the 1/m of the mean is missing",
        {"output-delta-answer": ("(Z_L - Y) / m *", "(Z_L - Y) *")},
    ),
    Student(
        "dorothy",
        "uses sigma for sigma'",
        ALL - 3 - 4,
        "σ in place of σ'",
        {"hidden-delta-answer": ("ACTIVATIONS[sigma].sigma_prime", "ACTIVATIONS[sigma].sigma")},
    ),
    Student(
        "emmy",
        "averages db instead of summing it",
        ALL - 1 - 2,
        "db is the mean instead of the sum",
        {"layer-gradients-answer": ("delta.sum(axis=0)", "delta.mean(axis=0)")},
    ),
    Student(
        "felix",
        "updates W_j before delta goes back",
        ALL - 4,
        "W_j is updated before delta goes back through it",
        {"backward-answer": ("hidden_delta(delta, Ws[j],", "hidden_delta(delta, Ws[j] - dWs[j],")},
    ),
    Student(
        "grace",
        "takes steps that are too large",
        ALL - 1,
        "It diverges at step",
        {"reach-the-loss-answer": ('"step_size": 0.1, "beta": 0.9', '"step_size": 0.5, "beta": 0.95')},
    ),
    Student("henri", "hands in the exercise untouched", 0.0, leaves=None),
    Student("iris", "hands in a text file called .ipynb", None, "not a notebook"),
)


def make_course(original: Course, root: Path) -> Course:
    """A course of one exercise in an empty folder, with the real settings but an exchange of its own."""
    course = Course(root)
    shutil.copytree(original.source(ASSIGNMENT).parent, course.solutions / ASSIGNMENT)
    own_exchange = 'c.Exchange.root = str(grading / "exchange")\n'
    (root / SETTINGS).write_text((original.root / SETTINGS).read_text() + own_exchange)
    return course


def notebook_of(student: Student, course: Course) -> nbformat.NotebookNode:
    """The release, with this student's answers in it."""
    notebook = nbformat.read(course.notebook(ASSIGNMENT), as_version=4)
    source = {grade_id(cell): cell.source for cell in nbformat.read(course.source(ASSIGNMENT), as_version=4).cells}
    for cell in filter(is_solution, notebook.cells):
        name = grade_id(cell)
        if student.leaves is None or name in student.leaves:
            continue
        answer = re.sub(r"^ *### (BEGIN|END) SOLUTION\n?", "", source[name], flags=re.MULTILINE)
        right, wrong = student.edits.get(name, ("", ""))
        if right not in answer:
            raise click.ClickException(f"{student.name} looks for {right!r} in {name}, which is no longer there.")
        cell.source = answer.replace(right, wrong) if right else answer
    return notebook


def hand_in(student: Student, course: Course) -> None:
    """As the student does; what `course submit` refuses is put into the exchange past it."""
    own = course.work / ASSIGNMENT / course.notebook(ASSIGNMENT).name
    if student.points is not None:
        nbformat.write(notebook_of(student, course), own)
        submit(course, ASSIGNMENT, student.name)
        return
    own.write_text("My answers: see the other file.\n")
    try:
        submit(course, ASSIGNMENT, student.name)
    except click.ClickException as refusal:
        config = settings(course)
        folder = f"{student.name}+{ASSIGNMENT}+{datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f} UTC"
        inbound = Path(config.Exchange.root, config.CourseDirectory.course_id, "inbound", folder)
        inbound.mkdir()
        shutil.copy(own, inbound)
        click.echo(f"submit   {student.name} is refused: {refusal.message.splitlines()[0]}")
    else:
        raise click.ClickException("`course submit` took a file that is not a notebook.")


def happened(student: Student, result: Result, course: Course, in_csv: dict[str, str]) -> str:
    """What is not as expected, empty if all is."""
    page = course.grading / "feedback" / student.name / ASSIGNMENT / f"{course.notebook(ASSIGNMENT).stem}.html"
    expected = Outcome.STUDENT_ERROR if student.points is None else Outcome.GRADED
    read = html.unescape(page.read_text(encoding="utf-8")) if page.exists() else result.what
    checks = {
        f"expected {expected}": result.outcome is expected,
        "expected other points": result.points == student.points,
        "feedback page": page.exists() == (student.points is not None),
        f"no word of {student.says!r}": student.says in " ".join(read.split()),
        "grades.csv differs": in_csv["points"] == ("" if result.points is None else str(result.points)),
    }
    return "; ".join(fault for fault, holds in checks.items() if not holds)


def play(original: Course, root: Path) -> bool:
    """Play the loop in an empty folder and print what happens; without a sandbox too, for nobody here is a stranger.

    Returns:
        Whether every student ended as expected.
    """
    try:
        level = level_or_refusal(sandboxed=True)
    except click.ClickException:
        level = UNSANDBOXED
    course = make_course(original, root)
    click.echo(f"release  {release(course, ASSIGNMENT)}")
    click.echo(f"start    {start(course, ASSIGNMENT).splitlines()[0]}")
    for student in STUDENTS:
        hand_in(student, course)
    click.echo(f"submit   {len(STUDENTS)} submissions\ngrade    {level}")
    results, _ = grade(course, ASSIGNMENT, sandboxed=level != UNSANDBOXED)
    with (course.grading / "grades.csv").open(newline="", encoding="utf-8") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    by_name = {result.student: result for result in results}
    faults = {s.name: happened(s, by_name[s.name], course, rows[s.name]) for s in STUDENTS}
    lines = []
    for student in STUDENTS:
        result = by_name[student.name]
        verdict = "NOT AS EXPECTED" if faults[student.name] else "as expected"
        what = ": ".join(filter(None, [faults[student.name], str(result)]))
        lines.append([student.name, student.does, student.points, result.points, result.of, verdict, what])
    click.echo(table(["student", "does this", "expected", "points", "of", "", "what happened"], lines))
    click.echo(summary(results))
    return not any(faults.values())


@click.command(short_help="Play the whole loop.")
@click.argument("folder", required=False, type=click.Path(file_okay=False, path_type=Path))
@click.option("--keep", is_flag=True, help="Keep the temporary folder, to look into it.")
@click.pass_context
def command(context: click.Context, folder: Path | None, keep: bool) -> None:
    """Release, start, submit, grade: with made-up students, in FOLDER (new or empty) or in a temporary one.

    Nothing of the real gradebook is touched. Exit code 1 if anything ends otherwise than expected.
    """
    if folder and folder.exists() and any(folder.iterdir()):
        raise click.UsageError(f"{folder} is not empty.")
    root = folder or Path(tempfile.mkdtemp(prefix="course-demo-"))
    root.mkdir(parents=True, exist_ok=True)
    try:
        right = play(find_course(), root.resolve())
    finally:
        if folder or keep:
            click.echo(f"kept in {root}")
        else:
            shutil.rmtree(root)
    context.exit(0 if right else 1)
