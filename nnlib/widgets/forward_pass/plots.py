"""The picture a network draws on the square, and the curve along its middle line."""

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from nnlib.widgets.forward_pass.experiment import SIDE, Curve
from nnlib.widgets.plots import BLUE, VERMILLION, frame

SHADES = 12
# from dark to light, so that the order of the shades is seen without any colour
PAINT = LinearSegmentedColormap.from_list("paint", ["#06283d", BLUE, "#56B4E9", "#F0E442", "#fffbe0"], N=SHADES)


def drawing_panels(fig: Figure) -> dict:
    """Two panels for `draw`: the picture on the square, and the curve along the dashed line."""
    square, line = fig.subplots(1, 2, width_ratios=[1, 1.35])
    frame(square, "z_L on the square", "x₁", xlim=(-SIDE, SIDE), ylim=(-SIDE, SIDE), aspect="equal")
    square.set_ylabel("x₂", rotation=0)
    square.grid(False)
    frame(line, "z_L along the dashed line, x₂ = 0", "x₁", xlim=(-SIDE, SIDE), ylim=(-0.06, 1.06))
    line.set_yticks([0, 1], ["lowest", "highest"])
    extent = (-SIDE, SIDE, -SIDE, SIDE)
    blank = np.zeros((2, 2))
    how = {"cmap": PAINT, "clim": (0, 1), "interpolation": "bilinear", "interpolation_stage": "data"}
    return {
        "picture": square.imshow(blank, origin="lower", extent=extent, **how),
        "line": square.axhline(0, color="white", linewidth=1.2, linestyle=(0, (4, 3))),
        "curve": line.plot([], [], color=BLUE, linewidth=1.8)[0],
        "kinks": line.plot([], [], "o", color=VERMILLION, markersize=4, linestyle="none")[0],
    }


def draw(artists: dict, picture: np.ndarray, curve: Curve) -> None:
    """Show the picture (n, n) and the curve, both on a scale from the lowest to the highest output."""
    lowest, highest = output_range(picture, curve)
    spread = highest - lowest or 1.0
    artists["picture"].set_data((picture - lowest) / spread)
    heights = (curve.z - lowest) / spread
    artists["curve"].set_data(curve.x, heights)
    artists["kinks"].set_data(curve.x[curve.kinks], heights[curve.kinks])


def output_range(picture: np.ndarray, curve: Curve) -> tuple[float, float]:
    """The lowest and the highest output that the figure shows."""
    return min(picture.min(), curve.z.min()), max(picture.max(), curve.z.max())
