"""The figure of the lecture on the step size: a descent on the ravine, with noise and schedules."""

from functools import partial

import numpy as np
from ipywidgets import ToggleButtons

from nnlib.optimizers import inverse_decay, step_decay
from nnlib.widgets.live import SLIDER_LOOK, LiveFigure, live, slider
from nnlib.widgets.plots import number
from nnlib.widgets.ravine.experiment import (
    LAM,
    descent_regime,
    iterates,
    largest_stable_step,
    loss_by_direction,
    ravine,
)
from nnlib.widgets.ravine.plots import draw_step_size, step_size_panels

STEPS = 60
LAST = 20
H, Q = ravine()
NOISE = np.random.default_rng(0).normal(size=(STEPS, 2))
SCHEDULES = {
    "constant": partial(inverse_decay, rate=0),
    "α₀/(1 + 0.1·t)": partial(inverse_decay, rate=0.1),
    "halved every 15 steps": partial(step_decay, factor=0.5, every=15),
}


def step_size_figure() -> LiveFigure:
    """Step size α, start, noise and schedule: the path, the loss by eigen-direction, the factors |1 - αλ_i|."""
    return live(
        partial(step_size_panels, lam=LAM, H=H, Q=Q, steps=STEPS, alpha_max=0.27),
        update,
        size=(760, 310),
        step_size=slider("step size α", 0.05, 0.005, 0.25, 0.005),
        w_1=slider("start w₁", -3.0, -3.5, 3.5, 0.1),
        w_2=slider("start w₂", 1.0, -3.5, 3.5, 0.1),
        noise=slider("gradient noise s", 0.0, 0.0, 2.0, 0.1),
        schedule=ToggleButtons(options=list(SCHEDULES), description="schedule", **SLIDER_LOOK),
    )


def update(artists: dict, step_size: float, w_1: float, w_2: float, noise: float, schedule: str) -> str:
    """Descend, draw, and say what α does."""
    alpha = SCHEDULES[schedule](step_size)
    path = iterates(H, [w_1, w_2], alpha, steps=STEPS, noise=noise * NOISE)
    losses = loss_by_direction(path, LAM, Q)
    alphas = np.array([alpha(t) for t in range(STEPS)])
    draw_step_size(artists, path, losses, alphas, LAM)
    return caption(alphas, noise, losses.sum(axis=1))


def caption(alphas: np.ndarray, noise: float, losses: np.ndarray) -> str:
    """The factors, the regime which follows from them, what the schedule does, and the loss."""
    first, last = alphas[0], alphas[-1]
    flat, steep = (f"{1 - first * lam:.2f}".replace("-", "−") for lam in LAM)
    text = (
        f"α = {first:.3f} multiplies the flat direction by {flat}, the steep one by {steep}: {descent_regime(first)}."
    )
    if last < first:
        tamed = ", which is stable" if first > largest_stable_step(LAM) > last else ""
        text += f" The schedule lowers α to {last:.4f}{tamed}."
    if noise:
        return (
            f"{text} With noise {noise:.1f} the mean loss of the last {LAST} steps is {number(losses[-LAST:].mean())}."
        )
    return f"{text} Loss after {STEPS} steps: {number(losses[-1])}."
