"""Compares what was returned with what was expected: first the form, then the numbers."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from nnlib.grading.question import Result

FLOAT32_TOLERANCE = 1e-5


@dataclass(frozen=True, eq=False)
class Entry:
    """One array of a result: the result itself, or the array of one layer where the result is a list.

    Attributes:
        label: "dW", or "dWs[1]" for the second entry of a list.
        layer: the lecture's number of the layer, 1, …, L; 0 for z_0, and if the result is not a list.
        expected, got: float64 arrays of one shape.
    """

    label: str
    layer: int
    expected: np.ndarray
    got: np.ndarray

    @cached_property
    def error(self) -> float:
        """The largest difference, relative to the largest expected entry."""
        return distance(self.got, self.expected)


@dataclass(frozen=True, eq=False)
class Comparison:
    """One result of one call, compared.

    Attributes:
        entries: the arrays; empty if the form is wrong.
        misfit: what is wrong with the form, a sentence to the student, or "".
        other_kind: whether that is the kind of the value, not just a shape.
        remark: what is unusual about the form but accepted, or "".
        tolerance: for the error of each entry.
        forward: whether a wrong layer makes those behind it wrong, not those before it.
    """

    entries: tuple[Entry, ...] = ()
    misfit: str = ""
    other_kind: bool = False
    remark: str = ""
    tolerance: float = 0.0
    forward: bool = False

    @cached_property
    def wrong(self) -> tuple[Entry, ...]:
        """The entries that differ, as they are computed: in the backward pass the last layer first."""
        entries = self.entries if self.forward else reversed(self.entries)
        return tuple(entry for entry in entries if entry.error > self.tolerance)

    @cached_property
    def error(self) -> float:
        """The largest of all entries."""
        return max((entry.error for entry in self.entries), default=0.0)

    @property
    def right(self) -> bool:
        """Form and numbers are right."""
        return not self.misfit and not self.wrong


def distance(A: np.ndarray, B: np.ndarray) -> float:
    """max |A - B| / max |B|; measured against 1 where B is 0.

    >>> distance(np.array([1.0, 100.0]), np.array([2.0, 100.0]))
    0.01
    """
    size = np.abs(B).max(initial=0) or 1.0
    return float(np.abs(A - B).max(initial=0) / size)


def split_results(results: tuple[Result, ...], value: Any) -> tuple[tuple, str]:
    """The values of the single results, and what is wrong with their number, or "".

    >>> split_results((Result("dW"), Result("db")), (1, 2, 3))
    ((), 'The function returns 3 values; expected are 2: (dW, db).')
    """
    names = ", ".join(result.name for result in results)
    if value is None:
        return (), "The function returns None: did you forget the return?"
    if len(results) == 1:
        return (value,), ""
    if not isinstance(value, (tuple, list)):
        return (), f"The function returns {_kind(value)}; expected are {len(results)} values: ({names})."
    if len(value) != len(results):
        return (), f"The function returns {len(value)} values; expected are {len(results)}: ({names})."
    return tuple(value), ""


def compare(result: Result, expected: Any, got: Any, tolerance: float) -> Comparison:
    """Compare one result with the reference's: an array, a number, or a list of arrays over the layers.

    >>> compare(Result("db", "(d_i,)"), np.zeros(3), np.zeros((3, 1)), 1e-6).misfit
    'db has shape (3, 1); expected (d_i,) = (3,).'
    """
    if not isinstance(expected, list):
        return _compare_array(result.name, 0, result.shape, expected, got, tolerance)
    if not (isinstance(got, (list, tuple)) or (isinstance(got, np.ndarray) and got.ndim)):
        of_what = "with one entry for each layer" if result.layers else "of arrays"
        return Comparison(misfit=f"{result.name} is {_kind(got)}; expected is a list {of_what}.", other_kind=True)
    if len(got) != len(expected):
        return Comparison(misfit=f"{result.name} has {len(got)} entries; {_number_of_entries(result, len(expected))}.")
    parts = [
        _compare_array(f"{result.name}[{i}]", i + result.first, result.shape, *pair, tolerance)
        for i, pair in enumerate(zip(expected, got, strict=True))
    ]
    return Comparison(
        entries=tuple(entry for part in parts for entry in part.entries),
        misfit=next((part.misfit for part in (parts if result.forward else reversed(parts)) if part.misfit), ""),
        other_kind=any(part.other_kind for part in parts),
        remark=next((part.remark for part in parts if part.remark), ""),
        tolerance=tolerance,
        forward=result.forward,
    )


def _number_of_entries(result: Result, expected: int) -> str:
    """How many entries the list should have.

    >>> _number_of_entries(Result("dWs"), 3)
    'expected is one entry for each of the L = 3 layers'
    """
    if not result.layers:
        return f"expected {'is' if expected == 1 else 'are'} {expected}"
    before = f", and {result.name}[0] before them" * (result.first == 0)
    return f"expected is one entry for each of the L = {expected - 1 + result.first} layers{before}"


def _compare_array(label: str, layer: int, shape: str, expected: Any, got: Any, tolerance: float) -> Comparison:
    expected = np.asarray(expected, dtype=float)
    comma = " Is there a comma too many after return?" if isinstance(got, tuple) and len(got) == 1 else ""
    if _is_several_values(got, expected):
        text = f"{label} is a tuple of {len(got)} values; expected is one {'array' if expected.ndim else 'number'}."
        return Comparison(misfit=text, other_kind=True)
    got, misfit = as_numbers(label, got)
    if misfit:
        return Comparison(misfit=misfit, other_kind=True)
    remark = ""
    if expected.ndim == 1 and got.shape == (1, *expected.shape):
        remark = f"{label} has shape {got.shape}; the course writes {shape} = {expected.shape}. Both are accepted."
        got = got[0]
    if got.shape != expected.shape:
        wanted = f"{shape} = {expected.shape}" if shape else f"{expected.shape}"
        of_layer = f" for layer i = {layer}" if layer else ""
        return Comparison(misfit=f"{label} has shape {got.shape}; expected {wanted}{of_layer}.{comma}")
    got = got.astype(float)
    broken = np.count_nonzero(~np.isfinite(got))
    if broken:
        return Comparison(misfit=f"{broken} of {got.size} entries of {label} are nan or infinite.")
    return Comparison((Entry(label, layer, expected, got),), remark=remark, tolerance=tolerance)


def _is_several_values(got: Any, expected: np.ndarray) -> bool:
    """A tuple with an array in it that cannot be the rows of the expected one.

    >>> _is_several_values((np.ones(2), 0.5), np.ones(2)), _is_several_values((1.0, 0.5), np.ones(2))
    (True, False)
    """
    if not isinstance(got, tuple) or len(got) < 2:
        return False
    rows = {np.shape(each) if isinstance(each, np.ndarray) else () for each in got}
    return len(rows) > 1 or (rows != {()} and len(got) != len(np.atleast_1d(expected)))


def as_numbers(label: str, value: Any) -> tuple[np.ndarray, str]:
    """The value as an array of real numbers, and what is wrong with it, or "".

    >>> as_numbers("dW", "abc")[1]
    'dW is a str; expected are numbers.'
    """
    if isinstance(value, (list, tuple, np.ndarray, np.generic, bool, int, float)):
        try:
            array = np.asarray(value)
        except (ValueError, OverflowError):
            return np.empty(0), f"{label} is a list whose rows have different lengths; expected is an array of numbers."
        if array.dtype.kind in "biuf":
            return array, ""
        return np.empty(0), f"{label} has entries of type {array.dtype}; expected are real numbers."
    return np.empty(0), f"{label} is {_kind(value)}; expected are numbers."


def _kind(value: Any) -> str:
    """What a value is, with its article.

    >>> _kind(None), _kind(np.zeros((2, 3)))
    ('None', 'an array of shape (2, 3)')
    """
    if value is None:
        return "None"
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    name = type(value).__name__
    return f"an {name}" if name[0] in "aeiou" else f"a {name}"
