"""What a graded question is: one object, used by the notebook's check, the grader and the grader's own tests."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Family = Callable[[np.random.Generator], tuple]
"""Draws the arguments of one call: plain data, fresh from the generator."""


class OtherKindError(ValueError):
    """Raised by `settle` for a value of another kind than expected, where no hint about numbers would help."""


class OneFaultError(ValueError):
    """Raised by `settle` for a fault that is the same in all answers, whatever values they give."""


@dataclass(frozen=True)
class Result:
    """One of the values that an answer returns.

    Attributes:
        name: as the lecture writes it in code, "dW".
        shape: in the lecture's symbols, "(d_i, d_{i-1})"; of each entry, where the value is a list.
        layers: whether a list has an entry for each layer.
        first: where it is a list, the number of its first entry's layer: 1, or 0 for a list that begins with z_0.
        forward: whether such a list is computed from the first layer to the last, not from the last one back.
        ask: the first hint, a question that leads to what may be wrong.
        formula: the last hint, what the lecture says of it.
    """

    name: str
    shape: str = ""
    layers: bool = True
    first: int = 1
    forward: bool = False
    ask: str = ""
    formula: str = ""


@dataclass(frozen=True)
class Identity:
    """What holds for every right answer, and is easy to see in a wrong one.

    Attributes:
        result: the name of the result that it speaks of.
        text: the identity as a sentence, "The columns of dA add up to 0".
        gap: (arguments, results) -> numbers that are 0 where it holds, of the size of the result where it does not.
    """

    result: str
    text: str
    gap: Callable[[tuple, tuple], Any]


@dataclass(frozen=True)
class Mistake:
    """A wrong answer that is recognised by the values it gives.

    Attributes:
        name: what was done, in a few words.
        code: the wrong answer itself; for a value question, the wrong value.
        hint: one or two sentences to the student, in the lecture's notation.
        share: the part of the points that it still earns. What earns some is an approximation: its values are near the
            right ones.
    """

    name: str
    code: Any
    hint: str
    share: float = 0.0


@dataclass(frozen=True)
class Question:
    """A question whose answer is a function from plain data to plain data.

    Arguments and results are arrays, numbers, strings, lists and dicts of these; an activation travels by its name.
    The points are shared equally among the results.

    Attributes:
        name: of the question and of the student's function.
        points: for a right answer.
        arguments: name -> shape in the lecture's symbols, "" for what is not an array; in order.
        results: what is returned, in order; a tuple of them if there are several.
        reference: the right answer.
        families: name -> ordinary inputs, float64. Some are square (m and all widths equal) so that transposed code
            runs and can be named, some are not, so that it stops.
        edges: name -> inputs on which code that is right otherwise may still fail.
        mistakes: wrong answers to be named; no two agree on all families.
        equivalents: name -> right answer of another style.
        derivative: whether a finite difference in place of the derivative earns only half.
        uses: other questions whose functions the answer may call.
        parts: part of the formula -> names of the mistakes that change it and nothing else; two mistakes in different
            parts may be recognised together.
        together: (one, other, value, arguments) -> whether two mistakes of different parts, made at once, lead to that
            value; None where their values can be added or multiplied.
        identities: what holds for every right answer; said where no mistake is recognised.
        tolerance: relative to the largest entry of each array.
        settle: (value, arguments) -> the value in the form that is compared, where several are right: a dict as its
            values in order, eigenvectors with one choice of signs. Raises ValueError with a sentence to the student.
        again: arguments -> those of a second call which belongs to the same trial, or None if there is none; `settle`
            is then given both values, in a tuple.
    """

    name: str
    points: float
    arguments: dict[str, str]
    results: tuple[Result, ...]
    reference: Callable
    families: dict[str, Family]
    edges: dict[str, Family] = field(default_factory=dict)
    mistakes: tuple[Mistake, ...] = ()
    equivalents: dict[str, Callable] = field(default_factory=dict)
    derivative: bool = False
    uses: tuple[str, ...] = ()
    parts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    together: Callable[[Mistake, Mistake, Any, tuple], bool] | None = None
    identities: tuple[Identity, ...] = ()
    tolerance: float = 1e-6
    settle: Callable[[Any, tuple], Any] | None = None
    again: Callable[[tuple], tuple | None] | None = None


@dataclass(frozen=True)
class ValueQuestion:
    """A question whose answer is a value that the student found, such as two numbers read off a figure.

    Attributes:
        name: of the question and of the student's variable.
        points: for a right answer.
        form: how the answer has to look, as the student would type it.
        examine: value -> (share of the points, name of the mistake or None, what happened in a sentence); raises
            ValueError with a sentence to the student where the value has not the right form.
        mistakes: wrong values to be named.
        equivalents: name -> right value.
    """

    name: str
    points: float
    form: str
    examine: Callable[[Any], tuple[float, str | None, str]]
    mistakes: tuple[Mistake, ...] = ()
    equivalents: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class OpenQuestion:
    """A question whose answer is a function with many right results, judged by what its result can do.

    Attributes:
        name: of the question and of the student's function.
        points: for a right answer.
        arguments: name -> shape in the lecture's symbols, "" for what is not an array; in order.
        results: what is returned.
        reference: a right answer.
        examine: (call, rng) -> (share of the points, name of the mistake or None, findings). `call(arguments, seconds)`
            gives a `Trial` of the answer, whose `misfit` says in a sentence to the student how it ended if it did not
            return; `rng` draws the arguments.
        mistakes: wrong answers to be named.
        equivalents: name -> right answer of another style.
    """

    name: str
    points: float
    arguments: dict[str, str]
    results: tuple[Result, ...]
    reference: Callable
    examine: Callable[[Callable, np.random.Generator], tuple[float, str | None, tuple]]
    mistakes: tuple[Mistake, ...] = ()
    equivalents: dict[str, Callable] = field(default_factory=dict)
