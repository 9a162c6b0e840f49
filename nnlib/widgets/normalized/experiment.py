"""One network trained without and with BatchNorm, and both explanations of the difference measured on the way."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np

from nnlib.activations import ACTIVATIONS
from nnlib.data import load_digits, minibatches, one_hot, split
from nnlib.losses import accuracy
from nnlib.network import Network, fully_connected
from nnlib.normalization import batchnorm_forward
from nnlib.optimizers import SGD

HIDDEN_LAYERS = 5
WIDTH = 32
SIGMA = "tanh"
MIDDLE = 3
MEASURE_EVERY = 4
PROBES = 128
FACTORS = (0.5, 1.0, 2.0)


class HiddenSignals(NamedTuple):
    """What passes through one hidden layer, (m, d_i) each: a_i, what σ_i is applied to, and z_i."""

    A: np.ndarray
    A_norm: np.ndarray
    Z: np.ndarray


@dataclass(frozen=True)
class RunState:
    """What is known of a run after a gradient step that was measured: the first one, and every 4th.

    Attributes:
        step: 1, 4, 8, …
        losses: one mini-batch loss a step, each measured before its update.
        measured: the steps at which the following were measured, one entry for each.
        shifts: how far the step moved the distribution of a_3 (see `relative_shift`).
        norm_shifts: the same of what σ_3 is applied to; without BatchNorm it is a_3 itself.
        loss_ranges: max - min of the loss along the step (see `along_the_step`).
        gradient_changes: ‖change of the gradient‖ / ‖gradient‖ from the start to the end of the step.
        Zs: z_1, …, z_5 of 128 training images after the step.
        accuracy: on the validation samples, with the running statistics.
    """

    step: int
    losses: tuple[float, ...]
    measured: tuple[int, ...]
    shifts: tuple[float, ...]
    norm_shifts: tuple[float, ...]
    loss_ranges: tuple[float, ...]
    gradient_changes: tuple[float, ...]
    Zs: tuple[np.ndarray, ...]
    accuracy: float


def side_by_side(
    weight_scale: float, step_size: float, m: int, *, steps: int = 200, seed: int = 0
) -> Iterator[tuple[RunState, RunState]]:
    """The same run without and with BatchNorm: same seed, so the same initial W and the same mini-batches.

    >>> *_, (plain, normalized) = side_by_side(3.0, 1.0, 64, steps=40)
    >>> normalized.losses[-1] < plain.losses[-1]
    True
    """
    runs = (digits_run(batchnorm, weight_scale, step_size, m, steps=steps, seed=seed) for batchnorm in (False, True))
    yield from zip(*runs, strict=True)


def digits_run(
    batchnorm: bool, weight_scale: float, step_size: float, m: int, *, steps: int = 200, seed: int = 0
) -> Iterator[RunState]:
    """Train 64 - 5 x 32 tanh - 10 on the digit images by plain SGD; a state for each measured step.

    Args:
        batchnorm: normalize each hidden a_i.
        weight_scale: the factor on every initial W.
        step_size: α.
        m: the size of every mini-batch; what an epoch leaves over is not used.
        steps: gradient steps.
        seed: of the initial weights and of the mini-batches.

    >>> [state.step for state in digits_run(True, 1.0, 0.3, 64, steps=12)]
    [1, 4, 8, 12]
    """
    X, Y, X_val, Y_val = digits()
    probes = X[:PROBES]
    network = scaled_network(batchnorm, weight_scale, seed)
    scout = deepcopy(network)
    optimizer = SGD(network.params, step_size)
    losses, measured = [], []
    shifts, norm_shifts, loss_ranges, gradient_changes = [], [], [], []
    for step, batch in enumerate(full_batches(len(X), m, seed, steps), start=1):
        network.forward(X[batch], train=True)
        network.backward(Y[batch])
        losses.append(network.loss.value(network.Z_L, Y[batch]))
        if step != 1 and step % MEASURE_EVERY:
            optimizer.step(network.grads)
            continue
        values, change = along_the_step(network, scout, X[batch], Y[batch], step_size)
        before = hidden_signals(network, probes)
        optimizer.step(network.grads)
        after = hidden_signals(network, probes)
        measured.append(step)
        shifts.append(relative_shift(before[MIDDLE - 1].A, after[MIDDLE - 1].A))
        norm_shifts.append(relative_shift(before[MIDDLE - 1].A_norm, after[MIDDLE - 1].A_norm))
        loss_ranges.append(max(values) - min(values))
        gradient_changes.append(change)
        yield RunState(
            step,
            *map(tuple, (losses, measured, shifts, norm_shifts, loss_ranges, gradient_changes)),
            tuple(signals.Z for signals in after),
            accuracy(network.forward(X_val), Y_val),
        )


def scaled_network(batchnorm: bool, weight_scale: float, seed: int = 0, dtype: type = np.float64) -> Network:
    """The network of the figure: 64 pixels, 5 hidden layers of 32 tanh units, 10 scores; initial W times a factor."""
    widths = [64, *[WIDTH] * HIDDEN_LAYERS, 10]
    network = fully_connected(widths, SIGMA, seed, dtype, batchnorm=batchnorm)
    for layer in network.layers:
        layer.params["W"] *= weight_scale
    return network


def signals_at_the_start(batchnorm: bool, weight_scale: float, seed: int = 0) -> tuple[np.ndarray, ...]:
    """z_1, …, z_5 of 128 training images before the first step, computed in single precision.

    >>> [Z.shape for Z in signals_at_the_start(False, 1.0)][:2]
    [(128, 32), (128, 32)]
    """
    network, probes = _start(batchnorm, seed)
    return tuple(signals.Z for signals in hidden_signals(network, probes, weight_scale))


@cache
def _start(batchnorm: bool, seed: int) -> tuple[Network, np.ndarray]:
    """The network at weight scale 1 and the images; the tanh of single precision takes a quarter of the time."""
    return scaled_network(batchnorm, 1.0, seed, np.float32), digits()[0][:PROBES].astype(np.float32)


def hidden_signals(network: Network, X: np.ndarray, weight_scale: float = 1.0) -> list[HiddenSignals]:
    """a_i, what σ_i gets and z_i of each hidden layer, normalized with μ and σ² of X itself; changes nothing.

    Every W is taken times `weight_scale`.

    >>> signals = hidden_signals(scaled_network(True, 10.0), digits()[0])
    >>> [bool(np.allclose(A_norm.mean(axis=0), 0)) for _, A_norm, _ in signals]
    [True, True, True, True, True]
    """
    signals, Z = [], X
    for layer in network.layers[:-1]:
        A = A_norm = weight_scale * (Z @ layer.params["W"].T) + layer.params["b"]
        if layer.norm:
            scale, shift = layer.norm.params.values()
            A_norm = batchnorm_forward(A, scale, shift, A.mean(axis=0), A.var(axis=0), layer.norm.eps)[1]
        Z = ACTIVATIONS[layer.sigma].sigma(A_norm)
        signals.append(HiddenSignals(A, A_norm, Z))
    return signals


def relative_shift(before: np.ndarray, after: np.ndarray) -> float:
    """By how many of its standard deviations a unit's distribution has moved, the mean over the units.

    For a unit whose mean and standard deviation go from (μ, σ) to (μ', σ'): √((μ' - μ)² + (σ' - σ)²) / σ. The root is
    the 2-Wasserstein distance between the normal distributions that have these numbers.

    >>> before = np.array([[-1.0], [1.0]])
    >>> relative_shift(before, before + 3), relative_shift(before, 5 * before)
    (3.0, 4.0)
    """
    sigma = before.std(axis=0)
    moved = np.hypot(after.mean(axis=0) - before.mean(axis=0), after.std(axis=0) - sigma)
    return float(np.mean(moved / np.maximum(sigma, np.finfo(float).tiny)))


def along_the_step(
    network: Network, scout: Network, X: np.ndarray, Y: np.ndarray, step_size: float
) -> tuple[list[float], float]:
    """The loss of this mini-batch at θ - s g for s = 0, ½α, α, 2α, and ‖g(θ - α g) - g‖ / ‖g‖.

    For a quadratic loss of curvature λ along g, the second one is α λ. `scout` is a copy of `network`, which holds θ
    and the g of its latest backward pass and stays as it is.

    >>> X, Y, *_ = digits()
    >>> network = scaled_network(True, 1.0)
    >>> _ = network.forward(X[:64], train=True), network.backward(Y[:64])
    >>> values, change = along_the_step(network, deepcopy(network), X[:64], Y[:64], 1e-6)
    >>> values[0] > values[1] > values[2] > values[3], change < 1e-3
    (True, True)
    """
    (theta,), (g,) = network.params, network.grads
    values, change = [network.loss.value(network.Z_L, Y)], 0.0
    for factor in FACTORS:
        scout.params[0][:] = theta - factor * step_size * g
        values.append(scout.loss.value(scout.forward(X, train=True), Y))
        if factor == 1:
            scout.backward(Y)
            size = np.linalg.norm(g)
            change = float(np.linalg.norm(scout.grads[0] - g) / size) if size else 0.0
    return values, change


def full_batches(n: int, m: int, seed: int, steps: int) -> Iterator[np.ndarray]:
    """`steps` mini-batches of exactly m samples, epoch after epoch; each epoch leaves out the n mod m last ones.

    >>> [len(batch) for batch in full_batches(10, 4, seed=0, steps=5)]
    [4, 4, 4, 4, 4]
    """
    rng = np.random.default_rng(seed)
    while steps > 0:
        for batch in minibatches(n, m, rng)[: min(n // m, steps)]:
            yield batch
            steps -= 1


@cache
def digits() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """X, Y to train with and X, Y to measure the accuracy: 80 % and 20 % of the digit images, always the same."""
    X, labels = load_digits()
    Y = one_hot(labels, 10)
    train, validation = split(len(X), 0.8)
    return X[train], Y[train], X[validation], Y[validation]
