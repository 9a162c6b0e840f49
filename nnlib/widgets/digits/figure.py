"""The training desk: every slider of the course at once, on the digits."""

from collections.abc import Iterator
from functools import partial

from ipywidgets import Dropdown, SelectionSlider

from nnlib.widgets.digits.desk import desk_training
from nnlib.widgets.digits.experiment import CONNECTIONS, FEATURES, Recipe, parts
from nnlib.widgets.digits.plots import begin_run, desk_panels, draw_desk
from nnlib.widgets.digits.words import caption
from nnlib.widgets.live import SLIDER_LOOK, LiveFigure, live, log_slider, slider

EPOCHS = 10
LOOK = {**SLIDER_LOOK, "layout": {"width": "min(26em, 98%)"}}


def training_desk() -> LiveFigure:
    """All dials of the course: loss, accuracy, confusion matrix and worst mistakes while the network trains."""
    controls = {
        "step_size": log_slider("step size α", 0.2, 0.001, 10),
        "beta": slider("momentum β", 0.9, 0.0, 0.99, 0.01),
        "decay": slider("decay rate", 0.01, 0.0, 0.1, 0.002),
        "m": SelectionSlider(options=[1, 4, 16, 64, 256, 1024], value=64, description="mini-batch m", **LOOK),
        "width": slider("width", 32, 4, 64, 4),
        "depth": slider("hidden layers", 1, 0, 12, 1),
        "sigma": Dropdown(options=["relu", "tanh", "sigmoid", "identity"], description="activation σ", **LOOK),
        "features": Dropdown(options=FEATURES, description="features", **LOOK),
        "batchnorm": Dropdown(options=[("off", False), ("on", True)], description="BatchNorm", **LOOK),
        "connection": Dropdown(options=CONNECTIONS, description="connections", **LOOK),
    }
    figure = live(partial(desk_panels, epochs=EPOCHS), film, size=(720, 420), caption_lines=3, **controls)
    figure.layout.flex_flow = "row wrap"
    for control in controls.values():
        control.layout.width = LOOK["layout"]["width"]
    figure.children[-1].layout.width = "100%"
    return figure


def film(artists: dict, **values: object) -> Iterator[str]:
    """The run frame by frame."""
    if values["batchnorm"] and values["m"] == 1:
        yield "BatchNorm needs m ≥ 2: one sample is its own mean, so every a − μ would be 0. Choose a larger m."
        return
    begin_run(artists, EPOCHS)
    images = parts(0)[1].X
    for state in desk_training(Recipe(epochs=EPOCHS, **values)):
        draw_desk(artists, state, images)
        yield caption(state, EPOCHS)
