"""The figure of ‖δ_i‖ in deep networks at their random start: plain, residual, dense, without and with BatchNorm."""

from collections.abc import Iterator, Mapping
from functools import partial
from itertools import product

from ipywidgets import Dropdown

from nnlib.widgets.depth.experiment import KINDS, gradient_norms
from nnlib.widgets.depth.plots import PANELS, draw_norms, gradient_panels
from nnlib.widgets.live import SLIDER_LOOK, LiveFigure, live, slider
from nnlib.widgets.plots import number, subscript

MAX_DEPTH = 60
SIGMAS = ("sigmoid", "tanh", "relu", "identity")


def gradient_figure() -> LiveFigure:
    """Depth L, weight scale c and σ: what is left of the gradient in each layer of six networks."""
    return live(
        partial(gradient_panels, max_depth=MAX_DEPTH),
        film,
        size=(720, 320),
        caption_lines=3,
        depth=slider("depth L", 20, 2, MAX_DEPTH, 1),
        sigma=Dropdown(options=SIGMAS, value="sigmoid", description="activation σ", **SLIDER_LOOK),
        c=slider("weights times c", 1.0, 0.5, 1.5, 0.1),
    )


def film(artists: dict, depth: int, sigma: str, c: float) -> Iterator[str]:
    """One network after the other, each a frame: six at once would keep the slider waiting."""
    ratios = {}
    for batchnorm, kind in product(PANELS, KINDS):
        norms = gradient_norms(kind, sigma, depth, round(c, 9), batchnorm)
        ratios[kind, batchnorm] = norms[0] / norms[-1]
        draw_norms(artists, kind, batchnorm, norms)
        yield caption(depth, sigma, c, ratios)


def caption(depth: int, sigma: str, c: float, ratios: Mapping[tuple[str, bool], float]) -> str:
    """How much of the gradient in the last layer reaches the first, for each network computed so far."""
    sentences = [f"L = {depth}, σ = {sigma}, c = {c:.1f}: ‖δ₁‖ in units of ‖δ{subscript(depth)}‖."]
    for batchnorm, panel in PANELS.items():
        parts = [f"{kind} {told(ratios[kind, batchnorm])}" for kind in KINDS if (kind, batchnorm) in ratios]
        sentences.append(f"{panel[0].upper()}{panel[1:]}: {', '.join(parts) or '…'}.")
    return " ".join(sentences)


def told(ratio: float) -> str:
    """The number, and its name if it is far from 1."""
    flow = " (vanishes)" if ratio < 0.01 else " (explodes)" if ratio > 100 else ""
    return number(ratio) + flow
