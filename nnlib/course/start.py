"""`course start`: a student's own copy of an exercise."""

import hashlib
import os
import shutil
from datetime import datetime
from pathlib import Path

import click

from nnlib.course.paths import Course, find_course

RELEASE_NOTE = ".release"
"""In a student's folder: the SHA-256 of the release it was copied from."""


def start(course: Course, assignment: str, again: bool = False) -> str:
    """Copy exercises/<assignment>/ to work/<assignment>/. What lies there already is never overwritten.

    Args:
        course: where exercises/ lies.
        assignment: its name.
        again: keep the present copy under a dated name, and make a new one.

    Returns:
        What was done, and what to do next.
    """
    release = course.notebook(assignment)
    folder = course.work / assignment
    own = (folder / release.name).relative_to(course.root)
    kept = ""
    if folder.exists():
        if not again:
            news = newer_release(folder, release)
            return f"You have {assignment} already: {own}. Nothing was changed.{news}\n" + next_step(assignment, own)
        dated = free_name(folder, datetime.now())
        folder.rename(dated)
        kept = f"Your earlier copy is kept in {dated.relative_to(course.root)}/.\n"
    new = folder.with_name(f".{assignment}.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    shutil.copyfile(release, new / release.name)
    (new / RELEASE_NOTE).write_text(sha256(release))
    os.replace(new, folder)
    return f"{kept}Your own copy: {own}\n" + next_step(assignment, own)


def next_step(assignment: str, own: Path) -> str:
    """What a student does next."""
    return (
        f"To open it:    python3 course.py lab {own.as_posix()}\nTo hand in:    python3 course.py submit {assignment}"
    )


def newer_release(folder: Path, release: Path) -> str:
    """A sentence, if the exercise has changed since this copy was made."""
    note = folder / RELEASE_NOTE
    if not note.exists() or note.read_text() == sha256(release):
        return ""
    return (
        "\nThe exercise has been released anew since. To get the new one and keep your copy beside it:"
        f" `python3 course.py start {folder.name} --again`."
    )


def free_name(folder: Path, now: datetime) -> Path:
    """A dated name beside a folder, which is not taken yet."""
    name = folder.with_name(f"{folder.name}_until_{now:%Y-%m-%d_%H-%M-%S}")
    number = 2
    while name.exists():
        name = name.with_name(f"{folder.name}_until_{now:%Y-%m-%d_%H-%M-%S}_{number}")
        number += 1
    return name


def sha256(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


@click.command(short_help="Copy an exercise into work/.")
@click.argument("assignment")
@click.option("--again", is_flag=True, help="Keep your present copy under a dated name, and start from a new one.")
def command(assignment: str, again: bool) -> None:
    """Copy exercises/ASSIGNMENT to work/ASSIGNMENT, your own folder. Nothing of yours is ever overwritten."""
    click.echo(start(find_course(), assignment, again))
