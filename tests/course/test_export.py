"""`course export`: files in the forms that Canvas's and Moodle's gradebooks import."""

import csv
import io

import pytest
import quick_assess
from click.testing import CliRunner
from made_course import ASSIGNMENT, HALF, RIGHT, answered, hand_in, released_course

from nnlib.course import engine
from nnlib.course.export import command
from nnlib.course.grade import grade
from nnlib.course.gradebook import open_gradebook


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    with (
        released_course(tmp_path_factory.mktemp("export") / "my course") as course,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(engine, "assess", quick_assess.assess)
        hand_in(course, "ada", answered(course, RIGHT | {"why-answer": "So that b is a weight."}))
        hand_in(course, "bob", answered(course, HALF))
        hand_in(course, "carl", b"broken")
        with open_gradebook(course) as gradebook:
            names = {"first_name": 'Ada "A."', "last_name": "Lovelace, Countess", "email": "ada@example.org"}
            gradebook.add_student("ada", lms_user_id="4711", **names)
            gradebook.add_student("bob", first_name="=HYPERLINK(1)", last_name="Ω")
            gradebook.add_student("absent")
        grade(course, ASSIGNMENT)
        yield course


def exported(course, monkeypatch, form):
    monkeypatch.chdir(course.root)
    result = CliRunner().invoke(command, [ASSIGNMENT, "--for", form])
    assert result.exit_code == 0, result.output
    content = (course.grading / f"{ASSIGNMENT}-{form}.csv").read_bytes().decode("utf-8")
    return list(csv.reader(io.StringIO(content, newline=""))), result.output


def test_canvas(course, monkeypatch):
    rows, output = exported(course, monkeypatch, "canvas")
    assert rows == [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", ASSIGNMENT],
        ["    Points Possible", "", "", "", "", "5"],
        ["Lovelace, Countess, Ada \"A.\"", "4711", "", "ada", "", "3"],
        ["Ω, =HYPERLINK(1)", "", "", "bob", "", "1"],
    ]  # fmt: skip
    assert "2 students" in output
    assert "1 of them have written answers that wait to be marked" in output


def test_moodle(course, monkeypatch):
    assert exported(course, monkeypatch, "moodle")[0] == [
        ["First name", "Last name", "ID number", "Email address", f"{ASSIGNMENT} (Real)"],
        ['Ada "A."', "Lovelace, Countess", "4711", "ada@example.org", "3"],
        ["'=HYPERLINK(1)", "Ω", "bob", "", "1"],
    ]


def test_everything(course, monkeypatch):
    rows = exported(course, monkeypatch, "csv")[0]
    ada, bob = (dict(zip(rows[0], row)) for row in rows[1:])
    assert (ada["points"], ada["of"], ada["to_mark"], ada["bias-check"], ada["level"]) == (
        "3",
        "5",
        "2",
        "2",
        "stand-in",
    )
    assert (bob["points"], bob["to_mark"], bob["bias-check"], bob["first_name"]) == ("1", "0", "0", "'=HYPERLINK(1)")
    assert int(ada["seed"]) != int(bob["seed"])


def test_an_assignment_that_is_not_in_the_gradebook_is_refused(course, monkeypatch):
    monkeypatch.chdir(course.root)
    result = CliRunner().invoke(command, ["02_other"])
    assert (result.exit_code, "02_other is not in the gradebook" in result.output) == (1, True)
