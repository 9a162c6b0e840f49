"""The figure: eight numbers to type in, σ to choose, and a walk through the nodes with two buttons and a slider."""

from ipywidgets import BoundedFloatText, Button, Dropdown, HBox, IntSlider

from nnlib.widgets.chain_rule.captions import caption
from nnlib.widgets.chain_rule.experiment import derivatives, forward_values, measured_derivative
from nnlib.widgets.chain_rule.plots import SIZE, draw_step, graph_panels
from nnlib.widgets.chain_rule.steps import SIGMA, WALK, symbol
from nnlib.widgets.live import LiveFigure, live

START = {"x": 2.0, "w1": 0.5, "w2": 1.5, "w3": -2.0, "y": 1.0, "b1": -0.5, "b2": -0.2, "b3": 0.5}
LIMIT = 10.0
ROW = {"flex_flow": "row wrap", "align_items": "center"}
LABEL = {"description_width": "1.6em"}


def chain_rule_figure(**numbers: float | str) -> LiveFigure:
    """Forward and back through the scalar network, node by node.

    Args:
        numbers: x, y, w1, b1, w2, b2, w3, b3, sigma, where it shall start with others than the lecture's.

    >>> figure = chain_rule_figure(x=1, w1=0.25, b1=0)
    >>> figure.controls["step"].value = 1
    >>> figure.caption
    'Step 1 of 17, forward: a₁ = 0.25. Next: z₁. Work it out, then press Next.'
    """
    chosen = {**START, "sigma": "tanh", **numbers}
    typed = {name: number_field(name, chosen[name]) for name in START}
    sigma = Dropdown(options=list(SIGMA), value=chosen["sigma"], description="σ", style=LABEL, layout={"width": "9em"})
    step = IntSlider(0, 0, len(WALK), description="step", style={"description_width": "3em"}, layout={"width": "20em"})
    figure = live(graph_panels, update, size=SIZE, caption_lines=3, **typed, sigma=sigma, step=step)
    first, second = [*typed.values()][:4], [*typed.values()][4:]
    walk = [button("◀ Back", step, -1), button("Next ▶", step, +1), step]
    figure.children = [*(HBox(row, layout=ROW) for row in (first, [*second, sigma], walk)), figure.children[-1]]
    return figure


def update(artists: dict, step: int, sigma: str, **inputs: float) -> str:
    """Compute everything; show what the walk has reached."""
    values = forward_values(inputs, sigma)
    back = derivatives(values, sigma)
    draw_step(artists, step, values, back, sigma)
    return caption(step, values, back, sigma, measured_derivative(inputs, sigma, WALK[step - 1].node))


def number_field(name: str, value: float) -> BoundedFloatText:
    """A field for a number between -10 and 10, with arrows that change it by 0.1."""
    look = {"style": LABEL, "layout": {"width": "7.5em"}}
    return BoundedFloatText(value, min=-LIMIT, max=LIMIT, step=0.1, description=symbol(name), **look)


def button(label: str, step: IntSlider, change: int) -> Button:
    """A button that moves the walk; at either end it does nothing."""
    made = Button(description=label, layout={"width": "7em"})
    made.on_click(lambda _: setattr(step, "value", min(max(step.value + change, step.min), step.max)))
    return made
