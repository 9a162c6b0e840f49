"""Training: epochs of mini-batch steps, with a progress bar and a record of what happened."""

from dataclasses import dataclass, field

import numpy as np
from tqdm.auto import tqdm

from nnlib.data import minibatches
from nnlib.losses import accuracy
from nnlib.network import Network
from nnlib.optimizers import SGD


@dataclass
class History:
    """Plain lists, one entry per epoch; `stopped` is "interrupted" or "diverged" where training ended early."""

    loss: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)
    val_loss: list[float] = field(default_factory=list)
    val_accuracy: list[float] = field(default_factory=list)
    step_size: list[float] = field(default_factory=list)
    stopped: str = ""


def training_step(network: Network, optimizer: SGD, X: np.ndarray, Y: np.ndarray) -> None:
    """One forward pass, one backward pass, one update."""
    network.forward(X, train=True)
    network.backward(Y)
    optimizer.step(network.grads)


def fit(
    network: Network,
    X: np.ndarray,
    Y: np.ndarray,
    optimizer: SGD,
    epochs: int,
    m: int = 64,
    seed: int = 0,
    X_val: np.ndarray | None = None,
    Y_val: np.ndarray | None = None,
    progress: bool = True,
) -> History:
    """Train for `epochs` passes over the samples, in random mini-batches of size m.

    Ctrl-C (the notebook's stop button) ends the training and keeps what was learned. A loss that is no longer finite
    ends it too: choose a smaller step size.

    Args:
        network, optimizer: the optimizer holds `network.params`.
        X, Y: the training set, (n, d_0) and (n, d_L); Y one-hot for classes.
        epochs, m, seed: how often, in batches of what size, shuffled from which seed.
        X_val, Y_val, progress: a validation set, measured after each epoch; and whether to show a bar.

    Returns:
        a `History`: the training loss (the mean over all n samples), accuracy and step size after each epoch.

    Raises:
        ValueError: X holds NaN or infinity, or a shape does not fit.

    Source: Lecture, stochastic gradient descent.

    >>> from nnlib import fully_connected, load_digits, one_hot
    >>> X, labels = load_digits()
    >>> network = fully_connected([64, 32, 10])
    >>> optimizer = SGD(network.params, step_size=0.1, momentum=0.9)
    >>> history = fit(network, X, one_hot(labels, 10), optimizer, epochs=3, progress=False)
    >>> history.accuracy[-1] > 0.9
    True
    """
    if not np.isfinite(X).all():
        raise ValueError("X holds NaN or infinity: remove or replace these entries first")
    rng, history = np.random.default_rng(seed), History()
    bar = tqdm(total=epochs, unit="epoch", dynamic_ncols=True, disable=not progress)
    with bar, np.errstate(over="ignore", invalid="ignore"):
        try:
            for _ in range(epochs):
                for batch in minibatches(len(X), m, rng):
                    training_step(network, optimizer, X[batch], Y[batch])
                history.step_size.append(optimizer.step_size)
                _measure(network, X, Y, history.loss, history.accuracy)
                if X_val is not None:
                    _measure(network, X_val, Y_val, history.val_loss, history.val_accuracy)
                bar.set_postfix(loss=f"{history.loss[-1]:.2g}", accuracy=f"{history.accuracy[-1]:.0%}", refresh=False)
                bar.update()
                if not np.isfinite(history.loss[-1]):
                    history.stopped = "diverged"
                    break
        except KeyboardInterrupt:
            history.stopped = "interrupted"
    return history


def _measure(network: Network, X: np.ndarray, Y: np.ndarray, losses: list[float], accuracies: list[float]) -> None:
    Z_L = network.forward(X)
    losses.append(network.loss.value(Z_L, Y))
    accuracies.append(accuracy(Z_L, Y))
