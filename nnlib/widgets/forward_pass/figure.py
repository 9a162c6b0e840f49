"""The figure of the lecture on the forward pass: turn depth, width, σ and see what a random network draws."""

from collections.abc import Iterator

from ipywidgets import Dropdown

from nnlib.widgets.forward_pass.experiment import MAX_WIDTH, Curve, Network, curve, picture, random_network
from nnlib.widgets.forward_pass.plots import counted, draw, drawing_panels, output_range
from nnlib.widgets.live import SLIDER_LOOK, LiveFigure, live, slider
from nnlib.widgets.plots import number

COARSE, FINE = 22, 80


def random_network_figure() -> LiveFigure:
    """Depth L, width d, σ, the spread s of the weights and the seed: what such a network draws."""
    return live(
        drawing_panels,
        film,
        size=(680, 292),
        depth=slider("depth L", 3, 1, 7, 1),
        width=slider("width d", 16, 1, MAX_WIDTH, 1),
        sigma=Dropdown(options=["identity", "sigmoid", "tanh", "relu"], value="relu", description="σ", **SLIDER_LOOK),
        spread=slider("spread s", 1.5, 0.5, 4.0, 0.1),
        seed=slider("seed", 6, 0, 50, 1),
    )


def film(artists: dict, depth: int, width: int, sigma: str, spread: float, seed: int) -> Iterator[str]:
    """Two frames: a coarse picture at once, a fine one when the sliders rest."""
    network = random_network(depth, width, sigma, spread, seed)
    along = curve(network)
    for n in (COARSE, FINE):
        pixels = picture(network, n)
        draw(artists, pixels, along)
        yield caption(network, along, *output_range(pixels, along))


def caption(network: Network, along: Curve, lowest: float, highest: float) -> str:
    """What the network is made of, and what it drew."""
    _, *hidden, _ = network.widths
    layers = f"{counted(len(hidden), 'hidden layer')} of {counted(hidden[0], 'unit')}" if hidden else "No hidden layer"
    made_of = f"{layers}: {network.parameters:,} weights and biases"
    if lowest == highest:
        return f"{made_of}. The output is {number(lowest)} everywhere."
    shape = counted(along.pieces, "straight piece") if along.pieces else "smooth"
    drawn = f"outputs from {number(lowest)} to {number(highest)}"
    return f"{made_of}, {drawn}. Along the dashed line: {shape}, {counted(along.turns, 'turn')}."
