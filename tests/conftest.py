"""Fixtures for all tests: a browser, a page in it, a running JupyterLab, a folder for pictures and reports."""

import os
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import lab_driver
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from nnlib.course.test import ARTIFACTS

# a headless browser in a container: no user namespace, no graphics card, nothing fetched in the background
CHROMIUM_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


SERVERS = {"course", "trusted"}
"""Folders of tests: the command line with its servers, and the sandbox with its limits of time and memory."""
LONGEST = [
    "tests/grading/trusted/test_hostile.py",
    "tests/widgets/test_lectures_in_lab.py",
    "tests/site/test_in_browser.py",
    "tests/site/test_live.py",
    "tests/widgets/test_figures_in_lab.py",
]
"""They begin first, so that no process of pytest is busy with one of them when all others have nothing left to do."""


def pytest_configure() -> None:
    """Let Ctrl-C reach the programs under test: a shell has its background jobs, and all they start, ignore it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that take minutes, not milliseconds: of a browser, of the site, of kernels and servers."""
    for item in items:
        if {"chromium", "lab", "site"} & set(getattr(item, "fixturenames", ())) or set(
            Path(item.nodeid.split("::")[0]).parts
        ) & SERVERS:
            item.add_marker("servers")
    items.sort(key=lambda item: [not item.nodeid.startswith(file) for file in LONGEST])


@pytest.fixture(scope="session")
def artifacts() -> Path:
    """The folder for screenshots and reports, which git ignores."""
    ARTIFACTS.mkdir(exist_ok=True)
    return ARTIFACTS


def chromium_executable() -> str | None:
    """COURSE_CHROMIUM if set, else the system's Chromium or Chrome, else None: the one which Playwright installed."""
    named = os.environ.get("COURSE_CHROMIUM")
    return named or next(filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None)


# of a module, not of the session: while it is open, no other test could start an event loop
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A headless Chromium."""
    with sync_playwright() as playwright:
        executable = chromium_executable() or playwright.chromium.executable_path
        if not Path(executable).is_file():
            pytest.fail(
                f"There is no Chromium at {executable}. Install your system's chromium, or Playwright's own "
                f"({sys.executable} -m playwright install chromium), or name one in COURSE_CHROMIUM."
            )
        browser = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_OPTIONS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """An empty page of 1400 by 900 pixels, which collects JavaScript errors in `page.problems`."""
    context = chromium.new_context(viewport={"width": 1400, "height": 900}, device_scale_factor=1)
    page = context.new_page()
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)[:300]))
    yield page
    context.close()


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[lab_driver.Lab]:
    """The JupyterLab of the course, serving the course's folder."""
    with lab_driver.running_lab(tmp_path_factory.mktemp("lab")) as lab:
        yield lab
