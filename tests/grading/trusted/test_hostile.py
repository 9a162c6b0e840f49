"""No trick earns a point that the same wrong answer does not earn without it, and none leaves anything behind."""

import json
import os
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from grading.trusted.hostile import Hostile, in_process, messages, notebooks, system
from grading.trusted.made_release import RIGHT, bundle, points, submission

from nnlib.grading.trusted import answers, cgroup
from nnlib.grading.trusted import assess as assessing
from nnlib.grading.trusted.assess import Assessment, assess
from nnlib.grading.trusted.provisioner import WARM

CASES = [*in_process.CASES, *messages.CASES, *notebooks.CASES, *system.CASES]
SEED = 5
GRADER = 500_000_000
"""Bytes of memory that the grader may have, whatever it is sent."""
SLOWEST = 120.0


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict]:
    """What no submission may reach: a folder, a server, a variable of the environment."""
    folder = tmp_path_factory.mktemp("instructor")
    (folder / "secret.ipynb").write_text("the solution")
    os.chmod(folder, 0o777)
    server = socket.create_server(("127.0.0.1", 0))
    called = []

    def listen() -> None:
        while True:
            try:
                called.append(server.accept()[1])
            except OSError:
                return

    threading.Thread(target=listen, daemon=True).start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INSTRUCTORS_TOKEN", "secret")
        # the time limits are the only thing that is tried faster here
        patch.setattr(answers, "SECONDS_OF_A_CELL", 5.0)
        patch.setattr(assessing, "SECONDS", 4.0)
        yield {"folder": folder, "port": server.getsockname()[1], "called": called}
    server.close()


@pytest.fixture(scope="module")
def twin(outside: dict) -> dict[str, float | None]:
    """What the honest twin earns."""
    honest = submission({**RIGHT, "output_delta": in_process.WRONG})
    return points(assess(bundle(), json.dumps(honest).encode(), SEED))


def hostile_submission(case: Hostile, outside: dict) -> bytes:
    secret = f"SECRET_FOLDER, SECRET_PORT = {str(outside['folder'])!r}, {outside['port']}\n"
    wrong = {**RIGHT, "output_delta": case.answer or in_process.WRONG}
    notebook = submission(wrong, secret + case.before, case.after)
    if case.edit:
        case.edit(notebook)
    return json.dumps(notebook).encode()


def left_behind(folder: Path) -> set[str]:
    """Processes of sandboxes, their control groups, files outside."""
    own = psutil.Process()
    warm = {child.pid for child in own.children()}
    processes = {str(child.pid) for child in own.children(recursive=True) if child.pid not in warm}
    groups = {str(group) for parent in cgroup.parents() for group in parent.glob(f"{cgroup.NAME}{own.pid}-*")}
    files = {str(path) for place in ("/tmp", "/var/tmp", "/dev/shm") for path in Path(place).iterdir() if strange(path)}
    return processes | groups | files | {str(path) for path in folder.iterdir()}


@pytest.fixture
def before(tmp_path: Path) -> set[str]:
    """What is there before a submission is assessed: a JupyterLab of other tests has kernels."""
    return left_behind(tmp_path)


def strange(path: Path) -> bool:
    """A file of a sandbox's user."""
    try:
        return WARM.user != 0 and os.getuid() != WARM.user == path.lstat().st_uid
    except OSError:
        return False


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_no_trick_earns_a_point(
    case: Hostile, outside: dict, twin: dict, before: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    start = time.monotonic()
    result = assess(bundle(), hostile_submission(case, outside), SEED)
    assert isinstance(result, Assessment)
    assert result.outcome == case.outcome, result.what
    assert time.monotonic() - start < SLOWEST
    got = points(result)
    assert got.keys() == twin.keys()
    for cell, honest in twin.items():
        if cell == "why-answer":
            continue
        assert got[cell] <= honest, f"{cell}: {got[cell]} of {honest}"
        if case.spares:
            assert got[cell] == honest, f"{cell} is lost, too: {result.what} {result.scores}"
    assert not outside["called"]
    assert sorted(path.name for path in outside["folder"].iterdir()) == ["secret.ipynb"]
    assert psutil.Process().memory_info().rss < GRADER
    end = time.monotonic() + 10
    while left_behind(tmp_path) - before and time.monotonic() < end:
        time.sleep(0.1)
    assert not left_behind(tmp_path) - before


def test_the_twin_earns_what_is_right(twin: dict) -> None:
    assert twin == {
        "output-delta-check": 0.0,
        "hidden-delta-check": 3.0,
        "layer-gradients-check": 2.0,
        "soft-switch-check": 1.0,
        "why-answer": 0.0,
    }


def test_there_are_enough_of_them() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 45
