"""The live version in a browser whose network is closed: a lecture, an exercise, and what is kept of it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from lab_driver import errors, open_notebook, run_all
from live_driver import START, LiveVersion, new_page, offline, run_cell, running_live
from playwright.sync_api import Browser, BrowserContext
from widgets.figure_driver import handle, scroll_to

LECTURE = "lectures/06_momentum.ipynb"
EXERCISE = "exercises/06_momentum/momentum.ipynb"
RIGHT = """
def momentum_step(W, G, gradient, alpha, beta):
    G = beta * G + gradient
    return W - alpha * G, G
"""
WITH_THE_OLD_BUFFER = """
def momentum_step(W, G, gradient, alpha, beta):
    return W - alpha * G, beta * G + gradient
"""


COUNT_FIGURES = """
import gc
from nnlib.widgets.live import LiveFigure
sum(isinstance(thing, LiveFigure) and thing.comm is not None for thing in gc.get_objects())
"""
COMPILED_BEFORE = """
import sys
from importlib.util import cache_from_source, source_hash
from pathlib import Path

def has_bytecode(source):
    bytecode = Path(cache_from_source(source))
    return bytecode.exists() and bytecode.read_bytes()[8:16] == source_hash(Path(source).read_bytes())

sources = {getattr(module, "__file__", None) or "" for module in sys.modules.values()}
packages = {source for source in sources if "/site-packages/" in source and source.endswith(".py")}
len(packages) > 300, sum(map(has_bytecode, packages)) > 0.95 * len(packages)
"""
ENDLESS = """
def momentum_step(W, G, gradient, alpha, beta):
    while True:
        G = beta * G + gradient
"""


LAB_IS_READY = "() => window.jupyterapp && window.jupyterapp.restored.then(() => true)"
CONTENT = """async path => {
    const {contents} = window.jupyterapp.serviceManager;
    return (await contents.get(path, {content: true, type: 'file', format: 'text'})).content;
}"""


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveVersion]:
    with running_live(tmp_path_factory.mktemp("pages")) as live:
        yield live


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    with offline(chromium) as context:
        yield context
        assert context.outside == [], "the live version asked another machine for something"


def test_a_lecture_runs_and_its_slider_moves_the_picture(
    context: BrowserContext, live: LiveVersion, artifacts: Path
) -> None:
    page = new_page(context)
    open_notebook(page, live, LECTURE, timeout=START)
    assert not page.locator(".jp-Dialog").count(), "no question which kernel to take"
    run_all(page, timeout=START)

    picture = page.locator(".jp-OutputArea figure [role=img]").first
    before, said = picture.inner_html(), picture.get_attribute("aria-label")
    handle(page, "momentum β").press("ArrowRight")
    page.wait_for_function(
        "before => document.querySelector('.jp-OutputArea figure [role=img]').innerHTML !== before", arg=before
    )
    assert picture.get_attribute("aria-label") != said
    scroll_to(picture)
    page.screenshot(path=artifacts / "live_lecture.png")
    assert run_cell(page, "beta-09", COMPILED_BEFORE) == "(True, True)"
    run_cell(page, "figure-import")
    assert run_cell(page, "beta-09", COUNT_FIGURES) == "1", "a cell which runs again leaves no old figure behind"
    assert errors(page) == []


def test_an_exercise_names_the_mistake_and_keeps_the_points(
    context: BrowserContext, live: LiveVersion, artifacts: Path
) -> None:
    page = new_page(context)
    open_notebook(page, live, EXERCISE, timeout=START)
    run_cell(page, "set-up")
    assert "not checked yet" in run_cell(page, "progress")

    run_cell(page, "momentum-step-answer", WITH_THE_OLD_BUFFER)
    said = run_cell(page, "momentum-step-check")
    assert "It looks like this: W moves by the old G." in said
    assert "1 of 2 points" in said

    run_cell(page, "momentum-step-answer", ENDLESS)
    assert "did not come to an end in time" in run_cell(page, "momentum-step-check")

    run_cell(page, "momentum-step-answer", RIGHT)
    assert "2 of 2 points" in run_cell(page, "momentum-step-check")
    page.screenshot(path=artifacts / "live_exercise.png")
    page.close()

    page = new_page(context)
    page.goto(f"{live.address}/lab/index.html")
    page.wait_for_function(LAB_IS_READY, timeout=START)
    saved = json.loads(page.evaluate(CONTENT, str(Path(EXERCISE).with_name("progress.json"))))
    assert saved["momentum_step"].items() >= {"points": 2, "possible": 2, "best": 2, "checks": 3}.items()
