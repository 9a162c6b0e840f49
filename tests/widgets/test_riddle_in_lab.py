"""A riddle in a real browser, answered by keyboard alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from lab_driver import Lab, errors, open_notebook, run_all, running_lab
from playwright.sync_api import Browser, Page
from widgets.figure_driver import write_notebook

from nnlib.grading.riddles import RIDDLES, answer_to, choices

NAME = "descend"
CELL = f'from nnlib.grading.spot_the_bug import spot_the_bug\n\nspot_the_bug("{NAME}")'
FOCUSED = "() => document.activeElement.classList.contains('jupyter-button') ? document.activeElement.innerText : ''"
PRESSES_AT_MOST = 40


@pytest.fixture(scope="module")
def riddle_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    root = tmp_path_factory.mktemp("notebooks")
    write_notebook(root / "riddle.ipynb", CELL)
    with running_lab(tmp_path_factory.mktemp("lab"), root) as lab:
        yield lab


def tab_to(page: Page, choice: str) -> None:
    """Press the tab key until the button with this text has the focus."""
    for _ in range(PRESSES_AT_MOST):
        if page.evaluate(FOCUSED) == choice:
            return
        page.keyboard.press("Tab")
    pytest.fail(f"{choice!r} is not reached with {PRESSES_AT_MOST} presses of the tab key")


def said(page: Page) -> str:
    return page.locator(".jp-OutputArea [role=status]").inner_text()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_riddle_is_answered_by_keyboard(chromium: Browser, riddle_lab: Lab, artifacts: Path, theme: str) -> None:
    context = chromium.new_context(viewport={"width": 1100, "height": 800}, color_scheme=theme)
    page = context.new_page()
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)[:300]))
    open_notebook(page, riddle_lab, "riddle.ipynb")
    run_all(page)
    buttons = page.locator(".jp-OutputArea button.jupyter-button")
    buttons.first.wait_for()
    assert buttons.all_inner_texts() == choices(NAME)
    assert "def descend(H, w0, step_size, steps):" in page.locator(".jp-OutputArea pre").first.inner_text()

    wrong = next(choice for choice in choices(NAME) if choice != RIDDLES[NAME].mistake)
    top = buttons.first.bounding_box()
    for choice, key in ((wrong, "Enter"), (RIDDLES[NAME].mistake, "Space")):
        tab_to(page, choice)
        page.keyboard.press(key)
        page.wait_for_function(
            "text => document.querySelector('[role=status]').innerText === text", arg=answer_to(NAME, choice)
        )
        assert page.evaluate(FOCUSED).strip() == choice, "the focus stays"
    assert buttons.first.bounding_box() == top, "nothing moves"
    page.screenshot(path=artifacts / f"riddle_{theme}.png")
    assert errors(page) == []
    context.close()
