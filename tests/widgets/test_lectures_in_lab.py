"""Every lecture in a browser, as its readers see it: figures answer, nothing is clipped, all has a name.

A lecture is opened and run once for all its tests. The artifacts hold it whole, in a wide window, in a narrow one and
in the dark theme, answers unfolded, and each of its figures.
"""

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import nbformat
import pytest
from barriers import barriers
from lab_driver import Lab, errors
from PIL import Image
from playwright.sync_api import Browser, Page
from widgets.figure_driver import MISFITS, PICTURE, notebook_page
from widgets.keyboard_walks import FIGURES, WALKS, box

from nnlib.course import ROOT

LECTURES = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("lectures/*.ipynb"))
VIEWS = [("light", 1400), ("light", 900), ("dark", 1400)]
"""Theme and width of the window in pixels."""
PIECE = 1600
"""Height in pixels of the pieces a picture of a lecture is cut into."""

UNFOLD = "() => document.querySelectorAll('.jp-RenderedMarkdown details').forEach(answer => { answer.open = true })"
# where the last cell ends, as soon as this has not changed for a while; else false
LOWER_END = """() => {
    document.querySelector('.jp-NotebookPanel .jp-WindowedPanel-outer').scrollTop = 0;
    const cells = [...document.querySelectorAll('.jp-NotebookPanel .jp-Cell')];
    const end = Math.round(Math.max(...cells.map(cell => cell.getBoundingClientRect().bottom)));
    window.lowerEnds = [...(window.lowerEnds ?? []), end].slice(-3);
    return window.lowerEnds.length === 3 && window.lowerEnds.every(each => each === end) && end;
}"""
CLIPPED = """() => {
    const parts = document.querySelectorAll('.jp-RenderedMarkdown, .jp-OutputArea-output, .jp-OutputArea-output pre');
    return [...parts].filter(part => part.scrollWidth > part.clientWidth + 1).map(
        part => `${part.scrollWidth} in ${part.clientWidth} px: ${part.textContent.trim().slice(0, 100)}`);
}"""
SLIDERS = """() => [...document.querySelectorAll('.widget-slider')].map(slider => {
    const text = part => slider.querySelector(part).textContent;
    const handle = slider.querySelector('.noUi-handle');
    return {shown: [text('.widget-label'), text('.widget-readout')], told: [handle.ariaLabel, handle.ariaValueText]};
})"""


def show_whole(page: Page, theme: str, width: int) -> int:
    """Make the window so high that the notebook fits in, with its answers unfolded; gives its height."""
    height, needed = 0, 900
    for _ in range(6):  # a cell which was far away has its true height only after it was near
        height = needed
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=theme)
        page.wait_for_selector(f"body[data-jp-theme-light={'true' if theme == 'light' else 'false'}]", state="attached")
        page.evaluate(UNFOLD)
        page.evaluate("() => { window.lowerEnds = [] }")
        needed = page.wait_for_function(LOWER_END, polling=200, timeout=30_000).json_value() + 40
        if needed == height:
            break
    assert needed == height, "the notebook's length does not settle"
    assert not page.locator(".jp-RenderedMarkdown details:not([open])").count()
    return height


@pytest.fixture(scope="module", params=LECTURES)
def lecture(request: pytest.FixtureRequest, chromium: Browser, lab: Lab) -> Iterator[tuple[str, Page]]:
    """The name of a lecture and its page, on which all cells have run."""
    with notebook_page(chromium, lab, request.param, scale=1) as page:
        # the body has no height: axe would take everything for hidden, and measure no contrast
        page.add_style_tag(content="body { overflow: visible !important; }")
        yield Path(request.param).stem, page


def test_lecture_runs_and_its_figures_follow_the_keyboard(lecture: tuple[str, Page], artifacts: Path):
    name, page = lecture
    page.set_viewport_size({"width": 1400, "height": 900})
    assert errors(page) == []
    assert page.locator(PICTURE).count() == FIGURES.get(name, 1)
    WALKS[name](page)
    for i in range(FIGURES.get(name, 1)):
        box(page, i).screenshot(path=artifacts / f"{name}_figure_{i + 1}.png")
    assert page.evaluate(MISFITS) == []
    assert errors(page) == []


def test_lecture_is_whole_and_accessible(lecture: tuple[str, Page], artifacts: Path):
    name, page = lecture
    clipped, found = {}, {}
    for theme, width in VIEWS:
        height = show_whole(page, theme, width)
        picture = Image.open(BytesIO(page.screenshot()))
        for i, top in enumerate(range(0, height, PIECE), start=1):
            piece = picture.crop((0, top, width, min(top + PIECE, height)))
            piece.save(artifacts / f"{name}_{theme}_{width}_{i}.png", compress_level=1)
        clipped[theme, width] = page.evaluate(CLIPPED)
        if (theme, width) != VIEWS[0]:  # the narrow window has all that the wide one has
            found[theme, width] = barriers(page, ".jp-OutputArea-output")
    assert not any(found.values()), found
    assert not any(clipped.values()), clipped
    sliders = page.evaluate(SLIDERS)
    assert sliders
    assert [slider["told"] for slider in sliders] == [slider["shown"] for slider in sliders]
    assert page.locator(PICTURE).count() == page.locator(f"{PICTURE}[aria-label]:not([aria-label=''])").count() > 0
    assert errors(page) == []


STAND_IN = re.compile(r"<summary>Reading without.*\n\n!\[(.+)\]\((.+)\)\n</details>")


def stand_ins(notebook: nbformat.NotebookNode) -> list[tuple[str, str]]:
    """Description and file of the picture above each figure."""
    cells = notebook.cells
    figures = [i for i, cell in enumerate(cells) if re.search(r"nnlib\.widgets.*\n\n\w+\(\)$", cell.source)]
    pictures = {cells[i].id: STAND_IN.search(cells[i - 1].source) for i in figures}
    assert pictures
    assert all(pictures.values()), f"the cells above some have none: {pictures}"
    return [picture.groups() for picture in pictures.values()]


@pytest.mark.parametrize("path", LECTURES)
def test_each_figure_has_a_picture_for_those_who_read_without_a_kernel(path: str):
    for description, file in stand_ins(nbformat.read(ROOT / path, as_version=4)):
        assert len(description) > 50, "describe what is to be seen"
        assert (ROOT / path).parent.joinpath(file).is_file()
