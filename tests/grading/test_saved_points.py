"""The file with a student's points: it survives kills, other notebooks, full disks and editors."""

import fcntl
import json
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from nnlib.grading.saved_points import FILE, LOCK, Points, _locked, add, merged, one_check, read

KILLED_WRITERS = """
import os, random, signal, sys, time
from pathlib import Path
from nnlib.grading.saved_points import add, one_check, read

folder, before = Path(sys.argv[1]), 0
for seed in range(int(sys.argv[2])):
    writer = os.fork()
    if writer == 0:
        while True:
            add(folder, {f"question_{k}": one_check(k, 30) for k in range(30)})
    # the first one gets time to write, so that there is a file
    time.sleep(0.5 if seed == 0 else random.Random(seed).uniform(0.001, 0.02))
    os.kill(writer, signal.SIGKILL)
    os.waitpid(writer, 0)
    found = read(folder)
    checks = {entry.checks for entry in found.values()}
    assert len(found) == 30 and len(checks) == 1, (seed, found)
    assert before <= (before := checks.pop()), (seed, before)
print(before)
"""

RECORDER = """
import sys
from pathlib import Path
from nnlib.grading.saved_points import add, one_check

for _ in range(int(sys.argv[3])):
    add(Path(sys.argv[1]), {sys.argv[2]: one_check(1, 1), "both": one_check(1, 1)})
"""


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_checks_add_up_and_a_person_can_read_them(tmp_path: Path) -> None:
    assert add(tmp_path, {"forward": one_check(2, 3)}) == ""
    add(tmp_path, {"forward": one_check(1, 3), "absorb_bias": one_check(1, 1)})
    found = read(tmp_path)
    assert (found["forward"].points, found["forward"].best, found["forward"].checks) == (1, 2, 2)
    assert found["absorb_bias"].checks == 1
    lines = (tmp_path / FILE).read_text().splitlines()
    assert [line.split(":")[0].strip(' "') for line in lines] == ["{", "forward", "absorb_bias", "}"]
    assert set(json.loads("\n".join(lines))["forward"]) == {"points", "possible", "best", "checks", "time"}
    assert names(tmp_path) == {FILE, LOCK}


def test_a_kill_in_the_middle_of_writing_never_damages_it(tmp_path: Path) -> None:
    command = [sys.executable, "-c", KILLED_WRITERS, tmp_path, "150"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 0
    add(tmp_path, {"last": one_check(1, 1)})
    assert names(tmp_path) == {FILE, LOCK}, "what the killed ones left is cleared away"


def test_two_notebooks_in_one_folder_lose_nothing(tmp_path: Path) -> None:
    times = 60
    commands = [[sys.executable, "-c", RECORDER, tmp_path, name, str(times)] for name in ("one", "other", "third")]
    recorders = [subprocess.Popen(command) for command in commands]
    assert [recorder.wait(120) for recorder in recorders] == [0, 0, 0]
    assert {name: entry.checks for name, entry in read(tmp_path).items()} == {
        "one": times, "other": times, "third": times, "both": 3 * times
    }  # fmt: skip


DAMAGED = {
    "cut off": '{"forward": {"points": 2,',
    "empty": "",
    "not text": b"\xff\xfe\x00",
    "a list": "[1, 2]",
    "a number": '{"forward": 3}',
    "a key is missing": '{"forward": {"points": 2, "possible": 3, "best": 2, "checks": 1}}',
    "words for numbers": '{"forward": {"points": "two", "possible": 3, "best": 2, "checks": 1, "time": ""}}',
    "no number": '{"forward": {"points": NaN, "possible": 3, "best": 2, "checks": 1, "time": ""}}',
    "too large": '{"forward": {"points": 1, "possible": 3, "best": 2, "checks": Infinity, "time": ""}}',
    "nested too deeply": "[" * 100_000,
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file_is_set_aside_under_a_dated_name(tmp_path: Path, content: str | bytes) -> None:
    content = content if isinstance(content, bytes) else content.encode()
    kept = []
    for _ in range(2):  # within one second: two names
        (tmp_path / FILE).write_bytes(content)
        with pytest.raises(ValueError, match=r"."):
            read(tmp_path)
        sentence = add(tmp_path, {"forward": one_check(1, 3)})
        (name,) = names(tmp_path) - {FILE, LOCK} - set(kept)
        kept.append(name)
        assert name in sentence
        assert (tmp_path / name).read_bytes() == content
        assert read(tmp_path)["forward"].checks == 1


def test_a_file_that_may_not_be_read_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    with pytest.raises(OSError, match=FILE):
        add(tmp_path, {"forward": one_check(1, 3)})
    assert names(tmp_path) == {FILE, LOCK}


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(tmp_path, {"forward": one_check(2, 3)})
    before = (tmp_path / FILE).read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        add(tmp_path, {"forward": one_check(3, 3)})
    assert (tmp_path / FILE).read_bytes() == before
    assert names(tmp_path) == {FILE, LOCK}


def test_it_is_on_the_disk_before_it_takes_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    order = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda fd: order.append("on the disk") or fsync(fd))
    monkeypatch.setattr(os, "replace", lambda old, new: order.append(Path(new).name) or replace(old, new))
    add(tmp_path, {"forward": one_check(2, 3)})
    assert order == ["on the disk", FILE]


def test_it_waits_for_another_notebook_but_not_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[add.__module__], "PATIENCE", 0.05)
    with _locked(tmp_path), pytest.raises(TimeoutError, match="another notebook"):
        add(tmp_path, {"forward": one_check(2, 3)})
    monkeypatch.setattr(sys.modules[add.__module__], "PATIENCE", 10)
    writer = threading.Thread(target=add, args=(tmp_path, {"forward": one_check(2, 3)}))
    with _locked(tmp_path):
        writer.start()
        writer.join(0.05)
        assert not (tmp_path / FILE).exists()
    writer.join(10)
    assert read(tmp_path)["forward"].checks == 1


def test_without_locks_it_is_written_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unsupported(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(fcntl, "flock", unsupported)
    add(tmp_path, {"forward": one_check(2, 3)})
    assert read(tmp_path)["forward"].points == 2


def test_others_may_read_the_file_as_they_may_read_the_notebook(tmp_path: Path) -> None:
    add(tmp_path, {"forward": one_check(2, 3)})
    (tmp_path / "notebook").touch()
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == stat.S_IMODE((tmp_path / "notebook").stat().st_mode)


def test_the_later_checks_count_as_the_last_ones() -> None:
    early, late = Points(3, 3, 3, 2, "09:00"), Points(1, 4, 1, 1, "10:00")
    assert merged({"a": early, "b": early}, {"b": late, "c": late}) == {
        "a": early, "b": Points(1, 4, 3, 3, "10:00"), "c": late
    }  # fmt: skip
