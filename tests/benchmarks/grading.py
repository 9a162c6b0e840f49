"""Grading 40 submissions of 03_backprop: stock `nbgrader autograde`, and `course grade` with one worker and two.

    .venv/bin/python tests/benchmarks/grading.py [HOW MANY]

All in one run, each as a command of its own, start-up included; `course grade` also writes the feedback pages. Then one
submission that prints without end, for the memory it takes.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import nbformat
import psutil

from nnlib.course import ROOT
from nnlib.course.demo import ASSIGNMENT, STUDENTS, make_course, notebook_of
from nnlib.course.paths import Course
from nnlib.course.release import release
from nnlib.course.table import table

STOCK = """
c = get_config()
c.CourseDirectory.root = {root!r}
c.CourseDirectory.course_id = "neural-networks"
c.CourseDirectory.db_url = "sqlite:///{root}/grading/gradebook.db"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"
c.CourseDirectory.submitted_directory = "grading/submitted"
c.CourseDirectory.autograded_directory = "grading/autograded"
"""
"""Where things lie; everything else is nbgrader's default."""
FLOOD = "\nwhile True:\n    print('x' * 10_000)"


def prepared(folder: Path, notebooks: dict[str, bytes]) -> Course:
    """A released course in which these notebooks were collected."""
    course = make_course(Course(ROOT), folder)
    release(course, ASSIGNMENT)
    for student, content in notebooks.items():
        place = course.grading / "submitted" / student / ASSIGNMENT
        place.mkdir(parents=True)
        (place / course.notebook(ASSIGNMENT).name).write_bytes(content)
        (place / "timestamp.txt").write_text("2025-10-05 12:00:00 UTC")
    return course


def memory(process: psutil.Process, peak: dict[str, int]) -> None:
    """Watch the memory of a process, and keep the largest."""
    while True:
        try:
            own = process.memory_info().rss
        except psutil.NoSuchProcess:
            return
        peak["grader"] = max(peak["grader"], own)
        time.sleep(0.05)


def timed(command: list[str], course: Course) -> tuple[float, int]:
    """(seconds, peak memory of the command's own process in bytes)."""
    environment = {**os.environ, "JUPYTER_CONFIG_PATH": str(course.root), "OPENBLAS_NUM_THREADS": "1"}
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), environment["PATH"]])
    started = time.monotonic()
    with (course.root / "output").open("w") as output:
        process = subprocess.Popen(command, cwd=course.root, env=environment, stdout=output, stderr=output)
        peak = {"grader": 0}
        watch = threading.Thread(target=memory, args=(psutil.Process(process.pid), peak))
        watch.start()
        code = process.wait()
        seconds = time.monotonic() - started
        watch.join()
    if code:
        sys.exit(f"{' '.join(command)} ended with {code}:\n{(course.root / 'output').read_text()[-3000:]}")
    return seconds, peak["grader"]


def main(how_many: int = 40) -> None:
    """Measure and print."""
    stock = [sys.executable, "-m", "nbgrader", "autograde", ASSIGNMENT]
    ours = [sys.executable, "-c", "from nnlib.course.cli import main; main()", "grade", ASSIGNMENT]
    ways = {
        "nbgrader autograde": stock,
        "course grade --workers 1": [*ours, "--workers", "1"],
        "course grade --workers 2": [*ours, "--workers", "2"],
    }
    able = [student for student in STUDENTS if student.points is not None]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        os.environ["JUPYTER_CONFIG_PATH"] = folder
        first = prepared(root / "first", {})
        texts = [nbformat.writes(notebook_of(student, first)).encode() for student in able]
        notebooks = {f"student{number:03d}": texts[number % len(texts)] for number in range(how_many)}
        rows = []
        for number, (name, command) in enumerate(ways.items()):
            course = prepared(root / str(number), notebooks)
            if number == 0:
                (course.root / "nbgrader_config.py").write_text(STOCK.format(root=str(course.root)))
            seconds, peak = timed(command, course)
            rows.append([name, seconds, seconds / how_many, peak / 1e6])
            print(f"{name}: {seconds:.1f} s", flush=True)
        header = ["", "s", "s each", "times as fast", "peak MB"]
        print(table(header, [[name, s, each, rows[0][1] / s, mb] for name, s, each, mb in rows]))

        flood = nbformat.reads(texts[0].decode(), as_version=4)
        next(cell for cell in flood.cells if cell.id == "output-delta-answer").source += FLOOD
        course = prepared(root / "flood", {"flood": nbformat.writes(flood).encode()})
        seconds, peak = timed(ways["course grade --workers 1"], course)
        print(f"one submission that prints without end: {seconds:.1f} s, peak {peak / 1e6:.0f} MB")
        shutil.rmtree(root / "flood")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
