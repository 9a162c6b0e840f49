"""`course start`: a copy of one's own, which nothing overwrites."""

import pytest
from click import UsageError
from made_course import ASSIGNMENT, NAME, make_course

from nnlib.course.start import start


@pytest.fixture
def course(tmp_path):
    course = make_course(tmp_path / "my course")
    (course.exercises / ASSIGNMENT).mkdir(parents=True)
    (course.exercises / ASSIGNMENT / NAME).write_text("release 1")
    return course


def own(course):
    return course.work / ASSIGNMENT / NAME


def test_start_copies_the_exercise_and_says_what_to_do_next(course):
    text = start(course, ASSIGNMENT)
    assert own(course).read_text() == "release 1"
    assert f"work/{ASSIGNMENT}/{NAME}" in text
    assert f"course.py submit {ASSIGNMENT}" in text


def test_start_never_overwrites(course):
    start(course, ASSIGNMENT)
    own(course).write_text("my work")
    text = start(course, ASSIGNMENT)
    assert own(course).read_text() == "my work"
    assert "already" in text
    assert "--again" not in text


def test_start_tells_of_a_newer_release_and_again_keeps_the_old_copy(course):
    start(course, ASSIGNMENT)
    own(course).write_text("my work")
    course.notebook(ASSIGNMENT).write_text("release 2")
    assert "--again" in start(course, ASSIGNMENT)
    assert own(course).read_text() == "my work"
    start(course, ASSIGNMENT, again=True)
    own(course).write_text("my second work")
    start(course, ASSIGNMENT, again=True)
    assert own(course).read_text() == "release 2"
    kept = {path.read_text() for path in course.work.glob(f"{ASSIGNMENT}_until_*/{NAME}")}
    assert kept == {"my work", "my second work"}
    assert "--again" not in start(course, ASSIGNMENT)


def test_start_of_an_unknown_exercise_names_those_there_are(course):
    with pytest.raises(UsageError, match=f"no exercise '01_shrt'.*{ASSIGNMENT}"):
        start(course, "01_shrt")
    assert not (course.work / "01_shrt").exists()
