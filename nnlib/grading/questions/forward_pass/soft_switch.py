"""A unit that is on to the left and off to the right, found with the sliders of the lecture's figure."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from nnlib.activations import ACTIVATIONS
from nnlib.grading.question import Mistake, ValueQuestion

END = 3.0
"""The figure shows -END ≤ x ≤ END."""
ON_UNTIL, OFF_FROM = -1.0, 0.5
ON, OFF = 0.9, 0.1
FORM = 'soft_switch = {"w": 1.0, "b": -1.0, "sigma": "relu"}'
OUTSIDE = "z leaves the range from 0 to 1"
WRONG_SIDE = "off on the left, on on the right"
CONSTANT = "does not look at x"
TOO_FLAT = "too flat"
TOO_EARLY = "falls too early"
TOO_LATE = "falls too late"


def one_unit(value: Any) -> tuple[float, float, str]:
    """(w, b, sigma), or a ValueError that says what is wrong with them."""
    if not isinstance(value, Mapping):
        raise ValueError(f"The answer is a dict with two numbers and a name, such as {FORM}.")
    missing = [key for key in ("w", "b", "sigma") if key not in value]
    if missing:
        raise ValueError(f"The dict has no key {' and no key '.join(map(repr, missing))}: write {FORM}.")
    try:
        w, b = float(value["w"]), float(value["b"])
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"w and b are numbers: write {FORM}.") from None
    if not (np.isfinite(w) and np.isfinite(b)):
        raise ValueError(f"w is {w:g} and b is {b:g}; both have to be finite numbers.")
    sigma = value["sigma"]
    if not isinstance(sigma, str) or sigma not in ACTIVATIONS:
        raise ValueError(f"sigma is one of {', '.join(map(repr, ACTIVATIONS))}: write {FORM}.")
    return w, b, sigma


def examine(value: Any) -> tuple[float, str | None, str]:
    """Compute the unit on the whole picture and say what it does."""
    w, b, sigma = one_unit(value)
    x = np.linspace(-END, END, 601)
    z = ACTIVATIONS[sigma].sigma(w * x + b)
    on, off = ACTIVATIONS[sigma].sigma(w * np.array([ON_UNTIL, OFF_FROM]) + b)
    numbers = f"z is {on:.3f} at x = {ON_UNTIL:g} and {off:.3f} at x = {OFF_FROM:g}"
    if w == 0:
        return 0.0, CONSTANT, f"With w = 0 the unit does not look at x: z is {on:.3f} everywhere."
    if z.min() < 0 or z.max() > 1:
        text = f"Between x = {-END:g} and x = {END:g}, z goes from {z.min():.2f} to {z.max():.2f}."
        return 0.0, OUTSIDE, f"{text} It has to stay between 0 and 1: which σ does that by itself?"
    if on >= ON and off <= OFF:
        return 1.0, None, f"{numbers}. Well chosen."
    if on < off:
        return 0.0, WRONG_SIDE, f"{numbers}: it has to be on at the left and off at the right. Which sign has w?"
    if on < ON and off > OFF:
        return 0.0, TOO_FLAT, f"{numbers}: not above {ON} yet, and not below {OFF} yet. What makes it steeper?"
    middle = f"Now a = 0 is at x = -b/w = {-b / w + 0:.2f}."
    if on < ON:
        return (
            0.0,
            TOO_EARLY,
            f"{numbers}: it falls too early, z ≥ {ON} has to hold up to x = {ON_UNTIL:g}. {middle}",
        )
    return (
        0.0,
        TOO_LATE,
        f"{numbers}: it falls too late, z ≤ {OFF} has to hold from x = {OFF_FROM:g} on. {middle}",
    )


QUESTION = ValueQuestion(
    name="soft_switch",
    points=1,
    form=FORM,
    examine=examine,
    mistakes=(
        Mistake(OUTSIDE, {"w": -4.0, "b": 0.0, "sigma": "relu"}, "Its values have no upper end."),
        Mistake(WRONG_SIDE, {"w": 4.0, "b": 1.0, "sigma": "sigmoid"}, "A negative weight looks to the left."),
        Mistake(CONSTANT, {"w": 0.0, "b": 1.0, "sigma": "sigmoid"}, "The weight must not be 0."),
        Mistake(TOO_FLAT, {"w": -2.0, "b": -0.5, "sigma": "sigmoid"}, "A larger weight makes a step."),
        Mistake(TOO_EARLY, {"w": -4.0, "b": -3.0, "sigma": "sigmoid"}, "The bias moves it."),
        Mistake(TOO_LATE, {"w": -4.0, "b": 1.0, "sigma": "sigmoid"}, "The bias moves it."),
    ),
    equivalents={
        "as steep as the slider goes": {"w": -4.0, "b": -1.0, "sigma": "sigmoid"},
        "less steep": {"w": -3.2, "b": -0.8, "sigma": "sigmoid"},
        "to one side": {"w": -4.0, "b": -0.3, "sigma": "sigmoid"},
        "steeper than the slider": {"w": -40, "b": np.float64(-10), "sigma": "sigmoid"},
    },
)
