"""Every wrong answer of the catalogue fails and is named as itself; every right one of another style passes.

COURSE_SEEDS=200 draws more inputs than the default. The table goes to the artifacts.
"""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from nnlib.grading.check import report
from nnlib.grading.diagnosis import judge
from nnlib.grading.question import OpenQuestion, Question, ValueQuestion
from nnlib.grading.questions import QUESTIONS
from nnlib.grading.verdict import Verdict

SEEDS = range(int(os.environ.get("COURSE_SEEDS", "5")))
FUNCTIONS = [name for name, question in QUESTIONS.items() if isinstance(question, Question)]
OPEN = [name for name, question in QUESTIONS.items() if isinstance(question, OpenQuestion)]
# each verdict trains several times
OPEN_SEEDS = range(max(1, len(SEEDS) // 5))
VALUES = [name for name, question in QUESTIONS.items() if isinstance(question, ValueQuestion)]
GRADIENTS = {
    "scalar_gradients", "hidden_delta", "layer_gradients", "backward", "sgd_epoch",
    "momentum_step", "batchnorm_backward", "residual_backward", "dense_backward",
}  # fmt: skip
LINES_AT_MOST = 12


@pytest.fixture(autouse=True)
def six_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """How long an open question lets an answer train is not measured anew for each verdict."""
    monkeypatch.setattr("nnlib.grading.questions.digits.train.budget", lambda: 6.0)


@pytest.fixture
def table(artifacts: Path, request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """Rows of the report on one test, written when it is done: tests may run side by side."""
    rows = ["| question | answer | verdicts | points |", "|---|---|---|---|"]
    yield rows
    folder = artifacts / "mutation_matrix"
    folder.mkdir(exist_ok=True)
    (folder / f"{request.node.name}.md").write_text("\n".join(rows) + "\n", encoding="utf-8")


def summary(verdicts: list[Verdict]) -> str:
    named = Counter(verdict.mistake or ("right" if verdict.right else "not named") for verdict in verdicts)
    points = sorted({f"{verdict.earned:g} of {verdict.possible:g}" for verdict in verdicts})
    return f"{', '.join(f'{name} ({count})' for name, count in named.items())} | {', '.join(points)}"


def seeds(name: str) -> range:
    return OPEN_SEEDS if name in OPEN else SEEDS


@pytest.mark.parametrize("name", FUNCTIONS + OPEN)
def test_every_mistake_fails_and_is_named_as_itself(name: str, table: list[str]) -> None:
    question = QUESTIONS[name]
    # what is wrong in one result of several leaves the others right, and on edges alone it earns half of its share
    most = question.points - 1 if name in OPEN else question.points * (1 - 0.5 / len(question.results))
    for mistake in question.mistakes:
        verdicts = [judge(question, mistake.code, seed) for seed in seeds(name)]
        table.append(f"| {name} | {mistake.name} | {summary(verdicts)} |")
        for verdict in verdicts:
            text = report(verdict)
            assert verdict.mistake == mistake.name, f"seed {verdict.seed}\n{text}"
            assert mistake.share * question.points <= verdict.earned <= most + 1e-9, text
            assert mistake.hint in " ".join(finding.text for finding in verdict.findings)
            assert "Traceback" not in text
            assert len(text.splitlines()) <= LINES_AT_MOST, text


@pytest.mark.parametrize("name", FUNCTIONS + OPEN)
def test_every_equivalent_gets_full_points(name: str, table: list[str]) -> None:
    question = QUESTIONS[name]
    for style, answer in {"the reference": question.reference, **question.equivalents}.items():
        verdicts = [judge(question, answer, seed) for seed in seeds(name)]
        table.append(f"| {name} | {style} | {summary(verdicts)} |")
        for verdict in verdicts:
            assert verdict.earned == question.points, f"{style}, seed {verdict.seed}\n{report(verdict)}"


@pytest.mark.parametrize("name", FUNCTIONS + OPEN)
def test_the_catalogue_is_large_and_its_names_are_distinct(name: str) -> None:
    question = QUESTIONS[name]
    assert len(question.mistakes) >= (15 if name in GRADIENTS else 6)
    assert len(question.equivalents) >= 3
    assert len({mistake.name for mistake in question.mistakes}) == len(question.mistakes)
    assert len({mistake.hint for mistake in question.mistakes}) > 0.7 * len(question.mistakes)


@pytest.mark.parametrize("name", VALUES)
def test_every_wrong_value_is_named(name: str) -> None:
    for mistake in QUESTIONS[name].mistakes:
        verdict = judge(QUESTIONS[name], mistake.code)
        assert (verdict.mistake, verdict.earned) == (mistake.name, 0), report(verdict)


@pytest.mark.parametrize("name", VALUES)
def test_every_right_value_gets_its_points(name: str) -> None:
    for style, value in QUESTIONS[name].equivalents.items():
        verdict = judge(QUESTIONS[name], value)
        assert verdict.right, f"{style}\n{report(verdict)}"
