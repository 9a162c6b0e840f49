"""`course grade`: every submission ends in exactly one outcome, none stops another, and nothing is lost."""

import copy
import csv
import os
import shutil
import signal
import subprocess
import sys
import time

import nbformat
import pytest
from click import ClickException
from click.testing import CliRunner
from made_course import ASSIGNMENT, HALF, NAME, RIGHT, answered, edited, hand_in, released_course
from nbgrader.utils import compute_checksum

from nnlib.course import autograde
from nnlib.course.grade import Outcome, command, grade, summary
from nnlib.course.gradebook import open_gradebook, write_csv
from nnlib.course.paths import Course
from nnlib.grading import check

OLD_FORMAT = b'{"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": []}]}'
LATER = "2026-10-06 12:00:00.000000 UTC"


def without(*names):
    """An edit which deletes cells."""

    def edit(notebook):
        notebook.cells = [cell for cell in notebook.cells if cell.id not in names]

    return edit


def strip_metadata(notebook):
    for cell in notebook.cells:
        cell.metadata = nbformat.NotebookNode()


def strip_metadata_and_ids(notebook):
    strip_metadata(notebook)
    notebook.nbformat_minor = 4
    for cell in notebook.cells:
        del cell["id"]


def duplicate_answer(notebook):
    """As copy and paste in JupyterLab does: the same grade_id twice, the first with other text."""
    twin = copy.deepcopy(notebook.cells[2])
    twin.id, twin.source = "twin", "def double(x):\n    return 'my first try'"
    notebook.cells.insert(2, twin)


def damage_metadata(notebook):
    notebook.cells[2].metadata.nbgrader = "lost"
    notebook.cells[3].metadata.nbgrader = {"grade": True, "points": 100, "grade_id": "double-check"}
    notebook.cells[5].metadata.tags = ["skip-execution"]
    del notebook.cells[4].metadata.nbgrader["schema_version"]


def answers(double, half=RIGHT["half-answer"]):
    return {"double-answer": f"def double(x):\n    {double}", "half-answer": half}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A course in which every kind of submission was handed in and graded once."""
    with released_course(tmp_path_factory.mktemp("grade") / "my course") as course:
        right = answered(course, RIGHT)
        hand_in(course, "right", answered(course, RIGHT | {"why-answer": "They undo each other."}))
        hand_in(course, "half", answered(course, HALF))
        hand_in(course, "untouched", answered(course, {}))
        hand_in(course, "not_json", b"def double(x): return 2 * x")
        hand_in(course, "binary", b"\x89PNG\r\n\x1a\n\x00\xff")
        hand_in(course, "empty_file", b"")
        hand_in(course, "old_format", OLD_FORMAT)
        hand_in(course, "cut", nbformat.writes(right).encode()[:900])
        hand_in(course, "deep", b"[" * 100_000)
        hand_in(course, "no_check", edited(right, without("double-check", "why-answer")))
        hand_in(course, "no_answer", edited(right, without("half-answer")))
        hand_in(course, "nothing_left", edited(right, without(*(cell.id for cell in right.cells))))
        hand_in(course, "stripped", edited(right, strip_metadata))
        hand_in(course, "old_editor", edited(right, strip_metadata_and_ids))
        hand_in(course, "duplicate", edited(right, duplicate_answer))
        hand_in(course, "damaged", edited(right, damage_metadata))
        hand_in(course, "renamed", right, file="double (1).ipynb")
        hand_in(course, "sub_folder", right, file=f"homework/{NAME}")
        hand_in(course, "no_notebook", b"%PDF-1.4", file="double.pdf")
        hand_in(course, "empty_folder", b"").joinpath(NAME).unlink()
        link = hand_in(course, "link", b"") / NAME
        link.unlink()
        link.symlink_to(course.source(ASSIGNMENT))
        (hand_in(course, "shadow", answered(course, HALF)) / "math.py").write_text("raise RuntimeError")
        hand_in(course, "noisy", answered(course, answers("import sys; print('?', file=sys.stderr); return 2 * x")))
        hand_in(course, "flood", answered(course, answers("print('x' * 100 + '\\n', end='' ) or [print('y' * 99)"
" for _ in range(20_000)]; return 2 * x")))  # fmt: skip
        hand_in(course, "endless", answered(course, answers("while True: pass")))
        hand_in(course, "killer", answered(course, answers("import os; os._exit(0)")))
        (link.parents[1] / f"strange+{ASSIGNMENT}+yesterday").mkdir()
        with open_gradebook(course) as gradebook:
            gradebook.add_student("absent", first_name='=HYPERLINK("x")', last_name="Lovelace, Ada")
        yield course, *grade(course, ASSIGNMENT)


@pytest.fixture(scope="module")
def results(graded):
    return {result.student: result for result in graded[1]}


@pytest.mark.parametrize(
    ("student", "points", "words"),
    [
        ("right", 3, "written question (2 points) to mark by hand in Formgrader"),
        ("half", 1, ""),
        ("untouched", 0, ""),
        ("no_check", 3, "cells missing: double-check, why-answer"),
        ("no_answer", 2, "cells missing: half-answer; cell half-check: NameError"),
        ("nothing_left", 0, "cells missing: double-answer, double-check, half-answer, half-check, why-answer"),
        ("stripped", 3, ""),
        ("old_editor", 3, "cells missing: double-answer, half-answer"),
        ("duplicate", 3, ""),
        ("damaged", 3, ""),
        ("renamed", 3, "from 'double (1).ipynb'"),
        ("shadow", 1, ""),
        ("noisy", 3, ""),
        ("flood", 3, ""),
        ("endless", 1, "cell double-check: CellTimeoutError"),
    ],
)
def test_what_can_be_run_is_graded(results, student, points, words):
    result = results[student]
    assert (result.outcome, result.points, result.of) == (Outcome.GRADED, points, 5), result
    assert words in result.what


@pytest.mark.parametrize(
    ("student", "words"),
    [
        ("not_json", "not a notebook: no JSON from line 1 on"),
        ("binary", "not a notebook: the file is not text"),
        ("empty_file", "the file is empty"),
        ("old_format", "notebook of format 3, not 4"),
        ("cut", "not a notebook: no JSON from line"),
        ("deep", "not a notebook: nested too deeply"),
        ("sub_folder", "the notebook lies in a sub-folder (homework/double.ipynb)"),
        ("no_notebook", "no notebook, only double.pdf"),
        ("empty_folder", "no notebook: the folder is empty"),
        ("link", "double.ipynb is a link"),
        ("killer", "cell double-check ended the kernel"),
    ],
)
def test_what_cannot_be_run_is_the_students_error_with_a_reason_and_without_points(results, student, words):
    result = results[student]
    assert result.outcome is Outcome.STUDENT_ERROR, result
    assert words in result.what
    assert result.points is None


def test_who_handed_in_nothing_is_missing_and_no_one_else(results):
    assert [result.student for result in results.values() if result.outcome is Outcome.MISSING] == ["absent"]


def test_received_is_graded_plus_failed(graded, results):
    assert len(results) == 27
    assert summary(graded[1]) == "received 26 = graded 15 + 11 student errors + 0 grader errors; missing 1"
    assert graded[2] == [f"strange+{ASSIGNMENT}+yesterday"]


def test_each_graded_student_has_a_feedback_page_and_a_record_of_how_it_was_graded(graded, results):
    course = graded[0]
    for result in results.values():
        page = course.grading / "feedback" / result.student / ASSIGNMENT / "double.html"
        assert page.exists() == (result.outcome is Outcome.GRADED), result
        record = autograde.record_of(course, ASSIGNMENT, result.student)
        assert (record is None) == (result.outcome is not Outcome.GRADED)
        if record:
            assert (record["sandbox"], record["sha256"]) == ("none", result.sha256)


def test_the_csv_file_quotes_defuses_formulas_and_has_no_points_where_there_are_none(graded, results):
    with (graded[0].grading / "grades.csv").open(newline="") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert set(rows) == set(results)
    assert rows["absent"]["name"] == '\'=HYPERLINK("x") Lovelace, Ada'
    assert (rows["absent"]["points"], rows["absent"]["outcome"]) == ("", "missing")
    assert (rows["not_json"]["points"], rows["not_json"]["outcome"]) == ("", "student error")
    assert (rows["half"]["points"], rows["half"]["of"], rows["right"]["to_mark"]) == ("1.0", "5.0", "2.0")


def test_rows_of_other_assignments_and_students_stay_in_the_csv_file(tmp_path):
    path, header = tmp_path / "grades.csv", ["assignment", "student", "what"]
    write_csv(path, header, [["01", "ada", 'a, "b"\nc'], ["02", "ada", "=1+1"]])
    write_csv(path, header, [["02", "ada", -1.5], ["02", "bob", "@x"]])
    with path.open(newline="") as file:
        assert list(csv.reader(file)) == [
            header,
            ["01", "ada", 'a, "b"\nc'],
            ["02", "ada", "-1.5"],
            ["02", "bob", "'@x"],
        ]


@pytest.fixture
def course(graded, tmp_path):
    """A copy of the graded course with three students left in it, to be changed."""
    course = Course(shutil.copytree(graded[0].root, tmp_path / "my course", symlinks=True))
    inbound = course.grading / "exchange" / "neural-networks" / "inbound"
    for folder in inbound.iterdir():
        if not folder.name.startswith(("right+", "half+", "not_json+")):
            shutil.rmtree(folder)
    for folder in (course.grading / "submitted").iterdir():
        if folder.name not in {"right", "half"}:
            shutil.rmtree(folder)
    return course


def outcomes(course, **options):
    """Student -> result, of those who handed something in."""
    results = grade(course, ASSIGNMENT, **options)[0]
    return {result.student: result for result in results if result.outcome is not Outcome.MISSING}


def scores(course):
    """Everything that the gradebook says about who got what."""
    with open_gradebook(course) as gradebook:
        return sorted(
            (submission.student_id, grade.name, grade.auto_score, grade.manual_score)
            for submission in gradebook.assignment_submissions(ASSIGNMENT)
            for notebook in submission.notebooks
            for grade in notebook.grades
        )


def give_marks(course, student, points, comment):
    """What the instructor does in Formgrader."""
    with open_gradebook(course) as gradebook:
        gradebook.find_grade("why-answer", "double", ASSIGNMENT, student).manual_score = points
        gradebook.find_comment("why-answer", "double", ASSIGNMENT, student).manual_comment = comment
        gradebook.db.commit()


def test_grading_again_changes_nothing_and_runs_nothing(course, monkeypatch):
    before = scores(course), (course.grading / "grades.csv").read_bytes()
    monkeypatch.setattr(autograde, "autograde", lambda *_: pytest.fail("ran a submission again"))
    monkeypatch.setattr(autograde, "write_feedback", lambda *_: pytest.fail("wrote a feedback page again"))
    results = outcomes(course)
    assert {name: result.points for name, result in results.items()} == {"right": 3, "half": 1, "not_json": None}
    assert "as before" in results["right"].what
    assert scores(course) == before[0]


def test_regrading_keeps_marks_given_by_hand_and_feedback_shows_them(course):
    give_marks(course, "right", 1.5, "Nicely said")
    results = outcomes(course, only=["right"])
    assert (results["right"].points, results["right"].to_mark) == (4.5, 0)
    page = course.grading / "feedback" / "right" / ASSIGNMENT / "double.html"
    assert "Nicely said" in page.read_text()
    results = outcomes(course, only=["right"], regrade=True)
    assert (results["right"].points, results["right"].to_mark) == (4.5, 0)
    assert "Nicely said" in page.read_text()


def test_a_newer_submission_replaces_the_older_one_and_the_table_says_so(course):
    hand_in(course, "half", answered(course, RIGHT), time=LATER)
    result = outcomes(course, only=["half"])["half"]
    assert (result.points, result.submitted) == (3, LATER)
    assert "before: 1" in result.what
    hand_in(course, "half", answered(course, {}), time="2026-10-04 12:00:00.000000 UTC")
    assert outcomes(course, only=["half"])["half"].points == 3


def test_a_feedback_page_that_cannot_be_made_stops_nobody_and_is_made_next_time(course):
    give_marks(course, "half", 1, "")
    with pytest.MonkeyPatch.context() as fault:
        fault.setattr(autograde.GenerateFeedback, "start", lambda *_: [][0])
        results = outcomes(course)
    assert results["half"].outcome is Outcome.GRADER_ERROR
    assert (results["right"].outcome, results["not_json"].outcome) == (Outcome.GRADED, Outcome.STUDENT_ERROR)
    assert (outcomes(course)["half"].outcome, outcomes(course)["half"].points) == (Outcome.GRADED, 2)


def test_what_nbgraders_own_collect_has_brought_is_graded_and_kept(course):
    shutil.rmtree(course.grading / "exchange" / "neural-networks" / "inbound")
    folder = course.grading / "submitted" / "half" / ASSIGNMENT
    (folder / NAME).unlink()
    nbformat.write(answered(course, RIGHT), folder / "double (1).ipynb")
    (folder / "timestamp.txt").write_text("some day")
    result = outcomes(course)["half"]
    assert (result.outcome, result.points) == (Outcome.GRADED, 3), result
    assert {path.name for path in folder.iterdir()} >= {"double (1).ipynb", NAME}
    assert "as before" in outcomes(course)["half"].what


def test_a_fault_of_the_grader_is_told_apart_kept_for_a_retry_and_makes_the_exit_code(course, monkeypatch):
    hand_in(course, "half", answered(course, RIGHT), time=LATER)
    monkeypatch.chdir(course.root)
    with pytest.MonkeyPatch.context() as fault:
        fault.setattr(autograde.Autograder, "convert_single_notebook", lambda *_: 1 / 0)
        result = CliRunner().invoke(command, [ASSIGNMENT, "--student", "half", "--student", "not_json"])
    assert result.exit_code == 1
    assert "grader error: ZeroDivisionError: division by zero; grade again to retry" in result.output
    assert "received 2 = graded 0 + 1 student error + 1 grader error; missing 0" in result.output
    result = CliRunner().invoke(command, [ASSIGNMENT])
    assert result.exit_code == 0
    assert "unsandboxed" in result.output
    assert outcomes(course)["half"].points == 3


def test_a_set_up_cell_that_does_not_run_gives_nobody_zero_points(course):
    notebook = nbformat.read(course.notebook(ASSIGNMENT), as_version=4)
    with open_gradebook(course) as gradebook:
        cell = gradebook.find_source_cell("set-up", "double", ASSIGNMENT)
        notebook.cells[1].source = cell.source = "import not_installed_here"
        cell.checksum = notebook.cells[1].metadata.nbgrader.checksum = compute_checksum(notebook.cells[1])
        gradebook.db.commit()
    nbformat.write(notebook, course.notebook(ASSIGNMENT))
    result = outcomes(course, only=["right"], regrade=True)["right"]
    assert result.outcome is Outcome.GRADER_ERROR
    assert "the set-up does not run: cell set-up: ModuleNotFoundError" in result.what


def test_a_check_that_cannot_judge_is_the_graders_fault(course, capsys, monkeypatch):
    monkeypatch.setitem(check.__globals__, "_check", lambda *_: 1 / 0)
    assert check("backward") == 0
    output = nbformat.v4.new_output("stream", text=capsys.readouterr().out)
    notebook = answered(course, RIGHT)
    assert autograde.broken_cells(notebook) == []
    notebook.cells[3].outputs = [output]
    with pytest.raises(autograde.GraderError, match=r"cell double-check: The check itself failed.*ZeroDivisionError"):
        autograde.broken_cells(notebook)


def test_a_broken_newer_submission_leaves_the_graded_one_in_the_gradebook(course):
    before = scores(course)
    hand_in(course, "half", b"broken", time=LATER)
    result = outcomes(course, only=["half"])["half"]
    assert (result.outcome, result.points) == (Outcome.STUDENT_ERROR, None)
    assert "the one before stays graded" in result.what
    assert scores(course) == before


def test_after_a_kill_the_next_run_gives_what_an_uninterrupted_one_gives(course):
    slow = "import pathlib, time\npathlib.Path('running').touch()\ntime.sleep(1.5)\n"
    content = answered(course, RIGHT | {"half-answer": slow + RIGHT["half-answer"]})
    hand_in(course, "half", content, time=LATER)
    script = f"from nnlib.course.grade import command; command([{ASSIGNMENT!r}, '--student', 'half'])"
    staged = course.grading / "autograding" / "half" / ASSIGNMENT
    process = subprocess.Popen([sys.executable, "-c", script], cwd=course.root, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while not (staged / "running").exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        assert (staged / "running").exists()
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert process.returncode == -signal.SIGKILL
    assert autograde.record_of(course, ASSIGNMENT, "half") is None
    assert not autograde.autograded(course, ASSIGNMENT, "half").exists()  # so Formgrader says "needs autograding"
    result = outcomes(course)["half"]
    assert (result.outcome, result.points) == (Outcome.GRADED, 3)
    assert "as before" not in result.what
    assert ("half", "double-check", 2.0, None) in scores(course)


def test_a_name_that_nobody_has_is_missing_and_does_not_get_into_the_csv_file(course):
    results = grade(course, ASSIGNMENT, only=["rihgt"])[0]
    assert [(result.student, result.outcome) for result in results] == [("rihgt", Outcome.MISSING)]
    assert "rihgt" not in (course.grading / "grades.csv").read_text()


def test_an_assignment_that_was_not_released_is_refused(graded, tmp_path):
    course = Course(shutil.copytree(graded[0].root, tmp_path / "my course", symlinks=True))
    (course.exercises / ASSIGNMENT).rename(course.exercises / "02_new")
    with pytest.raises(ClickException, match="course.py release 02_new"):
        grade(course, "02_new")


def test_nothing_outside_the_course_was_made(graded):
    made = {path.name for path in graded[0].root.iterdir()}
    assert made == {"exercises", "grading", "nbgrader_config.py", "solutions", "work"}
    assert not os.path.exists("running")
