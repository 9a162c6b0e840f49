"""Inputs for graded functions: random, and such that a mistake cannot hide."""

from typing import Any

import numpy as np

from nnlib.grading.question import Family


def signs(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Random whole numbers 1 and -1.

    >>> signs(np.random.default_rng(0), 4)
    array([ 1,  1,  1, -1])
    """
    return 2 * rng.integers(0, 2, shape) - 1


def off_zero(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Random entries of both signs between 0.2 and 1.8: no zeros, where relu has no derivative, and no saturation.

    >>> A = off_zero(np.random.default_rng(0), 100, 2)
    >>> bool(np.abs(A).min() > 0.2), bool(np.abs(A).max() < 1.8), bool((A < 0).any() and (A > 0).any())
    (True, True, True)
    """
    return rng.uniform(0.2, 1.8, shape) * signs(rng, *shape)


def integers(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Random whole numbers of both signs between 1 and 3, as an integer array.

    >>> integers(np.random.default_rng(0), 4).dtype.kind
    'i'
    """
    return rng.integers(1, 4, shape) * signs(rng, *shape)


def cast(value: Any, dtype: type) -> Any:
    """The same plain data with every array of numbers in another dtype.

    >>> cast([np.ones(1), "tanh", 2], np.float32)
    [array([1.], dtype=float32), 'tanh', 2]
    """
    if isinstance(value, np.ndarray):
        return value.astype(dtype)
    if isinstance(value, (list, tuple)):
        return type(value)(cast(entry, dtype) for entry in value)
    if isinstance(value, dict):
        return {key: cast(entry, dtype) for key, entry in value.items()}
    return value


def float32(family: Family) -> Family:
    """The same inputs in single precision."""
    return lambda rng: cast(family(rng), np.float32)
