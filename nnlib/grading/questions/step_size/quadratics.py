"""Matrices H of quadratic losses ½ wᵀHw whose eigenvalues cannot be read off the diagonal."""

import numpy as np

LARGEST_DIAGONAL = 0.95


def turned(rng: np.random.Generator, lam: np.ndarray) -> np.ndarray:
    """H = Q diag(λ) Qᵀ with a random Q, such that no diagonal entry comes near the largest eigenvalue.

    >>> H = turned(np.random.default_rng(0), np.array([1.0, 9.0]))
    >>> np.linalg.eigvalsh(H).round(9).tolist(), bool(H.diagonal().max() < 0.95 * 9)
    ([1.0, 9.0], True)
    """
    while True:
        Q, _ = np.linalg.qr(rng.normal(size=(len(lam), len(lam))))
        H = (Q * lam) @ Q.T
        if H.diagonal().max() < LARGEST_DIAGONAL * lam.max():
            return (H + H.T) / 2


def draw_H(rng: np.random.Generator, d: int, scale: float = 1.0) -> np.ndarray:
    """A random ravine in d dimensions: one steep direction, a flat one, others in between.

    >>> np.linalg.eigvalsh(draw_H(np.random.default_rng(0), d=3)).min() > 0
    np.True_
    """
    between = rng.uniform(1.2, 2.5, d - 2)
    return scale * turned(rng, np.array([rng.uniform(0.3, 0.9), *between, rng.uniform(3.0, 8.0)]))


def draw_whole_H(rng: np.random.Generator, d: int) -> np.ndarray:
    """The same with whole numbers: an integer array, symmetric and positive definite.

    >>> H = draw_whole_H(np.random.default_rng(0), d=2)
    >>> H.dtype.kind, bool((np.linalg.eigvalsh(H) >= 1).all())
    ('i', True)
    """
    B = rng.integers(1, 4, (d, d)) * rng.choice([-1, 1], (d, d))
    return B @ B.T + np.eye(d, dtype=int)
