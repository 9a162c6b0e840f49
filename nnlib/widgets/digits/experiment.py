"""Everything the lecture taught, on real digits: recipes, their training, and one table that compares them."""

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from typing import NamedTuple

import numpy as np
from tqdm.auto import tqdm

from nnlib import PCA, SGD, BatchNorm, Dense, FullyConnected, Network, Residual, load_digits, minibatches, one_hot
from nnlib.losses import accuracy
from nnlib.optimizers import inverse_decay
from nnlib.train import training_step

N_TRAIN, N_VALIDATION, CLASSES = 1024, 384, 10
GOAL = 0.95
DIVERGED_ABOVE = 10.0
FEATURES = ("[0, 1]", "0…16", "PCA", "whitened")
CONNECTIONS = ("none", "residual", "dense")
thread_time = getattr(time, "thread_time", time.perf_counter)  # a browser has no clock for a thread


@dataclass(frozen=True)
class Recipe:
    """A network and a way to train it; each trick of the lecture is one field.

    Attributes:
        step_size, decay: α_t = step_size / (1 + decay · t).
        beta: the momentum.
        m: the size of a mini-batch.
        width, depth, sigma: of the hidden layers; depth is their number.
        features: "[0, 1]" scaled, "0…16" as the scanner gave them, "PCA" de-correlated, or "whitened": PCA with
            variance 1 in each direction, for those which have at least a hundredth of the mean variance.
        start: the initial weights are `start` times those of nnlib (He's for relu).
        batchnorm: normalize the hidden a_i.
        connection: around each hidden layer but the first, "none", "residual" or "dense". A dense layer adds
            width / 4 columns.
        epochs: passes over the training images.
    """

    step_size: float = 0.5
    beta: float = 0.9
    decay: float = 0.01
    m: int = 64
    width: int = 32
    depth: int = 1
    sigma: str = "relu"
    features: str = "[0, 1]"
    start: float = 1.0
    batchnorm: bool = False
    connection: str = "none"
    epochs: int = 10


BASE = Recipe()
DEEP = Recipe(depth=8)
TRICKS = {
    "base recipe": BASE,
    "no hidden layer": replace(BASE, depth=0, step_size=1.0),
    "no momentum": replace(BASE, beta=0.0, step_size=1.0),
    "no decay": replace(BASE, decay=0.0, step_size=0.1),
    "m = 1": replace(BASE, m=1, decay=BASE.decay / 64, step_size=0.005),
    "full batch": replace(BASE, m=N_TRAIN, decay=BASE.decay * 16, step_size=1.0),
    "pixels 0…16": replace(BASE, features="0…16", step_size=0.02),
    "PCA": replace(BASE, features="PCA", step_size=1.0),
    "whitened": replace(BASE, features="whitened", step_size=0.1),
    "start × 0.01": replace(BASE, start=0.01, step_size=0.5),
    "start × 10": replace(BASE, start=10.0, step_size=0.02),
    "BatchNorm": replace(BASE, batchnorm=True, step_size=0.5),
    "8 layers": replace(DEEP, step_size=0.05),
    "8 layers + residual": replace(DEEP, connection="residual", step_size=0.0005),
    "… start × 0.3": replace(DEEP, connection="residual", start=0.3, step_size=0.2),
    "… BatchNorm": replace(DEEP, connection="residual", batchnorm=True, step_size=0.05),
    "8 layers + BatchNorm": replace(DEEP, batchnorm=True, step_size=0.1),
    "8 layers + dense": replace(DEEP, connection="dense", step_size=0.2),
}
"""The base recipe, and what each trick of the lecture changes in it.

Each has the step size, out of 1, 2, 5, 10, …, that was best on the validation images. The decay is per step: it is
scaled with m, so that the schedule is the same in images seen.
"""


class Part(NamedTuple):
    """Some of the images: X (n, 64) with pixels in [0, 1], Y (n, 10) one-hot."""

    X: np.ndarray
    Y: np.ndarray


@cache
def parts(seed: int) -> tuple[Part, Part, Part]:
    """A random partition of the 1,797 images: 1,024 to train with, 384 to choose by, 389 for the final test.

    >>> [len(part.X) for part in parts(0)]
    [1024, 384, 389]
    """
    X, labels = load_digits()
    Y = one_hot(labels, CLASSES)
    order = np.random.default_rng(seed).permutation(len(X))
    return tuple(Part(X[rows], Y[rows]) for rows in np.split(order, [N_TRAIN, N_TRAIN + N_VALIDATION]))


def with_features(features: str, X_train: np.ndarray, *others: np.ndarray) -> list[np.ndarray]:
    """X_train and the others with other features, fitted on X_train alone.

    >>> X, X_val = (part.X for part in parts(0)[:2])
    >>> [float(Z.max()) for Z in with_features("0…16", X, X_val)]
    [16.0, 16.0]
    """
    if features not in FEATURES:
        raise ValueError(f"there are no features {features!r}; choose one of: {', '.join(FEATURES)}")
    images = [X_train, *others]
    if features == "[0, 1]":
        return images
    if features == "0…16":
        return [16 * X for X in images]
    pca = PCA(X_train, unit_variance=features == "whitened")
    # a pixel that is almost always 0 would be blown up beyond all others
    kept = pca.variances > (0.01 * pca.variances.mean() if pca.unit_variance else -1)
    return [pca(X) * kept for X in images]


def build(recipe: Recipe, seed: int) -> Network:
    """The network of a recipe with its initial weights.

    >>> build(Recipe(depth=2, connection="residual"), seed=0).layers[1]
    Residual(FullyConnected(32, 32, 'relu'))
    >>> build(Recipe(depth=3, connection="dense"), seed=0).layers[-1]
    FullyConnected(48, 10, 'identity')
    """
    rng = np.random.default_rng(seed)

    def hidden(d_in: int, d_out: int) -> FullyConnected:
        norm = BatchNorm(d_out) if recipe.batchnorm else None
        return FullyConnected(d_in, d_out, recipe.sigma, rng, norm=norm)

    layers = [hidden(64, recipe.width)] if recipe.depth else []
    for _ in range(recipe.depth - 1):
        d = layers[-1].d_out
        if recipe.connection == "dense":
            layers.append(Dense(hidden(d, recipe.width // 4)))
        elif recipe.connection == "residual":
            layers.append(Residual(hidden(d, d)))
        else:
            layers.append(hidden(d, d))
    d_last = layers[-1].d_out if layers else 64
    network = Network([*layers, FullyConnected(d_last, CLASSES, "identity", rng)])
    for name, W in network.named_params.items():
        if name.startswith("W"):
            W *= recipe.start
    return network


def train(recipe: Recipe, network: Network, X: np.ndarray, Y: np.ndarray, seed: int) -> Iterator[float]:
    """Train the network and yield the loss of the mini-batch after each step.

    It ends early when it `has_diverged`.

    >>> (X, Y), *_ = parts(0)
    >>> recipe = Recipe(epochs=3)
    >>> losses = list(train(recipe, build(recipe, 0), X, Y, seed=0))
    >>> len(losses), losses[-1] < losses[0]
    (48, True)
    """
    optimizer = SGD(network.params, inverse_decay(recipe.step_size, recipe.decay), recipe.beta)
    rng, first = np.random.default_rng(seed), None
    for _ in range(recipe.epochs):
        for batch in minibatches(len(X), recipe.m, rng):
            # not around the yield: the caller's own numpy settings must hold there
            with np.errstate(over="ignore", invalid="ignore"):
                training_step(network, optimizer, X[batch], Y[batch])
                loss = network.loss.value(network.Z_L, Y[batch])
            first = loss if first is None else first
            yield loss
            if has_diverged(loss, first):
                return


def has_diverged(loss: float, first: float) -> bool:
    """The loss is no longer finite, or above 10 times the first one (above 10, if that was small)."""
    return not loss <= DIVERGED_ABOVE * max(first, 1.0)


def score(network: Network, X: np.ndarray, Y: np.ndarray) -> float:
    """The fraction of images which the network names rightly, after a diverged training too."""
    with np.errstate(over="ignore", invalid="ignore"):
        return accuracy(network.forward(X), Y)


# the ablation


@dataclass(frozen=True)
class Row:
    """What several splits say about one recipe.

    Attributes:
        name, recipe: what was tried.
        accuracies: on the test images, one a split.
        epochs_to_goal: passes over the training images until 95 % of the validation images were right, one a split;
            inf where that never happened.
        seconds_per_step: of the processor, the mean over all steps.
    """

    name: str
    recipe: Recipe
    accuracies: tuple[float, ...]
    epochs_to_goal: tuple[float, ...]
    seconds_per_step: float

    @property
    def mean(self) -> float:
        """The mean test accuracy."""
        return float(np.mean(self.accuracies))

    @property
    def error(self) -> float:
        """The standard error of that mean."""
        return standard_error(self.accuracies)

    @property
    def steps_to_goal(self) -> float:
        """The median number of steps to 95 %; inf where most splits never came there."""
        return float(np.median(self.epochs_to_goal)) * math.ceil(N_TRAIN / self.recipe.m)

    def gain_over(self, other: "Row") -> tuple[float, float]:
        """Mean and standard error of the differences in test accuracy, split by split."""
        differences = np.subtract(self.accuracies, other.accuracies)
        return float(differences.mean()), standard_error(differences)


def standard_error(values: Sequence[float]) -> float:
    """s / √n, with the n - 1 in s.

    >>> standard_error([1.0, 3.0])
    1.0
    """
    return float(np.std(values, ddof=1) / math.sqrt(len(values)))


def ablation(recipes: Mapping[str, Recipe], splits: int = 5, progress: bool = False) -> Iterator[Row]:
    """Train every recipe on the same splits, from the same seeds, and yield one row for each.

    >>> row, = ablation({"a short run": Recipe(step_size=0.5, epochs=2)}, splits=2)
    >>> row.name, len(row.accuracies), row.mean > 0.5
    ('a short run', 2, True)
    """
    with tqdm(total=splits * len(recipes), unit="training", dynamic_ncols=True, disable=not progress) as bar:
        for name, recipe in recipes.items():
            runs = []
            for seed in range(splits):
                bar.set_postfix_str(name, refresh=False)
                runs.append(measure(recipe, seed))
                bar.update()
            accuracies, epochs, seconds = zip(*runs, strict=True)
            yield Row(name, recipe, accuracies, epochs, float(np.mean(seconds)))


def measure(recipe: Recipe, seed: int) -> tuple[float, float, float]:
    """One training on one split: the test accuracy, the epochs to 95 % validation accuracy, the seconds of a step."""
    (X, Y), validation, test = parts(seed)
    X, X_val, X_test = with_features(recipe.features, X, validation.X, test.X)
    network = build(recipe, seed)
    steps = train(recipe, network, X, Y, seed)
    steps_per_epoch = math.ceil(len(X) / recipe.m)
    epochs_to_goal, seconds, done = math.inf, 0.0, 0
    for epoch in range(1, recipe.epochs + 1):
        start = thread_time()
        done += sum(1 for _ in islice(steps, steps_per_epoch))
        seconds += thread_time() - start
        if math.isinf(epochs_to_goal) and score(network, X_val, validation.Y) >= GOAL:
            epochs_to_goal = epoch
    return score(network, X_test, test.Y), epochs_to_goal, seconds / done


def choose_step_size(recipe: Recipe, step_sizes: Sequence[float], seed: int) -> float:
    """The step size whose network names most validation images rightly; the test images stay out of it."""
    (X, Y), validation, _ = parts(seed)
    X, X_val = with_features(recipe.features, X, validation.X)
    scores = {}
    for step_size in step_sizes:
        network = build(recipe, seed)
        for _ in train(replace(recipe, step_size=step_size), network, X, Y, seed):
            pass
        scores[step_size] = score(network, X_val, validation.Y)
    return max(scores, key=scores.get)


def final_accuracy(recipe: Recipe, seed: int) -> float:
    """Train on training and validation images together, then look at the test images, once."""
    training, validation, test = parts(seed)
    X, Y = (np.concatenate(both) for both in zip(training, validation, strict=True))
    X, X_test = with_features(recipe.features, X, test.X)
    network = build(recipe, seed)
    for _ in train(recipe, network, X, Y, seed):
        pass
    return score(network, X_test, test.Y)
