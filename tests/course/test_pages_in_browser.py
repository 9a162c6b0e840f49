"""Pages with what a hostile student handed in, in a browser: nothing of it acts, and nobody is asked for anything."""

import re
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest
from grading.trusted.hostile.notebooks import MARKDOWN, SHOW
from lab_driver import running_lab
from made_course import ASSIGNMENT, NAME, RIGHT, answered, edited, hand_in, released_course
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell
from playwright.sync_api import Browser, Page

from nnlib.course.grade import grade
from nnlib.course.gradebook import open_gradebook
from nnlib.course.paths import Course

STUDENTS = ("honest", "hostile")
HANDLERS = """() => [...document.querySelectorAll('*')].flatMap(part => [...part.attributes]
    .filter(({name, value}) => /^on/.test(name) && /owned/.test(value) || /^\\s*javascript:.*owned/.test(value))
    .map(({name, value}) => `${part.tagName} ${name}=${value}`))"""
"""What would act at a click."""


def act(notebook: NotebookNode) -> None:
    """Put active content into the answers, and into cells of the student's own."""
    written = next(cell for cell in notebook.cells if cell.id == "why-answer")
    written.source = MARKDOWN
    notebook.cells += [new_code_cell(SHOW, id="show"), new_markdown_cell(MARKDOWN, id="tell")]


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Course]:
    with released_course(tmp_path_factory.mktemp("pages") / "my course") as course:
        honest = answered(course, RIGHT | {"why-answer": "Not owned by anybody."})
        hand_in(course, "honest", honest)
        hand_in(course, "hostile", edited(honest, act))
        grade(course, ASSIGNMENT, workers=1)
        yield course


@pytest.fixture
def shown(chromium: Browser) -> Iterator[Callable[[str], SimpleNamespace]]:
    """Opens a page and gives what it shows and does: its title, text, dialogs, requests, and what lies in wait."""
    context = chromium.new_context()
    context.route(re.compile(r"https?://(?!127\.0\.0\.1)"), lambda route: route.abort())

    def show(url: str) -> SimpleNamespace:
        page: Page = context.new_page()
        asked, dialogs = set(), []
        page.on("request", lambda request: asked.add(request.url.split("?")[0]))
        page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        page.goto(url, wait_until="domcontentloaded")
        page.wait_for_function("() => document.body.innerText.includes('owned')")
        page.wait_for_timeout(2000)  # in which formulas and scripts would have their turn
        seen = SimpleNamespace(title=page.title(), asked=asked, dialogs=dialogs)
        seen.handlers = page.evaluate(HANDLERS)
        page.close()
        return seen

    yield show
    context.close()


def assert_quiet(honest: SimpleNamespace, hostile: SimpleNamespace) -> None:
    assert "owned" not in hostile.title
    assert not hostile.dialogs
    assert not hostile.handlers
    names = [{url.replace("honest", "hostile") for url in seen.asked} for seen in (honest, hostile)]
    assert names[1] <= names[0]


def test_feedback_is_quiet(course: Course, shown: Callable):
    pages = [course.grading / "feedback" / student / ASSIGNMENT / NAME.replace("ipynb", "html") for student in STUDENTS]
    assert_quiet(*[shown(page.as_uri()) for page in pages])


def test_formgrader_is_quiet(
    course: Course, shown: Callable, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
):
    with open_gradebook(course) as book:
        ids = [book.find_submission_notebook(NAME.split(".")[0], ASSIGNMENT, student).id for student in STUDENTS]
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", str(course.root))
    with running_lab(tmp_path_factory.mktemp("lab"), course.root) as lab:
        pages = [shown(f"{lab.address}/formgrader/submissions/{name}/?token={lab.token}") for name in ids]
    for page, name in zip(pages, ids, strict=True):
        page.asked = {url.replace(name, STUDENTS[ids.index(name)]) for url in page.asked}
    assert_quiet(*pages)
