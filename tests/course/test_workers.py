"""Grading on the workers of dask.distributed: the same as in one process, whatever becomes of a worker."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from unittest.mock import Mock

import distributed  # its settings must be there before one is changed for a while
import nbformat
import psutil
import pytest
import quick_assess
from click import ClickException
from dask import config
from distributed.client import ClosedClientError
from gradebook_state import state
from made_course import ASSIGNMENT, HALF, RIGHT, answered, edited, hand_in, released_course

from nnlib.course import engine
from nnlib.course.grade import Outcome, grade, summary
from nnlib.course.paths import Course
from nnlib.course.seeds import assignment_seed

TESTS = Path(quick_assess.__file__).parent
STUDENTS = {f"student{number}": [RIGHT, HALF, {}][number % 3] for number in range(9)}


@pytest.fixture(scope="module", autouse=True)
def _quick():
    """The quick stand-in, here, in the workers of a local cluster, and in those started as commands of their own."""
    with pytest.MonkeyPatch.context() as patch, config.set({"distributed.worker.preload": ["quick_assess"]}):
        patch.setattr(engine, "assess", quick_assess.assess)
        patch.setenv("DASK_DISTRIBUTED__WORKER__PRELOAD", "quick_assess")
        patch.setenv("PYTHONPATH", os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")]))
        yield


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory):
    """A course with submissions, none of them graded."""
    with (
        released_course(tmp_path_factory.mktemp("cluster") / "my course") as course,
        pytest.MonkeyPatch.context() as env,
    ):
        for student, answers in STUDENTS.items():
            hand_in(course, student, answered(course, answers))
        exchange = course.root.parent / "exchange"  # one for all copies, so that the times of receipt are the same
        (course.grading / "exchange").rename(exchange)
        env.setenv("COURSE_EXCHANGE", str(exchange))
        assignment_seed(course, ASSIGNMENT)
        yield course


@pytest.fixture(scope="module")
def serially(handed_in, tmp_path_factory):
    """What comes out in one process."""
    course = Course(shutil.copytree(handed_in.root, tmp_path_factory.mktemp("serial") / "my course"))
    grade(course, ASSIGNMENT, workers=1)
    return state(course)


@pytest.fixture
def course(handed_in, tmp_path):
    return Course(shutil.copytree(handed_in.root, tmp_path / "my course"))


def test_two_workers_give_what_one_process_gives(course, serially):
    grade(course, ASSIGNMENT, workers=2)
    assert state(course) == serially


def test_a_submission_that_kills_its_workers_costs_only_itself(course, serially):
    def fatal(notebook):
        notebook.cells.append(nbformat.v4.new_code_cell(quick_assess.FATAL))

    folder = hand_in(course, "killer", edited(answered(course, RIGHT), fatal))
    inbound = Path(os.environ["COURSE_EXCHANGE"]) / "neural-networks" / "inbound" / folder.name
    shutil.copytree(folder, inbound)
    try:
        results, _ = grade(course, ASSIGNMENT, workers=2)
    finally:
        shutil.rmtree(inbound)
    assert summary(results) == "received 10 = graded 9 + 0 student errors + 1 grader error; missing 0"
    killer = next(result for result in results if result.student == "killer")
    assert killer.outcome is Outcome.GRADER_ERROR
    assert "two workers were lost while they graded it; grade again to retry" in killer.what
    gradebook, files = state(course, ignore="killer")
    assert gradebook == serially[0]
    assert files == {name: text for name, text in serially[1].items() if not name.startswith("received/files")}


class Scheduler:
    """A scheduler and its workers, as somebody else would have started them."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.file, self.workers = folder, folder / "scheduler.json", []
        options = ["--host=127.0.0.1", "--port=0", "--no-dashboard", "--no-show", f"--scheduler-file={self.file}"]
        self.scheduler = self.start("scheduler", *options)
        wait_for(self.is_answering)

    def is_answering(self) -> bool:
        """Its file is there before anything is in it."""
        with contextlib.suppress(FileNotFoundError, json.JSONDecodeError):
            self.address = json.loads(self.file.read_text())["address"]
            return True
        return False

    def start(self, what: str, *options: str) -> subprocess.Popen:
        command = [sys.executable, "-m", f"distributed.cli.dask_{what}", *options]
        with (self.folder / "log").open("a") as log:
            return subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder)

    def add_worker(self) -> subprocess.Popen:
        options = ["--nthreads=1", "--no-nanny", "--no-dashboard", f"--scheduler-file={self.file}"]
        self.workers.append(self.start("worker", *options))
        return self.workers[-1]

    def stop(self) -> None:
        for process in [*self.workers, self.scheduler]:
            if process.poll() is None:
                process.kill()
            process.wait()


def wait_for(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def scheduler(tmp_path, monkeypatch):
    monkeypatch.setenv("QUICK_ASSESS_SECONDS", "0.5")
    made = Scheduler(tmp_path)
    yield made
    made.stop()


def test_on_a_cluster_a_killed_workers_submission_is_graded_again_once(course, serially, scheduler, monkeypatch):
    scheduler.add_worker()
    victim = scheduler.add_worker()
    seen = []

    def watch(bundle, tasks, *rest):
        for task, assessment in assessed(bundle, tasks, *rest):
            seen.append(task.student)
            if len(seen) == 2:
                psutil.Process(victim.pid).kill()
            yield task, assessment

    assessed = engine.on_cluster
    monkeypatch.setattr(engine, "on_cluster", watch)
    results, _ = grade(course, ASSIGNMENT, scheduler=scheduler.address)
    victim.wait()
    assert sorted(seen) == sorted(STUDENTS)  # each once
    assert summary(results) == "received 9 = graded 9 + 0 student errors + 0 grader errors; missing 0"
    assert state(course) == serially


CLOSING = {
    "closed": {},
    "closes its connections": {"nthreads": Mock(side_effect=RuntimeError("pool is closed"))},
    "no longer sends": {
        "nthreads": Mock(return_value={"a worker": 2}),
        "submit": Mock(side_effect=ClosedClientError("Client is closed")),
    },
}
"""How a client that has lost its scheduler answers: in the end, and for a moment before."""


@pytest.mark.parametrize("closing", CLOSING)
def test_what_is_left_when_the_scheduler_is_lost_is_the_graders_error_and_graded_by_the_next_run(
    course, serially, scheduler, monkeypatch, closing
):
    scheduler.add_worker()

    def watch(bundle, tasks, *rest):
        for number, pair in enumerate(assessed(bundle, tasks, *rest)):
            if number == 1:
                scheduler.stop()
                for name, answer in CLOSING[closing].items():
                    patch.setattr(distributed.Client, name, answer)
            yield pair

    assessed = engine.on_cluster
    with monkeypatch.context() as patch:
        patch.setattr(engine, "on_cluster", watch)
        results, _ = grade(course, ASSIGNMENT, scheduler=scheduler.address)
    outcomes = [result.outcome for result in results]
    assert len(outcomes) == 9
    assert 2 <= outcomes.count(Outcome.GRADED) < 9
    assert outcomes.count(Outcome.GRADER_ERROR) == 9 - outcomes.count(Outcome.GRADED)
    grade(course, ASSIGNMENT, workers=1)
    assert state(course) == serially


def test_nobody_on_the_same_machine_can_talk_to_the_workers_of_this_run():
    from distributed import Client

    with engine.local_client(1) as client, pytest.raises((OSError, TypeError)):
        Client(client.scheduler.address, timeout="5s", set_as_default=False)


def test_a_scheduler_that_is_not_there_is_named_and_nothing_is_graded(course):
    before = state(course)
    with pytest.raises(ClickException, match="no Dask scheduler at tcp://127.0.0.1:9"):
        grade(course, ASSIGNMENT, scheduler="tcp://127.0.0.1:9")
    assert state(course)[0] == before[0]


def test_without_dask_it_goes_one_after_the_other_and_says_so_only_if_asked_for_more(course, serially, monkeypatch):
    monkeypatch.setattr(engine, "find_spec", lambda name: None)
    monkeypatch.setattr(engine, "on_cluster", lambda *_: pytest.fail("used Dask"))
    with pytest.raises(ClickException, match="--scheduler needs Dask"):
        grade(course, ASSIGNMENT, scheduler="tcp://127.0.0.1:1")
    with pytest.raises(ClickException, match="--workers needs Dask"):
        grade(course, ASSIGNMENT, workers=2)
    grade(course, ASSIGNMENT)
    assert state(course) == serially
