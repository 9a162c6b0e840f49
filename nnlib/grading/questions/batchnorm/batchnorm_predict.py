"""BatchNorm in prediction: the running statistics in place of the mini-batch's."""

from collections.abc import Callable
from functools import partial

import numpy as np

from nnlib.grading.question import Mistake, Question, Result
from nnlib.grading.questions.batchnorm.inputs import (
    LARGER_SQUARE,
    NON_SQUARE,
    SMALL_VARIANCE,
    SQUARE,
    pre_activations,
    small_number,
)
from nnlib.grading.questions.fixtures import float32, integers, off_zero


def reference(A, gamma, beta, running_mean, running_var, eps):
    """γ (a - running mean) / √(running variance + ε) + β."""
    return gamma * (A - running_mean) / np.sqrt(running_var + eps) + beta


def _draw(rng: np.random.Generator, m: int, d: int, size: float = 1.0) -> tuple:
    A, running_mean = pre_activations(rng, m, d, size), rng.uniform(0.3, 2, d) * size
    return (
        A,
        off_zero(rng, d),
        off_zero(rng, d),
        running_mean,
        rng.uniform(0.5, 3, d) * size**2,
        small_number(rng, size),
    )


def _draw_negative_mean(rng: np.random.Generator) -> tuple:
    A, gamma, beta, running_mean, running_var, eps = _draw(rng, **NON_SQUARE)
    return A, gamma, beta, -running_mean, running_var, eps


def _draw_no_variance(rng: np.random.Generator) -> tuple:
    A, gamma, beta, running_mean, running_var, eps = _draw(rng, **NON_SQUARE)
    running_var[1] = 0.0
    return A, gamma, beta, running_mean, running_var, eps


def _draw_integers(rng: np.random.Generator) -> tuple:
    # the root is 2, and γ (a - running mean) is odd
    A = 2 * integers(rng, 4, 3)
    gamma, running_mean = 2 * integers(rng, 3) + 1, 2 * integers(rng, 3) + 1
    return A, gamma, integers(rng, 3), running_mean, np.array([1, 2, 3]), 2.5


def _divided_by(root: Callable) -> Callable:
    return lambda A, gamma, beta, running_mean, running_var, eps: (
        gamma * (A - running_mean) / root(running_var, eps) + beta
    )


def _with(change: Callable) -> Callable:
    """Normalized rightly, and then something else than scaled and shifted."""
    return lambda A, gamma, beta, running_mean, running_var, eps: change(
        (A - running_mean) / np.sqrt(running_var + eps), gamma, beta
    )


def _updated_first(A, gamma, beta, running_mean, running_var, eps):
    mean = 0.9 * running_mean + 0.1 * A.mean(axis=0)
    var = 0.9 * running_var + 0.1 * A.var(axis=0)
    return reference(A, gamma, beta, mean, var, eps)


def _updated_afterwards(A, gamma, beta, running_mean, running_var, eps):
    out = reference(A, gamma, beta, running_mean, running_var, eps)
    running_mean += 0.1 * (A.mean(axis=0) - running_mean)
    running_var += 0.1 * (A.var(axis=0) - running_var)
    return out


def _overwritten(A, gamma, beta, running_mean, running_var, eps):
    A -= running_mean
    return gamma * A / np.sqrt(running_var + eps) + beta


def _truncated(A, gamma, beta, running_mean, running_var, eps):
    out = np.zeros_like(A)
    out[...] = reference(A, gamma, beta, running_mean, running_var, eps)
    return out


MISTAKES = (
    Mistake(
        "the statistics of the mini-batch",
        lambda A, gamma, beta, running_mean, running_var, eps: reference(
            A, gamma, beta, A.mean(axis=0), A.var(axis=0), eps
        ),
        "In prediction a sample's answer must not depend on the others: use running_mean and running_var.",
    ),
    Mistake(
        "the mean of the mini-batch",
        lambda A, gamma, beta, running_mean, running_var, eps: reference(
            A, gamma, beta, A.mean(axis=0), running_var, eps
        ),
        "Subtract running_mean: in prediction a sample's answer must not depend on the others.",
    ),
    Mistake(
        "the variance of the mini-batch",
        lambda A, gamma, beta, running_mean, running_var, eps: reference(
            A, gamma, beta, running_mean, A.var(axis=0), eps
        ),
        "Divide by √(running_var + ε): in prediction a sample's answer must not depend on the others.",
    ),
    Mistake(
        "the running statistics are updated first",
        _updated_first,
        "They are updated in training only; a prediction takes them as they are.",
    ),
    Mistake(
        "the running statistics are updated in prediction",
        _updated_afterwards,
        "They are updated in training only: the test images must leave no trace in them.",
    ),
    Mistake(
        "the running mean and variance swapped",
        lambda A, gamma, beta, running_mean, running_var, eps: reference(
            A, gamma, beta, running_var, running_mean, eps
        ),
        "running_mean is subtracted, running_var is under the root.",
    ),
    Mistake(
        "eps outside the root",
        _divided_by(lambda running_var, eps: np.sqrt(running_var) + eps),
        "ε is added to the variance, under the root, as in training.",
    ),
    Mistake(
        "eps added after the division",
        lambda A, gamma, beta, running_mean, running_var, eps: (
            gamma * (A - running_mean) / np.sqrt(running_var) + eps + beta
        ),
        "Put running_var + ε in brackets under the root, and divide by the whole of it.",
    ),
    Mistake(
        "eps is missing",
        _divided_by(lambda running_var, eps: np.sqrt(running_var)),
        "The denominator is √(running_var + ε), as in training.",
    ),
    Mistake(
        "eps = 1e-5 whatever is given",
        _divided_by(lambda running_var, eps: np.sqrt(running_var + 1e-5)),
        "ε is an argument: use eps.",
    ),
    Mistake(
        "divided by the variance instead of its root",
        _divided_by(lambda running_var, eps: running_var + eps),
        "running_var is a variance: divide by the root √(running_var + ε).",
    ),
    Mistake(
        "divided by the variance, without eps",
        _divided_by(lambda running_var, eps: running_var),
        "The denominator is √(running_var + ε).",
    ),
    Mistake(
        "running_var taken for a standard deviation",
        _divided_by(lambda running_var, eps: np.sqrt(running_var**2 + eps)),
        "running_var is σ² already: do not square it.",
    ),
    Mistake(
        "not divided by the root",
        _divided_by(lambda running_var, eps: 1.0),
        "After a - running_mean comes the division by √(running_var + ε).",
    ),
    Mistake(
        "multiplied by the root instead of divided",
        _divided_by(lambda running_var, eps: 1 / np.sqrt(running_var + eps)),
        "A large spread has to become smaller: divide by √(running_var + ε).",
    ),
    Mistake(
        "the variance scaled by m/(m - 1)",
        lambda A, gamma, beta, running_mean, running_var, eps: reference(
            A, gamma, beta, running_mean, running_var * len(A) / max(len(A) - 1, 1), eps
        ),
        "running_var is used as it is; how many samples you ask for must not matter.",
    ),
    Mistake(
        "the mean is not subtracted",
        lambda A, gamma, beta, running_mean, running_var, eps: gamma * A / np.sqrt(running_var + eps) + beta,
        "The numerator is a - running_mean.",
    ),
    Mistake(
        "the mean is added",
        lambda A, gamma, beta, running_mean, running_var, eps: reference(
            A, gamma, beta, -running_mean, running_var, eps
        ),
        "The numerator is a - running_mean.",
    ),
    Mistake(
        "only the mean is divided",
        lambda A, gamma, beta, running_mean, running_var, eps: (
            gamma * (A - running_mean / np.sqrt(running_var + eps)) + beta
        ),
        "Python divides before it subtracts: put A - running_mean in brackets.",
    ),
    Mistake(
        "gamma and beta swapped",
        _with(lambda A_hat, gamma, beta: beta * A_hat + gamma),
        "γ scales and β shifts: γ â + β.",
    ),
    Mistake(
        "gamma is missing",
        _with(lambda A_hat, gamma, beta: A_hat + beta),
        "out = γ â + β: the scale is missing.",
    ),
    Mistake(
        "beta is missing",
        _with(lambda A_hat, gamma, beta: gamma * A_hat),
        "out = γ â + β: the shift is missing.",
    ),
    Mistake(
        "not scaled and shifted",
        _with(lambda A_hat, gamma, beta: A_hat),
        "γ and β are used in prediction, too: out = γ â + β.",
    ),
    Mistake(
        "beta is scaled by gamma, too",
        _with(lambda A_hat, gamma, beta: gamma * (A_hat + beta)),
        "γ multiplies â alone: γ â + β, without brackets.",
    ),
    Mistake(
        "written into an integer array",
        _truncated,
        "np.zeros_like of an integer array holds integers and cuts out: do without, or ask for dtype=float.",
    ),
    Mistake(
        "A is overwritten",
        _overwritten,
        "A -= … changes the caller's array: write A - running_mean.",
    ),
)


def _one_sample_at_a_time(A, gamma, beta, running_mean, running_var, eps):
    return [gamma * ((a - running_mean) / (running_var + eps) ** 0.5) + beta for a in A]


def _affine(A, gamma, beta, running_mean, running_var, eps):
    scale = gamma / np.sqrt(running_var + eps)
    return A * scale + (beta - running_mean * scale)


def _with_matrices(A, gamma, beta, running_mean, running_var, eps):
    W = np.diag(gamma * (running_var + eps) ** -0.5)
    return A @ W.T + (beta - W @ running_mean)


EQUIVALENTS = {
    "one sample at a time": _one_sample_at_a_time,
    "one affine map": _affine,
    "a layer W, b": _with_matrices,
    "numpy's functions": lambda A, gamma, beta, running_mean, running_var, eps: np.add(
        np.multiply(gamma, np.divide(np.subtract(A, running_mean), np.sqrt(np.add(running_var, eps)))), beta
    ),
}

QUESTION = Question(
    name="batchnorm_predict",
    points=1,
    arguments={
        "A": "(m, d_i)",
        "gamma": "(d_i,)",
        "beta": "(d_i,)",
        "running_mean": "(d_i,)",
        "running_var": "(d_i,)",
        "eps": "",
    },
    results=(
        Result(
            "out",
            "(m, d_i)",
            ask="Which mean and which variance are known when a single sample comes in?",
            formula="out = γ (a_i - running mean) / √(running variance + ε) + β.",
        ),
    ),
    reference=reference,
    families={
        "non-square": partial(_draw, **NON_SQUARE),
        "square": partial(_draw, **SQUARE),
        "square, larger": partial(_draw, **LARGER_SQUARE),
        "a small variance": partial(_draw, **SMALL_VARIANCE),
    },
    edges={
        "one sample (m = 1)": partial(_draw, m=1, d=3),
        "a negative running mean": _draw_negative_mean,
        "an entry of running_var that is 0": _draw_no_variance,
        "integer arrays": _draw_integers,
        "float32 arrays": float32(partial(_draw, **NON_SQUARE)),
    },
    mistakes=MISTAKES,
    equivalents=EQUIVALENTS,
    parts={
        "γ": ("gamma is missing",),
        "β": ("beta is missing",),
        "normalization": (
            "the statistics of the mini-batch",
            "eps outside the root",
            "divided by the variance instead of its root",
            "running_var taken for a standard deviation",
            "the mean is not subtracted",
            "the mean is added",
        ),
    },
)
