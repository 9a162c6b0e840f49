"""The copies for Colab: the notebooks as they are, after a cell that acts in Colab only."""

import sys
from pathlib import Path
from types import ModuleType

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell

from nnlib.course import ROOT
from nnlib.course.colab import first_cell, write_copies

ADDRESS = "https://github.com/someone/course"


@pytest.fixture
def installed() -> list[str]:
    """What %pip was asked for, while nothing is installed."""
    lines: list[str] = []
    shell = InteractiveShell()
    shell.register_magic_function(lines.append, magic_name="pip")
    shell.run_cell(first_cell(ADDRESS)).raise_error()
    return lines


def test_elsewhere_the_first_cell_does_nothing(installed: list[str]):
    assert not installed


def test_in_colab_it_installs_the_course(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest):
    monkeypatch.setitem(sys.modules, "google.colab", ModuleType("google.colab"))
    assert request.getfixturevalue("installed") == [f"install --quiet --no-deps git+{ADDRESS}"]


def test_the_copies_differ_from_the_notebooks_in_this_cell_alone(tmp_path: Path):
    write_copies(tmp_path)
    originals = [*ROOT.glob("lectures/*.ipynb"), *ROOT.glob("exercises/*/*.ipynb")]
    assert len(list(tmp_path.rglob("*.ipynb"))) == len(originals) > 20
    for path in originals:
        copy = nbformat.read(tmp_path / path.relative_to(ROOT), as_version=4)
        assert copy.cells[0].source.startswith("# in Google Colab")
        assert copy.cells[1:] == nbformat.read(path, as_version=4).cells
    assert (tmp_path / "lectures" / "images" / "momentum_figure.png").exists()
