"""The dense connection: the layer's activation stands to the right of its input."""

from collections.abc import Callable
from functools import partial

import numpy as np

from nnlib.grading.question import Mistake, Question, Result
from nnlib.grading.questions.backprop.sigmas import sigma_of, slope_of
from nnlib.grading.questions.depth.inputs import BENT, integer_layer, layer, layer_of_signs
from nnlib.grading.questions.fixtures import float32

SQUARE = {"m": 4, "d": 4, "k": 4}
LARGER_SQUARE = {"m": 5, "d": 5, "k": 5}
NON_SQUARE = {"m": 6, "d": 4, "k": 3}
WIDE = {"m": 5, "d": 2, "k": 6}


def reference(Z, W, b, sigma):
    """[Z, σ(Z Wᵀ + b)]."""
    return np.concatenate([Z, sigma_of(sigma, Z @ W.T + b)], axis=1)


def _branch(branch: Callable) -> Callable:
    """The input stands rightly to the left of something else than the layer's activation."""
    return lambda Z, W, b, sigma: np.concatenate([Z, branch(Z, W, b, sigma)], axis=1)


def _connected(connect: Callable) -> Callable:
    """The right pre-activation, connected in another way: made of (Z, A, sigma)."""
    return lambda Z, W, b, sigma: connect(Z, Z @ W.T + b, sigma)


def _new_columns_first(Z, W, b, sigma):
    A = Z @ W.T + b
    return np.concatenate([sigma_of(sigma, A), Z], axis=1)


def _samples_concatenated(Z, W, b, sigma):
    A = Z @ W.T + b
    return np.concatenate([Z, sigma_of(sigma, A)])


def _truncated(Z, W, b, sigma):
    out = np.zeros((len(Z), Z.shape[1] + len(b)), dtype=Z.dtype)
    out[...] = reference(Z, W, b, sigma)
    return out


MISTAKES = (
    Mistake(
        "the input is missing",
        _connected(lambda Z, A, sigma: sigma_of(sigma, A)),
        "This is the plain layer. The dense connection keeps the input beside it: [z_{i-1}, σ(a_i)].",
    ),
    Mistake(
        "the new columns stand to the left",
        _new_columns_first,
        "The input comes first, the layer's k columns stand to its right: [z_{i-1}, σ(a_i)].",
    ),
    Mistake(
        "the samples are concatenated",
        _samples_concatenated,
        "Without axis=1 the rows, which are the samples, are put below each other. Put the columns side by side.",
    ),
    Mistake(
        "the residual connection",
        _connected(lambda Z, A, sigma: Z + sigma_of(sigma, A)),
        "To add both is the residual connection. Here they stand side by side, and the width grows by k.",
    ),
    Mistake(
        "the sum in place of the new columns",
        _connected(lambda Z, A, sigma: np.concatenate([Z, Z + sigma_of(sigma, A)], axis=1)),
        "The right part is σ(a_i) alone: nothing is added in a dense connection.",
    ),
    Mistake(
        "a pair in place of one array",
        _connected(lambda Z, A, sigma: (Z, sigma_of(sigma, A))),
        "Put the two into one array of shape (m, d_{i-1} + k): np.concatenate([…, …], axis=1).",
    ),
    Mistake(
        "one long row",
        _connected(lambda Z, A, sigma: np.append(Z, sigma_of(sigma, A))),
        "np.append without axis puts all entries into one row: np.concatenate with axis=1 keeps the samples.",
    ),
    Mistake(
        "stacked along a new axis",
        _connected(lambda Z, A, sigma: np.stack([Z, sigma_of(sigma, A)], axis=1)),
        "np.stack makes a third axis: np.concatenate with axis=1 puts the columns side by side.",
    ),
    Mistake(
        "stacked along a new last axis",
        _connected(lambda Z, A, sigma: np.stack([Z, sigma_of(sigma, A)], axis=-1)),
        "np.stack and np.dstack make a third axis: np.concatenate with axis=1 puts the columns side by side.",
    ),
    Mistake(
        "σ is missing",
        _connected(lambda Z, A, sigma: np.concatenate([Z, A], axis=1)),
        "The new columns are the activations σ(a_i), not a_i.",
    ),
    Mistake(
        "σ is applied to the input as well",
        _connected(lambda Z, A, sigma: sigma_of(sigma, np.concatenate([Z, A], axis=1))),
        "z_{i-1} is kept as it is: the σ belongs to a_i alone.",
    ),
    Mistake(
        "a in place of the input",
        _connected(lambda Z, A, sigma: np.concatenate([A, sigma_of(sigma, A)], axis=1)),
        "The left part is the layer's input z_{i-1}, not its pre-activation a_i.",
    ),
    Mistake(
        "σ' in place of σ",
        _branch(lambda Z, W, b, sigma: slope_of(sigma, Z @ W.T + b)),
        "In the forward pass it is σ itself: ACTIVATIONS[sigma].sigma.",
    ),
    Mistake(
        "a is kept, too",
        _connected(lambda Z, A, sigma: np.concatenate([Z, A, sigma_of(sigma, A)], axis=1)),
        "There are two parts, z_{i-1} and σ(a_i): a_i is not one of them.",
    ),
    Mistake(
        "the pre-activation is returned, too",
        _connected(lambda Z, A, sigma: (np.concatenate([Z, sigma_of(sigma, A)], axis=1), A)),
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
        "W is (out, in): with the samples in rows, a = Z Wᵀ + b.",
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
        "An array of Z's dtype holds integers if Z does, and cuts out: do without, or ask for dtype=float.",
    ),
)


def _one_sample_at_a_time(Z, W, b, sigma):
    return [np.r_[z, sigma_of(sigma, W @ z + b)].tolist() for z in Z]


def _filled(Z, W, b, sigma):
    d = Z.shape[1]
    out = np.empty((Z.shape[0], d + W.shape[0]))
    out[:, :d] = Z
    out[:, d:] = sigma_of(sigma, np.einsum("kj,ij->ki", Z, W) + b)
    return out


def _in_columns(Z, W, b, sigma):
    return np.vstack([Z.T, sigma_of(sigma, np.dot(W, Z.T) + b.reshape(-1, 1))]).T


EQUIVALENTS = {
    "hstack": lambda Z, W, b, sigma: np.hstack((Z, sigma_of(sigma, np.matmul(Z, np.transpose(W)) + b))),
    "one sample at a time, lists": _one_sample_at_a_time,
    "an array that is filled": _filled,
    "with the samples in columns": _in_columns,
}

QUESTION = Question(
    name="dense_forward",
    points=1,
    arguments={"Z": "(m, d_{i-1})", "W": "(k, d_{i-1})", "b": "(k,)", "sigma": ""},
    results=(
        Result(
            "out",
            "(m, d_{i-1} + k)",
            ask="Which columns come first, and what stands to their right?",
            formula="z_i = [z_{i-1}, σ(W_i z_{i-1} + b_i)], side by side.",
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
        "one sample (m = 1)": partial(layer, m=1, d=3, k=2, sigma="tanh"),
        "one feature (d_{i-1} = 1)": partial(layer, m=5, d=1, k=3, sigma="tanh"),
        "one new column (k = 1)": partial(layer, m=5, d=3, k=1, sigma="sigmoid"),
        "integer arrays": partial(integer_layer, m=4, d=2, k=3),
        "integers with tanh": partial(layer_of_signs, m=4, k=3, sigma="tanh"),
        "float32 arrays": float32(partial(layer, **NON_SQUARE, sigma="sigmoid")),
    },
    mistakes=MISTAKES,
    equivalents=EQUIVALENTS,
    parts={
        "input": (
            "σ is applied to the input as well",
            "a in place of the input",
        ),
        "branch": (
            "σ is missing",
            "σ' in place of σ",
            "the sum in place of the new columns",
            "the bias is missing",
            "the bias is added after the activation",
            "W the wrong way round",
            "tanh whatever sigma says",
            "relu whatever sigma says",
            "sigmoid whatever sigma says",
        ),
    },
)
