"""Give a submitted notebook's cells back what the release says about them.

What a notebook says about itself (which cells are graded, for how many points, what is skipped) can be lost in another
editor, or changed. None of it is believed: it is taken from the release.
"""

from copy import deepcopy
from pathlib import Path

import nbformat
from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import is_grade, is_solution
from traitlets import Unicode


def grade_id(cell: NotebookNode) -> str | None:
    """nbgrader's name of a cell, None if it has none."""
    metadata = cell.metadata.get("nbgrader")
    return metadata.get("grade_id") if isinstance(metadata, dict) else None


def match(notebook: NotebookNode, release: NotebookNode) -> dict[str, int]:
    """Find the released cells in a student's notebook: by cell id, else by nbgrader's name, else by the same text.

    Returns:
        nbgrader's name -> index of the student's cell, for each released cell that was found.
    """
    found = {}
    for key in (lambda cell: cell.get("id"), grade_id, lambda cell: cell.source):
        free = set(range(len(notebook.cells))) - set(found.values())
        index = {key(notebook.cells[i]): i for i in sorted(free) if isinstance(key(notebook.cells[i]), str)}
        for cell in release.cells:
            if grade_id(cell) and grade_id(cell) not in found and key(cell) in index:
                found[grade_id(cell)] = index.pop(key(cell))
    return found


def restore(notebook: NotebookNode, release: NotebookNode) -> list[str]:
    """Make each released cell what it was, in place, with the student's text where there is an answer to write.

    Graded cells that are missing are put at the end: there each answer is defined, wherever the student has moved it.
    An answer that is not graded itself is not put back: its empty form would replace the student's own.

    Returns:
        Names of the graded and of the answer cells that were missing.
    """
    nbformat.v4.upgrade(notebook)
    found, missing = match(notebook, release), []
    for cell in notebook.cells:
        cell.metadata = NotebookNode()
    for released in filter(grade_id, release.cells):
        name, cell = grade_id(released), deepcopy(released)
        if name in found:
            answer = notebook.cells[found[name]]
            if is_solution(cell):
                cell.source = answer.source
            if cell.cell_type == answer.cell_type == "markdown" and "attachments" in answer:
                cell.attachments = answer.attachments
            notebook.cells[found[name]] = cell
        elif is_grade(cell) or is_solution(cell):
            missing.append(name)
            if is_grade(cell):
                notebook.cells.append(cell)
    return missing


class RestoreCells(NbGraderPreprocessor):
    """`restore` as the first step of nbgrader's autograding."""

    release_directory = Unicode("exercises", help="Where the released notebooks lie").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        """Restore `nb` from the release of its assignment."""
        of = resources["nbgrader"]
        path = Path(self.release_directory, of["assignment"], f"{of['notebook']}.ipynb")
        restore(nb, nbformat.read(path, as_version=4))
        return nb, resources
