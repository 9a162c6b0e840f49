"""Inputs of the questions about one connection around one layer."""

import numpy as np

from nnlib.grading.questions.fixtures import integers, off_zero

BENT = ("tanh", "sigmoid", "relu")


def layer(rng: np.random.Generator, m: int, d: int, k: int, sigma: str) -> tuple:
    """(Z, W, b, sigma): m samples with d features, k units, pre-activations of size 1."""
    return off_zero(rng, m, d), off_zero(rng, k, d) / np.sqrt(d), off_zero(rng, k), sigma


def with_upstream(rng: np.random.Generator, m: int, d: int, k: int, sigma: str, width: int) -> tuple:
    """(dout, *layer) with a gradient of m samples and `width` units that comes back to the layer.

    Where relu is open, it has both signs among the last k units, else cutting off what is negative would be no mistake;
    and somewhere it is closed, else none of its own mask would be one.
    """
    while True:
        dout, (Z, W, b, sigma) = off_zero(rng, m, width), layer(rng, m, d, k, sigma)
        is_open = Z @ W.T + b > 0
        through = dout[:, -k:][is_open]
        if sigma != "relu" or ((through < 0).any() and (through > 0).any() and not is_open.all()):
            return dout, Z, W, b, sigma


def integer_layer(rng: np.random.Generator, m: int, d: int, k: int) -> tuple:
    """(Z, W, b, "relu") of integers; even weights and an odd bias, so that no pre-activation is 0.

    >>> Z, W, b, _ = integer_layer(np.random.default_rng(0), 4, 2, 3)
    >>> bool(np.all((Z @ W.T + b) % 2 == 1))
    True
    """
    return integers(rng, m, d), 2 * integers(rng, k, d), 2 * integers(rng, k) + 1, "relu"


def layer_of_signs(rng: np.random.Generator, m: int, k: int, sigma: str) -> tuple:
    """(Z, W, b, sigma) of the integers 1 and -1 with d = 2: |a| is 1 or 3, where σ' is no whole number."""
    return *(rng.choice([-1, 1], shape) for shape in ((m, 2), (k, 2), k)), sigma
