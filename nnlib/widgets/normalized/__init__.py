"""The figure of the lecture on batch normalization: one network twice, without and with it, measured while it trains.

experiment   the two runs and what is measured in them: numbers out, no picture
plots        numbers to artists
figure       sliders and caption
"""

from nnlib.widgets.normalized.figure import batchnorm_figure as batchnorm_figure
