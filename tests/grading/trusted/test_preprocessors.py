"""Plain `nbgrader autograde` gives the same scores as `assess`."""

import hashlib
import json
import os
import sys
import warnings
from pathlib import Path

import nbformat
import pytest
from grading.trusted.hostile import in_process, notebooks
from grading.trusted.made_release import RIGHT, points, release, submission
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from nnlib.grading.trusted.assess import Bundle, assess

ASSIGNMENT, NAME = "00_made", "made.ipynb"


def seed_of(assignment: str, sha256: str) -> int:
    return int(sha256[:8], 16)


def settings(root: Path) -> Config:
    c = Config()
    c.CourseDirectory.root = str(root)
    c.CourseDirectory.db_url = f"sqlite:///{root / 'gradebook.db'}"
    c.CourseDirectory.assignment_id = ASSIGNMENT
    c.Autograde.sanitize_preprocessors = [
        "nnlib.grading.trusted.preprocessors.FromRelease",
        "nbgrader.preprocessors.CheckCellMetadata",
    ]
    c.Autograde.autograde_preprocessors = [
        "nnlib.grading.trusted.preprocessors.Assess",
        "nbgrader.preprocessors.SaveAutoGrades",
        "nbgrader.preprocessors.AssignLatePenalties",
        "nbgrader.preprocessors.CheckCellMetadata",
    ]
    c.FromRelease.release_directory = c.Assess.release_directory = str(root / "release")
    c.Assess.seed = seed_of
    return c


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with one released exercise."""
    root = tmp_path_factory.mktemp("course")
    (root / "source" / ASSIGNMENT).mkdir(parents=True)
    (root / "source" / ASSIGNMENT / NAME).write_bytes(release())
    config = settings(root)
    with warnings.catch_warnings(action="ignore"), pytest.MonkeyPatch.context() as environment:
        # the first use of a gradebook calls the program `alembic`, which lies beside the interpreter
        environment.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
        GenerateAssignment(coursedir=CourseDirectory(config=config), config=config).start()
    return root


def autograde(course: Path, student: str, notebook: dict) -> bytes:
    folder = course / "submitted" / student / ASSIGNMENT
    folder.mkdir(parents=True)
    content = json.dumps(notebook).encode()
    (folder / NAME).write_bytes(content)
    config = settings(course)
    config.CourseDirectory.student_id = student
    with warnings.catch_warnings(action="ignore"):
        Autograde(coursedir=CourseDirectory(config=config), config=config).start()
    return content


@pytest.mark.parametrize(
    ("student", "answers", "edit"),
    [
        ("ada", RIGHT, None),
        ("bob", {**RIGHT, "output_delta": in_process.WRONG}, None),
        ("eve", {**RIGHT, "output_delta": in_process.WRONG}, "tags that skip the checks"),
        ("mallory", {**RIGHT, "output_delta": in_process.WRONG}, "100 points for each cell"),
    ],
)
def test_nbgrader_gives_the_same_scores(course: Path, student: str, answers: dict, edit: str | None) -> None:
    released = (course / "release" / ASSIGNMENT / NAME).read_bytes()
    notebook = submission(answers, of=released)
    if edit:
        next(case.edit for case in notebooks.CASES if case.name == edit)(notebook)
    content = autograde(course, student, notebook)
    seed = seed_of(ASSIGNMENT, hashlib.sha256(content).hexdigest())
    expected = points(assess(Bundle(ASSIGNMENT, "made", released), content, seed))
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        grades = gradebook.find_submission_notebook("made", ASSIGNMENT, student).grades
        assert {grade.name: grade.auto_score for grade in grades} == expected
        assert {grade.name: grade.max_score for grade in grades}["output-delta-check"] == 2
    graded = nbformat.read(course / "autograded" / student / ASSIGNMENT / NAME, as_version=4)
    assert graded.metadata.graded.seed == seed
    assert graded.metadata.graded.level.startswith("bubblewrap")


def test_what_cannot_be_graded_is_reported(course: Path) -> None:
    with pytest.raises(NbGraderException):
        autograde(course, "zoe", {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [5]})
