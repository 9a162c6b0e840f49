"""Four pairs of panels: the features above, the loss they make below."""

from functools import cache

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.textpath import TextToPath
from matplotlib.transforms import Affine2D, ScaledTranslation

from nnlib.widgets.features.experiment import Conditioning, contour, descent
from nnlib.widgets.plots import BLUE, GREY, VERMILLION

TITLES = ("raw features", "scaled to [0, 1]", "… and de-correlated", "… and unit variance")
LIMITS = ((-3, 6), (-0.25, 1.25), (-1, 1), (-4, 4))
TICKS = ((0, 4), (0, 1), (-1, 0, 1), (-3, 0, 3))
ERROR_0 = np.array([-1.2, 0.8])
"""w_0 - w*, the same in every panel."""
RINGS = (0.25, 0.5, 0.75, 1.0, 1.25)
"""The contours, as parts of the way from w* to w_0: at a distance r the loss is r² times that of the start."""
RING_POINTS = 72
PEN = np.tile([Path.MOVETO, *[Path.LINETO] * (RING_POINTS - 1)], len(RINGS)).astype(Path.code_type)
"""The pen goes down at the first point of each ring."""
NOTHING = Path(np.empty((0, 2)))
STEPS_SHOWN = 40


def features_panels(fig: Figure) -> dict:
    """Eight panels for `draw_features`."""
    data, losses = fig.subplots(2, 4)
    artists = {"samples": [], "axes": [], "rings": [], "path": [], "label": []}
    for axes, title, limits, ticks in zip(data, TITLES, LIMITS, TICKS, strict=True):
        square(axes, title, limits, ticks)
        artists["samples"] += axes.plot([], [], "o", color=BLUE, markersize=2.5, markeredgewidth=0)
        artists["axes"].append(line(axes, color=VERMILLION, linewidth=1.6))
    data[1].plot([0, 1, 1, 0, 0], [0, 0, 1, 1, 0], color=GREY, linewidth=1, linestyle=(0, (4, 2)))
    for axes in losses:
        square(axes, "", (-1.6, 1.6), (-1, 0, 1))
        axes.plot(*ERROR_0, "s", color=VERMILLION, markersize=7)
        axes.plot(0, 0, "+", color="black", markersize=9, markeredgewidth=1.5)
        artists["rings"].append(line(axes, color=GREY, linewidth=0.8))
        artists["path"].append(line(axes, color=BLUE, linewidth=1.3))
        artists["label"].append(outline_label(axes))
    fig.get_layout_engine().set(hspace=0.12)
    data[0].set_ylabel("features x₁, x₂", fontsize=9.5)
    losses[0].set_ylabel("weights w − w*", fontsize=9.5)
    return artists


def square(axes: Axes, title: str, limits: tuple[float, float], ticks: tuple[float, ...]) -> None:
    """A square panel with the same scale in both directions, so that round looks round, and lines through 0."""
    axes.set(xlim=limits, ylim=limits, xticks=ticks, yticks=ticks, aspect="equal")
    axes.set_title(title, fontsize=10)
    axes.tick_params(labelsize=8, length=2, pad=2)
    axes.spines[:].set_color("#bbbbbb")
    axes.axhline(0, color="#cccccc", linewidth=0.8, zorder=0)
    axes.axvline(0, color="#cccccc", linewidth=0.8, zorder=0)


def line(axes: Axes, **look: object) -> PathPatch:
    """An empty line. A patch: it moves at a third of what a `Line2D` costs."""
    return axes.add_patch(PathPatch(NOTHING, fill=False, **look))


def draw_features(artists: dict, stages: tuple[Conditioning, ...]) -> None:
    """Show samples and their principal axes, and the contours and the path of gradient descent with the best α."""
    for i, stage in enumerate(stages):
        artists["samples"][i].set_data(*stage.X.T)
        artists["axes"][i].set_path(Path(principal_axes(stage.X)))
        ring = contour(stage.H, ERROR_0, RING_POINTS)
        artists["rings"][i].set_path(Path(np.concatenate([part * ring for part in RINGS]), PEN))
        path = descent(stage.H, stage.step_size, ERROR_0, min(stage.steps, STEPS_SHOWN))
        artists["path"][i].set_path(Path(path))
        artists["label"][i].set_path(outline(label(stage)))


def principal_axes(X: np.ndarray) -> np.ndarray:
    """One line (5, 2): along the first eigenvector of the covariance matrix and back, then along the second.

    Each arm is two standard deviations long.

    >>> principal_axes(np.array([[1.0, 0.0], [-1.0, 0.0]])).shape
    (5, 2)
    """
    mean = X.mean(axis=0)
    C = (X - mean).T @ (X - mean) / len(X)
    variances, V = np.linalg.eigh(C)
    arms = 2 * np.sqrt(np.maximum(variances, 0)) * V
    return mean + np.array([-arms[:, 0], arms[:, 0], np.zeros(2), -arms[:, 1], arms[:, 1]])


def label(stage: Conditioning) -> str:
    """The condition number and the number of steps.

    >>> label(Conditioning(np.eye(2), np.eye(2), np.array([1.0, 25.0])))
    'κ = 25: 58 steps'
    """
    return f"κ = {kappa_text(stage.kappa)}: {stage.steps:,} step{'s' if stage.steps > 1 else ''}"


def kappa_text(kappa: float) -> str:
    """Two digits, or all before the point.

    >>> kappa_text(1.0000001), kappa_text(6.94), kappa_text(1234.5)
    ('1.0', '6.9', '1,234')
    """
    return f"{kappa:.1f}" if kappa < 9.95 else f"{kappa:,.0f}"


def outline_label(axes: Axes) -> PathPatch:
    """A text above the panel, in the middle, whose letters are outlines: filling them costs a tenth of a `Text`."""
    points = Affine2D().scale(1 / 72) + axes.figure.dpi_scale_trans
    patch = PathPatch(NOTHING, facecolor="black", linewidth=0, clip_on=False)
    axes.add_patch(patch)
    patch.set_transform(points + ScaledTranslation(0.5, 1.05, axes.transAxes))
    return patch


def outline(text: str, size: float = 10) -> Path:
    """The letters of a line of text as one path, centred at 0, in points.

    >>> path = outline("κ = 25")
    >>> bool(abs(path.vertices[:, 0].min() + path.vertices[:, 0].max()) < 3)
    True
    """
    glyphs, x = [], 0.0
    for character in text:
        vertices, codes, width = character_outline(character, size)
        glyphs.append((vertices + (x, 0), codes))
        x += width
    vertices, codes = map(np.concatenate, zip(*glyphs, strict=True))
    return Path(vertices - (x / 2, 0), codes)


@cache
def character_outline(character: str, size: float) -> tuple[np.ndarray, np.ndarray, float]:
    """Vertices (k, 2) and codes (k,) of one character, and how far the next one stands from it, in points."""
    font, text_to_path = FontProperties(size=size), TextToPath()
    vertices, codes = text_to_path.get_text_path(font, character)
    width, _, _ = text_to_path.get_text_width_height_descent(character, font, ismath=False)
    scaled = np.reshape(vertices, (-1, 2)) * size / text_to_path.FONT_SCALE
    return scaled, np.array(codes, dtype=Path.code_type), width
