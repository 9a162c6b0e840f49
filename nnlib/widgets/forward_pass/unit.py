"""The figure of a single unit: what its weight, its bias and σ do to it."""

import numpy as np
from ipywidgets import Dropdown

from nnlib.widgets.forward_pass.experiment import SIGMAS
from nnlib.widgets.forward_pass.plots import draw_unit, unit_panel
from nnlib.widgets.live import SLIDER_LOOK, LiveFigure, live, slider

END = 3.0
X = np.linspace(-END, END, 241)


def unit_figure() -> LiveFigure:
    """One unit z = σ(w x + b) with w, b and σ to choose."""
    return live(
        unit_panel,
        update,
        size=(480, 260),
        w=slider("weight w", 1.0, -4.0, 4.0, 0.1),
        b=slider("bias b", -1.0, -4.0, 4.0, 0.1),
        sigma=Dropdown(options=list(SIGMAS), value="relu", description="σ", **SLIDER_LOOK),
    )


def update(artists: dict, w: float, b: float, sigma: str) -> str:
    """Draw z against x, mark where a = 0, and say what happens there."""
    w, b = round(w, 9), round(b, 9)  # a slider's 0 may be 4e-16
    crossing = -b / w if w else None
    draw_unit(artists, X, SIGMAS[sigma](w * X + b), crossing, SIGMAS[sigma](np.zeros(1))[0])
    return caption(w, b, sigma)


def caption(w: float, b: float, sigma: str) -> str:
    """Where the unit bends and how, or that it does not look at x."""
    if w == 0:
        return signed(
            f"w = 0: the unit does not look at x. z = σ(b) = {SIGMAS[sigma](np.array([b]))[0]:.2f} everywhere."
        )
    where = f"a = 0 at x = −b/w = {-b / w + 0:.2f}" + ("" if abs(b / w) <= END else ", outside the picture")
    awake, asleep = ("right", "left") if w > 0 else ("left", "right")
    what = {
        "identity": f"No bend: z rises by w = {w:.1f} for each step of 1 to the right.",
        "sigmoid": f"There z = 0.5, and the slope is w/4 = {w / 4:.2f}.",
        "tanh": f"There z = 0, and the slope is w = {w:.1f}.",
        "relu": f"The unit is awake to the {awake} of it, with slope w = {w:.1f}, and asleep to the {asleep}: z = 0.",
    }
    return signed(f"{where}. {what[sigma]}")


def signed(text: str) -> str:
    """The text with minus signs instead of hyphens."""
    return text.replace("-", "−")
