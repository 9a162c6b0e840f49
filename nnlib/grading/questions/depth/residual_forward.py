"""The residual connection: the layer's input is added to its activation."""

from collections.abc import Callable
from functools import partial

import numpy as np

from nnlib.grading.question import Mistake, Question, Result
from nnlib.grading.questions.backprop.sigmas import sigma_of, slope_of
from nnlib.grading.questions.depth.inputs import BENT, integer_layer, layer, layer_of_signs
from nnlib.grading.questions.fixtures import float32

SQUARE = {"m": 4, "d": 4, "k": 4}
LARGER_SQUARE = {"m": 5, "d": 5, "k": 5}
NON_SQUARE = {"m": 6, "d": 4, "k": 4}
WIDE = {"m": 3, "d": 5, "k": 5}


def reference(Z, W, b, sigma):
    """Z + σ(Z Wᵀ + b)."""
    return Z + sigma_of(sigma, Z @ W.T + b)


def _branch(branch: Callable) -> Callable:
    """The input is added rightly, to something else than the layer's activation."""
    return lambda Z, W, b, sigma: Z + branch(Z, W, b, sigma)


def _sum(connect: Callable) -> Callable:
    """The right pre-activation, connected in another way: made of (Z, A, sigma)."""
    return lambda Z, W, b, sigma: connect(Z, Z @ W.T + b, sigma)


def _skip_missing(Z, W, b, sigma):
    A = Z @ W.T + b
    return sigma_of(sigma, A)


def _sigma_after_the_sum(Z, W, b, sigma):
    A = Z @ W.T + b
    return sigma_of(sigma, Z + A)


def _overwritten(Z, W, b, sigma):
    Z += sigma_of(sigma, Z @ W.T + b)
    return Z


def _truncated(Z, W, b, sigma):
    out = np.zeros_like(Z)
    out[...] = reference(Z, W, b, sigma)
    return out


MISTAKES = (
    Mistake(
        "the input is not added",
        _skip_missing,
        "This is the plain layer. The residual connection adds its input: z_i = z_{i-1} + σ(a_i).",
    ),
    Mistake(
        "σ is applied after the sum",
        _sigma_after_the_sum,
        "The input is added outside of σ: Z + σ(A), not σ(Z + A). Then its path has no factors.",
    ),
    Mistake(
        "σ is applied to the activation and the input",
        _sum(lambda Z, A, sigma: sigma_of(sigma, Z + sigma_of(sigma, A))),
        "After the sum there is no σ: z_i = z_{i-1} + σ(a_i).",
    ),
    Mistake(
        "σ is applied to the input",
        _sum(lambda Z, A, sigma: sigma_of(sigma, Z) + sigma_of(sigma, A)),
        "z_{i-1} is added as it is: the σ belongs to a_i alone.",
    ),
    Mistake(
        "σ is missing",
        _sum(lambda Z, A, sigma: Z + A),
        "What is added to the input is the activation σ(a_i), not a_i.",
    ),
    Mistake(
        "a is added instead of z",
        _sum(lambda Z, A, sigma: A + sigma_of(sigma, A)),
        "The layer's input z_{i-1} is added to σ(a_i), not its pre-activation a_i.",
    ),
    Mistake(
        "σ' in place of σ",
        _sum(lambda Z, A, sigma: Z + slope_of(sigma, A)),
        "In the forward pass it is σ itself: ACTIVATIONS[sigma].sigma.",
    ),
    Mistake(
        "the wrong sign of the input",
        _sum(lambda Z, A, sigma: sigma_of(sigma, A) - Z),
        "The input is added: z_{i-1} + σ(a_i).",
    ),
    Mistake(
        "the wrong sign of the activation",
        _sum(lambda Z, A, sigma: Z - sigma_of(sigma, A)),
        "Both are added: z_{i-1} + σ(a_i).",
    ),
    Mistake(
        "a product in place of the sum",
        _sum(lambda Z, A, sigma: Z * sigma_of(sigma, A)),
        "The input is added to the activation, not multiplied.",
    ),
    Mistake(
        "the input is added twice",
        _sum(lambda Z, A, sigma: 2 * Z + sigma_of(sigma, A)),
        "The input is added once: z_{i-1} + σ(a_i).",
    ),
    Mistake(
        "the mean in place of the sum",
        _sum(lambda Z, A, sigma: (Z + sigma_of(sigma, A)) / 2),
        "The two are added; a factor ½ would make the path of z_{i-1} fade away layer by layer.",
    ),
    Mistake(
        "the sum divided by √2",
        _sum(lambda Z, A, sigma: (Z + sigma_of(sigma, A)) / np.sqrt(2)),
        "The two are added; with a factor 1/√2 the path of z_{i-1} fades away layer by layer.",
    ),
    Mistake(
        "the dense connection",
        _sum(lambda Z, A, sigma: np.concatenate([Z, sigma_of(sigma, A)], axis=1)),
        "To put both side by side is the dense connection. Here they are added, and the width stays d.",
    ),
    Mistake(
        "the pre-activation is returned, too",
        _sum(lambda Z, A, sigma: (Z + sigma_of(sigma, A), A)),
        "Return out alone: no cache is needed here.",
    ),
    Mistake(
        "the bias is missing",
        _branch(lambda Z, W, b, sigma: sigma_of(sigma, Z @ W.T)),
        "a_i = W_i z_{i-1} + b_i.",
    ),
    Mistake(
        "the bias is added after the activation",
        _branch(lambda Z, W, b, sigma: sigma_of(sigma, Z @ W.T) + b),
        "The bias is inside: σ(W_i z_{i-1} + b_i).",
    ),
    Mistake(
        "one bias for each sample",
        _branch(lambda Z, W, b, sigma: sigma_of(sigma, Z @ W.T + b[:, np.newaxis])),
        "b has one entry for each unit, which are the columns: write Z @ W.T + b.",
    ),
    Mistake(
        "W the wrong way round",
        _branch(lambda Z, W, b, sigma: sigma_of(sigma, Z @ W + b)),
        "W is (out, in): with the samples in rows, a = Z Wᵀ + b. Since W is square here, no shape tells you.",
    ),
    Mistake(
        "an elementwise product with W",
        _branch(lambda Z, W, b, sigma: sigma_of(sigma, Z * W + b)),
        "Each unit collects from all inputs: a matrix product, @.",
    ),
    Mistake(
        "tanh whatever sigma says",
        _branch(lambda Z, W, b, sigma: np.tanh(Z @ W.T + b)),
        "The activation is named by the argument sigma: ACTIVATIONS[sigma].",
    ),
    Mistake(
        "relu whatever sigma says",
        _branch(lambda Z, W, b, sigma: np.maximum(Z @ W.T + b, 0)),
        "The activation is named by the argument sigma: ACTIVATIONS[sigma].",
    ),
    Mistake(
        "sigmoid whatever sigma says",
        _branch(lambda Z, W, b, sigma: sigma_of("sigmoid", Z @ W.T + b)),
        "The activation is named by the argument sigma: ACTIVATIONS[sigma].",
    ),
    Mistake(
        "written into an integer array",
        _truncated,
        "np.zeros_like of an integer array holds integers and cuts out: do without, or ask for dtype=float.",
    ),
    Mistake(
        "Z is overwritten",
        _overwritten,
        "Z += … changes the caller's array, which the backward pass still needs: write Z + ….",
    ),
)


def _one_unit_at_a_time(Z, W, b, sigma):
    out = np.zeros(Z.shape)
    for i in range(len(b)):
        for k in range(len(Z)):
            a = sum(W[i, j] * Z[k, j] for j in range(len(b))) + b[i]
            out[k, i] = Z[k, i] + float(sigma_of(sigma, np.array([a], dtype=float))[0])
    return out


def _in_columns(Z, W, b, sigma):
    return (Z.T + sigma_of(sigma, W @ Z.T + b[:, np.newaxis])).T


def _absorbed_bias(Z, W, b, sigma):
    out = np.array(Z, dtype=float)
    out += sigma_of(sigma, np.column_stack([Z, np.ones(len(Z))]) @ np.column_stack([W, b]).T)
    return out


def _rows(Z, W, b, sigma):
    return [list(z + sigma_of(sigma, np.einsum("ij,j->i", W, z) + b)) for z in Z]


EQUIVALENTS = {
    "one unit at a time": _one_unit_at_a_time,
    "with the samples in columns": _in_columns,
    "the bias absorbed, in place on a copy": _absorbed_bias,
    "a list of rows": _rows,
}

QUESTION = Question(
    name="residual_forward",
    points=1,
    arguments={"Z": "(m, d)", "W": "(d, d)", "b": "(d,)", "sigma": ""},
    results=(
        Result(
            "out",
            "(m, d)",
            ask="Which two things are added, and does σ act on the sum or on one of them?",
            formula="z_i = z_{i-1} + σ(W_i z_{i-1} + b_i).",
        ),
    ),
    reference=reference,
    families={
        **{f"non-square, {sigma}": partial(layer, **NON_SQUARE, sigma=sigma) for sigma in BENT},
        "non-square, wide": partial(layer, **WIDE, sigma="sigmoid"),
        **{f"square, {sigma}": partial(layer, **SQUARE, sigma=sigma) for sigma in BENT},
        "square, larger": partial(layer, **LARGER_SQUARE, sigma="tanh"),
    },
    edges={
        "the identity": partial(layer, **NON_SQUARE, sigma="identity"),
        "one sample (m = 1)": partial(layer, m=1, d=3, k=3, sigma="tanh"),
        "one unit (d = 1)": partial(layer, m=5, d=1, k=1, sigma="sigmoid"),
        "integer arrays": partial(integer_layer, m=4, d=3, k=3),
        "integers with tanh": partial(layer_of_signs, m=4, k=2, sigma="tanh"),
        "float32 arrays": float32(partial(layer, **NON_SQUARE, sigma="sigmoid")),
    },
    mistakes=MISTAKES,
    equivalents=EQUIVALENTS,
    parts={
        "input": (
            "the input is not added",
            "the input is added twice",
            "σ is applied to the input",
            "a is added instead of z",
        ),
        "branch": (
            "σ is missing",
            "σ' in place of σ",
            "the wrong sign of the activation",
            "the bias is missing",
            "the bias is added after the activation",
            "W the wrong way round",
            "tanh whatever sigma says",
            "relu whatever sigma says",
            "sigmoid whatever sigma says",
        ),
    },
)
