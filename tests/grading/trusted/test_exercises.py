"""Every exercise of the course through the sandbox: its solution gets all points, its release none."""

import pytest

from nnlib.course import ROOT
from nnlib.course.paths import Course, assignments
from nnlib.grading.trusted.assess import GRADED, Assessment, Bundle, assess

COURSE = Course(ROOT)


def assessed(assignment: str, submission: bytes) -> Assessment:
    release = COURSE.notebook(assignment)
    return assess(Bundle(assignment, release.stem, release.read_bytes()), submission, seed=2)


@pytest.mark.parametrize("assignment", assignments(COURSE.solutions))
def test_the_solution_gets_all_points_and_the_release_none(assignment: str) -> None:
    solved = assessed(assignment, COURSE.source(assignment).read_bytes())
    assert (solved.outcome, solved.what) == (GRADED, "")
    automatic = [score for score in solved.scores if score.question]
    assert [score.points for score in automatic] == [score.of for score in automatic]
    assert [score.points for score in solved.scores if not score.question] == [None]

    untouched = assessed(assignment, COURSE.notebook(assignment).read_bytes())
    assert untouched.outcome == GRADED
    assert all(score.points == 0 for score in untouched.scores)
