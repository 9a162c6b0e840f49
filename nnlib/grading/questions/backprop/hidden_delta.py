"""delta of a hidden layer from the delta of the layer after it: the recursion of the backward pass."""

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

SQUARE = {"m": 4, "d": 4, "d_next": 4}
NON_SQUARE = {"m": 6, "d": 5, "d_next": 3}


def reference(delta_next, W_next, A, sigma):
    """δ_i = δ_{i+1} W_{i+1} ∘ σ'(a_i), samples in rows."""
    return (delta_next @ W_next) * slope_of(sigma, A)


def _draw(rng: np.random.Generator, m: int, d: int, d_next: int, sigma: str) -> tuple:
    return off_zero(rng, m, d_next), off_zero(rng, d_next, d), off_zero(rng, m, d), sigma


def _draw_integers(rng: np.random.Generator) -> tuple:
    return off_zero(rng, 4, 3), off_zero(rng, 3, 5), integers(rng, 4, 5), "tanh"


def _draw_small_integers(rng: np.random.Generator) -> tuple:
    return integers(rng, 4, 3), integers(rng, 3, 5), integers(rng, 4, 5), "relu"


def _with_slope(slope):
    return lambda delta_next, W_next, A, sigma: (delta_next @ W_next) * slope(sigma, A)


def _both_masks(delta_next, W_next, A, sigma):
    back = delta_next @ W_next
    return np.maximum(back, 0) * slope_of(sigma, A) if sigma == "relu" else back * slope_of(sigma, A)


def _cut_off(delta_next, W_next, A, sigma):
    back = delta_next @ W_next
    return np.maximum(back, 0) if sigma == "relu" else back * slope_of(sigma, A)


def _last_unit_only(delta_next, W_next, A, sigma):
    for k in range(len(W_next)):
        back = delta_next[:, [k]] * W_next[k]
    return back * slope_of(sigma, A)


def _overwritten(delta_next, W_next, A, sigma):
    A[...] = slope_of(sigma, A)
    return (delta_next @ W_next) * A


def _truncated(delta_next, W_next, A, sigma):
    delta = np.zeros_like(A)
    delta[...] = (delta_next @ W_next) * slope_of(sigma, A)
    return delta


MISTAKES = (
    Mistake(
        "σ in place of σ'",
        _with_slope(sigma_of),
        "The chain rule multiplies by the derivative σ'(a_i).",
    ),
    Mistake(
        "σ' evaluated at z instead of a",
        _with_slope(lambda sigma, A: slope_of(sigma, sigma_of(sigma, A))),
        "sigma_prime is a function of the pre-activation: σ'(a_i), not σ'(z_i).",
    ),
    Mistake(
        "σ' written for z, but given a",
        _with_slope(slope_from_output),
        "1 - z² and z (1 - z) are σ' in terms of z = σ(a): here you have a.",
    ),
    Mistake(
        "σ' is missing",
        lambda delta_next, W_next, A, sigma: delta_next @ W_next,
        "This is ∂L/∂z_i. For delta, the derivative with respect to a_i, the factor σ'(a_i) is still to come.",
    ),
    Mistake(
        "σ' is in it twice",
        lambda delta_next, W_next, A, sigma: (delta_next @ W_next) * slope_of(sigma, A) ** 2,
        "From z_i to a_i the chain rule has one factor σ'(a_i).",
    ),
    Mistake(
        "σ' taken of what comes back",
        lambda delta_next, W_next, A, sigma: slope_of(sigma, delta_next @ W_next),
        "σ' is evaluated at a_i and multiplies W_{i+1}ᵀ δ_{i+1}; it is not applied to it.",
    ),
    Mistake(
        "σ applied to what comes back",
        lambda delta_next, W_next, A, sigma: sigma_of(sigma, delta_next @ W_next),
        "On the way back nothing goes through σ: multiply by σ'(a_i).",
    ),
    Mistake(
        "W_next the wrong way round",
        lambda delta_next, W_next, A, sigma: (delta_next @ W_next.T) * slope_of(sigma, A),
        "(m, d_{i+1}) times (d_{i+1}, d_i) gives (m, d_i): with samples in rows, which transpose is needed?",
    ),
    Mistake(
        "σ' multiplied before the product with W_next",
        lambda delta_next, W_next, A, sigma: (delta_next * slope_of(sigma, A)) @ W_next,
        "Go back through W_{i+1} first, then through σ_i: σ'(a_i) has the shape of layer i.",
    ),
    Mistake(
        "an elementwise product with W_next",
        lambda delta_next, W_next, A, sigma: delta_next * W_next * slope_of(sigma, A),
        "Each unit of layer i collects from all units of layer i+1: a matrix product, @.",
    ),
    Mistake(
        "a matrix product where ∘ is meant",
        lambda delta_next, W_next, A, sigma: (delta_next @ W_next) @ slope_of(sigma, A),
        "∘ is the elementwise product, * in numpy.",
    ),
    Mistake(
        "W_next is missing",
        lambda delta_next, W_next, A, sigma: delta_next * slope_of(sigma, A),
        "delta goes back through the weights of layer i+1 first.",
    ),
    Mistake(
        "divided by m again",
        lambda delta_next, W_next, A, sigma: (delta_next @ W_next) * slope_of(sigma, A) / len(A),
        "Your delta is m times too small: the 1/m is inside delta_next already.",
    ),
    Mistake(
        "multiplied by m",
        lambda delta_next, W_next, A, sigma: (delta_next @ W_next) * slope_of(sigma, A) * len(A),
        "Your delta is m times too large: the 1/m of the mean has to stay inside.",
    ),
    Mistake(
        "a mean over the units of the next layer",
        lambda delta_next, W_next, A, sigma: (delta_next @ W_next) * slope_of(sigma, A) / len(W_next),
        "The contributions of the d_{i+1} units are added up, not averaged.",
    ),
    Mistake(
        "the wrong sign",
        lambda delta_next, W_next, A, sigma: -(delta_next @ W_next) * slope_of(sigma, A),
        "The minus belongs in the update W - η dW, not into delta.",
    ),
    Mistake(
        "a factor 2 too many",
        lambda delta_next, W_next, A, sigma: 2 * (delta_next @ W_next) * slope_of(sigma, A),
        "The square of the loss was dealt with in delta_L; no 2 comes in here.",
    ),
    Mistake(
        "only the last unit of the next layer counts",
        _last_unit_only,
        "In the loop the contributions are overwritten: add them up with +=.",
    ),
    Mistake(
        "summed over the samples",
        lambda delta_next, W_next, A, sigma: ((delta_next @ W_next) * slope_of(sigma, A)).sum(axis=0),
        "delta keeps one row for each sample; the sum comes later, in db and dW.",
    ),
    Mistake(
        "transposed: the samples are in the columns",
        lambda delta_next, W_next, A, sigma: ((delta_next @ W_next) * slope_of(sigma, A)).T,
        "Rows are samples: delta has the shape of A, (m, d_i).",
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
        "relu cuts off what comes back",
        _cut_off,
        "On the way back relu lets through where a_i > 0, whatever the sign of delta: max(0, delta) is something else.",
    ),
    Mistake(
        "relu lets only positive deltas back",
        _both_masks,
        "relu' looks at the sign of a_i alone; delta may be negative.",
    ),
    Mistake(
        "written into an integer array",
        _truncated,
        "np.zeros_like of an integer array holds integers and cuts your delta: do without, or ask for dtype=float.",
    ),
    Mistake(
        "A is overwritten",
        _overwritten,
        "A is the caller's array: give σ'(a_i) a name of its own.",
    ),
    *finite_differences(_with_slope),
)


def _one_sample_at_a_time(delta_next, W_next, A, sigma):
    delta = np.empty(A.shape)
    for k, (d, a) in enumerate(zip(delta_next, A, strict=True)):
        delta[k] = slope_of(sigma, a) * (W_next.T @ d)
    return delta


def _in_columns(delta_next, W_next, A, sigma):
    return (slope_of(sigma, A).T * np.dot(W_next.T, delta_next.T)).T


def _slope_of_the_output(delta_next, W_next, A, sigma):
    Z = sigma_of(sigma, A)
    return np.matmul(delta_next, W_next) * slope_from_output(sigma, Z)


def _relu_by_mask(delta_next, W_next, A, sigma):
    delta = np.asarray(delta_next @ W_next, dtype=float)
    if sigma == "relu":
        delta[A <= 0] = 0
        return delta
    return delta * slope_of(sigma, A)


EQUIVALENTS = {
    "one sample at a time": _one_sample_at_a_time,
    "with the samples in columns": _in_columns,
    "σ' in terms of z": _slope_of_the_output,
    "relu by a mask": _relu_by_mask,
    "einsum": lambda delta_next, W_next, A, sigma: np.einsum("kj,ji,ki->ki", delta_next, W_next, slope_of(sigma, A)),
}

QUESTION = Question(
    name="hidden_delta",
    points=3,
    arguments={"delta_next": "(m, d_{i+1})", "W_next": "(d_{i+1}, d_i)", "A": "(m, d_i)", "sigma": ""},
    results=(
        Result(
            "delta",
            "(m, d_i)",
            ask="Two things lie between a_i and a_{i+1}: which rate does each of them bring in?",
            formula="δ_i = δ_{i+1} W_{i+1} ∘ σ'(a_i), with samples in rows.",
        ),
    ),
    reference=reference,
    families={
        **{f"non-square, {sigma}": partial(_draw, **NON_SQUARE, sigma=sigma) for sigma in (*CURVED, "relu")},
        **{f"square, {sigma}": partial(_draw, **SQUARE, sigma=sigma) for sigma in (*CURVED, "relu")},
    },
    edges={
        "the identity": partial(_draw, **NON_SQUARE, sigma="identity"),
        "one sample (m = 1)": partial(_draw, m=1, d=4, d_next=3, sigma="tanh"),
        "one unit in the next layer": partial(_draw, m=5, d=4, d_next=1, sigma="sigmoid"),
        "integer arrays": _draw_small_integers,
        "an integer pre-activation": _draw_integers,
        "float32 arrays": float32(partial(_draw, **NON_SQUARE, sigma="sigmoid")),
    },
    mistakes=MISTAKES,
    equivalents=EQUIVALENTS,
    parts={
        "σ'": (
            "σ in place of σ'",
            "σ' evaluated at z instead of a",
            "σ' written for z, but given a",
            "σ' is missing",
            "σ' is in it twice",
            "tanh' whatever sigma says",
            "sigmoid' whatever sigma says",
        ),
        "W": (
            "W_next the wrong way round",
            "W_next is missing",
            "an elementwise product with W_next",
            "only the last unit of the next layer counts",
        ),
        "factor": (
            "divided by m again",
            "multiplied by m",
            "a mean over the units of the next layer",
            "the wrong sign",
            "a factor 2 too many",
        ),
    },
    derivative=True,
)
