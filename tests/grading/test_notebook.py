"""The notebook of each exercise: its form, the reference's points, and what a student meets who runs it untouched."""

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader.preprocessors import ClearSolutions

from nnlib.grading.question import OpenQuestion, Question
from nnlib.grading.questions import CHAPTERS, QUESTIONS

SOLUTIONS = Path(__file__).parents[2] / "solutions"
NOTEBOOKS = sorted(SOLUTIONS.glob("*/*.ipynb"))
MANUAL_POINTS = 2


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.parent.name)
def path(request: pytest.FixtureRequest) -> Path:
    return request.param


@pytest.fixture
def notebook(path: Path) -> NotebookNode:
    return nbformat.read(path, as_version=4)


@pytest.fixture
def names(path: Path) -> tuple[str, ...]:
    return CHAPTERS[path.stem]


def test_each_chapter_has_one_notebook_named_like_it() -> None:
    assert sorted(path.stem for path in NOTEBOOKS) == sorted(CHAPTERS)
    assert all(re.fullmatch(rf"\d\d_{path.stem}", path.parent.name) for path in NOTEBOOKS)


def settings(cell: NotebookNode) -> dict:
    return cell.metadata.get("nbgrader", {})


def released(notebook: NotebookNode) -> NotebookNode:
    return ClearSolutions().preprocess(notebook, ResourcesDict())[0]


def check_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.source.startswith("check(")]


def run(notebook: NotebookNode, folder: Path) -> NotebookNode:
    # figures have tests of their own, in a browser
    notebook.cells = [cell for cell in notebook.cells if not cell.id.endswith("-figure")]
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


def test_each_question_has_its_answer_cell_and_its_check(notebook: NotebookNode, names: tuple[str, ...]) -> None:
    cells = {cell.id: cell for cell in notebook.cells}
    order = list(cells)
    for name in names:
        id = name.replace("_", "-")
        answer, check = cells[f"{id}-answer"], cells[f"{id}-check"]
        assert settings(answer)["solution"]
        assert not settings(answer)["locked"]
        assert check.source == f'check("{name}")'
        assert settings(check)["grade"]
        assert settings(check)["locked"]
        assert settings(check)["points"] == QUESTIONS[name].points
        assert order.index(f"{id}-answer") < order.index(f"{id}-check")
    assert [cell.source for cell in check_cells(notebook)] == [f'check("{name}")' for name in names]
    manual = [cell for cell in notebook.cells if settings(cell).get("grade") and settings(cell)["solution"]]
    assert [(cell.cell_type, settings(cell)["points"]) for cell in manual] == [("markdown", MANUAL_POINTS)]
    points = sum(QUESTIONS[name].points for name in names) + MANUAL_POINTS
    assert sum(settings(cell).get("points", 0) for cell in notebook.cells) == points


def test_the_reference_gets_all_points(notebook: NotebookNode, names: tuple[str, ...], tmp_path: Path) -> None:
    done = run(notebook, tmp_path)
    assert [earned(cell) for cell in check_cells(done)] == [QUESTIONS[name].points for name in names]
    assert not [cell.id for cell in done.cells if cell.cell_type == "code" and outputs(cell, "error")]


def test_the_release_says_nothing_of_the_answers(notebook: NotebookNode, names: tuple[str, ...]) -> None:
    solved = {cell.id: cell.source for cell in notebook.cells}
    cells = {cell.id: cell.source for cell in released(notebook).cells}
    text = "\n".join(cells.values())
    assert "SOLUTION" not in text
    assert "Marking scheme" not in text
    for name in names:
        id = f"{name.replace('_', '-')}-answer"
        answer = re.search("### BEGIN SOLUTION(.*?)### END SOLUTION", solved[id], re.DOTALL)[1]
        kept = [line for line in answer.splitlines() if line.strip() and line in cells[id].splitlines()]
        assert not kept
        assert cells[id].count("raise NotImplementedError()") == 1
    functions = [name for name in names if isinstance(QUESTIONS[name], (Question, OpenQuestion))]
    assert text.count("Returns:") == len(functions)


def test_the_untouched_release_gets_no_points_and_only_messages(notebook: NotebookNode, tmp_path: Path) -> None:
    done = run(released(notebook), tmp_path)
    for cell in check_cells(done):
        assert earned(cell) == 0.0
        assert re.search("is not written yet|is not defined yet", outputs(cell, "stream")[0].text)
    # JupyterLab goes on after an error in a cell with this tag, so that Run All reaches every check
    failed = [cell for cell in done.cells if cell.cell_type == "code" and outputs(cell, "error")]
    assert all("raises-exception" in cell.metadata.tags for cell in failed)
