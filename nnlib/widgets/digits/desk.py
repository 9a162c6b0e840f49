"""One training as the desk shows it: numbers after every few steps, nothing of pictures."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from nnlib.losses import softmax
from nnlib.network import Network
from nnlib.widgets.digits.experiment import (
    CLASSES,
    N_TRAIN,
    Part,
    Recipe,
    build,
    has_diverged,
    parts,
    train,
    with_features,
)

IMAGES_PER_FRAME, MAX_STEPS_PER_FRAME = 128, 48
SHOWN_MISTAKES = 8
ROWS_AT_ONCE = 64  # larger products wake all threads of BLAS, which costs five times what it saves


@dataclass(frozen=True)
class Verdict:
    """What a network says of some images.

    Attributes:
        confusion: (10, 10) counts; row: what it is, column: what the network said.
        accuracy: the fraction on the diagonal.
        worst: indices of the wrong ones, that with the smallest probability of the truth first.
        truth, answer: labels of all images.
    """

    confusion: np.ndarray
    accuracy: float
    worst: np.ndarray
    truth: np.ndarray
    answer: np.ndarray


@dataclass(frozen=True)
class DeskState:
    """A training up to some step; one entry a frame in each tuple.

    Attributes:
        step, step_size: the steps done, and the α of the latest.
        epochs: passes over the training images.
        losses: mean loss of the mini-batches since the frame before.
        accuracies: on the validation images.
        verdict: on the validation images.
        diverged, finished: how it ended, if it has.
    """

    step: int
    step_size: float
    epochs: tuple[float, ...]
    losses: tuple[float, ...]
    accuracies: tuple[float, ...]
    verdict: Verdict
    diverged: bool
    finished: bool


def desk_training(recipe: Recipe, seed: int = 0) -> Iterator[DeskState]:
    """Train and yield a state after the first step, then every few steps, and at the end.

    The images of the final test take no part. BatchNorm needs m > 1.

    >>> *_, last = desk_training(Recipe(epochs=2))
    >>> last.step, last.epochs[-1], last.finished
    (32, 2.0, True)
    """
    (X, Y), validation, _ = parts(seed)
    X, X_val = with_features(recipe.features, X, validation.X)
    network = build(recipe, seed)
    steps = recipe.epochs * -(-N_TRAIN // recipe.m)
    every = max(1, min(IMAGES_PER_FRAME // recipe.m, MAX_STEPS_PER_FRAME))
    epochs, losses, accuracies, since, first = [], [], [], [], None
    for step, loss in enumerate(train(recipe, network, X, Y, seed), start=1):
        since.append(loss)
        first = loss if first is None else first
        diverged = has_diverged(loss, first)
        finished = diverged or step == steps
        if step == 1 or step % every == 0 or finished:
            verdict = judge(network, Part(X_val, validation.Y))
            epochs.append(step * recipe.m / N_TRAIN)
            losses.append(float(np.mean(since)))
            accuracies.append(verdict.accuracy)
            since.clear()
            alpha = recipe.step_size / (1 + recipe.decay * (step - 1))
            yield DeskState(step, alpha, tuple(epochs), tuple(losses), tuple(accuracies), verdict, diverged, finished)


def judge(network: Network, part: Part) -> Verdict:
    """Compare what the network says with what the images are.

    >>> verdict = judge(build(Recipe(), seed=0), parts(0)[1])
    >>> int(verdict.confusion.sum()), len(verdict.worst) == round(384 * (1 - verdict.accuracy))
    (384, True)
    """
    starts = range(0, len(part.X), ROWS_AT_ONCE)
    with np.errstate(over="ignore", invalid="ignore"):
        Z_L = np.concatenate([network.forward(part.X[start : start + ROWS_AT_ONCE]) for start in starts])
        probabilities = softmax(Z_L)
    truth, answer = part.Y.argmax(axis=1), probabilities.argmax(axis=1)
    confusion = np.bincount(CLASSES * truth + answer, minlength=CLASSES**2).reshape(CLASSES, CLASSES)
    wrong = np.flatnonzero(truth != answer)
    worst = wrong[np.argsort(probabilities[wrong, truth[wrong]], kind="stable")]
    return Verdict(confusion, float(np.mean(truth == answer)), worst, truth, answer)
