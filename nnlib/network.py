"""A network: a list of layers and a loss."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from nnlib.layers import FullyConnected, Layer
from nnlib.losses import Loss, SoftmaxCrossEntropy


class Network:
    """Layers one after the other, and the loss that the backward pass starts from.

    `params` and `grads` are what an optimizer takes: lists of one array each, the vector θ of all W and b and its
    gradient. The W and b of the layers are windows on θ, so that one update moves them all.

    Args:
        layers: in the order of the forward pass; an instance may stand in it once.
        loss: `SquaredError()` or, the default, `SoftmaxCrossEntropy()`.

    Raises:
        ValueError: a layer stands in it twice, or a width does not fit the one before.

    Source: Lecture, forward pass and backward pass.

    >>> network = Network([FullyConnected(2, 8, "tanh"), FullyConnected(8, 3, "identity")])
    >>> network.forward(np.ones((5, 2))).shape
    (5, 3)
    >>> network
    Network([FullyConnected(2, 8, 'tanh'), FullyConnected(8, 3, 'identity')], SoftmaxCrossEntropy())
    """

    def __init__(self, layers: Sequence[Layer], loss: Loss | None = None) -> None:
        self.layers = list(layers)
        self.loss = loss or SoftmaxCrossEntropy()
        if not self.layers:
            raise ValueError("a network needs at least one layer")
        if len({id(layer) for layer in self.layers}) < len(self.layers):
            raise ValueError("the same layer stands in the network twice; make a new layer for each place")
        for i, (below, above) in enumerate(pairwise(self.layers), start=1):
            if below.d_out != above.d_in:
                raise ValueError(f"layer {i} gives d_{i} = {below.d_out} but layer {i + 1} expects {above.d_in}")
        self.params, self.grads = self._gathered("params"), self._gathered("grads")
        self.Z_L: np.ndarray | None = None

    def _gathered(self, kind: str) -> list[np.ndarray]:
        homes = [getattr(layer, kind) for layer in self.layers]
        theta = np.concatenate([array.ravel() for home in homes for array in home.values()])
        start = 0
        for home in homes:
            for name, array in home.items():
                home[name] = theta[start : start + array.size].reshape(array.shape)
                start += array.size
        return [theta]

    @property
    def deltas(self) -> list[np.ndarray]:
        """δ_1, …, δ_L of the latest backward pass, (m, d_i) each."""
        return [layer.delta for layer in self.layers]

    def forward(self, X: np.ndarray, train: bool = False) -> np.ndarray:
        """Z_L (m, d_L) for the mini-batch X (m, d_0); with `train=True` the layers keep their a's and z's."""
        Z = self._checked(X)
        for layer in self.layers:
            Z = layer.forward(Z, train)
        if train:
            self.Z_L = Z
        return Z

    def backward(self, Y: np.ndarray) -> None:
        """Set `grads` for the targets Y (m, d_L) of the latest `forward(X, train=True)`."""
        if self.Z_L is None:
            raise RuntimeError("backward needs the a's and z's of a forward pass: call forward(X, train=True) first")
        dZ = self.loss.gradient(self.Z_L, _checked_targets(Y, self.Z_L))
        for layer in reversed(self.layers):
            dZ = layer.backward(dZ, to_input=layer is not self.layers[0])

    def loss_value(self, X: np.ndarray, Y: np.ndarray) -> float:
        """The mean loss over the samples of X (m, d_0) with the targets Y (m, d_L)."""
        Z_L = self.forward(X)
        return self.loss.value(Z_L, _checked_targets(Y, Z_L))

    def predict(self, X: np.ndarray) -> np.ndarray:
        """The class with the largest score for each row of X, (m,) integers."""
        return self.forward(X).argmax(axis=1)

    def __repr__(self) -> str:
        return f"Network({self.layers}, {self.loss})"

    def _checked(self, X: np.ndarray) -> np.ndarray:
        X, d_0, dtype = np.asarray(X), self.layers[0].d_in, self.params[0].dtype
        if X.ndim != 2 or X.shape[1] != d_0 or len(X) == 0:
            raise ValueError(f"X has shape {X.shape}; expected (m, d_0) with m > 0 samples, one a row, and d_0 = {d_0}")
        if X.dtype.kind == "f" and X.dtype != dtype:
            raise TypeError(
                f"X is {X.dtype} but the network computes in {dtype}: "
                f"convert with X.astype(np.{dtype}), or build the network with dtype=np.{X.dtype}"
            )
        return X.astype(dtype, copy=False)


def _checked_targets(Y: np.ndarray, Z_L: np.ndarray) -> np.ndarray:
    if np.shape(Y) != Z_L.shape:
        raise ValueError(f"Y has shape {np.shape(Y)}; expected (m, d_L) = {Z_L.shape}, the shape of Z_L")
    return np.asarray(Y)


def fully_connected(
    widths: Sequence[int], sigma: str = "relu", seed: int = 0, dtype: type = np.float64, loss: Loss | None = None
) -> Network:
    """A network of fully connected layers: widths d_0, …, d_L, σ in the hidden layers, the identity in the last.

    >>> fully_connected([64, 32, 10])
    Network([FullyConnected(64, 32, 'relu'), FullyConnected(32, 10, 'identity')], SoftmaxCrossEntropy())
    """
    rng = np.random.default_rng(seed)
    sigmas = [sigma] * (len(widths) - 2) + ["identity"]
    layers = [FullyConnected(*pair, name, rng, dtype) for pair, name in zip(pairwise(widths), sigmas, strict=True)]
    return Network(layers, loss)
