"""A branch scale and a step size, found with the sliders, with which 16 residual blocks learn to repeat their input."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from nnlib.grading.question import Mistake, ValueQuestion

BLOCKS = 16
D = 8
M = 64
STEPS = 200
MOMENTUM = 0.9
STARTS_ABOVE = 2.0
ENDS_BELOW = 0.1
DIVERGED_ABOVE = 1e6
SLIDERS = {"c": (0.0, 1.0), "step_size": (1e-4, 0.1)}
FORM = 'learn_the_identity = {"c": 0.3, "step_size": 0.003}'
BUILT_IN = "the answer is built in"
DIVERGES = "diverges"
NOT_YET = "not learned in time"


def two_numbers(value: Any) -> tuple[float, float]:
    """(c, step_size), or a ValueError that says what is wrong with them."""
    if not isinstance(value, Mapping):
        raise ValueError(f"The answer is a dict with two numbers, such as {FORM}.")
    missing = [key for key in SLIDERS if key not in value]
    if missing:
        raise ValueError(f"The dict has no key {' and no key '.join(map(repr, missing))}: write {FORM}.")
    try:
        numbers = {key: float(value[key]) for key in SLIDERS}
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"c and step_size are numbers: write {FORM}.") from None
    for key, (low, high) in SLIDERS.items():
        if not low <= numbers[key] <= high:
            raise ValueError(f"{key} is {numbers[key]:g}; the slider goes from {low:g} to {high:g}.")
    return numbers["c"], numbers["step_size"]


def errors_of(c: float, step_size: float) -> list[float]:
    """The errors of the figure's residual network at the start and after each step, until it diverges."""
    # networks are needed for this question only
    from nnlib.connections import Residual
    from nnlib.layers import FullyConnected
    from nnlib.losses import SquaredError
    from nnlib.network import Network
    from nnlib.optimizers import SGD

    rng = np.random.default_rng(0)
    blocks = []
    for _ in range(BLOCKS):
        branch = FullyConnected(D, 2 * D, "relu", rng), FullyConnected(2 * D, D, "identity", rng)
        branch[1].params["W"] *= c
        blocks.append(Residual(*branch))
    network = Network(blocks, SquaredError())
    optimizer = SGD(network.params, step_size, MOMENTUM)
    batches = np.random.default_rng([0, 1])
    X_new = np.random.default_rng(9).normal(size=(128, D))
    errors = [_error(network.forward(X_new), X_new)]
    with np.errstate(all="ignore"):
        while len(errors) <= STEPS and errors[-1] <= DIVERGED_ABOVE:
            X = batches.normal(size=(M, D))
            network.forward(X, train=True)
            network.backward(X)
            optimizer.step(network.grads)
            errors.append(_error(network.forward(X_new), X_new))
    return errors


def _error(Z_L: np.ndarray, X: np.ndarray) -> float:
    """Σ ‖z_L - x‖² / Σ ‖x‖²."""
    return float(np.sum((Z_L - X) ** 2) / np.sum(X**2))


def examine(value: Any) -> tuple[float, str | None, str]:
    """Train the residual network and say what happened."""
    numbers = two_numbers(value)
    errors = errors_of(*numbers)
    first, last = errors[0], errors[-1]
    text = f"With {BLOCKS} blocks the error is {first:.3g} at the start"
    if first <= STARTS_ABOVE:
        return (
            0.0,
            BUILT_IN,
            f"{text}, not above {STARTS_ABOVE:g}: such small branches are near the answer before they learn. Raise c.",
        )
    if not last <= DIVERGED_ABOVE:
        return (
            0.0,
            DIVERGES,
            f"{text}, and it diverges at step {len(errors) - 1}. What about a smaller α, or a smaller c?",
        )
    text += f" and {last:.3g} after {STEPS} steps"
    if last < ENDS_BELOW:
        return 1.0, None, f"{text}. Well chosen."
    return (
        0.0,
        NOT_YET,
        f"{text}, not yet below {ENDS_BELOW:g}. Small steps are slow, large ones leap too far: try other α here. "
        "If none of them does it, lower c a little.",
    )


QUESTION = ValueQuestion(
    name="learn_the_identity",
    points=1,
    form=FORM,
    examine=examine,
    mistakes=(
        Mistake(BUILT_IN, {"c": 0.3, "step_size": 0.003}, "It starts near the answer."),
        Mistake(DIVERGES, {"c": 1.0, "step_size": 0.001}, "A large output has a large gradient."),
        Mistake(NOT_YET, {"c": 0.4, "step_size": 0.0002}, "The steps are too small."),
        Mistake(NOT_YET, {"c": 0.4, "step_size": 0.004}, "The steps are too large."),
        Mistake(NOT_YET, {"c": 0.6, "step_size": 0.0005}, "The branches are too large."),
    ),
    equivalents={
        "as on the slider": {"c": 0.4, "step_size": 0.001},
        "the next position": {"c": 0.4, "step_size": 0.00126},
        "typed": {"c": 0.41, "step_size": 0.0011, "blocks": 16},
    },
)
