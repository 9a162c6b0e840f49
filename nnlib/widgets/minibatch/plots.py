"""Numbers of the experiment to the artists of the two figures."""

from functools import cache

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nnlib.widgets.minibatch.experiment import LinearModel
from nnlib.widgets.plots import BLUE, GREY, VERMILLION, frame
from nnlib.widgets.quick_line import quick_line

HALF_WIDTH = 2.7
POINTS = 50
MARKED = 30
ORANGE = "#E69F00"


def plane(axes: Axes, model: LinearModel, title: str) -> None:
    """The plane of the two weights around w*, with contours of the loss."""
    w1, w2 = (np.linspace(centre - HALF_WIDTH, centre + HALF_WIDTH, 60) for centre in model.w_star)
    W = np.stack(np.meshgrid(w1, w2), axis=-1)
    excess = model.excess_loss(W.reshape(-1, 2)).reshape(60, 60)
    axes.contour(w1, w2, excess, levels=np.array([0.25, 1, 2.25, 4, 6.25, 9]) / 4, colors="#bbbbbb", linewidths=0.8)
    axes.plot(*model.w_star, "+", color="black", markersize=9, markeredgewidth=1.6)
    axes.annotate("w*", model.w_star, xytext=(5, -11), textcoords="offset points", fontsize=9.5)
    frame(
        axes,
        title,
        "w₁",
        xticks=[-2, 0, 2],
        yticks=[-2, 0, 2],
        xlim=(w1[0], w1[-1]),
        ylim=(w2[0], w2[-1]),
        aspect="equal",
    )
    axes.set_ylabel("w₂", rotation=0)


def noise_panels(fig: Figure, model: LinearModel, arrows_drawn: int, draws: int) -> dict:
    """Two panels for `draw_noise`: arrows in the plane, and the noise against m."""
    arrows, noise = fig.subplots(1, 2, width_ratios=[1, 1.15])
    plane(arrows, model, "from w, one step downhill")
    frame(noise, "how far a mini-batch gradient is off", "mini-batch size m", xscale="log", yscale="log")
    noise.set(xlim=(0.8, 1.3 * model.n), ylim=(0.02, 12))
    noise.set_xticks([1, 4, 16, 64, 256, 1024], labels=[1, 4, 16, 64, 256, 1024])
    noise.minorticks_off()
    true = {"color": VERMILLION, "linewidth": 2.4}
    head = {"marker": "s", "markersize": 7, "markevery": slice(-1, None)}
    dots = {"color": BLUE, "linestyle": "none"}
    ring = {"marker": "o", "markersize": 11, "markerfacecolor": "none", "markeredgewidth": 2}
    artists = {
        "shafts": quick_line(arrows, color=BLUE, linewidth=0.35),
        "heads": quick_line(arrows, **dots, marker="o", markersize=3, label=f"−g of {arrows_drawn} mini-batches"),
        "true": quick_line(arrows, **true, **head, label="−∇L, all n samples"),
        "signal": quick_line(noise, **true, label="‖∇L‖ (the signal)", linestyle=(0, (1, 1))),
        "independent": quick_line(noise, color=GREY, linestyle=(0, (4, 2)), label="σ/√m"),
        "closed form": quick_line(noise, color="black", label="σ/√m · √((n − m)/(n − 1))"),
        "measured": quick_line(noise, **dots, marker="D", markersize=4.5, label=f"measured, {draws} draws"),
        "now": quick_line(noise, **dots, **ring),
    }
    fig.legend(loc="outside lower center", ncols=3, frameon=False, fontsize=9.5, handlelength=2.2, columnspacing=2)
    return artists


def draw_arrows(artists: dict, w: np.ndarray, gradient: np.ndarray, gradients: np.ndarray) -> None:
    """From w one step of length ‖g‖ against each g: the true one and those of mini-batches (draws, 2)."""
    heads = w - gradients
    lines = np.full((len(heads), 3, 2), np.nan)  # nan lifts the pen between two arrows
    lines[:, 0], lines[:, 1] = w, heads
    artists["shafts"].set_data(*lines.reshape(-1, 2).T)
    artists["heads"].set_data(*heads.T)
    artists["true"].set_data(*np.stack([w, w - gradient]).T)


def draw_noise(
    artists: dict, ms: np.ndarray, measured: np.ndarray, m: np.ndarray, independent: np.ndarray, closed_form: np.ndarray
) -> None:
    """The noise against m: measured at each of `ms`, and the two formulas on a finer grid m."""
    artists["measured"].set_data(ms, measured)
    artists["independent"].set_data(m, independent)
    artists["closed form"].set_data(m, closed_form)


def draw_signal(artists: dict, m: int, noise: float, signal: float) -> None:
    """A ring around the noise at this m, and ‖∇L‖ as a line across the panel."""
    artists["now"].set_data([m], [noise])
    artists["signal"].set_data(artists["signal"].axes.get_xlim(), [signal, signal])


def race_panels(fig: Figure, model: LinearModel, samples: int, time: int) -> dict:
    """Three panels for `draw_race`: the path, and the loss against samples seen and against time."""
    path, *losses = fig.subplots(1, 3, width_ratios=[1.15, 1, 1])
    plane(path, model, "path of w")
    frame(losses[0], "L(w) − L(w*), samples", "samples seen", xlim=(0.8, 1.2 * samples))
    frame(losses[1], "L(w) − L(w*), time", "time (steps with m = 1)", xlim=(0.8, 1.2 * time))
    for axes in losses:
        axes.set(xscale="log", yscale="log", ylim=(1e-6, 30))
        axes.set_xticks([1, 10, 100, 1000][: 4 if axes is losses[0] else 3])
        axes.minorticks_off()
    end = {"markersize": 5, "markevery": slice(-1, None)}
    looks = {
        "m = 1": {"color": ORANGE, "linewidth": 1.0, "marker": "v"},
        "m = n": {"color": VERMILLION, "linewidth": 1.6, "linestyle": (0, (5, 2)), "marker": "s"},
        "this m": {"color": BLUE, "linewidth": 1.8, "marker": "o"},
    }
    artists = {
        f"{name}, {panel}": quick_line(axes, label=name if panel == "samples" else None, **end, **look)
        for name, look in looks.items()
        for panel, axes in zip(("samples", "time"), losses, strict=True)
    }
    marked = {"marker": "o", "markersize": 2.5, "markevery": slice(MARKED)}
    start = {"marker": "s", "markersize": 6, "linestyle": "none"}
    artists["path"] = quick_line(path, **marked, color=BLUE, linewidth=0.9)
    artists["start"] = quick_line(path, **start, color="black", label="start w₀")
    fig.legend(loc="outside lower center", ncols=4, frameon=False, fontsize=9.5, handlelength=2.4, columnspacing=2.4)
    return artists


def draw_race(artists: dict, name: str, panel: str, step_cost: float, excess: np.ndarray) -> None:
    """A run's loss against what was spent: each step costs `step_cost`; excess (steps + 1,) starts at w_0."""
    steps = drawn_steps(len(excess))
    # a logarithmic axis has no place for 0, where the run starts: it lies beyond the left end
    spent = np.maximum(steps * step_cost, 1e-3)
    artists[f"{name}, {panel}"].set_data(spent, np.maximum(excess[steps], 1e-30))


@cache
def drawn_steps(rows: int) -> np.ndarray:
    """Which of 0, …, rows - 1 to draw: some that are evenly spread on a logarithmic axis, first and last among them.

    >>> drawn_steps(1), drawn_steps(4)
    (array([0]), array([0, 1, 2, 3]))
    """
    return np.unique(np.geomspace(1, rows, POINTS).round().astype(int)) - 1


def draw_path(artists: dict, path: np.ndarray) -> None:
    """The iterates in the plane, (steps + 1, 2)."""
    artists["path"].set_data(*path.T)
    artists["start"].set_data(*path[:1].T)
