"""The figure of the lecture on momentum: α and β on the ravine."""

from functools import partial

import numpy as np

from nnlib.widgets.live import LiveFigure, live, slider
from nnlib.widgets.plots import number
from nnlib.widgets.ravine.experiment import (
    LAM,
    iterates,
    largest_stable_step,
    loss_by_direction,
    momentum_rate,
    ravine,
    regime,
)
from nnlib.widgets.ravine.plots import draw_momentum, momentum_panels

STEPS = 50
W_0 = np.array([-3.0, 1.0])
H, Q = ravine()


def momentum_figure() -> LiveFigure:
    """Step size α and momentum β: the path in w and q, the loss by direction, the map of rates."""
    return live(
        partial(momentum_panels, lam=LAM, H=H, Q=Q, w_0=W_0, steps=STEPS),
        update,
        size=(720, 440),
        caption_lines=3,
        step_size=slider("step size α", 0.05, 0.005, 0.45, 0.005),
        beta=slider("momentum β", 0.0, 0.0, 0.99, 0.01),
    )


def update(artists: dict, step_size: float, beta: float) -> str:
    """Descend, draw, and name the regimes."""
    path = iterates(H, W_0, step_size, beta, steps=STEPS)
    losses = loss_by_direction(path, LAM, Q)
    draw_momentum(artists, path, path @ Q, losses, step_size * LAM, beta)
    return caption(step_size, beta, losses.sum(axis=1)[-1])


def caption(step_size: float, beta: float, loss: float) -> str:
    """The regime and the rate of each direction, and who is slower."""
    rates = [momentum_rate(step_size * lam, beta) for lam in LAM]
    told = [
        f"{name} direction: α·λ = {step_size * lam:.3g}, {regime(step_size * lam, beta)}, rate {rate:.3f}"
        for name, lam, rate in zip(("Flat", "Steep"), LAM, rates, strict=True)
    ]
    limit = largest_stable_step(LAM, beta)
    if round(step_size - limit, 9) >= 0:
        verdict = f"No convergence: α·λ₂ = {step_size * LAM[1]:.3g} is not below 2(1 + β) = {2 * (1 + beta):.3g}"
    else:
        verdict = (
            f"Stable, since α is below 2(1 + β)/λ₂ = {limit:.3f}; the larger rate decides, {max(rates):.3f} a step"
        )
    return f"{told[0]}. {told[1]}. {verdict}. Loss after {STEPS} steps: {number(loss)}."
