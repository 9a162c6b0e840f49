"""Inputs of the BatchNorm questions."""

import numpy as np

from nnlib.grading.questions.fixtures import off_zero

SQUARE = {"m": 4, "d": 4}
LARGER_SQUARE = {"m": 5, "d": 5}
NON_SQUARE = {"m": 6, "d": 3}
SMALL_VARIANCE = {"m": 7, "d": 2, "size": 0.03}


def pre_activations(rng: np.random.Generator, m: int, d: int, size: float = 1.0) -> np.ndarray:
    """(m, d): each unit with a mean and a spread of its own."""
    A = off_zero(rng, m, d) * rng.uniform(1, 2, d) + rng.uniform(0.5, 1.5, d)
    return size * A


def small_number(rng: np.random.Generator, size: float = 1.0) -> float:
    """An eps that is visible beside the variance of `pre_activations` of the same size."""
    return float(rng.uniform(0.1, 0.4) * size**2)


def whole_numbers(rng: np.random.Generator, d: int) -> tuple[np.ndarray, float]:
    """(A, eps) with integers A (4, d) and σ² + eps = 4: the root is exact, and so is all that follows from it.

    >>> A, eps = whole_numbers(np.random.default_rng(0), 2)
    >>> A.dtype.kind, np.sqrt(A.var(axis=0) + eps)
    ('i', array([2., 2.]))
    """
    balanced = np.repeat([[-1], [1]], 2, axis=0) * np.ones((1, d), dtype=int)
    return rng.permuted(balanced, axis=0) + rng.integers(1, 4, d), 3.0
