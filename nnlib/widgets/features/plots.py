"""Four pairs of panels: the features above, the loss they make below."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import offset_copy

from nnlib.widgets.features.experiment import Conditioning, contours, descent, principal_axes
from nnlib.widgets.plots import BLUE, GREY, VERMILLION
from nnlib.widgets.quick_line import quick_line
from nnlib.widgets.quick_text import QuickText, quick_text

TITLES = ("raw", "scaled to [0, 1]", "+ de-correlated", "+ unit variance")
LIMITS = ((-3, 6), (-0.25, 1.25), (-1, 1), (-4, 4))
TICKS = ((0, 4), (0, 1), (-0.5, 0, 0.5), (-3, 0, 3))
REACH = 1.6
"""The panels of the loss show the errors w - w* from -1.6 to 1.6."""
ERROR_0 = np.array([-1.2, 0.8])
"""w_0 - w*, the same in every panel."""
RINGS = np.array([0.5, 1.0, 1.5])
"""The contours, as parts of the way from w* to w_0: at a distance r the loss is r² times that of the start."""
STEPS_SHOWN = 40


def features_panels(fig: Figure) -> dict:
    """Eight panels for `draw_features`."""
    data, losses = fig.subplots(2, 4)
    for axes, title, limits, ticks in zip(data, TITLES, LIMITS, TICKS, strict=True):
        square(axes, limits, ticks)
        axes.set_title(title, fontsize=10)
    data[1].plot([0, 1, 1, 0, 0], [0, 0, 1, 1, 0], color=GREY, linewidth=1, linestyle=(0, (4, 2)))
    for axes in losses:
        square(axes, (-REACH, REACH), (-1, 0, 1))
        axes.plot(*ERROR_0, "s", color=VERMILLION, markersize=7)
        axes.plot(0, 0, "+", color="black", markersize=9, markeredgewidth=1.5)
    data[0].set_ylabel("features x₁, x₂", fontsize=9.5)
    losses[0].set_ylabel("weights w − w*", fontsize=9.5)
    fig.get_layout_engine().set(hspace=0.1)

    dots = {"marker": "o", "markersize": 2.5, "markeredgewidth": 0, "linestyle": "none"}
    edged = {"solid_joinstyle": "miter", "solid_capstyle": "butt"}  # cheaper than round ones
    return {
        "samples": [quick_line(axes, color=BLUE, **dots) for axes in data],
        "axes": [quick_line(axes, color=VERMILLION, linewidth=1.6, **edged) for axes in data],
        "rings": [quick_line(axes, color=GREY, linewidth=0.8, **edged) for axes in losses],
        "path": [quick_line(axes, color=BLUE, linewidth=1.2, **edged) for axes in losses],
        "labels": [above(axes) for axes in losses],
    }


def square(axes: Axes, limits: tuple[float, float], ticks: tuple[float, ...]) -> None:
    """A square panel with the same scale in both directions, so that round looks round, and lines through 0."""
    axes.set(xlim=limits, ylim=limits, xticks=ticks, yticks=ticks, aspect="equal")
    axes.tick_params(labelsize=8, length=2, pad=2)
    axes.spines[:].set_color("#bbbbbb")
    axes.axhline(0, color="#cccccc", linewidth=0.8, zorder=0)
    axes.axvline(0, color="#cccccc", linewidth=0.8, zorder=0)


def above(axes: Axes) -> QuickText:
    """An empty text above the panel, in its middle."""
    place = offset_copy(axes.transAxes, axes.figure, y=8.5, units="points")
    return quick_text(axes, 0.5, 1, "black", fontsize=10, transform=place)


def draw_features(artists: dict, stages: tuple[Conditioning, ...]) -> None:
    """Show samples and their principal axes, and the contours and the path of gradient descent with the best α."""
    for i, (stage, lines) in enumerate(zip(stages, principal_axes(stages), strict=True)):
        path = descent(stage, ERROR_0, min(stage.steps, STEPS_SHOWN))
        artists["samples"][i].set_data(*stage.X.T)
        artists["axes"][i].set_data(*joined(lines))
        artists["rings"][i].set_data(*joined(contours(stage, RINGS[:, None] * ERROR_0)))
        artists["path"][i].set_data(*path.T)
        artists["labels"][i].set_text(label(stage))


def joined(lines: np.ndarray) -> np.ndarray:
    """Lines (k, points, 2) as the x and y of one, (2, k · (points + 1)): nan lifts the pen after each.

    >>> joined(np.array([[[1.0, 2.0]], [[3.0, 4.0]]]))
    array([[ 1., nan,  3., nan],
           [ 2., nan,  4., nan]])
    """
    k, points, _ = lines.shape
    ended = np.full((k, points + 1, 2), np.nan)
    ended[:, :-1] = lines
    return ended.reshape(-1, 2).T


def label(stage: Conditioning) -> str:
    """The condition number and the number of steps.

    >>> label(Conditioning(np.eye(2), np.eye(2), np.array([1.0, 25.0]), np.eye(2)))
    'κ = 25: 58 steps'
    """
    return f"κ = {kappa_text(stage.kappa)}: {steps_text(stage.steps)}"


def kappa_text(kappa: float) -> str:
    """Two digits, or all before the point.

    >>> kappa_text(1.0000001), kappa_text(6.94), kappa_text(1234.5)
    ('1.0', '6.9', '1,234')
    """
    return f"{kappa:.1f}" if kappa < 9.95 else f"{kappa:,.0f}"


def steps_text(steps: int) -> str:
    """The number of steps with its noun.

    >>> steps_text(1), steps_text(2303)
    ('1 step', '2,303 steps')
    """
    return f"{steps:,} step{'s' if steps > 1 else ''}"
