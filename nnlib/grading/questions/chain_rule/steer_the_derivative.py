"""Two numbers of the last layer, found with figure or pen, that give the loss and a derivative wanted values."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from nnlib.grading.question import Mistake, ValueQuestion
from nnlib.grading.questions.backprop.sigmas import slope_of
from nnlib.grading.questions.chain_rule.passes import forward

X, Y, SIGMA = 2.0, 1.0, "tanh"
BELOW = {"w1": 0.5, "b1": -0.5, "w2": 1.5, "b2": -0.2}
"""The lecture's numbers for layers 1 and 2."""

LOSS, DERIVATIVE = 2.0, -1.0
NEAR = 0.02
LIMIT = 10.0
FORM = 'steer_the_derivative = {"w3": -2.0, "b3": 0.5}'
WRONG_SIGN = "∂L/∂w2 has the wrong sign"
WITHOUT_W3 = "w3 forgotten in ∂L/∂w2"
ONLY_THE_LOSS = "only the loss is right"
ONLY_THE_DERIVATIVE = "only the derivative is right"
NEITHER = "neither is right"


def two_numbers(value: Any) -> tuple[float, float]:
    """(w3, b3), or a ValueError that says what is wrong with them."""
    if not isinstance(value, Mapping):
        raise ValueError(f"The answer is a dict with two numbers, such as {FORM}.")
    missing = [key for key in ("w3", "b3") if key not in value]
    if missing:
        raise ValueError(f"The dict has no key {' and no key '.join(map(repr, missing))}: write {FORM}.")
    try:
        w3, b3 = float(value["w3"]), float(value["b3"])
    except (TypeError, ValueError):
        raise ValueError(f"w3 and b3 are numbers: write {FORM}.") from None
    for name, number in (("w3", w3), ("b3", b3)):
        if not abs(number) <= LIMIT:
            raise ValueError(f"{name} is {number:g}; it has to be between -10 and 10, as in the figure.")
    return w3, b3


def examine(value: Any) -> tuple[float, str | None, str]:
    """Compute the loss and ∂L/∂w2 with the two numbers, and say what they are."""
    w3, b3 = two_numbers(value)
    v = forward(np.float64(X), {**BELOW, "w3": w3, "b3": b3}, SIGMA)
    L_prime = v["z3"] - Y
    loss = 0.5 * L_prime**2
    without_w3 = L_prime * slope_of(SIGMA, v["a2"]) * v["z1"]
    derivative = without_w3 * w3
    loss_right, derivative_right = abs(loss - LOSS) <= NEAR, abs(derivative - DERIVATIVE) <= NEAR
    numbers = f"With w3 = {w3:g} and b3 = {b3:g}, L = {loss:.3f} and ∂L/∂w2 = {derivative:.3f}"
    if loss_right and derivative_right:
        return 1.0, None, f"{numbers}, as wanted. Well steered."
    wanted = f"{numbers}; wanted are {LOSS:g} and {DERIVATIVE:g}."
    if loss_right and abs(derivative + DERIVATIVE) <= NEAR:
        return 0.0, WRONG_SIGN, f"{wanted} Nearly: {WRONG_SIGN}. Which two factors carry a sign that you can choose?"
    if loss_right:
        return 0.0, ONLY_THE_LOSS, f"{wanted} L' is right; which other factor of ∂L/∂w2 is yours to choose?"
    if derivative_right:
        return 0.0, ONLY_THE_DERIVATIVE, f"{wanted} Begin with the loss: which z3 gives L = {LOSS:g}?"
    if abs(without_w3 - DERIVATIVE) <= NEAR:
        return 0.0, WITHOUT_W3, f"{wanted} L' σ'(a2) z1 is -1 here, but ∂L/∂w2 has the factor w3 too: z2 → z3."
    return 0.0, NEITHER, f"{wanted} Begin with the loss: which z3 gives L = {LOSS:g}?"


QUESTION = ValueQuestion(
    name="steer_the_derivative",
    points=1,
    form=FORM,
    examine=examine,
    mistakes=(
        Mistake(NEITHER, {"w3": -2.0, "b3": 0.5}, "Begin with the loss: it settles L'."),
        Mistake(ONLY_THE_LOSS, {"w3": 1.0, "b3": 2.5433}, "∂L/∂w2 has the factor w3."),
        Mistake(ONLY_THE_DERIVATIVE, {"w3": -2.0, "b3": 3.2806}, "Begin with the loss: it settles L'."),
        Mistake(WRONG_SIGN, {"w3": 1.3672, "b3": 2.3756}, "Change the sign of w3 or of L'."),
        Mistake(WITHOUT_W3, {"w3": -2.0, "b3": -0.8209}, "∂L/∂w2 has the factor w3."),
    ),
    equivalents={
        "z3 above y": {"w3": -1.37, "b3": 3.62},
        "z3 below y": {"w3": 1.37, "b3": -1.63},
        "more digits": {"w3": -1.36718, "b3": 3.62444},
    },
)
