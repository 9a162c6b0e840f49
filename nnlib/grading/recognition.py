"""Recognises mistakes: by name, as a constant factor, as a finite difference. Rather silent than wrong."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnlib.grading.catalogue import Catalogue
from nnlib.grading.comparison import as_numbers, distance
from nnlib.grading.pairs import pair
from nnlib.grading.question import Mistake, OneFaultError, Question
from nnlib.grading.trials import Trial

EVIDENCE = 2
"""A mistake is named when the answer is wrong in the same way on at least so many independent inputs."""

NEAR = 0.5
"""An answer with larger errors is no approximation, relative to the largest entry."""
PART_OF_THE_ERROR = 1e-3
ROUNDING = 1e-12
EXACT = "integer arrays"


@dataclass(frozen=True)
class Named:
    """What explains the wrong values of some results: a mistake, or two made at once."""

    mistakes: tuple[Mistake, ...]
    results: tuple[int, ...]


@np.errstate(all="ignore")
def name_mistakes(catalogue: Catalogue, trials: Sequence[Trial]) -> list[Named]:
    """What explains the wrong values: one mistake for the whole answer, or one for each result, or two at once.

    Args:
        catalogue: the inputs, and what the question's mistakes make of them.
        trials: the answer on all of these inputs.
    """
    question = catalogue.question
    everything = tuple(range(len(question.results)))
    whole = _explaining(catalogue, trials, everything)
    if len(whole) == 1:
        return [Named((whole[0],), everything)]
    if whole or _is_a_constant_factor(question, trials):
        return []
    named = [] if len(everything) == 1 else _name_each(catalogue, trials)
    # what leaves a result right that one of the two alone makes wrong would have to cancel: not likely enough
    wrong = tuple(k for k in everything if not all(trial.is_right(k) for trial in trials))
    if set(wrong) - {result for each in named for result in each.results}:
        both = pair(catalogue, trials, wrong)
        named = [Named(both, wrong)] if both else named
    return named


def _name_each(catalogue: Catalogue, trials: Sequence[Trial]) -> list[Named]:
    """For each wrong result the one mistake, or the two at once, that explain it and leave the others right."""
    named = []
    for result in range(len(catalogue.question.results)):
        if all(trial.is_right(result) for trial in trials):
            continue
        single = _explaining(catalogue, trials, (result,))
        if len(single) == 1:
            named.append(Named((single[0],), (result,)))
        elif not single and not constant_ratio(catalogue.question, trials, result):
            both = pair(catalogue, trials, (result,))
            named += [Named(both, (result,))] if both else []
    return named


def _is_a_constant_factor(question: Question, trials: Sequence[Trial]) -> bool:
    """One result, and a factor that can be said without naming any mistake."""
    return len(question.results) == 1 and bool(constant_ratio(question, trials, 0))


def _explaining(catalogue: Catalogue, trials: Sequence[Trial], results: tuple[int, ...]) -> list[Mistake]:
    """The mistakes that do what the answer does, wherever it matters, and are wrong on at least two inputs.

    An answer with wrong values on ordinary inputs is compared there, and by its values alone; any other answer
    everywhere, and by the arguments that it changes too. A mistake explains one result out of several only if it
    leaves the others right.
    """
    ordinary = [k for k, trial in enumerate(trials) if not trial.fixture.edge]
    by_values = not all(trials[k].right for k in ordinary)
    compared = ordinary if by_values else range(len(trials))
    found = catalogue.question.mistakes
    # a difference quotient is far off where it reaches over a kink: one input alone tells nothing
    if any(each.share for each in found) and 2 * sum(_is_near(trials[k], results) for k in compared) <= len(compared):
        found = [each for each in found if not each.share]
    # where the answer is wrong, nearly every mistake is another one: the first such input leaves few for the others
    telling = next((k for k in ordinary if _is_wrong(trials[k], results, by_values)), ordinary[0])
    for k in sorted(compared, key=lambda k: k != telling):
        found = [each for each in found if _does_the_same(trials[k], catalogue.trial(each, k), results, by_values)]
    if not found:
        return []
    wrong = [k for k in compared if _is_wrong(trials[k], results, by_values)]
    return [each for each in found if sum(not catalogue.trial(each, k).outcome.failure for k in wrong) >= EVIDENCE]


def _is_near(trial: Trial, results: tuple[int, ...]) -> bool:
    """The results may be approximations of the right ones."""
    return all(trial.fits(i) and trial.comparison(i).error <= NEAR for i in results)


def _does_the_same(theirs: Trial, ours: Trial, results: tuple[int, ...], by_values: bool) -> bool:
    """The results agree, and all others are right."""
    if not all(_agree(theirs, ours, i) for i in results) or (not by_values and theirs.changed != ours.changed):
        return False
    return all(ours.is_right(i) for i in range(len(ours.results)) if i not in results)


def _is_wrong(trial: Trial, results: tuple[int, ...], by_values: bool) -> bool:
    """It came to something, and that is not right."""
    changed = bool(trial.changed) and not by_values
    return not trial.outcome.failure and (changed or not all(trial.is_right(i) for i in results))


def _agree(theirs: Trial, ours: Trial, result: int) -> bool:
    """Both calls did the same as far as this result goes: same values, or neither gave anything of the right form."""
    if theirs.fits(result) and ours.fits(result):
        compared, other = theirs.comparison(result), ours.comparison(result)
        tolerance = compared.tolerance
        if compared.error > tolerance:
            tolerance = min(tolerance, PART_OF_THE_ERROR * compared.error)
        pairs = zip(compared.entries, other.entries, strict=True)
        return all(distance(mine.got, its.got) <= tolerance for mine, its in pairs)
    if theirs.fits(result) or ours.fits(result):
        return False
    if theirs.outcome.failure or ours.outcome.failure:
        return True
    if issubclass(theirs.fault, OneFaultError):
        return theirs.misfit == ours.misfit
    if theirs.results and ours.results:
        return _alike(theirs.results[result], ours.results[result], theirs.fixture.tolerance)
    return _alike(theirs.outcome.value, ours.outcome.value, theirs.fixture.tolerance)


def _alike(value: Any, other: Any, tolerance: float) -> bool:
    """Equal plain data of any form."""
    if isinstance(value, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(value) == len(other) and all(_alike(*pair, tolerance) for pair in zip(value, other, strict=True))
    A, not_numbers = as_numbers("", value)
    B, other_not_numbers = as_numbers("", other)
    if not_numbers or other_not_numbers:
        return value is None and other is None
    return A.shape == B.shape and distance(A.astype(float), B.astype(float)) <= tolerance


def constant_ratio(question: Question, trials: Sequence[Trial], result: int) -> str:
    """The factor between the answer and the truth in words, if it is the same everywhere; else "".

    A factor counts as m (or a width) only if it follows m from one input to the next.
    """
    ratios, sizes = [], []
    for trial in trials:
        if trial.fixture.edge or not trial.fits(result):
            continue
        ratio = _ratio(trial, result)
        if ratio is None:
            return ""
        ratios.append(ratio)
        sizes.append(_sizes(question, trial))
    if len(ratios) < EVIDENCE:
        return ""
    for symbol in set.intersection(*map(set, sizes)):
        values = [size[symbol] for size in sizes]
        if len(set(values)) == 1:
            continue
        for power, way in ((1, "large"), (-1, "small")):
            rest = np.array(ratios) / np.array(values, dtype=float) ** power
            if np.allclose(rest, rest[0], rtol=1e-6) and rest[0] != 0:
                size = abs(rest[0]) ** power
                factor = symbol if np.isclose(size, 1) else f"{size:.4g}·{symbol}"
                return f"{factor} times too {way}" + ", and of the wrong sign" * bool(rest[0] < 0)
    if not np.allclose(ratios, ratios[0], rtol=1e-6):
        return ""
    if ratios[0] == 0:
        return "zero"
    if np.isclose(ratios[0], -1):
        return "of the wrong sign"
    sign = ", and of the wrong sign" if ratios[0] < 0 else ""
    size = abs(ratios[0])
    if f"{size:.4g}" == "1":
        return ""
    return (f"{size:.4g} times too large" if size > 1 else f"{1 / size:.4g} times too small") + sign


def _ratio(trial: Trial, result: int) -> float | None:
    """The one factor by which all entries of all arrays differ, or None."""
    entries = trial.comparison(result).entries
    expected = np.concatenate([entry.expected.ravel() for entry in entries])
    got = np.concatenate([entry.got.ravel() for entry in entries])
    ratio = float(expected @ got / (expected @ expected)) if expected.any() else 0.0
    return ratio if distance(got, ratio * expected) <= trial.fixture.tolerance else None


def _sizes(question: Question, trial: Trial) -> dict[str, int]:
    """The lecture's sizes in this trial, read off the arguments: {"m": 6, "d_i": 4}."""
    sizes = {}
    for shape, value in zip(question.arguments.values(), trial.fixture.arguments, strict=True):
        if isinstance(value, np.ndarray) and shape:
            sizes |= zip(shape.strip("()").replace(" ", "").split(","), value.shape, strict=False)
    return sizes


def looks_like_a_finite_difference(trials: Sequence[Trial]) -> bool:
    """Right within the tolerance, but far from rounding error, where every correct formula is exact but for rounding.

    Single precision inside the answer would do that too; it is exact, though, on small whole numbers with relu,
    where a difference quotient is not. A constant factor very near 1 is no difference quotient either.
    """
    ordinary = [trial for trial in trials if not trial.fixture.edge]
    exact = [trial for trial in trials if trial.fixture.family == EXACT]
    if not all(trial.right for trial in ordinary) or _largest_error(ordinary) < ROUNDING:
        return False
    constant = all(_nearly_constant(entry.got, entry.expected) for entry in _entries(ordinary))
    return not constant and _largest_error(exact) > 0


def _entries(trials: Sequence[Trial]) -> list:
    return [entry for trial in trials for comparison in trial.comparisons for entry in comparison.entries]


def _largest_error(trials: Sequence[Trial]) -> float:
    return max((entry.error for entry in _entries(trials)), default=0.0)


def _nearly_constant(got: np.ndarray, expected: np.ndarray) -> bool:
    ratio = float((got * expected).sum() / ((expected**2).sum() or 1.0))
    return distance(got, ratio * expected) <= ROUNDING
