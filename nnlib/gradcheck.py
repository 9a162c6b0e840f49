"""Gradient checks: compare a derived gradient with differences of the loss, before any training."""

from collections.abc import Callable

import numpy as np

from nnlib.layers import Layer
from nnlib.network import Network


def numerical_gradient(f: Callable[[np.ndarray], float], W: np.ndarray, h: float = 1e-5) -> np.ndarray:
    """The central difference (f(W + h) - f(W - h)) / 2h for each entry of W; its error shrinks with h².

    W (float64, any shape) is raised and lowered in place, entry by entry, and left as it was, so that f may be the
    loss of a network that owns W.

    >>> numerical_gradient(lambda w: float(w @ w), np.array([1.0, -2.0])).round(6)
    array([ 2., -4.])
    """
    gradient = np.zeros_like(W)
    for index in np.ndindex(W.shape):
        entry = W[index]
        try:
            W[index] = entry + h
            f_plus = f(W)
            W[index] = entry - h
            f_minus = f(W)
        finally:
            W[index] = entry
        gradient[index] = (f_plus - f_minus) / (2 * h)
    return gradient


def relative_error(A: np.ndarray, B: np.ndarray) -> float:
    """max |A - B| / max(|A|, |B|): measured against the largest entry, 0 where both are 0.

    >>> relative_error(np.array([1.0, 100.0]), np.array([1.0, 101.0]))
    0.009900990099009901
    """
    size = max(np.abs(A).max(initial=0), np.abs(B).max(initial=0))
    return float(np.abs(A - B).max(initial=0) / size) if size else 0.0


def check_network(network: Network, X: np.ndarray, Y: np.ndarray, h: float = 1e-5) -> dict[str, float]:
    """The relative error of each gradient of the backward pass, by name: W_1, b_1, W_2, …

    1e-7 and less means right; 1e-3 and more means wrong, or a relu whose corner lay within h.

    >>> from nnlib.network import fully_connected
    >>> X, Y = np.random.default_rng(0).normal(size=(5, 3)), np.eye(2)[[0, 1, 1, 0, 1]]
    >>> errors = check_network(fully_connected([3, 4, 2], "tanh"), X, Y)
    >>> list(errors), max(errors.values()) < 1e-7
    (['W_1', 'b_1', 'W_2', 'b_2'], True)
    """
    network.forward(X, train=True)
    network.backward(Y)
    derived = {name: dW.copy() for name, dW in network.named_grads.items()}
    loss = lambda _: network.loss.value(network.forward(X, train=True), Y)  # noqa: E731
    return {
        name: relative_error(derived[name], numerical_gradient(loss, W, h)) for name, W in network.named_params.items()
    }


def check_layer(layer: Layer, Z_prev: np.ndarray, seed: int = 0, h: float = 1e-5) -> dict[str, float]:
    """The relative error of each gradient of one layer, the one for its input Z_prev (m, d_in) included.

    The upstream gradient dZ is random: with ones, many wrong backward passes look right.

    >>> from nnlib.layers import FullyConnected
    >>> errors = check_layer(FullyConnected(3, 2, "sigmoid"), np.random.default_rng(1).normal(size=(4, 3)))
    >>> list(errors), max(errors.values()) < 1e-7
    (['Z_prev', 'W', 'b'], True)
    """
    Z_prev = np.array(Z_prev, dtype=float)
    dZ = np.random.default_rng(seed).normal(size=layer.forward(Z_prev, train=True).shape)
    inside = [(f"{name}_{path}".rstrip("_"), part, name) for path, part in layer.tree() for name in part.params]
    derived = {"Z_prev": layer.backward(dZ)} | {title: part.grads[name].copy() for title, part, name in inside}
    arrays = {"Z_prev": Z_prev} | {title: part.params[name] for title, part, name in inside}
    objective = lambda _: float(np.sum(dZ * layer.forward(Z_prev, train=True)))  # noqa: E731
    return {name: relative_error(derived[name], numerical_gradient(objective, W, h)) for name, W in arrays.items()}
