"""Experiments: seeded runs which hand out numbers. Nothing here knows of pictures or sliders."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from nnlib.data import load_digits, minibatches, one_hot, split
from nnlib.losses import accuracy
from nnlib.network import fully_connected
from nnlib.optimizers import SGD
from nnlib.train import training_step

WIDTH = 32
ACCURACY_EVERY = 4
DIVERGED_ABOVE = 10.0


@dataclass(frozen=True)
class TrainingState:
    """What is known after a gradient step.

    Attributes:
        step: 1, 2, …
        losses: one mini-batch loss a step, each measured before its update.
        accuracies: one a step, on the validation samples; measured at every 4th step and kept until the next,
            nan before the first.
        delta_norms: ‖δ_1‖, …, ‖δ_L‖ of the latest backward pass (Frobenius norms of the (m, d_i) arrays).
        diverged: the loss is no longer finite, or above 10 times the first one. It is the last state then.
    """

    step: int
    losses: tuple[float, ...]
    accuracies: tuple[float, ...]
    delta_norms: tuple[float, ...]
    diverged: bool

    @property
    def loss(self) -> float:
        """The loss of the latest mini-batch."""
        return self.losses[-1]

    @property
    def mean_loss(self) -> float:
        """The mean loss of the last 10 mini-batches: what the figure shows, since a single one is noisy."""
        return float(running_mean(self.losses)[-1])

    @property
    def accuracy(self) -> float:
        """The latest accuracy on the validation samples, in [0, 1]."""
        return self.accuracies[-1]


def digits_training(
    step_size: float, beta: float, depth: int, *, steps: int = 200, m: int = 64, seed: int = 0
) -> Iterator[TrainingState]:
    """Train a plain network on the digit images and yield a state after each gradient step.

    The network: 64 pixels, `depth` hidden layers of 32 tanh units, 10 scores, softmax with cross-entropy; SGD with
    the lecture's momentum. 80 % of the images train it, the other 20 % measure the accuracy. Same arguments, same
    numbers. A run which diverges ends there, without a warning.

    Args:
        step_size: α.
        beta: β in [0, 1), the momentum.
        depth: the number of hidden layers.
        steps: gradient steps at most.
        m: the size of a mini-batch.
        seed: of the initial weights and of the mini-batches.

    >>> *_, last = digits_training(0.3, 0.5, depth=2, steps=50)
    >>> last.step, len(last.losses), len(last.delta_norms), last.loss < last.losses[0]
    (50, 50, 3, True)
    >>> *_, last = digits_training(10.0, 0.9, depth=12)
    >>> last.diverged, last.step < 200
    (True, True)
    """
    X, Y, X_val, Y_val = _split_digits()
    network = fully_connected([64, *[WIDTH] * depth, 10], sigma="tanh", seed=seed)
    optimizer = SGD(network.params, step_size, beta)
    losses, accuracies, latest_accuracy = [], [], math.nan
    for step, batch in enumerate(_batches(len(X), m, seed, steps), start=1):
        # not around the yield: the caller's own numpy settings must hold there
        with np.errstate(over="ignore", invalid="ignore"):
            training_step(network, optimizer, X[batch], Y[batch])
            losses.append(network.loss.value(network.Z_L, Y[batch]))
            if step % ACCURACY_EVERY == 0:
                latest_accuracy = accuracy(network.forward(X_val), Y_val)
            accuracies.append(latest_accuracy)
        diverged = not losses[-1] <= DIVERGED_ABOVE * losses[0]
        norms = tuple(float(np.linalg.norm(delta)) for delta in network.deltas)
        yield TrainingState(step, tuple(losses), tuple(accuracies), norms, diverged)
        if diverged:
            return


def running_mean(values: Sequence[float], n: int = 10) -> np.ndarray:
    """The mean of each value and the n - 1 before it, of fewer at the start; as many as there are values.

    >>> running_mean([4.0, 2.0, 6.0, 4.0], n=2).tolist()
    [4.0, 3.0, 4.0, 5.0]
    """
    sums = np.concatenate([[0.0], np.cumsum(values)])
    ends = np.arange(1, len(values) + 1)
    starts = np.maximum(ends - n, 0)
    return (sums[ends] - sums[starts]) / (ends - starts)


def parabola_descent(step_size: float, lam: float, w_0: float, steps: int) -> np.ndarray:
    """The iterates w_0, …, w_steps of gradient descent on f(w) = ½ λ w², whose gradient is λ w: (steps + 1,).

    Each step multiplies w by 1 - α λ, hence w_t = (1 - α λ)^t w_0: it converges for 0 < α < 2/λ.

    >>> parabola_descent(0.5, 1.0, 8.0, 3).tolist()
    [8.0, 4.0, 2.0, 1.0]
    """
    w = [w_0]
    for _ in range(steps):
        w.append(w[-1] - step_size * lam * w[-1])
    return np.array(w)


def _batches(n: int, m: int, seed: int, steps: int) -> Iterator[np.ndarray]:
    """`steps` mini-batches, epoch after epoch."""
    rng = np.random.default_rng(seed)
    while True:
        for batch in minibatches(n, m, rng):
            if steps == 0:
                return
            yield batch
            steps -= 1


@cache
def _split_digits() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """X, Y to train with, X, Y to measure the accuracy: read once, the same split for every run."""
    X, labels = load_digits()
    Y = one_hot(labels, 10)
    train, validation = split(len(X), 0.8)
    return X[train], Y[train], X[validation], Y[validation]
