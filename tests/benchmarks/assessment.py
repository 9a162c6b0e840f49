"""How long one submission takes: `assess` alone, on one worker and on two, for the made-up students of `course demo`.

.venv/bin/python tests/benchmarks/assessment.py [submissions]
"""

import multiprocessing
import sys
import time

import nbformat

from nnlib.course.demo import ASSIGNMENT, STUDENTS, notebook_of
from nnlib.course.paths import find_course
from nnlib.grading.trusted.assess import Bundle, assess


def work(arguments: tuple[Bundle, bytes, int]) -> str:
    """Grade one."""
    return assess(*arguments).outcome


def main(number: int) -> None:
    """Print seconds for each submission."""
    course = find_course()
    release = course.notebook(ASSIGNMENT)
    bundle = Bundle(ASSIGNMENT, release.stem, release.read_bytes())
    students = [student for student in STUDENTS if student.points is not None]
    made = [nbformat.writes(notebook_of(student, course)).encode() for student in students]
    tasks = [(bundle, made[k % len(made)], k) for k in range(number)]
    for workers in (1, 2):
        with multiprocessing.get_context("spawn").Pool(workers) as pool:
            pool.map(work, tasks[:workers] * 2, chunksize=1)  # imports, self-test, warm process
            start = time.perf_counter()
            outcomes = pool.map(work, tasks, chunksize=1)
            seconds = time.perf_counter() - start
        assert outcomes == ["graded"] * number
        print(f"{workers} worker{'s' * (workers > 1)}: {seconds / number:.2f} s for each of {number} submissions")


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 40)
