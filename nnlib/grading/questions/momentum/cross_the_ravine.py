"""A step size and a momentum, found with the sliders, with which the ravine is crossed in 50 steps."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from nnlib.grading.question import Mistake, ValueQuestion
from nnlib.optimizers import SGD

LAM = np.array([1.0, 9.0])
ANGLE = np.pi / 6
W_0 = np.array([-3.0, 1.0])
STEPS = 50
BAR = 1e-18
FORM = 'cross_the_ravine = {"step_size": 0.05, "beta": 0.0}'
DIVERGES = "diverges"
NO_MOMENTUM = "no momentum"
CREEPS = "the flat direction creeps"
SWINGS = "swings too long"
FLIPS = "the steep direction flips"


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


def final_losses(step_size: float, beta: float) -> np.ndarray:
    """The share ½ λ_i q_i² of the flat and the steep direction in the loss after the last step."""
    Q = np.array([[np.cos(ANGLE), -np.sin(ANGLE)], [np.sin(ANGLE), np.cos(ANGLE)]])
    H = (Q * LAM) @ Q.T
    w = W_0.copy()
    optimizer = SGD([w], step_size, beta)
    for _ in range(STEPS):
        optimizer.step([H @ w])
    return LAM * (Q.T @ w) ** 2 / 2


def examine(value: Any) -> tuple[float, str | None, str]:
    """Descend with the two numbers and say what happened."""
    step_size, beta = two_numbers(value)
    steep, limit = step_size * LAM[1], 2 * (1 + beta)
    if steep >= limit:
        return 0.0, DIVERGES, f"It does not converge: α·λ₂ = {steep:.3g} is not below 2(1 + β) = {limit:.3g}."
    losses = final_losses(step_size, beta)
    numbers = f"After {STEPS} steps the loss is {losses.sum():.1e}"
    if losses.sum() < BAR:
        return 1.0, None, f"{numbers}, below {BAR:.0e}. Well chosen."
    mistake, advice = _what_is_slow(step_size, beta, slow=int(losses.argmax()))
    return 0.0, mistake, f"{numbers}, not yet below {BAR:.0e}. {advice}"


def _what_is_slow(step_size: float, beta: float, slow: int) -> tuple[str, str]:
    """The regime of the slow direction, and what to do about it."""
    direction = ("flat", "steep")[slow]
    root = np.sqrt(step_size * LAM[slow])
    if beta == 0:
        return NO_MOMENTUM, "Plain gradient descent is too slow here, whatever α is: raise β."
    if root < 1 - np.sqrt(beta):
        return CREEPS, f"The {direction} direction creeps, since √(α·λ) < 1 - √β: raise α or β."
    if root > 1 + np.sqrt(beta):
        return FLIPS, f"The {direction} direction flips at each step, since √(α·λ) > 1 + √β: lower α, or raise β."
    return SWINGS, f"The {direction} direction swings, and its rate √β = {np.sqrt(beta):.2f} is too near 1: lower β."


QUESTION = ValueQuestion(
    name="cross_the_ravine",
    points=1,
    form=FORM,
    examine=examine,
    mistakes=(
        Mistake(DIVERGES, {"step_size": 0.4, "beta": 0.5}, "Keep α·λ₂ below 2(1 + β)."),
        Mistake(NO_MOMENTUM, {"step_size": 0.2, "beta": 0.0}, "Raise β."),
        Mistake(CREEPS, {"step_size": 0.05, "beta": 0.2}, "Raise α or β."),
        Mistake(SWINGS, {"step_size": 0.1, "beta": 0.9}, "Lower β."),
        Mistake(FLIPS, {"step_size": 0.3, "beta": 0.36}, "Lower α, or raise β."),
    ),
    equivalents={
        "the best pair": {"step_size": 0.25, "beta": 0.25},
        "more momentum": {"step_size": 0.2, "beta": 0.35},
        "less momentum": {"step_size": 0.24, "beta": 0.22},
        "numpy numbers": {"step_size": np.float64(0.25), "beta": np.array(0.3)},
    },
)
