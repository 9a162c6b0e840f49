"""`course grade`: every submission ends in exactly one outcome, none stops another, and nothing is lost.

Answers are assessed by a quick stand-in; tests/course/test_sandboxed_grade.py has the real thing.
"""

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
import quick_assess
from click import ClickException
from click.testing import CliRunner
from made_course import ASSIGNMENT, HALF, NAME, RIGHT, answered, edited, hand_in, released_course

from nnlib.course import engine, feedback, writer
from nnlib.course.grade import Outcome, command, grade, summary
from nnlib.course.gradebook import marks_of, open_gradebook, write_csv
from nnlib.course.lock import locked
from nnlib.course.paths import Course
from nnlib.course.received import Received
from nnlib.course.writer import record_of

OLD_FORMAT = b'{"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": []}]}'
LATER = "2025-10-06 12:00:00.000000 UTC"


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
    twin.id, twin.source = "twin", "def absorb_bias(Z_prev, W, b):\n    return 'my first try'"
    notebook.cells.insert(2, twin)


def damage_metadata(notebook):
    notebook.cells[2].metadata.nbgrader = "lost"
    notebook.cells[3].metadata.nbgrader = {"grade": True, "points": 100, "grade_id": "bias-check"}
    notebook.cells[5].metadata.tags = ["skip-execution"]
    del notebook.cells[4].metadata.nbgrader["schema_version"]


@pytest.fixture(scope="module", autouse=True)
def _quick():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "assess", quick_assess.assess)
        patch.setattr("nnlib.course.grade.level_or_refusal", lambda sandboxed: "Sandbox: stand-in.")
        yield


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A course in which every kind of submission was handed in and graded once."""
    with released_course(tmp_path_factory.mktemp("grade") / "my course") as course:
        right = answered(course, RIGHT)
        hand_in(course, "right", answered(course, RIGHT | {"why-answer": "They undo each other."}))
        hand_in(course, "half", answered(course, HALF))
        hand_in(course, "untouched", answered(course, {}))
        hand_in(course, "not_json", b"def absorb_bias(Z_prev, W, b): ...")
        hand_in(course, "binary", b"\x89PNG\r\n\x1a\n\x00\xff")
        hand_in(course, "empty_file", b"")
        hand_in(course, "old_format", OLD_FORMAT)
        hand_in(course, "cut", nbformat.writes(right).encode()[:900])
        hand_in(course, "deep", b"[" * 100_000)
        hand_in(course, "no_check", edited(right, without("bias-check", "why-answer")))
        hand_in(course, "no_answer", edited(right, without("difference-answer")))
        hand_in(course, "nothing_left", edited(right, without(*(cell.id for cell in right.cells))))
        hand_in(course, "stripped", edited(right, strip_metadata))
        hand_in(course, "old_editor", edited(right, strip_metadata_and_ids))
        hand_in(course, "duplicate", edited(right, duplicate_answer))
        hand_in(course, "damaged", edited(right, damage_metadata))
        hand_in(course, "renamed", right, file="short (1).ipynb")
        hand_in(course, "sub_folder", right, file=f"homework/{NAME}")
        hand_in(course, "no_notebook", b"%PDF-1.4", file="short.pdf")
        hand_in(course, "empty_folder", b"").joinpath(NAME).unlink()
        link = hand_in(course, "link", b"") / NAME
        link.unlink()
        link.symlink_to(course.source(ASSIGNMENT))
        (hand_in(course, "shadow", answered(course, HALF)) / "numpy.py").write_text("raise RuntimeError")
        (link.parents[1] / f"strange+{ASSIGNMENT}+yesterday").mkdir()
        with open_gradebook(course) as gradebook:
            gradebook.add_student("absent", first_name='=HYPERLINK("x")', last_name="Lovelace, Ada")
        yield course, *grade(course, ASSIGNMENT, workers=1)


@pytest.fixture(scope="module")
def results(graded):
    return {result.student: result for result in graded[1]}


@pytest.mark.parametrize(
    ("student", "points", "words"),
    [
        ("right", 3, "written question (2 points) to mark by hand in Formgrader"),
        ("half", 1, ""),
        ("untouched", 0, ""),
        ("no_check", 3, "cells missing: bias-check, why-answer"),
        ("no_answer", 2, "cells missing: difference-answer"),
        ("nothing_left", 0, "cells missing: bias-answer, bias-check, difference-answer, difference-check, why-answer"),
        ("stripped", 3, ""),
        ("old_editor", 3, "cells missing: bias-answer, difference-answer"),
        ("duplicate", 3, ""),
        ("damaged", 3, ""),
        ("renamed", 3, "from 'short (1).ipynb'"),
        ("shadow", 1, ""),
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
        ("old_format", "notebook of format 3, or without cells"),
        ("cut", "not a notebook: no JSON from line"),
        ("deep", "not a notebook: nested too deeply"),
        ("sub_folder", "the notebook lies in a sub-folder (homework/short.ipynb)"),
        ("no_notebook", "no notebook, only short.pdf"),
        ("empty_folder", "no notebook: the folder is empty"),
        ("link", "short.ipynb is a link"),
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
    assert len(results) == 23
    assert summary(graded[1]) == "received 22 = graded 12 + 10 student errors + 0 grader errors; missing 1"
    assert graded[2] == [f"strange+{ASSIGNMENT}+yesterday"]


def test_each_graded_student_has_a_feedback_page_and_a_record_of_how_it_was_graded(graded, results):
    course = graded[0]
    for result in results.values():
        page = course.grading / "feedback" / result.student / ASSIGNMENT / "short.html"
        assert page.exists() == (result.outcome is Outcome.GRADED), result
        record = record_of(course, ASSIGNMENT, result.student)
        assert (record is None) == (result.outcome is not Outcome.GRADED)
        if record:
            assert (record.level, record.sha256, record.received) == ("stand-in", result.sha256, result.submitted)
            assert record.seed > 0


def test_nothing_but_notebooks_is_let_in(graded):
    allowed = {NAME, "timestamp.txt", "graded.json"}
    for folder in ("submitted", "autograded"):
        for place in (graded[0].grading / folder).glob(f"*/{ASSIGNMENT}"):
            assert {path.name for path in place.iterdir()} <= allowed


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
    exchange = course.grading / "exchange" / "neural-networks" / "inbound"
    stay = ("right", "half", "not_json")
    for folder in [*exchange.iterdir(), *(course.grading / "received" / ASSIGNMENT).iterdir()]:
        if folder.name.split("+")[0] not in stay:
            shutil.rmtree(folder)
    for folder in (course.grading / "submitted").iterdir():
        if folder.name not in stay:
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
            (submission.student_id, grade.name, grade.auto_score, grade.manual_score, grade.needs_manual_grade)
            for submission in gradebook.assignment_submissions(ASSIGNMENT)
            for notebook in submission.notebooks
            for grade in notebook.grades
        )


def give_marks(course, student, points, comment):
    """What the instructor does in Formgrader."""
    with open_gradebook(course) as gradebook:
        gradebook.find_grade("why-answer", "short", ASSIGNMENT, student).manual_score = points
        gradebook.find_grade("why-answer", "short", ASSIGNMENT, student).needs_manual_grade = False
        gradebook.find_comment("why-answer", "short", ASSIGNMENT, student).manual_comment = comment
        gradebook.db.commit()


def test_grading_again_changes_nothing_and_runs_nothing(course, monkeypatch):
    outcomes(course)
    before = scores(course), (course.grading / "grades.csv").read_bytes()
    assessed = []
    monkeypatch.setattr(engine, "assess", lambda *given: assessed.append(given[1]) or quick_assess.assess(*given))
    monkeypatch.setattr(feedback, "write", lambda *_: pytest.fail("wrote a feedback page again"))
    results = outcomes(course)
    assert {name: result.points for name, result in results.items()} == {"right": 3, "half": 1, "not_json": None}
    assert results["right"].note == "as before"
    assert assessed == [b"def absorb_bias(Z_prev, W, b): ..."]  # that of not_json, which is read again
    assert (scores(course), (course.grading / "grades.csv").read_bytes()) == before


def test_regrading_keeps_marks_given_by_hand_and_feedback_shows_them(course):
    give_marks(course, "right", 1.5, "Nicely said")
    results = outcomes(course, only=["right"])
    assert (results["right"].points, results["right"].to_mark) == (4.5, 0)
    page = course.grading / "feedback" / "right" / ASSIGNMENT / "short.html"
    assert "Nicely said" in page.read_text()
    results = outcomes(course, only=["right"], regrade=True)
    assert (results["right"].points, results["right"].to_mark) == (4.5, 0)
    assert "Nicely said" in page.read_text()
    assert ("right", "why-answer", None, 1.5, True) in scores(course)


def test_a_regrade_shows_old_and_new_and_asks_before_it_writes(course, monkeypatch):
    monkeypatch.chdir(course.root)
    with open_gradebook(course) as gradebook:  # as if an earlier, wrong version of a question had given no points
        gradebook.find_grade("bias-check", "short", ASSIGNMENT, "right").auto_score = 0.5
        gradebook.db.commit()
    before = scores(course)
    arguments = [ASSIGNMENT, "--regrade", "--student", "right", "--student", "half"]
    for answer in ("n\n", ""):
        result = CliRunner().invoke(command, arguments, input=answer)
        assert "Graded again: 2, of which 1 differ." in result.output
        assert ["right", "bias-check", "0.5", "2"] in [line.split() for line in result.output.splitlines()]
        assert scores(course) == before
    assert (result.exit_code, "--yes answers this question" in result.output) == (1, True)
    result = CliRunner().invoke(command, [*arguments, "--yes"])
    assert result.exit_code == 0
    assert "before: 1.5" in result.output
    assert ("right", "bias-check", 2.0, None, False) in scores(course)
    assert not list(course.grading.glob(".regrading-*"))


def test_the_seed_follows_from_the_submission_and_can_be_given(course):
    seeds = {name: record_of(course, ASSIGNMENT, name).seed for name in ("right", "half")}
    assert seeds["right"] != seeds["half"]
    outcomes(course, regrade=True)
    assert {name: record_of(course, ASSIGNMENT, name).seed for name in ("right", "half")} == seeds
    outcomes(course, regrade=True, only=["half"], seed=seeds["right"])
    assert record_of(course, ASSIGNMENT, "half").seed == seeds["right"]
    assert (course.grading / "seeds" / ASSIGNMENT).stat().st_mode & 0o077 == 0


def test_a_newer_submission_replaces_the_older_one_and_the_table_says_so(course):
    hand_in(course, "half", answered(course, RIGHT), time=LATER)
    result = outcomes(course, only=["half"])["half"]
    assert (result.points, result.note) == (3, "before: 1")
    hand_in(course, "half", answered(course, {}), time="2025-10-04 12:00:00.000000 UTC")
    assert outcomes(course, only=["half"])["half"].points == 3


def test_every_version_is_kept_as_it_was_received_even_when_the_exchange_is_emptied(course):
    store = Received(course, ASSIGNMENT, "short")
    first = store.versions("half")[-1]
    content = store.content(first)
    hand_in(course, "half", b"broken", time=LATER)
    outcomes(course)
    shutil.rmtree(course.grading / "exchange" / "neural-networks" / "inbound")
    shutil.rmtree(course.grading / "submitted")
    second = store.versions("half")[-1]
    assert [store.content(version) for version in (first, second)] == [content, b"broken"]
    assert store.versions("half") == [first, second]
    assert outcomes(course)["right"].outcome is Outcome.GRADED


def test_bytes_that_were_changed_since_they_were_received_are_the_graders_error(course):
    store = Received(course, ASSIGNMENT, "short")
    path = store.path(store.versions("half")[-1].sha256)
    path.chmod(0o644)
    path.write_bytes(path.read_bytes() + b" ")
    result = outcomes(course)["half"]
    assert result.outcome is Outcome.GRADER_ERROR
    assert "was changed since it was received" in result.what


def test_lateness_follows_the_receivers_clock_and_a_difference_is_said(course):
    with open_gradebook(course) as gradebook:
        gradebook.update_or_create_assignment(ASSIGNMENT, duedate="2025-10-07 12:00:00 UTC")
    outcomes(course, regrade=True)
    with open_gradebook(course) as gradebook:
        submission = gradebook.find_submission(ASSIGNMENT, "half")
        assert submission.total_seconds_late > 3600  # although its own timestamp.txt is from two days before
        timestamp = submission.timestamp
    result = outcomes(course)["half"]
    assert "states 2025-10-05 12:00, was received 20" in result.what
    assert result.submitted == f"{timestamp:%Y-%m-%d %H:%M:%S.%f} UTC"
    shown = course.grading / "submitted" / "half" / ASSIGNMENT / "timestamp.txt"
    assert shown.read_text() == result.submitted  # Formgrader says "needs autograding" if these two differ


def test_a_late_penalty_is_nbgraders(course):
    with (course.root / "nbgrader_config.py").open("a") as file:
        file.write('\nc.LateSubmissionPlugin.penalty_method = "zero"\n')
    assert outcomes(course, regrade=True)["right"].points == 3
    with open_gradebook(course) as gradebook:
        gradebook.update_or_create_assignment(ASSIGNMENT, duedate="2025-10-07 12:00:00 UTC")
    assert outcomes(course, regrade=True)["right"].points == 0


def test_a_feedback_page_that_cannot_be_made_stops_nobody_and_is_made_next_time(course):
    give_marks(course, "half", 1, "")
    with pytest.MonkeyPatch.context() as fault:
        fault.setattr(feedback, "write", lambda *_: [][0])
        results = outcomes(course)
    assert results["half"].outcome is Outcome.GRADER_ERROR
    assert (results["right"].outcome, results["not_json"].outcome) == (Outcome.GRADED, Outcome.STUDENT_ERROR)
    assert (outcomes(course)["half"].outcome, outcomes(course)["half"].points) == (Outcome.GRADED, 2)


def test_what_nbgraders_own_collect_has_brought_is_graded_and_kept_and_the_rest_moved_away(course):
    shutil.rmtree(course.grading / "exchange" / "neural-networks" / "inbound")
    folder = course.grading / "submitted" / "half" / ASSIGNMENT
    (folder / NAME).unlink()
    nbformat.write(answered(course, RIGHT), folder / "short (1).ipynb")
    (folder / "timestamp.txt").write_text("2025-10-08 12:00:00 UTC")
    (folder / "leak.txt").symlink_to(course.source(ASSIGNMENT))
    result = outcomes(course)["half"]
    assert (result.outcome, result.points) == (Outcome.GRADED, 3), result
    assert "time as its own timestamp.txt states it" in result.what
    assert result.submitted == "2025-10-08 12:00:00.000000 UTC"
    assert {path.name for path in folder.iterdir()} == {NAME, "timestamp.txt"}
    kept = next((course.grading / "received" / ASSIGNMENT / "half").glob("* as collected"))
    assert {path.name for path in kept.iterdir()} == {"short (1).ipynb", "timestamp.txt", "leak.txt"}
    assert outcomes(course)["half"].note == "as before"


def test_a_fault_of_the_grader_is_told_apart_kept_for_a_retry_and_makes_the_exit_code(course, monkeypatch):
    hand_in(course, "half", answered(course, RIGHT), time=LATER)
    monkeypatch.chdir(course.root)
    with pytest.MonkeyPatch.context() as fault:
        fault.setattr(engine, "assess", lambda *_: 1 / 0)
        result = CliRunner().invoke(command, [ASSIGNMENT, "--student", "half", "--student", "absent"])
    assert result.exit_code == 1
    assert "grader error: ZeroDivisionError: division by zero; grade again to retry" in result.output
    assert "received 1 = graded 0 + 0 student errors + 1 grader error; missing 1" in result.output
    result = CliRunner().invoke(command, [ASSIGNMENT])
    assert result.exit_code == 0
    assert outcomes(course)["half"].points == 3


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda scores: scores[1:], "the gradebook and the release differ in cells: bias-check"),
        (lambda scores: (*scores, scores[0]), "differ in cells"),
        (lambda scores: (writer.Score("bias-check", 9.0, 9.0), *scores[1:]), "bias-check is worth 2 points in the"),
        (lambda scores: (writer.Score("bias-check", 9.0, 2.0), *scores[1:]), "bias-check was given 9.0 of 2 points"),
        (lambda scores: (writer.Score("bias-check", float("nan"), 2.0), *scores[1:]), "was given nan"),
        (lambda scores: (writer.Score("bias-check", -1.0, 2.0), *scores[1:]), "was given -1.0"),
    ],
)
def test_points_that_do_not_fit_the_gradebook_are_not_written(course, monkeypatch, spoil, words):
    def spoiled(*arguments):
        assessment = quick_assess.assess(*arguments)
        return writer.Assessment(**{**assessment.__dict__, "scores": spoil(assessment.scores)})

    before = scores(course)
    monkeypatch.setattr(engine, "assess", spoiled)
    result = outcomes(course, only=["right"], regrade=True)["right"]
    assert result.outcome is Outcome.GRADER_ERROR
    assert words in result.what
    assert scores(course) == before


def test_a_broken_resubmission_leaves_the_graded_one_and_says_so(course):
    before = scores(course)
    hand_in(course, "half", b"broken", time=LATER)
    result = outcomes(course, only=["half"])["half"]
    assert (result.outcome, result.points) == (Outcome.STUDENT_ERROR, None)
    assert "the one before stays graded" in result.what
    assert scores(course) == before


def test_a_second_grade_at_the_same_time_is_refused_and_changes_nothing(course):
    before = scores(course)
    with locked(course.grading / ".lock"), pytest.raises(ClickException, match=rf"process {os.getpid()}\) is at work"):
        grade(course, ASSIGNMENT, regrade=True)
    assert scores(course) == before
    assert outcomes(course)["half"].note == "as before"


def test_ctrl_c_stops_cleanly_and_the_same_command_goes_on(course):
    for number in range(4):
        hand_in(course, f"new{number}", answered(course, RIGHT))
    # not with -m: then Python forgets the exit code if the interrupt has passed through an exec() of text
    script = [sys.executable, quick_assess.__file__, ASSIGNMENT]
    environment = {**os.environ, "QUICK_ASSESS_SECONDS": "1"}
    process = subprocess.Popen(script, cwd=course.root, env=environment, stdout=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 120
    while record_of(course, ASSIGNMENT, "new0") is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    output = process.communicate(timeout=60)[0]
    assert process.returncode == 130, output
    assert "Stopped: received" in output
    assert "The same command goes on from here." in output
    assert record_of(course, ASSIGNMENT, "new3") is None
    notes = {name: result.note for name, result in outcomes(course).items()}
    assert (notes["new0"], notes["new3"]) == ("as before", "")


def test_a_name_that_nobody_has_is_missing_and_does_not_get_into_the_csv_file(course):
    results = grade(course, ASSIGNMENT, only=["rihgt"])[0]
    assert [(result.student, result.outcome) for result in results] == [("rihgt", Outcome.MISSING)]
    assert "rihgt" not in (course.grading / "grades.csv").read_text()


def test_an_assignment_that_was_not_released_is_refused(graded, tmp_path):
    course = Course(shutil.copytree(graded[0].root, tmp_path / "my course", symlinks=True))
    (course.exercises / ASSIGNMENT).rename(course.exercises / "02_new")
    with pytest.raises(ClickException, match="course.py release 02_new"):
        grade(course, "02_new")


def test_marks_count_as_nbgrader_counts_them(course):
    give_marks(course, "right", 1.5, "Nicely said")
    with open_gradebook(course) as gradebook:
        gradebook.find_grade("bias-check", "short", ASSIGNMENT, "right").extra_credit = 0.25
        gradebook.db.commit()
        for student in ("right", "half"):
            submission = gradebook.find_submission(ASSIGNMENT, student)
            marks = marks_of(gradebook, ASSIGNMENT, student)
            assert (marks.points, marks.of) == (submission.score, submission.max_score)
        assert marks_of(gradebook, ASSIGNMENT, "absent") is None


def test_nothing_outside_the_course_was_made(graded):
    made = {path.name for path in graded[0].root.iterdir()}
    assert made == {"exercises", "grading", "nbgrader_config.py", "solutions", "work"}
