"""What lectures import is compiled once, when the live version is built."""

from pathlib import Path
from zipfile import ZipFile

import click
import nbformat
import pytest
from pyodide_cache import pyodide

from nnlib.course.bytecode import bytecode_wheel


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    path = tmp_path / "lecture.ipynb"
    cell = nbformat.v4.new_code_cell("from nnlib.losses import accuracy")
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
    return path


def wheel_of(folder: Path, name: str, *modules: str) -> str:
    """A wheel of modules which can be imported and do nothing."""
    path = folder / f"{name}-1-py3-none-any.whl"
    with ZipFile(path, "w") as wheel:
        for module in modules:
            wheel.writestr(module, "thing = 1")
        wheel.writestr(f"{name}-1.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
        wheel.writestr(f"{name}-1.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    return str(path)


def test_what_notebooks_the_kernel_and_a_figure_import_is_compiled(tmp_path: Path, notebook: Path) -> None:
    with_kernel = wheel_of(
        tmp_path, "kernel", "pyodide_kernel/__init__.py", "piplite/__init__.py", "piplite/piplite.py"
    )
    with_course = wheel_of(tmp_path, "course", "nnlib/__init__.py", "nnlib/losses.py", "nnlib/never_imported.py")
    wheel = bytecode_wheel(tmp_path, [notebook], pyodide(), [with_kernel, with_course, "matplotlib"])
    compiled = [name for name in ZipFile(wheel).namelist() if name.endswith(".pyc")]
    modules = {name.split(".")[0].replace("__pycache__/", "") for name in compiled}
    assert {"matplotlib/figure", "matplotlib/_mathtext", "PIL/JpegImagePlugin"} <= modules
    of_stand_ins = {name for name in modules if name.startswith(("nnlib", "piplite", "pyodide_kernel"))}
    kernel = {"pyodide_kernel/__init__", "piplite/__init__", "piplite/piplite"}
    assert of_stand_ins == kernel | {"nnlib/__init__", "nnlib/losses"}, "and not nnlib/never_imported"


def test_without_node_it_says_what_is_missing(tmp_path: Path, notebook: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(click.ClickException, match="node is not installed here"):
        bytecode_wheel(tmp_path, [notebook], tmp_path, [])


def test_a_module_that_cannot_be_imported_is_named(tmp_path: Path, notebook: Path) -> None:
    with pytest.raises(click.ClickException, match="No module named 'pyodide_kernel'"):
        bytecode_wheel(tmp_path, [notebook], pyodide(), [])
