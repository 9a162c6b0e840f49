"""`course release`: generate exercises/ from solutions/ with nbgrader."""

import difflib
import os
import shutil
import sys
import tempfile
from itertools import islice
from pathlib import Path

import click
import nbformat
from nbformat import NotebookNode
from nbgrader.converters import GenerateAssignment
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange import ExchangeError, ExchangeFactory
from nbgrader.utils import is_solution
from traitlets.config import Config

from nnlib.course.gradebook import grade_id, settings
from nnlib.course.nbgrader_log import captured_log
from nnlib.course.paths import Course, assignments, find_course
from nnlib.grading.saved_points import FILE, LOCK

STUBS = ("raise NotImplementedError", "YOUR ANSWER HERE")
DIFFERENCES_SHOWN = 20


def generate(course: Course, assignment: str, register: bool) -> bytes:
    """The released form of an assignment's notebook.

    It is made in a temporary course, since nbgrader would first delete exercises/<assignment>/ with all that is in it.

    Args:
        course: where solutions/ lies.
        assignment: its name.
        register: whether to enter the assignment into the gradebook as well.

    Raises:
        click.ClickException: nbgrader refuses; with its reason.
    """
    source = course.source(assignment)
    with tempfile.TemporaryDirectory() as folder:
        temporary = Course(Path(folder).resolve())
        (temporary.solutions / assignment).mkdir(parents=True)
        shutil.copy(source, temporary.solutions / assignment)
        config = settings(course)
        config.CourseDirectory.root = str(temporary.root)
        config.CourseDirectory.assignment_id = assignment
        if not register:
            config.merge(Config(SaveCells={"enabled": False}, GenerateAssignment={"no_database": True}))
        with captured_log() as log:
            try:
                GenerateAssignment(coursedir=CourseDirectory(config=config), config=config).start()
            except NbGraderException:
                raise click.ClickException(f"nbgrader cannot generate {assignment}: {log.reason()}") from None
        return (temporary.exercises / assignment / source.name).read_bytes()


def faults(source: NotebookNode, release: NotebookNode) -> list[str]:
    """What is wrong with a released notebook: text of the solution that is left, an answer without a stub, outputs."""
    wrong = [f"no stub to fill in: cell {name}" for name in answered(release)]
    wrong += [f"outputs left: cell {cell.id}" for cell in release.cells if cell.get("outputs")]
    everything = "\n".join(cell.source for cell in release.cells)
    for cell in filter(is_solution, source.cells):
        released = next(other for other in release.cells if grade_id(other) == grade_id(cell))
        hidden = set(cell.source.splitlines()) - set(released.source.splitlines())
        left = [line.strip() for line in hidden if len(line.strip()) > 12 and line.strip() in everything]
        wrong += [f"solution of {grade_id(cell)} still there: {line}" for line in left]
    return wrong


def answered(notebook: NotebookNode) -> list[str]:
    """Names of the answer cells in which the stub is gone."""
    return [grade_id(c) for c in filter(is_solution, notebook.cells) if not any(stub in c.source for stub in STUBS)]


def in_the_way(course: Course, assignment: str) -> list[str]:
    """What lies in exercises/<assignment>/ that a release did not put there: other files, or a student's answers."""
    folder, name = course.exercises / assignment, course.source(assignment).name
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and ".ipynb_checkpoints" not in path.parts]
    known = {name, FILE, LOCK}
    found = [str(path.relative_to(course.root)) for path in files if path.parent != folder or path.name not in known]
    if (folder / name).exists():
        cells = answered(nbformat.read(folder / name, as_version=4))
        found += [f"answers in {(folder / name).relative_to(course.root)}: {', '.join(cells)}"] if cells else []
    return found


def difference(course: Course, assignment: str, content: bytes) -> list[str]:
    """Lines in which exercises/<assignment>/ differs from a generated notebook; empty when they are the same bytes."""
    path = course.exercises / assignment / course.source(assignment).name
    old = path.read_bytes() if path.exists() else b""
    if old == content:
        return []
    names = [f"{path.relative_to(course.root)} (as it is)", f"{path.relative_to(course.root)} (as solutions/ gives it)"]
    texts = [text.decode("utf-8", "replace").splitlines() for text in (old, content)]
    lines = list(islice(difflib.unified_diff(*texts, *names, n=1, lineterm=""), DIFFERENCES_SHOWN + 1))
    return lines[:DIFFERENCES_SHOWN] + ["..."] * (len(lines) > DIFFERENCES_SHOWN) or [f"{names[0]}: line ends differ"]


def to_exchange(course: Course, assignment: str) -> Path:
    """Put the released assignment where students' Assignment List and `course submit` find it."""
    config = settings(course)
    config.CourseDirectory.assignment_id = assignment
    with captured_log() as log:
        release = ExchangeFactory(config=config).ReleaseAssignment(
            coursedir=CourseDirectory(config=config), config=config
        )
        release.force = True
        try:
            release.start()
        except (ExchangeError, OSError) as error:
            raise click.ClickException(
                f"{assignment} cannot be put into the exchange: {log.reason() or error}"
            ) from None
    return Path(release.dest_path)


def release(course: Course, assignment: str) -> str:
    """Generate exercises/<assignment>/, enter it into the gradebook and put it into the exchange.

    Returns:
        One line that says what was done.

    Raises:
        click.ClickException: something is in the way, or the result is not fit for students. Nothing was changed then.
    """
    if extra := in_the_way(course, assignment):
        raise click.ClickException(
            f"exercises/{assignment}/ holds what no release has put there:\n  "
            + "\n  ".join(extra)
            + "\nMove it away first (students work in work/: see `python3 course.py start`)."
        )
    content = checked(course, assignment, generate(course, assignment, register=False))
    generate(course, assignment, register=True)
    path = course.exercises / assignment / course.source(assignment).name
    changed = bool(difference(course, assignment, content))
    if changed:
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_suffix(".new")
        new.write_bytes(content)
        os.replace(new, path)
    line = f"{path.relative_to(course.root)}: {'written' if changed else 'unchanged'}; in the gradebook"
    if sys.platform == "win32":
        return line + "; not in the exchange, which nbgrader does not have on Windows"
    to_exchange(course, assignment)
    return line + " and in the exchange"


def checked(course: Course, assignment: str, content: bytes) -> bytes:
    """`content`, if it is fit for students.

    Raises:
        click.ClickException: it is not; with what is wrong.
    """
    source = nbformat.read(course.source(assignment), as_version=4)
    if wrong := faults(source, nbformat.reads(content.decode(), as_version=4)):
        raise click.ClickException(f"{assignment} is not fit for release:\n  " + "\n  ".join(wrong))
    return content


@click.command(short_help="Generate exercises/ from solutions/.")
@click.argument("assignment", required=False)
@click.option("--check", is_flag=True, help="Change nothing; exit 1 if exercises/ is not what solutions/ gives.")
def command(assignment: str | None, check: bool) -> None:
    """Generate exercises/ASSIGNMENT (default: all) from solutions/, enter it into the gradebook and the exchange."""
    course = find_course()
    drift = False
    for name in [assignment] if assignment else assignments(course.solutions):
        if not check:
            click.echo(release(course, name))
            continue
        lines = difference(course, name, checked(course, name, generate(course, name, register=False)))
        drift = drift or bool(lines)
        click.echo("\n".join(lines) if lines else f"exercises/{name}: up to date")
    if drift:
        raise click.ClickException("exercises/ is not what solutions/ gives. Run `python3 course.py release`.")
