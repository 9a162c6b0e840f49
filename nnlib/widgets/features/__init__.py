"""Features: stretch, rotate and shift the data, and see what scaling and PCA make of the loss."""

from nnlib.widgets.features.figure import features_figure as features_figure
