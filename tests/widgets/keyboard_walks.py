"""What a reader does with the figures of each lecture, by keyboard: WALKS has a walk for each.

A walk asserts that each figure answers and that its caption says what is to be seen.
"""

from collections.abc import Callable

from playwright.sync_api import Locator, Page
from widgets.figure_driver import PICTURE, handle, scroll_to, wait_until_films_are_over

PICTURE_IS_NEW = "([i, old]) => document.querySelectorAll('figure [role=img]')[i].innerHTML !== old"


def box(page: Page, i: int = 0) -> Locator:
    """The output with the page's figure i: its controls, its picture, its caption."""
    return page.locator(".jp-OutputArea-output", has=page.locator("figure")).nth(i)


def after(page: Page, act: Callable[[], object], i: int = 0) -> str:
    """Do something to figure i, wait for its new picture and the end of its film; gives the caption.

    The picture's alternative text must be the same.
    """
    picture, caption = box(page, i).locator(PICTURE), box(page, i).locator("figcaption")
    scroll_to(picture)
    old = picture.inner_html()
    act()
    page.wait_for_function(PICTURE_IS_NEW, arg=[i, old])
    wait_until_films_are_over(page)
    assert picture.get_attribute("aria-label") == caption.inner_text()
    return caption.inner_text()


def after_key(page: Page, label: str, key: str = "ArrowRight", i: int = 0) -> str:
    """The same for a key pressed on the slider with this label."""
    return after(page, lambda: handle(page, label).press(key), i)


def new_caption(page: Page, label: str, key: str = "ArrowRight") -> str:
    """The same for the only figure, where the caption must be another one than before."""
    said = box(page).locator("figcaption").inner_text()
    caption = after_key(page, label, key)
    assert caption != said
    return caption


def first_sliders(page: Page, figures: int = 1) -> None:
    """Move the first slider of each figure."""
    for i in range(figures):
        after(page, lambda i=i: box(page, i).locator(".noUi-handle").first.press("ArrowRight"), i)


def forward_pass(page: Page) -> None:
    assert "−b/w = 0.90" in after_key(page, "bias b")
    for label in ("depth L", "width d", "spread s", "seed"):
        said = after_key(page, label, i=1)
    assert "3 hidden layers of 17 units: " in said
    assert "smooth" in after(page, lambda: page.get_by_label("σ", exact=True).nth(1).select_option("tanh"), 1)


def chain_rule(page: Page) -> None:
    assert "Step 1 of 17, forward: a₁ = 0.5." in after_key(page, "step")
    assert "Step 2 of 17" in after(page, lambda: page.get_by_role("button", name="Next").press("Enter"))
    assert "Step 3 of 17" in after(page, lambda: page.get_by_role("button", name="Next").press("Space"))
    assert "Step 2 of 17" in after(page, lambda: page.get_by_role("button", name="Back").click())
    assert "∂L/∂b₁ = 2.639" in after_key(page, "step", "End")
    w3 = page.get_by_label("w₃")
    w3.fill("0")
    assert "∂L/∂b₁ = 0." in after(page, lambda: w3.press("Enter"))
    assert "Step 17" in after(page, lambda: page.get_by_label("σ").select_option("relu"))


def sgd(page: Page) -> None:
    for i in range(2):
        for slider in box(page, i).locator(".noUi-handle").all():
            after(page, lambda slider=slider: slider.press("ArrowRight"), i)


def features(page: Page) -> None:
    for label in ("stretch s", "angle θ", "mean μ"):
        new_caption(page, label, "PageUp")


def batchnorm(page: Page) -> None:
    for label in ("initial W times", "step size α", "batch size m"):
        assert new_caption(page, label).startswith("Step 200 of 200")


WALKS: dict[str, Callable[[Page], None]] = {
    "00_start_here": first_sliders,
    "01_forward_pass": forward_pass,
    "02_chain_rule": chain_rule,
    "03_backward_pass": first_sliders,
    "04_sgd": sgd,
    "05_step_size": lambda page: new_caption(page, "step size α"),
    "06_momentum": lambda page: new_caption(page, "momentum β"),
    "07_features": features,
    "08_batchnorm": batchnorm,
    "09_depth": lambda page: first_sliders(page, figures=2),
    "10_digits": lambda page: after_key(page, "step size", "ArrowLeft"),
}
"""Name of a lecture -> what is done on its page, where all cells have run."""
FIGURES = {"01_forward_pass": 2, "04_sgd": 2, "09_depth": 2}
"""How many figures a lecture has, if not one."""
