"""The caption of the training desk: what a state says, in words."""

from math import isfinite, sqrt

import numpy as np

from nnlib.widgets.digits.desk import DeskState
from nnlib.widgets.digits.experiment import CLASSES, N_VALIDATION
from nnlib.widgets.plots import number

GUESSING = 0.15


def caption(state: DeskState, epochs: int) -> str:
    """Where the run is, how well it does, and the most frequent mistake."""
    confusion, p, loss = state.verdict.confusion, state.accuracies[-1], state.losses[-1]
    where = f"epoch {state.epochs[-1]:.1f} of {epochs}"
    if state.diverged:
        rose = f"rose to {number(loss)}" if isfinite(loss) else "is no longer a number"
        return f"Diverged at step {state.step}, {where}: the loss {rose}. Choose a smaller α or β."
    wrong = confusion * (1 - np.eye(CLASSES, dtype=int))
    truth, answer = np.unravel_index(wrong.argmax(), wrong.shape)
    most = f" Most often a {truth} is taken for a {answer}: {wrong.max()} times." if wrong.any() else ""
    if state.finished and p < GUESSING:
        most = " That is no better than guessing."
    return (
        f"Step {state.step}, {where}: α is now {number(state.step_size)}, loss {number(loss)}; "
        f"{100 * p:.1f} % (± {100 * sqrt(p * (1 - p) / N_VALIDATION):.1f}) of {N_VALIDATION} validation images right, "
        f"{wrong.sum()} wrong.{most}"
    )
