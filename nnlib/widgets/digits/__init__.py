"""The last lecture: every trick on real digits, compared in one table, and all its dials on one desk."""

from nnlib.widgets.digits.figure import training_desk as training_desk
