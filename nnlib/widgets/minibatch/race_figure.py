"""The figure of the race: SGD with m samples a step against 1 and against all n."""

from functools import partial

import numpy as np
from ipywidgets import SelectionSlider

from nnlib.widgets.live import SLIDER_LOOK, LiveFigure, live, log_slider, slider
from nnlib.widgets.minibatch.experiment import noisy_line, sgd_path
from nnlib.widgets.minibatch.plots import draw_path, draw_race, race_panels
from nnlib.widgets.plots import number

MODEL = noisy_line()
W_0 = (2.6, 2.1)
SAMPLES = 2 * MODEL.n
TIME = 512
MAX_M_0 = 128


def race_figure() -> LiveFigure:
    """Mini-batch size m, step size η, fixed cost m₀ of a step, and the order of the samples."""
    return live(
        partial(race_panels, model=MODEL, samples=SAMPLES, time=TIME),
        update,
        size=(640, 260),
        m=SelectionSlider(options=[2**k for k in range(11)], value=64, description="batch size m", **SLIDER_LOOK),
        step_size=log_slider("step size η", 0.1, 0.01, 1, steps_per_decade=20),
        m_0=slider("fixed cost m₀", 64, 0, MAX_M_0, 8),
        seed=slider("seed", 0, 0, 20, 1),
    )


def update(artists: dict, m: int, step_size: float, m_0: int, seed: int) -> str:
    """Run all three, draw each against samples and against time, and say where they stand at the end."""
    ends = {}
    for name, size in {"m = 1": 1, "m = n": MODEL.n, "this m": m}.items():
        step_cost = {"samples": size, "time": (m_0 + size) / (m_0 + 1)}
        affordable = {"samples": SAMPLES // size, "time": int(TIME / step_cost["time"])}
        longest = max(SAMPLES // size, int(TIME * (MAX_M_0 + 1) / (MAX_M_0 + size)))
        path = sgd_path(MODEL, W_0, size, step_size, longest, seed if size < MODEL.n else 0)
        excess = MODEL.excess_loss(path)
        for panel, steps in affordable.items():
            draw_race(artists, name, panel, step_cost[panel], excess[: steps + 1])
        ends[name] = final(excess[: affordable["time"] + 1])
    draw_path(artists, path[: affordable["time"] + 1])
    return caption(m, affordable["time"], step_cost["time"], ends)


def final(excess: np.ndarray) -> float:
    """The mean over the last tenth of a run: a single step of SGD says little.

    >>> final(np.arange(20.0))
    18.5
    """
    return float(np.mean(excess[-max(len(excess) // 10, 1) :]))


def caption(m: int, steps: int, step_cost: float, ends: dict[str, float]) -> str:
    """Who is where after the same time."""
    end, end_1, end_n = (number(ends[name]) for name in ("this m", "m = 1", "m = n"))
    return (
        f"A step with m = {m} takes as long as {number(step_cost)} with m = 1. After {TIME} of those, or "
        f"{steps} of its own, L − L* is {end}; with m = 1 it is {end_1}, with m = n {end_n}."
    )
