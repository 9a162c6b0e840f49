"""The live version in Chromium, without a network and with an empty cache.

    pytest -s tests/benchmarks/live_site.py              # everything: about 5 minutes
    pytest -s tests/benchmarks/live_site.py -k numbers   # the first picture, a slider's tick, the size of the folder

The rows of the table: each lecture with all its cells run, each exercise with its solution typed in and checked, all in
one kernel.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import nbformat
import numpy as np
import psutil
import pytest
from lab_driver import CONNECTED, RUN_ALL, open_notebook, run_all
from live_driver import OUTPUT, SET_SOURCES, START, LiveVersion, new_page, offline, running_live
from playwright.sync_api import Browser, Page
from widgets.figure_driver import handle, tick_latencies

from nnlib.course import ROOT

LECTURES = sorted(ROOT.glob("lectures/*.ipynb"))
SOLUTIONS = sorted(ROOT.glob("solutions/*/*.ipynb"))
PICTURE = ".jp-OutputArea figure [role=img]"
TICKS = 25
IN_FRONT = ".jp-NotebookPanel:not(.lm-mod-hidden)"
FIGURES = """() => [...window.jupyterapp.shell.currentWidget.content.model.cells]
    .filter(cell => cell.type === 'code').flatMap(cell => cell.outputs.toJSON())
    .filter(output => output.data && output.data['image/jpeg']).length"""
OPEN_WITH_THIS_KERNEL = """async path => {
    const {id, name} = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
    await window.jupyterapp.commands.execute('docmanager:open', {path, kernel: {id, name}});
}"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pages")


@pytest.fixture(scope="module")
def live(root: Path) -> Iterator[LiveVersion]:
    start = time.perf_counter()
    with running_live(root) as live:
        print(f"\nbuilt in {time.perf_counter() - start:.1f} s")
        yield live


def browser_cpu() -> float:
    """Seconds of CPU time which the browser's processes have used so far."""
    children = psutil.Process().children(recursive=True)
    return sum(sum(process.cpu_times()[:2]) for process in children if "chrom" in process.name())


def test_numbers(chromium: Browser, live: LiveVersion, root: Path) -> None:
    served = [path.stat().st_size for path in root.rglob("*") if path.is_file()]
    pyodide = [path.stat().st_size for path in root.rglob("static/pyodide/*")]
    print(f"{(sum(served) - sum(pyodide)) / 1e6:.0f} MB to publish, and {sum(pyodide) / 1e6:.0f} MB of Pyodide")
    with offline(chromium) as context:
        page = new_page(context)
        start, cpu = time.perf_counter(), browser_cpu()
        open_notebook(page, live, "lectures/06_momentum.ipynb", timeout=START)
        ready = time.perf_counter()
        page.evaluate(RUN_ALL)
        page.wait_for_selector(PICTURE, timeout=START)
        picture = time.perf_counter()
        print(f"kernel ready after {ready - start:.1f} s, first picture after {picture - start:.1f} s", end=", ")
        print(f"with {browser_cpu() - cpu:.1f} s of CPU time")
        page.wait_for_function("() => window.ranAll !== null", timeout=START)
        latencies = tick_latencies(page, handle(page, "momentum β"), TICKS, pause=0.3)
    median, p95 = np.percentile(latencies, [50, 95])
    print(f"a slider's tick: median {median:.0f} ms, 95 % within {p95:.0f} ms")
    assert picture - start < 30
    assert median < 100


@pytest.fixture(scope="module")
def desk(chromium: Browser, live: LiveVersion) -> Iterator[Page]:
    """JupyterLab with a notebook whose kernel the others use, too."""
    with offline(chromium) as context:
        page = new_page(context)
        open_notebook(page, live, "lectures/00_start_here.ipynb", timeout=START)
        yield page
        assert context.outside == []


def open_beside(page: Page, path: str) -> None:
    """Open another notebook with the kernel of the one in front."""
    page.evaluate(OPEN_WITH_THIS_KERNEL, path)
    page.wait_for_function(CONNECTED, timeout=START)
    assert page.evaluate("() => window.jupyterapp.shell.currentWidget.context.path") == path


@pytest.mark.parametrize("path", LECTURES, ids=lambda path: path.stem)
def test_lecture(desk: Page, path: Path) -> None:
    open_beside(desk, path.relative_to(ROOT).as_posix())
    start = time.perf_counter()
    run_all(desk, timeout=600_000)
    figures = desk.evaluate(FIGURES)
    desk.wait_for_function(f"() => document.querySelectorAll('{IN_FRONT} figure [role=img]').length === {figures}")
    print(f"{path.stem:20} {time.perf_counter() - start:6.1f} s  {figures} figures")


@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.stem)
def test_exercise(desk: Page, path: Path) -> None:
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    graded = {
        cell.id: cell.metadata.nbgrader.points for cell in cells if cell.metadata.get("nbgrader", {}).get("grade")
    }
    open_beside(desk, f"exercises/{path.parent.name}/{path.name}")
    desk.evaluate(SET_SOURCES, {cell.id: cell.source for cell in cells})
    start = time.perf_counter()
    run_all(desk, timeout=600_000)
    print(f"{path.parent.name:20} {time.perf_counter() - start:6.1f} s  {sum(graded.values()):g} points")
    for cell, points in graded.items():
        said = desk.evaluate(OUTPUT, cell)
        assert f"\n{points:g} of {points:g} point" in said, said
