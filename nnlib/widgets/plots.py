"""Plots: numbers to the artists of a figure. `..._panels` draws what stands still, `draw_...` moves the rest.

Colours are those of Okabe and Ito (2008), which people with any colour vision can tell apart; line style or marker
always says the same as the colour.
"""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from nnlib.widgets.experiments import ACCURACY_EVERY, TrainingState, running_mean
from nnlib.widgets.quick_line import quick_line

BLUE, VERMILLION, GREY = "#0072B2", "#D55E00", "#767676"
NOW = {"color": BLUE, "linewidth": 1.5, "marker": "o", "markersize": 5, "markevery": slice(-1, None)}
CROSS = {"color": VERMILLION, "marker": "x", "markersize": 10, "markeredgewidth": 2.5, "linestyle": "none"}
BEFORE = {"color": GREY, "linewidth": 1.1, "linestyle": (0, (4, 2))}
SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
SUBSCRIPT = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def training_panels(fig: Figure, steps: int, layers: int) -> dict:
    """Three panels for `draw_training`: loss, accuracy, and ‖δ_i‖ of up to `layers` layers."""
    loss, accuracy, norms = fig.subplots(1, 3)
    frame(loss, "loss, mean of 10 batches", "step", xlim=(0, 1.03 * steps), ylim=(1e-2, 1e2), yscale="log")
    frame(accuracy, "accuracy on new images", "step", xlim=(0, 1.03 * steps), ylim=(0, 1))
    accuracy.yaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    frame(
        norms,
        "‖δᵢ‖ in each layer",
        "layer i",
        xlim=(0.5, layers + 0.5),
        ylim=(1e-8, 10),
        yscale="log",
    )
    norms.set_xticks(range(1, layers + 1, 2))
    hollow = {"marker": "s", "markersize": 5, "markerfacecolor": "white"}
    artists = {
        "loss before": quick_line(loss, label="run before", **BEFORE),
        "loss": quick_line(loss, label="this run", **NOW),
        "diverged": quick_line(loss, **CROSS),
        "accuracy before": quick_line(accuracy, **BEFORE),
        "accuracy": quick_line(accuracy, **NOW),
        "first norms": quick_line(norms, label="‖δᵢ‖ at step 1", **BEFORE, **hollow),
        "norms": quick_line(norms, label="‖δᵢ‖ now", color=VERMILLION, linewidth=1.8, marker="o", markersize=5),
    }
    fig.legend(loc="outside lower center", ncols=4, frameon=False, fontsize=9.5, handlelength=2.4, columnspacing=2.4)
    return artists


def begin_run(artists: dict, state: TrainingState) -> None:
    """Make the run in the picture the faint one, and remember the ‖δ_i‖ of the new one's first step.

    A run cut short soon after its start, by a slider that moves on, leaves no trace.
    """
    steps = artists["loss"].axes.get_xlim()[1]
    if len(artists["loss"].get_xdata()) > steps / 2:
        for panel in ("loss", "accuracy"):
            artists[f"{panel} before"].set_data(*artists[panel].get_data())
    artists["first norms"].set_data(range(1, len(state.delta_norms) + 1), state.delta_norms)


def draw_training(artists: dict, state: TrainingState) -> None:
    """Show the run up to this state; a cross ends a run which diverged."""
    steps = np.arange(1, state.step + 1)
    losses = running_mean(state.losses)
    measured = slice(ACCURACY_EVERY - 1, None, ACCURACY_EVERY)
    cross = slice(-1, None) if state.diverged else slice(0)
    artists["loss"].set_data(steps, losses)
    artists["diverged"].set_data(steps[cross], losses[cross])
    artists["accuracy"].set_data(steps[measured], state.accuracies[measured])
    artists["norms"].set_data(range(1, len(state.delta_norms) + 1), state.delta_norms)


def parabola_panels(fig: Figure, lam: float, steps: int) -> dict:
    """Two panels for `draw_descent`: the parabola f(w) = ½ λ w² and the values f(w_t)."""
    curve, values = fig.subplots(1, 2, width_ratios=[3, 2])
    w = np.linspace(-3, 3, 200)
    frame(curve, f"f(w) = ½ λ w²  with λ = {lam:g}", "w", xlim=(-3, 3), ylim=(-0.35 * lam, 4.5 * lam))
    frame(values, "f(wₜ)", "step t", xlim=(-0.5, steps + 0.5), ylim=(1e-9, 1e3), yscale="log")
    curve.plot(w, lam * w**2 / 2, color=GREY, linewidth=1.5)
    start = {"color": VERMILLION, "marker": "s", "markersize": 8, "linestyle": "none", "label": "start w₀"}
    path = {"color": BLUE, "linewidth": 1.2, "marker": "o", "markersize": 5}
    artists = {
        "path": quick_line(curve, label="w₁, w₂, …", **path),
        "start": quick_line(curve, **start),
        "values": quick_line(values, **path),
    }
    curve.legend(loc="upper center", ncols=2, frameon=False, fontsize=9.5)
    return artists


def draw_descent(artists: dict, w: np.ndarray, f: np.ndarray) -> None:
    """Show the iterates w_0, w_1, … and the values f(w_0), f(w_1), …"""
    artists["path"].set_data(w, f)
    artists["start"].set_data(w[:1], f[:1])
    # a logarithmic axis has no place for the minimum itself
    artists["values"].set_data(np.arange(len(f)), np.maximum(f, 1e-30))


def frame(axes: Axes, title: str, xlabel: str, **limits: object) -> None:
    """Title at the left, a faint grid, no box."""
    axes.set(xlabel=xlabel, **limits)
    axes.set_title(title, loc="left", fontsize=10.5)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)


def subscript(i: int) -> str:
    """An index as captions show it.

    >>> "δ" + subscript(13)
    'δ₁₃'
    """
    return str(i).translate(SUBSCRIPT)


def number(value: float) -> str:
    """A number as a caption shows it: two digits, a power of ten written out.

    >>> number(-0.0312), number(5.94e-14), number(14.8)
    ('−0.031', '5.9·10⁻¹⁴', '15')
    """
    mantissa, _, exponent = f"{value:.2g}".partition("e")
    mantissa = mantissa.replace("-", "−")
    return f"{mantissa}·10{str(int(exponent)).translate(SUPERSCRIPT)}" if exponent else mantissa
