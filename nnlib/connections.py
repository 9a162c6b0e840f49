"""Connections: layers one after the other, and ways around them. They nest freely."""

from itertools import pairwise

import numpy as np

from nnlib.layers import Layer


class Sequential(Layer):
    """Layers one after the other; each one's width must fit the one before, and none may stand in two places.

    >>> from nnlib.layers import FullyConnected
    >>> Sequential(FullyConnected(4, 3), FullyConnected(3, 2)).forward(np.ones((5, 4))).shape
    (5, 2)
    """

    def __init__(self, *layers: Layer) -> None:
        if not layers:
            raise ValueError(f"{type(self).__name__} needs at least one layer")
        for i, (below, above) in enumerate(pairwise(layers), start=1):
            if below.d_out != above.d_in:
                raise ValueError(f"layer {i} gives d_{i} = {below.d_out} but layer {i + 1} expects {above.d_in}")
        super().__init__(layers[0].d_in, layers[-1].d_out, layers)
        everything = [layer for _, layer in self.tree()]
        if len({id(layer) for layer in everything}) < len(everything):
            raise ValueError("the same layer stands in the network twice; make a new layer for each place")

    def forward(self, Z_prev: np.ndarray, train: bool = False) -> np.ndarray:
        """Z (m, d_out): each layer gets what the one before it gives."""
        Z = Z_prev
        for layer in self.children:
            Z = layer.forward(Z, train)
        return Z

    def backward(self, dZ: np.ndarray, to_input: bool = True) -> np.ndarray | None:
        """∂L/∂Z_prev: the layers' backward passes in reverse order."""
        for layer in reversed(self.children):
            dZ = layer.backward(dZ, to_input or layer is not self.children[0])
        return dZ

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self.children))})"


class Residual(Sequential):
    """Z = Z_prev + branch(Z_prev): with a branch that gives 0, it is φ(x) = x.

    Source: Lecture, residual connection; He et al. 2016, arXiv:1512.03385.

    >>> from nnlib.layers import FullyConnected
    >>> Residual(FullyConnected(3, 8), FullyConnected(8, 3, "identity")).forward(np.ones((5, 3))).shape
    (5, 3)
    """

    def __init__(self, *branch: Layer) -> None:
        super().__init__(*branch)
        if self.d_in != self.d_out:
            raise ValueError(
                f"Residual adds its input (m, {self.d_in}) to the branch's output (m, {self.d_out}): "
                f"give the branch's last layer d_out = {self.d_in}, or use Dense"
            )

    def forward(self, Z_prev: np.ndarray, train: bool = False) -> np.ndarray:
        """Z_prev + branch(Z_prev), shape (m, d)."""
        return Z_prev + super().forward(Z_prev, train)

    def backward(self, dZ: np.ndarray, to_input: bool = True) -> np.ndarray | None:
        """dZ + what comes back through the branch: Z_prev went two ways, so its gradients add."""
        dZ_branch = super().backward(dZ, to_input)
        return dZ + dZ_branch if to_input else None


class Dense(Sequential):
    """Z = [Z_prev, branch(Z_prev)]: the branch's columns stand to the right of the input's.

    Source: Lecture, dense connection; Huang et al. 2017, arXiv:1608.06993.

    >>> from nnlib.layers import FullyConnected
    >>> Dense(FullyConnected(3, 8)).forward(np.ones((5, 3))).shape
    (5, 11)
    """

    def __init__(self, *branch: Layer) -> None:
        super().__init__(*branch)
        self.d_out += self.d_in

    def forward(self, Z_prev: np.ndarray, train: bool = False) -> np.ndarray:
        """[Z_prev, branch(Z_prev)], shape (m, d_in + the branch's width)."""
        return np.concatenate([Z_prev, super().forward(Z_prev, train)], axis=1)

    def backward(self, dZ: np.ndarray, to_input: bool = True) -> np.ndarray | None:
        """The left columns of dZ, plus what comes back through the branch from the right ones."""
        dZ_branch = super().backward(dZ[:, self.d_in :], to_input)
        return dZ[:, : self.d_in] + dZ_branch if to_input else None
