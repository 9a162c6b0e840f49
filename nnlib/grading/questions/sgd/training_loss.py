"""The training loss: the mean over the samples of ½ ‖z_L - y‖²."""

from functools import partial

import numpy as np

from nnlib.grading.question import Mistake, Question, Result
from nnlib.grading.questions.fixtures import float32, integers, off_zero


def reference(Z_L, Y):
    """1/n Σ ½ ‖z_L - y‖², the sum over the n rows."""
    return 0.5 * np.sum((Z_L - Y) ** 2) / len(Y)


def _draw(rng: np.random.Generator, n: int, d_L: int) -> tuple:
    return off_zero(rng, n, d_L), off_zero(rng, n, d_L)


def _draw_integers(rng: np.random.Generator) -> tuple:
    # an odd number of odd squares: their half is no whole number
    Z_L, Y = integers(rng, 4, 2), integers(rng, 4, 2)
    Z_L[0, 0] += (np.sum((Z_L - Y) ** 2) + 1) % 2
    return Z_L, Y


def _draw_perfect_fit(rng: np.random.Generator) -> tuple:
    Y = off_zero(rng, 3, 2)
    return Y.copy(), Y


def _loop_that_returns_at_once(Z_L, Y):
    total = 0.0
    for z, y in zip(Z_L, Y, strict=True):
        total += 0.5 * np.sum((z - y) ** 2)
        return total / len(Y)


def _overwritten(Z_L, Y):
    Z_L -= Y
    Z_L **= 2
    return 0.5 * Z_L.sum() / len(Z_L)


MISTAKES = (
    Mistake(
        "the ½ is missing",
        lambda Z_L, Y: np.sum((Z_L - Y) ** 2) / len(Y),
        "The loss of a sample is ½ ‖z - y‖²: the ½ is there to cancel the 2 of the derivative.",
    ),
    Mistake(
        "the sum in place of the mean",
        lambda Z_L, Y: 0.5 * np.sum((Z_L - Y) ** 2),
        "The training loss is the mean over the n samples: divide by n.",
    ),
    Mistake(
        "the mean over all entries",
        lambda Z_L, Y: 0.5 * np.mean((Z_L - Y) ** 2),
        "np.mean of the whole array divides by n · d_L. ‖z - y‖² is a sum over the units, and the mean is over n.",
    ),
    Mistake(
        "the mean over all entries, without the ½",
        lambda Z_L, Y: np.mean((Z_L - Y) ** 2),
        "This is what many programs call MSE. The course's loss has a ½, and divides by n only, not by n · d_L.",
    ),
    Mistake(
        "the sum of all squares",
        lambda Z_L, Y: np.sum((Z_L - Y) ** 2),
        "Two things are missing: the ½, and the 1/n of the mean.",
    ),
    Mistake(
        "divided by the number of units",
        lambda Z_L, Y: 0.5 * np.sum((Z_L - Y) ** 2) / Y.shape[1],
        "The mean is over the n samples, which are the rows: divide by len(Y), not by the number of columns.",
    ),
    Mistake(
        "the norm is not squared",
        lambda Z_L, Y: 0.5 * np.mean(np.linalg.norm(Z_L - Y, axis=1)),
        "The loss of a sample is ½ ‖z - y‖², with the square.",
    ),
    Mistake(
        "the root of the sum of all squares",
        lambda Z_L, Y: 0.5 * np.linalg.norm(Z_L - Y) / len(Y),
        "np.linalg.norm takes a root at the end: the loss has ‖z - y‖², so square it again.",
    ),
    Mistake(
        "the root of the mean",
        lambda Z_L, Y: np.sqrt(np.sum((Z_L - Y) ** 2) / len(Y)),
        "This is the root mean square error. The training loss has a ½ and no root.",
    ),
    Mistake(
        "absolute values in place of squares",
        lambda Z_L, Y: 0.5 * np.sum(np.abs(Z_L - Y)) / len(Y),
        "‖z - y‖² is the sum of the squares, not of the absolute values.",
    ),
    Mistake(
        "nothing is squared",
        lambda Z_L, Y: 0.5 * np.sum(Z_L - Y) / len(Y),
        "Without the square, errors of different sign cancel: ½ ‖z - y‖².",
    ),
    Mistake(
        "the mean is taken before the square",
        lambda Z_L, Y: 0.5 * np.sum((Z_L - Y).mean(axis=0) ** 2),
        "First the loss of each sample, with its square, and then the mean. The other way round, errors cancel.",
    ),
    Mistake(
        "the units are added up before the square",
        lambda Z_L, Y: 0.5 * np.mean(np.sum(Z_L - Y, axis=1) ** 2),
        "‖z - y‖² is the sum of the squares, not the square of the sum.",
    ),
    Mistake(
        "the difference of the squares",
        lambda Z_L, Y: 0.5 * np.sum(Z_L**2 - Y**2) / len(Y),
        "Subtract first, then square: (z - y)² is not z² - y².",
    ),
    Mistake(
        "the ½ is squared too",
        lambda Z_L, Y: np.sum((0.5 * (Z_L - Y)) ** 2) / len(Y),
        "The ½ stands in front of the square, not inside: ½ ‖z - y‖².",
    ),
    Mistake(
        "divided by n twice",
        lambda Z_L, Y: 0.5 * np.sum((Z_L - Y) ** 2) / len(Y) ** 2,
        "One 1/n is enough for a mean: is there a mean of something that is divided by n already?",
    ),
    Mistake(
        "the mean of Z_L is what is compared",
        lambda Z_L, Y: 0.5 * np.sum((Z_L.mean(axis=0) - Y) ** 2) / len(Y),
        "Compare each row of Z_L with its own row of Y.",
    ),
    Mistake(
        "only the first sample",
        _loop_that_returns_at_once,
        "Only the first row is in your sum. Does the return stand inside the loop?",
    ),
    Mistake(
        "one loss for each sample",
        lambda Z_L, Y: 0.5 * np.sum((Z_L - Y) ** 2, axis=1),
        "These are the n losses of the samples. The training loss is their mean, one number.",
    ),
    Mistake(
        "one loss for each unit",
        lambda Z_L, Y: 0.5 * np.mean((Z_L - Y) ** 2, axis=0),
        "The training loss is one number: ‖z - y‖² is the sum over the units of a row, axis=1.",
    ),
    Mistake(
        "the gradient in place of the loss",
        lambda Z_L, Y: (Z_L - Y) / len(Y),
        "(z - y)/n is the gradient of the loss. The loss itself is one number.",
    ),
    Mistake(
        "the wrong sign",
        lambda Z_L, Y: -0.5 * np.sum((Z_L - Y) ** 2) / len(Y),
        "A loss is large where the network is wrong: no minus sign.",
    ),
    Mistake(
        "whole numbers only",
        lambda Z_L, Y: np.sum((Z_L - Y) ** 2) // 2 / len(Y) if Z_L.dtype.kind == "i" else reference(Z_L, Y),
        "The operator // cuts off what is behind the point: write / instead.",
    ),
    Mistake(
        "Z_L is overwritten",
        _overwritten,
        "Z_L -= Y changes the caller's array: write Z_L - Y, which makes a new one.",
    ),
)


def _loops(Z_L, Y):
    total = 0.0
    for z, y in zip(Z_L.tolist(), Y.tolist(), strict=True):
        for z_k, y_k in zip(z, y, strict=True):
            total += (z_k - y_k) ** 2 / 2
    return total / len(Z_L)


EQUIVALENTS = {
    "the mean of the samples' losses": lambda Z_L, Y: np.mean(
        [0.5 * np.linalg.norm(z - y) ** 2 for z, y in zip(Z_L, Y, strict=True)]
    ),
    "loops": _loops,
    "einsum": lambda Z_L, Y: np.einsum("ik,ik->", Z_L - Y, Z_L - Y) / (2 * Z_L.shape[0]),
    "the mean of rows": lambda Z_L, Y: ((Y - Z_L) ** 2).sum(axis=1).mean() / 2,
    "multiplied out, a 0-d array": lambda Z_L, Y: np.array(
        (np.vdot(Z_L, Z_L) - 2 * np.vdot(Z_L, Y) + np.vdot(Y, Y)) / 2 / len(Y)
    ),
}

QUESTION = Question(
    name="training_loss",
    points=1,
    arguments={"Z_L": "(n, d_L)", "Y": "(n, d_L)"},
    results=(
        Result(
            "the loss",
            ask="What is the loss of one sample, and over what is the mean taken?",
            formula="(1/n) times the sum over the samples of ½‖z_L - y‖².",
        ),
    ),
    reference=reference,
    families={
        "non-square": partial(_draw, n=6, d_L=3),
        "non-square, more units than samples": partial(_draw, n=2, d_L=5),
        "square": partial(_draw, n=4, d_L=4),
    },
    edges={
        "one sample (n = 1)": partial(_draw, n=1, d_L=3),
        "one unit (d_L = 1)": partial(_draw, n=5, d_L=1),
        "a perfect fit": _draw_perfect_fit,
        "integer arrays": _draw_integers,
        "float32 arrays": float32(partial(_draw, n=5, d_L=3)),
    },
    mistakes=MISTAKES,
    equivalents=EQUIVALENTS,
)
