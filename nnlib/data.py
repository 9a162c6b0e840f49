"""Data: real digits, small made sets, and mini-batches."""

from importlib.resources import files
from typing import NamedTuple

import numpy as np


class Digits(NamedTuple):
    """X (1797, 64): 8x8 images, one a row, pixels in [0, 1]; labels (1797,): 0 to 9."""

    X: np.ndarray
    labels: np.ndarray


def load_digits(dtype: type = np.float64) -> Digits:
    """The 1,797 handwritten digits of the UCI optical recognition set (its test part).

    Source: Alpaydin and Kaynak 1998, doi:10.24432/C50P49, CC BY 4.0; see nnlib/datasets/README.md.

    >>> X, labels = load_digits()
    >>> X.shape, float(X.max()), labels[:5]
    ((1797, 64), 1.0, array([0, 1, 2, 3, 4]))
    """
    with (
        files("nnlib").joinpath("datasets/digits.npz").open("rb") as file,
        np.load(file) as arrays,
    ):
        return Digits((arrays["pixels"] / 16).astype(dtype), arrays["labels"].astype(int))


def one_hot(labels: np.ndarray, classes: int, dtype: type = np.float64) -> np.ndarray:
    """Y (m, classes) with a 1 in the column of each label (m,).

    >>> one_hot(np.array([1, 0]), 3)
    array([[0., 1., 0.],
           [1., 0., 0.]])
    """
    labels = np.asarray(labels)
    if labels.size and not 0 <= labels.min() <= labels.max() < classes:
        raise ValueError(f"labels run from {labels.min()} to {labels.max()}; expected 0 to {classes - 1}")
    return np.eye(classes, dtype=dtype)[labels]


def split(n: int, fraction: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A random partition of 0, …, n - 1 into two index arrays; the first holds `fraction` of them.

    >>> first, second = split(10, 0.8)
    >>> len(first), len(second), sorted(np.concatenate([first, second]).tolist()) == list(range(10))
    (8, 2, True)
    """
    order = np.random.default_rng(seed).permutation(n)
    return np.split(order, [round(fraction * n)])


def minibatches(n: int, m: int, rng: int | np.random.Generator = 0) -> list[np.ndarray]:
    """A random partition of the samples 0, …, n - 1 into index arrays of size m; the last may be shorter.

    `rng` is a seed, or a generator that goes on from epoch to epoch. The lecture suggests m = 64.

    Source: Lecture, stochastic gradient descent. The notes draw (x_i, y_i) from a distribution D; what we have to
    draw from is the training set.

    >>> [len(batch) for batch in minibatches(10, 4)]
    [4, 4, 2]
    """
    if m < 1:
        raise ValueError(f"m is {m}; a mini-batch needs at least one sample")
    order = np.random.default_rng(rng).permutation(n)
    return [order[start : start + m] for start in range(0, n, m)]


def noisy_sine(n: int, noise: float = 0.1, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """X (n, 1) uniform in [-π, π] and Y (n, 1) = sin(x) + noise: the smallest regression worth a network.

    >>> X, Y = noisy_sine(5, noise=0.0)
    >>> bool(np.allclose(Y, np.sin(X)))
    True
    """
    rng = np.random.default_rng(seed)
    X = rng.uniform(-np.pi, np.pi, (n, 1))
    return X, np.sin(X) + noise * rng.normal(size=(n, 1))


def spirals(n: int, noise: float = 0.1, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """X (n, 2) on two interleaved spirals and labels (n,) 0 or 1: no straight line separates them.

    >>> X, labels = spirals(100)
    >>> X.shape, int(labels.sum())
    ((100, 2), 50)
    """
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 2
    angle = 3 * np.pi * np.sqrt(rng.uniform(0.02, 1, n))
    turned = angle + np.pi * labels
    X = np.column_stack([angle * np.cos(turned), angle * np.sin(turned)]) / (3 * np.pi)
    return X + noise * 0.1 * rng.normal(size=(n, 2)), labels
