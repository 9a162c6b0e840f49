"""Principal components: the mean, the directions V and the variances along them."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from nnlib.grading.comparison import as_numbers
from nnlib.grading.question import Mistake, Question, Result
from nnlib.grading.questions.features.inputs import correlated, correlated_integers
from nnlib.grading.questions.fixtures import float32
from nnlib.grading.questions.forms import signs_settled


def reference(X_train):
    """μ, the eigenvectors of the covariance matrix in the columns of V, its eigenvalues in descending order."""
    mean = X_train.mean(axis=0)
    variances, V = np.linalg.eigh(covariance(X_train))
    return mean, V[:, ::-1], variances[::-1]


def covariance(X: np.ndarray) -> np.ndarray:
    """C with 1/n, (d, d)."""
    centred = X - X.mean(axis=0)
    return centred.T @ centred / len(X)


# ------------------------------------------------------------------ several right forms


def settle(value: Any, arguments: tuple) -> Any:
    """(mean, V, variances), components with settled signs and variances with 1/n, wherever they stand."""
    if not isinstance(value, (tuple, list)):
        return value
    X = arguments[0].astype(float)
    C = covariance(X)
    return tuple(_settled(entry, X, C) for entry in value)


def _settled(entry: Any, X: np.ndarray, C: np.ndarray) -> Any:
    array, misfit = as_numbers("", entry)
    if misfit or not np.isfinite(array).all():
        return entry
    array = array.astype(float)
    if array.ndim == 2 and len(array) > 1:
        return _settled_components(array, len(X), C)
    return _settled_numbers(array, X, C) if array.ndim else array


def _settled_components(V: np.ndarray, n: int, C: np.ndarray) -> np.ndarray:
    """The sign of each component is free: of a column, or of a row in the mistake of returning them in the rows."""
    # eigenvectors of a singular (n, n) matrix: only their shape says anything
    if V.shape == (n, n):
        return np.zeros((n, n))
    if V.shape == C.shape and not _are_eigenvectors(V, C) and _are_eigenvectors(V.T, C):
        return signs_settled(V.T).T
    return signs_settled(V)


def _are_eigenvectors(V: np.ndarray, C: np.ndarray) -> bool:
    """Each column of V satisfies C v = λ v, in any order."""
    CV = C @ V
    return bool(np.abs(CV - V * (V * CV).sum(axis=0)).max() < 1e-4 * np.trace(C))


def _settled_numbers(numbers: np.ndarray, X: np.ndarray, C: np.ndarray) -> np.ndarray:
    """Variances with 1/(n - 1), recognised by their sum in whatever order, as those with 1/n; rounding as 0."""
    n, d = X.shape
    # of C, of (1/n) XᵀX, and of standardised features
    sums = np.trace(C), (X**2).sum() / n, d
    if any(abs(numbers.sum() * (n - 1) / n - total) < 1e-4 * total for total in sums):
        return numbers * (n - 1) / n
    return np.where(np.abs(numbers) < 1e-12 * np.abs(X).max(), 0, numbers)


# ------------------------------------------------------------------ mistakes


def _draw(rng: np.random.Generator, n: int, d: int, scale: float = 1.0) -> tuple:
    return (correlated(rng, n, d, scale),)


def _draw_integers(rng: np.random.Generator) -> tuple:
    return (correlated_integers(rng, 7, 3),)


def _descending(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    variances, V = np.linalg.eigh(matrix)
    return V[:, ::-1], variances[::-1]


def _of_matrix(matrix: Callable) -> Callable:
    """Right but for the matrix: X -> the one whose eigenvectors are taken."""
    return lambda X_train: (X_train.mean(axis=0), *_descending(matrix(X_train)))


def _changed(change: Callable) -> Callable:
    """The reference, changed afterwards: (mean, V, variances, X) -> what is returned."""
    return lambda X_train: change(*reference(X_train), X_train)


def _variances(change: Callable) -> Callable:
    """Other variances: (variances, X) -> what is returned as such."""
    return _changed(lambda mean, V, variances, X: (mean, V, change(variances, X)))


def _components(change: Callable) -> Callable:
    """Other components: (V, variances, X) -> what is returned as V."""
    return _changed(lambda mean, V, variances, X: (mean, change(V, variances, X), variances))


def _mean(change: Callable) -> Callable:
    """Another mean is returned; V and variances are right."""
    return _changed(lambda mean, V, variances, X: (change(X), V, variances))


def _gram(X: np.ndarray) -> np.ndarray:
    centred = X - X.mean(axis=0)
    return centred @ centred.T / len(X)


def _about(mean: Callable) -> Callable:
    """Another mean is subtracted, and returned."""

    def fit_pca(X_train):
        center = mean(X_train)
        centred = X_train - center
        return center, *_descending(centred.T @ centred / len(X_train))

    return fit_pca


def _not_centred(X_train):
    mean = X_train.mean(axis=0)
    C = X_train.T @ X_train / len(X_train)
    variances, V = np.linalg.eigh(C)
    return mean, V[:, ::-1], variances[::-1]


def _as_eigh_lists_them(X_train):
    mean = X_train.mean(axis=0)
    variances, V = np.linalg.eigh(covariance(X_train))
    return mean, V, variances


def _as_eig_lists_them(X_train):
    variances, V = np.linalg.eig(covariance(X_train))
    return X_train.mean(axis=0), V, variances


def _as_eig_lists_them_but_variances_sorted(X_train):
    mean = X_train.mean(axis=0)
    C = (X_train - mean).T @ (X_train - mean) / len(X_train)
    variances, V = np.linalg.eig(C)
    return mean, V, np.sort(variances)[::-1]


def _overwritten(X_train):
    mean = X_train.mean(axis=0)
    X_train -= mean
    return mean, *_descending(X_train.T @ X_train / len(X_train))


def _truncated(X_train):
    mean = X_train.mean(axis=0)
    centred = np.zeros_like(X_train)
    centred[...] = X_train - mean
    return mean, *_descending(centred.T @ centred / len(X_train))


MISTAKES = (
    Mistake(
        "the mean is not subtracted",
        _not_centred,
        "C is the mean of (x - μ)(x - μ)ᵀ. With XᵀX alone, the first direction is mostly that of the mean.",
    ),
    Mistake(
        "one mean for everything",
        _about(np.mean),
        "Each feature has its own mean: X_train.mean(axis=0).",
    ),
    Mistake(
        "the mean of each sample",
        _about(lambda X: X.mean(axis=1, keepdims=True)),
        "Each feature has its own mean, over the samples, which are the rows: axis=0.",
    ),
    Mistake(
        "the median in place of the mean",
        _about(lambda X: np.median(X, axis=0)),
        "Subtract the mean: only then is (x - μ)(x - μ)ᵀ the covariance on average.",
    ),
    Mistake(
        "standardised first",
        _of_matrix(lambda X: np.corrcoef(X, rowvar=False)),
        "PCA here is of the covariance matrix: only subtract the mean, do not divide by the standard deviation.",
    ),
    Mistake(
        "ascending order",
        _as_eigh_lists_them,
        "np.linalg.eigh lists the smallest variance first. Turn round both the columns of V and the variances.",
    ),
    Mistake(
        "the columns of V in ascending order",
        _components(lambda V, variances, X: V[:, ::-1]),
        "The first column of V has to belong to the largest variance: V[:, ::-1] turns the columns round.",
    ),
    Mistake(
        "the variances in ascending order",
        _variances(lambda variances, X: variances[::-1]),
        "The largest variance comes first: variances[::-1].",
    ),
    Mistake(
        "the rows of V turned round in place of the columns",
        _components(lambda V, variances, X: V[::-1, ::-1]),
        "V[::-1] turns the rows round and mixes up the features. The components are the columns: V[:, ::-1].",
    ),
    Mistake(
        "the rows of V turned round as well as the columns",
        _components(lambda V, variances, X: V[::-1]),
        "np.flip(V) turns round the rows, too, and mixes up the features: V[:, ::-1] is for the columns alone.",
    ),
    Mistake(
        "the order in which np.linalg.eig lists them",
        _as_eig_lists_them,
        "np.linalg.eig has no particular order: sort by variance, V along with it. For a symmetric C take eigh.",
    ),
    Mistake(
        "the variances sorted, and V left as np.linalg.eig lists it",
        _as_eig_lists_them_but_variances_sorted,
        "Sort the columns of V along with the variances: order = np.argsort(-variances), then V[:, order].",
    ),
    Mistake(
        "the components in the rows",
        _components(lambda V, variances, X: V.T),
        "The components belong into the columns of V. np.linalg.svd returns Vᵀ, with the components in the rows.",
    ),
    Mistake(
        "the components in the rows, in ascending order",
        _components(lambda V, variances, X: V[:, ::-1].T),
        "The components belong into the columns of V, the one with the largest variance first: V[:, ::-1], no .T.",
    ),
    Mistake(
        "V multiplied by the variances",
        _components(lambda V, variances, X: V * variances),
        "The columns of V have the length 1; the variances are returned on their own.",
    ),
    Mistake(
        "V multiplied by the standard deviations",
        _components(lambda V, variances, X: V * np.sqrt(variances)),
        "The columns of V have the length 1; the variances are returned on their own.",
    ),
    Mistake(
        "V divided by the standard deviations",
        _components(lambda V, variances, X: V / np.sqrt(variances)),
        "That would give unit variance as well. Asked are directions: columns of length 1.",
    ),
    Mistake(
        "V divided by the standard deviations, with 1/(n - 1)",
        _components(lambda V, variances, X: V / np.sqrt(variances * len(X) / (len(X) - 1))),
        "That would give unit variance as well. Asked are directions: columns of length 1.",
    ),
    Mistake(
        "the de-correlated features in place of V",
        _components(lambda V, variances, X: (X - X.mean(axis=0)) @ V),
        "(X - μ) V comes in decorrelate; here V itself is wanted, (d, d).",
    ),
    Mistake(
        "the covariance matrix in place of V",
        _components(lambda V, variances, X: covariance(X)),
        "V holds the eigenvectors of the covariance matrix: np.linalg.eigh(C) returns both, (variances, V).",
    ),
    Mistake(
        "U of the singular value decomposition in place of V",
        _components(lambda V, variances, X: np.linalg.svd(X - X.mean(axis=0), full_matrices=False)[0]),
        "U has a row for each sample. The directions of the features are the rows of Vᵀ, the third result.",
    ),
    Mistake(
        "the large U of the singular value decomposition in place of V",
        _components(lambda V, variances, X: np.zeros((len(X), len(X)))),
        "(n, n) belongs to the samples. The directions of the features are the rows of Vᵀ, the third result.",
    ),
    Mistake(
        "the covariance of the samples in place of the features",
        _of_matrix(np.cov),
        "np.cov takes each row for a feature. Here the rows are samples: np.cov(X_train, rowvar=False), or of the .T.",
    ),
    Mistake(
        "(X - μ)(X - μ)ᵀ in place of (X - μ)ᵀ(X - μ)",
        _of_matrix(_gram),
        "The covariance matrix of the features is (d, d): the transposed one stands in front.",
    ),
    Mistake(
        "the singular values as variances",
        _variances(lambda variances, X: np.sqrt(variances * len(X))),
        "The variances are s²/n, where s are the singular values of X - μ.",
    ),
    Mistake(
        "the singular values, divided by n, as variances",
        _variances(lambda variances, X: np.sqrt(variances / len(X))),
        "Square the singular values first: the variances are s²/n.",
    ),
    Mistake(
        "the sum of squares is not divided by n",
        _variances(lambda variances, X: variances * len(X)),
        "A variance is a mean: divide by n.",
    ),
    Mistake(
        "divided by n twice",
        _variances(lambda variances, X: variances / len(X)),
        "np.cov and np.mean divide already: divide by n once.",
    ),
    Mistake(
        "divided by d in place of n",
        _variances(lambda variances, X: variances * len(X) / X.shape[1]),
        "The mean is taken over the n samples, not over the d features: divide by len(X_train).",
    ),
    Mistake(
        "standard deviations in place of variances",
        _variances(lambda variances, X: np.sqrt(variances)),
        "The eigenvalues of the covariance matrix are the variances: no root.",
    ),
    Mistake(
        "standard deviations, with 1/(n - 1), in place of variances",
        _variances(lambda variances, X: np.sqrt(variances * len(X) / (len(X) - 1))),
        "The variances are s²/n, without a root.",
    ),
    Mistake(
        "the eigenvalues squared",
        _variances(lambda variances, X: variances**2),
        "Only the singular values of X - μ are to be squared; the eigenvalues of C are the variances already.",
    ),
    Mistake(
        "shares of the total variance",
        _variances(lambda variances, X: variances / variances.sum()),
        "Return the variances themselves, not their part of the sum.",
    ),
    Mistake(
        "the variances of the old features",
        _variances(lambda variances, X: X.var(axis=0)),
        "Asked are the variances along the columns of V: the eigenvalues of the covariance matrix.",
    ),
    Mistake(
        "the variances of the old features, sorted",
        _variances(lambda variances, X: np.sort(X.var(axis=0))[::-1]),
        "Asked are the variances along the columns of V: the eigenvalues of the covariance matrix.",
    ),
    Mistake(
        "the mean taken after it was subtracted",
        _mean(lambda X: np.zeros(X.shape[1])),
        "Return the mean of X_train itself: decorrelate has to subtract it from other data.",
    ),
    Mistake(
        "the mean of everything is returned",
        _mean(np.mean),
        "Each feature has its own mean: X_train.mean(axis=0), (d,).",
    ),
    Mistake(
        "the mean of each sample is returned",
        _mean(lambda X: X.mean(axis=1)),
        "Each feature has its own mean, over the samples, which are the rows: axis=0.",
    ),
    Mistake(
        "the sum in place of the mean",
        _mean(lambda X: X.sum(axis=0)),
        "Divide the sum by n.",
    ),
    Mistake(
        "the variances before V",
        _changed(lambda mean, V, variances, X: (mean, variances, V)),
        "np.linalg.eigh returns (variances, V); here the order is (mean, V, variances).",
    ),
    Mistake(
        "centred into an integer array",
        _truncated,
        "np.zeros_like of an integer array holds integers and cuts off: do without, or ask for dtype=float.",
    ),
    Mistake(
        "X_train is overwritten",
        _overwritten,
        "X_train -= … changes the caller's array: write X_train - mean.",
    ),
)


# ------------------------------------------------------------------ right answers of other styles


def _singular_values(X_train):
    mean = np.mean(X_train, axis=0)
    _, s, Vt = np.linalg.svd(X_train - mean, full_matrices=False)
    return mean, Vt.T, s**2 / len(X_train)


def _cov_and_eig(X_train):
    variances, V = np.linalg.eig(np.cov(X_train, rowvar=False))
    order = np.argsort(variances)[::-1]
    return [X_train.mean(axis=0), V[:, order], variances[order]]


def _signs_chosen(X_train):
    mean, V, _ = reference(X_train)
    V = V * np.where(V[0] < 0, 1, -1)
    return mean, V.tolist(), list(((X_train - mean) @ V).var(axis=0))


def _with_loops(X_train):
    n, d = X_train.shape
    mean = [sum(X_train[:, j]) / n for j in range(d)]
    C = np.zeros((d, d))
    for j in range(d):
        for k in range(d):
            C[j, k] = sum((x[j] - mean[j]) * (x[k] - mean[k]) for x in X_train) / (n - 1)
    pairs = sorted(zip(*np.linalg.eigh(C), strict=False), key=lambda pair: -pair[0])
    assert len(pairs) == d
    lam, V = np.linalg.eigh(-C)
    return np.array([mean]), V, -lam


def _samples_as_columns(X_train):
    mean = X_train.mean(axis=0, keepdims=True)
    V, s, _ = np.linalg.svd((X_train - mean).T / np.sqrt(len(X_train) - 1), full_matrices=False)
    return mean, -V, s * s


EQUIVALENTS = {
    "singular values": _singular_values,
    "np.cov and eig, sorted": _cov_and_eig,
    "other signs, variances measured": _signs_chosen,
    "loops, eigenvalues of -C": _with_loops,
    "samples as columns": _samples_as_columns,
    "singular values of C": lambda X_train: (
        X_train.mean(axis=0),
        *np.linalg.svd(np.cov(X_train.T, bias=True), hermitian=True)[:2],
    ),
}

QUESTION = Question(
    name="fit_pca",
    points=2,
    arguments={"X_train": "(n, d)"},
    results=(
        Result(
            "mean",
            "(d,)",
            ask="Over what is the mean of a feature taken?",
            formula="μ is the mean over the samples, (d,).",
        ),
        Result(
            "V",
            "(d, d)",
            ask="Eigenvectors of which matrix, and do they stand in rows or in columns?",
            formula="(1/n)(X - μ)ᵀ(X - μ) = V Λ Vᵀ, the components in the columns, the largest variance first.",
        ),
        Result(
            "variances",
            "(d,)",
            ask="Which number says how far the data spread along a component?",
            formula="the eigenvalues of (1/n)(X - μ)ᵀ(X - μ), the largest first.",
        ),
    ),
    reference=reference,
    families={
        "three features": partial(_draw, n=8, d=3),
        "three features, few samples": partial(_draw, n=5, d=3),
        "four features": partial(_draw, n=9, d=4),
        "five features": partial(_draw, n=7, d=5),
    },
    edges={
        "two features": partial(_draw, n=6, d=2),
        "features of small size": partial(_draw, n=8, d=3, scale=1e-3),
        "integer arrays": _draw_integers,
        "float32 arrays": float32(partial(_draw, n=8, d=3)),
    },
    mistakes=MISTAKES,
    equivalents=EQUIVALENTS,
    settle=settle,
)
