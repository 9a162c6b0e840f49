"""Every wrong answer of the catalogue fails and is named as itself; every right one of another style passes.

COURSE_SEEDS=200 draws more inputs than the default. The table goes to the artifacts.
"""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from mutation_matrix import SECONDS_OF_A_TRAINING, matrix, seeds_of, summary, write

from nnlib.grading.question import Question, ValueQuestion
from nnlib.grading.questions import QUESTIONS

SEEDS = range(int(os.environ.get("COURSE_SEEDS", "5")))
FUNCTIONS = [name for name, question in QUESTIONS.items() if not isinstance(question, ValueQuestion)]
GRADIENTS = {
    "scalar_gradients", "hidden_delta", "layer_gradients", "backward", "sgd_epoch",
    "momentum_step", "batchnorm_backward", "residual_backward", "dense_backward",
}  # fmt: skip


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_mistake_is_named_as_itself_and_every_right_answer_gets_full_points(
    name: str, artifacts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # how long an open question lets an answer train is not measured anew for each verdict
    monkeypatch.setattr("nnlib.grading.questions.digits.train.budget", lambda: SECONDS_OF_A_TRAINING)
    rows = matrix(name, seeds_of(name, SEEDS))
    write(name, rows, artifacts / "mutation_matrix")
    assert not [miss for row in rows for miss in row.misses]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_catalogue_is_large_and_its_names_are_distinct(name: str) -> None:
    question = QUESTIONS[name]
    assert len(question.mistakes) >= (15 if name in GRADIENTS else 6)
    assert len(question.equivalents) >= 3
    assert len({mistake.name for mistake in question.mistakes}) == len(question.mistakes)
    assert len({mistake.hint for mistake in question.mistakes}) > 0.7 * len(question.mistakes)


def test_a_mistake_under_another_name_and_a_wrong_equivalent_are_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    question = QUESTIONS["layer_gradients"]
    assert isinstance(question, Question)
    first, *others = question.mistakes
    no_mistake = replace(first, code=question.reference)
    planted = replace(question, mistakes=(no_mistake, *others), equivalents={"a wrong one": first.code})
    monkeypatch.setattr("mutation_matrix.QUESTIONS", {"layer_gradients": planted})
    rows = matrix("layer_gradients", [1, 2])
    assert [len(row.misses) for row in rows if row.answer in (first.name, "a wrong one")] == [2, 2]
    assert summary("layer_gradients", rows)[3:] == [2, 4]
