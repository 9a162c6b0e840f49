"""The figures of the lecture on the forward pass: a single unit, and what networks with random weights draw.

experiment   random networks, the picture they draw on a square, the straight pieces of a relu network
plots        the picture and the curves
unit         weight, bias and σ of one unit
figure       depth, width and σ of a random network
"""

from nnlib.widgets.forward_pass.figure import random_network_figure as random_network_figure
from nnlib.widgets.forward_pass.unit import unit_figure as unit_figure
