"""delta of the output layer: the gradient of the mean squared error with respect to a_L."""

from functools import partial

import numpy as np

from nnlib.grading.question import Mistake, Question, Result
from nnlib.grading.questions.backprop.sigmas import (
    CURVED,
    finite_differences,
    sigma_of,
    slope_from_output,
    slope_of,
)
from nnlib.grading.questions.fixtures import float32, integers, off_zero

SQUARE = {"m": 4, "d_L": 4}
NON_SQUARE = {"m": 6, "d_L": 3}


def reference(A_L, Z_L, Y, sigma):
    """δ_L = (z_L - y)/m ∘ σ'(a_L)."""
    return (Z_L - Y) / len(Y) * slope_of(sigma, A_L)


def _draw(rng: np.random.Generator, m: int, d_L: int, sigma: str) -> tuple:
    A_L = off_zero(rng, m, d_L)
    Z_L = np.array(sigma_of(sigma, A_L))
    return A_L, Z_L, Z_L + off_zero(rng, m, d_L), sigma


def _draw_integers(rng: np.random.Generator) -> tuple:
    A_L = integers(rng, 4, 3)
    Z_L = np.maximum(A_L, 0)
    return A_L, Z_L, Z_L + integers(rng, 4, 3), "relu"


def _with_slope(slope):
    return lambda A_L, Z_L, Y, sigma: (Z_L - Y) / len(Y) * slope(sigma, A_L)


def _overwritten(A_L, Z_L, Y, sigma):
    Z_L -= Y
    return Z_L / len(Y) * slope_of(sigma, A_L)


def _slope_overwritten(A_L, Z_L, Y, sigma):
    error = (Z_L - Y) / len(Y)
    A_L[...] = slope_of(sigma, A_L)
    return error * A_L


def _truncated(A_L, Z_L, Y, sigma):
    delta = np.zeros_like(A_L)
    delta[...] = (Z_L - Y) / len(Y) * slope_of(sigma, A_L)
    return delta


MISTAKES = (
    Mistake(
        "the 1/m of the mean is missing",
        lambda A_L, Z_L, Y, sigma: (Z_L - Y) * slope_of(sigma, A_L),
        "Your delta is m times too large: the loss is the mean over the m samples, and its 1/m enters here.",
    ),
    Mistake(
        "the 1/m of the mean is in it twice",
        lambda A_L, Z_L, Y, sigma: (Z_L - Y) / len(Y) ** 2 * slope_of(sigma, A_L),
        "Your delta is m times too small: divide by m once.",
    ),
    Mistake(
        "the mean over all m·d_L entries",
        lambda A_L, Z_L, Y, sigma: (Z_L - Y) / Y.size * slope_of(sigma, A_L),
        "The loss adds up the d_L outputs of a sample and averages over the m samples only.",
    ),
    Mistake(
        "divided by d_L instead of m",
        lambda A_L, Z_L, Y, sigma: (Z_L - Y) / Y.shape[1] * slope_of(sigma, A_L),
        "Rows are samples: m is the number of rows, Y.shape[0].",
    ),
    Mistake(
        "a factor 2 too many",
        lambda A_L, Z_L, Y, sigma: 2 * (Z_L - Y) / len(Y) * slope_of(sigma, A_L),
        "The loss has a ½ in front of the square, which the 2 of the derivative cancels.",
    ),
    Mistake(
        "a factor ½ too many",
        lambda A_L, Z_L, Y, sigma: 0.5 * (Z_L - Y) / len(Y) * slope_of(sigma, A_L),
        "The derivative of ½‖z - y‖² is z - y: the ½ is gone.",
    ),
    Mistake(
        "y - z instead of z - y",
        lambda A_L, Z_L, Y, sigma: (Y - Z_L) / len(Y) * slope_of(sigma, A_L),
        "Your delta has the wrong sign everywhere: this is the direction of descent, not the gradient.",
    ),
    Mistake(
        "σ in place of σ'",
        lambda A_L, Z_L, Y, sigma: (Z_L - Y) / len(Y) * sigma_of(sigma, A_L),
        "The chain rule multiplies by the derivative σ'(a_L).",
    ),
    Mistake(
        "σ' evaluated at z instead of a",
        lambda A_L, Z_L, Y, sigma: (Z_L - Y) / len(Y) * slope_of(sigma, Z_L),
        "sigma_prime is a function of the pre-activation: σ'(a_L), not σ'(z_L).",
    ),
    Mistake(
        "σ' written for z, but given a",
        lambda A_L, Z_L, Y, sigma: (Z_L - Y) / len(Y) * slope_from_output(sigma, A_L),
        "1 - z² and z (1 - z) are σ' in terms of z = σ(a): put z_L into them, not a_L.",
    ),
    Mistake(
        "σ' is missing",
        lambda A_L, Z_L, Y, sigma: (Z_L - Y) / len(Y),
        "This is ∂L/∂z_L. For delta, the derivative with respect to a_L, the factor σ'(a_L) is still to come.",
    ),
    Mistake(
        "σ' is in it twice",
        lambda A_L, Z_L, Y, sigma: (Z_L - Y) / len(Y) * slope_of(sigma, A_L) ** 2,
        "From z_L to a_L the chain rule has one factor σ'(a_L).",
    ),
    Mistake(
        "a - y instead of z - y",
        lambda A_L, Z_L, Y, sigma: (A_L - Y) / len(Y) * slope_of(sigma, A_L),
        "The loss compares the output z_L with y.",
    ),
    Mistake(
        "σ applied to z once more",
        lambda A_L, Z_L, Y, sigma: (sigma_of(sigma, Z_L) - Y) / len(Y) * slope_of(sigma, A_L),
        "z_L is the output already: z_L = σ(a_L).",
    ),
    Mistake(
        "the loss itself instead of its gradient",
        lambda A_L, Z_L, Y, sigma: 0.5 * (Z_L - Y) ** 2 / len(Y) * slope_of(sigma, A_L),
        "The derivative of ½(z - y)² is z - y, without the square.",
    ),
    Mistake(
        "the sign of the error is lost",
        lambda A_L, Z_L, Y, sigma: np.abs(Z_L - Y) / len(Y) * slope_of(sigma, A_L),
        "The gradient keeps the sign of z - y: leave out the absolute value.",
    ),
    Mistake(
        "a matrix product where ∘ is meant",
        lambda A_L, Z_L, Y, sigma: ((Z_L - Y) / len(Y)) @ slope_of(sigma, A_L),
        "∘ is the elementwise product, * in numpy.",
    ),
    Mistake(
        "summed over the samples",
        lambda A_L, Z_L, Y, sigma: ((Z_L - Y) / len(Y) * slope_of(sigma, A_L)).sum(axis=0),
        "delta keeps one row for each sample; the sum comes later, in db and dW.",
    ),
    Mistake(
        "tanh' whatever sigma says",
        _with_slope(lambda sigma, A: 1 - np.tanh(A) ** 2),
        "The activation is named by the argument sigma: ACTIVATIONS[sigma].",
    ),
    Mistake(
        "sigmoid' whatever sigma says",
        _with_slope(lambda sigma, A: slope_of("sigmoid", A)),
        "The activation is named by the argument sigma: ACTIVATIONS[sigma].",
    ),
    Mistake(
        "written into an integer array",
        _truncated,
        "np.zeros_like of an integer array holds integers and cuts your delta: do without, or ask for dtype=float.",
    ),
    Mistake(
        "Z_L is overwritten",
        _overwritten,
        "Z_L -= Y changes the caller's array: write Z_L - Y.",
    ),
    Mistake(
        "A_L is overwritten",
        _slope_overwritten,
        "A_L is the caller's array: give σ'(a_L) a name of its own.",
    ),
    *finite_differences(_with_slope),
)


def _one_sample_at_a_time(A_L, Z_L, Y, sigma):
    m = len(Y)
    return [slope_of(sigma, A_L[k]) * (Z_L[k] - Y[k]) / m for k in range(m)]


def _slope_of_the_output(A_L, Z_L, Y, sigma):
    return slope_from_output(sigma, Z_L) * (Z_L - Y) * (1 / Z_L.shape[0])


def _with_cosh(A_L, Z_L, Y, sigma):
    slope = 1 / np.cosh(A_L) ** 2 if sigma == "tanh" else slope_of(sigma, A_L)
    return np.multiply(np.subtract(Z_L, Y), slope) / np.shape(Y)[0]


EQUIVALENTS = {
    "one sample at a time": _one_sample_at_a_time,
    "σ' in terms of z": _slope_of_the_output,
    "1 / cosh²": _with_cosh,
    "einsum": lambda A_L, Z_L, Y, sigma: np.einsum("ki,ki->ki", Z_L - Y, slope_of(sigma, A_L)) / len(A_L),
}

QUESTION = Question(
    name="output_delta",
    points=2,
    arguments={"A_L": "(m, d_L)", "Z_L": "(m, d_L)", "Y": "(m, d_L)", "sigma": ""},
    results=(
        Result(
            "delta",
            "(m, d_L)",
            ask="The loss is a mean of ½‖z - y‖² over the samples: which factors lead from a_L to it?",
            formula="δ_L = (1/m) (z_L - y) ∘ σ'_L(a_L).",
        ),
    ),
    reference=reference,
    families={
        **{f"non-square, {sigma}": partial(_draw, **NON_SQUARE, sigma=sigma) for sigma in (*CURVED, "relu")},
        **{f"square, {sigma}": partial(_draw, **SQUARE, sigma=sigma) for sigma in (*CURVED, "relu")},
    },
    edges={
        "the identity": partial(_draw, **NON_SQUARE, sigma="identity"),
        "one sample (m = 1)": partial(_draw, m=1, d_L=3, sigma="tanh"),
        "integer arrays": _draw_integers,
        "float32 arrays": float32(partial(_draw, **NON_SQUARE, sigma="sigmoid")),
    },
    mistakes=MISTAKES,
    equivalents=EQUIVALENTS,
    parts={
        "factor": (
            "the 1/m of the mean is missing",
            "the 1/m of the mean is in it twice",
            "the mean over all m·d_L entries",
            "divided by d_L instead of m",
            "a factor 2 too many",
            "a factor ½ too many",
            "y - z instead of z - y",
        ),
        "σ'": (
            "σ in place of σ'",
            "σ' evaluated at z instead of a",
            "σ' written for z, but given a",
            "σ' is missing",
            "σ' is in it twice",
            "tanh' whatever sigma says",
            "sigmoid' whatever sigma says",
        ),
        "error": (
            "a - y instead of z - y",
            "σ applied to z once more",
            "the sign of the error is lost",
        ),
    },
    derivative=True,
)
