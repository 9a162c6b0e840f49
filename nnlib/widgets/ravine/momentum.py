"""The figure of the lecture on momentum: α and β on the ravine."""

from functools import partial

import numpy as np

from nnlib.widgets.live import LiveFigure, live, slider
from nnlib.widgets.ravine.captions import momentum_caption
from nnlib.widgets.ravine.experiment import LAM, iterates, loss_by_direction, ravine
from nnlib.widgets.ravine.plots import draw_momentum, momentum_panels

STEPS = 50
W_0 = np.array([-3.0, 1.0])
H, Q = ravine()


def momentum_figure() -> LiveFigure:
    """Step size α and momentum β: the path in w and q, the loss by direction, the map of rates."""
    return live(
        partial(momentum_panels, lam=LAM, H=H, Q=Q, w_0=W_0, steps=STEPS),
        update,
        size=(660, 392),
        caption_lines=3,
        step_size=slider("step size α", 0.05, 0.005, 0.45, 0.005),
        beta=slider("momentum β", 0.0, 0.0, 0.99, 0.01),
    )


def update(artists: dict, step_size: float, beta: float) -> str:
    """Descend, draw, and name the regimes."""
    path = iterates(H, W_0, step_size, beta, steps=STEPS)
    losses = loss_by_direction(path, LAM, Q)
    draw_momentum(artists, path, path @ Q, losses, step_size * LAM, beta)
    return momentum_caption(step_size, beta, losses.sum(axis=1))
