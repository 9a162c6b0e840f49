"""Trials: an answer called on fresh inputs, and compared with the reference."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from nnlib.grading.comparison import FLOAT32_TOLERANCE, Comparison, compare, split_results
from nnlib.grading.execution import Outcome
from nnlib.grading.question import OtherKindError, Question
from nnlib.grading.questions.fixtures import cast

DRAWS_PER_EDGE = 2

Run = Callable[[Callable, tuple, float], Outcome]
"""Calls an answer on arguments within so many seconds; the grader's own comes from another process."""


@dataclass(frozen=True, eq=False)
class Fixture:
    """Arguments of one call, and what it should return.

    Attributes:
        question: what was asked.
        family: the name of the family they are drawn from.
        edge: whether it is one of the question's edges.
        arguments: plain data.
    """

    question: Question
    family: str
    edge: bool
    arguments: tuple

    @cached_property
    def expected(self) -> tuple:
        """One value for each result."""
        values = [self.question.reference(*cast(each, float)) for each in _calls(self.question, self.arguments)]
        value, _ = settled(self.question, values[0] if len(values) == 1 else tuple(values), self.arguments)
        return value if len(self.question.results) > 1 else (value,)

    @cached_property
    def tolerance(self) -> float:
        """Relative to the largest entry."""
        least = FLOAT32_TOLERANCE if _single_precision(self.arguments) else 0.0
        return max(self.question.tolerance, least)


@dataclass(frozen=True, eq=False)
class Trial:
    """A call on a fixture, compared when it is asked for.

    Attributes:
        fixture: what went in, and what should come out.
        outcome: what came out.
    """

    fixture: Fixture
    outcome: Outcome

    @property
    def results(self) -> tuple:
        """The single values returned; empty if their number is wrong."""
        return self._split[0]

    @property
    def misfit(self) -> str:
        """What is wrong with the value as a whole, or ""."""
        return self._split[1]

    @property
    def fault(self) -> type[ValueError]:
        """The kind of that."""
        return self._split[2]

    @cached_property
    def _split(self) -> tuple[tuple, str, type[ValueError]]:
        question = self.fixture.question
        if self.outcome.failure:
            return (), "", ValueError
        with np.errstate(all="ignore"):
            value, wrong = settled(question, self.outcome.value, self.fixture.arguments)
        if wrong:
            return (), str(wrong), type(wrong)
        values, misfit = split_results(question.results, value)
        return values, misfit, OtherKindError if misfit else ValueError

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        """One for each result; empty if there is nothing to compare."""
        return tuple(map(self.comparison, range(len(self.results))))

    def comparison(self, result: int) -> Comparison:
        """The one of the result of that position, where there is anything to compare."""
        if result not in self._compared:
            pair = self.fixture.expected[result], self.results[result]
            with np.errstate(all="ignore"):
                self._compared[result] = compare(self.fixture.question.results[result], *pair, self.fixture.tolerance)
        return self._compared[result]

    @cached_property
    def _compared(self) -> dict[int, Comparison]:
        return {}

    @cached_property
    def changed(self) -> tuple[str, ...]:
        """The names of the arguments that the call changed."""
        if self.outcome.failure:
            return ()
        pairs = zip(self.fixture.question.arguments, self.fixture.arguments, self.outcome.arguments, strict=True)
        return tuple(name for name, before, after in pairs if not unchanged(before, after))

    @property
    def right(self) -> bool:
        """Every result is right."""
        return all(map(self.is_right, range(len(self.fixture.question.results))))

    def is_right(self, result: int) -> bool:
        """The result of that position is right."""
        return bool(self.results) and self.comparison(result).right

    def fits(self, result: int) -> bool:
        """The result of that position has the right form."""
        return bool(self.results) and not self.comparison(result).misfit

    def is_of_another_kind(self, result: int) -> bool:
        """What was returned, or that result of it, is something else than what was asked for."""
        return issubclass(self.fault, OtherKindError) or (bool(self.results) and self.comparison(result).other_kind)


def fixtures(question: Question, seed: int) -> Iterator[Fixture]:
    """The inputs of a verdict: one of each family, two of each edge, all from the seed."""
    draws = [(name, draw, False) for name, draw in question.families.items()]
    draws += [(name, draw, True) for name, draw in question.edges.items() for _ in range(DRAWS_PER_EDGE)]
    for number, (name, draw, edge) in enumerate(draws):
        arguments = draw(np.random.default_rng([seed, number]))
        yield Fixture(question, name, edge, arguments)


def calls(fixtures: Sequence[Fixture]) -> list[tuple]:
    """The arguments of all calls on these inputs, in order."""
    return [arguments for fixture in fixtures for arguments in _calls(fixture.question, fixture.arguments)]


def _calls(question: Question, arguments: tuple) -> list[tuple]:
    again = question.again(arguments) if question.again else None
    return [arguments] if again is None else [arguments, again]


def attempt(answer: Callable, fixture: Fixture, run: Run, seconds: float) -> Trial:
    """Call the answer on the fixture; twice where the question wants two values."""
    first, *others = _calls(fixture.question, fixture.arguments)
    outcome = run(answer, first, seconds)
    for other in others:
        if outcome.failure:
            break
        more = run(answer, other, max(seconds - outcome.seconds, 0.1))
        taken = outcome.seconds + more.seconds
        outcome = replace(outcome, value=(outcome.value, more.value), failure=more.failure, seconds=taken)
    return Trial(fixture, outcome)


def settled(question: Question, value: Any, arguments: tuple) -> tuple[Any, ValueError | None]:
    """What was returned in the form that is compared, and what is wrong with it, or None."""
    if question.settle is None or value is None:
        return value, None
    try:
        return question.settle(value, arguments), None
    except ValueError as error:
        return None, error
    # something else than what was asked for: the comparison will say what it is
    except (TypeError, LookupError, AttributeError):
        return value, None


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
        return before.dtype == after.dtype and before.shape == after.shape and before.tobytes() == after.tobytes()
    return before == after


def _single_precision(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(map(_single_precision, value))
    if isinstance(value, dict):
        return any(map(_single_precision, value.values()))
    return isinstance(value, np.ndarray) and value.dtype == np.float32
