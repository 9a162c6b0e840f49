"""Broken notebooks through the real `course grade`: python tests/fuzz_grade.py [HOW MANY] [SEED]

Each must end in exactly one outcome, none of them the grader's error; a sound one among them keeps its points.
"""

import random
import sys
import tempfile
from collections import Counter
from pathlib import Path

import nbformat
from broken_notebooks import BREAKS, FILES
from made_course import ASSIGNMENT, NAME, RIGHT, answered, hand_in, released_course

from nnlib.course.grade import Outcome, Result, grade
from nnlib.course.paths import Course
from nnlib.course.table import table


def hand_in_broken(course: Course, how_many: int, seed: int) -> dict[str, str]:
    """Hand in broken notebooks, each way about as often; student -> way."""
    ways = {}
    sound = nbformat.writes(answered(course, RIGHT)).encode()
    for number in range(how_many):
        chance = random.Random(f"{seed} {number}")
        way = [*BREAKS, *FILES][number % (len(BREAKS) + len(FILES))]
        student = f"student{number:05d}"
        ways[student] = way
        content = BREAKS[way](sound, chance) if way in BREAKS else sound
        folder = hand_in(course, student, content)
        if way in FILES:
            FILES[way](folder / NAME, chance)
    hand_in(course, "sound", sound)
    return ways


def faults(results: list[Result], ways: dict[str, str]) -> list[str]:
    """What is not as it must be."""
    found = []
    by_student = {result.student: result for result in results}
    if len(by_student) != len(results) or set(by_student) != {*ways, "sound"}:
        found.append("not each student has exactly one result")
    for student, way in ways.items():
        result = by_student[student]
        if result.outcome not in (Outcome.GRADED, Outcome.STUDENT_ERROR):
            found.append(f"{student}, {way}: {result}")
        elif (result.points is None) == (result.outcome is Outcome.GRADED) or not (result.what or result.points == 3):
            found.append(f"{student}, {way}: points {result.points}, {result}")
    if by_student["sound"].points != 3:
        found.append(f"the sound one has {by_student['sound'].points} points: {by_student['sound']}")
    return found


def main(how_many: int = 500, seed: int = 1) -> int:
    """Print a table of ways and outcomes; the exit code."""
    with tempfile.TemporaryDirectory() as folder, released_course(Path(folder, "my course").resolve()) as course:
        ways = hand_in_broken(course, how_many, seed)
        results, _ = grade(course, ASSIGNMENT)
    count = Counter((ways.get(result.student, "sound"), result.outcome) for result in results)
    rows = [
        [way, *(count[way, outcome] for outcome in list(Outcome)[:3]), example(way, ways, results)]
        for way in [*BREAKS, *FILES, "sound"]
    ]
    print(table(["broken how", "graded", "student error", "grader error", "for example"], rows))
    wrong = faults(results, ways)
    print(*wrong, sep="\n")
    print(f"{len(ways)} broken notebooks, {len(wrong)} faults")
    return bool(wrong)


def example(way: str, ways: dict[str, str], results: list[Result]) -> str:
    """What one student is told."""
    said = [
        result.what.rpartition("; ")[2] for result in results if ways.get(result.student) == way and not result.points
    ]
    return min(said, key=len, default="")[:80]


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
