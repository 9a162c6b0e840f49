"""Kernels forked from one process: each is as new as one that was started."""

import asyncio
import os
from pathlib import Path

import nbformat
import pytest
from nbclient.exceptions import CellExecutionError

from nnlib.course.pages import executed


def ran(folder: Path, *sources: str) -> list[str]:
    """What each cell of a notebook printed."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    asyncio.run(executed(notebook, folder))
    return ["".join(output.text for output in cell.outputs).strip() for cell in notebook.cells]


def test_each_notebook_gets_a_process_of_its_own_in_its_folder(tmp_path: Path) -> None:
    sources = ["import os; print(os.getpid())", "print(os.getcwd())", "print(os.environ['COURSE_PROGRESS'])"]
    first, folder, progress = ran(tmp_path, *sources, "import nnlib; nnlib.left_behind = True; left_behind = True")[:3]
    second, left = ran(tmp_path, "import os; print(os.getpid())", "import nnlib; print(dir(nnlib), dir())")
    assert len({first, second, str(os.getpid())}) == 3
    assert (folder, progress) == (str(tmp_path), "off")
    assert "left_behind" not in left


def test_kernels_are_copies_of_one_process_which_has_imported_nnlib(tmp_path: Path) -> None:
    where = "import sys; print(sorted((name, id(module)) for name, module in sys.modules.items() if 'nnlib.w' in name))"
    [first], [second] = ran(tmp_path, where), ran(tmp_path, where)
    assert "nnlib.widgets.live" in first
    assert first == second, "in other processes the modules stand at other addresses"


def test_an_error_in_a_cell_ends_the_kernel_and_is_raised(tmp_path: Path) -> None:
    with pytest.raises(CellExecutionError, match="ZeroDivisionError"):
        ran(tmp_path, "import os; open('pid', 'w').write(str(os.getpid()))", "1 / 0")
    with pytest.raises(ProcessLookupError):
        os.kill(int(Path(tmp_path, "pid").read_text()), 0)


def test_a_kernel_that_dies_does_not_leave_the_build_waiting(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="Kernel died"):
        ran(tmp_path, "import os; os._exit(3)")
