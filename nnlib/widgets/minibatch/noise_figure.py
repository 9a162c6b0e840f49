"""The figure of the noise: gradients of many mini-batches around the true one, for a linear model with two weights."""

from functools import partial

import numpy as np
from ipywidgets import SelectionSlider

from nnlib.widgets.live import SLIDER_LOOK, LiveFigure, live, slider
from nnlib.widgets.minibatch.experiment import minibatch_gradients, noise_closed_form, noisy_line, root_mean_square
from nnlib.widgets.minibatch.plots import draw_arrows, draw_noise, draw_signal, noise_panels
from nnlib.widgets.plots import number

MODEL = noisy_line()
MS = tuple(2**k for k in range(11))
FINE_MS = np.append(np.geomspace(1, 0.98 * MODEL.n, 60), 0.9999 * MODEL.n)
DIRECTION = np.array([0.8, 0.6])
ARROWS, DRAWS = 40, 300


def noise_figure() -> LiveFigure:
    """Mini-batch size m, distance of w from the minimum, and the seed of the mini-batches that are drawn as arrows."""
    return live(
        partial(noise_panels, model=MODEL, arrows_drawn=ARROWS, draws=DRAWS),
        update,
        size=(620, 292),
        m=SelectionSlider(options=MS, value=16, description="batch size m", **SLIDER_LOOK),
        distance=slider("‖w − w*‖", 2.0, 0.0, 2.5, 0.1),
        seed=slider("seed", 0, 0, 20, 1),
    )


def update(artists: dict, m: int, distance: float, seed: int) -> str:
    """Draw the mini-batches, compare them with all samples, and put the difference in words."""
    w = MODEL.w_star + distance * DIRECTION
    gradient, of_samples = MODEL.gradient(w), MODEL.sample_gradients(w)
    drawn = minibatch_gradients(MODEL, w, MS, ARROWS, seed)[MS.index(m)]
    noise = root_mean_square(minibatch_gradients(MODEL, w, MS, DRAWS) - gradient)
    independent, closed_form = (noise_closed_form(of_samples, FINE_MS, replacement) for replacement in (True, False))
    draw_arrows(artists, w, gradient, drawn)
    draw_noise(artists, np.array(MS), noise, FINE_MS, independent, closed_form)
    draw_signal(artists, m, noise[MS.index(m)], float(np.linalg.norm(gradient)))
    return caption(m, noise[MS.index(m)], float(noise_closed_form(of_samples, m)), gradient, drawn)


def caption(m: int, noise: float, expected: float, gradient: np.ndarray, drawn: np.ndarray) -> str:
    """How far off mini-batches of m are, and how many of those drawn point downhill."""
    if m == MODEL.n:
        return f"m = n = {m}: each mini-batch holds all samples, so its g is ∇L itself, and the noise is 0."
    signal = float(np.linalg.norm(gradient))
    off = f"m = {m}: g is off by {number(noise)} (closed form {number(expected)})"
    if signal < 1e-9:
        return f"{off}. This is the minimum, ∇L = 0: all that a mini-batch says here is noise."
    downhill = int(np.sum(drawn @ gradient > 0))
    return (
        f"{off}, {number(noise / signal)} times ‖∇L‖ = {number(signal)}; {downhill} of {ARROWS} arrows lead downhill."
    )
