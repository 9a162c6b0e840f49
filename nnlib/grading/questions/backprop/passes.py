"""The forward and the backward pass on lists, taken apart so that one part can be exchanged for a wrong one."""

from collections.abc import Callable

import numpy as np

from nnlib.grading.questions.backprop.sigmas import sigma_of, slope_of

Arrays = list[np.ndarray]


def forward(X: np.ndarray, Ws: Arrays, bs: Arrays, sigmas: list[str]) -> tuple[Arrays, Arrays]:
    """(As, Zs): all pre-activations and activations, Zs[0] = X."""
    As, Zs = [], [X]
    for W, b, sigma in zip(Ws, bs, sigmas, strict=True):
        As.append(Zs[-1] @ W.T + b)
        Zs.append(sigma_of(sigma, As[-1]))
    return As, Zs


def output_delta(Y: np.ndarray, As: Arrays, Zs: Arrays, sigmas: list[str]) -> np.ndarray:
    """δ_L = (z_L - y)/m ∘ σ'(a_L)."""
    return (Zs[-1] - Y) / len(Y) * slope_of(sigmas[-1], As[-1])


def backward_with(
    *,
    first: Callable = output_delta,
    back: Callable = lambda delta, W: delta @ W,
    slope: Callable = slope_of,
    dW: Callable = lambda delta, Z_prev: delta.T @ Z_prev,
    db: Callable = lambda delta: delta.sum(axis=0),
    run_forward: Callable = forward,
) -> Callable:
    """The backward pass with one part exchanged."""

    def backward(X, Y, Ws, bs, sigmas):
        As, Zs = run_forward(X, Ws, bs, sigmas)
        L = len(Ws)
        dWs, dbs = [None] * L, [None] * L
        delta = first(Y, As, Zs, sigmas)
        for j in reversed(range(L)):
            dWs[j], dbs[j] = dW(delta, Zs[j]), db(delta)
            if j > 0:
                delta = back(delta, Ws[j]) * slope(sigmas[j - 1], As[j - 1])
        return dWs, dbs

    return backward


reference = backward_with()
