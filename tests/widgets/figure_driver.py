"""Drive live figures in a browser: open them, find their sliders, time and record their pictures."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
from lab_driver import Lab, open_notebook, run_all
from playwright.sync_api import Browser, Locator, Page

PICTURE = "figure [role=img]"
"""A live figure's picture: it holds what moves, which lies on what stands still."""
STILL = ".widget-html img:not(figure img)"
"""What stands still."""

# pictures in which what moves does not lie exactly on what stands still
MISFITS = f"""() => [...document.querySelectorAll('{PICTURE}')].flatMap((picture, i) => {{
    const rectangle = ({{left, top, width, height}}) => [left, top, width, height].map(Math.round).join(' ');
    const layers = [picture, picture.querySelector('svg'), document.querySelectorAll('{STILL}')[i]];
    const places = layers.map(layer => rectangle(layer.getBoundingClientRect()));
    return new Set(places).size === 1 ? [] : [places];
}})"""

FILMS_OVER = """() => {
    const captions = [...document.querySelectorAll('.jp-OutputArea figcaption p')];
    return captions.length > 0 && captions.every(caption => caption.getAttribute('aria-busy') !== 'true');
}"""

# From a keydown to the first paint with the new picture. While a film runs, frames of the old one may still arrive:
# a picture belongs to the new one if the old one was over, or if it shows an earlier step than the picture before.
STOPWATCH = """() => {
    window.latencies = [];
    const stepOf = picture => Number((picture.ariaLabel.match(/tep (\\d+)/) || [0, 0])[1]);
    const busy = () => document.querySelector('.jp-OutputArea figure [aria-busy=true]') !== null;
    let pressed = null, before = Infinity;
    addEventListener('keydown', event => {
        pressed = event.timeStamp;
        if (!busy()) before = Infinity;
    }, true);
    const painted = start => requestAnimationFrame(() => setTimeout(() => latencies.push(performance.now() - start)));
    new MutationObserver(records => {
        const pictures = records.flatMap(record => [...record.addedNodes]).flatMap(
            node => node.querySelectorAll ? [...node.querySelectorAll('[role=img][aria-label]')] : []);
        const picture = pictures.find(picture => stepOf(picture) < before);
        if (pictures.length) before = stepOf(pictures.at(-1));
        if (!picture || pressed === null) return;
        const start = pressed;
        pressed = null;
        const show = () => painted(start);
        const decoded = [...picture.querySelectorAll('img, image')].map(image => image.decode());
        Promise.all(decoded).then(show, show);  // it fails where the next frame has replaced this one already
    }).observe(document.querySelector('.jp-Notebook'), {childList: true, subtree: true});
}"""

# What a reader could see at each frame of the browser: pictures, their place, a missing one, the length of the page.
RECORDER = (
    f"() => {{ const STILL = '{STILL}';"
    + """
    const pictures = new Map(), places = new Set(), heights = new Set();
    let blank = 0, on = true;
    const look = time => {
        const picture = document.querySelector('.jp-OutputArea figure [role=img]');
        const still = document.querySelector(STILL);
        if (picture && picture.querySelector('svg *') && still && still.complete && still.naturalWidth) {
            const {x, y, width, height} = picture.getBoundingClientRect();
            places.add(JSON.stringify({x, y, width, height}));
            if (!pictures.has(picture.innerHTML)) pictures.set(picture.innerHTML, time);
        } else blank += 1;
        heights.add(document.querySelector('.jp-NotebookPanel .jp-WindowedPanel-outer').scrollHeight);
        if (on) requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
    window.stopRecorder = () => {
        on = false;
        return {times: [...pictures.values()], places: [...places], heights: [...heights], blank};
    };
}"""
)


def write_notebook(path: Path, *cells: str) -> None:
    """A notebook of code cells for the course's kernel."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, path)


@contextmanager
def notebook_page(
    browser: Browser, lab: Lab, path: str, *, width: int = 1400, theme: str = "light", scale: float = 2
) -> Iterator[Page]:
    """A page on which all cells of the notebook have run and all films are over.

    It collects JavaScript errors in `page.problems`.
    """
    viewport = {"width": width, "height": 900}
    context = browser.new_context(viewport=viewport, device_scale_factor=scale, color_scheme=theme)
    try:
        page = context.new_page()
        page.problems = []
        page.on("pageerror", lambda error: page.problems.append(str(error)[:300]))
        open_notebook(page, lab, path)
        run_all(page, timeout=300_000)  # the longest takes 20 s on a machine with nothing else to do
        wait_until_films_are_over(page)
        yield page
    finally:
        context.close()


def wait_until_films_are_over(page: Page) -> None:
    page.wait_for_function(FILMS_OVER, timeout=60_000)


def scroll_to(picture: Locator) -> None:
    """Bring a figure's picture into view: a new one may take its place at any time.

    Playwright's own way waits until the element stands still, and gives up when it is taken away.
    """
    picture.evaluate("picture => picture.scrollIntoView({block: 'nearest'})")


def handle(page: Page, label: str) -> Locator:
    """The handle of the first slider with this label."""
    return page.locator(".widget-slider", has_text=label).locator(".noUi-handle").first


def drag(page: Page, handle: Locator, pixels: int, seconds: float) -> None:
    """Drag a handle to the right, in steps of 25 ms."""
    box = handle.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    moves = round(seconds / 0.025)
    page.mouse.move(x, y)
    page.mouse.down()
    start = time.monotonic()
    for move in range(1, moves + 1):
        page.mouse.move(x + pixels * move / moves, y)
        page.wait_for_timeout(max(0, 1000 * (start + 0.025 * move - time.monotonic())))
    page.mouse.up()


def tick_latencies(page: Page, handle: Locator, ticks: int, pause: float | None) -> list[float]:
    """Milliseconds from each of many single key presses to the first paint of the new picture.

    Args:
        page: with the notebook.
        handle: of the slider.
        ticks: so many, to and fro.
        pause: seconds between two; None waits until the film is over.
    """
    page.evaluate(STOPWATCH)
    handle.focus()
    for tick in range(ticks):
        handle.press("ArrowLeft" if tick % 2 else "ArrowRight")
        page.wait_for_function(f"() => latencies.length > {tick}", timeout=30_000)
        if pause is None:
            wait_until_films_are_over(page)
            page.wait_for_timeout(200)
        else:
            page.wait_for_timeout(1000 * pause)
    return page.evaluate("() => latencies")
