"""What moves is drawn by the browser, and on paper by matplotlib: both must show the same picture."""

import io
from collections.abc import Iterator
from importlib import import_module

import numpy as np
import pytest
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, Polygon
from matplotlib.path import Path
from PIL import Image
from playwright.sync_api import Browser, Page

from nnlib.widgets.live import LiveFigure, live
from nnlib.widgets.quick_line import quick_line
from nnlib.widgets.quick_text import quick_text

BLOCK = 16
"""Pixels, at twice the resolution. Both smooth edges in their own way; the mean colours of blocks hardly differ."""
ALIKE = 40
"""Of 255: so much may the mean of one block differ, for matplotlib moves letters and small markers to whole pixels."""

LECTURE_FIGURES = [
    "first_slider.step_size_figure",
    "forward_pass.unit_figure",
    "forward_pass.random_network_figure",
    "chain_rule.chain_rule_figure",
    "training.training_figure",
    "minibatch.noise_figure",
    "minibatch.race_figure",
    "ravine.step_size_figure",
    "ravine.momentum_figure",
    "features.features_figure",
    "normalized.batchnorm_figure",
    "depth.gradient_figure",
    "depth.identity_figure",
    "digits.training_desk",
]

X = np.linspace(0, 9, 19)
Y = np.abs(np.sin(X))
RAMP = np.linspace(0, 1, 20).reshape(4, 5)
STAR = {"marker": "*", "markersize": 25, "markerfacecolor": "#56B4E9", "markeredgecolor": "#D55E00"}
TWO_BARS = Path.make_compound_path(
    Path([[-1, -1], [-1, 1], [-0.5, 1]], closed=True), Path([[0.5, -1], [0.5, 1], [1, 1], [1, -1]], closed=True)
)
WORDS = {"fontsize": 14, "color": "#0072B2"}


def quick(axes: Axes, x: object, y: object, **look: object) -> Artist:
    line = quick_line(axes, **look)
    line.set_data(x, y)
    return line


def words(axes: Axes, text: str, side: str) -> Artist:
    quick_words = quick_text(axes, 4.5, 0.5, "#D55E00", fontsize=14, horizontalalignment=side)
    quick_words.set_text(text)
    return quick_words


ARTISTS = {
    "line": lambda axes: axes.plot(X, Y, linewidth=6),
    "quick line": lambda axes: quick(axes, X, Y, linewidth=6, color="#009E73"),
    "corners and ends": lambda axes: quick(
        axes, [2, 5, 8], [0.2, 0.8, 0.2], linewidth=20, solid_capstyle="butt", solid_joinstyle="miter"
    ),
    "dashes": lambda axes: quick(axes, X, X / 9, linewidth=5, linestyle=(3, (6, 2, 1, 2))),
    "gaps": lambda axes: quick(axes, X, np.where(np.isin(np.arange(19) % 6, (2, 4)), np.nan, Y), linewidth=6),
    "cut off at the edge": lambda axes: quick(axes, [-5, 20], [1.5, -0.3], linewidth=20),
    "not cut off": lambda axes: quick(axes, [-0.5, 9], [1.1, 0], linewidth=8, clip_on=False),
    "far away": lambda axes: quick(axes, [1, 3, 5], [0.1, 1e9, 0.1], linewidth=6),
    "no end": lambda axes: quick(axes, [0, 3, 6, 9], [0.2, 0.2, np.inf, 0.9], linewidth=6),
    "logarithms": lambda axes: (axes.set_yscale("log"), axes.set_ylim(1e-3, 1), quick(axes, X, Y**4, linewidth=6))[2],
    "circles": lambda axes: quick(axes, X, Y, marker="o", markersize=11, linestyle="none"),
    "rings": lambda axes: quick(
        axes, X, Y, marker="o", markersize=11, markerfacecolor="none", markeredgewidth=3, linestyle="none"
    ),
    "squares": lambda axes: quick(axes, X, Y, marker="s", markersize=30, markeredgecolor="black", markeredgewidth=4),
    "crosses": lambda axes: quick(axes, X, Y, marker="x", markersize=14, markeredgewidth=4, linestyle="none"),
    "turned triangles": lambda axes: quick(axes, X, Y, marker=(3, 0, 45), markersize=20, linestyle="none"),
    "two bars": lambda axes: quick(axes, X, Y, marker=TWO_BARS, markersize=24, linestyle="none"),
    "stars": lambda axes: axes.plot(X[::4], Y[::4], linestyle="none", **STAR),
    "cut off markers": lambda axes: quick(axes, [0, 9], [0, 1], marker="D", markersize=40, linestyle="none"),
    "half transparent": lambda axes: axes.plot(X, Y, "o-", linewidth=12, markersize=50, alpha=0.4),
    "area": lambda axes: axes.fill_between(X, Y, color="#E69F00", alpha=0.5),
    "area around the picture": lambda axes: axes.fill([-40, 20, 20], [-3, -3, 40], color="#E69F00"),
    "polygon": lambda axes: axes.add_patch(
        Polygon([(1, 0.1), (8, 0.1), (4, 0.9)], facecolor="#56B4E9", edgecolor="#D55E00", linewidth=5)
    ),
    "arrow": lambda axes: axes.add_patch(
        FancyArrowPatch((1, 0.1), (8, 0.8), connectionstyle="arc3,rad=0.4", mutation_scale=40, linewidth=4)
    ),
    "scatter plot": lambda axes: axes.scatter(X, Y, s=20 * (1 + X) ** 1.5, c=X, cmap="viridis", edgecolors="black"),
    "bars": lambda axes: list(axes.bar(X[::2], Y[::2], color="#009E73")),
    "pixels": lambda axes: axes.imshow(RAMP, interpolation="none", extent=(1, 8, 0.1, 0.9), aspect="auto"),
    "pixels from below": lambda axes: axes.imshow(
        RAMP, interpolation="none", extent=(1, 8, 0.1, 0.9), aspect="auto", origin="lower"
    ),
    "smooth image": lambda axes: axes.imshow(
        RAMP, interpolation="bilinear", extent=(1, 8, 0.1, 0.9), aspect="auto", alpha=0.6
    ),
    "text": lambda axes: axes.text(0.5, 0.5, "1 < 2 &", **WORDS),
    "turned text": lambda axes: axes.text(1, 0.2, "upwards", rotation=90, **WORDS),
    "formula": lambda axes: axes.text(1, 0.4, r"$\frac{\partial L}{\partial w_1}$", **WORDS),
    "quick text": lambda axes: words(axes, "<b>12", "center"),
    "quick text to the right": lambda axes: words(axes, "Wide", "left"),
    "quick text to the left": lambda axes: words(axes, "Wide", "right"),
    "nothing": lambda axes: quick(axes, [], [], marker="o"),
}
"""Whatever may be drawn, large."""


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(device_scale_factor=2, viewport={"width": 800, "height": 700})
    yield context.new_page()
    context.close()


def differences(page: Page, figure: LiveFigure) -> np.ndarray:
    """By how much the mean colour of each block differs between the browser's picture and matplotlib's: 0 to 255."""
    still, moving = figure.children[-1].children
    page.set_content(
        f'<body style="margin:0"><div style="height:0">{still.value}</div><div>{moving.value}</div></body>'
    )
    page.evaluate("() => Promise.all([...document.querySelectorAll('img, image')].map(image => image.decode()))")
    seen = Image.open(io.BytesIO(page.locator("figure [role=img]").screenshot())).convert("RGB")
    expected = figure.picture()[..., :3]
    assert np.shape(seen) == expected.shape
    difference = np.asarray(seen).astype(float) - expected
    height, width = (side // BLOCK * BLOCK for side in expected.shape[:2])
    blocks = difference[:height, :width].reshape(height // BLOCK, BLOCK, width // BLOCK, BLOCK, 3)
    return np.abs(blocks.mean(axis=(1, 3))).max(axis=2)


@pytest.mark.parametrize("name", ARTISTS)
def test_any_artist_looks_as_matplotlib_draws_it(page: Page, name: str):
    def setup(fig):
        axes = fig.subplots()
        artists = ARTISTS[name](axes)
        if name != "logarithms":
            axes.set(xlim=(0, 9), ylim=(0, 1))
        return {"artist": artists}

    figure = live(setup, lambda artists: name, size=(300, 200))
    assert differences(page, figure).max() < ALIKE


@pytest.mark.parametrize("name", LECTURE_FIGURES)
def test_figures_of_the_lectures_look_as_matplotlib_draws_them(page: Page, name: str):
    module, make = name.split(".")
    figure = getattr(import_module(f"nnlib.widgets.{module}"), make)()
    figure.finish()
    assert differences(page, figure).max() < ALIKE
