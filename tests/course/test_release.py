"""`course release`: what students get is what solutions/ gives, and nothing of anybody's is lost."""

import shutil

import nbformat
import pytest
from click import ClickException, UsageError
from click.testing import CliRunner
from made_course import ASSIGNMENT, NAME, RIGHT, answered, released_course, source_notebook

from nnlib.course import ROOT
from nnlib.course.gradebook import knows, open_gradebook
from nnlib.course.paths import Course, assignments, find_course
from nnlib.course.release import checked, command, difference, faults, generate, release


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    with released_course(tmp_path_factory.mktemp("release") / "my course") as course:
        yield course


@pytest.fixture
def course(released, tmp_path):
    """A copy of the released course, to be changed."""
    return Course(shutil.copytree(released.root, tmp_path / "my course"))


def cells(course):
    return {cell.id: cell for cell in nbformat.read(course.notebook(ASSIGNMENT), as_version=4).cells}


@pytest.mark.parametrize("assignment", assignments(ROOT / "solutions"))
def test_exercises_of_this_course_are_what_solutions_give(assignment):
    course = Course(ROOT)
    content = checked(course, assignment, generate(course, assignment, register=False))
    assert difference(course, assignment, content) == []


def test_release_puts_the_exercise_into_the_folder_the_gradebook_and_the_exchange(course):
    assert "NotImplementedError" in cells(course)["bias-answer"].source
    assert cells(course)["why-answer"].source == "YOUR ANSWER HERE"
    assert cells(course)["bias-check"].metadata.editable is False
    outbound = course.grading / "exchange" / "neural-networks" / "outbound" / ASSIGNMENT
    assert [path.name for path in outbound.iterdir()] == [NAME]
    with open_gradebook(course) as gradebook:
        assert knows(gradebook, ASSIGNMENT)
        assert gradebook.find_assignment(ASSIGNMENT).max_score == 5
    assert sorted(path.name for path in course.root.iterdir()) == [
        "exercises", "grading", "nbgrader_config.py", "solutions", "work",
    ]  # fmt: skip


def test_release_gives_the_same_bytes_each_time(course):
    first = generate(course, ASSIGNMENT, register=False)
    assert generate(course, ASSIGNMENT, register=True) == first


def test_check_tells_drift_and_changes_nothing(course, monkeypatch):
    monkeypatch.chdir(course.solutions)
    assert CliRunner().invoke(command, ["--check"]).exit_code == 0
    notebook = source_notebook()
    notebook.cells[0].source = "# Two functions more"
    nbformat.write(notebook, course.source(ASSIGNMENT))
    before = course.notebook(ASSIGNMENT).read_bytes()
    result = CliRunner().invoke(command, ["--check"])
    assert result.exit_code == 1
    assert "Two functions more" in result.output
    assert course.notebook(ASSIGNMENT).read_bytes() == before
    release(course, ASSIGNMENT)
    assert CliRunner().invoke(command, ["--check"]).exit_code == 0


def test_release_refuses_to_touch_files_it_did_not_make(course):
    mine = course.exercises / ASSIGNMENT / "my notes.txt"
    mine.write_text("mine")
    with pytest.raises(ClickException, match=r"my notes\.txt"):
        release(course, ASSIGNMENT)
    assert mine.read_text() == "mine"


def test_release_refuses_to_overwrite_answers_written_into_the_exercise_itself(course):
    nbformat.write(answered(course, RIGHT), course.notebook(ASSIGNMENT))
    before = course.notebook(ASSIGNMENT).read_bytes()
    with pytest.raises(ClickException, match="bias-answer, difference-answer"):
        release(course, ASSIGNMENT)
    assert course.notebook(ASSIGNMENT).read_bytes() == before


def test_files_beside_a_solution_are_not_released(course):
    for name in ("reference.py", "hidden.npz", "data.csv", "notes"):
        (course.solutions / ASSIGNMENT / name).write_text("secret")
    release(course, ASSIGNMENT)
    assert [path.name for path in (course.exercises / ASSIGNMENT).iterdir()] == [NAME]


def test_a_solution_that_would_be_left_in_the_release_is_found(course):
    source = source_notebook()
    released = nbformat.read(course.notebook(ASSIGNMENT), as_version=4)
    assert faults(source, released) == []
    released.cells[0].source += "\nHint: return Z_1, np.hstack([W, b[:, np.newaxis]])"
    released.cells[4].source = "def central_difference():\n    return None"
    assert faults(source, released) == [
        "no stub to fill in: cell difference-answer",
        "solution of bias-answer still there: return Z_1, np.hstack([W, b[:, np.newaxis]])",
    ]


@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # of nbgrader's own add_submission
def test_cells_cannot_be_added_once_there_are_submissions_and_nothing_changes_then(course):
    with open_gradebook(course) as gradebook:
        gradebook.add_student("ada")
        gradebook.add_submission(ASSIGNMENT, "ada")
    notebook = source_notebook()
    notebook.cells.pop(3)
    nbformat.write(notebook, course.source(ASSIGNMENT))
    before = course.notebook(ASSIGNMENT).read_bytes()
    with pytest.raises(ClickException, match="Cannot add or remove cells"):
        release(course, ASSIGNMENT)
    assert course.notebook(ASSIGNMENT).read_bytes() == before


def test_an_unknown_assignment_is_answered_with_the_known_ones(course):
    with pytest.raises(UsageError, match=ASSIGNMENT):
        release(course, "99_none")


def test_the_course_is_found_from_below_and_else_where_the_package_lies(course, tmp_path):
    assert find_course(course.solutions / ASSIGNMENT) == course
    assert find_course(tmp_path) == Course(ROOT)
