"""Features de-correlated with the mean and the components of the training set."""

from collections.abc import Callable
from functools import partial

import numpy as np

from nnlib.grading.question import Mistake, Question, Result
from nnlib.grading.questions.features.inputs import orthogonal
from nnlib.grading.questions.fixtures import float32, integers, off_zero


def reference(X, mean, V):
    """(X - μ) V."""
    return (X - mean) @ V


def _draw(rng: np.random.Generator, m: int, d: int) -> tuple:
    mean = 2 * off_zero(rng, d)
    return mean + off_zero(rng, m, d) * rng.uniform(0.7, 2.0, d), mean, orthogonal(rng, d)


def _draw_one_feature(rng: np.random.Generator) -> tuple:
    return off_zero(rng, 4, 1), off_zero(rng, 1), np.array([[-1.0]])


def _draw_integers(rng: np.random.Generator) -> tuple:
    return 3 * integers(rng, 5, 3), integers(rng, 3), orthogonal(rng, 3)


def _fitted_anew(X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    mean = X.mean(axis=0)
    return mean, np.linalg.eigh((X - mean).T @ (X - mean) / len(X))[1][:, ::-1]


def _about(center: Callable) -> Callable:
    """Something else than the given mean is subtracted: (X, mean) -> what."""
    return lambda X, mean, V: (X - center(X, mean)) @ V


def _changed(change: Callable) -> Callable:
    """The right result, changed afterwards."""
    return lambda X, mean, V: change(reference(X, mean, V))


def _overwritten(X, mean, V):
    X -= mean
    return X @ V


def _truncated(X, mean, V):
    Z = np.zeros_like(X)
    Z[...] = reference(X, mean, V)
    return Z


MISTAKES = (
    Mistake(
        "Vᵀ in place of V",
        lambda X, mean, V: (X - mean) @ V.T,
        "The components are the columns of V: with the samples in the rows, Z = (X - μ) V.",
    ),
    Mistake(
        "the mean is not subtracted",
        lambda X, mean, V: X @ V,
        "First subtract the mean, then turn: (X - μ) V.",
    ),
    Mistake(
        "the mean of the new data",
        _about(lambda X, mean: X.mean(axis=0)),
        "The mean belongs to the model: subtract the one that is given, which comes from the training set.",
    ),
    Mistake(
        "mean and V fitted anew",
        lambda X, mean, V: (X - _fitted_anew(X)[0]) @ _fitted_anew(X)[1],
        "mean and V belong to the model: use those that are given, which come from the training set.",
    ),
    Mistake(
        "mean and V fitted anew, with singular values",
        lambda X, mean, V: (X - X.mean(axis=0)) @ np.linalg.svd(X - X.mean(axis=0), full_matrices=False)[2].T,
        "mean and V belong to the model: use those that are given, which come from the training set.",
    ),
    Mistake(
        "V fitted anew",
        lambda X, mean, V: (X - mean) @ _fitted_anew(X)[1],
        "V belongs to the model: use the one that is given, which comes from the training set.",
    ),
    Mistake(
        "the mean is added",
        _about(lambda X, mean: -mean),
        "The mean is subtracted: X - mean.",
    ),
    Mistake(
        "the wrong sign",
        _changed(lambda Z: -Z),
        "The difference is X - mean, not mean - X.",
    ),
    Mistake(
        "the mean is subtracted after the product",
        lambda X, mean, V: X @ V - mean,
        "The mean is one of the old features: subtract it before you multiply by V.",
    ),
    Mistake(
        "the brackets around X - mean are missing",
        lambda X, mean, V: X - mean @ V,
        "Python multiplies before it subtracts: (X - mean) @ V.",
    ),
    Mistake(
        "centred, and not turned in the end",
        lambda X, mean, V: X - mean,
        "After X - mean comes one product with V; (X - mean) @ V @ V.T would undo it again.",
    ),
    Mistake(
        "* in place of @",
        lambda X, mean, V: (X - mean) * V,
        "* multiplies entry by entry; the product of matrices is @.",
    ),
    Mistake(
        "V in front",
        lambda X, mean, V: V @ (X - mean),
        "z = Vᵀ(x - μ) is for a column x. With the samples in the rows, V stands behind: (X - μ) V.",
    ),
    Mistake(
        "Vᵀ in front",
        lambda X, mean, V: V.T @ (X - mean),
        "z = Vᵀ(x - μ) is for a column x. With the samples in the rows, V stands behind: (X - μ) V.",
    ),
    Mistake(
        "the samples in the columns",
        _changed(lambda Z: Z.T),
        "The samples stay in the rows, (m, d): (X - μ) V.",
    ),
    Mistake(
        "turned twice",
        lambda X, mean, V: (X - mean) @ V @ V,
        "One product with V is enough.",
    ),
    Mistake(
        "the mean is added again at the end",
        lambda X, mean, V: (X - mean) @ V + mean,
        "The new features have mean 0: nothing is to be added.",
    ),
    Mistake(
        "divided by the standard deviations",
        _changed(lambda Z: Z / Z.std(axis=0)),
        "Unit variance is the next step in the lecture; asked is the rotation alone, (X - μ) V.",
    ),
    Mistake(
        "one mean for all features",
        _about(lambda X, mean: mean.mean()),
        "Each feature has its own mean: X - mean subtracts them column by column.",
    ),
    Mistake(
        "the mean of each sample",
        _about(lambda X, mean: X.mean(axis=1, keepdims=True)),
        "The mean belongs to the features and is given: X - mean.",
    ),
    Mistake(
        "one mean for each sample",
        lambda X, mean, V: (X - mean[:, np.newaxis]) @ V,
        "mean has one entry for each feature, which are the columns: write X - mean.",
    ),
    Mistake(
        "only the first component",
        _changed(lambda Z: Z[:, :1]),
        "All components are wanted, (m, d): multiply by the whole of V.",
    ),
    Mistake(
        "the components in reversed order",
        _changed(lambda Z: Z[:, ::-1]),
        "V is in the right order already: the largest variance comes first.",
    ),
    Mistake(
        "the absolute value",
        _changed(np.abs),
        "A coordinate has a sign: on which side of the mean the sample lies.",
    ),
    Mistake(
        "written into an integer array",
        _truncated,
        "np.zeros_like of an integer array holds integers and cuts off: do without, or ask for dtype=float.",
    ),
    Mistake(
        "X is overwritten",
        _overwritten,
        "X -= … changes the caller's array: write X - mean.",
    ),
)


def _coordinate_by_coordinate(X, mean, V):
    Z = []
    for x in X:
        Z.append([sum((x[j] - mean[j]) * V[j, k] for j in range(len(x))) for k in range(len(x))])
    return Z


EQUIVALENTS = {
    "coordinate by coordinate": _coordinate_by_coordinate,
    "multiplied out": lambda X, mean, V: X @ V - mean @ V,
    "samples as columns, and back": lambda X, mean, V: (V.T @ (X - mean).T).T,
    "einsum": lambda X, mean, V: np.einsum("mj,jk->mk", X - mean, V),
    "the inverse of a rotation": lambda X, mean, V: np.linalg.solve(V, (X - mean).T).T,
    "column by column": lambda X, mean, V: np.column_stack([np.dot(X - mean, v) for v in V.T]),
}

QUESTION = Question(
    name="decorrelate",
    points=1,
    arguments={"X": "(m, d)", "mean": "(d,)", "V": "(d, d)"},
    results=(
        Result(
            "Z",
            "(m, d)",
            ask="Which mean is subtracted, and along what are the samples projected?",
            formula="Z = (X - μ) V, with the mean and the V of the training data.",
        ),
    ),
    reference=reference,
    families={
        "non-square": partial(_draw, m=6, d=3),
        "non-square, larger": partial(_draw, m=7, d=5),
        "square": partial(_draw, m=4, d=4),
        "square, larger": partial(_draw, m=5, d=5),
    },
    edges={
        "one new sample (m = 1)": partial(_draw, m=1, d=3),
        "one feature (d = 1)": _draw_one_feature,
        "integer arrays": _draw_integers,
        "float32 arrays": float32(partial(_draw, m=6, d=3)),
    },
    mistakes=MISTAKES,
    equivalents=EQUIVALENTS,
)
