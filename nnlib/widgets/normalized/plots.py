"""Two runs to the artists of one figure: without BatchNorm (dashed, left) and with it (solid, right)."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon

from nnlib.widgets.experiments import running_mean
from nnlib.widgets.normalized.experiment import HIDDEN_LAYERS, MIDDLE, PROBES, RunState
from nnlib.widgets.plots import BLUE, VERMILLION, frame, subscript
from nnlib.widgets.quick_line import quick_line

SKY = "#56B4E9"
END = {"markevery": slice(-1, None), "markersize": 5}
PLAIN = {"color": VERMILLION, "linewidth": 1.5, "linestyle": (0, (4, 1.5)), "marker": "s", **END}
NORMALIZED = {"color": BLUE, "linewidth": 1.5, "marker": "o", **END}
BEFORE_NORM = {"color": SKY, "linewidth": 1.3, "linestyle": (0, (1, 1.2)), "marker": "^", **END}
NAMES = ("plain", "normalized")
BINS = np.linspace(-1, 1, 26)
LIMITS = {"loss": (1e-2, 1e2), "shift": (1e-4, 1e1), "span": (1e-4, 1e2), "change": (0, 3)}
HALF_WIDTH = 0.42


def two_run_panels(fig: Figure, steps: int) -> dict:
    """Five panels for `draw_runs`: loss, z_i of each hidden layer; below, what one step does to a_3, L and ∂L/∂θ."""
    grid = fig.add_gridspec(2, 3)
    loss, signals = fig.add_subplot(grid[0, 0]), fig.add_subplot(grid[0, 1:])
    shift, span, change = (fig.add_subplot(grid[1, column]) for column in range(3))
    wide = {"xlim": (0, 1.03 * steps)}
    frame(loss, "loss, mean of 10 batches", "step", ylim=LIMITS["loss"], yscale="log", **wide)
    halves = f"zᵢ of {PROBES} images: left without, right with BatchNorm"
    frame(signals, halves, "layer i", xlim=(0.5, HIDDEN_LAYERS + 0.5), ylim=(-1.05, 1.05))
    signals.set_xticks(range(1, HIDDEN_LAYERS + 1))
    signals.grid(False, axis="x")
    frame(shift, f"a step shifts a{subscript(MIDDLE)} by (in σ)", "step", ylim=LIMITS["shift"], yscale="log", **wide)
    frame(span, "loss range along a step", "step", ylim=LIMITS["span"], yscale="log", **wide)
    frame(change, "relative change of g", "step", ylim=LIMITS["change"], **wide)
    artists = {}
    for name, style in zip(NAMES, (PLAIN, NORMALIZED), strict=True):
        artists[f"{name} signals"] = signals.add_patch(Polygon([(0, 0)], facecolor=style["color"], edgecolor="none"))
        for panel, axes in {"loss": loss, "shift": shift, "span": span, "change": change}.items():
            artists[f"{name} {panel}"] = quick_line(axes, **style)
    artists["before norm"] = quick_line(shift, **BEFORE_NORM)
    labels = {
        "plain loss": "without BatchNorm",
        "normalized loss": "with BatchNorm",
        "before norm": f"with it: a{subscript(MIDDLE)} before it is normalized",
    }
    handles = [artists[name] for name in labels]
    fig.legend(handles, labels.values(), loc="outside lower center", ncols=3, frameon=False, fontsize=9.5)
    return artists


def draw_start(artists: dict, plain: Sequence[np.ndarray], normalized: Sequence[np.ndarray]) -> None:
    """Show z_1, …, z_5 of both networks before the first step; there are no curves yet."""
    draw_signals(artists, plain, normalized)
    for curve in curves_of(artists):
        curve.set_visible(False)


def curves_of(artists: dict) -> list[Line2D]:
    """All curves of both runs."""
    return [artists[f"{name} {panel}"] for name in NAMES for panel in LIMITS] + [artists["before norm"]]


def draw_signals(artists: dict, plain: Sequence[np.ndarray], normalized: Sequence[np.ndarray]) -> None:
    """Show the z_i of both networks as histograms."""
    for name, Zs, side in zip(NAMES, (plain, normalized), (-1, 1), strict=True):
        outlines = half_violins(np.stack(Zs), side)
        artists[f"{name} signals"].set_xy(outlines.reshape(-1, 2))  # one polygon: from foot to foot it has no area


def draw_runs(artists: dict, plain: RunState, normalized: RunState) -> None:
    """Show both runs up to these states. What leaves a panel is drawn at its edge."""
    draw_signals(artists, plain.Zs, normalized.Zs)
    for name, state in zip(NAMES, (plain, normalized), strict=True):
        curves = {
            "loss": (range(1, state.step + 1), running_mean(state.losses)),
            "shift": (state.measured, state.norm_shifts),
            "span": (state.measured, state.loss_ranges),
            "change": (state.measured, state.gradient_changes),
        }
        for panel, (steps, values) in curves.items():
            artists[f"{name} {panel}"].set_data(steps, np.clip(values, *LIMITS[panel]))
    artists["before norm"].set_data(normalized.measured, np.clip(normalized.shifts, *LIMITS["shift"]))
    for curve in curves_of(artists):
        curve.set_visible(True)


def half_violins(Zs: np.ndarray, side: int) -> np.ndarray:
    """The closed outlines (L, points, 2) of L histograms, of all entries of each Zs[i - 1]: Zs (L, m, d).

    They stand at x = i, their bars to the left (side -1) or to the right (side 1).

    >>> half_violins(np.array([[[0.99]], [[-0.5]]]), 1)[..., 0].max(axis=1).round(2).tolist()
    [1.44, 2.44]
    """
    layers, bins = np.arange(len(Zs))[:, None], len(BINS) - 1
    # a tenth of the time of np.histogram, which has to find out that all bins are equally wide
    bars = np.minimum(bins / 2 * (Zs.reshape(len(Zs), -1) + 1), bins - 1).astype(int) + bins * layers
    counts = np.bincount(bars.ravel(), minlength=bins * len(Zs)).reshape(len(Zs), bins)
    outlines = np.full((len(Zs), 2 * bins + 3, 2), -1.0)  # each from its foot back to its foot
    outlines[..., 0] = layers + 1 + side * 0.02
    outlines[:, 1:-2, 0] += side * HALF_WIDTH * np.repeat(counts / counts.max(axis=1, keepdims=True), 2, axis=1)
    outlines[:, 1:-2, 1] = np.repeat(BINS, 2)[1:-1]
    outlines[:, -2, 1] = 1.0
    return outlines
