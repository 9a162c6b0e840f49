"""Two mistakes at once: found by combining what each of them alone does to the values.

Where the right value is a product, each mistake changes its own factor, and both together multiply: value · other /
right. Where it is a sum, each changes its own term: value + other - right. Where it is neither, the question itself
knows what two of them do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from nnlib.grading.catalogue import Catalogue
from nnlib.grading.question import Mistake, Question
from nnlib.grading.questions.fixtures import cast
from nnlib.grading.trials import Trial

EVIDENCE = 2
DETERMINED = 0.5
"""The part of the entries that has to be foretold for evidence; nothing follows where the right value is 0."""
CLOSE = 1e-9
LIKELY = 1e-6


@dataclass(frozen=True, eq=False)
class _Values:
    """The values of some results on one fixture, each array in units of its largest right entry.

    Attributes:
        right, given: the right values and those of the answer.
        start: what a product is measured from, the argument that a result of the same name is the new value of, or 0.
        scale: the units.
    """

    right: np.ndarray
    given: np.ndarray
    start: np.ndarray
    scale: np.ndarray

    @property
    def known(self) -> np.ndarray:
        """Where a product can be foretold: the right value is not 0."""
        return np.abs(self.right - self.start) > CLOSE


def pair(catalogue: Catalogue, trials: Sequence[Trial], results: tuple[int, ...]) -> tuple[Mistake, ...]:
    """The two mistakes that explain these results together on every ordinary input, if there is just one such pair.

    They have to lie in different parts of the formula: almost anything can be put together from two mistakes that undo
    a part of each other.

    Args:
        catalogue: the inputs, and what the question's mistakes make of them.
        trials: the answer on all of these inputs.
        results: the positions of the results to be explained; the mistakes leave all others right.

    Returns:
        Two mistakes, or an empty tuple.
    """
    question = catalogue.question
    ordinary = [k for k, trial in enumerate(trials) if not trial.fixture.edge]
    if question.together:
        return _pair_that_leads_there(question, [trials[k] for k in ordinary], results)
    fitting = [k for k in ordinary if _fits(trials[k], results) and not _all_right(trials[k], results)]
    if len(fitting) < EVIDENCE:
        return ()
    first = fitting[0]
    values = _values(question, trials[first], results)
    alone = {}
    for mistake in question.mistakes:
        if not _parts(question, mistake):
            continue
        other = catalogue.trial(mistake, first)
        if _fits(other, results) and not _agree(_given(other, values.scale, results), values.right):
            alone[mistake] = _given(other, values.scale, results)
    found = _candidates(values, list(alone), np.array([*alone.values()]))
    apart = [both for both in found if not _parts(question, both[0]) & _parts(question, both[1])]
    confirmed = [both for both in apart if _confirmed(both, catalogue, trials, ordinary, results)]
    return confirmed[0] if len(confirmed) == 1 else ()


def _pair_that_leads_there(
    question: Question, trials: Sequence[Trial], results: tuple[int, ...]
) -> tuple[Mistake, ...]:
    """The only two mistakes of different parts that lead to every value, according to the question."""
    if any(trial.outcome.failure for trial in trials):
        return ()
    in_parts = [(mistake, _parts(question, mistake)) for mistake in question.mistakes]
    found = [
        (one, other) for (one, its), (other, others) in combinations(in_parts, 2) if its and others and not its & others
    ]
    # what was called quickly is tried out quickly
    for trial in sorted(trials, key=lambda trial: trial.outcome.seconds):
        value, arguments = trial.outcome.value, cast(trial.fixture.arguments, float)
        found = [both for both in found if question.together(*both, value, arguments)]
    if len(found) != 1 or sum(not _all_right(trial, results) for trial in trials) < EVIDENCE:
        return ()
    return found[0]


def _parts(question: Question, mistake: Mistake) -> set[str]:
    return {part for part, names in question.parts.items() if mistake.name in names}


def _candidates(values: _Values, mistakes: list[Mistake], alone: np.ndarray) -> list[tuple[Mistake, Mistake]]:
    """The pairs that foretell the answer on one input; `alone` has a row for each mistake."""
    right, known = values.right - values.start, values.known
    target = (values.given - values.start)[known] * right[known]
    found = []
    for i in range(len(mistakes) - 1):
        sums = alone[i] + alone[i + 1 :] - values.right
        products = (alone[i] - values.start)[known] * (alone[i + 1 :] - values.start)[:, known]
        as_terms = np.abs(sums - values.given).max(axis=1) <= LIKELY
        as_factors = np.abs(products - target).max(axis=1, initial=0) <= LIKELY
        pairs = [(mistakes[i], mistakes[i + 1 + j]) for j in np.flatnonzero(as_terms | as_factors)]
        found += pairs
    return found


def _confirmed(
    both: tuple[Mistake, Mistake],
    catalogue: Catalogue,
    trials: Sequence[Trial],
    ordinary: Sequence[int],
    results: tuple[int, ...],
) -> bool:
    """On each ordinary input the two foretell the answer, or one of them, like the answer, gives nothing that fits."""
    evidence = 0
    for k in ordinary:
        alone = [catalogue.trial(mistake, k) for mistake in both]
        if not all(_others_right(trial, results) for trial in alone):
            return False
        fits = all(_fits(trial, results) for trial in alone)
        if fits != _fits(trials[k], results):
            return False
        if fits:
            values = _values(catalogue.question, trials[k], results)
            one, other = (_given(trial, values.scale, results) for trial in alone)
            if not _foretold(values, one, other):
                return False
            evidence += not _all_right(trials[k], results) and (
                values.known.mean() >= DETERMINED or _agree(one + other - values.right, values.given)
            )
    return evidence >= EVIDENCE


def _foretold(values: _Values, one: np.ndarray, other: np.ndarray) -> bool:
    """The answer is what one and the other make together, as factors or as terms."""
    if _agree(one + other - values.right, values.given):
        return True
    known = values.known
    product = (one - values.start)[known] * (other - values.start)[known] / (values.right - values.start)[known]
    return _agree(values.start[known] + product, values.given[known])


def _agree(A: np.ndarray, B: np.ndarray) -> bool:
    return bool(np.abs(A - B).max(initial=0) <= CLOSE * max(1.0, np.abs(B).max(initial=0)))


def _fits(trial: Trial, results: tuple[int, ...]) -> bool:
    return not trial.outcome.failure and all(trial.fits(result) for result in results)


def _all_right(trial: Trial, results: tuple[int, ...]) -> bool:
    return all(trial.is_right(result) for result in results)


def _others_right(trial: Trial, results: tuple[int, ...]) -> bool:
    """Also where a mistake gives nothing to compare: then it says nothing about the others."""
    return all(trial.is_right(k) for k in range(len(trial.results)) if k not in results)


def _values(question: Question, trial: Trial, results: tuple[int, ...]) -> _Values:
    entries = [entry for result in results for entry in trial.comparison(result).entries]
    scale = np.concatenate(
        [np.full(entry.expected.size, np.abs(entry.expected).max(initial=0) or 1.0) for entry in entries]
    )
    right = np.concatenate([entry.expected.ravel() for entry in entries]) / scale
    starts = [start for result in results for start in _starts(question, trial, result)]
    return _Values(right, _given(trial, scale, results), np.concatenate(starts) / scale, scale)


def _given(trial: Trial, scale: np.ndarray, results: tuple[int, ...]) -> np.ndarray:
    entries = [entry for result in results for entry in trial.comparison(result).entries]
    return np.concatenate([entry.got.ravel() for entry in entries]) / scale


def _starts(question: Question, trial: Trial, result: int) -> list[np.ndarray]:
    """The argument of the result's name where a step leads from it to the result; zeros otherwise."""
    arguments = dict(zip(question.arguments, trial.fixture.arguments, strict=True))
    before = arguments.get(question.results[result].name)
    entries = trial.comparison(result).entries
    befores = before if isinstance(before, list) else [before]
    if len(befores) == len(entries) and all(
        isinstance(start, np.ndarray) and start.shape == entry.expected.shape
        for start, entry in zip(befores, entries, strict=True)
    ):
        return [start.astype(float).ravel() for start in befores]
    return [np.zeros(entry.expected.size) for entry in entries]
