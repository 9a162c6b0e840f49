"""`course demo`: the real exercise through the whole loop."""

from dataclasses import replace

import pytest
from click.testing import CliRunner

from nnlib.course import ROOT, demo
from nnlib.course.demo import STUDENTS, command
from nnlib.course.paths import Course
from nnlib.grading.questions import CHAPTERS, QUESTIONS


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """The demo with one false expectation: that henri, who hands in nothing, gets a point."""
    folder = tmp_path_factory.mktemp("demo") / "my course"
    optimist = tuple(replace(student, points=1.0) if student.name == "henri" else student for student in STUDENTS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_CONFIG_PATH", str(folder))
        patch.setenv("COURSE_EXCHANGE", str(folder.parent / "the real exchange"))
        patch.setattr(demo, "STUDENTS", optimist)
        return CliRunner().invoke(command, [str(folder)]), folder


@pytest.mark.parametrize("student", STUDENTS, ids=lambda student: student.does)
def test_each_student_ends_as_expected(played, student):
    line = next(line for line in played[0].output.splitlines() if line.startswith(f"{student.name} "))
    assert ("NOT AS EXPECTED" in line) == (student.name == "henri"), line
    assert ("  as expected" in line) == (student.name != "henri"), line


def test_what_ends_otherwise_than_expected_is_said_and_makes_the_exit_code(played):
    assert "expected other points: graded" in played[0].output
    assert "received 9 = graded 8 + 1 student error + 0 grader errors; missing 0" in played[0].output
    assert played[0].exit_code == 1


def test_the_demo_touches_no_other_exchange(played):
    assert not any((played[1].parent / "the real exchange").iterdir())


def test_a_folder_with_something_in_it_is_refused(tmp_path):
    (tmp_path / "mine").touch()
    assert CliRunner().invoke(command, [str(tmp_path)]).exit_code == 2
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_the_mistakes_are_mistakes_that_the_questions_name_and_the_points_are_the_questions():
    names = {mistake.name for question in QUESTIONS.values() for mistake in question.mistakes}
    wrong = {student.says for student in STUDENTS if student.edits}
    assert len(wrong) == 5
    assert wrong - names == {"It diverges at step"}
    assert sum(QUESTIONS[name].points for name in CHAPTERS["backprop"]) == demo.ALL


def test_the_reference_and_the_exercise_untouched_are_among_them():
    assert {student.points for student in STUDENTS} >= {0.0, demo.ALL, None}
    assert Course(ROOT).source(demo.ASSIGNMENT).exists()


def test_grading_keeps_no_file_of_points(played):
    assert list(played[1].rglob("*progress*")) == []
