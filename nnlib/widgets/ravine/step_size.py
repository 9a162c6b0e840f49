"""The figure of the lecture on the step size: a descent on the ravine, with noise and schedules."""

from functools import partial

import numpy as np
from ipywidgets import ToggleButtons

from nnlib.optimizers import Schedule, inverse_decay, step_decay
from nnlib.widgets.live import SLIDER_LOOK, LiveFigure, live, slider
from nnlib.widgets.plots import number
from nnlib.widgets.ravine.experiment import LAM, best_step, iterates, largest_stable_step, loss_by_direction, ravine
from nnlib.widgets.ravine.plots import draw_step_size, step_size_panels

STEPS = 60
ALPHA_MAX = 0.27
RATE, FACTOR, EVERY = 0.1, 0.5, 15
H, Q = ravine()
NOISE = np.random.default_rng(0).normal(size=(STEPS, 2))
SCHEDULES = {
    "constant": lambda alpha_0: lambda t: alpha_0,
    f"α₀/(1 + {RATE}·t)": partial(inverse_decay, rate=RATE),
    f"halved every {EVERY} steps": partial(step_decay, factor=FACTOR, every=EVERY),
}


def step_size_figure() -> LiveFigure:
    """Step size α, start, noise and schedule: the path, the loss by eigen-direction, the factors |1 - αλ_i|."""
    return live(
        partial(step_size_panels, lam=LAM, H=H, Q=Q, steps=STEPS, alpha_max=ALPHA_MAX),
        update,
        size=(760, 310),
        caption_lines=3,
        step_size=slider("step size α", 0.05, 0.005, 0.25, 0.005),
        w_1=slider("start w₁", -3.0, -3.5, 3.5, 0.1),
        w_2=slider("start w₂", 1.0, -2.8, 2.8, 0.1),
        noise=slider("gradient noise s", 0.0, 0.0, 2.0, 0.1),
        schedule=ToggleButtons(options=list(SCHEDULES), description="schedule", **SLIDER_LOOK),
    )


def update(artists: dict, step_size: float, w_1: float, w_2: float, noise: float, schedule: str) -> str:
    """Descend, draw, and say what α does."""
    alpha: Schedule = SCHEDULES[schedule](step_size)
    path = iterates(H, [w_1, w_2], alpha, steps=STEPS, noise=noise * NOISE)
    losses = loss_by_direction(path, LAM, Q)
    alphas = np.array([alpha(t) for t in range(STEPS)])
    draw_step_size(artists, path, losses, alphas, LAM)
    return caption(alphas, noise, losses.sum(axis=1))


def caption(alphas: np.ndarray, noise: float, losses: np.ndarray) -> str:
    """The factors, the regime which follows from them, and the loss."""
    flat, steep = (f"{1 - alphas[0] * lam:.2f}".replace("-", "−") for lam in LAM)
    text = f"α = {alphas[0]:.3f} multiplies the flat direction by {flat} and the steep one by {steep}. "
    text += f"{regime(alphas[0])}. "
    if alphas[-1] < alphas[0]:
        tamed = alphas[0] > largest_stable_step(LAM) > alphas[-1]
        text += f"The schedule lowers α to {alphas[-1]:.4f}{', which is stable' if tamed else ''}. "
    if noise:
        return text + f"With noise s = {noise:.1f} the mean loss of the last 20 steps is {number(losses[-20:].mean())}."
    return text + f"Loss after {STEPS} steps: {number(losses[-1])}."


def regime(alpha: float) -> str:
    """Where a constant α stands between the best and the largest stable step."""
    best, limit = best_step(LAM), largest_stable_step(LAM)
    if alpha > limit:
        return f"Too large: above 2/λ₂ = {limit:.3f} the steep direction diverges"
    if round(alpha - best, 9) == 0:
        return f"The best: both shrink equally fast at α = 2/(λ₁ + λ₂) = {best:g}"
    if alpha > best:
        return f"Above the best, {best:g}: the steep direction is the slow one"
    return f"Below the best, {best:g}: the flat direction is the slow one"
