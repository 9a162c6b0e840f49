"""Copies of lectures and exercises for the live version: what they say of terminals is said of the browser."""

import re
import shutil
from pathlib import Path

import nbformat

from nnlib.course import ROOT
from nnlib.course.paths import Course

KERNELSPEC = {"name": "python", "display_name": "Python (Pyodide)", "language": "python"}
"""The kernel of JupyterLite; for any other name it would ask."""
START = re.compile(r"In a terminal, in the folder of the course:\n\n    python3 course\.py start (\w+)\n")
OWN_COPY = re.compile(r"This puts your own copy of the exercise into `work/\w+/`\. ")
HOW_TO_START = re.compile(r"\*\*To do one,\*\* open a terminal .*?hands it in\.", re.DOTALL)
KEPT = "What you write and your points are kept in this browser, on this computer."


def copy_notebooks(folder: Path) -> None:
    """Copy all lectures, with their images, and all exercises."""
    lectures, exercises = ROOT / "lectures", Course(ROOT).exercises
    for path in [*lectures.glob("*.ipynb"), *exercises.glob("[!.]*/*.ipynb")]:
        notebook = nbformat.read(path, as_version=4)
        notebook.metadata.kernelspec = KERNELSPEC
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                cell.source = in_a_browser(cell.source)
        copy = folder / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, copy)
    shutil.copytree(lectures / "images", folder / "lectures" / "images")


def in_a_browser(text: str) -> str:
    """A lecture's text without the terminal, which a browser does not have.

    >>> text = in_a_browser("In a terminal, in the folder of the course:\\n\\n    python3 course.py start 04_sgd\\n")
    >>> text.split(". ")[0]
    'Open [the exercise](../exercises/04_sgd/sgd.ipynb)'
    """
    text = START.sub(lambda found: f"Open [the exercise]({link(found[1])}). {KEPT}\n", text)
    text = HOW_TO_START.sub(f"**To do one,** open it in the folder `exercises` on the left. {KEPT}", text)
    return OWN_COPY.sub("", text)


def link(assignment: str) -> str:
    """From a lecture to an exercise."""
    return f"../{Course(ROOT).notebook(assignment).relative_to(ROOT).as_posix()}"
