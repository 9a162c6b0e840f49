"""Layers: objects with a forward and a backward pass.

Affine map and activation belong to one layer, as in the lecture, so that a layer has an A, a Z and a delta.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from nnlib.activations import activation
from nnlib.initialisation import initial_weights


class Layer:
    """What every layer has. It keeps what its backward pass needs only when `train=True`: predicting changes nothing.

    `params` and `grads` hold the parameters and their gradients by the same names, `state` what else it has learned,
    `children` the layers inside it.
    """

    def __init__(self, d_in: int, d_out: int, children: Sequence["Layer"] = ()) -> None:
        self.d_in, self.d_out, self.children = d_in, d_out, list(children)
        self.params: dict[str, np.ndarray] = {}
        self.grads: dict[str, np.ndarray] = {}
        self.state: dict[str, np.ndarray] = {}

    def tree(self, path: str = "") -> Iterator[tuple[str, "Layer"]]:
        """This layer and all inside it, each with its path: "2.1" is the first one in the second one."""
        yield path, self
        for i, child in enumerate(self.children, start=1):
            yield from child.tree(f"{path}.{i}" if path else str(i))

    def forward(self, Z_prev: np.ndarray, train: bool = False) -> np.ndarray:
        """Z (m, d_i) from Z_prev (m, d_{i-1})."""
        raise TypeError(f"{type(self).__name__} has no forward pass")

    def backward(self, dZ: np.ndarray, to_input: bool = True) -> np.ndarray | None:
        """∂L/∂Z_prev from dZ = ∂L/∂Z; sets `grads`. The first layer of a network needs no `to_input`."""
        raise TypeError(f"{type(self).__name__} has no backward pass")


class FullyConnected(Layer):
    """z_i = σ_i(a_i) with a_i = W_i z_{i-1} + b_i.

    Args:
        d_in, d_out: the widths d_{i-1} and d_i.
        sigma: the name of the activation.
        rng: a seed or a generator for the initial weights; b starts at 0.
        dtype: of the parameters, float64 or float32.
        norm: a layer between a_i and σ_i: z_i = σ_i(norm(a_i)), for example `BatchNorm(d_out)`.

    After `forward(Z_prev, train=True)` the layer shows `A` and `Z` (m, d_i), after `backward` also `delta` (m, d_i),
    which is ∂L/∂A with or without a norm; `A_norm` is what σ_i was applied to.

    Source: Lecture, forward pass and backward pass.

    >>> layer = FullyConnected(3, 2, "tanh", rng=0)
    >>> Z = layer.forward(np.ones((5, 3)), train=True)
    >>> layer.backward(np.ones((5, 2))).shape, layer.grads["W"].shape
    ((5, 3), (2, 3))
    """

    def __init__(
        self,
        d_in: int,
        d_out: int,
        sigma: str = "relu",
        rng: int | np.random.Generator = 0,
        dtype: type = np.float64,
        norm: Layer | None = None,
    ) -> None:
        if norm and (norm.d_in, norm.d_out) != (d_out, d_out):
            raise ValueError(f"norm maps (m, {norm.d_in}) to (m, {norm.d_out}); expected (m, {d_out}), the shape of A")
        super().__init__(d_in, d_out, [norm] if norm else [])
        self.sigma, self.norm = sigma, norm
        self._sigma, self._sigma_prime = activation(sigma)
        W = initial_weights(d_in, d_out, sigma, np.random.default_rng(rng)).astype(dtype)
        self.params = {"W": W, "b": np.zeros(d_out, dtype)}
        self.grads = {"W": np.zeros_like(W), "b": np.zeros(d_out, dtype)}
        self.Z_prev = self.A = self.A_norm = self.Z = self.delta = None

    def forward(self, Z_prev: np.ndarray, train: bool = False) -> np.ndarray:
        """Z = σ(A) with A = Z_prev Wᵀ + b, shape (m, d_i)."""
        A = Z_prev @ self.params["W"].T + self.params["b"]
        A_norm = self.norm.forward(A, train) if self.norm else A
        Z = self._sigma(A_norm)
        if train:
            self.Z_prev, self.A, self.A_norm, self.Z = Z_prev, A, A_norm, Z
        return Z

    def backward(self, dZ: np.ndarray, to_input: bool = True) -> np.ndarray | None:
        """δ = dZ ∘ σ'(A), ∂L/∂W = δᵀ Z_prev, ∂L/∂b = Σ δ over the samples; returns δ W, shape (m, d_{i-1})."""
        if self.A is None:
            raise RuntimeError("backward needs the a's and z's of a forward pass: call forward(X, train=True) first")
        dA_norm = dZ if self.sigma == "identity" else dZ * self._sigma_prime(self.A_norm)
        self.delta = self.norm.backward(dA_norm) if self.norm else dA_norm
        np.matmul(self.delta.T, self.Z_prev, out=self.grads["W"])
        self.delta.sum(axis=0, out=self.grads["b"])
        return self.delta @ self.params["W"] if to_input else None

    def __repr__(self) -> str:
        norm = f", norm={self.norm}" if self.norm else ""
        return f"FullyConnected({self.d_in}, {self.d_out}, {self.sigma!r}{norm})"
