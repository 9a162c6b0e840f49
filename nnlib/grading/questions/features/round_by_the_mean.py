"""A long cloud of samples, found with the sliders, whose mean makes the loss round all the same."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from nnlib.grading.question import Mistake, ValueQuestion

SLIDERS = {"stretch": (1.0, 10.0), "theta": (0.0, 180.0), "mean": (0.0, 3.0)}
LONG = 5.0
BAR = 1.5
FORM = 'round_by_the_mean = {"stretch": 6.0, "theta": 30, "mean": 2.0}'
NOT_LONG = "the cloud is not long"
WRONG_ANGLE = "the mean lies in the wrong direction"
MEAN_TOO_SMALL = "the mean is too small"
MEAN_TOO_LARGE = "the mean is too large"


def three_numbers(value: Any) -> tuple[float, float, float]:
    """(stretch, theta, mean), or a ValueError that says what is wrong with them."""
    if not isinstance(value, Mapping):
        raise ValueError(f"The answer is a dict with three numbers, such as {FORM}.")
    missing = [key for key in SLIDERS if key not in value]
    if missing:
        raise ValueError(f"The dict has no key {' and no key '.join(map(repr, missing))}: write {FORM}.")
    try:
        numbers = {key: float(value[key]) for key in SLIDERS}
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"stretch, theta and mean are numbers: write {FORM}.") from None
    for key, (low, high) in SLIDERS.items():
        if not low <= numbers[key] <= high:
            raise ValueError(f"{key} is {numbers[key]:g}; the slider goes from {low:g} to {high:g}.")
    return numbers["stretch"], numbers["theta"], numbers["mean"]


def kappa(stretch: float, theta: float, mean: float) -> float:
    """κ of H = C + μμᵀ, where C has the variance 1 along θ and 1/s² across, and both features have the mean μ."""
    angle = np.radians(theta)
    long, across = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    H = np.outer(long, long) + np.outer(across, across) / stretch**2 + mean**2
    lams = np.linalg.eigvalsh(H)
    return float(lams[1] / lams[0])


def examine(value: Any) -> tuple[float, str | None, str]:
    """Compute κ with the three numbers and say where it comes from."""
    stretch, theta, mean = three_numbers(value)
    reached = kappa(stretch, theta, mean)
    numbers = f"The raw loss has κ = {reached:.3g}"
    if stretch < LONG:
        return 0.0, NOT_LONG, f"{numbers}, but the cloud is not long: s = {stretch:g} has to be at least {LONG:g}."
    if reached < BAR:
        return 1.0, None, f"{numbers}, below {BAR}, though the cloud is {stretch:g} times as long as wide. Well found."
    numbers += f", not below {BAR}"
    means = np.linspace(*SLIDERS["mean"], 301)
    kappas = [kappa(stretch, theta, other) for other in means]
    if min(kappas) >= BAR:
        advice = "The mean adds curvature along (1, 1) only. In which direction of the cloud is it missing?"
        return 0.0, WRONG_ANGLE, f"{numbers}, and no mean brings it there at this angle. {advice}"
    if mean < means[np.argmin(kappas)]:
        return 0.0, MEAN_TOO_SMALL, f"{numbers}. The angle is good, but the loss is still flat along (1, 1)."
    return 0.0, MEAN_TOO_LARGE, f"{numbers}. The angle is good, but now the loss is too steep along (1, 1)."


QUESTION = ValueQuestion(
    name="round_by_the_mean",
    points=1,
    form=FORM,
    examine=examine,
    mistakes=(
        Mistake(NOT_LONG, {"stretch": 1.0, "theta": 30, "mean": 0.0}, "s has to be at least 5."),
        Mistake(WRONG_ANGLE, {"stretch": 6.0, "theta": 45, "mean": 0.7}, "Turn the narrow direction to (1, 1)."),
        Mistake(MEAN_TOO_SMALL, {"stretch": 6.0, "theta": 135, "mean": 0.3}, "Raise the mean."),
        Mistake(MEAN_TOO_LARGE, {"stretch": 6.0, "theta": 135, "mean": 2.0}, "Lower the mean."),
    ),
    equivalents={
        "exactly across": {"stretch": 6.0, "theta": 135, "mean": 0.7},
        "the longest cloud": {"stretch": 10, "theta": 135, "mean": 0.7},
        "nearly across": {"stretch": 5.0, "theta": 130.0, "mean": 0.6},
        "numpy numbers, and one more key": {
            "stretch": np.float64(8.0),
            "theta": np.int64(140),
            "mean": np.array(0.7),
            "kappa": 1.2,
        },
    },
)
