"""Where things lie in a course's folder."""

from dataclasses import dataclass
from pathlib import Path

import click

from nnlib.course import ROOT

SETTINGS = "nbgrader_config.py"


@dataclass(frozen=True)
class Course:
    """The folders of a course. Git ignores `work` and `grading`."""

    root: Path

    @property
    def solutions(self) -> Path:
        """The hand-written form of each exercise."""
        return self.root / "solutions"

    @property
    def exercises(self) -> Path:
        """What is generated from it for students."""
        return self.root / "exercises"

    @property
    def work(self) -> Path:
        """The student's own copies."""
        return self.root / "work"

    @property
    def grading(self) -> Path:
        """All that grading makes: the gradebook, the exchange, collected and graded notebooks, feedback."""
        return self.root / "grading"

    def notebook(self, assignment: str) -> Path:
        """The released notebook of an assignment; an assignment has exactly one.

        Raises:
            click.UsageError: no such exercise; the message names those there are.
        """
        return only_notebook(self.exercises, assignment)

    def source(self, assignment: str) -> Path:
        """The hand-written notebook of an assignment.

        Raises:
            click.UsageError: no such exercise; the message names those there are.
        """
        return only_notebook(self.solutions, assignment)


def find_course(start: Path | None = None) -> Course:
    """The course whose folder holds `start` (by default the current folder), else the one this package lies in.

    Raises:
        click.ClickException: neither is a course's folder.
    """
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents, ROOT):
        if (folder / SETTINGS).is_file():
            return Course(folder)
    raise click.ClickException(
        f"No course found: neither {here} nor a folder above it holds {SETTINGS}. Go to the course's folder first."
    )


def assignments(folder: Path) -> list[str]:
    """Names of the assignments in solutions/ or exercises/, in order."""
    return sorted(path.parent.name for path in folder.glob("[!.]*/*.ipynb"))


def only_notebook(folder: Path, assignment: str) -> Path:
    """The one notebook in folder/assignment/.

    Raises:
        click.UsageError: there is no such assignment, or it does not have exactly one notebook.
    """
    notebooks = sorted((folder / assignment).glob("*.ipynb")) if assignment in assignments(folder) else []
    if not notebooks:
        names = ", ".join(assignments(folder)) or "none yet"
        raise click.UsageError(f"There is no exercise {assignment!r} in {folder.name}/. There are: {names}.")
    if len(notebooks) > 1:
        raise click.UsageError(
            f"{folder.name}/{assignment}/ has {len(notebooks)} notebooks; an exercise has exactly one."
        )
    return notebooks[0]
