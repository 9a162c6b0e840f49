"""The verdict on an open question: the answer is called as often as the question likes, and its results are tried."""

from collections.abc import Callable

import numpy as np

from nnlib.grading.description import asides_on, last_word, stopped
from nnlib.grading.question import OpenQuestion
from nnlib.grading.trials import Fixture, Run, Trial
from nnlib.grading.verdict import Finding, Verdict


class OpenTrial(Trial):
    """A call of an answer that has no single right result."""

    @property
    def misfit(self) -> str:
        """How the call ended if it did not return, or ""."""
        if self.outcome.failure is None:
            return ""
        return last_word(self) or stopped(self.fixture.question, self, self.outcome.failure, some=False)


def judge_open(question: OpenQuestion, answer: Callable, seed: int, run: Run) -> Verdict:
    """Judge an answer by what its results can do.

    Args:
        question: what was asked.
        answer: a function from plain data to plain data.
        seed: from which the question draws its inputs.
        run: calls the answer.
    """
    trials = []

    def call(arguments: tuple, seconds: float) -> Trial:
        trials.append(OpenTrial(Fixture(question, "", False, arguments), run(answer, arguments, seconds)))
        return trials[-1]

    share, mistake, findings = question.examine(call, np.random.default_rng(seed))
    hints = {each.name: each.hint for each in question.mistakes}
    named = [Finding("mistake", f"It looks like this: {mistake}.")] if mistake else []
    hint = [Finding("hint", hints[mistake], 3)] if mistake else []
    return Verdict(
        question=question.name,
        earned=float(question.points * share),
        possible=question.points,
        findings=(*named, *findings, *hint, *asides_on(trials)),
        mistake=mistake,
        seed=seed,
    )
