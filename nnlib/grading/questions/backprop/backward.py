"""The whole backward pass on lists of W and b."""

import itertools
from functools import partial

import numpy as np

from nnlib.grading.question import Question, Result
from nnlib.grading.questions.backprop.backward_mistakes import MISTAKES
from nnlib.grading.questions.backprop.passes import forward, output_delta, reference
from nnlib.grading.questions.backprop.sigmas import sigma_of, slope_of
from nnlib.grading.questions.fixtures import float32, integers, off_zero


def _draw(rng: np.random.Generator, m: int, widths: tuple[int, ...], sigmas: tuple[str, ...]) -> tuple:
    pairs = list(itertools.pairwise(widths))
    Ws = [off_zero(rng, d, d_prev) / np.sqrt(d_prev) for d_prev, d in pairs]
    bs = [0.5 * off_zero(rng, d) for _, d in pairs]
    return off_zero(rng, m, widths[0]), off_zero(rng, m, widths[-1]), Ws, bs, list(sigmas)


def _draw_integers(rng: np.random.Generator) -> tuple:
    # even weights and odd biases: no pre-activation is 0, where relu has no derivative
    Ws = [2 * integers(rng, 3, 2), 2 * integers(rng, 2, 3)]
    bs = [2 * integers(rng, 3) + 1, 2 * integers(rng, 2) + 1]
    return integers(rng, 4, 2), integers(rng, 4, 2), Ws, bs, ["relu", "identity"]


def _deltas_first(X, Y, Ws, bs, sigmas):
    As, Zs = forward(X, Ws, bs, sigmas)
    deltas = [output_delta(Y, As, Zs, sigmas)]
    for j in range(len(Ws) - 1, 0, -1):
        deltas.insert(0, np.einsum("kj,ji,ki->ki", deltas[0], Ws[j], slope_of(sigmas[j - 1], As[j - 1])))
    dWs = [np.einsum("ki,kj->ij", delta, Z_prev) for delta, Z_prev in zip(deltas, Zs[:-1], strict=True)]
    return tuple(dWs), tuple(np.ones(len(X)) @ delta for delta in deltas)


def _one_sample_at_a_time(X, Y, Ws, bs, sigmas):
    dWs, dbs = [np.zeros(W.shape) for W in Ws], [np.zeros(b.shape) for b in bs]
    for x, y in zip(X, Y, strict=True):
        sample_dWs, sample_dbs = reference(x[np.newaxis], y[np.newaxis], Ws, bs, sigmas)
        for j in range(len(Ws)):
            dWs[j] += sample_dWs[j] / len(X)
            dbs[j] += sample_dbs[j] / len(X)
    return dWs, dbs


def _recursive(X, Y, Ws, bs, sigmas):
    m = len(X)

    def layer(Z_prev: np.ndarray, j: int) -> tuple[np.ndarray, list, list]:
        if j == len(Ws):
            return (Z_prev - Y) / m, [], []
        A = Z_prev @ Ws[j].T + bs[j]
        dZ, dWs, dbs = layer(sigma_of(sigmas[j], A), j + 1)
        delta = dZ * slope_of(sigmas[j], A)
        return delta @ Ws[j], [delta.T @ Z_prev, *dWs], [delta.sum(axis=0, keepdims=True), *dbs]

    _, dWs, dbs = layer(X, 0)
    return dWs, dbs


def _absorbed_bias(X, Y, Ws, bs, sigmas):
    one = np.ones((len(X), 1))
    W1s = [np.column_stack([W, b]) for W, b in zip(Ws, bs, strict=True)]
    As, Zs = [], [np.hstack([X, one])]
    for W1, sigma in zip(W1s, sigmas, strict=True):
        As.append(Zs[-1] @ W1.T)
        Zs.append(np.hstack([sigma_of(sigma, As[-1]), one]))
    delta = (Zs[-1][:, :-1] - Y) / len(X) * slope_of(sigmas[-1], As[-1])
    gradients = [delta.T @ Zs[-2]]
    for j in range(len(Ws) - 1, 0, -1):
        delta = (delta @ Ws[j]) * slope_of(sigmas[j - 1], As[j - 1])
        gradients.append(delta.T @ Zs[j - 1])
    gradients.reverse()
    return [gradient[:, :-1] for gradient in gradients], [gradient[:, -1] for gradient in gradients]


EQUIVALENTS = {
    "all deltas first": _deltas_first,
    "one sample at a time": _one_sample_at_a_time,
    "recursive, rows for dbs": _recursive,
    "the bias absorbed": _absorbed_bias,
}

QUESTION = Question(
    name="backward",
    points=4,
    arguments={"X": "(m, d_0)", "Y": "(m, d_L)", "Ws": "", "bs": "", "sigmas": ""},
    results=(
        Result(
            "dWs",
            "(d_i, d_{i-1})",
            ask="Begin with the last layer: is its dW right? Then one layer back.",
            formula="dW_j = δ_jᵀ z_{j-1}, then δ_{j-1} = δ_j W_j ∘ σ'_{j-1}(a_{j-1}), for j = L, …, 1.",
        ),
        Result(
            "dbs",
            "(d_i,)",
            ask="Begin with the last layer: is its db right? Then one layer back.",
            formula="db_j is the sum of δ_j over the samples, δ_{j-1} = δ_j W_j ∘ σ'_{j-1}(a_{j-1}), for j = L, …, 1.",
        ),
    ),
    reference=reference,
    families={
        "non-square": partial(_draw, m=6, widths=(5, 3, 4, 2), sigmas=("tanh", "sigmoid", "tanh")),
        "non-square, relu": partial(_draw, m=7, widths=(2, 5, 4, 3), sigmas=("relu", "tanh", "sigmoid")),
        "square": partial(_draw, m=4, widths=(4, 4, 4, 4), sigmas=("tanh", "sigmoid", "tanh")),
        "square, other activations": partial(_draw, m=3, widths=(3, 3, 3, 3), sigmas=("sigmoid", "tanh", "sigmoid")),
    },
    edges={
        "one layer (L = 1)": partial(_draw, m=5, widths=(3, 2), sigmas=("sigmoid",)),
        "four layers, the last one linear": partial(
            _draw, m=5, widths=(3, 4, 2, 6, 2), sigmas=("tanh", "relu", "tanh", "identity")
        ),
        "one sample (m = 1)": partial(_draw, m=1, widths=(3, 4, 2), sigmas=("tanh", "identity")),
        "integer arrays": _draw_integers,
        "float32 arrays": float32(partial(_draw, m=6, widths=(5, 3, 2), sigmas=("tanh", "sigmoid"))),
    },
    mistakes=MISTAKES,
    equivalents=EQUIVALENTS,
    parts={
        "factor": (
            "the 1/m of the mean is missing",
            "the 1/m of the mean is in it twice",
            "the mean over all m·d_L entries",
            "a factor 2 too many",
            "a factor ½ too many",
            "the wrong sign",
        ),
        "the way back": (
            "σ in place of σ' in the hidden layers",
            "σ' evaluated at z instead of a in the hidden layers",
            "σ' evaluated at z instead of a, everywhere",
            "σ' written for z, but given a in the hidden layers",
            "σ' is missing in the hidden layers",
            "σ' is missing in the output layer",
            "σ' is missing everywhere",
            "the error is sent back instead of delta",
            "W_j the wrong way round",
            "delta goes back through the weights of the wrong layer",
            "an elementwise product with W_j",
            "the delta of the output layer is used for all layers",
            "delta goes back without W_j",
            "σ' of the wrong layer",
            "σ' at the pre-activation of the wrong layer",
        ),
        "the gradients": (
            "dW_j uses the layer's own output z_j",
            "dW_j uses the pre-activation a_{j-1}",
            "dW_j uses X in every layer",
            "dWs are transposed",
            "dWs of the last sample only",
            "dbs summed over the units",
            "dbs summed over everything",
            "dbs are zero",
        ),
    },
    derivative=True,
    uses=("output_delta", "hidden_delta", "layer_gradients"),
)
