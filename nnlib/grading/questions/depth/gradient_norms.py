"""How much of the gradient reaches each layer of a network, with or without skips."""

import itertools
from functools import partial

import numpy as np

from nnlib.grading.question import Question, Result
from nnlib.grading.questions.backprop.sigmas import sigma_of, slope_of
from nnlib.grading.questions.depth.norms_mistakes import MISTAKES
from nnlib.grading.questions.depth.norms_passes import reference
from nnlib.grading.questions.depth.residual_backward import reference as residual_backward
from nnlib.grading.questions.depth.residual_forward import reference as residual_forward
from nnlib.grading.questions.fixtures import float32, integers, off_zero


def _draw(rng: np.random.Generator, m: int, widths: tuple[int, ...], sigmas: tuple[str, ...], skip: bool) -> tuple:
    pairs = list(itertools.pairwise(widths))
    Ws = [off_zero(rng, d, d_prev) / np.sqrt(d_prev) for d_prev, d in pairs]
    bs = [0.5 * off_zero(rng, d) for _, d in pairs]
    drawn = off_zero(rng, m, widths[0]), off_zero(rng, m, widths[-1]), Ws, bs, list(sigmas), skip
    # where relu is closed for all samples nothing comes through, whatever the mistake
    return drawn if all(reference(*drawn)) else _draw(rng, m, widths, sigmas, skip)


def _draw_integers(rng: np.random.Generator) -> tuple:
    # four equal samples and single units: each norm is twice an entry, so no root has to be rounded
    X, Y = (np.repeat(integers(rng, 1, 1), 4, axis=0) for _ in range(2))
    # even weights and odd biases: no pre-activation is 0, where relu has no derivative
    Ws, bs = [2 * integers(rng, 1, 1) for _ in range(2)], [2 * integers(rng, 1) + 1 for _ in range(2)]
    return X, 2 * Y, Ws, bs, ["relu", "identity"], True


def _draw_signs(rng: np.random.Generator) -> tuple:
    signs = lambda *shape: rng.choice([-1, 1], shape)  # noqa: E731
    Ws, bs = [signs(2, 2), signs(3, 2)], [signs(2), signs(3)]
    return signs(4, 2), 2 * signs(4, 3), Ws, bs, ["tanh", "sigmoid"], True


def _recursive(X, Y, Ws, bs, sigmas, skip):
    norms = []

    def gradient(Z: np.ndarray, i: int) -> np.ndarray:
        """∂L/∂z_i."""
        if i == len(Ws):
            return (Z - Y) / len(Y)
        A = Z @ Ws[i].T + bs[i]
        adds = skip and len(Ws[i]) == len(Ws[i][0])
        dZ = gradient(sigma_of(sigmas[i], A) + (Z if adds else 0), i + 1)
        delta = dZ * slope_of(sigmas[i], A)
        norms.append(float(np.sqrt((delta**2).sum())))
        return delta @ Ws[i] + (dZ if adds else 0)

    gradient(X, 0)
    return norms[::-1]


def _with_the_other_questions(X, Y, Ws, bs, sigmas, skip):
    Zs = [X]
    for W, b, sigma in zip(Ws, bs, sigmas, strict=True):
        adds = skip and W.shape[0] == W.shape[1]
        Zs.append(residual_forward(Zs[-1], W, b, sigma) if adds else sigma_of(sigma, Zs[-1] @ W.T + b))
    dZ = (Y - Zs[-1]) / len(Y)
    norms = np.zeros(len(Ws))
    for i in range(len(Ws) - 1, -1, -1):
        delta = dZ * slope_of(sigmas[i], Zs[i] @ Ws[i].T + bs[i])
        norms[i] = np.linalg.norm(delta, "fro")
        if skip and Ws[i].shape[0] == Ws[i].shape[1]:
            dZ, _, _ = residual_backward(dZ, Zs[i], Ws[i], bs[i], sigmas[i])
        else:
            dZ = delta @ Ws[i]
    return norms


def _one_sample_at_a_time(X, Y, Ws, bs, sigmas, skip):
    squares = [0.0] * len(Ws)
    for x, y in zip(X, Y, strict=True):
        z, steps = np.array(x, dtype=float), []
        for W, b, sigma in zip(Ws, bs, sigmas, strict=True):
            a = W @ z + b
            path = np.eye(len(z)) if skip and W.shape == (len(z), len(z)) else np.zeros(W.shape)
            steps.append((slope_of(sigma, a), W, path))
            z = path @ z + sigma_of(sigma, a)
        dz = (z - y) / len(X)
        for i, (slope, W, path) in reversed(list(enumerate(steps))):
            delta = slope * dz
            squares[i] += sum(entry**2 for entry in delta)
            dz = path.T @ dz + W.T @ delta
    return tuple(np.sqrt(square) for square in squares)


def _deltas_first(X, Y, Ws, bs, sigmas, skip):
    skips = [skip and W.shape[0] == W.shape[1] for W in Ws]
    As, Z = [], X.astype(float)
    for W, b, sigma, adds in zip(Ws, bs, sigmas, skips, strict=True):
        As.append(np.einsum("kj,ij->ki", Z, W) + b)
        Z = Z * adds + sigma_of(sigma, As[-1]) if adds else sigma_of(sigma, As[-1])
    dZ, deltas = (Z - Y) / X.shape[0], {}
    for i in range(len(Ws), 0, -1):
        deltas[i] = dZ * slope_of(sigmas[i - 1], As[i - 1])
        came_straight = dZ if skips[i - 1] else 0
        dZ = np.dot(deltas[i], Ws[i - 1])
        dZ += came_straight
    return [np.sqrt(np.vdot(deltas[i], deltas[i])) for i in sorted(deltas)]


EQUIVALENTS = {
    "recursive": _recursive,
    "with the other questions' functions, y - z, an array": _with_the_other_questions,
    "one sample at a time, a matrix for the path": _one_sample_at_a_time,
    "all deltas first": _deltas_first,
}

QUESTION = Question(
    name="gradient_norms",
    points=3,
    arguments={"X": "(m, d_0)", "Y": "(m, d_L)", "Ws": "", "bs": "", "sigmas": "", "skip": ""},
    results=(
        Result(
            "norms",
            ask="Begin with the last layer: is its norm right? Then one layer back. What is carried on from there?",
            formula="δ_i = ∂L/∂z_i ∘ σ'_i(a_i), and ∂L/∂z_{i-1} = δ_i W_i, plus ∂L/∂z_i where layer i skips.",
        ),
    ),
    reference=reference,
    families={
        "some layers square": partial(
            _draw, m=6, widths=(5, 4, 4, 3, 4), sigmas=("tanh", "sigmoid", "relu", "tanh"), skip=True
        ),
        "some layers square, no skip": partial(
            _draw, m=6, widths=(5, 3, 3, 2), sigmas=("tanh", "sigmoid", "tanh"), skip=False
        ),
        "square, no skip": partial(_draw, m=4, widths=(4, 4, 4, 4), sigmas=("sigmoid", "tanh", "sigmoid"), skip=False),
        "square": partial(_draw, m=4, widths=(4, 4, 4, 4), sigmas=("tanh", "sigmoid", "tanh"), skip=True),
        "square, four layers": partial(
            _draw, m=3, widths=(3, 3, 3, 3, 3), sigmas=("sigmoid", "tanh", "relu", "sigmoid"), skip=True
        ),
        "the first and the last layer square": partial(
            _draw, m=7, widths=(4, 4, 3, 3), sigmas=("sigmoid", "relu", "tanh"), skip=True
        ),
        "one feature": partial(_draw, m=5, widths=(1, 3, 3, 3), sigmas=("tanh", "sigmoid", "tanh"), skip=True),
        "one feature, other widths": partial(_draw, m=6, widths=(1, 4, 4), sigmas=("sigmoid", "tanh"), skip=True),
    },
    edges={
        "no square layer": partial(_draw, m=5, widths=(3, 4, 2), sigmas=("tanh", "sigmoid"), skip=True),
        "one layer (L = 1)": partial(_draw, m=5, widths=(3, 3), sigmas=("sigmoid",), skip=True),
        "six layers, the last one linear": partial(
            _draw, m=4, widths=(3, 3, 3, 3, 3, 3, 2), sigmas=("tanh",) * 5 + ("identity",), skip=True
        ),
        "one sample (m = 1)": partial(_draw, m=1, widths=(3, 3, 2), sigmas=("tanh", "identity"), skip=True),
        "integers with tanh": _draw_signs,
        "float32 arrays": float32(partial(_draw, m=4, widths=(4, 4, 4), sigmas=("tanh", "sigmoid"), skip=True)),
        "integer arrays": _draw_integers,
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
        ),
        "the way back": (
            "what comes straight back is missing",
            "the last layer does not skip on the way back",
            "delta goes straight back, with its σ'",
            "delta is added to the delta of the layer below",
            "the branch is missing on the way back",
            "σ' is missing everywhere",
            "σ in place of σ'",
            "σ' evaluated at σ(a) instead of a",
            "σ' evaluated at z instead of a",
            "σ' written for z, but given a",
            "W_i the wrong way round",
            "W_i is missing on the way back",
            "the norms of the gradients for z",
            "the norms of the gradients for W",
        ),
    },
    derivative=True,
    uses=("residual_forward", "residual_backward"),
)
