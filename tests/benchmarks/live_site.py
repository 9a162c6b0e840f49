"""The live version in Chromium, without a network and with an empty cache.

    pytest -s tests/benchmarks/live_site.py              # everything: about 10 minutes
    pytest -s tests/benchmarks/live_site.py -k numbers   # the first picture, a slider's tick, the size of the folder

The rows of the table: each lecture with all its cells run, each exercise with its solution typed in and checked.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import nbformat
import numpy as np
import pytest
from lab_driver import errors, open_notebook, run_all
from live_driver import OUTPUT, SET_SOURCES, START, LiveVersion, new_page, offline, running_live
from playwright.sync_api import Browser
from widgets.figure_driver import handle, tick_latencies

from nnlib.course import ROOT

LECTURES = sorted(ROOT.glob("lectures/*.ipynb"))
SOLUTIONS = sorted(ROOT.glob("solutions/*/*.ipynb"))
PICTURE = ".jp-OutputArea figure img"
TICKS = 25


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pages")


@pytest.fixture(scope="module")
def live(root: Path) -> Iterator[LiveVersion]:
    start = time.perf_counter()
    with running_live(root) as live:
        print(f"\nbuilt in {time.perf_counter() - start:.1f} s")
        yield live


def test_numbers(chromium: Browser, live: LiveVersion, root: Path) -> None:
    served = [path.stat().st_size for path in root.rglob("*") if path.is_file()]
    pyodide = [path.stat().st_size for path in root.rglob("static/pyodide/*")]
    print(f"{(sum(served) - sum(pyodide)) / 1e6:.0f} MB to publish, and {sum(pyodide) / 1e6:.0f} MB of Pyodide")
    with offline(chromium) as context:
        page = new_page(context)
        start = time.perf_counter()
        open_notebook(page, live, "lectures/06_momentum.ipynb", timeout=START)
        ready = time.perf_counter()
        run_all(page, timeout=START)
        page.wait_for_selector(PICTURE)
        picture = time.perf_counter()
        print(f"first picture after {picture - start:.1f} s, {ready - start:.1f} s of them until the kernel is ready")
        latencies = tick_latencies(page, handle(page, "momentum β"), TICKS, pause=0.3)
    median, p95 = np.percentile(latencies, [50, 95])
    print(f"a slider's tick: median {median:.0f} ms, 95 % within {p95:.0f} ms")
    assert picture - start < 30
    assert median < 100


@pytest.mark.parametrize("path", LECTURES, ids=lambda path: path.stem)
def test_lecture(chromium: Browser, live: LiveVersion, path: Path) -> None:
    with offline(chromium) as context:
        page = new_page(context)
        open_notebook(page, live, path.relative_to(ROOT).as_posix(), timeout=START)
        start = time.perf_counter()
        run_all(page, timeout=600_000)
        pictures = page.locator(PICTURE).count()
        print(f"{path.stem:20} {time.perf_counter() - start:6.1f} s  {pictures} figures")
        assert errors(page) == []


@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.stem)
def test_exercise(chromium: Browser, live: LiveVersion, path: Path) -> None:
    solution = nbformat.read(path, as_version=4)
    sources = {cell.id: cell.source for cell in solution.cells if cell.cell_type == "code"}
    points = {
        cell.id: cell.metadata.nbgrader.points
        for cell in solution.cells
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("grade")
    }
    with offline(chromium) as context:
        page = new_page(context)
        open_notebook(page, live, f"exercises/{path.parent.name}/{path.name}", timeout=START)
        page.evaluate(SET_SOURCES, sources)
        start = time.perf_counter()
        run_all(page, timeout=600_000)
        print(f"{path.parent.name:20} {time.perf_counter() - start:6.1f} s  {sum(points.values()):g} points")
        for cell, possible in points.items():
            last = page.evaluate(OUTPUT, cell).strip().splitlines()[-1]
            assert last.startswith(f"{possible:g} of {possible:g} point"), page.evaluate(OUTPUT, cell)
