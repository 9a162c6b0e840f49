"""The hostile submissions through the real `course grade`: python tests/hostile_grade.py [WORDS OF A NAME ...]

An honest one is handed in beside them, and their honest twin. None may earn more than the twin, cost the honest one a
point, be the grader's error, or reach the instructor's files or the network.
"""

import json
import socket
import sys
import tempfile
import threading
from pathlib import Path

import nbformat
from grading.trusted.hostile import Hostile, in_process, messages, notebooks, system
from grading.trusted.made_release import POINTS, RIGHT, bundle, submission
from made_course import hand_in, released_course

from nnlib.course.grade import Outcome, Result, grade, summary
from nnlib.course.paths import Course
from nnlib.course.table import table

CASES = [*in_process.CASES, *messages.CASES, *notebooks.CASES, *system.CASES]
ASSIGNMENT, NAME = bundle().assignment, f"{bundle().name}.ipynb"
TWIN = {**RIGHT, "output_delta": in_process.WRONG}


def content(case: Hostile, secret: Path, port: int) -> bytes:
    """What is handed in; it knows where the secret lies, and where somebody listens."""
    before = f"SECRET_FOLDER, SECRET_PORT = {str(secret)!r}, {port}\n{case.before}"
    notebook = submission({**TWIN, "output_delta": case.answer or in_process.WRONG}, before, case.after)
    if case.edit:
        case.edit(notebook)
    return json.dumps(notebook).encode()


def faults(results: dict[str, Result], cases: dict[str, Hostile]) -> list[str]:
    """What is not as it must be."""
    found = [name for name in (*cases, "honest", "twin") if name not in results]
    twin = sum(POINTS.values()) - POINTS["output_delta"]
    if (results["honest"].points, results["twin"].points) != (sum(POINTS.values()), twin):
        found.append(f"honest: {results['honest']}, twin: {results['twin']}")
    for student, case in cases.items():
        result = results[student]
        if result.outcome not in (Outcome.GRADED, Outcome.STUDENT_ERROR):
            found.append(f"{case.name}: {result}")
        elif (result.points or 0) > twin or (case.spares and case.outcome == "graded" and result.points != twin):
            found.append(f"{case.name}: {result.points} points, its twin has {twin}")
    return found


def main(*words: str) -> int:
    """Print a table of tricks and outcomes; the exit code."""
    chosen = [case for case in CASES if not words or any(word in case.name for word in words)]
    cases = {f"student{number:03d}": case for number, case in enumerate(chosen)}
    made = nbformat.reads(bundle().release.decode(), as_version=4)
    with (
        tempfile.TemporaryDirectory() as folder,
        socket.create_server(("127.0.0.1", 0)) as server,
        released_course(Path(folder, "my course").resolve(), made, ASSIGNMENT) as course,
    ):
        called = listen(server)
        secret = Path(folder, "secret")
        secret.mkdir()
        secret.chmod(0o777)
        results = graded(course, cases, secret, server.getsockname()[1])
        print(
            table(
                ["trick", "points", "what happened"],
                [[c.name, results[s].points, results[s].outcome] for s, c in cases.items()],
            )
        )
        wrong = faults(results, cases) + [f"called: {name}" for name in called]
        wrong += [f"written: {path.name}" for path in secret.iterdir()]
    print(*wrong, sep="\n")
    print(f"{summary(list(results.values()))}. {len(cases)} tricks, {len(wrong)} faults")
    return bool(wrong)


def listen(server: socket.socket) -> list:
    """Who called the server, from now on."""
    called = []

    def accept() -> None:
        try:
            while True:
                called.append(server.accept()[1])
        except OSError:
            return

    threading.Thread(target=accept, daemon=True).start()
    return called


def graded(course: Course, cases: dict[str, Hostile], secret: Path, port: int) -> dict[str, Result]:
    """Hand all in, and grade; student -> result."""
    handed_in = {student: content(case, secret, port) for student, case in cases.items()}
    handed_in |= {"honest": json.dumps(submission(RIGHT)).encode(), "twin": json.dumps(submission(TWIN)).encode()}
    for student, notebook in handed_in.items():
        hand_in(course, student, notebook, file=NAME, assignment=ASSIGNMENT)
    return {result.student: result for result in grade(course, ASSIGNMENT)[0]}


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
