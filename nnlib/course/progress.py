"""`course progress`: what a student has earned so far, in all exercises."""

from dataclasses import dataclass

import click

from nnlib.course.paths import Course, assignments, find_course
from nnlib.course.table import table
from nnlib.grading.questions import CHAPTERS, QUESTIONS
from nnlib.grading.saved_points import FILE, Points, read

NOTE = "Written answers are read by an instructor and do not stand here."
MINUTES = len("2026-01-31 23:59")
"""Of a time, so many characters are shown."""


@dataclass(frozen=True)
class Progress:
    """The points in a student's copy of an exercise.

    Attributes:
        assignment: its name.
        questions: question -> points possible, in order.
        known: question -> what its checks gave; None if there is no copy.
        fault: why the file with the points could not be read, or "".
    """

    assignment: str
    questions: dict[str, float]
    known: dict[str, Points] | None
    fault: str = ""

    @property
    def points(self) -> float:
        """Earned so far: those of the last check of each question."""
        return sum(entry.points for name, entry in (self.known or {}).items() if name in self.questions)

    @property
    def possible(self) -> float:
        """Of all questions that are checked."""
        return sum(self.questions.values())


def progress_of(course: Course, assignment: str) -> Progress:
    """What lies in work/<assignment>/; nothing is changed there."""
    questions = {name: QUESTIONS[name].points for name in CHAPTERS.get(course.notebook(assignment).stem, ())}
    folder = course.work / assignment
    if not folder.is_dir():
        return Progress(assignment, questions, None)
    try:
        return Progress(assignment, questions, read(folder))
    except (OSError, ValueError) as error:
        name = (folder / FILE).relative_to(course.root).as_posix()
        reason = getattr(error, "strerror", None) or "it is damaged; the next check sets it aside"
        return Progress(assignment, questions, {}, f"{name} cannot be read: {reason}.")


def overview(course: Course) -> str:
    """All exercises: the points of each question, sums, and what is not started."""
    everything = [progress_of(course, assignment) for assignment in assignments(course.exercises)]
    started = [one for one in everything if one.known is not None]
    new = [one.assignment for one in everything if one.known is None]
    lines = [one.fault for one in started if one.fault]
    if started:
        header = ["exercise", "question", "points", "of", "best", "checks", "last check"]
        lines += [table(header, [row for one in started for row in rows(one)]), ""]
    if new:
        lines += [f"Not started: {', '.join(new)}", f"To begin one:  python3 course.py start {new[0]}", ""]
    points, possible = (sum(getattr(one, what) for one in everything) for what in ("points", "possible"))
    lines.append(f"In all: {round(points, 2):g} of {possible:g} points. {NOTE}")
    return "\n".join(lines)


def rows(progress: Progress) -> list[list[object]]:
    """A row for each question, and one for their sum."""
    name, found = progress.assignment, []
    for question, possible in progress.questions.items():
        entry = progress.known.get(question)
        numbers = [entry.points, possible, entry.best, entry.checks] if entry else [None, possible, None, None]
        found.append([name, question, *numbers, entry.time[:MINUTES] if entry else "not checked yet"])
        name = ""
    return [*found, ["", "sum", progress.points, progress.possible, None, None, ""]]


@click.command(short_help="Show your points, question by question.")
def command() -> None:
    """Show your points in all exercises of work/: question by question, their sums, and what is not started.

    They are those of the checks in your notebooks, kept beside each in progress.json. Grading does not look at them.
    """
    click.echo(overview(find_course()))
