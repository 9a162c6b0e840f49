"""The running mean and variance that BatchNorm keeps for prediction."""

from collections.abc import Callable
from functools import partial

import numpy as np

from nnlib.grading.question import Mistake, Question, Result
from nnlib.grading.questions.batchnorm.inputs import LARGER_SQUARE, NON_SQUARE, SQUARE, pre_activations
from nnlib.grading.questions.fixtures import float32, integers


def reference(running_mean, running_var, A, decay):
    """Decay · running + (1 - decay) · this mini-batch's."""
    mean = decay * running_mean + (1 - decay) * A.mean(axis=0)
    var = decay * running_var + (1 - decay) * A.var(axis=0)
    return mean, var


def _draw(rng: np.random.Generator, m: int, d: int, decay: float | None = None) -> tuple:
    A = pre_activations(rng, m, d)
    decay = float(rng.uniform(0.6, 0.85)) if decay is None else decay
    return rng.uniform(-2, 2, d), rng.uniform(0.5, 3, d), A, decay


def _draw_integers(rng: np.random.Generator) -> tuple:
    return integers(rng, 3), rng.integers(1, 4, 3), 2 * integers(rng, 5, 3) + 1, 0.5


def _mean_of(A: np.ndarray) -> np.ndarray:
    return A.mean(axis=0)


def _var_of(A: np.ndarray) -> np.ndarray:
    return A.var(axis=0)


def _of(mean: Callable, var: Callable, old: Callable, new: Callable) -> Callable:
    """Other statistics of the mini-batch, or other weights of the old value and of the new one."""
    return lambda running_mean, running_var, A, decay: (
        old(decay) * running_mean + new(decay) * mean(A),
        old(decay) * running_var + new(decay) * var(A),
    )


def _weighted(old: Callable, new: Callable) -> Callable:
    return _of(_mean_of, _var_of, old, new)


def _measured(mean: Callable, var: Callable) -> Callable:
    return _of(mean, var, lambda decay: decay, lambda decay: 1 - decay)


def _changed(change: Callable) -> Callable:
    """The reference with its two results changed afterwards."""
    return lambda running_mean, running_var, A, decay: change(
        *reference(running_mean, running_var, A, decay), running_mean, running_var
    )


def _about(center: Callable) -> Callable:
    """The variance taken about something else than the mini-batch's mean."""

    def update_running(running_mean, running_var, A, decay):
        mean, _ = reference(running_mean, running_var, A, decay)
        var = ((A - center(running_mean, mean)) ** 2).mean(axis=0)
        return mean, decay * running_var + (1 - decay) * var

    return update_running


def _sample_by_sample(running_mean, running_var, A, decay):
    mean, var = running_mean, running_var
    for a in A:
        mean = decay * mean + (1 - decay) * a
        var = decay * var + (1 - decay) * (a - A.mean(axis=0)) ** 2
    return mean, var


def _overwritten(running_mean, running_var, A, decay):
    running_mean *= decay
    running_mean += (1 - decay) * A.mean(axis=0)
    running_var *= decay
    running_var += (1 - decay) * A.var(axis=0)
    return running_mean, running_var


def _truncated(running_mean, running_var, A, decay):
    mean, var = np.zeros_like(running_mean), np.zeros_like(running_var)
    mean[...], var[...] = reference(running_mean, running_var, A, decay)
    return mean, var


MISTAKES = (
    Mistake(
        "the weights the wrong way round",
        _weighted(lambda decay: 1 - decay, lambda decay: decay),
        "decay weighs the old value, 1 - decay the new one. (PyTorch's momentum is the other way round.)",
    ),
    Mistake(
        "the variance with 1/(m - 1)",
        _measured(_mean_of, lambda A: A.var(axis=0, ddof=1)),
        "Here σ² is the biased variance, with 1/m, as in training.",
    ),
    Mistake(
        "the standard deviation in place of the variance",
        _measured(_mean_of, lambda A: A.std(axis=0)),
        "running_var averages σ², not σ: np.var.",
    ),
    Mistake(
        "the mean of a² in place of the variance",
        _measured(_mean_of, lambda A: (A**2).mean(axis=0)),
        "σ² is the mean of (a - μ)²: subtract μ before you square.",
    ),
    Mistake(
        "the variance about the old running mean",
        _about(lambda old, new: old),
        "The mini-batch's σ² is taken about the mini-batch's own μ.",
    ),
    Mistake(
        "the variance about the new running mean",
        _about(lambda old, new: new),
        "The mini-batch's σ² is taken about the mini-batch's own μ: give the running mean another name.",
    ),
    Mistake(
        "sums instead of means",
        _measured(lambda A: A.sum(axis=0), lambda A: A.var(axis=0) * len(A)),
        "μ and σ² are means over the m samples: divide by m.",
    ),
    Mistake(
        "the new statistics at full weight",
        _weighted(lambda decay: decay, lambda decay: 1.0),
        "The weights add up to 1: the new value gets 1 - decay.",
    ),
    Mistake(
        "the old statistics at full weight",
        _weighted(lambda decay: 1.0, lambda decay: 1 - decay),
        "The weights add up to 1: the old value gets decay.",
    ),
    Mistake(
        "only the mini-batch counts",
        _weighted(lambda decay: 0.0, lambda decay: 1.0),
        "The old values keep the weight decay: a running mean changes slowly.",
    ),
    Mistake(
        "the mini-batch is not used",
        _weighted(lambda decay: 1.0, lambda decay: 0.0),
        "This mini-batch's μ and σ² come in with the weight 1 - decay.",
    ),
    Mistake(
        "both at weight decay",
        _weighted(lambda decay: decay, lambda decay: decay),
        "The weights add up to 1: the new value gets 1 - decay.",
    ),
    Mistake(
        "decay = 0.9 whatever is given",
        _weighted(lambda decay: 0.9, lambda decay: 0.1),
        "The weight of the old value is the argument decay.",
    ),
    Mistake(
        "decay = 0.99 whatever is given",
        _weighted(lambda decay: 0.99, lambda decay: 0.01),
        "The weight of the old value is the argument decay.",
    ),
    Mistake(
        "the plain average of old and new",
        _weighted(lambda decay: 0.5, lambda decay: 0.5),
        "The old value weighs decay, the new one 1 - decay.",
    ),
    Mistake(
        "means over the units of each sample",
        _measured(lambda A: A.mean(axis=1), lambda A: A.var(axis=1)),
        "μ and σ² are taken over the m samples, which are the rows: axis=0.",
    ),
    Mistake(
        "one mean and one variance for everything",
        _measured(lambda A: A.mean(), lambda A: A.var()),
        "Each unit has its own μ and σ²: axis=0.",
    ),
    Mistake(
        "one mean for everything",
        _measured(lambda A: A.mean(), _var_of),
        "Each unit has its own μ: axis=0.",
    ),
    Mistake(
        "one variance for everything",
        _measured(_mean_of, lambda A: A.var()),
        "Each unit has its own σ²: axis=0.",
    ),
    Mistake(
        "sample by sample",
        _sample_by_sample,
        "One mini-batch is one update: first its mean over the samples, then one step of the running mean.",
    ),
    Mistake(
        "the mean is not updated",
        _changed(lambda mean, var, old_mean, old_var: (old_mean, var)),
        "Both are updated, the running mean too.",
    ),
    Mistake(
        "the variance is not updated",
        _changed(lambda mean, var, old_mean, old_var: (mean, old_var)),
        "Both are updated, the running variance too.",
    ),
    Mistake(
        "the variance before the mean",
        _changed(lambda mean, var, old_mean, old_var: (var, mean)),
        "Return them in the order (mean, var).",
    ),
    Mistake(
        "written into integer arrays",
        _truncated,
        "np.zeros_like of an integer array holds integers and cuts the result: do without, or ask for dtype=float.",
    ),
    Mistake(
        "the running statistics are overwritten",
        _overwritten,
        "*= and += change the caller's arrays: make new ones and return them.",
    ),
)


def _towards_the_new(running_mean, running_var, A, decay):
    mean = running_mean + (1 - decay) * (A.mean(axis=0) - running_mean)
    return [mean, running_var - (1 - decay) * (running_var - A.var(axis=0))]


def _one_unit_at_a_time(running_mean, running_var, A, decay):
    m, d = A.shape
    mean, var = [], []
    for j in range(d):
        mu = sum(A[:, j]) / m
        mean.append(decay * running_mean[j] + (1 - decay) * mu)
        var.append(decay * running_var[j] + (1 - decay) * sum((A[:, j] - mu) ** 2) / m)
    return mean, var


def _two_moments(running_mean, running_var, A, decay):
    A = np.asarray(A, dtype=float)
    mean = A.mean(axis=0, keepdims=True)
    var = (A**2).mean(axis=0, keepdims=True) - mean**2
    return decay * running_mean + (1 - decay) * mean, decay * running_var + (1 - decay) * var


EQUIVALENTS = {
    "a step towards the new": _towards_the_new,
    "one unit at a time": _one_unit_at_a_time,
    "E[a²] - μ², rows": _two_moments,
    "np.average": lambda running_mean, running_var, A, decay: tuple(
        np.average([old, new], axis=0, weights=[decay, 1 - decay])
        for old, new in ((running_mean, A.mean(axis=0)), (running_var, A.std(axis=0) ** 2))
    ),
}

QUESTION = Question(
    name="update_running",
    points=1,
    arguments={"running_mean": "(d_i,)", "running_var": "(d_i,)", "A": "(m, d_i)", "decay": ""},
    results=(
        Result(
            "mean",
            "(d_i,)",
            ask="Which of the two does decay weigh, the old value or the new one?",
            formula="mean ← decay · mean + (1 - decay) · μ of the mini-batch.",
        ),
        Result(
            "var",
            "(d_i,)",
            ask="Which of the two does decay weigh, and is the variance divided by m?",
            formula="var ← decay · var + (1 - decay) · σ² of the mini-batch, the biased variance.",
        ),
    ),
    reference=reference,
    families={
        "non-square": partial(_draw, **NON_SQUARE),
        "non-square, wide": partial(_draw, m=4, d=7),
        "square": partial(_draw, **SQUARE),
        "square, larger": partial(_draw, **LARGER_SQUARE),
    },
    edges={
        "one sample (m = 1)": partial(_draw, m=1, d=3),
        "decay = 0": partial(_draw, **NON_SQUARE, decay=0.0),
        "decay = 1": partial(_draw, **NON_SQUARE, decay=1.0),
        "integer arrays": _draw_integers,
        "float32 arrays": float32(partial(_draw, **NON_SQUARE)),
    },
    mistakes=MISTAKES,
    equivalents=EQUIVALENTS,
)
