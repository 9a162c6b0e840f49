"""The gradebook in a real PostgreSQL: the same as in sqlite."""

import shutil

import pytest
import quick_assess
from gradebook_state import gradebook_of
from made_course import ASSIGNMENT, HALF, RIGHT, answered, hand_in, make_course
from services import postgresql

from nnlib.course import engine
from nnlib.course.grade import grade, summary
from nnlib.course.gradebook import open_gradebook
from nnlib.course.paths import Course
from nnlib.course.release import release


@pytest.fixture(scope="module")
def database():
    with postgresql() as url:
        yield url


def test_release_grade_mark_and_regrade_are_the_same_as_in_sqlite(database, tmp_path, monkeypatch):
    monkeypatch.setattr(engine, "assess", quick_assess.assess)
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", str(tmp_path))
    monkeypatch.setenv("COURSE_EXCHANGE", str(tmp_path / "exchange"))
    contents = []
    for number, url in enumerate(["", database]):
        monkeypatch.setenv("COURSE_GRADEBOOK", url)
        course = make_course(tmp_path / str(number))
        release(course, ASSIGNMENT)
        if number == 0:
            hand_in(course, "ada", answered(course, RIGHT | {"why-answer": "So that b is a weight."}))
            hand_in(course, "bob", answered(course, HALF))
            hand_in(course, "carl", b"broken")
            shutil.copytree(course.grading / "exchange", tmp_path / "exchange", dirs_exist_ok=True)
        results, _ = grade(course, ASSIGNMENT)
        assert summary(results) == "received 3 = graded 2 + 1 student error + 0 grader errors; missing 0"
        first = gradebook_of(course)
        with open_gradebook(course) as gradebook:
            gradebook.find_grade("why-answer", "short", ASSIGNMENT, "ada").manual_score = 1.5
            gradebook.find_comment("why-answer", "short", ASSIGNMENT, "ada").manual_comment = "Well said: σ'"
            gradebook.db.commit()
        results, _ = grade(course, ASSIGNMENT, regrade=True)
        assert results[0].points == 4.5
        contents.append((first, gradebook_of(course)))
        assert (Course(course.root).grading / "gradebook.db").exists() == (number == 0)
    assert contents[0] == contents[1]
    assert ("comment", ASSIGNMENT, "ada", "why-answer", None, "Well said: σ'") in contents[1][1]
