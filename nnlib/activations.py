"""Activation functions σ_i and their derivatives σ'_i, both as functions of the pre-activation a_i."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np


class Activation(NamedTuple):
    """A pair (σ, σ') of elementwise functions of the pre-activation A, of any shape."""

    sigma: Callable[[np.ndarray], np.ndarray]
    sigma_prime: Callable[[np.ndarray], np.ndarray]


def sigmoid(A: np.ndarray) -> np.ndarray:
    """σ(a) = 1 / (1 + exp(-a)), written as exp(-log(1 + exp(-a))) so that nothing overflows.

    >>> sigmoid(np.array([-1e4, 0.0, 1e4]))
    array([0. , 0.5, 1. ])
    """
    return np.exp(-np.logaddexp(0, -A))


def relu(A: np.ndarray) -> np.ndarray:
    """σ(a) = max(a, 0)."""
    A = np.asarray(A)
    return np.maximum(A, np.zeros(A.shape, A.dtype))  # twice as fast as with the number 0


ACTIVATIONS: dict[str, Activation] = {
    "identity": Activation(lambda A: A, np.ones_like),
    "sigmoid": Activation(sigmoid, lambda A: sigmoid(A) * sigmoid(-A)),
    "tanh": Activation(np.tanh, lambda A: 1 - np.tanh(A) ** 2),
    "relu": Activation(relu, lambda A: np.greater(A, 0).astype(np.result_type(A))),  # σ'(0) = 0 by convention
}


def activation(name: str) -> Activation:
    """The pair (σ, σ') of that name.

    >>> [(function(np.array([-2.0, 3.0])), function(1.0)) for function in activation("relu")]
    [(array([0., 3.]), np.float64(1.0)), (array([0., 1.]), np.float64(1.0))]
    """
    if name not in ACTIVATIONS:
        raise ValueError(f"there is no activation {name!r}; choose one of: {', '.join(ACTIVATIONS)}")
    return ACTIVATIONS[name]
