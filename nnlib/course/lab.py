"""`course lab`: JupyterLab at the first lecture."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import webbrowser
from pathlib import Path
from urllib.parse import quote

import click

from nnlib.course import ROOT

FIRST_LECTURE = Path("lectures", "00_start_here.ipynb")
SETTINGS = Path(__file__).with_name("settings")
"""What differs from JupyterLab's own settings. Among it, as the kernel is busy and idle again in each tick of a slider:
its lamp is in the status bar, since a notebook's toolbar measures all its buttons anew at each change of the lamp; and
the icon of the browser's tab stays the same, since the server is asked for it at each change."""
WORKSPACES = Path(sys.prefix, "share", "jupyter", "course-workspaces")
"""Where JupyterLab keeps the open tabs: those of the user's other projects would open here as errors."""
PATIENCE = 120
"""Seconds in which a JupyterLab must have answered: the first start on a cold disk is slow."""


def is_free(port: int) -> bool:
    """Whether nothing listens on this port of the loopback address."""
    with socket.socket() as probe:
        if os.name == "posix":  # as Jupyter does: a port which was closed a moment ago counts as free
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """The first free port from Jupyter's usual one, 8888, upwards."""
    return next(port for port in range(8888, 65536) if is_free(port))


def can_open_browser() -> bool:
    """Whether a graphical browser can be opened here: there is a display, or BROWSER names the way to one."""
    if "BROWSER" not in os.environ:
        if sys.platform.startswith(("linux", "freebsd")):
            if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
                return False
        elif "SSH_CONNECTION" in os.environ:
            return False
    try:
        webbrowser.get()
    except webbrowser.Error:
        return False
    return True


def lab_path(notebook: Path) -> str:
    """The address of a notebook within JupyterLab, `notebook` being relative to the folder which is served."""
    return f"/lab/tree/{quote(notebook.as_posix())}"


def server_command(port: int, notebook: Path = FIRST_LECTURE, root: Path = ROOT) -> list[str]:
    """The command which starts JupyterLab with the course's settings, on the loopback address only.

    Args:
        port: a free port.
        notebook: what to open, relative to `root`.
        root: the folder which is served.

    Returns:
        Program and arguments. The access token is read from the environment, JUPYTER_TOKEN.
    """
    command = [sys.executable, "-m", "jupyterlab", "--ip=127.0.0.1", f"--port={port}"]
    command += ["--ServerApp.log_level=ERROR", "--LabApp.log_level=ERROR"]  # the address must not drown in notices
    command += ["--KernelManager.transport_encryption=auto"]  # on a shared computer others could listen to the kernels
    command += ["--ServerApp.kernel_websocket_connection_class=nnlib.course.websocket.PromptConnection"]
    command += ["--ServerApp.port_retries=0", "--ServerApp.answer_yes=True", f"--ServerApp.root_dir={root}"]
    command += [f"--LabApp.default_url={lab_path(notebook)}", f"--LabApp.app_settings_dir={SETTINGS}"]
    if os.name == "posix" and os.geteuid() == 0:
        command.append("--allow-root")
    return command


def wait_until_answering(server: subprocess.Popen, port: int, token: str) -> None:
    """Wait for the first answer of the server; that it takes the token shows that it is ours.

    Raises:
        click.ClickException: it ended, or did not answer in time.
    """
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # no proxy stands before one's own machine
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise click.ClickException(f"JupyterLab ended with code {server.returncode}; what it printed stands above.")
        try:
            direct.open(f"http://127.0.0.1:{port}/api/status?token={token}", timeout=5).close()
            return
        except OSError:
            time.sleep(0.05)
    raise click.ClickException(f"JupyterLab did not answer within {PATIENCE} s.")


def end(server: subprocess.Popen) -> None:
    """End the server and, through it, its kernels; kill it if it does not obey."""
    if os.name == "posix":  # on Windows the console has told it of Ctrl-C already, and terminate() would be a kill
        server.terminate()
    try:
        server.wait(10)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def inside_course(notebook: Path) -> Path:
    """The path of a notebook relative to the course's folder.

    Raises:
        click.BadParameter: it stands elsewhere, where this JupyterLab could not open it.
    """
    try:
        return notebook.resolve().relative_to(ROOT)
    except ValueError:
        raise click.BadParameter(f"{notebook} is not in the course's folder, {ROOT}.") from None


@click.command(short_help="Open JupyterLab.")
@click.argument("notebook", required=False, type=click.Path(exists=True, path_type=Path))
@click.option("--port", type=click.IntRange(1, 65535), help="Use this port instead of the first free one from 8888.")
@click.option("--no-browser", is_flag=True, help="Print the address, open no browser.")
def command(notebook: Path | None, port: int | None, no_browser: bool) -> None:
    """Open JupyterLab at NOTEBOOK, or at the first lecture. Ctrl-C ends it."""
    notebook = FIRST_LECTURE if notebook is None else inside_course(notebook)
    if not (ROOT / notebook).exists():
        raise click.ClickException(f"{ROOT / notebook} is missing. Is nnlib installed from the course's own folder?")
    if port is not None and not is_free(port):
        raise click.ClickException(f"Port {port} is in use. Leave out --port to get a free one.")
    port = port or free_port()
    token = secrets.token_hex(24)
    opens_browser = not no_browser and can_open_browser()

    click.echo("Starting JupyterLab ...")
    for name in {"SIGTERM", "SIGHUP"} & {each.name for each in signal.Signals}:
        # told to end, or the terminal was closed: do as for Ctrl-C, so that no server stays behind
        signal.signal(signal.Signals[name], signal.default_int_handler)
    arguments = server_command(port, notebook) + ([] if opens_browser else ["--no-browser"])
    environment = {**os.environ, "JUPYTER_TOKEN": token, "JUPYTERLAB_WORKSPACES_DIR": str(WORKSPACES)}
    # a session of its own: Ctrl-C comes to us alone, and one SIGTERM lets the server end its kernels undisturbed
    server = subprocess.Popen(arguments, cwd=ROOT, env=environment, start_new_session=True)
    try:
        wait_until_answering(server, port, token)
        click.echo(f"JupyterLab is at http://127.0.0.1:{port}{lab_path(notebook)}?token={token}")
        click.echo("Your browser opens it now." if opens_browser else "Open this address in a browser.", nl=False)
        click.echo(" Ctrl-C here ends JupyterLab.")
        code = server.wait()
    except KeyboardInterrupt:
        code = 0
        click.echo("\nEnding JupyterLab ...")
    finally:
        end(server)
    if code:
        raise click.ClickException(f"JupyterLab ended with code {code}; what it printed stands above.")
