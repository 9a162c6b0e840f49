"""BatchNorm in training: normalize each unit over the mini-batch, then scale and shift."""

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
    whole_numbers,
)
from nnlib.grading.questions.fixtures import float32, integers, off_zero
from nnlib.grading.questions.forms import first_of_two


def reference(A, gamma, beta, eps):
    """γ (a - μ) / √(σ² + ε) + β, and (â, √(σ² + ε))."""
    root = np.sqrt(A.var(axis=0) + eps)
    A_hat = (A - A.mean(axis=0)) / root
    return gamma * A_hat + beta, (A_hat, root)


def _draw(rng: np.random.Generator, m: int, d: int, size: float = 1.0) -> tuple:
    return pre_activations(rng, m, d, size), off_zero(rng, d), off_zero(rng, d), small_number(rng, size)


def _draw_constant_feature(rng: np.random.Generator) -> tuple:
    A, gamma, beta, _ = _draw(rng, **NON_SQUARE)
    A[:, 1] = rng.integers(1, 4)
    return A, gamma, beta, 1e-5


def _draw_zero_gamma(rng: np.random.Generator) -> tuple:
    A, gamma, beta, eps = _draw(rng, **NON_SQUARE)
    gamma[0] = 0.0
    return A, gamma, beta, eps


def _draw_integers(rng: np.random.Generator) -> tuple:
    A, eps = whole_numbers(rng, 3)
    # odd, so that half of it is no whole number
    return A, 2 * integers(rng, 3) + 1, integers(rng, 3), eps


def _answer(out: Callable) -> Callable:
    """An answer that returns this and no cache."""
    return lambda A, gamma, beta, eps: (out(A, gamma, beta, eps), None)


def _normalized(A_hat: Callable) -> Callable:
    """Scaled and shifted rightly after something else than the right normalization."""
    return _answer(lambda A, gamma, beta, eps: gamma * A_hat(A, eps) + beta)


def _with(change: Callable) -> Callable:
    """Normalized rightly, and then something else than scaled and shifted."""
    return _answer(lambda A, gamma, beta, eps: change(reference(A, 1, 0, eps)[0], gamma, beta))


def _overwritten(A, gamma, beta, eps):
    root = np.sqrt(A.var(axis=0) + eps)
    A -= A.mean(axis=0)
    return gamma * A / root + beta, None


def _truncated(A, gamma, beta, eps):
    out = np.zeros_like(A)
    out[...] = reference(A, gamma, beta, eps)[0]
    return out, None


MISTAKES = (
    Mistake(
        "normalized over the units of each sample",
        _normalized(lambda A, eps: (A - A.mean(axis=1, keepdims=True)) / np.sqrt(A.var(axis=1, keepdims=True) + eps)),
        "That is layer normalization. μ and σ² are taken over the m samples, which are the rows: axis=0.",
    ),
    Mistake(
        "each unit gets the mean and the variance of a sample",
        _normalized(lambda A, eps: (A - A.mean(axis=1)) / np.sqrt(A.var(axis=1) + eps)),
        "With axis=1 the means run over the units. μ and σ² are taken over the m samples, the rows: axis=0.",
    ),
    Mistake(
        "one mean and one variance for everything",
        _normalized(lambda A, eps: (A - A.mean()) / np.sqrt(A.var() + eps)),
        "Each unit has its own μ and σ²: means over the samples, axis=0.",
    ),
    Mistake(
        "the variance with 1/(m - 1)",
        _normalized(lambda A, eps: (A - A.mean(axis=0)) / np.sqrt(A.var(axis=0, ddof=1) + eps)),
        "σ² is the biased variance, with 1/m: we want these m numbers to have variance 1, not to estimate anything.",
    ),
    Mistake(
        "eps outside the root",
        _normalized(lambda A, eps: (A - A.mean(axis=0)) / (A.std(axis=0) + eps)),
        "ε is added to σ², under the root: √(σ² + ε).",
    ),
    Mistake(
        "eps is missing",
        _normalized(lambda A, eps: (A - A.mean(axis=0)) / A.std(axis=0)),
        "The denominator is √(σ² + ε).",
    ),
    Mistake(
        "eps = 1e-5 whatever is given",
        _normalized(lambda A, eps: (A - A.mean(axis=0)) / np.sqrt(A.var(axis=0) + 1e-5)),
        "ε is an argument: use eps.",
    ),
    Mistake(
        "eps squared under the root",
        _normalized(lambda A, eps: (A - A.mean(axis=0)) / np.sqrt(A.var(axis=0) + eps**2)),
        "Under the root it is σ² + ε: only σ is squared.",
    ),
    Mistake(
        "eps subtracted from the variance",
        _normalized(lambda A, eps: (A - A.mean(axis=0)) / np.sqrt(np.abs(A.var(axis=0) - eps))),
        "ε is added: it keeps the root away from 0.",
    ),
    Mistake(
        "eps added after the division",
        _normalized(lambda A, eps: (A - A.mean(axis=0)) / A.std(axis=0) + eps),
        "Put σ² + ε in brackets under the root, and divide by the whole of it.",
    ),
    Mistake(
        "divided by the variance instead of its root",
        _normalized(lambda A, eps: (A - A.mean(axis=0)) / (A.var(axis=0) + eps)),
        "The denominator is the root √(σ² + ε).",
    ),
    Mistake(
        "the root of the standard deviation",
        _normalized(lambda A, eps: (A - A.mean(axis=0)) / np.sqrt(A.std(axis=0) + eps)),
        "np.std is σ already: take the root of σ² + ε, with np.var.",
    ),
    Mistake(
        "multiplied by the root instead of divided",
        _normalized(lambda A, eps: (A - A.mean(axis=0)) * np.sqrt(A.var(axis=0) + eps)),
        "A large spread has to become smaller: divide by √(σ² + ε).",
    ),
    Mistake(
        "not divided by the root",
        _normalized(lambda A, eps: A - A.mean(axis=0)),
        "After a - μ comes the division by √(σ² + ε).",
    ),
    Mistake(
        "the mean is not subtracted",
        _normalized(lambda A, eps: A / np.sqrt(A.var(axis=0) + eps)),
        "The numerator is a - μ.",
    ),
    Mistake(
        "only the mean is divided",
        _normalized(lambda A, eps: A - A.mean(axis=0) / np.sqrt(A.var(axis=0) + eps)),
        "Python divides before it subtracts: put A - mean in brackets.",
    ),
    Mistake(
        "the mean of a² in place of the variance",
        _normalized(lambda A, eps: (A - A.mean(axis=0)) / np.sqrt((A**2).mean(axis=0) + eps)),
        "σ² is the mean of (a - μ)²: subtract μ before you square.",
    ),
    Mistake(
        "the sum of squares in place of the variance",
        _normalized(lambda A, eps: (A - A.mean(axis=0)) / np.sqrt(A.var(axis=0) * len(A) + eps)),
        "σ² is the mean of (a - μ)² over the m samples: divide the sum by m.",
    ),
    Mistake(
        "the wrong sign",
        _normalized(lambda A, eps: (A.mean(axis=0) - A) / np.sqrt(A.var(axis=0) + eps)),
        "The numerator is a - μ, not μ - a.",
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
        "What you return first is â; first comes out = γ â + β, then the cache.",
    ),
    Mistake(
        "beta is scaled by gamma, too",
        _with(lambda A_hat, gamma, beta: gamma * (A_hat + beta)),
        "γ multiplies â alone: γ â + β, without brackets.",
    ),
    Mistake(
        "divided by gamma",
        _with(lambda A_hat, gamma, beta: A_hat / gamma + beta),
        "out = γ â + β: γ multiplies.",
    ),
    Mistake(
        "beta is subtracted",
        _with(lambda A_hat, gamma, beta: gamma * A_hat - beta),
        "out = γ â + β: β is added.",
    ),
    Mistake(
        "scaled and shifted before the normalization",
        _answer(lambda A, gamma, beta, eps: reference(gamma * A + beta, 1, 0, eps)[0]),
        "Normalize first: what γ and β do to a is undone by the normalization after it.",
    ),
    Mistake(
        "one gamma for each sample",
        _with(lambda A_hat, gamma, beta: gamma[:, np.newaxis] * A_hat + beta[:, np.newaxis]),
        "γ and β have one entry for each unit, which are the columns: write gamma * A_hat + beta.",
    ),
    Mistake(
        "written into an integer array",
        _truncated,
        "np.zeros_like of an integer array holds integers and cuts out: do without, or ask for dtype=float.",
    ),
    Mistake(
        "A is overwritten",
        _overwritten,
        "A -= … changes the caller's array, which the backward pass still needs: write A - mean.",
    ),
)


def _one_unit_at_a_time(A, gamma, beta, eps):
    m, d = A.shape
    out = np.zeros((m, d))
    for j in range(d):
        mean = sum(A[:, j]) / m
        var = sum((a - mean) ** 2 for a in A[:, j]) / m
        out[:, j] = [gamma[j] * (a - mean) / (var + eps) ** 0.5 + beta[j] for a in A[:, j]]
    return out, {"out": out}


def _two_moments(A, gamma, beta, eps):
    A = np.asarray(A, dtype=float)
    mean = np.mean(A, axis=0, keepdims=True)
    var = np.mean(A**2, axis=0, keepdims=True) - mean**2
    A_hat = (A - mean) * (var + eps) ** -0.5
    return [gamma * A_hat + beta, [A_hat, mean, var]]


def _affine(A, gamma, beta, eps):
    scale = gamma / np.sqrt(np.var(A, axis=0) + eps)
    return A * scale + (beta - A.mean(axis=0) * scale), None


def _with_matrices(A, gamma, beta, eps):
    m = len(A)
    centred = (np.eye(m) - np.ones((m, m)) / m) @ A
    r = 1 / np.sqrt(np.einsum("ki,ki->i", centred, centred) / m + eps)
    return centred @ np.diag(r * gamma) + beta, 0


EQUIVALENTS = {
    "one unit at a time": _one_unit_at_a_time,
    "E[a²] - μ²": _two_moments,
    "one affine map": _affine,
    "with matrices": _with_matrices,
}

QUESTION = Question(
    name="batchnorm_forward",
    points=2,
    arguments={"A": "(m, d_i)", "gamma": "(d_i,)", "beta": "(d_i,)", "eps": ""},
    results=(
        Result(
            "out",
            "(m, d_i)",
            ask="Over which axis are mean and variance taken, and where does ε stand?",
            formula="out = γ (a_i - μ) / √(σ² + ε) + β, with μ and σ² of the mini-batch, for each unit.",
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
        "a constant feature": _draw_constant_feature,
        "an entry of gamma that is 0": _draw_zero_gamma,
        "integer arrays": _draw_integers,
        "float32 arrays": float32(partial(_draw, **NON_SQUARE)),
    },
    mistakes=MISTAKES,
    equivalents=EQUIVALENTS,
    parts={
        "γ": (
            "gamma is missing",
            "divided by gamma",
        ),
        "β": (
            "beta is missing",
            "beta is subtracted",
        ),
        "normalization": (
            "the variance with 1/(m - 1)",
            "eps outside the root",
            "eps is missing",
            "divided by the variance instead of its root",
            "the mean is not subtracted",
        ),
    },
    settle=first_of_two,
)
