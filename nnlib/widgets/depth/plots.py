"""Numbers to artists: ‖δ_i‖ in each layer of six networks, and two networks that learn to answer x with x."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from nnlib.widgets.depth.experiment import KINDS, IdentityState, new_samples
from nnlib.widgets.plots import BLUE, CROSS, GREY, VERMILLION, frame
from nnlib.widgets.quick_line import quick_line

GREEN = "#009E73"
LOOK = {
    "plain": {"color": VERMILLION, "marker": "s", "linestyle": "--"},
    "residual": {"color": BLUE, "marker": "o", "linestyle": "-"},
    "dense": {"color": GREEN, "marker": "^", "linestyle": "-."},
}
PANELS = {False: "without BatchNorm", True: "with BatchNorm"}


def gradient_panels(fig: Figure, max_depth: int) -> dict:
    """Two panels for `draw_norms`, without and with BatchNorm: ‖δ_i‖ against the layer i."""
    artists = {}
    for batchnorm, axes in zip(PANELS, fig.subplots(1, 2, sharey=True), strict=True):
        limits = {"xlim": (0, max_depth + 1), "ylim": (1e-21, 1e16), "yscale": "log"}
        frame(axes, f"‖δᵢ‖ {PANELS[batchnorm]}", "layer i", **limits)
        axes.set_yticks([1e-20, 1e-15, 1e-10, 1e-5, 1, 1e5, 1e10, 1e15])
        axes.axhline(1, color=GREY, linewidth=1)
        for kind in KINDS:
            look = {**LOOK[kind], "linewidth": 1.5, "markersize": 4.5, "markevery": slice(None, None, 4)}
            artists[kind, batchnorm] = quick_line(axes, label=kind, **look)
    handles = [artists[kind, False] for kind in KINDS]
    fig.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False, fontsize=9.5, handlelength=3.5)
    return artists


def draw_norms(artists: dict, kind: str, batchnorm: bool, norms: Sequence[float]) -> None:
    """Show ‖δ_1‖, …, ‖δ_L‖ of one network."""
    artists[kind, batchnorm].set_data(range(1, len(norms) + 1), norms)


def identity_panels(fig: Figure, steps: int) -> dict:
    """Two panels for `draw_identity`: the answers against x, and the errors against the step."""
    answers, errors = fig.subplots(1, 2, width_ratios=[2, 3])
    frame(answers, "answer z against x, 8 features", "x", xlim=(-3, 3), ylim=(-3, 3))
    frame(errors, "error", "step", xlim=(-2, 1.03 * steps), ylim=(1e-5, 1e6), yscale="log")
    answers.plot([-3, 3], [-3, 3], color=GREY, linewidth=1)
    answers.text(2.9, -2.9, "line: z = x", ha="right", color=GREY, fontsize=9.5)
    errors.axhline(1, color=GREY, linewidth=1)
    errors.text(1.02 * steps, 2.5, "always answer 0", ha="right", color=GREY, fontsize=9.5)
    artists = {}
    for kind in ("plain", "residual"):
        look = LOOK[kind]
        dots = {"color": look["color"], "marker": look["marker"], "markersize": 2.5, "linestyle": "none"}
        artists[f"{kind} answers"] = quick_line(answers, **dots)
        marks = {"markersize": 5, "markevery": slice(None, None, 20)}
        artists[f"{kind} errors"] = quick_line(errors, label=kind, linewidth=1.6, **marks, **look)
        artists[f"{kind} diverged"] = quick_line(errors, **{**CROSS, "color": look["color"]})
    handles = [artists[f"{kind} errors"] for kind in ("plain", "residual")]
    fig.legend(handles=handles, loc="outside lower center", ncols=2, frameon=False, fontsize=9.5, handlelength=3.5)
    return artists


def draw_identity(artists: dict, kind: str, state: IdentityState) -> None:
    """Show some of one network's answers, and its errors up to this state; a cross ends a run which diverged."""
    some = slice(16)
    errors = np.array(state.errors)
    artists[f"{kind} answers"].set_data(new_samples()[some].ravel(), state.Z_L[some].ravel())
    artists[f"{kind} errors"].set_data(np.arange(len(errors)), np.maximum(errors, 1e-30))
    end = [(state.step, min(np.nan_to_num(state.error, nan=1e5), 1e5))] if state.diverged else []
    artists[f"{kind} diverged"].set_data(*np.reshape(end, (-1, 2)).T)
