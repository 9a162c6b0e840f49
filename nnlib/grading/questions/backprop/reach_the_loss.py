"""A step size and a momentum, found with the sliders, with which a deep network learns in time."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from nnlib.grading.question import Mistake, ValueQuestion

DEPTH = 4
STEPS = 200
BAR = 0.08
MEAN_OF = 10
RISEN_ABOVE = 1.2
FORM = 'reach_the_loss = {"step_size": 0.01, "beta": 0.0}'
TOO_SLOW = "too slow"
DIVERGED = "diverged"
RISEN = "risen again"


def two_numbers(value: Any) -> tuple[float, float]:
    """(step_size, beta), or a ValueError that says what is wrong with them."""
    if not isinstance(value, Mapping):
        raise ValueError(f"The answer is a dict with two numbers, such as {FORM}.")
    missing = [key for key in ("step_size", "beta") if key not in value]
    if missing:
        raise ValueError(f"The dict has no key {' and no key '.join(map(repr, missing))}: write {FORM}.")
    try:
        step_size, beta = float(value["step_size"]), float(value["beta"])
    except (TypeError, ValueError):
        raise ValueError(f"step_size and beta are numbers: write {FORM}.") from None
    if not (np.isfinite(step_size) and step_size > 0):
        raise ValueError(f"step_size is {step_size:g}; it has to be a positive number.")
    if not 0 <= beta < 1:
        raise ValueError(f"beta is {beta:g}; it has to be at least 0 and less than 1.")
    return step_size, beta


def examine(value: Any) -> tuple[float, str | None, str]:
    """Train with the two numbers and say what happened."""
    step_size, beta = two_numbers(value)
    # its data and networks are needed for this question only
    from nnlib.widgets.experiments import digits_training

    *_, last = digits_training(step_size, beta, DEPTH, steps=STEPS)
    if last.diverged:
        return 0.0, DIVERGED, f"It diverges at step {last.step} of {STEPS}: try a smaller step size, or a smaller beta."
    means = np.convolve(last.losses, np.ones(MEAN_OF) / MEAN_OF, mode="valid")
    reached, lowest = means[-1], means.min()
    numbers = f"After {STEPS} steps the training loss is {reached:.3f}"
    if reached < BAR:
        return 1.0, None, f"{numbers}, below {BAR}. Well chosen."
    if reached > RISEN_ABOVE * lowest:
        step = MEAN_OF + int(means.argmin())
        return 0.0, RISEN, f"{numbers}, not below {BAR}; at step {step} it was {lowest:.3f}. Are the steps too large?"
    return 0.0, TOO_SLOW, f"{numbers}, not yet below {BAR}. How could it get there sooner?"


QUESTION = ValueQuestion(
    name="reach_the_loss",
    points=1,
    form=FORM,
    examine=examine,
    mistakes=(
        Mistake(TOO_SLOW, {"step_size": 0.01, "beta": 0.0}, "Take larger steps, or let momentum add them up."),
        Mistake(DIVERGED, {"step_size": 0.5, "beta": 0.95}, "Take smaller steps, or less momentum."),
        Mistake(RISEN, {"step_size": 0.2, "beta": 0.95}, "The steps are too large to settle."),
    ),
    equivalents={
        "much momentum": {"step_size": 0.1, "beta": 0.9},
        "less momentum, larger steps": {"step_size": 0.2, "beta": 0.8},
        "little momentum": {"step_size": 0.3, "beta": 0.5},
    },
)
