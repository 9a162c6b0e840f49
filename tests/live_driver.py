"""Drive the live version of the course, served under a sub-path, in a browser that reaches nothing else."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import Browser, BrowserContext, Page
from pyodide_cache import pyodide
from site_driver import served

from nnlib.course.lite import build

START = 300_000
"""Milliseconds in which a kernel must have started, on a machine as busy as it may be."""
NOWHERE = {"server": "http://127.0.0.1:9", "bypass": "127.0.0.1"}
"""A proxy that is not there, for every address but this machine's."""
RUN_CELL = """([id, source]) => {
    const {content} = window.jupyterapp.shell.currentWidget;
    const index = [...content.model.cells].findIndex(cell => cell.id === id);
    if (source !== null) content.model.cells.get(index).sharedModel.setSource(source);
    content.activeCellIndex = index;
    return window.jupyterapp.commands.execute('notebook:run-cell');
}"""
SET_SOURCES = """sources => {
    for (const cell of window.jupyterapp.shell.currentWidget.content.model.cells)
        if (cell.id in sources) cell.sharedModel.setSource(sources[cell.id]);
}"""
OUTPUT = """id => {
    const cells = [...window.jupyterapp.shell.currentWidget.content.model.cells];
    return cells.find(cell => cell.id === id).outputs.toJSON().map(output =>
        output.output_type === 'stream' ? output.text : output.evalue ?? output.data['text/plain']).flat().join('');
}"""


@dataclass
class LiveVersion:
    """The live version at an address."""

    address: str

    def url(self, path: str) -> str:
        """The address which opens a notebook."""
        return f"{self.address}/lab/index.html?path={quote(path)}"


@contextlib.contextmanager
def running_live(root: Path) -> Iterator[LiveVersion]:
    """Build the live version and serve it under a sub-path, as GitHub Pages does."""
    build(root / "lite", pyodide())
    with served(root) as address:
        yield LiveVersion(f"{address}lite")


@contextlib.contextmanager
def offline(browser: Browser) -> Iterator[BrowserContext]:
    """A new browser, with an empty storage, without a network: `outside` collects what it asks of other machines."""
    context = browser.new_context(viewport={"width": 1400, "height": 900}, proxy=NOWHERE)
    context.outside = []
    context.on("request", lambda request: note_outside(context.outside, request.url))
    try:
        yield context
    finally:
        context.close()


def note_outside(outside: list[str], url: str) -> None:
    if not url.startswith(("http://127.0.0.1:", "data:", "blob:")):
        outside.append(url)


def new_page(context: BrowserContext) -> Page:
    """A page which collects JavaScript errors in `page.problems`."""
    page = context.new_page()
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)[:300]))
    return page


def run_cell(page: Page, cell: str, source: str | None = None) -> str:
    """Run a cell of the notebook in front, given by its id, with a new source if need be; gives what it printed."""
    page.evaluate(RUN_CELL, [cell, source])
    return page.evaluate(OUTPUT, cell)
