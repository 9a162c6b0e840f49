"""A mini-batch size and a step size, found with the sliders, that come closest to the minimum within the time."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from nnlib.data import minibatches
from nnlib.grading.question import Mistake, ValueQuestion

N = 1024
M_0 = 16
TIME = 512
W_0 = np.array([2.6, 2.1])
BAR = 1e-3
THROWN_OUT = 2
"""Times the first loss: so far, only steps that are much too large lead."""

FORM = 'win_the_race = {"m": 1, "step_size": 0.1}'
TOO_LARGE = "the step size is too large"
NOISY = "kept away by the noise"
STEP_TOO_SMALL = "the step size is too small"
TOO_FEW_STEPS = "too few steps"


def two_numbers(value: Any) -> tuple[int, float]:
    """(m, step_size), or a ValueError that says what is wrong with them."""
    if not isinstance(value, Mapping):
        raise ValueError(f"The answer is a dict with two numbers, such as {FORM}.")
    missing = [key for key in ("m", "step_size") if key not in value]
    if missing:
        raise ValueError(f"The dict has no key {' and no key '.join(map(repr, missing))}: write {FORM}.")
    try:
        m, step_size = float(value["m"]), float(value["step_size"])
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"m and step_size are numbers: write {FORM}.") from None
    if not (1 <= m <= N and m == int(m)):
        raise ValueError(f"m is {m:g}; it has to be a whole number of samples from 1 to n = {N}.")
    if not 0 < step_size <= 1:
        raise ValueError(f"step_size is {step_size:g}; it has to be positive and at most 1, as on the slider.")
    return int(m), step_size


def training_set() -> tuple[np.ndarray, np.ndarray]:
    """X (n, 2) and y (n,) of the figure: a linear model with noise."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N, 2)) @ np.array([[0.95, 0.25], [0.0, 0.55]])
    return X, X @ np.array([0.4, -0.2]) + rng.normal(size=N)


def affordable_steps(m: int) -> int:
    """A step takes as long as m_0 + m samples; the time is that of 512 steps with m = 1."""
    return int(TIME / ((M_0 + m) / (M_0 + 1)))


def excess_losses(m: int, step_size: float, noise: bool = True) -> np.ndarray:
    """L(w) - L(w*) before the first and after each step: with mini-batches, or with the exact gradient."""
    X, y = training_set()
    H, c = X.T @ X / N, X.T @ y / N
    rng, batches, w = np.random.default_rng(0), [], W_0
    path = [w]
    # what diverges ends in inf or nan
    with np.errstate(all="ignore"):
        for _ in range(affordable_steps(m)):
            if noise:
                batches = batches or minibatches(N, m, rng)
                batch = batches.pop(0)
                w = w - step_size * X[batch].T @ (X[batch] @ w - y[batch]) / len(batch)
            else:
                w = w - step_size * (H @ w - c)
            path.append(w)
        D = np.array(path) - np.linalg.solve(H, c)
        return 0.5 * np.sum(D @ H * D, axis=1)


def reached(losses: np.ndarray) -> float:
    """The mean over the last tenth of a run, as the caption of the figure has it."""
    return float(losses[-max(len(losses) // 10, 1) :].mean())


def examine(value: Any) -> tuple[float, str | None, str]:
    """Run the race, and say what the trouble is: the way, or the noise at its end."""
    m, step_size = two_numbers(value)
    steps, losses = affordable_steps(m), excess_losses(m, step_size)
    end = reached(losses)
    if not losses.max() < THROWN_OUT * losses[0]:
        return (
            0.0,
            TOO_LARGE,
            f"On its way L - L* rises to {losses.max():.1e}: for m = {m}, η = {step_size:.3g} is too large.",
        )
    numbers = f"After {steps} steps L - L* is {end:.1e}"
    if end < BAR:
        return 1.0, None, f"{numbers}, below {BAR:.0e}. Well chosen."
    numbers = f"{numbers}, not below {BAR:.0e}"
    if reached(excess_losses(m, 1.0, noise=False)) > BAR:
        why = f"{steps} steps are too few even for exact gradients and η = 1. With a smaller m there is time for more."
        return 0.0, TOO_FEW_STEPS, f"{numbers}: {why}"
    if reached(excess_losses(m, step_size, noise=False)) > BAR / 2:
        return 0.0, STEP_TOO_SMALL, f"{numbers}: w is still on its way. Raise η, or lower m for more steps."
    return (
        0.0,
        NOISY,
        f"{numbers}: w has arrived, but the noise of the mini-batches moves it about. Lower η, or raise m.",
    )


QUESTION = ValueQuestion(
    name="win_the_race",
    points=1,
    form=FORM,
    examine=examine,
    mistakes=(
        Mistake(TOO_LARGE, {"m": 1, "step_size": 1.0}, "Lower η."),
        Mistake(NOISY, {"m": 4, "step_size": 0.1}, "Lower η, or raise m."),
        Mistake(STEP_TOO_SMALL, {"m": 64, "step_size": 0.02}, "Raise η, or lower m."),
        Mistake(TOO_FEW_STEPS, {"m": 1024, "step_size": 1.0}, "Lower m."),
    ),
    equivalents={
        "the lecture's m": {"m": 64, "step_size": 0.16},
        "a smaller m": {"m": 32, "step_size": 0.1},
        "the smallest": {"m": 16, "step_size": 0.06},
        "numpy numbers": {"m": np.int64(128), "step_size": np.float64(0.25)},
    },
)
