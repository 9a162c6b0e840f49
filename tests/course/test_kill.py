"""A kill at any moment, then the same command again, gives what an uninterrupted run gives: gradebook and files."""

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import kill_server
import pytest
from gradebook_state import state
from made_course import ASSIGNMENT, HALF, RIGHT, answered, hand_in, released_course

from nnlib.course.gradebook import open_gradebook
from nnlib.course.paths import Course
from nnlib.course.seeds import assignment_seed

MOMENTS = 30


class Server:
    """See kill_server."""

    def __init__(self, course: Course) -> None:
        paths = os.pathsep.join([str(Path(kill_server.__file__).parent), os.environ.get("PYTHONPATH", "")])
        self.process = subprocess.Popen(
            [sys.executable, kill_server.__file__, str(course.root)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": paths},
        )

    def begin(self, course: Course, die_at: int | None = None, regrade: bool = False) -> int:
        """Start `course grade`; the id of its process group."""
        order = {"root": str(course.root), "die_at": die_at, "regrade": regrade}
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def end(self) -> int:
        """Wait for it: the signal that killed it, 0 if it ended by itself."""
        return os.waitstatus_to_exitcode(int(self.process.stdout.readline()))

    def run(self, course: Course, **options: object) -> int:
        self.begin(course, **options)
        return self.end()


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory):
    """A course with one graded student, whose written answer is marked, and with submissions that wait."""
    with released_course(tmp_path_factory.mktemp("kill") / "my course") as course, pytest.MonkeyPatch.context() as env:
        assignment_seed(course, ASSIGNMENT)
        exchange = course.root.parent / "exchange"  # one for all copies, so that the times of receipt are the same
        (course.grading / "exchange").rename(exchange)
        env.setenv("COURSE_EXCHANGE", str(exchange))
        (course.grading / "exchange").symlink_to(exchange)
        hand_in(course, "ada", answered(course, HALF | {"why-answer": "So that b is a weight."}))
        server = Server(Course(shutil.copytree(course.root, course.root.parent / "warm", symlinks=True)))
        assert server.run(course) == 0
        with open_gradebook(course) as gradebook:
            gradebook.find_grade("why-answer", "short", ASSIGNMENT, "ada").manual_score = 1.5
            gradebook.find_comment("why-answer", "short", ASSIGNMENT, "ada").manual_comment = "Well said"
            gradebook.db.commit()
        again = answered(course, RIGHT | {"why-answer": "So that b is a weight."})
        hand_in(course, "ada", again, time="2025-10-06 12:00:00.000000 UTC")
        hand_in(course, "bob", answered(course, HALF), file="short (1).ipynb")
        hand_in(course, "carl", b"broken")
        (course.grading / "exchange").unlink()
        yield course, server
        server.process.stdin.close()
        assert server.process.wait() == 0
        server.process.stdout.close()


@pytest.fixture(scope="module")
def server(handed_in):
    return handed_in[1]


@pytest.fixture(scope="module", params=[False, True], ids=["grade", "regrade"])
def uninterrupted(request, handed_in, tmp_path_factory):
    """(a course to be graded, whether again, what comes out, how long that takes)."""
    handed_in, server = handed_in
    before = Course(shutil.copytree(handed_in.root, tmp_path_factory.mktemp("before") / "my course"))
    if request.param:
        assert server.run(before) == 0
    after = Course(shutil.copytree(before.root, tmp_path_factory.mktemp("after") / "my course"))
    started = time.monotonic()
    assert server.run(after, regrade=request.param) == 0
    return before, request.param, state(after), time.monotonic() - started


def differences(got, expected):
    """What differs between two states."""
    entries = [entry for entry in got[0] + expected[0] if (entry in got[0]) != (entry in expected[0])]
    names = sorted(name for name in got[1] | expected[1] if got[1].get(name) != expected[1].get(name))
    return entries + [(name, str(got[1].get(name))[-300:], str(expected[1].get(name))[-300:]) for name in names]


def test_it_is_worth_comparing(uninterrupted):
    gradebook, files = uninterrupted[2]
    assert ("grade", ASSIGNMENT, "ada", "bias-check", 2.0, None, None, False) in gradebook
    assert ("grade", ASSIGNMENT, "ada", "why-answer", None, 1.5, None, True) in gradebook
    assert ("grade", ASSIGNMENT, "bob", "bias-check", 0.0, None, None, False) in gradebook
    assert "Well said" in files["feedback/ada/01_short/short.html"]
    assert {"autograded/bob/01_short/graded.json", "submitted/bob/01_short/short.ipynb", "grades.csv"} <= set(files)


def test_a_kill_at_a_random_moment_changes_nothing_in_the_end(uninterrupted, server, tmp_path):
    before, regrade, expected, seconds = uninterrupted
    moments, killed = random.Random(20261126), 0
    for number in range(MOMENTS // 2):
        course = Course(shutil.copytree(before.root, tmp_path / str(number)))
        started = time.monotonic()
        group = server.begin(course, regrade=regrade)
        time.sleep(moments.uniform(0, seconds))
        with contextlib.suppress(ProcessLookupError):  # it has ended already, or has no group of its own yet
            os.killpg(group, signal.SIGKILL)
        if server.end() == -signal.SIGKILL:
            killed += 1
        else:  # the machine is less busy than it was when the run was timed
            seconds = min(seconds, time.monotonic() - started)
        assert server.run(course, regrade=regrade) == 0
        assert differences(state(course), expected) == [], f"after a kill number {number}"
        shutil.rmtree(course.root)
    assert killed > MOMENTS // 6


def test_a_kill_before_any_single_step_changes_nothing_in_the_end(uninterrupted, server, tmp_path):
    before, regrade, expected, _ = uninterrupted
    step, killed = 1, True
    while killed:
        course = Course(shutil.copytree(before.root, tmp_path / str(step)))
        killed = server.run(course, die_at=step, regrade=regrade) == -signal.SIGKILL
        assert server.run(course, regrade=regrade) == 0
        assert differences(state(course), expected) == [], f"after a kill before step {step}"
        shutil.rmtree(course.root)
        step += 1 + step // 6  # all of the first submission's, then ever fewer
    assert step > 20
