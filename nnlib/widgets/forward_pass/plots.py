"""The picture a network draws on the square with the curve along its middle line; the curve of a single unit."""

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from PIL import Image

from nnlib.widgets.forward_pass.experiment import SIDE, Curve
from nnlib.widgets.plots import BLUE, VERMILLION, frame
from nnlib.widgets.quick_line import quick_line

SHADES = 12
# from dark to light, so that the order of the shades is seen without any colour
PAINT = LinearSegmentedColormap.from_list("paint", ["#06283d", BLUE, "#56B4E9", "#F0E442", "#fffbe0"], N=SHADES)
COLOURS = PAINT(range(SHADES), bytes=True).view(np.uint32)[:, 0]  # a colour's four bytes as one number
ALMOST_SHADES = SHADES - 1e-5  # so that 1 gets the last shade
SHARP = 40  # grid points a side


class Picture(Artist):
    """Numbers in [0, 1] on a grid which fills an axes, in shades whose borders are level lines.

    matplotlib's own image takes five times as long for the same.
    """

    def __init__(self, axes: Axes) -> None:
        super().__init__()
        self.heights = np.zeros((2, 2))
        axes.add_artist(self)

    def draw(self, renderer: RendererBase) -> None:
        """Interpolate between the grid points, the outermost of which lie on the border, and paint."""
        left, bottom, right, top = 2 * np.round(self.axes.bbox.extents / 2).astype(int)
        width, height, n = right - left, top - bottom, len(self.heights)
        block = 2 if n < SHARP else 1  # a coarse grid is in a hurry, and shows no fine lines anyway
        levels = Image.fromarray((ALMOST_SHADES * self.heights).astype(np.float32))
        middles = (0.5, 0.5, n - 0.5, n - 0.5)
        levels = levels.resize((width // block, height // block), Image.Resampling.BILINEAR, box=middles)
        pixels = COLOURS.take(np.asarray(levels).astype(np.uint8)).repeat(block, axis=1).repeat(block, axis=0)
        renderer.draw_image(renderer.new_gc(), left, bottom, pixels.view(np.uint8).reshape(height, width, 4))


def drawing_panels(fig: Figure) -> dict:
    """Two panels for `draw`: the picture on the square, and the curve along the dashed line."""
    square, line = fig.subplots(1, 2, width_ratios=[1, 1.35])
    frame(square, "output $z_L$ on the square", "x₁", xlim=(-SIDE, SIDE), ylim=(-SIDE, SIDE), aspect="equal")
    square.set_ylabel("x₂", rotation=0)
    square.grid(False)
    frame(line, "output $z_L$ along the dashed line, x₂ = 0", "x₁", xlim=(-SIDE, SIDE), ylim=(-0.06, 1.06))
    line.set_yticks([0, 1], ["lowest", "highest"])
    looks = {"color": "#06283d"}, {"color": "white", "linestyle": (0, (4, 3))}
    middle_line = [quick_line(square, linewidth=1.4, **look) for look in looks]
    for stroke in middle_line:
        stroke.set_data([-SIDE, SIDE], [0, 0])
    return {
        "picture": Picture(square),
        "line": middle_line,
        "curve": quick_line(line, color=BLUE, linewidth=1.8),
        "kinks": quick_line(line, color=VERMILLION, marker="o", markersize=4, linestyle="none"),
    }


def draw(artists: dict, picture: np.ndarray, curve: Curve) -> None:
    """Show the picture (n, n) and the curve, both on a scale from the lowest to the highest output."""
    lowest, highest = output_range(picture, curve)

    def height(z: np.ndarray) -> np.ndarray:
        return (z - lowest) / (highest - lowest) if lowest < highest else np.zeros_like(z)

    artists["picture"].heights = height(picture)
    artists["curve"].set_data(curve.x, height(curve.z))
    artists["kinks"].set_data(curve.x[curve.kinks], height(curve.z)[curve.kinks])


def output_range(picture: np.ndarray, curve: Curve) -> tuple[float, float]:
    """The lowest and the highest output that the figure shows, equal if they differ by rounding errors alone."""
    lowest, highest = min(picture.min(), curve.z.min()), max(picture.max(), curve.z.max())
    if highest - lowest <= 1e-12 * max(abs(lowest), abs(highest)):
        highest = lowest
    return lowest, highest


def unit_panel(fig: Figure) -> dict:
    """One panel for `draw_unit`: z against x."""
    axes = fig.subplots()
    frame(axes, "z = σ(w x + b)", "x", xlim=(-3, 3), ylim=(-2, 3))
    return {
        "zero": quick_line(axes, color=VERMILLION, linewidth=1.2, linestyle=(0, (4, 2))),
        "curve": quick_line(axes, color=BLUE, linewidth=2.2),
        "point": quick_line(axes, color=VERMILLION, marker="o", markersize=7, linestyle="none"),
    }


def draw_unit(artists: dict, x: np.ndarray, z: np.ndarray, crossing: float | None, z_there: float) -> None:
    """Show z (k,) against x (k,), and mark the x at which a = 0, if there is one."""
    artists["curve"].set_data(x, z)
    there = [] if crossing is None else [crossing]
    artists["point"].set_data(there, [z_there] * len(there))
    artists["zero"].set_data(2 * there, [-2, 3][: 2 * len(there)])


def counted(n: int, noun: str) -> str:
    """A number of things.

    >>> counted(1, "unit"), counted(2, "unit")
    ('1 unit', '2 units')
    """
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
