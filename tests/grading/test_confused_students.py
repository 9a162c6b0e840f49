"""Wrong answers that the catalogue does not have get facts, and never the name of a mistake that was not made."""

import pytest
from confused_answers import CONFUSED, NAMES

from nnlib.grading.check import report
from nnlib.grading.diagnosis import judge
from nnlib.grading.question import Question
from nnlib.grading.questions import QUESTIONS


@pytest.mark.parametrize("name", CONFUSED)
def test_no_answer_is_called_by_a_wrong_name(name: str) -> None:
    question = QUESTIONS[name]
    assert isinstance(question, Question)
    catalogue = {mistake.name for mistake in question.mistakes}
    for number, answer in enumerate(CONFUSED[name]):
        for seed in range(3):
            verdict = judge(question, answer, seed)
            said = [finding.text for finding in verdict.findings if finding.kind == "mistake"]
            named = {each for each in catalogue if any(_names(text, each) for text in said)}
            assert named <= NAMES[answer], f"answer {number}\n{report(verdict)}"
            assert verdict.earned < verdict.possible
            assert any(finding.kind in ("values", "ratio", "form", "stopped", "edge") for finding in verdict.findings)


def _names(text: str, mistake: str) -> bool:
    """A finding names this mistake, alone or as one of two."""
    return text == f"It looks like this: {mistake}." or (
        "two mistakes at once" in text and any(each.strip(" .") == mistake for each in _two(text))
    )


def _two(text: str) -> list[str]:
    return text.removeprefix("It looks like two mistakes at once:").split("; and ")


@pytest.mark.parametrize("name", CONFUSED)
def test_there_are_ten_for_each(name: str) -> None:
    assert len(CONFUSED[name]) == 10
