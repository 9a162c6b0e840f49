"""Right ways to train, of other styles."""

import numpy as np

from nnlib.connections import Residual
from nnlib.grading.questions.digits.train_reference import scaling
from nnlib.layers import FullyConnected
from nnlib.network import Network, fully_connected
from nnlib.normalization import PCA
from nnlib.optimizers import SGD, inverse_decay
from nnlib.train import fit


def _scaled(X, Y, X_val, Y_val):
    """(X scaled, Y, middle, half) of all images together."""
    X, Y = np.concatenate([X, X_val]), np.concatenate([Y, Y_val])
    middle, half = scaling(X)
    return (X - middle) / half, Y, middle, half


def _fitted(network, X, Y, seed, step_size=0.1, epochs=20):
    optimizer = SGD(network.params, inverse_decay(step_size, 0.005), 0.9)
    fit(network, X, Y, optimizer, epochs=epochs, seed=seed, progress=False)
    return [(layer.params["W"], layer.params["b"], layer.sigma) for layer in network.layers if layer.params]


def batchnorm_inside(X, Y, X_val, Y_val, seed, seconds):
    """nnlib's layers; after the training BatchNorm is a part of W and b."""
    X, Y, middle, half = _scaled(X, Y, X_val, Y_val)
    network = fully_connected([X.shape[1], 64, Y.shape[1]], seed=seed, batchnorm=True)
    (W1, b1, _), last = _fitted(network, X, Y, seed, step_size=0.2)
    norm = network.layers[0].norm
    factor = norm.params["scale"] / np.sqrt(norm.state["running_var"] + norm.eps)
    W1, b1 = factor[:, None] * W1, factor * (b1 - norm.state["running_mean"]) + norm.params["shift"]
    return [(W1 / half, b1 - (W1 / half) @ middle, "relu"), last]


def deep_and_narrow(X, Y, X_val, Y_val, seed, seconds):
    """Three hidden layers of tanh on de-correlated features, with the V of PCA in the first W."""
    X, Y, middle, half = _scaled(X, Y, X_val, Y_val)
    pca = PCA(X)
    network = fully_connected([X.shape[1], 64, 48, 32, Y.shape[1]], "tanh", seed=seed)
    (W1, b1, sigma), *rest = _fitted(network, pca(X), Y, seed)
    W1 = W1 @ pca.V.T
    b1 = b1 - W1 @ pca.mean
    W1 = W1 / half
    return [(W1, b1 - W1 @ middle, sigma), *rest]


def residual_as_plain(X, Y, X_val, Y_val, seed, seconds):
    """z + σ(W z + b) is a wider layer, [σ(W z + b), σ(z)] with z ≥ 0, and a next W that adds the halves."""
    X, Y, middle, half = _scaled(X, Y, X_val, Y_val)
    rng, d = np.random.default_rng(seed), 48
    block = FullyConnected(d, d, rng=rng)
    block.params["W"] *= 0.3
    first, last = FullyConnected(X.shape[1], d, rng=rng), FullyConnected(d, Y.shape[1], "identity", rng)
    _fitted(Network([first, Residual(block), last]), X, Y, seed)
    (W1, b1), (W2, b2), (W3, b3) = (layer.params.values() for layer in (first, block, last))
    wide = np.concatenate([W2, np.eye(d)]), np.concatenate([b2, np.zeros(d)])
    return [(W1 / half, b1 - (W1 / half) @ middle, "relu"), (*wide, "relu"), (np.hstack([W3, W3]), b3, "identity")]


def random_features(X, Y, X_val, Y_val, seed, seconds):
    """No descent at all: a random hidden layer, and the last one by least squares with a ridge."""
    X, Y, middle, half = _scaled(X, Y, X_val, Y_val)
    rng = np.random.default_rng(seed)
    W, b = rng.normal(0, 0.1, (600, X.shape[1])), rng.normal(0, 0.5, 600)
    Z = np.column_stack([np.maximum(X @ W.T + b, 0), np.ones(len(X))])
    V = np.linalg.solve(Z.T @ Z + 0.3 * np.eye(Z.shape[1]), Z.T @ Y).T
    W = W / half
    return [(W, b - W @ middle, "relu"), (V[:, :-1], V[:, -1], "identity")]


def sample_by_sample(X, Y, X_val, Y_val, seed, seconds):
    """One image a step, with nested lists in place of arrays."""
    X, Y, middle, half = _scaled(X, Y, X_val, Y_val)
    rng = np.random.default_rng(seed)
    W1, b1 = rng.normal(0, 0.15, (64, X.shape[1])), np.zeros(64)
    W2, b2 = rng.normal(0, 0.1, (Y.shape[1], 64)), np.zeros(Y.shape[1])
    for epoch in range(10):
        step_size = 0.03 / (1 + 0.2 * epoch)
        for i in rng.permutation(len(X)):
            z1 = np.maximum(W1 @ X[i] + b1, 0)
            z2 = np.exp(W2 @ z1 + b2)
            delta2 = z2 / z2.sum() - Y[i]
            delta1 = W2.T @ delta2 * (z1 > 0)
            W2 -= step_size * np.outer(delta2, z1)
            b2 -= step_size * delta2
            W1 -= step_size * np.outer(delta1, X[i])
            b1 -= step_size * delta1
    W1 = W1 / half
    b1 = b1 - W1 @ middle
    return ((W1.tolist(), b1.tolist(), "relu"), [W2.tolist(), b2.tolist(), "identity"])


EQUIVALENTS = {
    "BatchNorm, afterwards inside W and b": batchnorm_inside,
    "deep and narrow, tanh, de-correlated features": deep_and_narrow,
    "residual, written as a plain network": residual_as_plain,
    "random features and least squares": random_features,
    "sample by sample, lists": sample_by_sample,
}
