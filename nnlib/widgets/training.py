"""The figure of the lecture on the backward pass: a network learns digits while the reader turns its dials."""

from collections.abc import Iterator
from functools import partial
from math import isnan

from nnlib.widgets.experiments import TrainingState, digits_training
from nnlib.widgets.live import LiveFigure, live, log_slider, slider
from nnlib.widgets.plots import begin_run, draw_training, number, subscript, training_panels

STEPS = 200
STEPS_PER_FRAME = 4
MAX_DEPTH = 12


def training_figure() -> LiveFigure:
    """Step size α, momentum β and depth: loss, accuracy and ‖δ_i‖ while the network trains."""
    return live(
        partial(training_panels, steps=STEPS, layers=MAX_DEPTH + 1),
        film,
        step_size=log_slider("step size α", 0.1, 0.001, 10),
        beta=slider("momentum β", 0.5, 0.0, 0.99, 0.01),
        depth=slider("hidden layers", 4, 1, MAX_DEPTH, 1),
    )


def film(artists: dict, step_size: float, beta: float, depth: int) -> Iterator[str]:
    """The run frame by frame: at once after the first step, then after every fourth, and at the end."""
    for state in digits_training(step_size, beta, depth, steps=STEPS):
        if state.step == 1:
            begin_run(artists, state)
        if state.step == 1 or state.step % STEPS_PER_FRAME == 0 or state.diverged:
            draw_training(artists, state)
            yield caption(state)


def caption(state: TrainingState) -> str:
    """What the state says, in words."""
    if state.diverged:
        progress = f"Diverged at step {state.step}: the loss rose from {state.losses[0]:.1f} to {state.loss:.0f}."
    else:
        measured = "" if isnan(state.accuracy) else f", accuracy {100 * state.accuracy:.0f} %"
        progress = f"Step {state.step} of {STEPS}: loss {number(state.mean_loss)}{measured}."
    first, *_, last = state.delta_norms
    flow = "vanishes towards" if first < 0.01 * last else "explodes towards" if first > 100 * last else "reaches"
    comparison = f"‖δ₁‖ is {number(first / last)} times ‖δ{subscript(len(state.delta_norms))}‖"
    return f"{progress} {comparison}: the gradient {flow} the first layer."
