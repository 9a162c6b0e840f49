"""How the gradient travels through deep networks at their random start, and how they learn to answer x with x."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np

from nnlib.connections import Dense, Residual, Sequential
from nnlib.layers import FullyConnected, Layer
from nnlib.losses import SquaredError
from nnlib.network import Network
from nnlib.normalization import BatchNorm
from nnlib.optimizers import SGD
from nnlib.train import training_step

KINDS = ("plain", "residual", "dense")
WIDTH = 32
GROWTH = 4
MOMENTUM = 0.9
DIVERGED_ABOVE = 1e6


def deep_layers(
    kind: str, sigma: str, depth: int, *, c: float = 1.0, batchnorm: bool = False, d: int = WIDTH, seed: int = 0
) -> list[Layer]:
    """`depth` layers at their random start, all weights multiplied by c.

    Layer i is z_i = σ(a_i), its weights of width d (plain); z_i = z_{i-1} + σ(a_i), width d (residual); or
    z_i = [z_{i-1}, σ(a_i)] with 4 new columns a layer (dense).

    >>> [layer.d_out for layer in deep_layers("dense", "tanh", 3)]
    [36, 40, 44]
    """
    rng = np.random.default_rng(seed)
    layers, d_in = [], d
    for _ in range(depth):
        d_out = GROWTH if kind == "dense" else d
        layer = FullyConnected(d_in, d_out, sigma, rng, norm=BatchNorm(d_out) if batchnorm else None)
        layer.params["W"] *= c
        layers.append({"plain": Sequential, "residual": Residual, "dense": Dense}[kind](layer))
        d_in = layers[-1].d_out
    return layers


@lru_cache(maxsize=2000)
def gradient_norms(
    kind: str, sigma: str, depth: int, c: float = 1.0, batchnorm: bool = False, m: int = WIDTH, seed: int = 0
) -> tuple[float, ...]:
    """‖δ_1‖, …, ‖δ_L‖ at the random start: one forward and one backward pass.

    The inputs are normal; from above comes a random ∂L/∂z_L of norm 1, the same size for every network.

    >>> norms = gradient_norms("plain", "sigmoid", 10)
    >>> len(norms), norms[0] / norms[-1] < 0.25**9
    (10, True)
    """
    network = Sequential(*deep_layers(kind, sigma, depth, c=c, batchnorm=batchnorm, seed=seed))
    rng = np.random.default_rng([seed, 1])
    Z = network.forward(rng.normal(size=(m, network.d_in)), train=True)
    dZ = rng.normal(size=Z.shape)
    network.backward(dZ / np.linalg.norm(dZ), to_input=False)
    deltas = [layer.delta for _, layer in network.tree() if isinstance(layer, FullyConnected)]
    return tuple(float(np.linalg.norm(delta)) for delta in deltas)


def identity_blocks(kind: str, blocks: int, c: float, *, d: int = 8, seed: int = 0) -> list[Layer]:
    """Blocks of two layers, d → 2d relu → d, for "plain" or "residual"; the same seed gives both the same weights.

    c multiplies the second layer's weights, and so the whole branch. At c = 1 a branch gives on average, over the
    random weights, a ‖branch(z)‖² of ‖z‖².

    >>> identity_blocks("residual", 2, c=0.0)[0].forward(np.ones((1, 8))).tolist()
    [[1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]]
    """
    rng = np.random.default_rng(seed)
    layers = []
    for _ in range(blocks):
        branch = FullyConnected(d, 2 * d, "relu", rng), FullyConnected(2 * d, d, "identity", rng)
        branch[1].params["W"] *= c
        layers.append({"plain": Sequential, "residual": Residual}[kind](*branch))
    return layers


@dataclass(frozen=True)
class IdentityState:
    """How well a network answers x with x after `step` gradient steps.

    Attributes:
        step: 0 is the start.
        errors: one a step from the start on, Σ ‖z_L - x‖² / Σ ‖x‖² over 128 new samples: always answering 0 has 1.
        Z_L: the answers to the new samples, (128, d).
        diverged: the error is above a million, or no number. It is the last state then.
    """

    step: int
    errors: tuple[float, ...]
    Z_L: np.ndarray
    diverged: bool

    @property
    def error(self) -> float:
        """The latest error."""
        return self.errors[-1]


@cache
def new_samples(d: int = 8) -> np.ndarray:
    """The x that the networks are asked for: (128, d), normal, always the same, read-only."""
    X = np.random.default_rng(9).normal(size=(128, d))
    X.flags.writeable = False
    return X


def answers_at_the_start(kind: str, blocks: int, c: float, *, d: int = 8, seed: int = 0) -> np.ndarray:
    """What `identity_blocks` answer to the new samples: (128, d). No network is built for it.

    >>> np.array_equal(answers_at_the_start("residual", 2, c=0.0), new_samples())
    True
    """
    Z = new_samples(d)
    for W_1, W_2 in _start_weights(blocks, d, seed):
        branch = np.maximum(Z @ W_1.T, 0) @ (c * W_2.T)
        Z = Z + branch if kind == "residual" else branch
    return Z


@lru_cache(maxsize=64)
def _start_weights(blocks: int, d: int, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Both W of each block at c = 1, whose b start at 0."""
    made = identity_blocks("plain", blocks, c=1.0, d=d, seed=seed)
    return [tuple(layer.params["W"] for layer in block.children) for block in made]


def identity_training(
    kind: str, blocks: int, c: float, step_size: float, *, steps: int = 200, m: int = 64, d: int = 8, seed: int = 0
) -> Iterator[IdentityState]:
    """Train `identity_blocks` on y = x and yield a state at the start and after each step.

    Squared error, SGD with momentum 0.9, a new mini-batch of m normal samples at each step: the same ones for every
    kind of network.

    >>> *_, last = identity_training("residual", 3, 0.3, 0.01)
    >>> last.step, last.error < 0.05
    (200, True)
    """
    X_new, errors = new_samples(d), []

    def state(Z_L: np.ndarray) -> IdentityState:
        errors.append(float(np.sum((Z_L - X_new) ** 2) / np.sum(X_new**2)))
        return IdentityState(len(errors) - 1, tuple(errors), Z_L, not errors[-1] <= DIVERGED_ABOVE)

    latest = state(answers_at_the_start(kind, blocks, c, d=d, seed=seed))
    yield latest
    network = Network(identity_blocks(kind, blocks, c, d=d, seed=seed), SquaredError())
    optimizer = SGD(network.params, step_size, MOMENTUM)
    rng = np.random.default_rng([seed, 1])
    while latest.step < steps and not latest.diverged:
        X = rng.normal(size=(m, d))
        # not around the yield: the caller's own numpy settings must hold there
        with np.errstate(over="ignore", invalid="ignore"):
            training_step(network, optimizer, X, X)
            latest = state(network.forward(X_new))
        yield latest
