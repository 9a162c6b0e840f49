"""`course progress`: a table over all exercises that a student has begun; nothing is changed."""

import json
import os

import pytest
from click.testing import CliRunner

from nnlib.course import ROOT
from nnlib.course.paths import Course, assignments
from nnlib.course.progress import command, overview
from nnlib.course.start import start
from nnlib.grading.questions import CHAPTERS, QUESTIONS
from nnlib.grading.saved_points import FILE, add, one_check


@pytest.fixture
def course(tmp_path):
    """A course with the exercises of this one, and nothing begun."""
    (tmp_path / "exercises").symlink_to(ROOT / "exercises")
    (tmp_path / "nbgrader_config.py").touch()
    return Course(tmp_path)


def words(text):
    return [line.split() for line in text.splitlines()]


def test_nothing_begun(course):
    text = overview(course)
    assert f"Not started: {', '.join(assignments(course.exercises))}" in text
    total = sum(QUESTIONS[name].points for names in CHAPTERS.values() for name in names)
    assert f"In all: 0 of {total:g} points." in text
    assert not course.work.exists()


def test_points_sums_and_what_is_not_checked(course):
    start(course, "03_backprop")
    start(course, "06_momentum")
    add(course.work / "03_backprop", {"output_delta": one_check(2, 2), "backward": one_check(4 / 3, 4)})
    add(course.work / "03_backprop", {"output_delta": one_check(1, 2), "of_another_course": one_check(9, 9)})
    lines = words(overview(course))
    assert ["03_backprop", "central_difference", "-", "1", "-", "-", "not", "checked", "yet"] in lines
    (checked,) = (line for line in lines if line[0:1] == ["output_delta"])
    assert checked[:5] == ["output_delta", "1", "2", "2", "2"]
    assert len(" ".join(checked[5:])) == len("2026-01-31 23:59")
    assert ["sum", "2.33", "13", "-", "-"] in lines
    assert ["sum", "0", "7", "-", "-"] in lines
    assert lines[-1][:5] == ["In", "all:", "2.33", "of", lines[-1][4]]
    not_started = next(line for line in lines if line[:2] == ["Not", "started:"])
    assert not {"03_backprop", "06_momentum", "03_backprop,", "06_momentum,"} & set(not_started)


def test_a_damaged_file_is_named_and_left_as_it_is(course):
    start(course, "03_backprop")
    path = course.work / "03_backprop" / FILE
    path.write_text("{")
    assert f"work/03_backprop/{FILE} cannot be read: it is damaged" in overview(course)
    assert path.read_text() == "{"
    assert len(os.listdir(path.parent)) == 3


def test_the_verb_prints_it(course, monkeypatch):
    start(course, "03_backprop")
    monkeypatch.chdir(course.work / "03_backprop")
    answer = CliRunner().invoke(command)
    assert answer.exit_code == 0
    assert answer.output == overview(course) + "\n"


def test_a_fresh_copy_begins_at_nothing_and_the_points_stay_with_the_earlier_one(course):
    start(course, "03_backprop")
    add(course.work / "03_backprop", {"output_delta": one_check(2, 2)})
    start(course, "03_backprop", again=True)
    assert "In all: 0 of" in overview(course)
    (kept,) = course.work.glob("03_backprop_until_*")
    assert json.loads((kept / FILE).read_text())["output_delta"]["best"] == 2
