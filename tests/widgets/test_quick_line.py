"""The quick line: the same picture as matplotlib's own, for less."""

import statistics
import time

import numpy as np
import pytest
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from nnlib.widgets.plots import BEFORE, CROSS, NOW
from nnlib.widgets.quick_line import quick_line
from nnlib.widgets.svg import SvgRenderer

X = np.linspace(0.02, 9, 40)
Y = np.abs(np.sin(3 * X)) * np.where(np.arange(40) % 11 == 5, np.nan, 1.0) + 1e-3
HOLLOW = {"marker": "D", "markersize": 11, "markerfacecolor": "none", "markeredgewidth": 2, "linestyle": "none"}
LOOKS = {
    "line": {},
    "now": NOW,
    "before": BEFORE,
    "cross": CROSS,
    "named dashes": {"linestyle": "-.", "linewidth": 3, "dash_capstyle": "round"},
    "corners": {"linewidth": 6, "solid_joinstyle": "miter", "solid_capstyle": "butt"},
    "hollow": HOLLOW,
    "beyond the edge": {**HOLLOW, "clip_on": False},
    "snapped squares": {"marker": "s", "markersize": 7, "markeredgecolor": "white", "linestyle": ":"},
    "some triangles": {"marker": (3, 0, 45), "markersize": 3, "markevery": slice(2, None, 5)},
}


def canvas_and_axes(scale: str) -> tuple[FigureCanvasAgg, Axes]:
    figure = Figure((3, 2), dpi=200)
    axes = figure.subplots()
    axes.set(xlim=(0.1, 8), ylim=(0.05, 0.9), yscale=scale)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return canvas, axes


def pixels(canvas: FigureCanvasAgg) -> np.ndarray:
    canvas.draw()
    return np.array(canvas.buffer_rgba())


def two_pictures(scale: str, change, **look: object) -> list[np.ndarray]:
    """What `plot` and what `quick_line` draws, after `change` of a line that was drawn before with other data."""
    pictures = []
    for make in (lambda axes: axes.plot([], [], **look)[0], lambda axes: quick_line(axes, **look)):
        canvas, axes = canvas_and_axes(scale)
        empty = pixels(canvas)
        line = make(axes)
        line.set_data(X, X / 9)
        assert not np.array_equal(pixels(canvas), empty)
        change(line)
        pictures.append(pixels(canvas))
    return pictures


@pytest.mark.parametrize("scale", ["linear", "log"])
@pytest.mark.parametrize("look", LOOKS)
def test_the_picture_is_that_of_plot(look, scale):
    plot, quick = two_pictures(scale, lambda line: line.set_data(X, Y), **{**LOOKS[look], "color": "#D55E00"})
    np.testing.assert_array_equal(quick, plot)


@pytest.mark.parametrize(
    "change",
    {
        "axes have other limits": lambda line: line.axes.set(xlim=(-3, 9), ylim=(0.01, 2)),
        "axes have another scale": lambda line: line.axes.set(xscale="log"),
        "no data": lambda line: line.set_data([], []),
        "one point": lambda line: line.set_data([3], [0.5]),
        "lists": lambda line: line.set_data(range(1, 5), (0.1, 0.2, 0.8, 0.0)),
        "not visible": lambda line: line.set_visible(False),
        "saved with another resolution": lambda line: line.get_figure().set_dpi(150),
    }.values(),
)
def test_it_follows_what_changes_as_that_of_plot_does(change):
    plot, quick = two_pictures("log", change, marker="o", markersize=5)
    np.testing.assert_array_equal(quick, plot)


def test_its_entry_in_a_legend_is_that_of_plot():
    plot, quick = two_pictures("linear", lambda line: line.axes.legend(), label="a line", **HOLLOW)
    np.testing.assert_array_equal(quick, plot)


def test_it_costs_less_than_that_of_plot():
    _, axes = canvas_and_axes("log")
    lines = {"plot": axes.plot([], [], **NOW)[0], "quick": quick_line(axes, **NOW)}
    seconds = {name: [] for name in lines}
    for i in range(200):
        for name, line in lines.items():
            seconds[name].append(cost(line, i))
    assert statistics.median(seconds["quick"]) < 0.7 * statistics.median(seconds["plot"])


def cost(line: Artist, i: int) -> float:
    start = time.thread_time()
    line.set_data(X, X / (9 + i))
    line.draw(SvgRenderer(600, 400, 200))
    return time.thread_time() - start
