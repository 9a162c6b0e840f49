"""The built site as files: it is complete, nothing in it failed, and every link leads somewhere."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import nbformat
import pytest
from lxml import html

from nnlib.course import ROOT
from nnlib.course.reference import CORE
from nnlib.course.repository import binder, colab, repository
from nnlib.course.repository import site as web_site

LECTURES = sorted(ROOT.glob("lectures/*.ipynb"))
EXERCISES = sorted(ROOT.glob("exercises/*/*.ipynb"))
LINKS = {"a": "href", "img": "src", "script": "src", "link": "href"}


@cache
def tree(path: Path) -> html.HtmlElement:
    return html.fromstring(path.read_bytes())


def pages(site: Path) -> list[Path]:
    """The book's pages; JupyterLite's are its own."""
    found = [path for path in site.rglob("*.html") if "lite" not in path.relative_to(site).parts]
    assert len(found) > 40
    return found


def text_of(path: Path) -> str:
    """What a page says, on one line."""
    return " ".join(tree(path).xpath("//article")[0].text_content().split())


def links(path: Path) -> Iterator[tuple[str, str]]:
    """Tag and target of each link of a page."""
    for tag, attribute in LINKS.items():
        for element in tree(path).iter(tag):
            if element.get(attribute):
                yield tag, element.get(attribute)


def test_each_lecture_and_each_exercise_has_a_page_with_its_text_and_code(site: Path):
    for path in [*LECTURES, *EXERCISES]:
        name = path.stem if path in LECTURES else path.parent.name
        page = site / path.relative_to(ROOT).parts[0] / f"{name}.html"
        notebook = nbformat.read(path, as_version=4)
        title = notebook.cells[0].source.splitlines()[0].removeprefix("# ")
        assert tree(page).xpath("//h1")[0].text_content().startswith(title)
        code = [cell.source.strip() for cell in notebook.cells if cell.cell_type == "code"]
        shown = [cell.text_content().strip() for cell in tree(page).xpath("//div[contains(@class, 'cell_input')]//pre")]
        assert shown == code


def test_each_figure_of_a_lecture_is_a_picture_with_an_alternative_text(site: Path):
    for path in LECTURES:
        cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
        figures = [
            cell.id for cell in cells if re.search(r"^(\w+_figure|training_desk)\(\)$", cell.source, re.MULTILINE)
        ]
        page = site / "lectures" / f"{path.stem}.html"
        pictures = tree(page).xpath("//figure/img")
        assert len(figures) == len(pictures) >= 1
        for picture in pictures:
            assert len(picture.get("alt")) > 40
            assert (page.parent / picture.get("src")).stat().st_size > 10_000
            caption = picture.getparent().xpath("./figcaption")[0].text_content()
            assert " ".join(caption.replace("#", "").split()).startswith(picture.get("alt").rstrip(".")[:40])


def test_an_exercise_shows_the_figure_of_its_lecture(site: Path):
    for path in EXERCISES:
        assert tree(site / "exercises" / f"{path.parent.name}.html").xpath("//figure/img"), path


def test_no_page_has_a_traceback_or_a_widget_that_needs_a_kernel(site: Path):
    for path in pages(site):
        assert "Traceback (most recent call last)" not in text_of(path), path
        assert "application/vnd.jupyter" not in path.read_text(encoding="utf-8"), path


def test_no_formula_is_left_as_latex(site: Path):
    for path in pages(site):
        text = " ".join(tree(path).xpath("//article//text()[not(ancestor::pre) and not(ancestor::code)]"))
        assert not re.search(r"\\(frac|partial|alpha|sigma|lambda|leftarrow)|\$\$", text), path


def test_each_module_of_the_core_has_a_page_and_the_lectures_that_use_it(site: Path):
    for name in CORE:
        assert tree(site / "api" / f"{name}.html").xpath(f"//*[starts-with(@id, 'nnlib.{name}.')]"), name
    users = {target for tag, target in links(site / "api" / "optimizers.html") if tag == "a"}
    assert "../lectures/06_momentum.html" in users
    assert "../api/optimizers.html#nnlib.optimizers.SGD" in dict.fromkeys(
        target for _, target in links(site / "lectures" / "06_momentum.html")
    )


def test_each_lecture_links_to_the_documentation_of_its_figures_and_is_linked_from_there(site: Path):
    for lecture in LECTURES:
        cells = [cell for cell in nbformat.read(lecture, as_version=4).cells if cell.cell_type == "code"]
        figures = {name for cell in cells for name in re.findall(r"^(\w+)\(\)$", cell.source, flags=re.MULTILINE)}
        targets = [target for _, target in links(site / "lectures" / f"{lecture.stem}.html")]
        assert figures
        for figure in figures:
            page = next(target for target in targets if target.endswith(f".{figure}")).partition("#")[0]
            readers = {target for _, target in links(site / "lectures" / page)}
            assert f"../lectures/{lecture.stem}.html" in readers, figure


@pytest.mark.parametrize("page", ["start", "notation", "instructors", "tested", "search"])
def test_the_other_pages_are_there_and_the_front_page_leads_to_them(site: Path, page: str):
    assert len(text_of(site / f"{page}.html")) > 100 or page == "search"
    assert f"{page}.html" in {target for _, target in links(site / "index.html")} or page == "search"


def test_no_internal_link_is_dead(site: Path):
    dead = []
    for path in [one for one in pages(site) if one.name != "404.html"]:
        for _, target in links(path):
            parts = urlsplit(target)
            if parts.scheme:
                continue
            file = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not file.exists():
                dead.append((path.name, target))
            elif "lite" in parts.path.split("/"):
                notebook = parse_qs(parts.query)["path"][0]
                if not (site / "lite" / "files" / notebook).exists():
                    dead.append((path.name, target))
            elif parts.fragment and file.suffix == ".html":
                name = unquote(parts.fragment)
                if not any(element.get("id") == name for element in tree(file).iter()):
                    dead.append((path.name, target))
    assert not dead


def test_nothing_is_loaded_from_another_host_and_no_link_is_absolute(site: Path):
    for path in pages(site):
        for tag, target in links(path):
            assert tag == "a" or not urlsplit(target).netloc, (path, target)
            assert not target.startswith("/"), (path, target)
    for style in [*site.glob("_static/**/*.css")]:
        assert not re.search(r"url\([\"']?(https?:)?//", style.read_text(encoding="utf-8")), style


def test_each_notebook_can_be_opened_live_on_binder_and_on_colab(site: Path):
    for path in [*LECTURES, *EXERCISES]:
        name = path.stem if path in LECTURES else path.parent.name
        page = site / path.relative_to(ROOT).parts[0] / f"{name}.html"
        ways = [element.get("href") for element in tree(page).xpath("//p[@class='launch']/a")]
        notebook = path.relative_to(ROOT).as_posix()
        assert ways[0] == f"../lite/lab/index.html?path={notebook}"
        assert [urlsplit(way).netloc for way in ways[1:]] == ["mybinder.org", "colab.research.google.com"]
        assert all(way.endswith(notebook) for way in ways)


def test_the_badges_of_the_readme_follow_from_the_address_in_pyproject(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("COURSE_REPOSITORY", raising=False)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    first = "lectures/00_start_here.ipynb"
    for target in [web_site(repository()), binder(repository(), first), colab(repository(), first)]:
        assert f"]({target})" in readme


def test_the_search_finds_words_of_lectures_and_names_of_nnlib(site: Path):
    index = (site / "searchindex.js").read_text(encoding="utf-8")
    index = json.loads(index.removeprefix("Search.setIndex(").removesuffix(")"))
    in_titles = {index["docnames"][i] for i in _numbers(index["titleterms"]["momentum"])}
    assert {"lectures/06_momentum", "exercises/06_momentum"} <= in_titles
    assert "notation" in {index["docnames"][i] for i in _numbers(index["terms"]["momentum"])}
    assert "nnlib.optimizers" in index["objects"]


def _numbers(entry: int | list[int]) -> list[int]:
    return entry if isinstance(entry, list) else [entry]
