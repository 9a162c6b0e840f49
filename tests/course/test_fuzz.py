"""Broken notebooks through the real `course grade`; many more of them: python tests/fuzz_grade.py 500."""

import fuzz_grade
from made_course import ASSIGNMENT, released_course

from nnlib.course.grade import grade, summary


def test_each_broken_notebook_ends_in_exactly_one_outcome_and_harms_nobody(tmp_path):
    with released_course(tmp_path / "my course") as course:
        ways = fuzz_grade.hand_in_broken(course, 60, seed=7)
        results, strange = grade(course, ASSIGNMENT)
        assert fuzz_grade.faults(results, ways) == []
        assert strange == []
        assert summary(results).startswith("received 61 = graded ")
        assert not list(course.grading.rglob("*.new")) + list(course.grading.rglob("*.old"))
        assert {path.name for path in tmp_path.iterdir()} == {"my course"}
