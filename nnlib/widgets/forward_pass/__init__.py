"""The figure of the lecture on the forward pass: what networks with random weights draw.

experiment   random networks, the picture they draw on a square, the straight pieces of a relu network
plots        the picture and the curve
figure       the sliders and the caption
"""

from nnlib.widgets.forward_pass.figure import random_network_figure as random_network_figure
