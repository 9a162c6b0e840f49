"""A network: layers one after the other, and a loss."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from nnlib.connections import Sequential
from nnlib.layers import FullyConnected, Layer
from nnlib.losses import Loss, SoftmaxCrossEntropy
from nnlib.normalization import BatchNorm


class Network:
    """Layers one after the other, and the loss that the backward pass starts from.

    `params` and `grads` are what an optimizer takes: lists of one array each, the vector θ of all parameters and its
    gradient. The W and b of the layers are windows on θ, so that one update moves them all.

    Args:
        layers: in the order of the forward pass, each in one place of one network, its width that of the one before.
        loss: `SquaredError()` or, the default, `SoftmaxCrossEntropy()`.

    Source: Lecture, forward pass and backward pass.

    >>> network = Network([FullyConnected(2, 8, "tanh"), FullyConnected(8, 3, "identity")])
    >>> network.forward(np.ones((5, 2))).shape
    (5, 3)
    >>> network
    Network([FullyConnected(2, 8, 'tanh'), FullyConnected(8, 3, 'identity')], SoftmaxCrossEntropy())
    """

    def __init__(self, layers: Sequence[Layer], loss: Loss | None = None) -> None:
        self.body = Sequential(*layers)
        self.layers = self.body.children
        self.loss = loss or SoftmaxCrossEntropy()
        self.Z_L: np.ndarray | None = None
        self.params, self.grads = self._gathered("params"), self._gathered("grads")

    def __setstate__(self, state: dict) -> None:
        """A copy gets a θ of its own, which its layers are windows on."""
        self.__dict__.update(state)
        self.params, self.grads = self._gathered("params"), self._gathered("grads")

    def _gathered(self, kind: str) -> list[np.ndarray]:
        homes = [getattr(layer, kind) for _, layer in self.body.tree()]
        arrays = [array for home in homes for array in home.values()]
        if any(array.base is not None for array in arrays):
            raise ValueError("a layer belongs to another network already: make a new one, or deepcopy that network")
        theta = np.concatenate([array.ravel() for array in arrays])
        start = 0
        for home in homes:
            for name, array in home.items():
                home[name] = theta[start : start + array.size].reshape(array.shape)
                start += array.size
        return [theta]

    @property
    def named_params(self) -> dict[str, np.ndarray]:
        """W_1, b_1, W_2, … and those of layers inside layers, W_2.1 and so on; each a window on θ."""
        return self._named("params")

    @property
    def named_grads(self) -> dict[str, np.ndarray]:
        """The gradients by the same names."""
        return self._named("grads")

    def _named(self, kind: str) -> dict[str, np.ndarray]:
        return {f"{name}_{path}": W for path, layer in self.body.tree() for name, W in getattr(layer, kind).items()}

    @property
    def deltas(self) -> list[np.ndarray]:
        """δ_1, …, δ_L of the latest backward pass, (m, d_i) each, of every fully connected layer in forward order."""
        return [layer.delta for _, layer in self.body.tree() if isinstance(layer, FullyConnected)]

    def forward(self, X: np.ndarray, train: bool = False) -> np.ndarray:
        """Z_L (m, d_L) for the mini-batch X (m, d_0); with `train=True` the layers keep their a's and z's."""
        Z_L = self.body.forward(self._checked(X), train)
        if train:
            self.Z_L = Z_L
        return Z_L

    def backward(self, Y: np.ndarray) -> None:
        """Set `grads` for the targets Y (m, d_L) of the latest `forward(X, train=True)`."""
        if self.Z_L is None:
            raise RuntimeError("backward needs the a's and z's of a forward pass: call forward(X, train=True) first")
        self.body.backward(self.loss.gradient(self.Z_L, _checked_targets(Y, self.Z_L)), to_input=False)

    def loss_value(self, X: np.ndarray, Y: np.ndarray) -> float:
        """The mean loss over the samples of X (m, d_0) with the targets Y (m, d_L)."""
        Z_L = self.forward(X)
        return self.loss.value(Z_L, _checked_targets(Y, Z_L))

    def predict(self, X: np.ndarray) -> np.ndarray:
        """The class with the largest score for each row of X, (m,) integers."""
        return self.forward(X).argmax(axis=1)

    def summary(self) -> str:
        """A table: each layer with its path, the shape of its output and the number of its parameters.

        >>> print(Network([FullyConnected(2, 8), FullyConnected(8, 3, "identity")]).summary())
        1      FullyConnected(2, 8, 'relu')           (m, 8)         24 parameters
        2      FullyConnected(8, 3, 'identity')       (m, 3)         27 parameters
        total                                                        51 parameters
        """
        rows = []
        for path, layer in list(self.body.tree())[1:]:
            title = type(layer).__name__ if isinstance(layer, Sequential) else repr(layer)
            rows.append((path, title, f"(m, {layer.d_out})", sum(W.size for W in layer.params.values())))
        rows.append(("total", "", "", self.params[0].size))
        return "\n".join(f"{path:6} {title:38} {shape:10} {size:6} parameters" for path, title, shape, size in rows)

    def save(self, path: str | Path) -> None:
        """Write what was learned, parameters and running statistics by name, into an .npz file."""
        with open(path, "wb") as file:
            np.savez(file, **self._named("params"), **self._named("state"))

    def load(self, path: str | Path) -> None:
        """Read what `save` wrote into this network, which must be built alike; otherwise it stays as it was."""
        learned = self._named("params") | self._named("state")
        with np.load(path, allow_pickle=False) as file:
            arrays = dict(file)
        found, expected = ({name: W.shape for name, W in home.items()} for home in (arrays, learned))
        if found != expected:
            raise ValueError(f"{path} holds {found}, but this network has {expected}: build it as the saved one was")
        for name, array in arrays.items():
            learned[name][...] = array

    def __repr__(self) -> str:
        return f"Network({self.layers}, {self.loss})"

    def _checked(self, X: np.ndarray) -> np.ndarray:
        X, d_0, dtype = np.asarray(X), self.body.d_in, self.params[0].dtype
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
    widths: Sequence[int],
    sigma: str = "relu",
    seed: int = 0,
    dtype: type = np.float64,
    loss: Loss | None = None,
    batchnorm: bool = False,
) -> Network:
    """A network of fully connected layers: widths d_0, …, d_L, σ in the hidden layers, the identity in the last.

    With `batchnorm` every hidden a_i is normalized.

    >>> fully_connected([64, 32, 10])
    Network([FullyConnected(64, 32, 'relu'), FullyConnected(32, 10, 'identity')], SoftmaxCrossEntropy())
    """
    rng = np.random.default_rng(seed)
    hidden = [
        FullyConnected(*pair, sigma, rng, dtype, BatchNorm(pair[1], dtype=dtype) if batchnorm else None)
        for pair in pairwise(widths[:-1])
    ]
    return Network([*hidden, FullyConnected(*widths[-2:], "identity", rng, dtype)], loss)
