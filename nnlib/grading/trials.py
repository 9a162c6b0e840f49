"""Trials: an answer called on fresh inputs, and compared with the reference."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nnlib.grading.comparison import FLOAT32_TOLERANCE, Comparison, compare, split_results
from nnlib.grading.execution import Outcome
from nnlib.grading.question import Question
from nnlib.grading.questions.fixtures import cast

DRAWS_PER_EDGE = 2

Run = Callable[[Callable, tuple, float], Outcome]
"""Calls an answer on arguments within so many seconds; the grader's own comes from another process."""


@dataclass(frozen=True, eq=False)
class Fixture:
    """Arguments of one call, and what it should return.

    Attributes:
        family: the name of the family they are drawn from.
        edge: whether it is one of the question's edges.
        arguments: plain data.
        expected: one value for each result.
        tolerance: relative to the largest entry.
    """

    family: str
    edge: bool
    arguments: tuple
    expected: tuple
    tolerance: float


@dataclass(frozen=True, eq=False)
class Trial:
    """A call on a fixture, compared.

    Attributes:
        fixture: what went in, and what should come out.
        outcome: what came out.
        results: the single values returned; empty if their number is wrong.
        misfit: what is wrong with the number of values, or "".
        comparisons: one for each result; empty if there is nothing to compare.
        changed: the names of the arguments that the call changed.
    """

    fixture: Fixture
    outcome: Outcome
    results: tuple = ()
    misfit: str = ""
    comparisons: tuple[Comparison, ...] = field(default=())
    changed: tuple[str, ...] = ()

    @property
    def right(self) -> bool:
        """Every result is right."""
        return bool(self.comparisons) and all(comparison.right for comparison in self.comparisons)

    def is_right(self, result: int) -> bool:
        """The result of that position is right."""
        return bool(self.comparisons) and self.comparisons[result].right

    def fits(self, result: int) -> bool:
        """The result of that position has the right form."""
        return bool(self.comparisons) and not self.comparisons[result].misfit


def fixtures(question: Question, seed: int) -> Iterator[Fixture]:
    """The inputs of a verdict: one of each family, two of each edge, all from the seed."""
    draws = [(name, draw, False) for name, draw in question.families.items()]
    draws += [(name, draw, True) for name, draw in question.edges.items() for _ in range(DRAWS_PER_EDGE)]
    for number, (name, draw, edge) in enumerate(draws):
        arguments = draw(np.random.default_rng([seed, number]))
        expected, _ = settled(question, question.reference(*cast(arguments, float)), arguments)
        yield Fixture(
            name,
            edge,
            arguments,
            expected if len(question.results) > 1 else (expected,),
            max(question.tolerance, FLOAT32_TOLERANCE) if _single_precision(arguments) else question.tolerance,
        )


def attempt(question: Question, answer: Callable, fixture: Fixture, run: Run, seconds: float) -> Trial:
    """Call the answer on the fixture and compare."""
    outcome = run(answer, fixture.arguments, seconds)
    if outcome.failure:
        return Trial(fixture, outcome)
    value, misfit = settled(question, outcome.value, fixture.arguments)
    values, misfit = ((), misfit) if misfit else split_results(question.results, value)
    comparisons = ()
    if not misfit:
        comparisons = tuple(
            compare(result, expected, got, fixture.tolerance)
            for result, expected, got in zip(question.results, fixture.expected, values, strict=True)
        )
    pairs = zip(question.arguments, fixture.arguments, outcome.arguments, strict=True)
    changed = tuple(name for name, before, after in pairs if not unchanged(before, after))
    return Trial(fixture, outcome, values, misfit, comparisons, changed)


def settled(question: Question, value: Any, arguments: tuple) -> tuple[Any, str]:
    """What was returned in the form that is compared, and what is wrong with it, or ""."""
    if question.settle is None or value is None:
        return value, ""
    try:
        return question.settle(value, arguments), ""
    except ValueError as error:
        return None, str(error)
    # something else than what was asked for: the comparison will say what it is
    except (TypeError, LookupError, AttributeError):
        return value, ""


def unchanged(before: Any, after: Any) -> bool:
    """The same plain data to the last bit: values, dtype, shape, length of lists.

    >>> unchanged([np.ones(2)], [np.ones(2)]), unchanged([np.ones(2)], [np.ones((2, 1))])
    (True, False)
    """
    if type(before) is not type(after):
        return False
    if isinstance(before, (list, tuple)):
        return len(before) == len(after) and all(map(unchanged, before, after))
    if isinstance(before, dict):
        return list(before) == list(after) and all(unchanged(before[key], after[key]) for key in before)
    if isinstance(before, np.ndarray):
        return before.dtype == after.dtype and np.array_equal(before, after, equal_nan=before.dtype.kind == "f")
    return before == after


def _single_precision(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(map(_single_precision, value))
    if isinstance(value, dict):
        return any(map(_single_precision, value.values()))
    return isinstance(value, np.ndarray) and value.dtype == np.float32
