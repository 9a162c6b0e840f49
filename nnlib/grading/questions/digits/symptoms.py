"""What is wrong with a network that reads too few images: found by trying it, and by training again on other data."""

from collections.abc import Callable, Iterator

import numpy as np

from nnlib.grading.questions.digits.networks import IN_OUT, SIGMAS, Layer, accuracy, is_finite, outputs, same
from nnlib.grading.questions.digits.scans import Scans

CONSTANT_PIXEL = "a pixel that is always the same is divided by its spread, 0"
DIVERGED = "the training diverged"
SCALING = "the scaling of the features is not in the first W and b"
LAST_SIGMA = "sigma of the last layer hides the answer"
OTHER_SIGMA = "sigma is not the one that the network was trained with"
NOT_TRAINED = "the labels have no influence on the network"
ORDER_OF_CLASSES = "the outputs are in another order than the columns of Y"
ONE_CLASS = "every image gets the same class"
LINEAR = "only a linear model"
FROZEN_LAYER = "a layer that never changes"
GUESSING = "hardly better than guessing"
VALIDATION_ONLY = "learned from the validation images alone"

LEARNED = 0.6
CURED_BY = 0.1
GUESSING_BELOW = 0.2
EXPLODED = 1e10
KNOWN_BY_HEART, GAP = 0.97, 0.05


def recognise(
    network: list[Layer], images: Scans, few: Scans, learned_few: list[Layer] | None, again: Callable
) -> tuple[str | None, str]:
    """The name of the mistake, or None, and the fact that shows it.

    Args:
        network: what was learned from `images`.
        learned_few: what was learned from `few`; None if that failed.
        again: Scans -> what is learned from these, with the seed of `few`, or None.
    """
    if not is_finite(network):
        broken_by_few = learned_few is not None and not is_finite(learned_few)
        constant = broken_by_few and all(_is_learned_without_constant_pixels(each, again) for each in (few, images))
        return (CONSTANT_PIXEL if constant else DIVERGED), "The network has weights that are nan or infinite."
    Z = outputs(network, images.X_test)
    if not np.isfinite(Z).all():
        return DIVERGED, "The outputs of the network are too large to be computed."
    if _hides_the_answer(network, Z, images):
        return LAST_SIGMA, "For most of the images that it takes for something else, the largest output occurs twice."
    reached = accuracy(network, images.X_test, images.Y_test)
    cured = max(_cures(network, images), default=(0.0, "", ""))
    if cured[0] > max(LEARNED, reached + CURED_BY):
        return cured[1], f"{cured[2]} it reads {percent(cured[0])} of the unseen images."
    relearned = again(few._replace(Y=np.roll(few.Y, 1, axis=1), Y_val=np.roll(few.Y_val, 1, axis=1)))
    unmoved = same(learned_few, relearned) if learned_few and relearned and is_finite(learned_few) else [False]
    if all(unmoved) and reached < LEARNED:
        return NOT_TRAINED, "With other labels it comes out exactly the same."
    return _by_its_answers(Z, reached, images) or _by_its_layers(network, unmoved) or _by_its_score(network, images)


def percent(fraction: float) -> str:
    """For the reader.

    >>> percent(0.9678), percent(0.93), percent(0.0948)
    ('96.8 %', '93 %', '9.5 %')
    """
    return f"{100 * fraction:.1f}".removesuffix(".0") + " %"


def _is_learned_without_constant_pixels(images: Scans, again: Callable) -> bool:
    """The same images, where the pixels without ink flicker, give weights that are finite."""
    dead = np.ptp(images.X, axis=0) == 0
    flicker = lambda X: np.where(dead, X + np.random.default_rng(0).uniform(0, 5, X.shape), X)  # noqa: E731
    network = again(images._replace(X=flicker(images.X), X_val=flicker(images.X_val)))
    return network is not None and is_finite(network)


def _hides_the_answer(network: list[Layer], Z: np.ndarray, images: Scans) -> bool:
    """Most of the wrong answers come from a tie that sigma of the last layer made."""
    wrong = Z.argmax(axis=1) != images.Y_test.argmax(axis=1)
    tied = (Z.max(axis=1, keepdims=True) == Z).sum(axis=1) > 1
    return network[-1][2] in ("relu", "sigmoid", "tanh") and (tied & wrong).sum() > wrong.sum() / 2


def _cures(network: list[Layer], images: Scans) -> Iterator[tuple[float, str, str]]:
    """(accuracy, mistake, fact) after each change that would undo a mistake."""
    X, Y = images.X_test, images.Y_test
    for name, scaled in _scalings(images.X, X):
        yield accuracy(network, scaled, Y), SCALING, f"Given X scaled before ({name}),"
    (W, b, sigma), *rest = network
    for corrected in _corrected_biases(W, b, images.X):
        yield accuracy([(W, corrected, sigma), *rest], X, Y), SCALING, "With another b in the first layer"
    hidden, (W_L, b_L, last) = network[:-1], network[-1]
    if last != "identity":
        cured = [*hidden, (W_L, b_L, "identity")]
        yield accuracy(cured, X, Y), LAST_SIGMA, 'With "identity" in the last layer'
    for sigma in SIGMAS:
        cured = [*((W, b, sigma) for W, b, _ in hidden), network[-1]]
        yield accuracy(cured, X, Y), OTHER_SIGMA, f'With "{sigma}" in the hidden layers'
    cured = [(W.T if W.shape[0] == W.shape[1] else W, b, sigma) for W, b, sigma in network]
    yield accuracy(cured, X, Y), IN_OUT, "With W transposed"


def _scalings(X: np.ndarray, X_test: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """What may have been done to X before the training, done to the unseen images."""
    (mean, std), (low, extent), (middle, half) = _shifts_and_scales(X)
    yield "mean 0 and variance 1", (X_test - mean) / std
    yield "to [0, 1]", (X_test - low) / extent
    yield "to [-1, 1]", (X_test - middle) / half
    yield "mean 0, divided by the range", (X_test - mean) / extent
    yield "mean 0", X_test - mean
    yield "minimum 0", X_test - low
    yield "all pixels alike to mean 0 and variance 1", (X_test - X.mean()) / X.std()
    yield "all pixels alike to [0, 1]", (X_test - X.min()) / np.ptp(X)
    yield "divided by its maximum", X_test / X.max()
    for divisor in (10.0, 16.0, 100.0, 255.0):
        yield f"divided by {divisor:g}", X_test / divisor


def _shifts_and_scales(X: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """(c, s) of the usual scalings (X - c) / s."""
    low, high = X.min(axis=0), X.max(axis=0)
    pairs = [(X.mean(axis=0), X.std(axis=0)), (low, high - low), ((low + high) / 2, (high - low) / 2)]
    return [(c, np.where(s > 0, s, 1.0)) for c, s in pairs]


def _corrected_biases(W: np.ndarray, b: np.ndarray, X: np.ndarray) -> Iterator[np.ndarray]:
    """b - W c of the scaled W, in place of b - W c of the unscaled one, and of b + W c."""
    for c, s in _shifts_and_scales(X):
        yield b + (W * s) @ c - W @ c
        yield b - 2 * W @ c


def _by_its_answers(Z: np.ndarray, reached: float, images: Scans) -> tuple[str, str] | None:
    answers, truth = Z.argmax(axis=1), images.Y_test.argmax(axis=1)
    if reached < GUESSING_BELOW and np.abs(Z).max() > EXPLODED:
        return DIVERGED, f"The outputs of the network go up to {np.abs(Z).max():.0e}."
    k = Z.shape[1]
    counts = np.zeros((k, k), dtype=int)
    np.add.at(counts, (answers, truth), 1)
    meant = counts.argmax(axis=1)
    renumbered = float(np.mean(meant[answers] == truth))
    if len(set(meant.tolist())) == k and renumbered > max(LEARNED, reached + CURED_BY):
        return ORDER_OF_CLASSES, f"With the classes renumbered it reads {percent(renumbered)} of the unseen images."
    if len(set(answers.tolist())) == 1:
        return ONE_CLASS, f"All {len(Z)} unseen images are taken for class {answers[0]}."
    return None


def _by_its_layers(network: list[Layer], unmoved: list[bool]) -> tuple[str, str] | None:
    if all(sigma == "identity" for _, _, sigma in network[:-1]):
        return LINEAR, "There is no hidden layer with a sigma other than identity."
    if any(unmoved):
        return FROZEN_LAYER, f"With other labels, layer i = {unmoved.index(True) + 1} comes out exactly the same."
    return None


def _by_its_score(network: list[Layer], images: Scans) -> tuple[str | None, str]:
    unseen = accuracy(network, images.X_test, images.Y_test)
    training = accuracy(network, images.X, images.Y)
    validation = accuracy(network, images.X_val, images.Y_val)
    fact = f"It reads {percent(training)} of the training images and {percent(validation)} of the validation images."
    if unseen < GUESSING_BELOW:
        return GUESSING, fact
    if validation > max(KNOWN_BY_HEART, training + GAP):
        return VALIDATION_ONLY, fact
    if training > KNOWN_BY_HEART:
        return None, f"{fact} It knows these by heart: are all images in use, and how are the features scaled?"
    advice = "more epochs, another step size, better scaled features? Are the gradients right?"
    return None, f"{fact} It has not learned those yet: {advice}"
