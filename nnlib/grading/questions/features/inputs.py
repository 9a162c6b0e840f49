"""Features as the questions of this chapter need them."""

import numpy as np

from nnlib.grading.questions.fixtures import integers, off_zero

CLEARLY = 0.03
"""By so much the largest entry of a component exceeds its others, so that its sign can be settled by it."""


def between(rng: np.random.Generator, n: int, d: int) -> np.ndarray:
    """(n, d): some features positive throughout, some negative, some both, each with a range of its own.

    From two samples on, the first and the last of them hold the extremes of the first two features.

    >>> X = between(np.random.default_rng(0), 5, 3)
    >>> X.argmin(axis=0)[:2].tolist(), X.argmax(axis=0)[:2].tolist()
    ([0, 4], [4, 0])
    """
    share = rng.uniform(0.1, 0.9, (n, d))
    if n > 1:
        share[0, :2], share[-1, :2] = [0, 1][:d], [1, 0][:d]
    width = rng.uniform(1.0, 4.0, d)
    low = np.where(np.arange(d) % 3 == 0, rng.uniform(0.5, 2.0, d), -width - rng.uniform(0.5, 2.0, d))
    low = np.where(np.arange(d) % 3 == 2, -width * rng.uniform(0.2, 0.8, d), low)
    return low + width * share


def orthogonal(rng: np.random.Generator, d: int) -> np.ndarray:
    """(d, d): columns of length 1 at right angles, neither symmetric nor anything else in particular.

    >>> V = orthogonal(np.random.default_rng(0), 3)
    >>> bool(np.allclose(V.T @ V, np.eye(3)))
    True
    """
    return np.linalg.qr(rng.normal(size=(d, d)))[0]


def correlated(rng: np.random.Generator, n: int, d: int, scale: float = 1.0) -> np.ndarray:
    """(n, d), n > d: correlated features with a mean, whose principal components are known up to their sign.

    >>> X = correlated(np.random.default_rng(0), 8, 3)
    >>> unmistakable(X)
    True
    """
    while True:
        centred = rng.normal(size=(n, d))
        centred = np.linalg.qr(centred - centred.mean(axis=0))[0] * np.sqrt(n)
        deviations = np.cumprod([rng.uniform(0.5, 0.8), *rng.uniform(1.5, 1.9, d - 1)])
        X = (centred * deviations) @ orthogonal(rng, d).T + 2 * off_zero(rng, d)
        if unmistakable(X):
            return scale * X


def correlated_integers(rng: np.random.Generator, n: int, d: int) -> np.ndarray:
    """The same as an integer array, whose means are no whole numbers.

    >>> X = correlated_integers(np.random.default_rng(0), 7, 3)
    >>> X.dtype.kind, unmistakable(X)
    ('i', True)
    """
    while True:
        X = integers(rng, n, d) + rng.integers(1, 4, d)
        if (X.sum(axis=0) % n).all() and unmistakable(X):
            return X


def unmistakable(X: np.ndarray) -> bool:
    """No two variances are close, nor two large entries of a component, and `eig` lists the variances in disorder.

    With two features, it lists them in ascending order.
    """
    centred = X - X.mean(axis=0)
    listed, V = np.linalg.eig(centred.T @ centred / len(X))
    variances = np.sort(listed)[::-1]
    disorder = (np.diff(listed) > 0).any() and (len(listed) == 2 or (np.diff(listed) < 0).any())
    entries = np.sort(np.abs(V), axis=0)
    clear = (entries[-1] - entries[-2]).min() > CLEARLY
    return bool(disorder and clear and (variances[:-1] > 1.3 * variances[1:]).all())
