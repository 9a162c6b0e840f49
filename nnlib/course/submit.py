"""`course submit`: put a student's notebook into the exchange, as nbgrader does."""

import hashlib
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import click
from nbgrader.auth import Authenticator
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange import ExchangeError, ExchangeFactory

from nnlib.course.gradebook import settings
from nnlib.course.nbgrader_log import captured_log
from nnlib.course.paths import Course, find_course
from nnlib.course.submissions import STUDENT, check_size, find_notebook, read_bytes
from nnlib.grading.trusted.notebook import SubmissionError, merge, released_cells, submitted_cells


@dataclass(frozen=True)
class Receipt:
    """What was handed in, and when."""

    file: Path
    size: int
    sha256: str
    time: str
    folder: Path

    def __str__(self) -> str:
        kilobytes = f"{self.size / 1000:.1f} kB"
        return (
            f"Handed in: {self.file} ({kilobytes})\n  SHA-256  {self.sha256}\n  time     {self.time}\n"
            f"  kept as  {self.folder.name}\nKeep these lines. You may hand in again; the newest one counts."
        )


def submit(course: Course, assignment: str, student: str | None = None, anyway: bool = False) -> Receipt:
    """Check work/<assignment>/ and put its notebook into the exchange.

    Args:
        course: where work/ lies.
        assignment: its name.
        student: who hands in; by default the user of this computer.
        anyway: hand in although cells of the exercise are missing.

    Raises:
        click.ClickException: it cannot be handed in; says why and what to do.
    """
    if sys.platform == "win32":
        raise click.ClickException("nbgrader has no exchange on Windows. Send your notebook, or use WSL2.")
    if student and not STUDENT.fullmatch(student):
        raise click.UsageError(f"{student!r} cannot be a student's name here: letters, digits and . _ - @ + only.")
    release = course.notebook(assignment)
    folder = course.work / assignment
    if not folder.is_dir():
        raise click.ClickException(f"There is no {folder}. Start with `python3 course.py start {assignment}`.")
    try:
        file = find_notebook(folder, release.stem)
        content = read_bytes(file)
        check_size(content)
        _, missing = merge(released_cells(release.read_bytes()), submitted_cells(content))
    except SubmissionError as error:
        raise click.ClickException(f"Not handed in. work/{assignment}/: {error}.") from None
    if missing and not anyway:
        raise click.ClickException(
            f"Not handed in. {file.name} lacks cells of the exercise: {', '.join(missing)}.\nGet a fresh copy with "
            f"`python3 course.py start {assignment} --again` and put your answers into it, or hand it in as it is "
            "with --anyway."
        )
    exchange = to_exchange(course, assignment, release.name, content, student)
    kept = Path(exchange.inbound_path, exchange.assignment_filename)
    digest = hashlib.sha256(content).hexdigest()
    return Receipt(file.relative_to(course.root), len(content), digest, exchange.timestamp, kept)


def to_exchange(course: Course, assignment: str, name: str, content: bytes, student: str | None):
    """Hand in these bytes, and nothing else that lies in the student's folder, through nbgrader's ExchangeSubmit."""
    config = settings(course)
    config.CourseDirectory.assignment_id = assignment
    config.CourseDirectory.student_id = student or "*"
    with tempfile.TemporaryDirectory() as folder, captured_log() as log:
        (Path(folder) / assignment).mkdir()
        (Path(folder) / assignment / name).write_bytes(content)
        exchange = ExchangeFactory(config=config).Submit(
            coursedir=CourseDirectory(config=config), authenticator=Authenticator(config=config), config=config
        )
        exchange.assignment_dir = folder
        try:
            exchange.start()
        except (ExchangeError, OSError) as error:
            raise click.ClickException(
                f"Not handed in: {log.reason() or error}.\nThe exchange is {exchange.root}. Your instructor opens it"
                f" for {assignment} with `python3 course.py release`; another folder is named by COURSE_EXCHANGE."
            ) from None
    return exchange


@click.command(short_help="Hand in your notebook.")
@click.argument("assignment")
@click.option("--student", metavar="ID", help="Who hands in; by default your user name on this computer.")
@click.option("--anyway", is_flag=True, help="Hand in although cells of the exercise are missing.")
def command(assignment: str, student: str | None, anyway: bool) -> None:
    """Hand in work/ASSIGNMENT: check it, put it into the exchange, print a receipt."""
    click.echo(submit(find_course(), assignment, student, anyway))
