"""The judge: an answer goes in, a verdict comes out. Nothing is printed here."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from nnlib.grading.catalogue import Catalogue
from nnlib.grading.comparison import Comparison
from nnlib.grading.description import asides_on, changed_arguments, describe, last_word, picture, remarks_on
from nnlib.grading.execution import run
from nnlib.grading.open_question import judge_open
from nnlib.grading.place import source_of
from nnlib.grading.question import OpenQuestion, Question, ValueQuestion
from nnlib.grading.recognition import looks_like_a_finite_difference, name_mistakes
from nnlib.grading.trials import Run, Trial, attempt, unchanged
from nnlib.grading.verdict import Finding, Verdict

SECONDS = 10.0
FINITE_DIFFERENCE = "finite difference in place of the derivative"
CHANGED_ARGUMENTS = "changes its arguments"
KEEPS_STATE = "keeps something between calls"
HALF = 0.5
"""For what is right but for one thing: a finite difference, a changed argument, an edge case."""


def judge(
    question: Question | ValueQuestion | OpenQuestion,
    answer: Any,
    seed: int | None = None,
    run: Run = run,
    seconds: float = SECONDS,
    source: str | None = None,
    catalogue: Catalogue | None = None,
) -> Verdict:
    """Judge an answer on fresh random inputs.

    Args:
        question: what was asked.
        answer: a function from plain data to plain data; for a value question, the value.
        seed: from which the inputs are drawn; a fresh one if None.
        run: calls the answer; by default in this process, on copies of the arguments.
        seconds: for all calls of the answer together; an open question has limits of its own.
        source: the code of the answer, where it cannot be read off the function itself.
        catalogue: of this question and seed; to be given where several answers are judged on the same inputs.

    >>> from nnlib.grading.questions import QUESTIONS
    >>> verdict = judge(QUESTIONS["central_difference"], lambda f_plus, f_minus, h: (f_plus - f_minus) / h)
    >>> verdict.earned, verdict.mistake
    (0.0, 'the 2 of 2h forgotten')
    """
    seed = secrets.randbits(32) if seed is None else seed
    if isinstance(question, ValueQuestion):
        return _judge_value(question, answer, seed)
    if not callable(answer):
        text = f"{question.name} is not a function; expected is def {question.name}({', '.join(question.arguments)})."
        return _nothing(question, seed, Finding("form", text))
    if isinstance(question, OpenQuestion):
        return judge_open(question, answer, seed, run)
    catalogue = catalogue or Catalogue(question, seed)
    trials = _trials(catalogue, answer, run, seconds)
    asides = asides_on(trials)
    ended = last_word(trials[-1])
    if ended:
        return _nothing(question, seed, Finding("stopped", ended), *asides)
    if question.derivative and looks_like_a_finite_difference(trials):
        return _finite_difference(question, seed, asides)

    changed = changed_arguments(trials)
    named = [] if all(trial.right for trial in trials) and not changed else name_mistakes(catalogue, trials)
    state = _state(trials[0], attempt(answer, trials[0].fixture, run, seconds))
    limit = HALF if changed or state else 1.0
    shares = [min(limit, _share(trials, result)) for result in range(len(question.results))]
    mistakes = [mistake for each in named for mistake in each.mistakes]
    share = max(np.mean(shares), mistakes[0].share if len(mistakes) == 1 else 0.0)
    names = [mistake.name for mistake in mistakes] + [CHANGED_ARGUMENTS] * len(changed) + [KEEPS_STATE] * len(state)
    described = describe(question, trials, named, source_of(answer) if source is None else source)
    return Verdict(
        question=question.name,
        earned=float(question.points * share),
        possible=question.points,
        findings=(*described, *changed, *state, *remarks_on(trials), *asides),
        mistake=names[0] if names else None,
        seed=seed,
        picture=picture(trials),
    )


def blame(verdict: Verdict, helpers: Sequence[Verdict], itself: Verdict) -> Verdict:
    """The same verdict, with the fault shown where it is: in another graded function that the answer calls.

    Args:
        verdict: of an answer that is not right.
        helpers: the verdicts of the graded functions that it calls.
        itself: the verdict of the same answer where it calls right ones.
    """
    names = " and ".join(helper.question for helper in helpers if not helper.right)
    if verdict.right or not names:
        return verdict
    there = f"calls your {names}, where something is wrong: begin there."
    if itself.right:
        finding = Finding("elsewhere", f"Your {verdict.question} itself is right. It {there}")
        return replace(verdict, findings=(finding,), mistake=None)
    begin = Finding("elsewhere", f"Your {verdict.question} {there} This is wrong apart from it:")
    return replace(verdict, findings=(begin, *itself.findings), mistake=itself.mistake)


def _trials(catalogue: Catalogue, answer: Callable, run: Run, seconds: float) -> list[Trial]:
    """Call the answer on every fixture, until one call ends in a way that ends the judgement."""
    trials = []
    for fixture in catalogue.fixtures:
        left = seconds - sum(trial.outcome.seconds for trial in trials)
        trials.append(attempt(answer, fixture, run, max(left, 0.1)))
        if last_word(trials[-1]):
            break
    return trials


def _finite_difference(question: Question, seed: int, asides: list[Finding]) -> Verdict:
    text = (
        f"It looks like a {FINITE_DIFFERENCE}: the values are close, but not as close as a formula would be. "
        "It earns half the points: use the formula."
    )
    findings = (Finding("mistake", text), *asides)
    return Verdict(question.name, question.points * HALF, question.points, findings, FINITE_DIFFERENCE, seed)


def _share(trials: Sequence[Trial], result: int) -> float:
    """1 for a result that is right everywhere, half for one that is right but on an edge."""
    if all(trial.is_right(result) for trial in trials):
        return 1.0
    return HALF * all(trial.is_right(result) for trial in trials if not trial.fixture.edge)


def _state(first: Trial, again: Trial) -> list[Finding]:
    """The same arguments have to give the same values at the first call and at the last."""
    if first.outcome.failure or not first.comparisons:
        return []
    same = not again.outcome.failure and len(first.results) == len(again.results)
    if same and all(map(_same_values, first.comparisons, again.comparisons)):
        return []
    text = "Two calls with the same arguments give different values: is something kept between calls, or random?"
    return [Finding("state", text)]


def _same_values(comparison: Comparison, other: Comparison) -> bool:
    if comparison.misfit or other.misfit:
        return bool(comparison.misfit and other.misfit)
    return all(unchanged(a.got, b.got) for a, b in zip(comparison.entries, other.entries, strict=True))


def _nothing(question: Question | ValueQuestion | OpenQuestion, seed: int, *findings: Finding) -> Verdict:
    return Verdict(question.name, 0.0, question.points, findings, None, seed)


def _judge_value(question: ValueQuestion, value: Any, seed: int) -> Verdict:
    try:
        share, mistake, text = question.examine(value)
    except ValueError as error:
        return _nothing(question, seed, Finding("form", str(error)))
    kind = "right" if share == 1 else "values"
    return Verdict(question.name, question.points * share, question.points, (Finding(kind, text),), mistake, seed)
