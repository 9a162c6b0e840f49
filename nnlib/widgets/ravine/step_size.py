"""The figure of the lecture on the step size: a descent on the ravine, with noise and schedules."""

from functools import partial

import numpy as np
from ipywidgets import ToggleButtons

from nnlib.optimizers import inverse_decay, step_decay
from nnlib.widgets.live import LiveFigure, live, slider
from nnlib.widgets.ravine.captions import step_size_caption
from nnlib.widgets.ravine.experiment import (
    LAM,
    iterates,
    loss_by_direction,
    ravine,
)
from nnlib.widgets.ravine.plots import draw_step_size, step_size_panels

STEPS = 60
BUTTON_LOOK = {"description_width": "8em", "button_width": "10.5em"}
H, Q = ravine()
NOISE = np.random.default_rng(0).normal(size=(STEPS, 2))
SCHEDULES = {
    "constant": partial(inverse_decay, rate=0),
    "α₀/(1 + 0.1·t)": partial(inverse_decay, rate=0.1),
    "halved every 15": partial(step_decay, factor=0.5, every=15),
}


def step_size_figure() -> LiveFigure:
    """Step size α, start, noise and schedule: the path, the loss by eigen-direction, the factors |1 - αλ_i|."""
    return live(
        partial(step_size_panels, lam=LAM, H=H, Q=Q, steps=STEPS, alpha_max=0.27),
        update,
        size=(720, 290),
        caption_lines=3,
        step_size=slider("step size α", 0.05, 0.005, 0.25, 0.005),
        w_1=slider("start w₁", -3.0, -3.5, 3.5, 0.1),
        w_2=slider("start w₂", 1.0, -3.5, 3.5, 0.1),
        noise=slider("noise s", 0.0, 0.0, 2.0, 0.1),
        schedule=ToggleButtons(options=list(SCHEDULES), description="schedule", style=BUTTON_LOOK),
    )


def update(artists: dict, step_size: float, w_1: float, w_2: float, noise: float, schedule: str) -> str:
    """Descend, draw, and say what α does."""
    alpha = SCHEDULES[schedule](step_size)
    path = iterates(H, [w_1, w_2], alpha, steps=STEPS, noise=noise * NOISE)
    losses = loss_by_direction(path, LAM, Q)
    alphas = np.array([alpha(t) for t in range(STEPS)])
    draw_step_size(artists, path, losses, alphas, LAM)
    return step_size_caption(alphas, noise, losses.sum(axis=1))
