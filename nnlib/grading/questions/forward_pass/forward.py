"""The whole forward pass on lists of W and b."""

import itertools
from functools import partial

import numpy as np

from nnlib.grading.question import Question, Result
from nnlib.grading.questions.backprop.passes import forward as reference
from nnlib.grading.questions.backprop.sigmas import sigma_of
from nnlib.grading.questions.fixtures import float32, integers, off_zero
from nnlib.grading.questions.forward_pass.forward_mistakes import MISTAKES


def _draw(rng: np.random.Generator, m: int, widths: tuple[int, ...], sigmas: tuple[str, ...]) -> tuple:
    pairs = list(itertools.pairwise(widths))
    Ws = [off_zero(rng, d, d_prev) / np.sqrt(d_prev) for d_prev, d in pairs]
    bs = [0.5 * off_zero(rng, d) for _, d in pairs]
    return off_zero(rng, m, widths[0]), Ws, bs, list(sigmas)


def _draw_integers(rng: np.random.Generator) -> tuple:
    return (
        integers(rng, 4, 2),
        [integers(rng, 3, 2), integers(rng, 2, 3)],
        [integers(rng, 3), integers(rng, 2)],
        [
            "tanh",
            "identity",
        ],
    )


def _draw_integer_input(rng: np.random.Generator) -> tuple:
    X, *others = _draw(rng, m=5, widths=(3, 4, 2), sigmas=("tanh", "sigmoid"))
    return integers(rng, *X.shape), *others


def _one_sample_at_a_time(X, Ws, bs, sigmas):
    passes = [reference(x, Ws, bs, sigmas) for x in X]
    As = [np.array(rows) for rows in zip(*(As for As, _ in passes), strict=True)]
    return As, [np.array(rows) for rows in zip(*(Zs for _, Zs in passes), strict=True)]


def _recursive(X, Ws, bs, sigmas):
    if not Ws:
        return [], [X]
    A = X @ Ws[0].T + bs[0]
    As, Zs = _recursive(sigma_of(sigmas[0], A), Ws[1:], bs[1:], sigmas[1:])
    return [A, *As], [X, *Zs]


def _absorbed_bias(X, Ws, bs, sigmas):
    As, Zs = [], [X]
    for W, b, sigma in zip(Ws, bs, sigmas, strict=True):
        A = np.column_stack([Zs[-1], np.ones(len(X))]) @ np.column_stack([W, b]).T
        As, Zs = [*As, A], [*Zs, sigma_of(sigma, A)]
    return As, Zs


def _samples_in_columns(X, Ws, bs, sigmas):
    L = len(Ws)
    As, Zs = [None] * L, [X.T] + [None] * L
    for i in range(L):
        As[i] = Ws[i] @ Zs[i] + bs[i][:, np.newaxis]
        Zs[i + 1] = sigma_of(sigmas[i], As[i])
    return tuple(A.T for A in As), tuple(Z.T for Z in Zs)


EQUIVALENTS = {
    "one sample at a time": _one_sample_at_a_time,
    "recursive": _recursive,
    "the bias absorbed": _absorbed_bias,
    "with the samples in columns": _samples_in_columns,
}

QUESTION = Question(
    name="forward",
    points=3,
    arguments={"X": "(m, d_0)", "Ws": "", "bs": "", "sigmas": ""},
    results=(
        Result(
            "As",
            "(m, d_i)",
            forward=True,
            ask="What goes into layer i: what came out of which layer?",
            formula="a_i = W_i z_{i-1} + b_i, for i = 1, …, L.",
        ),
        Result(
            "Zs",
            "(m, d_i)",
            first=0,
            forward=True,
            ask="What is z_0, and which σ belongs to which layer?",
            formula="z_0 = x and z_i = σ_i(a_i).",
        ),
    ),
    reference=reference,
    families={
        "non-square": partial(_draw, m=6, widths=(5, 3, 4, 2), sigmas=("tanh", "sigmoid", "relu")),
        "non-square, four layers": partial(
            _draw, m=7, widths=(2, 5, 4, 6, 3), sigmas=("sigmoid", "relu", "identity", "tanh")
        ),
        "square": partial(_draw, m=4, widths=(4, 4, 4, 4), sigmas=("tanh", "relu", "sigmoid")),
        "square, other activations": partial(
            _draw, m=3, widths=(3, 3, 3, 3, 3), sigmas=("sigmoid", "tanh", "relu", "tanh")
        ),
    },
    edges={
        "one layer (L = 1)": partial(_draw, m=5, widths=(3, 2), sigmas=("sigmoid",)),
        "two layers (L = 2), the last one linear": partial(_draw, m=5, widths=(3, 4, 2), sigmas=("relu", "identity")),
        "one sample (m = 1)": partial(_draw, m=1, widths=(3, 4, 2), sigmas=("tanh", "identity")),
        "one output": partial(_draw, m=5, widths=(3, 4, 1), sigmas=("relu", "sigmoid")),
        "integer arrays": _draw_integers,
        "an integer input": _draw_integer_input,
        "float32 arrays": float32(partial(_draw, m=6, widths=(5, 3, 2), sigmas=("tanh", "sigmoid"))),
    },
    mistakes=MISTAKES,
    equivalents=EQUIVALENTS,
    uses=("layer_forward",),
)
