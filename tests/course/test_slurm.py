"""`course grade --scheduler` on a real Slurm: workers are its jobs, and one of them is cancelled in the middle."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import quick_assess
from gradebook_state import gradebook_of
from made_course import ASSIGNMENT, HALF, RIGHT, answered, hand_in, released_course
from services import slurm, stopping, wait_until

from nnlib.course import engine
from nnlib.course.grade import grade, summary


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with slurm(tmp_path_factory.mktemp("cluster") / "slurm") as made:
        yield made


def test_a_cancelled_jobs_submission_is_graded_again_by_another_job(cluster, tmp_path, monkeypatch):
    tests = Path(quick_assess.__file__).parent
    file = tmp_path / "scheduler.json"
    options = ["--host=127.0.0.1", "--port=0", "--no-dashboard", "--no-show", f"--scheduler-file={file}"]
    with (tmp_path / "log").open("w") as log:
        scheduler = subprocess.Popen(
            [sys.executable, "-m", "distributed.cli.dask_scheduler", *options], stdout=log, stderr=log, cwd=tmp_path
        )
    worker = (
        f"export PYTHONPATH={tests} QUICK_ASSESS_SECONDS=0.5 DASK_DISTRIBUTED__WORKER__PRELOAD=quick_assess; "
        f"exec {sys.executable} -m distributed.cli.dask_worker --scheduler-file={file} --nthreads=1 --no-nanny"
        f" --no-dashboard --local-directory={tmp_path}"
    )
    with stopping(scheduler), released_course(tmp_path / "my course") as course:
        wait_until(lambda: file.exists() and file.stat().st_size, 60, "the scheduler does not start")
        for number in range(10):
            hand_in(course, f"student{number}", answered(course, [RIGHT, HALF][number % 2]))
        jobs = [cluster.submit(worker, tmp_path) for _ in range(2)]
        seen = []

        def watch(bundle, tasks, *rest):
            for task, assessment in on_cluster(bundle, tasks, *rest):
                seen.append(task.student)
                if len(seen) == 3:
                    wait_until(lambda: cluster.state(jobs[1]) == "RUNNING", 60, "the second job does not start")
                    cluster.run("scancel", "--signal=KILL", "--full", jobs[1])
                    cluster.run("scancel", jobs[1])
                    jobs.append(cluster.submit(worker, tmp_path))
                yield task, assessment

        on_cluster = engine.on_cluster
        monkeypatch.setattr(engine, "on_cluster", watch)
        results, _ = grade(course, ASSIGNMENT, scheduler=json.loads(file.read_text())["address"])
        wait_until(lambda: cluster.state(jobs[1]) in ("CANCELLED", "FAILED"), 60, "the job was not cancelled")
        assert summary(results) == "received 10 = graded 10 + 0 student errors + 0 grader errors; missing 0"
        assert sorted(seen) == sorted(f"student{number}" for number in range(10))  # each once
        assert [result.points for result in results] == [3.0, 1.0] * 5
        grades = [entry for entry in gradebook_of(course) if entry[0] == "grade"]
        assert len(grades) == 10 * 3
        for job in (jobs[0], jobs[2]):
            cluster.run("scancel", job)
