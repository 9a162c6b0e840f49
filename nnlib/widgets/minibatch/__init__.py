"""Mini-batches: how far their gradients lie from the true one, and what that costs and saves.

experiment     a linear model with two weights: mini-batch gradients, the closed form of their noise, SGD runs
plots          these numbers to the artists of the two figures
noise_figure   the gradients of many mini-batches around the true one
race_figure    SGD with m samples a step: the loss against samples seen and against time
"""

from nnlib.widgets.minibatch.noise_figure import noise_figure as noise_figure
from nnlib.widgets.minibatch.race_figure import race_figure as race_figure
