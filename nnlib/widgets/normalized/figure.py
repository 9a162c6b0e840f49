"""The figure: weight scale, step size α and mini-batch size m; the same network without and with BatchNorm."""

from collections.abc import Iterator
from functools import partial

import numpy as np
from ipywidgets import FloatLogSlider

from nnlib.widgets.live import SLIDER_LOOK, LiveFigure, live, log_slider
from nnlib.widgets.normalized.experiment import HIDDEN_LAYERS, MIDDLE, RunState, side_by_side, signals_at_the_start
from nnlib.widgets.normalized.plots import draw_runs, draw_start, two_run_panels
from nnlib.widgets.plots import number, subscript

STEPS = 200


def batchnorm_figure() -> LiveFigure:
    """Loss, activations and what one step changes, without and with BatchNorm, while both networks train."""
    powers_of_two = {"base": 2, "min": 1, "max": 8, "step": 1, "readout_format": ".0f"}
    return live(
        partial(two_run_panels, steps=STEPS),
        film,
        size=(720, 376),
        caption_lines=4,
        weight_scale=log_slider("initial W times", 1.0, 0.1, 10),
        step_size=log_slider("step size α", 10**-0.5, 0.01, 10),
        m=FloatLogSlider(64, **powers_of_two, description="batch size m", **SLIDER_LOOK),
    )


def film(artists: dict, weight_scale: float, step_size: float, m: float) -> Iterator[str]:
    """Both runs, frame by frame: at once before the first step, then after it, and after every fourth."""
    start = [signals_at_the_start(batchnorm, weight_scale) for batchnorm in (False, True)]
    draw_start(artists, *start)
    yield f"Before the first of {STEPS} steps. {regime(start[0][-1], round(m))}"
    for plain, normalized in side_by_side(weight_scale, step_size, round(m), steps=STEPS):
        draw_runs(artists, plain, normalized)
        yield caption(plain, normalized, round(m))


def caption(plain: RunState, normalized: RunState, m: int) -> str:
    """What the states say, in words: without and with BatchNorm."""
    pair = lambda of: f"{number(of(plain))} and {number(of(normalized))}"  # noqa: E731
    learned = pair(lambda run: float(np.mean(run.losses[-10:])))
    return (
        f"Step {plain.step} of {STEPS}, without and with BatchNorm: loss {learned}, "
        f"accuracy {100 * plain.accuracy:.0f} and {100 * normalized.accuracy:.0f} %. Median over the steps: "
        f"a{subscript(MIDDLE)} shifts by {pair(lambda run: float(np.median(run.shifts)))} σ, "
        f"the loss ranges over {pair(lambda run: float(np.median(run.loss_ranges)))}, the gradient changes by "
        f"{pair(lambda run: float(np.median(run.gradient_changes)))} of its length. {regime(plain.Zs[-1], m)}"
    )


def regime(Z: np.ndarray, m: int) -> str:
    """What the weight scale does to the Z of the plain network's last hidden layer; or what m = 2 does to the other."""
    z_L = f"z{subscript(HIDDEN_LAYERS)}"
    if m == 2:
        return "Of m = 2 samples BatchNorm always makes −1 and 1: next to nothing reaches the W below it."
    if Z.std() < 0.05:
        return f"Without it the signal has died out: {z_L} varies by {number(Z.std())}."
    flat = 100 * np.mean(np.abs(Z) > 0.99)
    return f"Without it {flat:.0f} % of {z_L} lie on the flat ends of σ{': saturated' if flat > 50 else ''}."
