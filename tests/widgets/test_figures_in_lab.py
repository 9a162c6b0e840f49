"""The figures in a real browser: keyboard, mouse, nothing jumps, nothing flickers, errors are seen."""

import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest
from lab_driver import Lab, errors, run_all, running_lab
from playwright.sync_api import Browser, Page
from widgets.figure_driver import (
    MISFITS,
    PICTURE,
    RECORDER,
    STILL,
    drag,
    handle,
    notebook_page,
    tick_latencies,
    wait_until_films_are_over,
    write_notebook,
)

FIGURES = {
    "first_slider": (
        "from nnlib.widgets.first_slider import step_size_figure\nstep_size_figure()",
        "step size α",
    ),
    "training": ("from nnlib.widgets.training import training_figure\ntraining_figure()", "step size α"),
}
"""The cell that shows it, and a slider."""

FAILING = """
from nnlib.widgets.live import live, slider

def setup(fig):
    return {"line": fig.subplots().plot([0, 1], [0, 1])[0]}

def update(artists, n):
    yield f"n is {n}"
    yield f"one over n is {1 / n:.2f}"

live(setup, update, size=(300, 200), n=slider("n", 1, 0, 3, 1))
"""


@pytest.fixture(scope="module")
def figures_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A JupyterLab with a notebook for each figure, and with one for each special case."""
    root = tmp_path_factory.mktemp("notebooks")
    for name, (cell, *_) in FIGURES.items():
        write_notebook(root / f"{name}.ipynb", cell)
    shown_twice = FIGURES["first_slider"][0].replace("step_size_figure()", "figure = step_size_figure()\nfigure")
    write_notebook(root / "two_views.ipynb", shown_twice, "figure")
    write_notebook(root / "failing.ipynb", FAILING)
    count = "from ipywidgets.widgets.widget import _instances"
    count += "\nprint(sum(type(w).__name__ == 'LiveFigure' for w in _instances.values()), 'figures')"
    write_notebook(root / "count.ipynb", FIGURES["training"][0], count)
    with running_lab(tmp_path_factory.mktemp("lab"), root) as lab:
        yield lab


def caption(page: Page) -> str:
    return page.locator("figcaption").first.inner_text()


def picture(page: Page) -> str:
    return page.locator(PICTURE).first.inner_html()


@pytest.mark.parametrize("name", FIGURES)
def test_figure_follows_keyboard_and_mouse_and_nothing_jumps(chromium: Browser, figures_lab: Lab, name: str):
    _, label = FIGURES[name]
    with notebook_page(chromium, figures_lab, f"{name}.ipynb") as page:
        image = page.locator(PICTURE)
        assert image.get_attribute("aria-label") == caption(page)
        assert page.evaluate(MISFITS) == []
        assert page.locator(STILL).evaluate("still => still.naturalWidth / still.width") == 2

        slider = handle(page, label)
        # a coarse guard, for a machine that may be busy; tests/benchmarks/slider_latency.py measures
        latencies = tick_latencies(page, slider, ticks=10, pause=0.2)
        assert statistics.median(latencies) < 500
        wait_until_films_are_over(page)

        page.evaluate(RECORDER)
        for key in ("ArrowRight", "Home", "End", "PageDown"):
            before = picture(page), caption(page)
            slider.press(key)
            page.wait_for_function(
                "old => document.querySelector('figure [role=img]').innerHTML !== old", arg=before[0]
            )
            wait_until_films_are_over(page)
            assert caption(page) != before[1]
            assert image.get_attribute("aria-label") == caption(page)
        slider.press("Home")
        drag(page, slider, pixels=150, seconds=1)
        wait_until_films_are_over(page)
        seen = page.evaluate("() => stopRecorder()")

        assert len(seen["times"]) >= 6  # a picture for each key and one for the drag, however slow the machine is
        assert seen["blank"] == 0
        assert len(seen["places"]) == 1, seen["places"]
        assert len(seen["heights"]) == 1, seen["heights"]
        assert errors(page) == []


@pytest.mark.parametrize("name", FIGURES)
def test_figure_fits_into_narrow_and_wide_windows_of_both_themes(
    chromium: Browser, figures_lab: Lab, artifacts: Path, name: str
):
    with notebook_page(chromium, figures_lab, f"{name}.ipynb") as page:
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            light = "true" if theme == "light" else "false"
            page.wait_for_selector(f"body[data-jp-theme-light={light}]", state="attached")
            for width in (1400, 900):
                page.set_viewport_size({"width": width, "height": 900})
                page.wait_for_timeout(500)  # JupyterLab lays itself out some time after the window has changed
                image, cell = (page.locator(css).first.bounding_box() for css in (PICTURE, ".jp-OutputArea"))
                assert cell["x"] <= image["x"]
                assert image["x"] + image["width"] <= cell["x"] + cell["width"]
                assert page.evaluate(MISFITS) == []
                page.screenshot(path=artifacts / f"figure_{name}_{theme}_{width}.png")
        assert errors(page) == []


def test_two_views_of_one_figure_show_the_same(chromium: Browser, figures_lab: Lab):
    with notebook_page(chromium, figures_lab, "two_views.ipynb") as page:
        before = picture(page)
        handle(page, "step size").press("End")
        page.wait_for_function(
            "old => [...document.querySelectorAll('figure [role=img]')].every(e => e.innerHTML !== old)", arg=before
        )
        pictures = page.locator(PICTURE).evaluate_all("all => all.map(e => e.innerHTML)")
        assert len(pictures) == 2
        assert len(set(pictures)) == 1


def test_error_in_a_later_frame_is_shown_under_the_picture_and_the_next_tick_mends_it(
    chromium: Browser, figures_lab: Lab
):
    with notebook_page(chromium, figures_lab, "failing.ipynb") as page:
        assert caption(page) == "one over n is 1.00"
        handle(page, "n").press("Home")
        page.wait_for_selector("figcaption [role=alert]")
        assert caption(page) == "The figure stopped. ZeroDivisionError: division by zero"
        handle(page, "n").press("End")
        page.wait_for_function("() => document.querySelector('figcaption').innerText === 'one over n is 0.33'")


def test_a_cell_which_runs_again_leaves_no_old_figure_behind(chromium: Browser, figures_lab: Lab):
    with notebook_page(chromium, figures_lab, "count.ipynb") as page:
        for _ in range(2):
            assert page.locator(".jp-OutputArea-output pre").inner_text().strip() == "1 figures"
            page.locator("figcaption").evaluate("caption => { caption.dataset.old = '' }")
            run_all(page)
            page.wait_for_selector("figcaption:not([data-old])")
            wait_until_films_are_over(page)
        assert errors(page) == []
