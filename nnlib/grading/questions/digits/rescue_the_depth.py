"""A step size and a remedy, found on the training desk, with which twelve layers of sigmoid units learn."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from nnlib.grading.question import Mistake, ValueQuestion

HIDDEN_LAYERS, WIDTH, SIGMA = 12, 32, "sigmoid"
N_TRAIN, N_VALIDATION, CLASSES = 1024, 384, 10
M, BETA, DECAY, EPOCHS = 64, 0.9, 0.01, 10
BAR = 0.94
STEP_SIZES = (0.001, 10.0)
CONNECTIONS = ("none", "residual", "dense")
KEYS = ("step_size", "batchnorm", "connection")
FORM = 'rescue_the_depth = {"step_size": 0.2, "batchnorm": False, "connection": "none"}'
PLAIN = "twelve plain layers"
RESIDUAL_ALONE = "residual connections without BatchNorm"
DIVERGES = "diverges"
NOT_YET = "the right remedy, another step size"


def three_dials(value: Any) -> tuple[float, bool, str]:
    """(step_size, batchnorm, connection), or a ValueError that says what is wrong with them."""
    if not isinstance(value, Mapping):
        raise ValueError(f"The answer is a dict with three entries, such as {FORM}.")
    missing = [key for key in KEYS if key not in value]
    if missing:
        raise ValueError(f"The dict has no key {' and no key '.join(map(repr, missing))}: write {FORM}.")
    step_size, batchnorm, connection = (value[key] for key in KEYS)
    try:
        step_size = float(step_size)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"step_size is a number: write {FORM}.") from None
    low, high = STEP_SIZES
    if not low <= step_size <= high:
        raise ValueError(f"step_size is {step_size:g}; the slider goes from {low:g} to {high:g}.")
    if not isinstance(batchnorm, (bool, np.bool_)):
        raise ValueError("batchnorm is True or False, without quotation marks.")
    if not isinstance(connection, str) or connection not in CONNECTIONS:
        raise ValueError(f"connection is one of {', '.join(map(repr, CONNECTIONS))}.")
    return step_size, bool(batchnorm), connection


def desk_result(step_size: float, batchnorm: bool, connection: str) -> tuple[float, int | None]:
    """The fraction of validation images that the desk's network reads at the end, and the step at which it diverged."""
    # data and networks are needed for this question only
    from nnlib.data import load_digits, minibatches, one_hot
    from nnlib.losses import accuracy
    from nnlib.optimizers import SGD, inverse_decay
    from nnlib.train import training_step

    X, labels = load_digits()
    Y = one_hot(labels, CLASSES)
    order = np.random.default_rng(0).permutation(len(X))
    train, validation = order[:N_TRAIN], order[N_TRAIN : N_TRAIN + N_VALIDATION]
    network = _network(batchnorm, connection)
    optimizer = SGD(network.params, inverse_decay(step_size, DECAY), BETA)
    rng, first, step = np.random.default_rng(0), None, 0
    with np.errstate(all="ignore"):
        for _ in range(EPOCHS):
            for batch in minibatches(N_TRAIN, M, rng):
                step += 1
                training_step(network, optimizer, X[train[batch]], Y[train[batch]])
                loss = network.loss.value(network.Z_L, Y[train[batch]])
                first = loss if first is None else first
                if not loss <= 10 * max(first, 1.0):
                    return accuracy(network.forward(X[validation]), Y[validation]), step
        return accuracy(network.forward(X[validation]), Y[validation]), None


def _network(batchnorm: bool, connection: str) -> Any:
    from nnlib import BatchNorm, Dense, FullyConnected, Network, Residual

    rng = np.random.default_rng(0)

    def hidden(d_in: int, d_out: int) -> FullyConnected:
        return FullyConnected(d_in, d_out, SIGMA, rng, norm=BatchNorm(d_out) if batchnorm else None)

    layers = [hidden(64, WIDTH)]
    for _ in range(HIDDEN_LAYERS - 1):
        d = layers[-1].d_out
        if connection == "dense":
            layers.append(Dense(hidden(d, WIDTH // 4)))
        else:
            layers.append(Residual(hidden(d, d)) if connection == "residual" else hidden(d, d))
    return Network([*layers, FullyConnected(layers[-1].d_out, CLASSES, "identity", rng)])


def examine(value: Any) -> tuple[float, str | None, str]:
    """Train as the desk does, and say what happened."""
    step_size, batchnorm, connection = three_dials(value)
    reached, diverged_at = desk_result(step_size, batchnorm, connection)
    numbers = f"After {EPOCHS} epochs {100 * reached:.1f} % of the validation images are right"
    if diverged_at is None and reached >= BAR:
        return 1.0, None, f"{numbers}, at least {100 * BAR:g} %. Well chosen."
    if connection == "none" and not batchnorm:
        advice = "no step size brings the gradient through twelve plain layers of sigmoid units. What does?"
        return 0.0, PLAIN, f"{numbers}: {advice}"
    if connection == "residual" and not batchnorm:
        advice = "each block adds to its input, so the values grow from block to block. What keeps them in bounds?"
        return 0.0, RESIDUAL_ALONE, f"{numbers}: {advice}"
    if diverged_at is not None:
        return 0.0, DIVERGES, f"It diverges at step {diverged_at}: choose a smaller step size."
    return 0.0, NOT_YET, f"{numbers}, not yet {100 * BAR:g} %. This can do better with another step size."


QUESTION = ValueQuestion(
    name="rescue_the_depth",
    points=1,
    form=FORM,
    examine=examine,
    mistakes=(
        Mistake(PLAIN, {"step_size": 0.2, "batchnorm": False, "connection": "none"}, "Use BatchNorm or connections."),
        Mistake(RESIDUAL_ALONE, {"step_size": 0.1, "batchnorm": False, "connection": "residual"}, "Add BatchNorm."),
        Mistake(DIVERGES, {"step_size": 0.5, "batchnorm": True, "connection": "residual"}, "Take smaller steps."),
        Mistake(NOT_YET, {"step_size": 0.01, "batchnorm": True, "connection": "none"}, "Take larger steps."),
    ),
    equivalents={
        "BatchNorm": {"step_size": 0.05, "batchnorm": True, "connection": "none"},
        "dense": {"step_size": 1.0, "batchnorm": False, "connection": "dense"},
        "dense and BatchNorm": {"step_size": 0.1, "batchnorm": True, "connection": "dense"},
        "numpy values": {"step_size": np.float32(0.2), "batchnorm": np.True_, "connection": "dense"},
    },
)
