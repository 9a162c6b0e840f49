"""A right `train`, and the parts of it that a mistake exchanges."""

import time

import numpy as np

Params = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def train(X, Y, X_val, Y_val, seed, seconds):
    """One hidden layer of relu units on features in [-1, 1]; at the end the scaling goes into the first W and b."""
    X, Y = np.concatenate([X, X_val]), np.concatenate([Y, Y_val])
    middle, half = scaling(X)
    return with_scaling(learn((X - middle) / half, Y, seed, seconds), middle, half)


def scaling(X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(middle, half the range) of each feature, 1 in place of a range of 0: (X - middle) / half is in [-1, 1]."""
    low, high = X.min(axis=0), X.max(axis=0)
    return (low + high) / 2, np.where(high > low, (high - low) / 2, 1.0)


def with_scaling(params: Params, middle: np.ndarray, half: np.ndarray) -> list[tuple]:
    """The network for raw X whose params were learned on (X - middle) / half."""
    W1, b1, W2, b2 = params
    W1 = W1 / half
    return [(W1, b1 - W1 @ middle, "relu"), (W2, b2, "identity")]


def learn(
    X: np.ndarray,
    Y: np.ndarray,
    seed: int,
    seconds: float = np.inf,
    *,
    width: int = 64,
    epochs: int = 40,
    step_size: float = 0.2,
    start: float = 1.0,
    frozen: tuple[int, ...] = (),
    last_relu: bool = False,
) -> Params:
    """(W1, b1, W2, b2) after momentum descent on the softmax cross-entropy; the params numbered `frozen` stay.

    `start` is a factor on the initial weights; with `last_relu` the last layer is a relu, too.
    """
    began, rng = time.perf_counter(), np.random.default_rng(seed)
    d, k = X.shape[1], Y.shape[1]
    W1, b1 = rng.normal(0, start * np.sqrt(2 / d), (width, d)), np.zeros(width)
    W2, b2 = rng.normal(0, start * np.sqrt(2 / width), (k, width)), np.zeros(k)
    params = [W1, b1, W2, b2]
    buffers = [np.zeros_like(P) for P in params]
    for epoch in range(epochs):
        for batch in np.split(rng.permutation(len(X)), range(64, len(X), 64)):
            A1 = X[batch] @ W1.T + b1
            Z1 = np.maximum(A1, 0)
            A2 = Z1 @ W2.T + b2
            on = (A2 > 0) if last_relu else 1.0
            Z2 = np.exp(A2 * on - (A2 * on).max(axis=1, keepdims=True))
            delta2 = (Z2 / Z2.sum(axis=1, keepdims=True) - Y[batch]) / len(batch) * on
            delta1 = (delta2 @ W2) * (A1 > 0)
            gradients = [delta1.T @ X[batch], delta1.sum(axis=0), delta2.T @ Z1, delta2.sum(axis=0)]
            for j, (P, G, gradient) in enumerate(zip(params, buffers, gradients, strict=True)):
                if j not in frozen:
                    G *= 0.9
                    G += gradient
                    P -= step_size / (1 + 0.1 * epoch) * G
        if time.perf_counter() - began > 0.8 * seconds:
            break
    return W1, b1, W2, b2
