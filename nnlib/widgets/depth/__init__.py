"""Depth: what reaches the first layer of a deep network, and whether its layers can learn to do nothing.

experiment          numbers out, no picture
plots               numbers to artists
gradient, identity  the two figures: sliders, update, caption
"""

from nnlib.widgets.depth.gradient import gradient_figure
from nnlib.widgets.depth.identity import identity_figure

__all__ = ["gradient_figure", "identity_figure"]
