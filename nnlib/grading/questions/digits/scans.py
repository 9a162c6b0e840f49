"""The digits, read by a scanner that did not exist before: what `train` learns from, and what it is judged on."""

from typing import NamedTuple

import numpy as np

from nnlib.data import load_digits, one_hot

CLASSES = 10
N_TRAIN, N_VALIDATION, N_TEST = 1024, 256, 517
FAINTEST = 0.7
GAINS = (5.0, 50.0)
OFFSETS = (0, 50)


class Scans(NamedTuple):
    """X (n, 64) raw readings and Y (n, 10) one-hot: to train, to validate, and unseen ones, each twice."""

    X: np.ndarray
    Y: np.ndarray
    X_val: np.ndarray
    Y_val: np.ndarray
    X_test: np.ndarray
    Y_test: np.ndarray


def scans(seed: int | np.random.Generator, n: int = N_TRAIN, n_val: int = N_VALIDATION) -> Scans:
    """The digits through another scanner for each seed, so that a network stored beforehand knows nothing of them.

    The pixels come in a random order, and the ten classes are numbered at random. The ink of each pixel is weakened by
    up to 30 %. Half of the images are negatives, x -> c - x. The sensor of each pixel has a gain and an offset of its
    own; three of the 64 never see ink, so that their column is constant.

    >>> images = scans(0)
    >>> images.X.shape, images.Y_val.shape, images.X_test.shape
    ((1024, 64), (256, 10), (1034, 64))
    >>> int((images.X.std(axis=0) == 0).sum())
    3
    """
    rng = np.random.default_rng(seed)
    digits, labels = load_digits()
    most = digits.max(axis=0)
    ink = digits * rng.uniform(FAINTEST, 1, digits.shape)
    Y = one_hot(rng.permutation(CLASSES)[labels], CLASSES)

    order = rng.permutation(len(digits))
    learn, test = order[: n + n_val], order[-N_TEST:]
    negative = rng.random((n + n_val, 1)) < 0.5
    seen = np.where(negative, most - ink[learn], ink[learn])
    unseen = np.concatenate([ink[test], most - ink[test]])

    d = digits.shape[1]
    # whole numbers, so that the mean of a constant pixel is exact and its spread 0
    places, offset = rng.permutation(d), rng.integers(*OFFSETS, d)
    gain = np.exp(rng.uniform(*np.log(GAINS), d))
    X, X_test = (offset + gain * images[:, places] for images in (seen, unseen))
    Y_learn, Y_test = Y[learn], np.concatenate([Y[test], Y[test]])
    return Scans(X[:n], Y_learn[:n], X[n:], Y_learn[n:], X_test, Y_test)
