"""The backward pass through a connection around one layer, taken apart so that one part can be exchanged."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nnlib.grading.questions.backprop.sigmas import slope_of

Array = np.ndarray
Parts = Callable[[Array, Array], tuple[Array, Array]]
"""(dout, Z) -> (what goes straight back to Z, what goes back through the branch)."""


@dataclass(frozen=True)
class Way:
    """All that a backward pass has at hand when it makes dZ, dW and db.

    Attributes:
        skip: the part of dout that goes straight back to Z.
        branch: the part of dout that is ∂L/∂σ(a).
        Z, W, A: the layer's input, weights, pre-activation.
        sigma: the name of its activation.
        slope: σ'(a).
        delta: branch ∘ σ'(a).
    """

    skip: Array
    branch: Array
    Z: Array
    W: Array
    A: Array
    sigma: str
    slope: Array
    delta: Array


def residual_parts(dout: Array, Z: Array) -> tuple[Array, Array]:
    """Of a sum: both get all of it."""
    return dout, dout


def dense_parts(dout: Array, Z: Array) -> tuple[Array, Array]:
    """Of [Z, σ(a)]: the left columns and the right ones."""
    d = Z.shape[1]
    return dout[:, :d], dout[:, d:]


def through(
    parts: Parts,
    *,
    pre_activation: Callable = lambda Z, W, b: Z @ W.T + b,
    slope: Callable = slope_of,
    branch: Callable = lambda sigma, branch, A: branch,
    dZ: Callable = lambda way: way.skip + way.delta @ way.W,
    dW: Callable = lambda way: way.delta.T @ way.Z,
    db: Callable = lambda way: way.delta.sum(axis=0),
) -> Callable:
    """The backward pass through a connection with one part exchanged."""

    def backward(dout, Z, W, b, sigma):
        skip, back = parts(dout, Z)
        A = pre_activation(Z, W, b)
        back = branch(sigma, back, A)
        slopes = slope(sigma, A)
        way = Way(skip, back, Z, W, A, sigma, slopes, back * slopes)
        return dZ(way), dW(way), db(way)

    return backward
