"""The backward pass of BatchNorm: three paths lead from a to the loss."""

from functools import partial

import numpy as np

from nnlib.grading.question import Identity, Question, Result
from nnlib.grading.questions.batchnorm.backward_mistakes import MISTAKES, reference
from nnlib.grading.questions.batchnorm.inputs import (
    LARGER_SQUARE,
    NON_SQUARE,
    SMALL_VARIANCE,
    SQUARE,
    pre_activations,
    small_number,
    whole_numbers,
)
from nnlib.grading.questions.fixtures import float32, integers, off_zero


def _draw(rng: np.random.Generator, m: int, d: int, size: float = 1.0) -> tuple:
    A, eps = pre_activations(rng, m, d, size), small_number(rng, size)
    return off_zero(rng, m, d), A, off_zero(rng, d), off_zero(rng, d), eps


def _draw_constant_feature(rng: np.random.Generator) -> tuple:
    dout, A, gamma, beta, eps = _draw(rng, **NON_SQUARE)
    A[:, 1] = rng.integers(1, 4)
    return dout, A, gamma, beta, eps


def _draw_zero_gamma(rng: np.random.Generator) -> tuple:
    dout, A, gamma, beta, eps = _draw(rng, **NON_SQUARE)
    gamma[0] = 0.0
    return dout, A, gamma, beta, eps


def _draw_integers(rng: np.random.Generator) -> tuple:
    # each sum of dout is odd, so that half of it is no whole number
    dout = 2 * integers(rng, 4, 3) + np.array([[0], [1], [1], [1]])
    A, eps = whole_numbers(rng, 3)
    return dout, A, 2 * integers(rng, 3) + 1, integers(rng, 3), eps


def _along_the_graph(dout, A, gamma, beta, eps):
    m = len(A)
    c = A - A.mean(axis=0)
    r = 1 / np.sqrt((c**2).mean(axis=0) + eps)
    A_hat = c * r
    dA_hat = gamma * dout
    dr = (c * dA_hat).sum(axis=0)
    dv = -(r**3) / 2 * dr
    dc = r * dA_hat + 2 / m * c * dv
    dmean = -dc.sum(axis=0)
    return dc + dmean / m, (A_hat * dout).sum(axis=0), dout.sum(axis=0)


def _from_the_other_gradients(dout, A, gamma, beta, eps):
    m = A.shape[0]
    std = np.sqrt(np.var(A, axis=0, keepdims=True) + eps)
    A_hat = (A - np.mean(A, axis=0, keepdims=True)) / std
    dbeta = np.sum(dout, axis=0, keepdims=True)
    dgamma = np.sum(dout * A_hat, axis=0, keepdims=True)
    return [gamma / (m * std) * (m * dout - dbeta - A_hat * dgamma), dgamma, dbeta]


def _jacobian_of_each_unit(dout, A, gamma, beta, eps):
    m, d = A.shape
    dA, dgamma = np.zeros((m, d)), np.zeros(d)
    for j in range(d):
        c = A[:, j] - A[:, j].mean()
        r = (c @ c / m + eps) ** -0.5
        J = gamma[j] * r * (np.eye(m) - 1 / m - np.outer(c, c) * r**2 / m)
        dA[:, j] = J.T @ dout[:, j]
        dgamma[j] = r * c @ dout[:, j]
    return dA, dgamma, np.ones(m) @ dout


def _paper(dout, A, gamma, beta, eps):
    m = len(A)
    A = np.asarray(A, dtype=float)
    mean = A.mean(axis=0)
    var = (A**2).mean(axis=0) - mean**2
    dA_hat = dout * gamma
    dvar = np.sum(dA_hat * (A - mean), axis=0) * -0.5 * (var + eps) ** -1.5
    dmean = -np.sum(dA_hat, axis=0) / np.sqrt(var + eps) + dvar * np.mean(-2 * (A - mean), axis=0)
    dA = dA_hat / np.sqrt(var + eps) + dvar * 2 * (A - mean) / m + dmean / m
    return dA, np.einsum("ki,ki->i", dout, (A - mean) / np.sqrt(var + eps)), dout.sum(0)


EQUIVALENTS = {
    "along the graph": _along_the_graph,
    "from the other gradients, rows": _from_the_other_gradients,
    "the Jacobian of each unit": _jacobian_of_each_unit,
    "the formulas of the paper": _paper,
}

QUESTION = Question(
    name="batchnorm_backward",
    points=4,
    arguments={"dout": "(m, d_i)", "A": "(m, d_i)", "gamma": "(d_i,)", "beta": "(d_i,)", "eps": ""},
    results=(
        Result(
            "dA",
            "(m, d_i)",
            ask="How does an entry of A reach the loss: directly, and through which numbers of the mini-batch?",
            formula="dA = γ / √(σ² + ε) · (∂out - mean of ∂out - â · mean of â ∘ ∂out), the means over the samples.",
        ),
        Result(
            "dgamma",
            "(d_i,)",
            ask="γ multiplies what, and how many samples does it act on?",
            formula="dgamma is the sum of ∂out ∘ â over the samples.",
        ),
        Result(
            "dbeta",
            "(d_i,)",
            ask="How many samples does β act on?",
            formula="dbeta is the sum of ∂out over the samples.",
        ),
    ),
    reference=reference,
    families={
        "non-square": partial(_draw, **NON_SQUARE),
        "square": partial(_draw, **SQUARE),
        "square, larger": partial(_draw, **LARGER_SQUARE),
        "a small variance": partial(_draw, **SMALL_VARIANCE),
        "square, a small variance": partial(_draw, **SQUARE, size=SMALL_VARIANCE["size"]),
    },
    edges={
        "one sample (m = 1)": partial(_draw, m=1, d=3),
        "two samples (m = 2)": partial(_draw, m=2, d=3),
        "a constant feature": _draw_constant_feature,
        "an entry of gamma that is 0": _draw_zero_gamma,
        "integer arrays": _draw_integers,
        "float32 arrays": float32(partial(_draw, **NON_SQUARE)),
    },
    mistakes=MISTAKES,
    equivalents=EQUIVALENTS,
    parts={
        "μ": (
            "the path through μ is missing",
            "the 1/m is missing in the path through μ",
            "the wrong sign in the path through μ",
        ),
        "σ²": (
            "the path through σ² is missing",
            "the 1/m is missing in the path through σ²",
            "1/(m - 1) in the path through σ²",
            "the path through σ² is twice too large",
            "the path through σ² is half as large as it should be",
            "the wrong sign in the path through σ²",
            "the power -3/2 of the standard deviation",
        ),
        "γ": (
            "gamma is missing in dA",
            "gamma twice in dA",
        ),
        "root": (
            "dA is not divided by the root",
            "dA divided by the variance instead of its root",
            "dA multiplied by the root",
        ),
        "everything": (
            "everything divided by m again",
            "the wrong sign everywhere",
        ),
    },
    identities=(
        Identity(
            "dA",
            "To raise all entries of a column of A by the same changes nothing, so the columns of dA add up to 0",
            lambda _arguments, results: np.sum(results[0], axis=0),
        ),
    ),
    derivative=True,
)
