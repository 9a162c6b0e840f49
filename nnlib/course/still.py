"""An IPython extension for paper: what a cell shows stands still, and needs no JavaScript.

%load_ext nnlib.course.still
"""

from IPython.core.interactiveshell import InteractiveShell

from nnlib.grading.spot_the_bug import SpotTheBug
from nnlib.widgets.live import LiveFigure


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Show a live figure as the last picture of its film, and a riddle as text."""
    formatter = shell.display_formatter.mimebundle_formatter
    formatter.for_type(LiveFigure, picture_of)
    formatter.for_type(SpotTheBug, text_of)


def picture_of(figure: LiveFigure, **_: object) -> tuple[dict, dict]:
    """Picture and caption of a figure, without the widget."""
    figure.finish()
    data, metadata = figure._repr_mimebundle_()
    return {kind: data[kind] for kind in ("image/jpeg", "text/plain")}, metadata


def text_of(riddle: SpotTheBug, **_: object) -> dict:
    """Code and choices of a riddle, without the buttons."""
    return {"text/plain": riddle._repr_mimebundle_()["text/plain"]}
