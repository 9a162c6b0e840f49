"""Random networks from the plane to a number: the picture they draw, and the curve along its middle line."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from nnlib.activations import ACTIVATIONS

SIDE = 2.0
"""The square is -SIDE ≤ x₁, x₂ ≤ SIDE."""
MAX_WIDTH = 32
ROWS_AT_ONCE = 256  # larger products wake all threads of BLAS, which costs more than it saves

# the sigmoid is written with tanh, which numpy computes three times as fast
SIGMAS = {name: pair.sigma for name, pair in ACTIVATIONS.items()} | {"sigmoid": lambda A: 0.5 + 0.5 * np.tanh(A / 2)}


@dataclass(frozen=True)
class Network:
    """W_i and b_i of each layer; `sigma` in the hidden layers, the identity in the last."""

    Ws: list[np.ndarray]
    bs: list[np.ndarray]
    sigma: str

    @property
    def widths(self) -> list[int]:
        """d_0, …, d_L."""
        return [self.Ws[0].shape[1], *(len(b) for b in self.bs)]

    @property
    def parameters(self) -> int:
        """The number of weights and biases."""
        return sum(array.size for array in self.Ws + self.bs)

    def output(self, X: np.ndarray) -> np.ndarray:
        """z_L for each row of X (m, d_0), as (m,); the network has one output."""
        chunks = [X[start : start + ROWS_AT_ONCE] for start in range(0, len(X), ROWS_AT_ONCE)]
        return np.concatenate([self._output(chunk) for chunk in chunks])

    def _output(self, Z: np.ndarray) -> np.ndarray:
        for W, b in zip(self.Ws[:-1], self.bs[:-1], strict=True):
            Z = SIGMAS[self.sigma](Z @ W.T + b)
        return (Z @ self.Ws[-1].T + self.bs[-1])[:, 0]


@dataclass(frozen=True)
class Curve:
    """The output along the line x₂ = 0.

    Attributes:
        x: values of x₁, ascending; for relu and the identity the ends of the straight pieces, (k,).
        z: z_L there, (k,).
        kinks: which of these points are kinks, (k,) booleans.
        pieces: the number of straight pieces; None for tanh and sigmoid, which are curved.
        turns: how often the curve changes between rising and falling.
    """

    x: np.ndarray
    z: np.ndarray
    kinks: np.ndarray
    pieces: int | None
    turns: int


def random_network(depth: int, width: int, sigma: str, spread: float, seed: int) -> Network:
    """A network with L = depth layers from x = (x₁, x₂) to one number.

    The entries of W_i are normal with standard deviation spread / √d_{i-1}, those of b_i with spread / 2.
    Layer i draws from a generator of its own, and a narrow layer is a corner of a wide one, so that a network
    changes little when a unit is added.

    >>> [W.shape for W in random_network(depth=3, width=8, sigma="relu", spread=1.5, seed=0).Ws]
    [(8, 2), (8, 8), (1, 8)]
    """
    widths = [2, *[width] * (depth - 1), 1]
    Ws, bs = [], []
    for i in range(1, depth + 1):
        d_out, d_in = widths[i], widths[i - 1]
        draws = _draws(seed, i if i < depth else 0)
        Ws.append(draws[:d_out, :d_in] * spread / np.sqrt(d_in))
        bs.append(draws[:d_out, -1] * spread / 2)
    return Network(Ws, bs, sigma)


@cache
def _draws(seed: int, layer: int) -> np.ndarray:
    """Standard normal numbers for the widest layer, its biases in the last column: (MAX_WIDTH, MAX_WIDTH + 1)."""
    return np.random.default_rng([seed, layer]).normal(size=(MAX_WIDTH, MAX_WIDTH + 1))


def picture(network: Network, n: int) -> np.ndarray:
    """The output on n × n points of the square, (n, n): x₂ grows with the row, x₁ with the column."""
    return network.output(_square(n)).reshape(n, n)


@cache
def _square(n: int) -> np.ndarray:
    """The n × n points, one a row: (n², 2)."""
    x = np.linspace(-SIDE, SIDE, n)
    return np.stack(np.meshgrid(x, x), axis=-1).reshape(-1, 2)


def curve(network: Network, n: int = 121) -> Curve:
    """The output along x₂ = 0: exact where it is made of straight pieces, else at n points."""
    if network.sigma in ("relu", "identity") or len(network.Ws) == 1:
        return _straight_pieces(network)
    x = np.linspace(-SIDE, SIDE, n)
    z = network.output(np.column_stack([x, np.zeros(n)]))
    return Curve(x, z, np.zeros(n, bool), None, _turns(z))


def _straight_pieces(network: Network) -> Curve:
    """Go through the layers; wherever a unit's a crosses zero between two points, relu bends, so add a point there."""
    x = np.array([-SIDE, SIDE])
    Z = np.column_stack([x, np.zeros(2)])
    for W, b in zip(network.Ws[:-1], network.bs[:-1], strict=True):
        A = Z @ W.T + b
        if network.sigma == "relu":
            k, unit = np.nonzero(A[:-1] * A[1:] < 0)
            share = A[k, unit] / (A[k, unit] - A[k + 1, unit])
            x = np.concatenate([x, x[k] + share * (x[k + 1] - x[k])])
            A = np.concatenate([A, A[k] + share[:, None] * (A[k + 1] - A[k])])
            order = np.argsort(x)
            x, A = x[order], A[order]
        Z = SIGMAS[network.sigma](A)
    z = (Z @ network.Ws[-1].T + network.bs[-1])[:, 0]
    kinks = _kinks(x, z)
    return Curve(x, z, kinks, int(kinks.sum()) + 1, _turns(z))


def _kinks(x: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Which points do not lie on the straight line between their neighbours, (k,) booleans.

    A unit's kink does not reach the output when every path to it is cut by a relu further on.
    """
    kinks = np.zeros(len(x), bool)
    share = (x[1:-1] - x[:-2]) / (x[2:] - x[:-2])
    straight = z[:-2] + share * (z[2:] - z[:-2])
    kinks[1:-1] = np.abs(z[1:-1] - straight) > 1e-12 * np.abs(z).max()
    return kinks


def _turns(z: np.ndarray) -> int:
    """How often the sign of the slope changes.

    >>> _turns(np.array([0.0, 1.0, 1.0, 2.0, 1.0, 3.0]))
    2
    """
    steps = np.diff(z)
    rising = np.sign(steps[np.abs(steps) > 1e-12 * np.abs(z).max()])
    return int((rising[1:] != rising[:-1]).sum())
