"""The smallest and the largest value of each feature, on the training set."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from nnlib.grading.question import Mistake, Question, Result
from nnlib.grading.questions.features.inputs import between
from nnlib.grading.questions.fixtures import float32, integers


def reference(X_train):
    """The minimum and the maximum over the samples."""
    return X_train.min(axis=0), X_train.max(axis=0)


def settle(value: Any, _arguments: tuple) -> Any:
    """Low and high in the rows of one array are two values as well."""
    return list(value) if isinstance(value, np.ndarray) and value.ndim == 2 and len(value) == 2 else value


def _draw(rng: np.random.Generator, n: int, d: int) -> tuple:
    return (between(rng, n, d),)


def _draw_constant_feature(rng: np.random.Generator) -> tuple:
    X = between(rng, 6, 3)
    X[:, 1] = rng.uniform(1, 2)
    return (X,)


def _draw_integers(rng: np.random.Generator) -> tuple:
    return (integers(rng, 6, 3) + rng.integers(-5, 6, 3),)


def _of(change: Callable) -> Callable:
    """The reference of other data: X -> the data that are used."""
    return lambda X_train: reference(change(X_train))


def _sorted_in_place(X_train):
    X_train.sort(axis=0)
    return X_train[0], X_train[-1]


def _from_zero_on(low: bool, high: bool) -> Callable:
    """A search that begins at 0 and not at the first sample."""

    def fit_unit_scaling(X_train):
        lowest, highest = reference(X_train)
        return np.minimum(lowest, 0) if low else lowest, np.maximum(highest, 0) if high else highest

    return fit_unit_scaling


def _returned_scaled(X_train):
    low, high = reference(X_train)
    return (X_train - low) / (high - low)


MISTAKES = (
    Mistake(
        "the smallest and the largest value of each sample",
        lambda X_train: (X_train.min(axis=1), X_train.max(axis=1)),
        "Samples are the rows, features the columns: each column needs its own minimum, axis=0.",
    ),
    Mistake(
        "one minimum and one maximum for everything",
        lambda X_train: (X_train.min(), X_train.max()),
        "Each feature has a unit of its own, so each needs its own minimum and maximum: axis=0.",
    ),
    Mistake(
        "one minimum and one maximum for everything, repeated for each feature",
        lambda X_train: (np.full(X_train.shape[1], X_train.min()), np.full(X_train.shape[1], X_train.max())),
        "The minimum of the whole array is not that of each feature: axis=0.",
    ),
    Mistake(
        "low and high swapped",
        lambda X_train: (X_train.max(axis=0), X_train.min(axis=0)),
        "Return them in the order (low, high).",
    ),
    Mistake(
        "mean and standard deviation",
        lambda X_train: (X_train.mean(axis=0), X_train.std(axis=0)),
        "These two standardise. To scale to [0, 1], the smallest and the largest value are needed.",
    ),
    Mistake(
        "the width in place of high",
        lambda X_train: (X_train.min(axis=0), X_train.max(axis=0) - X_train.min(axis=0)),
        "Return high itself; the difference high - low is formed in unit_scale.",
    ),
    Mistake(
        "low is always 0",
        lambda X_train: (np.zeros(X_train.shape[1]), X_train.max(axis=0)),
        "A feature need not begin at 0: low is its smallest value.",
    ),
    Mistake(
        "always 0 and 1",
        lambda X_train: (np.zeros(X_train.shape[1]), np.ones(X_train.shape[1])),
        "0 and 1 are where the features are to go; low and high are where they are now.",
    ),
    Mistake(
        "of the absolute values",
        _of(np.abs),
        "The sign counts: the smallest value is the most negative one, without np.abs.",
    ),
    Mistake(
        "plus and minus the largest absolute value",
        lambda X_train: (-np.abs(X_train).max(axis=0), np.abs(X_train).max(axis=0)),
        "A feature need not be symmetric around 0: low and high are its own smallest and largest value.",
    ),
    Mistake(
        "where the extremes are, not what they are",
        lambda X_train: (X_train.argmin(axis=0), X_train.argmax(axis=0)),
        "argmin gives the number of the sample; min gives its value.",
    ),
    Mistake(
        "the first and the last sample",
        lambda X_train: (X_train[0], X_train[-1]),
        "The samples are in no particular order: look through all of them.",
    ),
    Mistake(
        "the first sample is left out",
        _of(lambda X_train: X_train[1:]),
        "All samples count, the first one too: X_train has no header.",
    ),
    Mistake(
        "the last sample is left out",
        _of(lambda X_train: X_train[:-1]),
        "All samples count, the last one too: is it range(len(X_train))?",
    ),
    Mistake(
        "the last feature is left out",
        _of(lambda X_train: X_train[:, :-1]),
        "All columns of X_train are features, the last one too.",
    ),
    Mistake(
        "low and high are sought from 0 on",
        _from_zero_on(low=True, high=True),
        "If all values are positive, 0 is below them all: begin the search at the first sample.",
    ),
    Mistake(
        "high is sought from 0 on",
        _from_zero_on(low=False, high=True),
        "If all values of a feature are negative, 0 is above them all: begin at the first sample, or at -inf.",
    ),
    Mistake(
        "low is sought from 0 on",
        _from_zero_on(low=True, high=False),
        "If all values of a feature are positive, 0 is below them all: begin at the first sample, or at +inf.",
    ),
    Mistake(
        "the scaled features are returned",
        _returned_scaled,
        "Here only low and high are wanted; unit_scale does the scaling, of any other data too.",
    ),
    Mistake(
        "X_train is sorted in place",
        _sorted_in_place,
        "X_train.sort() changes the caller's array, and tears each sample apart: np.sort makes a new one.",
    ),
)


def _sample_by_sample(X_train):
    low, high = list(X_train[0]), list(X_train[0])
    for x in X_train[1:]:
        for j in range(len(x)):
            low[j], high[j] = min(low[j], x[j]), max(high[j], x[j])
    return low, high


EQUIVALENTS = {
    "sample by sample": _sample_by_sample,
    "the columns in a list": lambda X_train: [[min(x) for x in X_train.T], [max(x) for x in X_train.T]],
    "sorted": lambda X_train: (np.sort(X_train, axis=0)[0], np.sort(X_train, axis=0)[-1]),
    "ufuncs": lambda X_train: (np.minimum.reduce(X_train), -np.minimum.reduce(-X_train)),
    "percentiles, in one array": lambda X_train: np.percentile(X_train, [0, 100], axis=0),
    "rows": lambda X_train: (np.amin(X_train, 0, keepdims=True), np.amax(X_train, 0, keepdims=True)),
}

QUESTION = Question(
    name="fit_unit_scaling",
    points=1,
    arguments={"X_train": "(n, d)"},
    results=(
        Result(
            "low",
            "(d,)",
            ask="Over what is the minimum taken?",
            formula="low is the minimum of each feature over the samples, (d,).",
        ),
        Result(
            "high",
            "(d,)",
            ask="Over what is the maximum taken?",
            formula="high is the maximum of each feature over the samples, (d,).",
        ),
    ),
    reference=reference,
    families={
        "non-square": partial(_draw, n=6, d=3),
        "more features than samples": partial(_draw, n=3, d=5),
        "square": partial(_draw, n=4, d=4),
        "square, larger": partial(_draw, n=5, d=5),
    },
    edges={
        "one sample (n = 1)": partial(_draw, n=1, d=3),
        "one feature (d = 1)": partial(_draw, n=5, d=1),
        "a constant feature": _draw_constant_feature,
        "integer arrays": _draw_integers,
        "float32 arrays": float32(partial(_draw, n=6, d=3)),
    },
    mistakes=MISTAKES,
    equivalents=EQUIVALENTS,
    settle=settle,
)
