"""course.py: a real set-up from nothing, and one clear sentence where there can be none."""

import ast
import importlib.util
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import ModuleType

import psutil
import pytest
from uv import find_uv_bin

from nnlib.course import ROOT

PARTS = ["course.py", "pyproject.toml", "README.md", "LICENSE", "nbgrader_config.py", "locks", "lectures", "nnlib"]
SET_UP = ["Installing uv", "Installing the packages", "Installing the course"]


def copy_course(folder: Path, parts: list[str] = PARTS) -> Path:
    """Copy what the set-up needs, as a clone would bring it."""
    for part in parts:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        else:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / part, folder)
    return folder


def environment(**changes: str) -> dict[str, str]:
    """The environment variables of somebody who has just opened a terminal."""
    hidden = {"VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME"}
    return {name: value for name, value in os.environ.items() if name not in hidden} | changes


def run(folder: Path, *arguments: str, **changes: str) -> subprocess.CompletedProcess:
    """Call the launcher of this folder from another one."""
    command = [sys.executable, str(folder / "course.py"), *arguments]
    return subprocess.run(command, cwd="/", env=environment(**changes), capture_output=True, text=True, timeout=300)


def test_a_killed_set_up_is_repaired_also_in_a_moved_folder_and_leads_to_jupyterlab(tmp_path):
    folder = copy_course(tmp_path / "a folder")
    first = subprocess.Popen(
        [sys.executable, "course.py", "--version"],
        cwd=folder,
        env=environment(),
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with first:
        for line in first.stderr:
            if line.startswith("Installing uv"):
                break
        time.sleep(0.5)  # in the middle of the packages
        os.killpg(first.pid, signal.SIGKILL)
    assert not (folder / ".venv" / "course-stamp.txt").exists()
    (folder / ".venv" / "half-made").touch()

    folder = folder.rename(tmp_path / "a moved folder")
    second = run(folder, "--version")
    assert second.returncode == 0, second.stderr
    assert second.stdout.startswith("course, version ")
    stages = [line.rsplit(":", 1)[0] for line in second.stderr.splitlines()]
    assert stages == ["Making .venv for Python {}.{}".format(*sys.version_info), *SET_UP]
    assert not (folder / ".venv" / "half-made").exists()

    lab = subprocess.Popen(
        [sys.executable, str(folder / "course.py"), "lab", "--no-browser"],
        cwd="/",
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with lab:
        printed = lab.stdout.readline() + lab.stdout.readline()
        family = [psutil.Process(lab.pid), *psutil.Process(lab.pid).children(recursive=True)]
        # seconds of work, not of the clock, which the other programs of a machine change; 3 s when this was written
        work = sum(sum(process.cpu_times()[:4]) for process in family)
        lab.send_signal(signal.SIGINT)
        printed += lab.stdout.read()
    assert re.search(r"http://127\.0\.0\.1:\d+/lab/tree/lectures/00_start_here\.ipynb\?token=", printed), printed
    assert lab.returncode == 0
    assert work < 5
    assert "Installing" not in printed


def test_without_a_network_it_says_so(tmp_path):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # bound, but not listening: connections are refused
        proxy = f"http://127.0.0.1:{closed.getsockname()[1]}"
        proxies = dict.fromkeys(
            ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"], proxy
        )
        pip = {"PIP_CONFIG_FILE": os.devnull, "PIP_FIND_LINKS": "", "PIP_NO_CACHE_DIR": "1", "PIP_RETRIES": "1"}
        answer = run(copy_course(tmp_path / "course"), "--version", **proxies, **pip)
    assert answer.returncode == 1
    assert "Traceback" not in answer.stderr
    assert answer.stderr.splitlines()[-1].startswith("The package index cannot be reached: check the network")


def test_without_permission_to_write_it_says_so():
    # as another user than root; what the launcher imports later is imported before, since Python itself may be root's
    code = "import ensurepip, os, runpy, venv; launcher = runpy.run_path('course.py')"
    code += "; os.getuid() or os.setuid(65534); launcher['main']()"
    with tempfile.TemporaryDirectory() as folder:  # not tmp_path, which other users cannot enter
        copy_course(Path(folder), ["course.py", "pyproject.toml", "locks"]).chmod(0o555)
        answer = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, timeout=60)
        Path(folder).chmod(0o755)
    assert answer.returncode == 1
    assert "Traceback" not in answer.stderr
    assert re.fullmatch(r"Cannot write .*\.venv: Permission denied\.", answer.stderr.splitlines()[-1])


def test_an_old_python_can_read_it_and_is_told_that_it_is_too_old():
    ast.parse((ROOT / "course.py").read_text(), feature_version=(3, 6))
    code = (
        "import runpy, sys; sys.version_info = (3, 9, 2, 'final', 0); runpy.run_path('course.py', run_name='__main__')"
    )
    command = [sys.executable, "-c", code, "--version"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert answer.returncode == 1
    assert answer.stderr == "The course needs Python 3.11 or newer; this is 3.9.\n"


@pytest.fixture
def launcher(tmp_path) -> ModuleType:
    """The launcher of a course in a temporary folder, as a module."""
    copy_course(tmp_path, ["course.py", "pyproject.toml", "locks"])
    spec = importlib.util.spec_from_file_location("launcher", tmp_path / "course.py")
    launcher = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(launcher)
    return launcher


@pytest.fixture
def stages(launcher, monkeypatch) -> list[str]:
    """The stages that the launcher goes through; they only write what the next start looks at."""
    stages = []

    def make_venv():
        launcher.BIN.mkdir(parents=True, exist_ok=True)
        launcher.STAMP.unlink(missing_ok=True)
        stages.append("Making .venv")

    def run_stage(what, *command):
        assert not launcher.STAMP.exists(), "a kill would leave a half-made .venv with a stamp"
        launcher.COURSE.touch()
        stages.append(" ".join([what, *(Path(part).name for part in command if str(part).endswith(".txt"))]))

    monkeypatch.setattr(launcher, "make_venv", make_venv)
    monkeypatch.setattr(launcher, "run_stage", run_stage)
    return stages


def installing(lock: str) -> list[str]:
    """The stages that install this lock."""
    return ["Installing uv uv.txt", f"Installing the packages {lock}", "Installing the course"]


def test_a_finished_set_up_is_not_repeated(launcher, stages):
    launcher.set_up("lab")
    assert stages == ["Making .venv", *installing("run.txt")]
    stages.clear()
    launcher.set_up("grade")
    assert stages == []


def test_the_tests_packages_come_with_the_verb_test_and_stay(launcher, stages):
    launcher.set_up("lab")
    stages.clear()
    launcher.set_up("test")
    assert stages == installing("test.txt")
    stages.clear()
    launcher.set_up("lab")
    assert stages == []
    (launcher.LOCKS / "run.txt").write_text("something newer")
    launcher.set_up("lab")
    assert stages == installing("test.txt")


def test_another_python_gets_another_venv(launcher, stages, monkeypatch):
    launcher.set_up("lab")
    stages.clear()
    monkeypatch.setattr(launcher.sys, "version", "3.99.0")
    launcher.set_up("lab")
    assert stages == ["Making .venv", *installing("run.txt")]


def test_debian_without_its_venv_package_is_told_which_one(launcher, monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "ensurepip" else found(name))
    with pytest.raises(launcher.SetUpError, match="sudo apt install python3-venv"):
        launcher.make_venv()


def test_uv_without_a_network_is_understood(launcher, monkeypatch, tmp_path, capsys):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv("UV_DEFAULT_INDEX", f"http://127.0.0.1:{closed.getsockname()[1]}/simple")
        monkeypatch.setenv("UV_HTTP_RETRIES", "0")
        with pytest.raises(launcher.SetUpError, match="check the network"):
            launcher.run_stage(
                "Installing", find_uv_bin(), "--no-cache", "pip", "install", "--target", tmp_path, "numpy"
            )
    assert "Installing: failed" in capsys.readouterr().err


def test_any_other_failure_shows_the_last_lines_of_the_installer(launcher, capsys):
    code = "print(*range(20), 'No space left on device', sep='\\n'); raise SystemExit(1)"
    with pytest.raises(launcher.SetUpError, match="stands above"):
        launcher.run_stage("Installing", sys.executable, "-c", code)
    shown = capsys.readouterr().err.splitlines()
    assert shown[-1].strip() == "No space left on device"
    assert len(shown) == 9
