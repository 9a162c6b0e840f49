"""Four pairs of panels: the features above, the loss they make below.

All that moves in the eight panels is drawn by five artists, in pixels of the whole figure: an artist costs about half
a millisecond at each tick, however little it draws.
"""

from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.textpath import TextToPath
from matplotlib.transforms import IdentityTransform

from nnlib.widgets.features.experiment import Conditioning, contour, descent, principal_axes
from nnlib.widgets.plots import BLUE, GREY, VERMILLION

TITLES = ("raw", "scaled to [0, 1]", "+ de-correlated", "+ unit variance")
LIMITS = ((-3, 6), (-0.25, 1.25), (-1, 1), (-4, 4))
TICKS = ((0, 4), (0, 1), (-0.5, 0, 0.5), (-3, 0, 3))
REACH = 1.6
"""The panels of the loss show the errors w - w* from -1.6 to 1.6."""
ERROR_0 = np.array([-1.2, 0.8])
"""w_0 - w*, the same in every panel."""
RINGS = (0.5, 1.0, 1.5)
"""The contours, as parts of the way from w* to w_0: at a distance r the loss is r² times that of the start."""
STEPS_SHOWN = 40
NOTHING = Path(np.empty((0, 2)))


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
    pixels = {"transform": IdentityTransform()}
    return {
        "samples": fig.add_artist(Line2D([], [], color=BLUE, **dots, **pixels)),
        "axes": fig.add_artist(PathPatch(NOTHING, fill=False, color=VERMILLION, linewidth=1.6, **pixels)),
        "rings": fig.add_artist(PathPatch(NOTHING, fill=False, color=GREY, linewidth=0.8, **pixels)),
        "path": fig.add_artist(PathPatch(NOTHING, fill=False, color=BLUE, linewidth=1.2, **pixels)),
        "labels": fig.add_artist(PathPatch(NOTHING, facecolor="black", linewidth=0, **pixels)),
    }


def square(axes: Axes, limits: tuple[float, float], ticks: tuple[float, ...]) -> None:
    """A square panel with the same scale in both directions, so that round looks round, and lines through 0."""
    axes.set(xlim=limits, ylim=limits, xticks=ticks, yticks=ticks, aspect="equal")
    axes.tick_params(labelsize=8, length=2, pad=2)
    axes.spines[:].set_color("#bbbbbb")
    axes.axhline(0, color="#cccccc", linewidth=0.8, zorder=0)
    axes.axvline(0, color="#cccccc", linewidth=0.8, zorder=0)


def draw_features(artists: dict, stages: tuple[Conditioning, ...]) -> None:
    """Show samples and their principal axes, and the contours and the path of gradient descent with the best α."""
    panels = [panel(axes) for axes in artists["samples"].get_figure().axes]
    lines = {"samples": [], "axes": [], "rings": [], "path": [], "labels": []}
    for above, below, stage in zip(panels[:4], panels[4:], stages, strict=True):
        lines["samples"].append(above.pixels(stage.X))
        lines["axes"].append((above.pixels(principal_axes(stage).reshape(4, 2)), TWO_LINES))
        lines["rings"].append(clipped_rings(below, contour(stage, ERROR_0)))
        path = descent(stage, ERROR_0, min(stage.steps, STEPS_SHOWN))
        lines["path"].append((below.pixels(path), one_line(len(path))))
        lines["labels"].append(outlines(label(stage), below))
    artists["samples"].set_data(*np.concatenate(lines.pop("samples")).T)
    for name, pieces in lines.items():
        vertices, codes = zip(*pieces, strict=True)
        artists[name].set_path(Path(np.concatenate(vertices), np.concatenate(codes)))


def one_line(points: int) -> np.ndarray:
    """The pen goes down at the first point and stays down."""
    codes = np.full(points, Path.LINETO, dtype=Path.code_type)
    codes[0] = Path.MOVETO
    return codes


TWO_LINES = np.tile(one_line(2), 2)


class Panel(NamedTuple):
    """Where a panel is. (The transformations of matplotlib know it too, but take a millisecond for eight panels.)

    Attributes:
        scale: (2,), pixels in a unit of each axis.
        offset: (2,), the pixel of the point (0, 0).
        box: left, lower, right and upper edge, in pixels.
        point: pixels in a point, the unit of letters.
    """

    scale: np.ndarray
    offset: np.ndarray
    box: tuple[float, float, float, float]
    point: float

    def pixels(self, points: np.ndarray) -> np.ndarray:
        """Points (k, 2) of the panel in pixels of the figure."""
        return points * self.scale + self.offset


@lru_cache(maxsize=16)  # two figures
def panel(axes: Axes) -> Panel:
    """Of axes whose place and limits no longer change."""
    offset, unit = axes.transData.transform([[0, 0], [1, 1]])
    box = axes.bbox
    return Panel(unit - offset, offset, (box.x0, box.y0, box.x1, box.y1), axes.get_figure().dpi / 72)


def clipped_rings(panel: Panel, ring: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The contours, vertices in pixels and codes, as far as they lie in the panel."""
    points = panel.pixels(np.concatenate([part * ring for part in RINGS]))
    path = Path(points, np.tile(one_line(len(ring)), len(RINGS)))
    path = path.cleaned(clip=panel.box)
    return path.vertices[:-1], path.codes[:-1]  # without the stop at its end


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


def outlines(text: str, panel: Panel, size: float = 10) -> tuple[np.ndarray, np.ndarray]:
    """A line of text above the panel, in its middle, as outlines: filling them costs a tenth of a `Text`.

    Letters are `size` points high.
    """
    letters = [outline(character, size * panel.point) for character in text]
    left, _, right, top = panel.box
    x = (left + right - sum(width for *_, width in letters)) / 2
    y = top + 0.5 * size * panel.point
    placed = []
    for vertices, _, width in letters:
        placed.append(vertices + (x, y))
        x += width
    return np.concatenate(placed), np.concatenate([codes for _, codes, _ in letters])


@cache
def outline(character: str, size: float) -> tuple[np.ndarray, np.ndarray, float]:
    """Vertices (k, 2) and codes (k,) of one character that starts at 0, and its width; a blank has no vertices."""
    font, text_to_path = FontProperties(size=size), TextToPath()
    vertices, codes = text_to_path.get_text_path(font, character)
    width, _, _ = text_to_path.get_text_width_height_descent(character, font, ismath=False)
    vertices = np.reshape(vertices, (-1, 2)) * size / text_to_path.FONT_SCALE
    return vertices, np.array(codes, dtype=Path.code_type), width
