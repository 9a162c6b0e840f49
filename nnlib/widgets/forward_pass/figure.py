"""The figure of the lecture on the forward pass: turn depth, width, σ and see what a random network draws."""

from collections.abc import Iterator

from ipywidgets import Dropdown

from nnlib.widgets.forward_pass.experiment import MAX_WIDTH, Curve, curve, picture, random_network
from nnlib.widgets.forward_pass.plots import draw, drawing_panels, output_range
from nnlib.widgets.live import SLIDER_LOOK, LiveFigure, live, slider
from nnlib.widgets.plots import number

COARSE, FINE = 24, 80


def random_network_figure() -> LiveFigure:
    """Depth L, width d, σ, the size of the weights and the seed: the picture that the network draws."""
    return live(
        drawing_panels,
        film,
        size=(720, 310),
        caption_lines=3,
        depth=slider("depth L", 3, 1, 7, 1),
        width=slider("width d", 16, 1, MAX_WIDTH, 1),
        sigma=Dropdown(options=["identity", "sigmoid", "tanh", "relu"], value="relu", description="σ", **SLIDER_LOOK),
        spread=slider("spread s", 1.5, 0.5, 4.0, 0.1),
        seed=slider("seed", 1, 0, 50, 1),
    )


def film(artists: dict, depth: int, width: int, sigma: str, spread: float, seed: int) -> Iterator[str]:
    """At once with coarse pixels, then with fine ones."""
    network = random_network(depth, width, sigma, spread, seed)
    along_line = curve(network)
    for n in (COARSE, FINE):
        pixels = picture(network, n)
        draw(artists, pixels, along_line)
        yield caption(depth, network.parameters, sigma, along_line, output_range(pixels, along_line))


def caption(depth: int, parameters: int, sigma: str, along_line: Curve, shown: tuple[float, float]) -> str:
    """What the network is made of, and what it drew."""
    lowest, highest = map(number, shown)
    return f"{depth} layers, {parameters} weights and biases. z_L runs from {lowest} to {highest}. {along_line.pieces} {along_line.turns}"
