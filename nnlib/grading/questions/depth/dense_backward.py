"""The way back through a dense connection: split, then add."""

from functools import partial

import numpy as np

from nnlib.grading.question import Identity, Mistake, Question, Result
from nnlib.grading.questions.backprop.sigmas import sigma_of, slope_from_output, slope_of
from nnlib.grading.questions.depth.connection_mistakes import connection_mistakes
from nnlib.grading.questions.depth.dense_forward import NON_SQUARE, SQUARE
from nnlib.grading.questions.depth.dense_forward import reference as forward
from nnlib.grading.questions.depth.inputs import BENT, integer_layer, layer_of_signs, with_upstream
from nnlib.grading.questions.depth.passes import dense_parts
from nnlib.grading.questions.fixtures import float32, integers

ONE_FEATURE = {"m": 5, "d": 1, "k": 3}
"""A wrong split of dout still runs here, with numpy's broadcasting."""


def reference(dout, Z, W, b, sigma):
    """∂out left + δ W, δᵀ z and the sum of δ, where δ = ∂out right ∘ σ'(a)."""
    d = Z.shape[1]
    delta = dout[:, d:] * slope_of(sigma, Z @ W.T + b)
    return dout[:, :d] + delta @ W, delta.T @ Z, delta.sum(axis=0)


def _draw(rng: np.random.Generator, m: int, d: int, k: int, sigma: str) -> tuple:
    return with_upstream(rng, m, d, k, sigma, width=d + k)


def _draw_integers(rng: np.random.Generator) -> tuple:
    return integers(rng, 4, 5), *integer_layer(rng, 4, 2, 3)


def _draw_signs(rng: np.random.Generator) -> tuple:
    drawn = integers(rng, 4, 5), *layer_of_signs(rng, 4, 3, "tanh")
    # where a whole gradient happens to be 0, nothing is cut off
    return drawn if all(np.any(each != np.round(each)) for each in reference(*drawn)) else _draw_signs(rng)


def _left_part_missing(dout, Z, W, b, sigma):
    A = Z @ W.T + b
    right = dout[:, Z.shape[1] :]
    delta = right * slope_of(sigma, A)
    return delta @ W, delta.T @ Z, delta.sum(axis=0)


def _new_columns_first(dout, Z, W, b, sigma):
    k = len(b)
    right, left = dout[:, :k], dout[:, k:]
    delta = right * slope_of(sigma, Z @ W.T + b)
    return left + delta @ W, delta.T @ Z, delta.sum(axis=0)


def _split_at_the_new_width(dout, Z, W, b, sigma):
    k = len(b)
    left, right = dout[:, :k], dout[:, k:]
    delta = right * slope_of(sigma, Z @ W.T + b)
    return left + delta @ W, delta.T @ Z, delta.sum(axis=0)


def _parts_side_by_side(dout, Z, W, b, sigma):
    d = Z.shape[1]
    delta = dout[:, d:] * slope_of(sigma, Z @ W.T + b)
    return np.concatenate([dout[:, :d], delta @ W], axis=1), delta.T @ Z, delta.sum(axis=0)


def _left_part_into_the_branch(dout, Z, W, b, sigma):
    left = dout[:, : Z.shape[1]]
    delta = left * slope_of(sigma, Z @ W.T + b)
    return left + delta @ W, delta.T @ Z, delta.sum(axis=0)


def _right_part_for_both(dout, Z, W, b, sigma):
    right = dout[:, Z.shape[1] :]
    delta = right * slope_of(sigma, Z @ W.T + b)
    return right + delta @ W, delta.T @ Z, delta.sum(axis=0)


def _not_split_in_dZ(dout, Z, W, b, sigma):
    delta = dout[:, Z.shape[1] :] * slope_of(sigma, Z @ W.T + b)
    return dout + delta @ W, delta.T @ Z, delta.sum(axis=0)


def _dW_of_the_output(dout, Z, W, b, sigma):
    dZ, _, db = reference(dout, Z, W, b, sigma)
    delta = dout[:, Z.shape[1] :] * slope_of(sigma, Z @ W.T + b)
    return dZ, delta.T @ forward(Z, W, b, sigma), db


def _dout_overwritten(dout, Z, W, b, sigma):
    left, right = dense_parts(dout, Z)
    delta = right * slope_of(sigma, Z @ W.T + b)
    left += delta @ W
    return left, delta.T @ Z, delta.sum(axis=0)


def _mask_in_dout(dout, Z, W, b, sigma):
    A = Z @ W.T + b
    left, right = dense_parts(dout, Z)
    if sigma == "relu":
        delta = right
        delta[A <= 0] = 0
    else:
        delta = right * slope_of(sigma, A)
    return left + delta @ W, delta.T @ Z, delta.sum(axis=0)


MISTAKES = (
    Mistake(
        "the left part of dout is missing in dZ",
        _left_part_missing,
        "z_{i-1} goes two ways: into the layer, and as it is into the left columns of out. Add the left part of dout.",
    ),
    Mistake(
        "the new columns taken to stand on the left",
        _new_columns_first,
        "In [z_{i-1}, σ(a_i)] the first d_{i-1} columns belong to the input, the last k to σ(a_i): those of dout, too.",
    ),
    Mistake(
        "dout is split at k, the width of the new part",
        _split_at_the_new_width,
        "The left part has as many columns as Z: split at d_{i-1} = Z.shape[1], not at k.",
    ),
    Mistake(
        "the parts are put side by side in dZ",
        _parts_side_by_side,
        "Side by side is the way forward. On the way back split dout, then add: left part + δ_i W_i, (m, d_{i-1}).",
    ),
    Mistake(
        "the left part of dout goes into the branch",
        _left_part_into_the_branch,
        "δ_i is made of the right part: the last k columns of dout belong to σ(a_i).",
    ),
    Mistake(
        "the right part of dout comes straight back",
        _right_part_for_both,
        "Straight back to z_{i-1} comes the left part: the first d_{i-1} columns of dout.",
    ),
    Mistake(
        "all of dout is added in dZ",
        _not_split_in_dZ,
        "Only the left part of dout, its first d_{i-1} columns, comes straight back.",
    ),
    Mistake(
        "dW uses out in place of Z",
        _dW_of_the_output,
        "∂L/∂W_i = δ_iᵀ z_{i-1}: the input of the layer, without the new columns.",
    ),
    Mistake(
        "dout is overwritten",
        _dout_overwritten,
        "dout[:, :d] is a view of the caller's array: += and *= change dout itself. Write left + … and right * ….",
    ),
    Mistake(
        "relu's mask is written into dout",
        _mask_in_dout,
        "dout[:, d:] is a view of the caller's array, so [A <= 0] = 0 changes dout itself: take a copy() first.",
    ),
    *connection_mistakes(dense_parts, forward),
)


def _one_sample_at_a_time(dout, Z, W, b, sigma):
    dZ, dW, db = np.zeros(Z.shape), np.zeros(W.shape), np.zeros(b.shape)
    for k in range(len(Z)):
        left, right = dout[k, : Z.shape[1]], dout[k, Z.shape[1] :]
        delta = slope_of(sigma, W @ Z[k] + b) * right
        dZ[k] = left + W.T @ delta
        dW += np.outer(delta, Z[k])
        db += delta
    return dZ, dW, db


def _jacobian_of_each_sample(dout, Z, W, b, sigma):
    slope = slope_of(sigma, Z @ W.T + b)
    of_branch = slope[:, :, np.newaxis] * W
    J = np.concatenate([np.broadcast_to(np.eye(Z.shape[1]), (len(Z), Z.shape[1], Z.shape[1])), of_branch], axis=1)
    delta = dout[:, -len(b) :] * slope
    return [np.einsum("ki,kij->kj", dout, J), np.einsum("ki,kj->ij", delta, Z), np.ones(len(Z)) @ delta]


def _split(dout, Z, W, b, sigma):
    left, right = np.split(dout, [Z.shape[1]], axis=1)
    delta = np.array(right, dtype=float)
    if sigma == "relu":
        delta[Z @ W.T + b <= 0] = 0
    else:
        delta *= slope_from_output(sigma, sigma_of(sigma, np.matmul(Z, W.T) + b))
    return np.add(left, np.dot(delta, W)), (Z.T @ delta).T, delta.sum(axis=0, keepdims=True)


EQUIVALENTS = {
    "one sample at a time": _one_sample_at_a_time,
    "the Jacobian of each sample": _jacobian_of_each_sample,
    "np.split, relu by a mask, σ' in terms of z": _split,
}

QUESTION = Question(
    name="dense_backward",
    points=3,
    arguments={
        "dout": "(m, d_{i-1} + k)",
        "Z": "(m, d_{i-1})",
        "W": "(k, d_{i-1})",
        "b": "(k,)",
        "sigma": "",
    },
    results=(
        Result(
            "dZ",
            "(m, d_{i-1})",
            ask="Which columns of dout belong to Z itself, which to σ(a), and what happens where ways meet?",
            formula="∂L/∂z_{i-1} = (∂L/∂z_i)_left + δ_i W_i, with δ_i = (∂L/∂z_i)_right ∘ σ'(a_i).",
        ),
        Result(
            "dW",
            "(k, d_{i-1})",
            ask="Which columns of dout come back to W, and what does W multiply?",
            formula="dW = δ_iᵀ z_{i-1}, with δ_i = (∂L/∂z_i)_right ∘ σ'(a_i).",
        ),
        Result(
            "db",
            "(k,)",
            ask="Which columns of dout come back to b, and on how many samples does it act?",
            formula="db is the sum of δ_i over the samples, with δ_i = (∂L/∂z_i)_right ∘ σ'(a_i).",
        ),
    ),
    reference=reference,
    families={
        **{f"non-square, {sigma}": partial(_draw, **NON_SQUARE, sigma=sigma) for sigma in BENT},
        **{f"square, {sigma}": partial(_draw, **SQUARE, sigma=sigma) for sigma in BENT},
        **{f"one feature, {sigma}": partial(_draw, **ONE_FEATURE, sigma=sigma) for sigma in ("tanh", "sigmoid")},
    },
    edges={
        "the identity": partial(_draw, **NON_SQUARE, sigma="identity"),
        "one sample (m = 1)": partial(_draw, m=1, d=3, k=2, sigma="tanh"),
        "one new column (k = 1)": partial(_draw, m=5, d=3, k=1, sigma="sigmoid"),
        "integer arrays": _draw_integers,
        "integers with tanh": _draw_signs,
        "float32 arrays": float32(partial(_draw, **NON_SQUARE, sigma="sigmoid")),
    },
    mistakes=MISTAKES,
    equivalents=EQUIVALENTS,
    parts={
        "past the layer": (
            "the left part of dout is missing in dZ",
            "what comes straight back is counted twice in dZ",
            "Z is added in place of its gradient",
            "1 is added in dZ",
        ),
        "σ'": (
            "σ' is missing",
            "σ in place of σ'",
            "σ' is in it twice",
            "σ' evaluated at σ(a) instead of a",
            "σ' written for z, but given a",
            "the bias is missing in the pre-activation",
            "W the wrong way round in the pre-activation",
            "tanh' whatever sigma says",
            "sigmoid' whatever sigma says",
        ),
        "factor": (
            "everything divided by m again",
            "everything multiplied by m",
            "the wrong sign everywhere",
            "dW and db are means instead of sums",
            "dW is divided by m",
            "db is the mean instead of the sum",
        ),
    },
    identities=(
        Identity(
            "dZ",
            "With the left part of dout, Zᵀ (dZ - left) and dWᵀ W have to agree, for both are Zᵀ δ W",
            lambda arguments, results: (
                arguments[1].T @ (results[0] - arguments[0][:, : arguments[1].shape[1]])
                - np.transpose(results[1]) @ arguments[2]
            ),
        ),
    ),
    derivative=True,
    uses=("dense_forward",),
)
