"""The condition number of the Hessian that the features make."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from nnlib.grading.comparison import as_numbers
from nnlib.grading.question import Mistake, Question, Result
from nnlib.grading.questions.features.inputs import orthogonal
from nnlib.grading.questions.fixtures import float32, integers

ROUNDING = 1e12
"""A condition number beyond is the quotient of a number and of what rounding left of 0."""


def reference(X):
    """λ_max / λ_min of (1/n) XᵀX."""
    lams = np.linalg.eigvalsh(X.T @ X / len(X))
    return lams[-1] / lams[0]


def settle(value: Any, arguments: tuple) -> Any:
    """The number as it is, or one and the same for all quotients by what rounding left of 0."""
    array, misfit = as_numbers("", value)
    return 1e16 if not misfit and array.shape == () and abs(array) > ROUNDING else value


def _draw(rng: np.random.Generator, n: int, d: int, ratio: tuple[float, float] = (1.6, 3.0)) -> tuple:
    """X = U diag(s) Vᵀ, where neither order of its eigenvalues is the one in which `eig` lists them."""
    while True:
        s = np.cumprod([rng.uniform(0.5, 0.9), *rng.uniform(*ratio, d - 1)])
        X = np.linalg.qr(rng.normal(size=(n, d)))[0] * s @ orthogonal(rng, d) * np.sqrt(n)
        place = np.argsort(np.linalg.eig(X.T @ X / n)[0])
        ends = {0, d - 1}
        # neither the extremes are listed at the ends, nor, in place of the smallest, the second smallest
        if d < 3 or not (ends <= {place[0], place[-1]} or (d > 3 and ends <= {place[1], place[-1]})):
            return (X,)


def _draw_orthogonal(rng: np.random.Generator) -> tuple:
    return (rng.uniform(1, 3) * np.linalg.qr(rng.normal(size=(6, 3)))[0],)


def _draw_other_units(rng: np.random.Generator) -> tuple:
    (X,) = _draw(rng, 8, 3)
    return (X * [1.0, 100.0, 0.1],)


def _draw_integers(rng: np.random.Generator) -> tuple:
    while True:
        X = integers(rng, 7, 3)
        lams = np.linalg.eigvalsh(X.T @ X)
        if lams[0] > 1 and lams[-1] > 1.5 * lams[0]:
            return (X,)


def _of_eigenvalues(formula: Callable) -> Callable:
    """A formula of all eigenvalues of (1/n) XᵀX, in ascending order."""
    return lambda X: formula(np.linalg.eigvalsh(X.T @ X / len(X)))


def _of_hessian(formula: Callable) -> Callable:
    """A formula of the matrix (1/n) XᵀX."""
    return lambda X: formula(X.T @ X / len(X))


def _of(change: Callable) -> Callable:
    """The reference of other features."""
    return lambda X: reference(change(X))


def _centred(X: np.ndarray) -> np.ndarray:
    return X - X.mean(axis=0)


def _of_the_samples(X):
    lams = np.linalg.eigvalsh(X @ X.T / len(X))
    return lams[-1] / lams[0]


MISTAKES = (
    Mistake(
        "the condition number of X in place of that of XᵀX",
        np.linalg.cond,
        "np.linalg.cond(X) is the ratio of the singular values of X. The eigenvalues of XᵀX are their squares.",
    ),
    Mistake(
        "the square of the condition number",
        _of_eigenvalues(lambda lams: (lams[-1] / lams[0]) ** 2),
        "The eigenvalues of XᵀX are squares already: singular values of X are to be squared, λ's are not.",
    ),
    Mistake(
        "upside down",
        _of_eigenvalues(lambda lams: lams[0] / lams[-1]),
        "κ = λ_max / λ_min is at least 1; np.linalg.eigvalsh lists the smallest first.",
    ),
    Mistake(
        "the difference of the eigenvalues",
        _of_eigenvalues(lambda lams: lams[-1] - lams[0]),
        "κ is a ratio, so that it has no unit: λ_max / λ_min.",
    ),
    Mistake(
        "the largest eigenvalue alone",
        _of_eigenvalues(lambda lams: lams[-1]),
        "How many steps it takes depends on the ratio λ_max / λ_min.",
    ),
    Mistake(
        "divided by the second smallest eigenvalue",
        _of_eigenvalues(lambda lams: lams[-1] / lams[1]),
        "The smallest eigenvalue is lams[0].",
    ),
    Mistake(
        "divided by the mean of the eigenvalues",
        _of_eigenvalues(lambda lams: lams[-1] / lams.mean()),
        "The flattest direction is the slowest: divide by the smallest eigenvalue.",
    ),
    Mistake(
        "the mean is subtracted",
        _of(_centred),
        "Asked is κ of (1/n) XᵀX with X as it is: what the mean does to κ is just what we want to see.",
    ),
    Mistake(
        "the mean is subtracted, and the root taken",
        lambda X: np.linalg.cond(_centred(X)),
        "Asked are the eigenvalues of (1/n) XᵀX, with X as it is, not its singular values.",
    ),
    Mistake(
        "standardised first",
        _of(lambda X: _centred(X) / X.std(axis=0)),
        "Asked is κ of the features as they are given.",
    ),
    Mistake(
        "scaled to [0, 1] first",
        _of(lambda X: (X - X.min(axis=0)) / (X.max(axis=0) - X.min(axis=0))),
        "Asked is κ of the features as they are given.",
    ),
    Mistake(
        "with a constant feature 1",
        _of(lambda X: np.column_stack([np.ones(len(X)), X])),
        "Asked is κ of the features as they are given, without the 1 of a bias.",
    ),
    Mistake(
        "XXᵀ in place of XᵀX",
        _of_the_samples,
        "XXᵀ is (n, n), and n - d of its eigenvalues are 0. The Hessian is (1/n) XᵀX, (d, d).",
    ),
    Mistake(
        "the Frobenius norm",
        _of_hessian(lambda H: np.linalg.cond(H, "fro")),
        "κ is the ratio of two eigenvalues: np.linalg.cond(H) without a norm, or eigvalsh.",
    ),
    Mistake(
        "the 1-norm",
        _of_hessian(lambda H: np.linalg.cond(H, 1)),
        "κ is the ratio of two eigenvalues: np.linalg.cond(H) without a norm, or eigvalsh.",
    ),
    Mistake(
        "the diagonal of XᵀX in place of its eigenvalues",
        _of_hessian(lambda H: np.diag(H).max() / np.diag(H).min()),
        "The diagonal shows the eigenvalues only if the features are not correlated: np.linalg.eigvalsh.",
    ),
    Mistake(
        "the entries of XᵀX in place of its eigenvalues",
        _of_hessian(lambda H: H.max() / H.min()),
        "λ_max and λ_min are eigenvalues, not entries: np.linalg.eigvalsh.",
    ),
    Mistake(
        "the variances of the features in place of the eigenvalues",
        lambda X: X.var(axis=0).max() / X.var(axis=0).min(),
        "The variances leave out the mean and the correlation: take the eigenvalues of (1/n) XᵀX.",
    ),
    Mistake(
        "the largest and the smallest entry of X",
        lambda X: X.max() / X.min(),
        "λ_max and λ_min are eigenvalues of (1/n) XᵀX: np.linalg.eigvalsh.",
    ),
    Mistake(
        "the first eigenvalue that np.linalg.eig lists by the last",
        lambda X: np.linalg.eig(X.T @ X)[0][0] / np.linalg.eig(X.T @ X)[0][-1],
        "np.linalg.eig lists the eigenvalues in no particular order: take the largest and the smallest.",
    ),
    Mistake(
        "the last eigenvalue that np.linalg.eig lists by the first",
        lambda X: np.linalg.eig(X.T @ X)[0][-1] / np.linalg.eig(X.T @ X)[0][0],
        "np.linalg.eig lists the eigenvalues in no particular order: take the largest and the smallest.",
    ),
    Mistake(
        "the rate in place of κ",
        _of_eigenvalues(lambda lams: (lams[-1] - lams[0]) / (lams[-1] + lams[0])),
        "(κ - 1)/(κ + 1) is what a step leaves of the error; asked is κ itself.",
    ),
    Mistake(
        "the logarithm",
        _of_eigenvalues(lambda lams: np.log10(lams[-1] / lams[0])),
        "Return κ itself, not its logarithm.",
    ),
    Mistake(
        "1/n outside the ratio",
        lambda X: reference(X) / len(X),
        "The 1/n belongs to both eigenvalues and cancels.",
    ),
    Mistake(
        "all eigenvalues",
        _of_eigenvalues(lambda lams: lams),
        "Return one number, the ratio of the largest and the smallest.",
    ),
)


def _with_loops(X):
    n, d = X.shape
    H = [[sum(X[i, j] * X[i, k] for i in range(n)) / n for k in range(d)] for j in range(d)]
    lams, _ = np.linalg.eig(H)
    return max(lams) / min(lams)


EQUIVALENTS = {
    "cond of the Hessian": _of_hessian(np.linalg.cond),
    "the square of cond(X)": lambda X: np.linalg.cond(X) ** 2,
    "singular values, without 1/n": lambda X: np.array(np.linalg.svd(X)[1][0] ** 2 / np.linalg.svd(X)[1][-1] ** 2),
    "spectral norms": _of_hessian(lambda H: np.linalg.norm(H, 2) * np.linalg.norm(np.linalg.inv(H), 2)),
    "loops and eig": _with_loops,
    "the spectrum of the inverse": _of_hessian(
        lambda H: np.linalg.eigvalsh(H).max() * np.linalg.eigvalsh(np.linalg.inv(H)).max()
    ),
}

QUESTION = Question(
    name="condition_number",
    points=1,
    arguments={"X": "(n, d)"},
    results=(
        Result(
            "kappa", ask="Of which matrix are the eigenvalues asked for?", formula="κ = λ_max / λ_min of (1/n) XᵀX."
        ),
    ),
    reference=reference,
    families={
        "three features": partial(_draw, n=7, d=3),
        "three features, few samples": partial(_draw, n=5, d=3),
        "four features": partial(_draw, n=8, d=4),
        "as many features as samples": partial(_draw, n=4, d=4),
    },
    edges={
        "one feature (κ = 1)": partial(_draw, n=5, d=1),
        "two features": partial(_draw, n=6, d=2),
        "features at right angles (κ = 1)": _draw_orthogonal,
        "features in very different units": _draw_other_units,
        "integer arrays": _draw_integers,
        "float32 arrays": float32(partial(_draw, n=7, d=3, ratio=(1.2, 1.7))),
    },
    mistakes=MISTAKES,
    equivalents=EQUIVALENTS,
    settle=settle,
)
