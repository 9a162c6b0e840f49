"""What the repository must not hold: outputs in notebooks, unreadable cells, paths of one machine."""

import re
import subprocess
from pathlib import Path

import nbformat
import pytest

from nnlib.course import ROOT

MACHINE_PATH = re.compile(r"/(root|home/\w+|Users/\w+)/|" + re.escape(f"{ROOT}/"))


def files() -> list[Path]:
    """The files which git has, or would take: nothing that it ignores."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


NOTEBOOKS = [path for path in files() if path.suffix == ".ipynb"]
TEXTS = [path for path in files() if path.suffix not in {".npz", ".png", ".jpg", ".woff2"}]


def name(path: Path) -> str:
    """The path within the repository."""
    return path.relative_to(ROOT).as_posix()


@pytest.fixture(params=NOTEBOOKS, ids=name)
def notebook(request) -> nbformat.NotebookNode:
    """Each notebook of the repository in turn."""
    content = nbformat.read(request.param, as_version=4)
    nbformat.validate(content)
    return content


def test_there_are_notebooks():
    assert {path.parent.name for path in NOTEBOOKS} >= {"lectures", "03_backprop"}


def test_a_notebook_holds_no_outputs_no_widget_state_and_nothing_of_who_ran_it(notebook):
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert notebook.metadata.language_info == {"name": "python"}
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert not [cell.id for cell in code if cell.outputs or cell.execution_count is not None]


def test_a_notebook_names_its_cells_in_words(notebook):
    ids = [cell.id for cell in notebook.cells]
    assert not [one for one in ids if not re.fullmatch("[a-z0-9][a-z0-9-]*", one) or re.fullmatch("[0-9a-f-]{8,}", one)]
    assert len(set(ids)) == len(ids)


def test_a_code_cell_fits_on_a_screen(notebook):
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert not [cell.id for cell in code if len(cell.source.splitlines()) > 25]


def test_a_notebook_opens_without_asking_for_a_kernel(notebook):
    assert notebook.metadata.kernelspec.name == "python3"


@pytest.mark.parametrize("path", TEXTS, ids=name)
def test_a_file_holds_no_path_of_one_machine(path):
    assert not MACHINE_PATH.search(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", [path for path in TEXTS if path.suffix == ".md"], ids=name)
def test_what_a_page_links_to_is_there(path):
    targets = re.findall(r"\]\(([^)\s#]+)", path.read_text(encoding="utf-8"))
    assert not [target for target in targets if "://" not in target and not (path.parent / target).exists()]
