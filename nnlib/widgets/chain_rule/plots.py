"""The computational graph: boxes and arrows that stand still, numbers that come step by step, a mark that walks."""

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from nnlib.widgets.chain_rule.experiment import slopes
from nnlib.widgets.chain_rule.steps import WALK, four_digits, in_product, plugged, symbol
from nnlib.widgets.plots import BLUE, GREY, VERMILLION, number
from nnlib.widgets.quick_line import quick_line
from nnlib.widgets.quick_text import quick_text

SIZE = (680, 328)
"""In pixels, which are also the units of the axes."""

COLUMN, MIDDLE, TOP, ARC, LINE = 97, 202, 294, 169, 106
ARC_POINTS = 20
ROWS = (84, 53, 22)
NODE, PARAMETER, TARGET = (82, 58), (77, 54), (52, 54)
CHAIN = ("x", "a1", "z1", "a2", "z2", "z3", "L")
LEARNED = {"w1": "a1", "b1": "a1", "w2": "a2", "b2": "a2", "w3": "z3", "b3": "z3"}
"""The parameters, and the node into which each goes."""

CENTRES = {name: (49 + COLUMN * i, MIDDLE) for i, name in enumerate(CHAIN)}
CENTRES |= {name: (CENTRES[node][0] + (-40 if name[0] == "w" else 40), TOP) for name, node in LEARNED.items()}
CENTRES["y"] = (CENTRES["L"][0] + 11, TOP)

FACTORS = {"z3": "z₃ − y", "z2": "w₃", "a2": "σ′(a₂)", "z1": "w₂", "a1": "σ′(a₁)"}
"""On the way back: what is multiplied on the way to this node, from its right neighbour."""


def graph_panels(fig: Figure) -> dict:
    """The graph without a number in it, for `draw_step`."""
    ax = fig.subplots()
    ax.set(xlim=(0, SIZE[0]), ylim=(0, SIZE[1]))
    ax.axis("off")
    for name, (x, _) in CENTRES.items():
        left, bottom, width, height = box(name)
        ax.add_patch(rounded(left, bottom, width, height, edgecolor="#b0b0b0", facecolor="#f7f7f7"))
        ax.text(x, bottom + height - 5, symbol(name), ha="center", va="top", fontsize=10, fontweight="bold")
    for start, end in pairwise(CHAIN):
        arrow(ax, (CENTRES[start][0] + NODE[0] / 2, MIDDLE), (CENTRES[end][0] - NODE[0] / 2, MIDDLE))
    for name, end in {**LEARNED, "y": "L"}.items():
        x = CENTRES[name][0] if name == "y" else (CENTRES[name][0] + CENTRES[end][0]) / 2
        arrow(ax, (CENTRES[name][0], TOP - PARAMETER[1] / 2), (x, MIDDLE + NODE[1] / 2))
    ax.plot([8, SIZE[0] - 8], [LINE, LINE], color="#dddddd", linewidth=1)
    for row, label in zip(ROWS, ("formula", "numbers", "result"), strict=True):
        quick_text(ax, 14, row, GREY, fontsize=11, horizontalalignment="left").set_text(label)
    for row, colour, words in (
        (ROWS[1], BLUE, "second line: the value"),
        (ROWS[2], VERMILLION, "∂: derivative of L by it"),
    ):
        quick_text(ax, SIZE[0] - 14, row, colour, horizontalalignment="right").set_text(words)
    return {
        "arcs": back_arcs(ax),
        "factors": [quick_text(ax, back_middle(end), ARC - 22, VERMILLION) for end in FACTORS],
        "factor numbers": [quick_text(ax, back_middle(end), ARC - 39, VERMILLION) for end in FACTORS],
        "mark": ax.add_patch(rounded(0, 0, 1, 1, facecolor="none", linewidth=2.4)),
        "values": [quick_text(ax, CENTRES[name][0], CENTRES[name][1], BLUE) for name in CENTRES],
        "derivatives": [quick_text(ax, CENTRES[name][0], CENTRES[name][1] - 18, VERMILLION) for name in CENTRES],
        "rows": [quick_text(ax, 96, row, "black", fontsize=12.5, horizontalalignment="left") for row in ROWS],
    }


def draw_step(artists: dict, step: int, values: Mapping[str, float], back: Mapping[str, float], sigma: str) -> None:
    """Fill in what is known after so many steps of the walk, and explain the last one."""
    forward = {s.node for s in WALK[:step] if not s.back} | {"x", "y", *LEARNED}
    backward = {s.node for s in WALK[:step] if s.back}
    for name, value, derivative in zip(CENTRES, artists["values"], artists["derivatives"], strict=True):
        value.set_text(short(values[name], 8) if name in forward else "")
        derivative.set_text(f"∂ {short(back[name], 7)}" if name in backward else "")
    slope = slopes(values, sigma)
    numbers = {"z3": back["z3"], "z2": values["w3"], "a2": slope["a2"], "z1": values["w2"], "a1": slope["a1"]}
    for i, (node, factor) in enumerate(FACTORS.items()):
        times = "" if node == "z3" else "· "
        artists["factors"][i].set_text(times + factor if node in backward else "")
        artists["factor numbers"][i].set_text(times + in_product(numbers[node]) if node in backward else "")
    show_arcs(artists["arcs"], sum(node in backward for node in FACTORS))
    explain(artists, step, values, back, sigma)


def explain(artists: dict, step: int, values: Mapping[str, float], back: Mapping[str, float], sigma: str) -> None:
    """Mark the node of this step; write its formula, the numbers plugged in, and the result."""
    mark = artists["mark"]
    mark.set_visible(step > 0)
    texts = ("", "", "")
    if step > 0:
        now = WALK[step - 1]
        mark.set_bounds(*box(now.node))
        mark.set(edgecolor=VERMILLION if now.back else BLUE, linestyle=(0, (4, 1.5)) if now.back else "-")
        result = (back if now.back else values)[now.node]
        texts = (f"{now.name} = {now.formula}", f"= {plugged(now, values, back, sigma)}", f"= {four_digits(result)}")
    for row, text in zip(artists["rows"], texts, strict=True):
        row.set_text(text)


def short(value: float, length: int) -> str:
    """A number for a box: to four digits if these have no more than `length` characters, else to two.

    >>> short(-0.4135, 7), short(-0.041351, 7), short(-0.041351, 8)
    ('−0.4135', '−0.041', '−0.04135')
    """
    text = four_digits(value)
    return text if len(text) <= length else number(value)


def box(name: str) -> tuple[float, float, float, float]:
    """Left, bottom, width and height of a node's box.

    >>> box("y")
    (616.0, 267.0, 52, 54)
    """
    width, height = NODE if name in CHAIN else PARAMETER if name in LEARNED else TARGET
    x, y = CENTRES[name]
    return x - width / 2, y - height / 2, width, height


def rounded(left: float, bottom: float, width: float, height: float, **look: object) -> FancyBboxPatch:
    """A box with round corners."""
    return FancyBboxPatch((left, bottom), width, height, boxstyle="round,pad=0,rounding_size=7", **look)


def arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    """An arrow of the forward pass."""
    look = {"arrowstyle": "-|>", "mutation_scale": 10, "color": GREY, "linewidth": 1.1, "shrinkA": 1, "shrinkB": 1}
    ax.add_patch(FancyArrowPatch(start, end, **look))


def back_middle(end: str) -> float:
    """Half-way between a node and its right neighbour."""
    return CENTRES[end][0] + COLUMN / 2


def back_arcs(ax: Axes) -> Line2D:
    """One line for all arcs of the way back, for `show_arcs`."""
    look = {"color": VERMILLION, "linewidth": 1.4, "linestyle": (0, (4, 2)), "marker": (3, 0, 45), "markersize": 7}
    return quick_line(ax, markevery=slice(ARC_POINTS - 1, None, ARC_POINTS + 1), **look)


def show_arcs(arcs: Line2D, n: int) -> None:
    """The first n arcs, from the loss on: below the boxes, each with its head at a node, a gap after each."""
    t = np.append(np.linspace(0, 1, ARC_POINTS), np.nan)
    x = [back_middle(end) + 33 * (1 - 2 * t) for end in [*FACTORS][:n]]
    arcs.set_data(np.ravel(x), np.tile(ARC - 40 * t * (1 - t), n))
