"""The first slider of the course: the step size on a parabola."""

from functools import partial

from nnlib.widgets.experiments import parabola_descent
from nnlib.widgets.live import LiveFigure, live, slider
from nnlib.widgets.plots import draw_descent, number, parabola_panels, subscript

LAMBDA = 2.0
W_0 = -1.5
STEPS = 20


def step_size_figure() -> LiveFigure:
    """Gradient descent on f(w) = ½ λ w² with the step size α on a slider."""
    return live(
        partial(parabola_panels, lam=LAMBDA, steps=STEPS),
        update,
        size=(640, 272),
        step_size=slider("step size α", 0.1, 0.01, 1.2, 0.01),
    )


def update(artists: dict, step_size: float) -> str:
    """Descend, draw the path, and name what α does."""
    w = parabola_descent(step_size, LAMBDA, W_0, STEPS)
    draw_descent(artists, w, LAMBDA * w**2 / 2)
    return caption(step_size, w[-1])


def caption(step_size: float, w_last: float) -> str:
    """The regime, which follows from α·λ alone."""
    # a slider's 0.5 may be 0.5000000000000001
    product = round(step_size * LAMBDA, 9)
    if product == 2:
        regime = f"It jumps to and fro for ever (α = 2/λ = {2 / LAMBDA:g})"
    elif product > 2:
        regime = f"It diverges (α > 2/λ = {2 / LAMBDA:g})"
    elif product == 1:
        regime = f"It lands on the minimum at once (α = 1/λ = {1 / LAMBDA:g})"
    elif product > 1:
        regime = "It overshoots the minimum and still converges (1/λ < α < 2/λ)"
    else:
        regime = f"It converges from one side (α < 1/λ = {1 / LAMBDA:g})"
    factor = f"{1 - product:.2f}".replace("-", "−")
    return (
        f"α·λ = {product:.2f}: each step multiplies w by 1 − α·λ = {factor}. {regime}; "
        f"w{subscript(STEPS)} = {number(w_last)}."
    )
