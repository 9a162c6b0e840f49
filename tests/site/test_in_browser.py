"""Each page in a browser: under a sub-path, without another host, without an error, for everybody."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from barriers import barriers
from playwright.sync_api import Browser, BrowserContext, Page
from site_driver import UnderSubPath, watch

from nnlib.course import ROOT
from nnlib.course.reference import PAGES

REFERENCE = [f"api/{name}.html" for name in ["index", *PAGES]]
NOTEBOOKS = [
    *(f"lectures/{name}.html" for name in ["index", *(path.stem for path in sorted(ROOT.glob("lectures/*.ipynb")))]),
    *(f"exercises/{name}.html" for name in ["index", *(path.name for path in sorted(ROOT.glob("exercises/[0-9]*")))]),
]
OTHERS = [
    f"{name}.html"
    for name in ["index", "start", "notation", "instructors", "tested", "search", "genindex", "py-modindex"]
]
PATHS = [*OTHERS, *NOTEBOOKS, *REFERENCE]
ONE_OF_EACH_KIND = ["index.html", "notation.html", "lectures/06_momentum.html", "api/optimizers.html"]


def test_no_page_is_forgotten(site: Path):
    built = {path.relative_to(site).as_posix() for path in site.rglob("*.html") if "lite" not in path.parts}
    assert set(PATHS) == built


@pytest.fixture(scope="module")
def windows(chromium: Browser) -> Iterator[dict[str, BrowserContext]]:
    """A window for each theme, one for all pages: what they have in common is fetched once."""
    windows = {theme: chromium.new_context(color_scheme=theme) for theme in ("light", "dark")}
    yield windows
    for window in windows.values():
        window.close()


@pytest.mark.parametrize(
    ("path", "theme"), [*((path, "light") for path in PATHS), *((path, "dark") for path in ONE_OF_EACH_KIND)]
)
def test_a_page_is_accessible_and_whole_fits_on_a_phone_and_asks_nobody_else(
    windows: dict[str, BrowserContext], address: str, path: str, theme: str
):
    with windows[theme].new_page() as page:
        page.set_viewport_size({"width": 1400, "height": 900})
        faults = watch(page, address)
        UnderSubPath.missing.clear()
        page.goto(address + path, wait_until="load")
        found = barriers(page)
        page.set_viewport_size({"width": 375, "height": 750})
        width = page.evaluate("document.documentElement.scrollWidth")
    assert not found
    assert width <= 375
    assert not faults
    assert not UnderSubPath.missing


def test_formulas_are_drawn_with_the_font_that_comes_along(page: Page, address: str):
    page.goto(address + "lectures/02_chain_rule.html")
    page.evaluate("document.fonts.ready")
    assert page.evaluate("[...document.fonts].filter(font => font.status === 'loaded').map(font => font.family)") == [
        "Formulas"
    ]
    fraction = page.locator(".formula math mfrac").first.bounding_box()
    assert fraction["height"] > 20, "it is drawn as a line of text"


def test_a_figure_has_its_own_place_in_the_text(page: Page, address: str):
    page.goto(address + "exercises/06_momentum.html")
    figure = page.locator("article figure").bounding_box()
    after = page.get_by_text("Enter the two numbers you found in this form").bounding_box()
    assert after["y"] >= figure["y"] + figure["height"]


def test_the_search_works_without_a_server(page: Page, address: str):
    faults = watch(page, address)
    page.goto(address + "search.html?q=momentum")
    page.get_by_role("link", name="6 · Momentum").first.wait_for(timeout=10_000)
    assert not faults


@pytest.mark.parametrize(("theme", "brightness"), [("light", 255), ("dark", 30)])
def test_the_theme_follows_the_system(chromium: Browser, address: str, artifacts: Path, theme: str, brightness: int):
    context = chromium.new_context(viewport={"width": 1400, "height": 900}, color_scheme=theme)
    page = context.new_page()
    page.goto(address)
    page.screenshot(path=artifacts / f"site_front_{theme}.png")
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    context.close()
    levels = [int(level) for level in colour.removeprefix("rgb(").removesuffix(")").split(",")]
    assert all(abs(level - brightness) < 20 for level in levels)
