"""One epoch of SGD on a linear model."""

import numpy as np

from nnlib.grading.question import Question, Result
from nnlib.grading.questions.fixtures import float32, integers, off_zero
from nnlib.grading.questions.sgd.epoch_mistakes import MISTAKES, PARTS, VISITS, together
from nnlib.grading.questions.sgd.minibatches import draw_seed
from nnlib.grading.questions.sgd.minibatches import reference as minibatches
from nnlib.grading.questions.sgd.visits import Ends, another_seed, grouped


def reference(X, Y, w, m, step_size, seed):
    """w ← w - η/m xᵀ(xw - y) for each mini-batch (x, y) of a random partition."""
    for batch in minibatches(len(X), m, seed):
        residual = X[batch] @ w - Y[batch]
        w = w - step_size * X[batch].T @ residual / len(batch)
    return w


def _draw(rng: np.random.Generator, n: int, m: int, d: int, *k: int) -> tuple:
    step_size = float(rng.uniform(0.05, 0.2))
    return off_zero(rng, n, d), off_zero(rng, n, *k), off_zero(rng, d, *k), m, step_size, draw_seed(rng)


def _draw_integers(rng: np.random.Generator) -> tuple:
    X, Y, w = integers(rng, 4, 2), integers(rng, 4), integers(rng, 2)
    if not (X.T @ (X @ w - Y)).any():
        return _draw_integers(rng)
    # powers of 2, so that the result has no rounding error at all
    return X, Y, w, int(rng.integers(4, 9)), 0.125, draw_seed(rng)


def _draw_many(rng: np.random.Generator) -> tuple:
    return *grouped(rng, groups=8), 1, float(rng.uniform(0.1, 0.3)), draw_seed(rng)


def _loops(X, Y, w, m, step_size, seed):
    order = np.random.RandomState(seed).permutation(len(X)).tolist()
    w = np.array(w, dtype=float)
    while order:
        batch, order = order[:m], order[m:]
        gradient = np.zeros_like(w)
        for i in batch:
            gradient += np.multiply.outer(X[i], X[i] @ w - Y[i])
        w -= step_size / len(batch) * gradient
    return w


def _shuffled_copies(X, Y, w, m, step_size, seed):
    order = np.arange(len(X))
    np.random.seed(seed)
    np.random.shuffle(order)
    X, Y = X[order], Y[order]
    for start in range(0, len(X), m):
        x, y = X[start : start + m], Y[start : start + m]
        w = w + step_size * np.einsum("i...,ij->j...", y - np.einsum("ij,j...->i...", x, w), x) / len(x)
    return w


def _moments(X, Y, w, m, step_size, seed):
    for batch in np.split(np.random.default_rng([seed, 7]).permutation(len(X)), range(m, len(X), m)):
        x, y = X[np.sort(batch)], Y[np.sort(batch)]
        w = w - step_size * ((x.T @ x) @ w - x.T @ y) / len(batch)
    return w


def _lists(X, Y, w, m, step_size, seed):
    import random

    order = random.Random(seed).sample(range(len(X)), len(X))
    for start in range(0, len(order), m):
        rows = [(X[i], Y[i]) for i in order[start : start + m]]
        w = w - step_size * np.mean([np.outer(x, x @ w - y).reshape(np.shape(w)) for x, y in rows], axis=0)
    return w.tolist()


def _through_graded_functions(X, Y, w, m, step_size, seed):
    params = [w]
    for batch in minibatches(len(X), m, seed):
        delta = (X[batch] @ params[0] - Y[batch]) / len(batch)
        params = [params[0] - step_size * (delta.T @ X[batch]).T]
    return params[0]


EQUIVALENTS = {
    "sample after sample, RandomState": _loops,
    "shuffled copies, einsum, np.random.seed": _shuffled_copies,
    "multiplied out, np.split": _moments,
    "the mean of outer products, the standard library": _lists,
    "delta, a list of parameters": _through_graded_functions,
}

QUESTION = Question(
    name="sgd_epoch",
    points=3,
    arguments={"X": "(n, d)", "Y": "(n, k)", "w": "(d, k)", "m": "", "step_size": "", "seed": ""},
    results=(
        Result(
            "the new w",
            ask="What is the gradient of the mini-batch's mean loss, and at which w is it taken?",
            formula="w ← w - α (1/m) Xᵀ(X w - y) for each mini-batch, with its own m samples and the present w.",
        ),
    ),
    reference=reference,
    families={
        "one sample a mini-batch": lambda rng: _draw(rng, 5, 1, 3),
        "fewer samples than m": lambda rng: _draw(rng, 5, 8, 3, 2),
        "one mini-batch": lambda rng: _draw(rng, 5, 5, 2),
        "square, one mini-batch": lambda rng: _draw(rng, 5, 5, 5, 5),
        "square mini-batches": lambda rng: _draw(rng, 4, 2, 2, 2),
        "a short last mini-batch": lambda rng: _draw(rng, 5, 3, 4, 2),
        "a last mini-batch of one sample": lambda rng: _draw(rng, 5, 2, 3, 3),
    },
    edges={
        "one weight (d = 1)": lambda rng: _draw(rng, 4, 4, 1),
        "one sample (n = 1)": lambda rng: _draw(rng, 1, 2, 3),
        "columns, Y (n, 1) and w (d, 1)": lambda rng: _draw(rng, 4, 2, 3, 1),
        "many samples": _draw_many,
        "integer arrays": _draw_integers,
        "float32 arrays": float32(lambda rng: _draw(rng, 4, 3, 2, 2)),
    },
    mistakes=MISTAKES,
    equivalents=EQUIVALENTS,
    parts=PARTS,
    together=together,
    derivative=True,
    uses=("minibatches", "sgd_step"),
    settle=Ends(*VISITS).settle,
    again=another_seed,
)
