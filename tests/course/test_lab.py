"""`course lab`, started for real: it answers, opens without pop-ups, and Ctrl-C ends it and its kernels."""

import contextlib
import json
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator

import lab_driver
import psutil
import pytest
from click.testing import CliRunner

from nnlib.course import ROOT
from nnlib.course import lab as lab_verb

COUNT_CHANGES = """selector => {
    window.changes = 0;
    const count = records => { window.changes += records.length; };
    const everything = {subtree: true, childList: true, attributes: true, characterData: true};
    const observer = new MutationObserver(count);
    document.querySelectorAll(selector).forEach(element => observer.observe(element, everything));
}"""


def read(url: str, data: bytes | None = None) -> dict:
    """GET, or POST `data` to, an address of the server."""
    with urllib.request.urlopen(urllib.request.Request(url, data=data), timeout=30) as answer:
        return json.load(answer)


@contextlib.contextmanager
def course_lab() -> Iterator[tuple[subprocess.Popen, str, str]]:
    """A running `course lab --no-browser`: its process, and the server's address and token as it printed them."""
    course = subprocess.Popen(
        [sys.executable, "-c", "from nnlib.course.cli import main; main()", "lab", "--no-browser"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        for line in course.stdout:
            if found := re.search(
                r"(http://127\.0\.0\.1:\d+)/lab/tree/lectures/00_start_here.ipynb\?token=(\w+)", line
            ):
                yield course, found[1], found[2]
                break
        else:
            pytest.fail("it ended without an address")
    finally:
        course.send_signal(signal.SIGINT)
        course.communicate(timeout=30)


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[subprocess.Popen, str, str]]:
    """A `course lab` which runs while the tests of this module do."""
    with course_lab() as running:
        yield running


def test_a_second_one_takes_another_port_and_ctrl_c_ends_it_with_its_kernels(running):
    with course_lab() as (course, address, token):
        assert address != running[1]
        read(f"{address}/api/kernels?token={token}", b'{"name": "python3"}')
        family = psutil.Process(course.pid).children(recursive=True)
        kernel = next(process for process in family if "ipykernel_launcher" in process.cmdline())
        lab_driver.wait_for(lambda: kernel.net_connections())
        course.send_signal(signal.SIGINT)
        printed, _ = course.communicate(timeout=9)  # before the server would be killed
        assert course.returncode == 0
        assert "y/[n]" not in printed
        assert "Traceback" not in printed
        _, alive = psutil.wait_procs(family, timeout=5)
        assert not alive


def test_the_address_needs_the_token(running):
    _, address, token = running
    assert read(f"{address}/api/status?token={token}")["kernels"] == 0
    with pytest.raises(urllib.error.HTTPError, match="403"):
        read(f"{address}/api/status")


def test_no_news_and_no_look_for_updates(running):
    _, address, token = running
    answer = read(f"{address}/lab/api/settings/@jupyterlab/apputils-extension:notification?token={token}")
    defaults = {name: each["default"] for name, each in answer["schema"]["properties"].items() if "default" in each}
    assert (defaults["fetchNews"], defaults["checkForUpdates"]) == ("false", False)


@pytest.mark.parametrize(("scheme", "theme"), [("dark", "JupyterLab Dark"), ("light", "JupyterLab Light")])
def test_the_theme_follows_the_system(chromium, lab, scheme, theme):
    page = chromium.new_page(color_scheme=scheme)
    page.goto(lab.url("lectures/00_start_here.ipynb"), wait_until="domcontentloaded")
    page.wait_for_function(f"() => document.body.dataset.jpThemeName === '{theme}'", timeout=60_000)
    page.close()


def test_it_opens_quietly_with_nbgraders_menu(page, lab, artifacts):
    lab_driver.open_notebook(page, lab, "lectures/00_start_here.ipynb")
    page.wait_for_timeout(1000)  # the time in which a pop-up would come
    assert page.locator(".Toastify__toast, .jp-Dialog").count() == 0
    page.get_by_role("menuitem", name="Nbgrader").click()
    entries = page.locator(".lm-Menu-itemLabel").all_inner_texts()
    assert {"Formgrader", "Assignment List"} <= set(entries)
    page.screenshot(path=artifacts / "lab.png")
    assert not lab_driver.errors(page)


def test_a_slider_leaves_the_toolbar_and_the_tabs_icon_alone(page, lab):
    """Each change costs time before the picture comes: the toolbar is measured, the icon is fetched."""
    lab_driver.open_notebook(page, lab, "lectures/00_start_here.ipynb")
    lab_driver.run_all(page)
    page.wait_for_selector("figure [role=img]")
    page.evaluate(COUNT_CHANGES, ".jp-NotebookPanel-toolbar, head")
    before = page.locator("figcaption").inner_text()
    page.locator(".noUi-handle").first.press("ArrowRight")
    page.wait_for_function("before => document.querySelector('figcaption').innerText !== before", arg=before)
    page.wait_for_function(lab_driver.CONNECTED)  # the kernel was busy, and is idle again
    assert page.evaluate("changes") == 0


def test_formgrader_lists_the_assignments(page, lab, artifacts):
    page.goto(f"{lab.address}/formgrader?token={lab.token}")
    page.wait_for_selector("text=03_backprop", timeout=60_000)
    page.screenshot(path=artifacts / "formgrader.png")


def test_validate_passes_the_solution(page, tmp_path):
    root = tmp_path / "root"  # a copy: Validate saves the notebook
    shutil.copytree(ROOT / "solutions" / "03_backprop", root)
    with lab_driver.running_lab(tmp_path, root) as lab:
        lab_driver.open_notebook(page, lab, "backprop.ipynb")
        page.get_by_role("button", name="Validate").click()
        page.wait_for_selector("text=Success! Your notebook passes all the tests.", timeout=120_000)


def test_a_port_in_use_is_named():
    with socket.create_server(("127.0.0.1", 0)) as occupied:
        port = occupied.getsockname()[1]
        assert not lab_verb.is_free(port)
        answer = CliRunner().invoke(lab_verb.command, ["--no-browser", "--port", str(port)])
    assert answer.exit_code == 1
    assert answer.output == f"Error: Port {port} is in use. Leave out --port to get a free one.\n"


def test_a_notebook_from_elsewhere_is_refused(tmp_path):
    elsewhere = tmp_path / "mine.ipynb"
    elsewhere.touch()
    answer = CliRunner().invoke(lab_verb.command, [str(elsewhere)])
    assert answer.exit_code == 2
    assert "is not in the course's folder" in answer.output


def test_another_server_on_the_port_is_not_taken_for_ours(lab):
    server = subprocess.Popen([sys.executable, "-c", ""])  # as JupyterLab does when the port has been taken meanwhile
    with pytest.raises(lab_verb.click.ClickException, match="ended with code 0"):
        lab_verb.wait_until_answering(server, lab.port, "another")


def test_a_server_that_ends_at_once_is_reported(capfd):
    server = subprocess.Popen([sys.executable, "-c", "raise SystemExit('no such thing')"])
    with pytest.raises(lab_verb.click.ClickException, match="ended with code 1"):
        lab_verb.wait_until_answering(server, lab_verb.free_port(), "token")
    assert "no such thing" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("platform", "environment", "opens"),
    [
        ("linux", {}, False),
        ("linux", {"DISPLAY": ":0"}, True),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, True),
        ("linux", {"BROWSER": "true"}, True),
        ("darwin", {}, True),
        ("darwin", {"SSH_CONNECTION": "192.0.2.1 22"}, False),
        ("win32", {}, True),
    ],
)
def test_a_browser_is_opened_only_where_there_is_a_screen(monkeypatch, platform, environment, opens):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER", "SSH_CONNECTION"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(lab_verb.webbrowser, "get", lambda: "a browser")
    assert lab_verb.can_open_browser() is opens


def test_no_browser_is_opened_where_there_is_none(monkeypatch):
    def get():
        raise lab_verb.webbrowser.Error

    monkeypatch.setenv("BROWSER", "none")
    monkeypatch.setattr(lab_verb.webbrowser, "get", get)
    assert not lab_verb.can_open_browser()


def test_the_first_lecture_is_what_opens():
    assert (ROOT / lab_verb.FIRST_LECTURE).is_file()
    assert f"--LabApp.default_url=/lab/tree/{lab_verb.FIRST_LECTURE.as_posix()}" in lab_verb.server_command(1)
