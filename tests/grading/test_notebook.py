"""The notebook of exercise 3: its form, the reference's points, and what a student meets who runs it untouched."""

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader.preprocessors import ClearSolutions

from nnlib.grading.questions import CHAPTERS, QUESTIONS

NOTEBOOK = Path(__file__).parents[2] / "solutions" / "03_backprop" / "backprop.ipynb"
NAMES = CHAPTERS["backprop"]


@pytest.fixture
def notebook() -> NotebookNode:
    return nbformat.read(NOTEBOOK, as_version=4)


def settings(cell: NotebookNode) -> dict:
    return cell.metadata.get("nbgrader", {})


def released(notebook: NotebookNode) -> NotebookNode:
    return ClearSolutions().preprocess(notebook, ResourcesDict())[0]


def check_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.source.startswith("check(")]


def run(notebook: NotebookNode, folder: Path) -> NotebookNode:
    # the figure has tests of its own, in a browser
    notebook.cells = [cell for cell in notebook.cells if cell.id != "reach-the-loss-figure"]
    NotebookClient(notebook, timeout=120, allow_errors=True, resources={"metadata": {"path": str(folder)}}).execute()
    return notebook


def outputs(cell: NotebookNode, kind: str) -> list[NotebookNode]:
    return [output for output in cell.outputs if output.output_type == kind]


def earned(cell: NotebookNode) -> float:
    """The points, as nbgrader reads them off a test cell: 0 for an error or anything on stderr."""
    assert not outputs(cell, "error")
    assert {stream.name for stream in outputs(cell, "stream")} == {"stdout"}
    (result,) = outputs(cell, "execute_result")
    return float(result.data["text/plain"])


def test_it_is_valid_and_has_no_outputs(notebook: NotebookNode) -> None:
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"
    assert all(not cell.outputs and cell.execution_count is None for cell in notebook.cells if cell.cell_type == "code")


def test_ids_are_for_people(notebook: NotebookNode) -> None:
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", id) for id in ids)
    assert all(settings(cell).get("grade_id", cell.id) == cell.id for cell in notebook.cells)


def test_each_question_has_its_answer_cell_and_its_check(notebook: NotebookNode) -> None:
    cells = {cell.id: cell for cell in notebook.cells}
    order = list(cells)
    for name in NAMES:
        id = name.replace("_", "-")
        answer, check = cells[f"{id}-answer"], cells[f"{id}-check"]
        assert settings(answer)["solution"]
        assert not settings(answer)["locked"]
        assert check.source == f'check("{name}")'
        assert settings(check)["grade"]
        assert settings(check)["locked"]
        assert settings(check)["points"] == QUESTIONS[name].points
        assert order.index(f"{id}-answer") < order.index(f"{id}-check")
    assert [cell.source for cell in check_cells(notebook)] == [f'check("{name}")' for name in NAMES]
    manual = [cell for cell in notebook.cells if settings(cell).get("grade") and settings(cell)["solution"]]
    assert [(cell.cell_type, settings(cell)["points"]) for cell in manual] == [("markdown", 2)]
    assert sum(settings(cell).get("points", 0) for cell in notebook.cells) == 15


def test_the_reference_gets_all_points(notebook: NotebookNode, tmp_path: Path) -> None:
    done = run(notebook, tmp_path)
    assert [earned(cell) for cell in check_cells(done)] == [QUESTIONS[name].points for name in NAMES]
    assert not [cell.id for cell in done.cells if cell.cell_type == "code" and outputs(cell, "error")]


def test_the_release_says_nothing_of_the_answers(notebook: NotebookNode) -> None:
    text = "\n".join(cell.source for cell in released(notebook).cells)
    for line in ("SOLUTION", "Marking scheme", "delta.T @", "mixes two networks", '"step_size": 0.1'):
        assert line not in text
    assert text.count("raise NotImplementedError()") == len(NAMES) + 1  # one more in the explanation
    assert text.count("Returns:") == 5


def test_the_untouched_release_gets_no_points_and_only_messages(notebook: NotebookNode, tmp_path: Path) -> None:
    done = run(released(notebook), tmp_path)
    for cell in check_cells(done):
        assert earned(cell) == 0.0
        assert re.search("is not written yet|is not defined yet", outputs(cell, "stream")[0].text)
    # JupyterLab goes on after an error in a cell with this tag, so that Run All reaches every check
    failed = [cell for cell in done.cells if cell.cell_type == "code" and outputs(cell, "error")]
    assert all("raises-exception" in cell.metadata.tags for cell in failed)
