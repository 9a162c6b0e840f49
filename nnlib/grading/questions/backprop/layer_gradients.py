"""The gradients of one layer's W and b from its delta and its input."""

from functools import partial

import numpy as np

from nnlib.grading.question import Mistake, Question, Result
from nnlib.grading.questions.fixtures import float32, integers, off_zero

SQUARE = {"m": 4, "d": 4, "d_prev": 4}
NON_SQUARE = {"m": 6, "d": 3, "d_prev": 5}


def reference(delta, Z_prev):
    """(δᵀ z_{i-1}, the sum of δ over the samples)."""
    return delta.T @ Z_prev, delta.sum(axis=0)


def _draw(rng: np.random.Generator, m: int, d: int, d_prev: int) -> tuple:
    return off_zero(rng, m, d), off_zero(rng, m, d_prev)


def _draw_integers(rng: np.random.Generator) -> tuple:
    return integers(rng, 4, 3), integers(rng, 4, 2)


def _with_dW(dW):
    return lambda delta, Z_prev: (dW(delta, Z_prev), delta.sum(axis=0))


def _with_db(db):
    return lambda delta, Z_prev: (delta.T @ Z_prev, db(delta, Z_prev))


def _last_sample(delta, Z_prev):
    for d, z in zip(delta, Z_prev, strict=True):
        dW, db = np.outer(d, z), d
    return dW, db


def _accumulated_in_place(delta, Z_prev):
    dW = delta.T @ Z_prev
    for k in range(1, len(delta)):
        delta[0] += delta[k]
    return dW, delta[0]


def _bias_column(delta, Z_prev):
    Z1 = np.hstack([Z_prev, np.ones((len(Z_prev), 1))])
    return delta.T @ Z1, delta.sum(axis=0)


MISTAKES = (
    Mistake(
        "divided by m again",
        lambda delta, Z_prev: (delta.T @ Z_prev / len(delta), delta.mean(axis=0)),
        "Your dW and db are m times too small: the 1/m is inside delta already, so add up the samples.",
    ),
    Mistake(
        "dW divided by m again",
        _with_dW(lambda delta, Z_prev: delta.T @ Z_prev / len(delta)),
        "Your dW is m times too small: the 1/m is inside delta already.",
    ),
    Mistake(
        "db is the mean instead of the sum",
        _with_db(lambda delta, Z_prev: delta.mean(axis=0)),
        "Your db is m times too small: the 1/m is inside delta already, so add up the samples.",
    ),
    Mistake(
        "multiplied by m",
        lambda delta, Z_prev: (delta.T @ Z_prev * len(delta), delta.sum(axis=0) * len(delta)),
        "Your dW and db are m times too large: the 1/m of the mean has to stay inside.",
    ),
    Mistake(
        "dW is transposed",
        _with_dW(lambda delta, Z_prev: Z_prev.T @ delta),
        "dW has the shape of W, (d_i, d_{i-1}): delta's units are its rows.",
    ),
    Mistake(
        "dW without a transpose",
        _with_dW(lambda delta, Z_prev: delta @ Z_prev),
        "The sum runs over the samples, which are the rows of both: delta has to be transposed.",
    ),
    Mistake(
        "dW with the transpose on the wrong factor",
        _with_dW(lambda delta, Z_prev: delta @ Z_prev.T),
        "The sum runs over the samples: δᵀ z gives (d_i, d_{i-1}), δ zᵀ gives (m, m).",
    ),
    Mistake(
        "dW is an elementwise product",
        _with_dW(lambda delta, Z_prev: delta * Z_prev),
        "Each unit's delta meets each input: δ_i z_{i-1}ᵀ is a matrix product.",
    ),
    Mistake(
        "dW from sums over the samples",
        _with_dW(lambda delta, Z_prev: np.outer(delta.sum(axis=0), Z_prev.sum(axis=0))),
        "Multiply δ_i z_{i-1}ᵀ for each sample first, then add up: the sum of products is not the product of sums.",
    ),
    Mistake(
        "dW from the mean input",
        _with_dW(lambda delta, Z_prev: np.outer(delta.sum(axis=0), Z_prev.mean(axis=0))),
        "Multiply δ_i z_{i-1}ᵀ for each sample first, then add up: every sample has its own input.",
    ),
    Mistake(
        "dW of the last sample only",
        _with_dW(lambda delta, Z_prev: np.outer(delta[-1], Z_prev[-1])),
        "In the loop dW is overwritten: add up the samples with +=.",
    ),
    Mistake(
        "only the last sample counts",
        _last_sample,
        "In the loop the gradients are overwritten: add up the samples with +=.",
    ),
    Mistake(
        "dW has a column for the bias",
        _bias_column,
        "The constant feature's column is db: dW has the shape of W, (d_i, d_{i-1}).",
    ),
    Mistake(
        "db summed over the units",
        _with_db(lambda delta, Z_prev: delta.sum(axis=1)),
        "The sum runs over the samples, which are the rows: axis 0.",
    ),
    Mistake(
        "db is the mean over the units",
        _with_db(lambda delta, Z_prev: delta.mean(axis=1)),
        "db has one entry for each unit: the sum over the samples, axis 0.",
    ),
    Mistake(
        "db summed over everything",
        _with_db(lambda delta, Z_prev: delta.sum()),
        "db has one entry for each unit, (d_i,): sum over axis 0 only.",
    ),
    Mistake(
        "db is the mean of everything",
        _with_db(lambda delta, Z_prev: delta.mean()),
        "db has one entry for each unit, (d_i,): the sum over axis 0.",
    ),
    Mistake(
        "db is delta itself",
        _with_db(lambda delta, Z_prev: delta.copy()),
        "One bias serves all m samples: add up their contributions.",
    ),
    Mistake(
        "db is zero",
        _with_db(lambda delta, Z_prev: np.zeros(delta.shape[1])),
        "∂L/∂b_i = δ_i for one sample: the bias has a gradient too.",
    ),
    Mistake(
        "db of the last sample only",
        _with_db(lambda delta, Z_prev: delta[-1].copy()),
        "In the loop db is overwritten: add up the samples with +=.",
    ),
    Mistake(
        "db from z_prev",
        _with_db(lambda delta, Z_prev: Z_prev.sum(axis=0)),
        "a_i = W_i z_{i-1} + b_i: the factor of b_i is 1, so db is made of delta alone.",
    ),
    Mistake(
        "db is a column",
        _with_db(lambda delta, Z_prev: delta.sum(axis=0)[:, np.newaxis]),
        "b has shape (d_i,), and so has db.",
    ),
    Mistake(
        "the wrong sign",
        lambda delta, Z_prev: (-delta.T @ Z_prev, -delta.sum(axis=0)),
        "The minus belongs in the update W - η dW, not into dW.",
    ),
    Mistake(
        "a factor 2 too many",
        lambda delta, Z_prev: (2 * delta.T @ Z_prev, 2 * delta.sum(axis=0)),
        "The square of the loss was dealt with in delta_L; no 2 comes in here.",
    ),
    Mistake(
        "db before dW",
        lambda delta, Z_prev: (delta.sum(axis=0), delta.T @ Z_prev),
        "Return them in the order (dW, db).",
    ),
    Mistake(
        "the samples are added up inside delta",
        _accumulated_in_place,
        "delta[0] += … changes the caller's array: begin with np.zeros, or use delta.sum(axis=0).",
    ),
)


def _one_sample_at_a_time(delta, Z_prev):
    dW, db = np.zeros((delta.shape[1], Z_prev.shape[1])), np.zeros(delta.shape[1])
    for d, z in zip(delta, Z_prev, strict=True):
        dW += np.outer(d, z)
        db += d
    return dW, db


def _constant_feature(delta, Z_prev):
    gradients = delta.T @ np.column_stack([Z_prev, np.ones(len(Z_prev))])
    return [gradients[:, :-1], gradients[:, -1]]


EQUIVALENTS = {
    "one sample at a time": _one_sample_at_a_time,
    "the constant feature": _constant_feature,
    "einsum": lambda delta, Z_prev: (np.einsum("ki,kj->ij", delta, Z_prev), np.einsum("ki->i", delta)),
    "a row for db": lambda delta, Z_prev: ((Z_prev.T @ delta).T, delta.sum(axis=0, keepdims=True)),
    "ones times delta": lambda delta, Z_prev: (np.dot(delta.T, Z_prev), np.ones(len(delta)) @ delta),
}

QUESTION = Question(
    name="layer_gradients",
    points=2,
    arguments={"delta": "(m, d_i)", "Z_prev": "(m, d_{i-1})"},
    results=(
        Result(
            "dW",
            "(d_i, d_{i-1})",
            ask="Which two numbers meet in one weight, and what is done with the m samples?",
            formula="dW = δᵀ Z_prev; the 1/m is inside δ already.",
        ),
        Result(
            "db",
            "(d_i,)",
            ask="What does a bias multiply, and what is done with the m samples?",
            formula="db is the sum of δ over the samples; the 1/m is inside δ already.",
        ),
    ),
    reference=reference,
    families={
        "non-square": partial(_draw, **NON_SQUARE),
        "non-square, wide": partial(_draw, m=5, d=7, d_prev=2),
        "square": partial(_draw, **SQUARE),
        "square, small": partial(_draw, m=3, d=3, d_prev=3),
    },
    edges={
        "one sample (m = 1)": partial(_draw, m=1, d=3, d_prev=4),
        "integer arrays": _draw_integers,
        "float32 arrays": float32(partial(_draw, **NON_SQUARE)),
    },
    mistakes=MISTAKES,
    equivalents=EQUIVALENTS,
    parts={
        "dW": (
            "dW is transposed",
            "dW divided by m again",
        ),
        "db": (
            "db summed over the units",
            "db is the mean instead of the sum",
            "db is zero",
        ),
        "factor": (
            "the wrong sign",
            "a factor 2 too many",
            "divided by m again",
            "multiplied by m",
        ),
    },
)
