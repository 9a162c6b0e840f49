"""A step size and its decay, found with the sliders, with which a noisy descent comes close to the minimum."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from nnlib.grading.question import Mistake, ValueQuestion

LAM = np.array([1.0, 9.0])
ANGLE = np.pi / 6
START = np.array([-3.0, 1.0])
NOISE = 2.0
STEPS = 60
MEAN_OF = 20
BAR = 0.12
THROWN_OUT = 10
"""Times the first loss: from there on, the step size is what is wrong, whatever comes after."""

FORM = 'reach_the_bottom = {"alpha0": 0.05, "rate": 0.0}'
TOO_LARGE = "too large"
TOO_SLOW = "too slow"
LOWERED_TOO_FAST = "lowered too fast"
NOISE_BALL = "kept away by the noise"


Q = np.array([[np.cos(ANGLE), -np.sin(ANGLE)], [np.sin(ANGLE), np.cos(ANGLE)]])


def losses_by_direction(alpha0: float, rate: float) -> np.ndarray:
    """The loss of the flat and of the steep direction before the first and after each step: (STEPS + 1, 2)."""
    H = (Q * LAM) @ Q.T
    xi = np.random.default_rng(0).normal(size=(STEPS, 2))
    w, path = START, [START]
    # too large a step size ends in inf
    with np.errstate(all="ignore"):
        for t in range(STEPS):
            w = w - alpha0 / (1 + rate * t) * (H @ w + NOISE * xi[t])
            path.append(w)
        return LAM * (np.array(path) @ Q) ** 2 / 2


def losses_without_noise(alpha0: float, rate: float) -> np.ndarray:
    """The same without noise, where each step multiplies q_i by 1 - αλ_i."""
    alphas = alpha0 / (1 + rate * np.arange(STEPS))
    with np.errstate(all="ignore"):
        factors = np.cumprod(1 - alphas[:, np.newaxis] * LAM, axis=0)
        return LAM * (np.vstack([np.ones(2), factors]) * (START @ Q)) ** 2 / 2


def two_numbers(value: Any) -> tuple[float, float]:
    """(alpha0, rate), or a ValueError that says what is wrong with them."""
    if not isinstance(value, Mapping):
        raise ValueError(f"The answer is a dict with two numbers, such as {FORM}.")
    missing = [key for key in ("alpha0", "rate") if key not in value]
    if missing:
        raise ValueError(f"The dict has no key {' and no key '.join(map(repr, missing))}: write {FORM}.")
    try:
        alpha0, rate = float(value["alpha0"]), float(value["rate"])
    except (TypeError, ValueError):
        raise ValueError(f"alpha0 and rate are numbers: write {FORM}.") from None
    if not (np.isfinite(alpha0) and alpha0 > 0):
        raise ValueError(f"alpha0 is {alpha0:g}; it has to be a positive number.")
    if not (np.isfinite(rate) and rate >= 0):
        raise ValueError(f"rate is {rate:g}; it has to be 0, a constant step size, or positive.")
    return alpha0, rate


def examine(value: Any) -> tuple[float, str | None, str]:
    """Descend with the two numbers, with and without noise, and say what happened."""
    alpha0, rate = two_numbers(value)
    reached = losses_by_direction(alpha0, rate).sum(axis=1)[-MEAN_OF:].mean()
    if reached < BAR:
        return 1.0, None, f"The mean loss of the last {MEAN_OF} steps is {reached:.3f}, below {BAR}. Well chosen."
    without_noise = losses_without_noise(alpha0, rate)
    flat, steep = without_noise[-MEAN_OF:].mean(axis=0)
    highest, start = without_noise.sum(axis=1).max(), without_noise[0].sum()
    last = alpha0 / (1 + rate * (STEPS - 1))
    if not np.isfinite(reached) or not highest < THROWN_OUT * start:
        return 0.0, TOO_LARGE, f"The step size is too large for the steep direction, beyond 2/λ₂ = {2 / LAM[1]:.3f}."
    numbers = f"The mean loss of the last {MEAN_OF} steps is {reached:.3g}, not below {BAR}"
    if flat > BAR / 4:
        if rate and losses_without_noise(alpha0, 0.0)[-MEAN_OF:, 0].mean() < BAR / 4:
            why = f"α falls to {last:.3g} before the flat direction has arrived. Lower it more slowly."
            return 0.0, LOWERED_TOO_FAST, f"{numbers}: {why}"
        return 0.0, TOO_SLOW, f"{numbers}: the flat direction is still on its way. Begin with larger steps."
    if steep > BAR / 4:
        return 0.0, TOO_LARGE, f"{numbers}: the steep direction still jumps to and fro. Begin with smaller steps."
    why = f"it has arrived, but the noise keeps it away from the minimum, since the last α is still {last:.3g}."
    return 0.0, NOISE_BALL, f"{numbers}: {why}"


QUESTION = ValueQuestion(
    name="reach_the_bottom",
    points=1,
    form=FORM,
    examine=examine,
    mistakes=(
        Mistake(TOO_LARGE, {"alpha0": 0.25, "rate": 0.0}, "Begin with smaller steps."),
        Mistake(TOO_SLOW, {"alpha0": 0.01, "rate": 0.0}, "Begin with larger steps."),
        Mistake(LOWERED_TOO_FAST, {"alpha0": 0.2, "rate": 2.0}, "Lower the step size more slowly."),
        Mistake(NOISE_BALL, {"alpha0": 0.15, "rate": 0.0}, "Lower the step size towards the end."),
    ),
    equivalents={
        "the figure's decay": {"alpha0": 0.16, "rate": 0.1},
        "larger steps": {"alpha0": 0.2, "rate": 0.1},
        "a faster decay": {"alpha0": 0.22, "rate": 0.2},
        "a slower decay, and one more key": {"alpha0": 0.1, "rate": 0.05, "mean": 0.11},
    },
)
