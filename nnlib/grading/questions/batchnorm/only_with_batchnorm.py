"""A weight scale and a step size, found with the sliders, at which a network learns with BatchNorm and not without."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from nnlib.grading.question import Mistake, ValueQuestion

HIDDEN_LAYERS = 5
WIDTH = 32
M = 64
STEPS = 200
MEAN_OF = 10
LEARNED = 0.1
FAILED = 1.0
SLIDERS = {"weight_scale": (0.1, 10.0), "step_size": (0.01, 10.0)}
FORM = 'only_with_batchnorm = {"weight_scale": 1.0, "step_size": 0.1}'
BOTH_LEARN = "both learn"
NEITHER_LEARNS = "neither learns"
TOO_SLOW = "too slow with BatchNorm"
BETTER_WITHOUT = "the plain network is not lost"


def two_numbers(value: Any) -> tuple[float, float]:
    """(weight_scale, step_size), or a ValueError that says what is wrong with them."""
    if not isinstance(value, Mapping):
        raise ValueError(f"The answer is a dict with two numbers, such as {FORM}.")
    missing = [key for key in SLIDERS if key not in value]
    if missing:
        raise ValueError(f"The dict has no key {' and no key '.join(map(repr, missing))}: write {FORM}.")
    try:
        numbers = {key: float(value[key]) for key in SLIDERS}
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"weight_scale and step_size are numbers: write {FORM}.") from None
    for key, (low, high) in SLIDERS.items():
        if not low <= numbers[key] <= high:
            raise ValueError(f"{key} is {numbers[key]:g}; the slider goes from {low:g} to {high:g}.")
    return numbers["weight_scale"], numbers["step_size"]


def final_loss(batchnorm: bool, weight_scale: float, step_size: float) -> float:
    """The mean of the last 10 mini-batch losses of the figure's network, trained in the same way."""
    # data and networks are needed for this question only
    from nnlib.data import load_digits, minibatches, one_hot, split
    from nnlib.network import fully_connected
    from nnlib.optimizers import SGD

    X, labels = load_digits()
    train, _ = split(len(X), 0.8)
    X, Y = X[train], one_hot(labels, 10)[train]
    network = fully_connected([64, *[WIDTH] * HIDDEN_LAYERS, 10], "tanh", 0, batchnorm=batchnorm)
    for layer in network.layers:
        layer.params["W"] *= weight_scale
    optimizer = SGD(network.params, step_size)
    rng, batches, losses = np.random.default_rng(0), [], []
    with np.errstate(all="ignore"):
        while len(losses) < STEPS:
            # what an epoch leaves over is not used
            batches = batches or minibatches(len(X), M, rng)[: len(X) // M]
            batch = batches.pop(0)
            network.forward(X[batch], train=True)
            network.backward(Y[batch])
            losses.append(network.loss.value(network.Z_L, Y[batch]))
            optimizer.step(network.grads)
    return float(np.mean(losses[-MEAN_OF:]))


def examine(value: Any) -> tuple[float, str | None, str]:
    """Train without and with BatchNorm, and say what happened."""
    numbers = two_numbers(value)
    plain, normalized = (final_loss(batchnorm, *numbers) for batchnorm in (False, True))
    text = f"After {STEPS} steps the training loss is {plain:.3f} without BatchNorm and {normalized:.3f} with it"
    learned, failed = normalized < LEARNED, not plain <= FAILED
    if learned and failed:
        return 1.0, None, f"{text}. Well chosen."
    if learned:
        return 0.0, BOTH_LEARN, f"{text}: the plain network learns, too. What would make its units die out or saturate?"
    if not failed:
        return (
            0.0,
            BETTER_WITHOUT,
            f"{text}: with BatchNorm it is not yet below {LEARNED}, and the plain one does learn.",
        )
    if normalized < FAILED:
        return 0.0, TOO_SLOW, f"{text}, not yet below {LEARNED}. What step size does it need at this weight scale?"
    return 0.0, NEITHER_LEARNS, f"{text}: this is too much for BatchNorm as well. What about the step size?"


QUESTION = ValueQuestion(
    name="only_with_batchnorm",
    points=1,
    form=FORM,
    examine=examine,
    mistakes=(
        Mistake(BOTH_LEARN, {"weight_scale": 1.0, "step_size": 0.3}, "The weights are too good for the plain network."),
        Mistake(NEITHER_LEARNS, {"weight_scale": 1.0, "step_size": 10.0}, "The steps are too large for both."),
        Mistake(TOO_SLOW, {"weight_scale": 10.0, "step_size": 0.1}, "Large weights make the effective step small."),
        Mistake(BETTER_WITHOUT, {"weight_scale": 3.0, "step_size": 0.1}, "Both learn, slowly."),
    ),
    equivalents={
        "large weights": {"weight_scale": 3.0, "step_size": 1.0},
        "larger weights": {"weight_scale": 5, "step_size": 1},
        "a large step size": {"weight_scale": 2.0, "step_size": 1.0},
        "small weights": {"weight_scale": 0.5, "step_size": 0.3},
    },
)
