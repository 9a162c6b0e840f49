"""The riddles of the lectures: their code is the mistake that they name and no other one, and each button answers."""

import ast
import re
from collections.abc import Callable
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbformat import NotebookNode

from nnlib.grading.catalogue import Catalogue
from nnlib.grading.diagnosis import judge
from nnlib.grading.execution import run
from nnlib.grading.question import Question
from nnlib.grading.questions import CHAPTERS, QUESTIONS
from nnlib.grading.recognition import name_mistakes
from nnlib.grading.riddles import RIDDLES, SEED, answer_to, choices, code_of, mistake_of
from nnlib.grading.spot_the_bug import spot_the_bug
from nnlib.grading.trials import attempt, fixtures

ROOT = Path(__file__).parents[2]
CHAPTER_OF = {path.parent.name[:2]: path.stem for path in (ROOT / "solutions").glob("*/*.ipynb")}
LECTURES = [path for path in sorted((ROOT / "lectures").glob("*.ipynb")) if path.stem[:2] in CHAPTER_OF]
FUNCTIONS = [name for name in RIDDLES if isinstance(QUESTIONS[name], Question)]
SEEDS = range(6)
LINES_AT_MOST = 12
CELL = r'from nnlib.grading.spot_the_bug import spot_the_bug\n\nspot_the_bug\("(\w+)"\)'


@pytest.fixture(params=LECTURES, ids=lambda path: path.stem)
def path(request: pytest.FixtureRequest) -> Path:
    return request.param


def riddle_cells(notebook: NotebookNode) -> list[int]:
    return [k for k, cell in enumerate(notebook.cells) if "spot_the_bug(" in cell.source]


def as_shown(name: str) -> Callable:
    """The function that stands in the riddle, run from its text."""
    names = dict(mistake_of(name, RIDDLES[name].mistake).code.__globals__)
    exec(code_of(name), names)
    return names[name]


def test_each_lecture_has_one_riddle_of_its_own_exercise_just_before_it(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    (k,) = riddle_cells(notebook)
    text, cell, answer, exercise = notebook.cells[k - 1 : k + 3]
    (name,) = re.fullmatch(CELL, cell.source).groups()
    assert name in CHAPTERS[CHAPTER_OF[path.stem[:2]]]
    assert [c.id for c in (text, cell, answer)] == ["spot-the-bug", "spot-the-bug-run", "spot-the-bug-answer"]
    assert text.source.startswith("### Spot the bug\n")
    assert exercise.id == "exercise"
    opened = f"<details><summary>Answer</summary>\n\n*{RIDDLES[name].mistake}.*"
    assert answer.source.lower().startswith(opened.lower())
    assert answer.source.endswith("</details>")


def test_each_riddle_stands_in_a_lecture() -> None:
    sources = [cell.source for path in LECTURES for cell in nbformat.read(path, as_version=4).cells]
    named = re.findall(r'spot_the_bug\("(\w+)"\)', "\n".join(sources))
    assert sorted(named) == sorted(RIDDLES)


@pytest.mark.parametrize("name", RIDDLES)
def test_its_code_is_short_and_under_the_name_and_arguments_of_the_question(name: str) -> None:
    (function,) = ast.parse(code_of(name)).body
    assert isinstance(function, ast.FunctionDef)
    assert function.name == name
    assert [argument.arg for argument in function.args.args] == list(QUESTIONS[name].arguments)
    assert len(code_of(name).splitlines()) <= LINES_AT_MOST
    assert not re.search(r"#|\b_[a-z]|slope_of|sigma_of", code_of(name))


@pytest.mark.parametrize("name", RIDDLES)
def test_its_code_as_shown_is_judged_as_the_mistake_it_names(name: str) -> None:
    function = as_shown(name)
    for seed in SEEDS if name in FUNCTIONS else (0,):
        verdict = judge(QUESTIONS[name], function, seed)
        assert verdict.mistake == RIDDLES[name].mistake, f"seed {seed}: {verdict.findings}"
        assert verdict.earned < verdict.possible


@pytest.mark.parametrize("name", RIDDLES)
def test_the_choices_are_four_mistakes_of_the_question(name: str) -> None:
    assert len(set(choices(name))) == 4
    assert set(choices(name)) == {RIDDLES[name].mistake, *RIDDLES[name].others}
    assert set(choices(name)) <= {mistake.name for mistake in QUESTIONS[name].mistakes}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_code_does_what_no_other_mistake_does(name: str) -> None:
    for seed in SEEDS:
        catalogue = Catalogue(QUESTIONS[name], seed)
        trials = [attempt(as_shown(name), fixture, run, 5) for fixture in catalogue.fixtures]
        explained = [mistake.name for named in name_mistakes(catalogue, trials) for mistake in named.mistakes]
        assert explained == [RIDDLES[name].mistake], f"seed {seed}"


def test_the_right_answer_is_not_always_at_the_same_place() -> None:
    places = {choices(name).index(riddle.mistake) for name, riddle in RIDDLES.items()}
    assert len(places) > 1


@pytest.mark.parametrize("name", RIDDLES)
def test_each_button_answers_at_once(name: str) -> None:
    riddle, shown = RIDDLES[name], spot_the_bug(name)
    assert [button.description for button in shown.buttons] == choices(name)
    assert shown.said == ""
    for button in shown.buttons:
        button.click()
        right = button.description == riddle.mistake
        assert button.icon == ("check" if right else "times")
        assert shown.said == answer_to(name, button.description)
        assert shown.said.startswith(f"Right: {riddle.mistake}. " if right else "Not this one. With that mistake")
        assert (mistake_of(name, riddle.mistake).hint in shown.said) == right
        message = shown.children[-1].value
        assert 'role="status"' in message
        assert shown.said.split()[0] in message


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_number_in_the_answer_is_what_the_code_gives(name: str) -> None:
    question = QUESTIONS[name]
    text = answer_to(name, RIDDLES[name].mistake)
    got, right = re.search(r"is (\S+); (\S+) is right\.$", text).groups()
    arguments = next(fixtures(question, SEED)).arguments
    for function, number in ((as_shown(name), got), (question.reference, right)):
        value = question.settle(function(*arguments), arguments) if question.settle else function(*arguments)
        assert number in {f"{entry:.4g}".replace("-", "−") for entry in entries(value)}
    assert got != right


def test_the_digits_read_are_those_which_the_check_counts() -> None:
    right, wrong = (answer_to("train", choice) for choice in (RIDDLES["train"].mistake, "changes its arguments"))
    read = int(re.search(r"reads (\d+)%\.$", right)[1])
    would_read, read_again = map(int, re.search(r"would read (\d+)% .* reads (\d+)%\.", wrong).groups())
    assert read == read_again
    assert read < 60 < 90 < would_read


def entries(value: object) -> list[float]:
    if isinstance(value, (list, tuple)):
        return [entry for part in value for entry in entries(part)]
    return np.ravel(value).tolist()


def test_where_no_widget_can_be_shown_code_and_choices_stand_in() -> None:
    text = spot_the_bug("descend")._repr_mimebundle_()["text/plain"]
    assert text.startswith("def descend(H, w0, step_size, steps):")
    assert all(f"- {choice}" in text for choice in choices("descend"))


def test_an_unknown_riddle_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="descend"):
        spot_the_bug("ascend")
