"""Every lecture in a browser, as its readers see it: nothing clipped, nothing that a screen reader cannot name.

The artifacts hold each lecture, whole, in a wide window, in a narrow one and in the dark theme, answers unfolded.
"""

import re
from io import BytesIO
from pathlib import Path

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe
from lab_driver import Lab, errors
from PIL import Image
from playwright.sync_api import Browser, Page
from widgets.figure_driver import notebook_page

from nnlib.course import ROOT

LECTURES = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("lectures/*.ipynb"))
VIEWS = [("light", 1400), ("light", 900), ("dark", 1400)]
"""Theme and width of the window in pixels."""
PIECE = 1600
"""Height in pixels of the pieces a picture of a lecture is cut into."""

UNFOLD = "() => document.querySelectorAll('.jp-RenderedMarkdown details').forEach(answer => { answer.open = true })"
LOWER_END = """() => {
    document.querySelector('.jp-NotebookPanel .jp-WindowedPanel-outer').scrollTop = 0;
    const cells = [...document.querySelectorAll('.jp-NotebookPanel .jp-Cell')];
    return Math.max(...cells.map(cell => cell.getBoundingClientRect().bottom));
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
    page.emulate_media(color_scheme=theme)
    light = "true" if theme == "light" else "false"
    page.wait_for_selector(f"body[data-jp-theme-light={light}]", state="attached")
    height = 900
    for _ in range(3):  # a cell which was far away has its true height only after it was near
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(500)
        page.evaluate(UNFOLD)
        height = round(page.evaluate(LOWER_END)) + 40
    page.set_viewport_size({"width": width, "height": height})
    page.wait_for_timeout(500)
    assert not page.locator(".jp-RenderedMarkdown details:not([open])").count()
    return height


def violations(page: Page) -> list[str]:
    """What axe finds in the outputs of the cells; the rest of the page is JupyterLab's."""
    found = Axe().run(page, ".jp-OutputArea-output").response["violations"]
    return [
        f"{violation['id']}: {node['html']}"
        for violation in found
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]


@pytest.mark.parametrize("path", LECTURES)
def test_lecture_is_whole_and_accessible(chromium: Browser, lab: Lab, artifacts: Path, path: str):
    with notebook_page(chromium, lab, path, scale=1) as page:
        clipped, barriers = {}, {}
        for theme, width in VIEWS:
            height = show_whole(page, theme, width)
            picture = Image.open(BytesIO(page.screenshot()))
            for i, top in enumerate(range(0, height, PIECE), start=1):
                piece = picture.crop((0, top, width, min(top + PIECE, height)))
                piece.save(artifacts / f"{Path(path).stem}_{theme}_{width}_{i}.png", compress_level=1)
            clipped[theme, width] = page.evaluate(CLIPPED)
            if (theme, width) != VIEWS[0]:  # the narrow window has all that the wide one has
                barriers[theme, width] = violations(page)
        assert not any(barriers.values()), barriers
        assert not any(clipped.values()), clipped
        sliders = page.evaluate(SLIDERS)
        assert sliders
        assert [slider["told"] for slider in sliders] == [slider["shown"] for slider in sliders]
        assert page.locator("figure img").count() == page.locator("figure img[alt]:not([alt=''])").count() > 0
        assert errors(page) == []


@pytest.mark.parametrize("path", LECTURES)
def test_each_figure_has_a_picture_for_those_who_read_without_a_kernel(path: str):
    cells = nbformat.read(ROOT / path, as_version=4).cells
    figures = [i for i, cell in enumerate(cells) if re.search(r"nnlib\.widgets.*\n\n\w+\(\)$", cell.source)]
    assert figures
    for i in figures:
        picture = re.search(r"<summary>Reading without.*\n\n!\[(.+)\]\((.+)\)\n</details>", cells[i - 1].source)
        assert picture, f"the cell above {cells[i].id} has none"
        assert len(picture[1]) > 50, "describe what is to be seen"
        assert (ROOT / path).parent.joinpath(picture[2]).is_file()
