"""The bias as one more weight, of a feature that is always 1."""

from collections.abc import Callable
from functools import partial

import numpy as np

from nnlib.grading.question import Mistake, Question, Result
from nnlib.grading.questions.fixtures import float32, integers, off_zero


def _ones(Z_prev: np.ndarray) -> np.ndarray:
    return np.ones((len(Z_prev), 1))


def reference(Z_prev, W, b):
    """(Z1, W1): the input with a last column of ones, and W with b as its last column."""
    return np.hstack([Z_prev, _ones(Z_prev)]), np.hstack([W, b[:, np.newaxis]])


def _draw(rng: np.random.Generator, m: int, d: int, d_prev: int) -> tuple:
    return off_zero(rng, m, d_prev), off_zero(rng, d, d_prev), off_zero(rng, d)


def _draw_integers(rng: np.random.Generator) -> tuple:
    return integers(rng, 4, 2), integers(rng, 3, 2), integers(rng, 3)


def _draw_integer_weights(rng: np.random.Generator) -> tuple:
    return integers(rng, 4, 2), integers(rng, 3, 2), off_zero(rng, 3)


def _with_Z1(input_of: Callable) -> Callable:
    return lambda Z_prev, W, b: (input_of(Z_prev), reference(Z_prev, W, b)[1])


def _with_W1(weights_of: Callable) -> Callable:
    return lambda Z_prev, W, b: (reference(Z_prev, W, b)[0], weights_of(W, b))


def _both_first(Z_prev, W, b):
    return np.hstack([_ones(Z_prev), Z_prev]), np.hstack([b[:, np.newaxis], W])


def _as_rows(Z_prev, W, b):
    return np.vstack([Z_prev, np.ones(Z_prev.shape[1])]), np.vstack([W, b])


def _roles_swapped(Z_prev, W, b):
    return np.column_stack([Z_prev, b]), np.column_stack([W, np.ones(len(W))])


def _flattened(Z_prev, W, b):
    return np.append(Z_prev, np.ones(len(Z_prev))), np.append(W, b)


def _whole_numbers(Z_prev, W, b):
    Z1 = np.ones((Z_prev.shape[0], Z_prev.shape[1] + 1), dtype=int)
    W1 = np.ones((W.shape[0], W.shape[1] + 1), dtype=int)
    Z1[:, :-1], W1[:, :-1], W1[:, -1] = Z_prev, W, b
    return Z1, W1


def _last_column_overwritten(Z_prev, W, b):
    Z_prev[:, -1], W[:, -1] = 1, b
    return Z_prev, W


def _bias_reshaped(Z_prev, W, b):
    b.shape = (len(b), 1)
    return np.hstack([Z_prev, _ones(Z_prev)]), np.hstack([W, b])


def _other_order(Z_prev, W, b):
    Z1, W1 = reference(Z_prev, W, b)
    return W1, Z1


def _both_transposed(Z_prev, W, b):
    Z1, W1 = reference(Z_prev, W, b)
    return Z1.T, W1.T


MISTAKES = (
    Mistake(
        "the constant feature comes first",
        _both_first,
        "Z1 @ W1.T is right with it, but this course puts the 1 and the b last.",
    ),
    Mistake(
        "the 1 comes first in Z1",
        _with_Z1(lambda Z_prev: np.hstack([_ones(Z_prev), Z_prev])),
        "The 1 has to meet b in the product: both are last.",
    ),
    Mistake(
        "b comes first in W1",
        _with_W1(lambda W, b: np.hstack([b[:, np.newaxis], W])),
        "The 1 has to meet b in the product: both are last.",
    ),
    Mistake(
        "the 1 and b are appended as rows",
        _as_rows,
        "A new feature is a new column: rows of Z1 are samples, rows of W1 are units. Use hstack.",
    ),
    Mistake(
        "the 1 is appended as a row",
        _with_Z1(lambda Z_prev: np.vstack([Z_prev, np.ones(Z_prev.shape[1])])),
        "A row of Z1 is a sample. A new feature is a new column: every sample gets a 1.",
    ),
    Mistake(
        "b is appended as a row",
        _with_W1(lambda W, b: np.vstack([W, b])),
        "Row j of W1 belongs to unit j, and b_j is its last entry: b is a new column.",
    ),
    Mistake(
        "zeros instead of ones",
        _with_Z1(lambda Z_prev: np.hstack([Z_prev, 0 * _ones(Z_prev)])),
        "The constant feature is 1: a 0 would switch b off.",
    ),
    Mistake(
        "the constant feature is missing in Z1",
        _with_Z1(lambda Z_prev: Z_prev),
        "b is a weight of a feature that is always 1, and Z1 needs it: one column more than Z_prev.",
    ),
    Mistake(
        "b is missing in W1",
        _with_W1(lambda W, b: W),
        "b moves into W1 as its last column: one column more than W.",
    ),
    Mistake(
        "ones in place of b in W1",
        _with_W1(lambda W, b: np.hstack([W, np.ones((len(W), 1))])),
        "The ones belong into Z1. In W1 the last column is b.",
    ),
    Mistake(
        "zeros in place of b in W1",
        _with_W1(lambda W, b: np.hstack([W, np.zeros((len(W), 1))])),
        "The last column of W1 is b: with zeros nothing of the bias is left.",
    ),
    Mistake(
        "b in Z1 and the ones in W1",
        _roles_swapped,
        "It is the other way round: the input gets the 1, and W gets b, one number for each unit.",
    ),
    Mistake(
        "the sign of b",
        _with_W1(lambda W, b: np.hstack([W, -b[:, np.newaxis]])),
        "Z1 @ W1.T has to be W z + b: the column is b, with a plus.",
    ),
    Mistake(
        "b is added to W",
        _with_W1(lambda W, b: W + b[:, np.newaxis]),
        "Then b would be multiplied by every feature. Appended as a column of its own it meets only the 1.",
    ),
    Mistake(
        "W1 is transposed",
        _with_W1(lambda W, b: np.vstack([W.T, b])),
        "W1 has one row for each unit, as W has: (d_i, d_{i-1} + 1). The product is Z1 @ W1.T.",
    ),
    Mistake(
        "Z1 is transposed",
        _with_Z1(lambda Z_prev: np.hstack([Z_prev, _ones(Z_prev)]).T),
        "Rows are samples: Z1 is (m, d_{i-1} + 1).",
    ),
    Mistake(
        "Z1 and W1 are transposed",
        _both_transposed,
        "Rows are samples, and W has a row for each unit: Z1 is (m, d_{i-1} + 1), W1 is (d_i, d_{i-1} + 1).",
    ),
    Mistake(
        "W1 before Z1",
        _other_order,
        "Return them in the order (Z1, W1).",
    ),
    Mistake(
        "flattened",
        _flattened,
        "np.append without an axis makes one long vector: use axis=1 and a column, or np.hstack.",
    ),
    Mistake(
        "cut to whole numbers",
        _whole_numbers,
        "An array of dtype int holds integers only and cuts what is written into it: leave out dtype=int.",
    ),
    Mistake(
        "the last column is overwritten",
        _last_column_overwritten,
        "Z_prev[:, -1] = 1 replaces a feature, in the caller's array: the 1 is one column more, in a new array.",
    ),
    Mistake(
        "b is given another shape in place",
        _bias_reshaped,
        "b.shape = … changes the caller's array: b[:, np.newaxis] is a column and leaves b alone.",
    ),
)


def _into_ones(Z_prev, W, b):
    Z1 = np.ones((Z_prev.shape[0], Z_prev.shape[1] + 1))
    Z1[:, :-1] = Z_prev
    W1 = np.empty((W.shape[0], W.shape[1] + 1))
    W1[:, :-1], W1[:, -1] = W, b
    return Z1, W1


def _row_by_row(Z_prev, W, b):
    return [[*z, 1] for z in Z_prev], [[*w, b_j] for w, b_j in zip(W, b, strict=True)]


def _with_append(Z_prev, W, b):
    return [np.append(Z_prev, _ones(Z_prev), axis=1), np.append(W, b.reshape(-1, 1), axis=1)]


def _with_rows_of_the_transposes(Z_prev, W, b):
    return np.vstack([Z_prev.T, np.ones(len(Z_prev))]).T, np.vstack([W.T, b]).T


EQUIVALENTS = {
    "written into ones": _into_ones,
    "row by row": _row_by_row,
    "np.append": _with_append,
    "vstack of the transposes": _with_rows_of_the_transposes,
    "np.c_": lambda Z_prev, W, b: (np.c_[Z_prev, np.ones(len(Z_prev))], np.c_[W, b]),
    "np.pad": lambda Z_prev, W, b: (
        np.pad(Z_prev, ((0, 0), (0, 1)), constant_values=1),
        np.column_stack((W, b)),
    ),
}

QUESTION = Question(
    name="absorb_bias",
    points=2,
    arguments={"Z_prev": "(m, d_{i-1})", "W": "(d_i, d_{i-1})", "b": "(d_i,)"},
    results=(
        Result(
            "Z1",
            "(m, d_{i-1} + 1)",
            ask="Which number has the bias to meet in every sample, and where does it stand?",
            formula="Z1 is Z_prev with a last column of ones.",
        ),
        Result(
            "W1",
            "(d_i, d_{i-1} + 1)",
            ask="Which entry of W1 meets the constant feature?",
            formula="W1 is W with b as its last column, so that Z1 @ W1.T = A.",
        ),
    ),
    reference=reference,
    families={
        "non-square": partial(_draw, m=6, d=3, d_prev=5),
        "non-square, wide": partial(_draw, m=5, d=7, d_prev=2),
        "square": partial(_draw, m=4, d=4, d_prev=4),
        "square, small": partial(_draw, m=3, d=3, d_prev=3),
    },
    edges={
        "one sample (m = 1)": partial(_draw, m=1, d=3, d_prev=4),
        "one unit (d_i = 1)": partial(_draw, m=5, d=1, d_prev=3),
        "one feature (d_{i-1} = 1)": partial(_draw, m=5, d=3, d_prev=1),
        "integer arrays": _draw_integers,
        "integer weights and a fractional bias": _draw_integer_weights,
        "float32 arrays": float32(partial(_draw, m=6, d=3, d_prev=5)),
    },
    mistakes=MISTAKES,
    equivalents=EQUIVALENTS,
)
