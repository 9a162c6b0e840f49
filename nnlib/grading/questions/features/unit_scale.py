"""Features scaled with the low and the high of the training set."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from nnlib.grading.comparison import as_numbers
from nnlib.grading.question import Mistake, Question, Result
from nnlib.grading.questions.fixtures import float32, integers, off_zero

ORDINARY = (1.3, 4.0)
"""Widths at which a guard of 1e-6 is within the tolerance, and one of 1e-5 is not."""

NARROW = (2e-4, 5e-4)
"""Widths at which a guard of 1e-10 in the denominator is still within the tolerance, and one of 1e-9 is not."""


def reference(X, low, high):
    """(x - low) / (high - low), and 0 for a feature without a width."""
    width = high - low
    return np.where(width > 0, (X - low) / np.where(width > 0, width, 1), 0)


def settle(value: Any, arguments: tuple) -> Any:
    """The value as it is, or a ValueError that says where its 0/0 come from."""
    _, low, high = arguments
    Z, misfit = as_numbers("Z", value)
    broken = ~np.isfinite(Z.astype(float)) if not misfit else np.zeros(0)
    if broken.shape == arguments[0].shape and (low == high).any() and not broken[:, low != high].any() and broken.any():
        raise ValueError(
            "Where high equals low, the formula says 0/0, which is nan. A constant feature has to become 0: "
            "np.where can choose, or a guard of at most 1e-12 in the denominator."
        )
    return value


def _draw(rng: np.random.Generator, m: int, d: int, width: tuple[float, float] = ORDINARY) -> tuple:
    share = rng.uniform(-0.4, 1.4, (m, d))
    # new data reach beyond the training set on both sides
    share[0, 0], share[-1, -1] = rng.uniform(-0.4, -0.2), rng.uniform(1.2, 1.4)
    low, widths = 2 * off_zero(rng, d), rng.uniform(*width, d)
    return low + widths * share, low, low + widths


def _draw_constant_feature(rng: np.random.Generator, constant: list[int] | slice) -> tuple:
    X, low, high = _draw(rng, 5, 3)
    high[constant] = low[constant]
    X[:, constant] = low[constant]
    return X, low, high


def _draw_integers(rng: np.random.Generator) -> tuple:
    # odd differences, of which the width is no multiple
    low = integers(rng, 3)
    return low + 2 * integers(rng, 5, 3) + 1, low, low + 8


def _divided_by(width: Callable) -> Callable:
    """X - low, divided by something else than the width; 0 for a constant feature."""

    def unit_scale(X, low, high):
        divisor = width(X, low, high)
        return np.where(high > low, (X - low) / np.where(high > low, divisor, 1), 0)

    return unit_scale


def _from(start: Callable) -> Callable:
    """The difference from something else than low, divided by the width; 0 for a constant feature."""

    def unit_scale(X, low, high):
        width = np.where(high > low, high - low, 1)
        return np.where(high > low, (X - start(X, low, high)) / width, 0)

    return unit_scale


def _changed(change: Callable) -> Callable:
    """The right result, changed afterwards."""
    return lambda X, low, high: change(reference(X, low, high))


def _constant_becomes(value: Callable) -> Callable:
    """A constant feature becomes something else than 0: (X, low) -> what it becomes."""
    return lambda X, low, high: np.where(high > low, reference(X, low, high), value(X, low))


def _guarded(guard: float) -> Mistake:
    return Mistake(
        f"a guard of {guard:g} in the denominator",
        lambda X, low, high: (X - low) / (high - low + guard),
        f"Beside a narrow feature {guard:g} is not small, and its largest value no longer becomes 1: use np.where, "
        "or a guard of at most 1e-12.",
    )


def _scaled_with_its_own(X, low, high):
    low = X.min(axis=0)
    high = X.max(axis=0)
    return reference(X, low, high)


def _standardised(X, low, high):
    deviation = X.std(axis=0)
    return (X - X.mean(axis=0)) / np.where(deviation > 0, deviation, 1)


def _dropped(X, low, high):
    return reference(X, low, high)[:, high > low]


def _overwritten(X, low, high):
    width = np.where(high > low, high - low, 1)
    X -= low
    return X / width


def _high_overwritten(X, low, high):
    high[high == low] += 1
    return (X - low) / (high - low)


def _truncated(X, low, high):
    Z = np.zeros_like(X)
    Z[...] = reference(X, low, high)
    return Z


MISTAKES = (
    Mistake(
        "scaled with the minimum and maximum of the new data",
        _scaled_with_its_own,
        "low and high belong to the model: use those that are given, which come from the training set.",
    ),
    Mistake(
        "low and high widened by the new data",
        lambda X, low, high: reference(X, np.minimum(low, X.min(axis=0)), np.maximum(high, X.max(axis=0))),
        "The new data must not change low and high: a value outside [0, 1] says how far out the sample lies.",
    ),
    Mistake(
        "clipped to [0, 1]",
        _changed(lambda Z: np.clip(Z, 0, 1)),
        "A new sample may well fall outside [0, 1]: do not clip, it would lose how far out it lies.",
    ),
    Mistake(
        "clipped at 1",
        _changed(lambda Z: np.minimum(Z, 1)),
        "A new sample may be larger than all of the training set: do not clip.",
    ),
    Mistake(
        "clipped at 0",
        _changed(lambda Z: np.maximum(Z, 0)),
        "A new sample may be smaller than all of the training set: do not clip.",
    ),
    Mistake(
        "the absolute value",
        _changed(np.abs),
        "A value below low becomes negative, and that is right: leave the sign.",
    ),
    Mistake(
        "divided by high alone",
        lambda X, low, high: X / high,
        "Then low does not become 0: subtract low first, and divide by high - low.",
    ),
    Mistake(
        "low is not subtracted",
        _from(lambda X, low, high: 0),
        "The numerator is x - low.",
    ),
    Mistake(
        "divided by high in place of the width",
        _divided_by(lambda X, low, high: high),
        "After subtracting low the largest value is high - low: divide by that.",
    ),
    Mistake(
        "not divided by the width",
        lambda X, low, high: X - low,
        "After x - low comes the division by high - low.",
    ),
    Mistake(
        "multiplied by the width",
        lambda X, low, high: (X - low) * (high - low),
        "A wide feature has to become narrower: divide by high - low.",
    ),
    Mistake(
        "divided by the root of the width",
        _divided_by(lambda X, low, high: np.sqrt(np.abs(high - low))),
        "Divide by high - low itself.",
    ),
    Mistake(
        "the brackets around x - low are missing",
        lambda X, low, high: X - low / np.where(high > low, high - low, 1),
        "Python divides before it subtracts: (X - low) / (high - low).",
    ),
    Mistake(
        "the brackets around high - low are missing",
        lambda X, low, high: (X - low) / high - low,
        "Python divides before it subtracts: (X - low) / (high - low).",
    ),
    Mistake(
        "all brackets are missing",
        lambda X, low, high: X - low / high - low,
        "Python divides before it subtracts: (X - low) / (high - low).",
    ),
    Mistake(
        "upside down",
        _changed(lambda Z: np.where(Z != 0, 1 - Z, 0)),
        "Here low becomes 1 and high becomes 0: the numerator is x - low, the denominator high - low.",
    ),
    Mistake(
        "high is subtracted",
        _from(lambda X, low, high: high),
        "Then high becomes 0 and low becomes -1: subtract low.",
    ),
    Mistake(
        "low and high are swapped in one place: the sign",
        _changed(lambda Z: -Z),
        "The numerator is x - low, the denominator high - low; one of your two differences is the other way round.",
    ),
    Mistake(
        "scaled to [-1, 1]",
        _changed(lambda Z: np.where(Z != 0, 2 * Z - 1, 0)),
        "Asked is [0, 1]: low becomes 0.",
    ),
    Mistake(
        "scaled to [0, 255]",
        _changed(lambda Z: 255 * Z),
        "Asked is [0, 1]: high becomes 1.",
    ),
    Mistake(
        "the middle in place of low",
        _from(lambda X, low, high: (low + high) / 2),
        "Then the features lie between -½ and ½. Asked is [0, 1]: subtract low.",
    ),
    Mistake(
        "the mean in place of low",
        _from(lambda X, low, high: X.mean(axis=0)),
        "Subtract low. The mean of the new data has no say here, it changes with every new sample.",
    ),
    Mistake(
        "standardised",
        _standardised,
        "Mean 0 and standard deviation 1 is another scaling, and here with numbers of the new data: use low and high.",
    ),
    Mistake(
        "one low and one high for all features",
        lambda X, low, high: (X - low.min()) / (high.max() - low.min()),
        "Each feature has a low and a high of its own: X - low subtracts them column by column.",
    ),
    Mistake(
        "the largest width for all features",
        _divided_by(lambda X, low, high: (high - low).max()),
        "Each feature is divided by its own width.",
    ),
    Mistake(
        "one width from the lowest low to the highest high",
        _divided_by(lambda X, low, high: high.max() - low.min()),
        "Each feature is divided by its own width, high - low.",
    ),
    Mistake(
        "the minimum and maximum of each sample",
        lambda X, low, high: reference(X, X.min(axis=1, keepdims=True), X.max(axis=1, keepdims=True)),
        "low and high belong to the features, which are the columns, and they are given: use them.",
    ),
    Mistake(
        "the minimum and maximum of all new data",
        lambda X, low, high: reference(X, X.min(), X.max()),
        "Each feature has a low and a high of its own, and they are given: use them.",
    ),
    Mistake(
        "one low and high for each sample",
        lambda X, low, high: reference(X, low[:, np.newaxis], high[:, np.newaxis]),
        "low and high have one entry for each feature, which are the columns: write X - low.",
    ),
    Mistake(
        "scaled twice",
        lambda X, low, high: reference(reference(X, low, high), low, high),
        "Apply the formula once: x is in the old units, low and high are too.",
    ),
    Mistake(
        "rounded down",
        lambda X, low, high: (X - low) // np.where(high > low, high - low, 1),
        "// cuts off what stands after the decimal point; use /.",
    ),
    *map(_guarded, (1.0, 0.1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9)),
    Mistake(
        "a constant feature stays as it is",
        _constant_becomes(lambda X, low: X),
        "A constant feature has to become 0, not stay as it is: it carries nothing that the bias has not already.",
    ),
    Mistake(
        "a constant feature becomes 1",
        _constant_becomes(lambda X, low: 1),
        "A constant feature has to become 0, as x - low is.",
    ),
    Mistake(
        "a constant feature becomes ½",
        _constant_becomes(lambda X, low: 0.5),
        "A constant feature has to become 0, as x - low is.",
    ),
    Mistake(
        "a constant feature is dropped",
        _dropped,
        "A constant feature has to become 0; the shape stays (m, d), so that the weights still fit.",
    ),
    Mistake(
        "written into an integer array",
        _truncated,
        "np.zeros_like of an integer array holds integers and cuts out: do without, or ask for dtype=float.",
    ),
    Mistake(
        "X is overwritten",
        _overwritten,
        "X -= … changes the caller's array: write X - low.",
    ),
    Mistake(
        "high is overwritten",
        _high_overwritten,
        "high[…] = … changes the caller's array, the next call sees it: change a copy, or use np.where.",
    ),
)


def _entry_by_entry(X, low, high):
    Z = []
    for x in X:
        Z.append([(x[j] - low[j]) / (high[j] - low[j]) if high[j] != low[j] else 0.0 for j in range(len(x))])
    return Z


def _affine(X, low, high):
    slope = np.divide(1.0, high - low, out=np.zeros(len(low)), where=high != low)
    return X @ np.diag(slope) - low * slope


def _one_for_the_width(X, low, high):
    width = np.array(high, dtype=float) - low
    width[width == 0] = 1
    Z = X.astype(float)
    Z -= low
    Z /= width
    return Z


EQUIVALENTS = {
    "entry by entry": _entry_by_entry,
    "one affine map": _affine,
    "a width of 1 for a constant feature": _one_for_the_width,
    "a guard of 1e-12": lambda X, low, high: (X - low) / (high - low + 1e-12),
    "at least 1e-12": lambda X, low, high: (X - low) / np.maximum(high - low, 1e-12),
    "nan becomes 0": lambda X, low, high: np.nan_to_num((X - low) / (high - low)),
    "column by column": lambda X, low, high: np.column_stack(
        [(x - a) / (b - a) if b > a else 0 * x for x, a, b in zip(X.T, low, high, strict=True)]
    ),
}

QUESTION = Question(
    name="unit_scale",
    points=2,
    arguments={"X": "(m, d)", "low": "(d,)", "high": "(d,)"},
    results=(
        Result(
            "Z",
            "(m, d)",
            ask="Where does low go, where does high go, and where a feature that never changes?",
            formula="(x - low) / (high - low) for each feature, and 0 where high = low.",
        ),
    ),
    reference=reference,
    families={
        "non-square": partial(_draw, m=6, d=3),
        "more features than samples": partial(_draw, m=3, d=5),
        "square": partial(_draw, m=4, d=4),
        "square, larger": partial(_draw, m=5, d=5),
    },
    edges={
        "a constant feature": partial(_draw_constant_feature, constant=[1]),
        "constant features only": partial(_draw_constant_feature, constant=slice(None)),
        "one new sample (m = 1)": partial(_draw, m=1, d=3),
        "one feature (d = 1)": partial(_draw, m=4, d=1),
        "narrow features": partial(_draw, m=4, d=3, width=NARROW),
        "integer arrays": _draw_integers,
        "float32 arrays": float32(partial(_draw, m=6, d=3)),
    },
    mistakes=MISTAKES,
    equivalents=EQUIVALENTS,
    settle=settle,
)
