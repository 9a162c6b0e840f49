"""`course submit`: what is handed in is what lies in work/, checked, with a receipt."""

import hashlib

import nbformat
import pytest
from click import ClickException, UsageError
from click.testing import CliRunner
from made_course import ASSIGNMENT, NAME, RIGHT, answered, edited, released_course

from nnlib.course.start import start
from nnlib.course.submit import command, submit


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    with released_course(tmp_path_factory.mktemp("submit") / "my course") as course:
        start(course, ASSIGNMENT)
        yield course


@pytest.fixture
def work(course):
    """The student's folder, with the right answers in the notebook."""
    for path in (course.work / ASSIGNMENT).glob("[!.]*"):
        path.unlink()
    nbformat.write(answered(course, RIGHT), course.work / ASSIGNMENT / NAME)
    return course.work / ASSIGNMENT


def test_submit_puts_exactly_the_notebook_into_the_exchange(course, work):
    (work / "numpy.py").write_text("not to be taken along")
    receipt = submit(course, ASSIGNMENT, "ada")
    content = (work / NAME).read_bytes()
    assert receipt.folder.name.startswith(f"ada+{ASSIGNMENT}+{receipt.time}+")
    assert (receipt.folder / NAME).read_bytes() == content
    assert {p.name for p in receipt.folder.iterdir()} == {NAME, "timestamp.txt", "submission_secret.txt"}
    assert receipt.sha256 == hashlib.sha256(content).hexdigest()
    assert all(fact in str(receipt) for fact in (NAME, receipt.sha256, receipt.time))


def test_submit_prints_a_receipt_under_the_users_own_name(course, work, monkeypatch):
    monkeypatch.chdir(work)
    result = CliRunner().invoke(command, [ASSIGNMENT])
    assert result.exit_code == 0, result.output
    assert hashlib.sha256((work / NAME).read_bytes()).hexdigest() in result.output


@pytest.mark.parametrize("name", ["short (1).ipynb", "short(2).ipynb", "short-Copy1.ipynb", "my homework.ipynb"])
def test_a_renamed_notebook_is_understood(course, work, name):
    (work / NAME).rename(work / name)
    receipt = submit(course, ASSIGNMENT, "ada")
    assert receipt.file.name == name
    assert (receipt.folder / NAME).exists()


def test_of_several_notebooks_the_one_with_the_right_name_is_taken(course, work):
    (work / "short (1).ipynb").write_text("an older download")
    assert submit(course, ASSIGNMENT, "ada").file.name == NAME


def test_missing_cells_are_named_and_can_be_handed_in_anyway(course, work):
    nbformat.write(edited(answered(course, RIGHT), lambda notebook: notebook.cells.pop(3)), work / NAME)
    with pytest.raises(ClickException, match="lacks cells of the exercise: bias-check"):
        submit(course, ASSIGNMENT, "ada")
    assert submit(course, ASSIGNMENT, "ada", anyway=True).file.name == NAME


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the file is empty"),
        (b"def absorb_bias(): ...", "not a notebook: no JSON"),
        (b"\x00\xff\xfe", "not text"),
        (b"[1, 2]", "without `nbformat`"),
        (b'{"nbformat": 3, "worksheets": []}', "format 3, or without"),
        (b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": 7}', "or without cells"),
    ],
)
def test_what_is_not_a_notebook_is_refused_with_the_reason(course, work, content, words):
    (work / NAME).write_bytes(content)
    with pytest.raises(ClickException, match=f"Not handed in.*{words}"):
        submit(course, ASSIGNMENT, "ada")


def test_a_notebook_that_is_too_large_is_refused(course, work):
    (work / NAME).write_bytes(b" " * 20_000_001)
    with pytest.raises(ClickException, match=r"20 MB.*clear its outputs"):
        submit(course, ASSIGNMENT, "ada")


def test_without_a_copy_of_ones_own_submit_says_how_to_get_one(course, work):
    (work / NAME).unlink()
    with pytest.raises(ClickException, match="no notebook"):
        submit(course, ASSIGNMENT, "ada")
    work.rename(work.with_name("elsewhere"))
    with pytest.raises(ClickException, match=f"course.py start {ASSIGNMENT}"):
        submit(course, ASSIGNMENT, "ada")
    work.with_name("elsewhere").rename(work)


@pytest.mark.parametrize("student", ["a b", "../ada", "*", "a/b", "-ada"])
def test_a_name_that_cannot_be_a_folder_is_refused(course, work, student):
    with pytest.raises(UsageError, match="cannot be a student's name"):
        submit(course, ASSIGNMENT, student)


def test_an_exchange_that_is_not_open_is_named(course, work, monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_EXCHANGE", str(tmp_path / "elsewhere"))
    with pytest.raises(ClickException, match=r"elsewhere.*course.py release"):
        submit(course, ASSIGNMENT, "ada")
