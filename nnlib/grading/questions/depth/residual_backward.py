"""The way back through a residual connection: the input went two ways, so its gradients add."""

from functools import partial

import numpy as np

from nnlib.activations import ACTIVATIONS
from nnlib.grading.question import Identity, Mistake, Question, Result
from nnlib.grading.questions.backprop.sigmas import sigma_of, slope_from_output, slope_of
from nnlib.grading.questions.depth.connection_mistakes import connection_mistakes
from nnlib.grading.questions.depth.inputs import BENT, integer_layer, layer_of_signs, with_upstream
from nnlib.grading.questions.depth.passes import residual_parts
from nnlib.grading.questions.depth.residual_forward import NON_SQUARE, SQUARE
from nnlib.grading.questions.depth.residual_forward import reference as forward
from nnlib.grading.questions.fixtures import float32, integers


def reference(dout, Z, W, b, sigma):
    """∂out + δ W, δᵀ z and the sum of δ, where δ = ∂out ∘ σ'(a)."""
    delta = dout * slope_of(sigma, Z @ W.T + b)
    return dout + delta @ W, delta.T @ Z, delta.sum(axis=0)


def _draw(rng: np.random.Generator, m: int, d: int, k: int, sigma: str) -> tuple:
    return with_upstream(rng, m, d, k, sigma, width=d)


def _draw_integers(rng: np.random.Generator) -> tuple:
    return integers(rng, 4, 3), *integer_layer(rng, 4, 3, 3)


def _draw_signs(rng: np.random.Generator) -> tuple:
    drawn = integers(rng, 4, 2), *layer_of_signs(rng, 4, 2, "tanh")
    # where a whole gradient happens to be 0, nothing is cut off
    return drawn if all(np.any(each != np.round(each)) for each in reference(*drawn)) else _draw_signs(rng)


def _skip_missing(dout, Z, W, b, sigma):
    A = Z @ W.T + b
    delta = dout * slope_of(sigma, A)
    return delta @ W, delta.T @ Z, delta.sum(axis=0)


def _skip_inside_sigma(dout, Z, W, b, sigma):
    A = Z @ W.T + b
    delta = dout * slope_of(sigma, Z + A)
    return delta + delta @ W, delta.T @ Z, delta.sum(axis=0)


def _delta_after_the_sum(dout, Z, W, b, sigma):
    A = Z @ W.T + b
    sigma_prime = ACTIVATIONS[sigma].sigma_prime
    dZ = dout + (dout * sigma_prime(A)) @ W
    delta = dZ * sigma_prime(A)
    return dZ, delta.T @ Z, delta.sum(axis=0)


def _slope_of_the_sum(slope):
    """σ' of something that is made of (sigma, Z, A), not of A alone."""

    def residual_backward(dout, Z, W, b, sigma):
        delta = dout * slope(sigma, Z, Z @ W.T + b)
        return dout + delta @ W, delta.T @ Z, delta.sum(axis=0)

    return residual_backward


def _Z_already_the_output(dout, Z, W, b, sigma):
    dZ, _, db = reference(dout, Z, W, b, sigma)
    delta = dout * slope_of(sigma, Z @ W.T + b)
    return dZ, delta.T @ forward(Z, W, b, sigma), db


def _dout_overwritten(dout, Z, W, b, sigma):
    delta = dout * slope_of(sigma, Z @ W.T + b)
    dout += delta @ W
    return dout, delta.T @ Z, delta.sum(axis=0)


def _mask_in_dout(dout, Z, W, b, sigma):
    A = Z @ W.T + b
    if sigma == "relu":
        delta = dout
        delta[A <= 0] = 0
    else:
        delta = dout * slope_of(sigma, A)
    return dout + delta @ W, delta.T @ Z, delta.sum(axis=0)


MISTAKES = (
    Mistake(
        "what comes straight back is missing in dZ",
        _skip_missing,
        "That is the backward pass of a plain layer. z_{i-1} also goes past it, into the sum: add ∂L/∂out.",
    ),
    Mistake(
        "σ is taken to stand after the sum",
        _skip_inside_sigma,
        "Here out = z_{i-1} + σ(a_i), with no σ after the sum: take σ' at a_i, and let ∂L/∂out come straight back.",
    ),
    Mistake(
        "dW and db are made of the gradient after the sum",
        _delta_after_the_sum,
        "δ_i = ∂L/∂out ∘ σ'(a_i), with the dout that was given. Was dout changed to dZ before δ_i was computed?",
    ),
    Mistake(
        "σ' evaluated at the sum z + a",
        _slope_of_the_sum(lambda sigma, Z, A: slope_of(sigma, Z + A)),
        "Only a_i goes through σ: σ'(a_i), without the input.",
    ),
    Mistake(
        "σ' evaluated at out",
        _slope_of_the_sum(lambda sigma, Z, A: slope_of(sigma, Z + sigma_of(sigma, A))),
        "sigma_prime is a function of the pre-activation: σ'(a_i), with a_i = W_i z_{i-1} + b_i.",
    ),
    Mistake(
        "σ' written for z, but given out",
        _slope_of_the_sum(lambda sigma, Z, A: slope_from_output(sigma, Z + sigma_of(sigma, A))),
        "1 - z² and z (1 - z) are σ' in terms of σ(a); out has the input added to it.",
    ),
    Mistake(
        "dW uses out in place of Z",
        _Z_already_the_output,
        "∂L/∂W_i = δ_iᵀ z_{i-1}: the input as it was before the sum. Does Z += … stand somewhere?",
    ),
    Mistake(
        "dout is overwritten",
        _dout_overwritten,
        "dout += … changes the caller's array: write dout + ….",
    ),
    Mistake(
        "relu's mask is written into dout",
        _mask_in_dout,
        "delta = dout gives one array a second name, so delta[A <= 0] = 0 changes dout as well: take dout.copy().",
    ),
    *connection_mistakes(residual_parts, forward),
)


def _one_sample_at_a_time(dout, Z, W, b, sigma):
    dZ, dW, db = np.zeros(Z.shape), np.zeros(W.shape), np.zeros(b.shape)
    for k in range(len(Z)):
        delta = slope_of(sigma, W @ Z[k] + b) * dout[k]
        dZ[k] = dout[k] + W.T @ delta
        dW += np.outer(delta, Z[k])
        db += delta
    return dZ, dW, db


def _jacobian_of_each_sample(dout, Z, W, b, sigma):
    J = np.eye(len(b)) + slope_of(sigma, Z @ W.T + b)[:, :, np.newaxis] * W
    delta = dout * slope_of(sigma, Z @ W.T + b)
    return [np.einsum("ki,kij->kj", dout, J), np.einsum("ki,kj->ij", delta, Z), np.einsum("ki->i", delta)]


def _relu_by_mask(dout, Z, W, b, sigma):
    A = Z @ W.T + b
    delta = np.array(dout, dtype=float)
    if sigma == "relu":
        delta[A <= 0] = 0
    else:
        delta *= slope_from_output(sigma, sigma_of(sigma, A))
    dZ = dout.astype(float)
    dZ += np.dot(delta, W)
    return dZ, (Z.T @ delta).T, delta.sum(axis=0, keepdims=True)


EQUIVALENTS = {
    "one sample at a time": _one_sample_at_a_time,
    "the Jacobian of each sample": _jacobian_of_each_sample,
    "relu by a mask, σ' in terms of z": _relu_by_mask,
}

QUESTION = Question(
    name="residual_backward",
    points=3,
    arguments={"dout": "(m, d)", "Z": "(m, d)", "W": "(d, d)", "b": "(d,)", "sigma": ""},
    results=(
        Result(
            "dZ",
            "(m, d)",
            ask="Z reaches out on two ways: which factors does each of them have, and what happens where ways meet?",
            formula="∂L/∂z_{i-1} = ∂L/∂z_i + δ_i W_i, with δ_i = ∂L/∂z_i ∘ σ'(a_i).",
        ),
        Result(
            "dW",
            "(d, d)",
            ask="On which of the two ways does W lie, and what does it multiply?",
            formula="dW = δ_iᵀ z_{i-1}, with δ_i = ∂L/∂z_i ∘ σ'(a_i).",
        ),
        Result(
            "db",
            "(d,)",
            ask="On which of the two ways does b lie, and on how many samples does it act?",
            formula="db is the sum of δ_i over the samples, with δ_i = ∂L/∂z_i ∘ σ'(a_i).",
        ),
    ),
    reference=reference,
    families={
        **{f"non-square, {sigma}": partial(_draw, **NON_SQUARE, sigma=sigma) for sigma in BENT},
        **{f"square, {sigma}": partial(_draw, **SQUARE, sigma=sigma) for sigma in BENT},
    },
    edges={
        "the identity": partial(_draw, **NON_SQUARE, sigma="identity"),
        "one sample (m = 1)": partial(_draw, m=1, d=3, k=3, sigma="tanh"),
        "one unit (d = 1)": partial(_draw, m=5, d=1, k=1, sigma="sigmoid"),
        "integer arrays": _draw_integers,
        "integers with tanh": _draw_signs,
        "float32 arrays": float32(partial(_draw, **NON_SQUARE, sigma="sigmoid")),
    },
    mistakes=MISTAKES,
    equivalents=EQUIVALENTS,
    parts={
        "past the layer": (
            "what comes straight back is missing in dZ",
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
            "σ' evaluated at the sum z + a",
            "σ' evaluated at out",
            "σ' written for z, but given out",
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
            "Zᵀ (dZ - dout) and dWᵀ W have to agree, for both are Zᵀ δ W",
            lambda arguments, results: (
                arguments[1].T @ (results[0] - arguments[0]) - np.transpose(results[1]) @ arguments[2]
            ),
        ),
    ),
    derivative=True,
    uses=("residual_forward",),
)
