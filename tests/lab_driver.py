"""Drive notebooks in a running JupyterLab through a browser, and know that every cell really ran."""

import contextlib
import os
import secrets
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page

from nnlib.course import ROOT
from nnlib.course.cli import ONE_THREAD
from nnlib.course.lab import end, server_command, wait_until_answering

CONNECTED = """() => {
    const panel = window.jupyterapp && window.jupyterapp.shell.currentWidget;
    const context = panel && panel.sessionContext;
    const kernel = context && context.session && context.session.kernel;
    return kernel && kernel.connectionStatus === 'connected' && kernel.status === 'idle' && context.isReady;
}"""
RUN_ALL = """() => {
    window.ranAll = null;
    window.jupyterapp.commands.execute('notebook:run-all-cells').then(done => { window.ranAll = done });
}"""
NOT_RUN = """() => {
    const panel = window.jupyterapp.shell.currentWidget;
    return [...panel.content.model.cells].filter(cell => cell.type === 'code' && cell.sharedModel.source.trim())
        .filter(cell => cell.executionCount === null).map(cell => cell.id);
}"""
ERRORS = """() => {
    const panel = window.jupyterapp.shell.currentWidget;
    return [...panel.content.model.cells].filter(cell => cell.type === 'code').flatMap(cell => cell.outputs.toJSON())
        .filter(output => output.output_type === 'error').map(output => `${output.ename}: ${output.evalue}`);
}"""


@dataclass
class Lab:
    """A JupyterLab which serves `root` on a port of the loopback address."""

    root: Path
    port: int
    token: str

    @property
    def address(self) -> str:
        """Where the server is."""
        return f"http://127.0.0.1:{self.port}"

    def url(self, path: str = "") -> str:
        """The address which opens `path` in a workspace of its own, so that no tab of another test comes back."""
        workspace = f"auto-{time.time_ns()}"
        return f"{self.address}/lab/workspaces/{workspace}/tree/{path}?token={self.token}"


def any_port() -> int:
    """A free port, other than those which a `course lab` would take."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


@contextlib.contextmanager
def running_lab(private: Path, root: Path = ROOT) -> Iterator[Lab]:
    """Start the JupyterLab that `course lab` starts, with the user's configuration replaced by the folder `private`.

    Documents are not saved automatically: a test must not write outputs into the lectures it opens.
    """
    lab = Lab(root, any_port(), secrets.token_hex(8))
    settings = private / "settings" / "@jupyterlab" / "docmanager-extension"
    settings.mkdir(parents=True)
    (settings / "plugin.jupyterlab-settings").write_text('{"autosave": false}')
    environment = {
        **os.environ,
        **dict.fromkeys(ONE_THREAD, "1"),
        "JUPYTER_TOKEN": lab.token,
        "JUPYTER_CONFIG_DIR": str(private / "config"),
        "JUPYTER_DATA_DIR": str(private / "data"),
        "JUPYTER_RUNTIME_DIR": str(private / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(private / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(private / "workspaces"),
        "IPYTHONDIR": str(private / "ipython"),
    }
    command = [*server_command(lab.port, root=root), "--no-browser", "--LabApp.expose_app_in_browser=True"]
    with (private / "server.log").open("w") as log:
        server = subprocess.Popen(command, cwd=root, env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        try:
            wait_until_answering(server, lab.port, lab.token)
            yield lab
        finally:
            end(server)


def wait_for(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Wait until the condition holds; fail if it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.05)


def open_notebook(page: Page, lab: Lab, path: str, timeout: float = 60_000) -> None:
    """Open a notebook and wait until its kernel is connected.

    The status lamp says "idle" before the kernel's websocket is up, and "Run All" would then do nothing, silently.
    """
    page.goto(lab.url(path), wait_until="domcontentloaded")
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=timeout)
    page.wait_for_function(CONNECTED, timeout=timeout)


def run_all(page: Page, timeout: float = 60_000) -> None:
    """Run all cells of the notebook in front, wait until they have run, and assert that each did without an error."""
    page.evaluate(RUN_ALL)
    page.wait_for_function("() => window.ranAll !== null", timeout=timeout)
    assert not errors(page), errors(page)
    assert not page.evaluate(NOT_RUN), f"cells which did not run: {page.evaluate(NOT_RUN)}"


def errors(page: Page) -> list[str]:
    """What went wrong in the notebook in front: errors of cells, and of the page itself."""
    return page.evaluate(ERRORS) + page.problems
