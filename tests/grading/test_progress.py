"""The table of a student's points in the notebook, and when its file is written."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode

from nnlib.grading import check
from nnlib.grading.progress import as_html, as_text, progress
from nnlib.grading.questions import CHAPTERS, QUESTIONS
from nnlib.grading.saved_points import FILE, LOCK, Points, read

MODULE = sys.modules[progress.__module__]
SOLUTIONS = Path(__file__).parents[2] / "solutions"
TABLE = "from nnlib.grading import check, progress\n\nprogress('step_size')"
RIGHT = "def decayed_step_size(alpha0, t, rate):\n    return alpha0 / (1 + rate * t)"
WRONG = "def decayed_step_size(alpha0, t, rate):\n    return alpha0 / (1 + t)"
CHECK = "check('decayed_step_size')"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., NotebookNode]:
    """Runs cells as a notebook in a folder of its own, in a new kernel."""
    for name in ("COURSE_PROGRESS", "NBGRADER_EXECUTION"):
        monkeypatch.delenv(name, raising=False)

    def run(*cells: str) -> NotebookNode:
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
        return notebook

    return run


def shown(notebook: NotebookNode) -> str:
    """The one output of the first cell, as plain text."""
    (output,) = notebook.cells[0].outputs
    assert set(output.data) == {"text/html", "text/plain"}
    return output.data["text/plain"]


def printed(cell: NotebookNode) -> str:
    assert {output.get("name", "stdout") for output in cell.outputs} == {"stdout"}
    return "".join(output.get("text", "") for output in cell.outputs)


def earned(cell: NotebookNode) -> str:
    """The value of a check; the table is in its own cell, not here."""
    *streams, result = cell.outputs  # what is printed may come in several pieces
    assert {stream.output_type for stream in streams} == {"stream"}
    return result.data["text/plain"]


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_the_table_follows_each_check_and_a_new_kernel_knows_the_points(run: Callable, tmp_path: Path) -> None:
    done = run(TABLE, WRONG, CHECK, RIGHT, CHECK)
    assert [earned(done.cells[k]) for k in (2, 4)] == ["0.0", "1.0"]
    table = shown(done).splitlines()
    assert table[0] == "Your points so far: 1 of 6"
    assert [line.split()[0] for line in table[1:-1]] == list(CHAPTERS["step_size"])
    assert "1 of 1  best 1, 2 checks" in table[3]
    assert all("not checked yet" in table[k] for k in (1, 2, 4))
    assert names(tmp_path) == {FILE, LOCK}
    assert read(tmp_path)["decayed_step_size"].checks == 2

    again = run(TABLE, WRONG, CHECK)
    assert shown(again).splitlines()[0] == "Your points so far: 0 of 6"
    assert "0 of 1  best 1, 3 checks" in shown(again)
    assert "1 of 1  best 1, 2 checks" in as_text("step_size", {"decayed_step_size": Points(1, 1, 1, 2, "")})


def test_a_check_of_another_chapter_leaves_the_table_alone(run: Callable, tmp_path: Path) -> None:
    done = run(TABLE, "check('central_difference', lambda f_plus, f_minus, h: 0 * f_plus)")
    assert shown(done).splitlines()[0] == "Your points so far: 0 of 6"
    assert shown(done).count("not checked yet") == 4
    assert set(read(tmp_path)) == {"central_difference"}


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [("COURSE_PROGRESS", "off", False), ("NBGRADER_EXECUTION", "autograde", False),
     ("NBGRADER_EXECUTION", "validate", True)],
)  # fmt: skip
def test_nothing_is_written_where_no_student_works(
    run: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, kept: bool
) -> None:
    monkeypatch.setenv(name, value)
    done = run(TABLE, RIGHT, CHECK)
    assert names(tmp_path) == ({FILE, LOCK} if kept else set())
    assert shown(done).splitlines()[0] == "Your points so far: 1 of 6"


def test_nothing_is_written_outside_a_notebook(tmp_path: Path) -> None:
    code = f"from nnlib.grading import check, progress\n{RIGHT}\n{CHECK}\nprogress('step_size')"
    code += "\nimport sys; print(*{'IPython', 'ipywidgets', 'jupyterlab', 'matplotlib'} & set(sys.modules))"
    command = [sys.executable, "-c", code]
    environment = {name: value for name, value in os.environ.items() if name != "COURSE_PROGRESS"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert names(tmp_path) == set()
    assert "Your points so far: 1 of 6" in done.stdout
    assert done.stdout.splitlines()[-1] == "", "what grading does not need was imported"


def test_on_a_read_only_disk_a_check_gives_its_points_and_says_once_that_they_are_not_saved(
    run: Callable, tmp_path: Path
) -> None:
    (tmp_path / LOCK).mkdir()  # which not even root can open as a file
    done = run(TABLE, RIGHT, CHECK, CHECK, f"import os; os.rmdir('{LOCK}')", CHECK)
    assert [earned(done.cells[k]) for k in (2, 3, 5)] == ["1.0"] * 3
    assert [printed(done.cells[k]).count("could not be saved") for k in (2, 3, 5)] == [1, 0, 0]
    assert "1 of 1  best 1, 3 checks" in shown(done)
    assert read(tmp_path)["decayed_step_size"].checks == 3, "the checks before are saved with the next one"


def test_a_damaged_file_costs_no_points(run: Callable, tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('{"decayed_step_size": {"poi')
    done = run(TABLE, RIGHT, CHECK, CHECK)
    assert [earned(done.cells[k]) for k in (2, 3)] == ["1.0"] * 2
    (aside,) = names(tmp_path) - {FILE, LOCK}
    assert [printed(done.cells[k]).count(aside) for k in (2, 3)] == [1, 0]
    assert "1 of 1  best 1, 2 checks" in shown(done)


@pytest.mark.parametrize("part", ["one_check", "_is_kept", "_shown"])
def test_no_fault_of_the_record_costs_points(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture, part: str
) -> None:
    monkeypatch.setattr(MODULE, part, None)
    assert check("decayed_step_size", lambda alpha0, t, rate: alpha0 / (1 + rate * t)) == 1.0
    assert capfd.readouterr().out.endswith("1 of 1 point\n")


class Cells(HTMLParser):
    """Collects the headers and the caption of a table."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, list[str]] = {"caption": [], "col": [], "row": []}
        self.inside = ""

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.inside = dict(attrs)["scope"] if tag == "th" else tag if tag == "caption" else self.inside

    def handle_endtag(self, tag: str) -> None:
        self.inside = "" if tag in {"th", "caption"} else self.inside

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.found[self.inside].append(data)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_table_can_be_read_by_a_screen_reader(chapter: str) -> None:
    first, *others = CHAPTERS[chapter]
    possible = QUESTIONS[first].points
    cells = Cells()
    cells.feed(as_html(chapter, {first: Points(possible / 3, possible, possible / 2, 4, "")}))
    total = sum(QUESTIONS[name].points for name in CHAPTERS[chapter])
    assert cells.found == {
        "caption": [f"Your points so far: {round(possible / 3, 2):g} of {total:g}"],
        "col": ["question", "points", "of", "best", "checks"],
        "row": [first, *others],
    }


def test_an_unknown_chapter_is_only_a_message(capsys: pytest.CaptureFixture) -> None:
    progress("stepsize")
    assert capsys.readouterr().out == "There is no chapter 'stepsize'. Did you mean: step_size?\n"


@pytest.mark.parametrize("path", sorted(SOLUTIONS.glob("*/*.ipynb")), ids=lambda path: path.parent.name)
def test_each_exercise_begins_with_its_table(path: Path) -> None:
    _, cell, *others = nbformat.read(path, as_version=4).cells
    assert cell.id == "progress"
    assert cell.source == f'from nnlib.grading import progress\n\nprogress("{path.stem}")'
    read_only = {"grade": False, "locked": True, "solution": False, "task": False}
    assert cell.metadata.nbgrader.items() >= {**read_only, "grade_id": "progress"}.items()
    assert not [other.id for other in others if "progress(" in other.source]


def test_the_file_says_nothing_that_a_grader_believes(run: Callable, tmp_path: Path) -> None:
    entry = {"points": 1, "possible": 1, "best": 1, "checks": 99, "time": "2026-01-01 00:00:00+00:00"}
    (tmp_path / FILE).write_text(json.dumps({"decayed_step_size": entry}))
    done = run(TABLE, WRONG, CHECK)
    assert earned(done.cells[2]) == "0.0"
