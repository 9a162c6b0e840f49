"""The figure of the front page: the same numbers and sentences as nnlib, by keyboard and by mouse."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page
from site_driver import watch

from nnlib.widgets.ravine.captions import momentum_caption
from nnlib.widgets.ravine.experiment import LAM, iterates, loss_by_direction, momentum_rate, ravine

H, Q = ravine()
ALPHAS = [0.005, 0.05, 0.1, 0.125, 0.2, 0.22, 0.225, 0.25, 0.3, 0.37, 0.445, 0.45]
BETAS = [0.0, 0.01, 0.25, 0.3, 0.5, 0.6, 0.75, 0.81, 0.9, 0.99]
STARTS = [(-3.0, 1.0), (0.7, -2.3), (4.8, 2.8)]
IN_THE_PAGE = """async cases => {
    const ravine = await import(new URL("_static/ravine.js", document.baseURI));
    return cases.map(([alpha, beta, start]) => {
        const path = ravine.momentumPath(start, alpha, beta);
        return {
            path,
            losses: path.map(ravine.lossByDirection),
            rates: ravine.LAM.map(lam => ravine.rate(alpha * lam, beta)),
            caption: ravine.caption(alpha, beta, path),
        };
    });
}"""


@pytest.fixture
def front(page: Page, address: str) -> Page:
    """The front page, at once: nothing but the figure's own modules has to be there."""
    page.problems = watch(page, address)
    page.goto(address)
    page.locator(".ravine-caption").wait_for(timeout=5_000)
    return page


def said(page: Page) -> str:
    return page.locator(".ravine-caption").inner_text()


def expected(alpha: float, beta: float, start: tuple[float, float] = (-3.0, 1.0)) -> str:
    losses = loss_by_direction(iterates(H, start, alpha, beta, steps=50), LAM, Q)
    return momentum_caption(alpha, beta, losses.sum(axis=1))


def test_the_numbers_and_the_sentences_are_those_of_nnlib(front: Page):
    cases = list(itertools.product(ALPHAS, BETAS, STARTS))
    for (alpha, beta, start), ours in zip(cases, front.evaluate(IN_THE_PAGE, cases)):
        path = iterates(H, start, alpha, beta, steps=50)
        scale = np.abs(path).max()
        np.testing.assert_allclose(np.array(ours["path"], float), path, rtol=1e-9, atol=1e-9 * scale)
        losses = loss_by_direction(path, LAM, Q)
        np.testing.assert_allclose(np.array(ours["losses"], float), losses, rtol=1e-9, atol=1e-9 * losses.max())
        np.testing.assert_allclose(ours["rates"], [momentum_rate(alpha * lam, beta) for lam in LAM], rtol=1e-9)
        assert ours["caption"].split("Loss after")[0] == expected(alpha, beta, start).split("Loss after")[0]


def test_it_is_live_at_once_and_says_what_lecture_6_says(front: Page):
    assert said(front) == expected(0.05, 0.0)
    assert not front.problems


def test_the_sliders_follow_the_keyboard(front: Page):
    beta = front.get_by_label("momentum β")
    beta.focus()
    for _ in range(3):
        beta.press("ArrowRight")
    assert said(front) == expected(0.05, 0.03)
    front.get_by_label("step size α").press("End")
    assert said(front) == expected(0.45, 0.03)
    assert "diverges" in said(front)


def test_a_slider_follows_the_mouse(front: Page):
    slider = front.get_by_label("step size α")
    box = slider.bounding_box()
    front.mouse.move(box["x"] + 25, box["y"] + box["height"] / 2)
    front.mouse.down()
    front.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=5)
    front.mouse.up()
    alpha = float(slider.input_value())
    assert 0.2 < alpha < 0.26
    assert said(front) == expected(alpha, 0.0)


def test_the_start_follows_mouse_and_arrow_keys(front: Page):
    start = front.get_by_role("slider", name="start of the path")
    box = start.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    before = front.locator("polyline.path").get_attribute("points")
    front.mouse.move(x, y)
    front.mouse.down()
    front.mouse.move(x + 60, y + 30, steps=5)
    front.mouse.up()
    dragged = front.locator("polyline.path").get_attribute("points")
    assert dragged != before
    w_1 = float(start.get_attribute("aria-valuenow"))
    assert w_1 > -2.5
    start.focus()
    start.press("ArrowLeft")
    assert float(start.get_attribute("aria-valuenow")) == pytest.approx(w_1 - 0.1, abs=0.011)
    start.press("ArrowUp")
    assert front.locator("polyline.path").get_attribute("points") != dragged


def test_a_button_sets_both_values(front: Page):
    front.get_by_role("button", name="The best pair").click()
    assert front.get_by_label("momentum β").input_value() == "0.25"
    assert said(front) == expected(0.25, 0.25)


def test_it_fits_on_a_phone(front: Page, artifacts: Path):
    front.set_viewport_size({"width": 375, "height": 750})
    assert front.evaluate("document.documentElement.scrollWidth") <= 375
    front.screenshot(path=artifacts / "site_phone.png", full_page=True)
