"""The verdict on an open question: the answer is called as often as the question likes, and its results are tried."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from nnlib.grading.description import asides_on, last_word, stopped
from nnlib.grading.question import OpenQuestion
from nnlib.grading.trials import Fixture, Run, Trial, unchanged
from nnlib.grading.verdict import Finding, Verdict


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
        trials.append(_attempt(question, answer, arguments, run, seconds))
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


def _attempt(question: OpenQuestion, answer: Callable, arguments: tuple, run: Run, seconds: float) -> Trial:
    """Call the answer once; if it does not return, `misfit` says how it ended."""
    outcome = run(answer, arguments, seconds)
    pairs = zip(question.arguments, arguments, outcome.arguments, strict=True)
    changed = tuple(name for name, before, after in pairs if not unchanged(before, after))
    trial = Trial(Fixture("", False, arguments, (), 0.0), outcome, changed=changed)
    if outcome.failure is None:
        return trial
    return replace(trial, misfit=last_word(trial) or stopped(question, trial, outcome.failure, some=False))
