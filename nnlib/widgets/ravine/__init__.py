"""The ravine: a quadratic loss with a steep and a flat direction, and what the step size and momentum do on it.

experiment            iterates, rates and limits: numbers out, no picture
plots, captions       numbers to artists, and to words
step_size, momentum   the figures of the two lectures
"""

from nnlib.widgets.ravine.momentum import momentum_figure
from nnlib.widgets.ravine.step_size import step_size_figure

__all__ = ["momentum_figure", "step_size_figure"]
