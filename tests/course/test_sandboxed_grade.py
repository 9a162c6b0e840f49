"""`course grade` as it is: in the sandbox, as a command of its own, killed and stopped."""

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import psutil
import pytest
from click.testing import CliRunner
from gradebook_state import state
from made_course import ASSIGNMENT, HALF, HEADS, RIGHT, answered, hand_in, released_course

from nnlib.course import grade as grade_module
from nnlib.course.grade import command, grade, summary
from nnlib.course.paths import Course
from nnlib.course.seeds import assignment_seed
from nnlib.course.writer import record_of
from nnlib.grading.trusted.sandbox import SandboxError

COMMAND = [sys.executable, "-c", "from nnlib.course.cli import main; main()", "grade", ASSIGNMENT]


def answers(bias):
    return RIGHT | {"bias-answer": f"{HEADS['bias']}\n    {bias}"}


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory):
    with (
        released_course(tmp_path_factory.mktemp("sandboxed") / "my course") as course,
        pytest.MonkeyPatch.context() as env,
    ):
        hand_in(course, "right", answered(course, RIGHT | {"why-answer": "So that b is a weight."}))
        hand_in(course, "half", answered(course, HALF))
        hand_in(course, "not_json", b"def absorb_bias(Z_prev, W, b): ...")
        hand_in(course, "thief", answered(course, answers("return open('/etc/shadow').read()")))
        hand_in(course, "killer", answered(course, answers("import os; os._exit(0)")))
        assignment_seed(course, ASSIGNMENT)
        exchange = course.root.parent / "exchange"
        (course.grading / "exchange").rename(exchange)
        env.setenv("COURSE_EXCHANGE", str(exchange))
        yield course


def copied(course, folder):
    return Course(shutil.copytree(course.root, folder / "my course"))


@pytest.fixture(scope="module")
def graded(handed_in, tmp_path_factory):
    course = copied(handed_in, tmp_path_factory.mktemp("graded"))
    return course, *grade(course, ASSIGNMENT, workers=1)


def test_each_ends_as_it_must(graded):
    course, results, _ = graded
    assert summary(results) == "received 5 = graded 4 + 1 student error + 0 grader errors; missing 0"
    points = {result.student: result.points for result in results}
    assert points == {"right": 3, "half": 1, "not_json": None, "thief": 1, "killer": 1}
    assert record_of(course, ASSIGNMENT, "right").level.startswith("bubblewrap")
    page = (course.grading / "feedback" / "right" / ASSIGNMENT / "short.html").read_text()
    assert "2 of 2 points" in page


def test_two_workers_give_what_one_gives(handed_in, graded, tmp_path):
    course = copied(handed_in, tmp_path)
    grade(course, ASSIGNMENT, workers=2)
    assert state(course) == state(graded[0])


def test_unsandboxed_is_recorded_and_said(handed_in, tmp_path, monkeypatch):
    course = copied(handed_in, tmp_path)
    monkeypatch.chdir(course.root)
    result = CliRunner().invoke(command, [ASSIGNMENT, "--student", "right", "--unsandboxed"])
    assert result.exit_code == 0, result.output
    assert result.output.startswith("Submissions run unsandboxed, with your rights")
    assert "graded: states" in result.output
    assert "; unsandboxed" in result.output
    assert record_of(course, ASSIGNMENT, "right").level == "none"


def test_without_a_sandbox_nothing_is_graded(handed_in, tmp_path, monkeypatch):
    course = copied(handed_in, tmp_path)
    monkeypatch.chdir(course.root)

    def none_here():
        raise SandboxError("bubblewrap is not installed; --unsandboxed grades without")

    monkeypatch.setattr(grade_module, "proven", none_here)
    before = state(course)
    result = CliRunner().invoke(command, [ASSIGNMENT])
    assert result.exit_code == 1
    assert "Nothing was graded: bubblewrap is not installed; --unsandboxed grades without" in result.output
    assert state(course) == before


@pytest.mark.parametrize("number", range(3))
def test_a_kill_at_a_random_moment_changes_nothing_in_the_end(handed_in, graded, tmp_path, number):
    course = copied(handed_in, tmp_path)
    log = course.root / "output"
    with log.open("w") as output:
        process = subprocess.Popen(COMMAND, cwd=course.root, stdout=output, stderr=output, start_new_session=True)
        deadline = time.monotonic() + 120
        while not (course.grading / "received" / ASSIGNMENT).exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(random.Random(number).uniform(0, 3))
        family = psutil.Process(process.pid).children(recursive=True)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert psutil.wait_procs(family, timeout=20)[1] == []  # the sandbox's processes die with it
    results, _ = grade(course, ASSIGNMENT, workers=1)
    assert summary(results) == summary(graded[1])
    assert state(course) == state(graded[0])
