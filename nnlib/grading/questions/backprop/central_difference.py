"""The central difference of the loss, with which every gradient can be tested."""

from functools import partial

import numpy as np

from nnlib.grading.question import Mistake, Question, Result
from nnlib.grading.questions.fixtures import float32, integers, off_zero


def reference(f_plus, f_minus, h):
    """(f₊ - f₋) / 2h."""
    return (np.asarray(f_plus, dtype=float) - np.asarray(f_minus, dtype=float)) / (2 * h)


def _draw(rng: np.random.Generator, shape: tuple[int, ...]) -> tuple:
    return off_zero(rng, *shape), off_zero(rng, *shape), float(rng.uniform(0.01, 0.3))


def _draw_numbers(rng: np.random.Generator) -> tuple:
    return float(off_zero(rng, 1)[0]), float(off_zero(rng, 1)[0]), float(rng.uniform(0.01, 0.3))


def _draw_lists(rng: np.random.Generator) -> tuple:
    f_plus, f_minus, h = _draw(rng, (4,))
    return f_plus.tolist(), f_minus.tolist(), h


def _draw_integers(rng: np.random.Generator) -> tuple:
    return integers(rng, 3, 2), integers(rng, 3, 2) + 7, 4


def _only_the_number_of_entries(f_plus, f_minus, h):
    return (np.asarray(f_plus) - np.asarray(f_minus)).mean() / (2 * h)


def _truncated(f_plus, f_minus, h):
    f_plus, f_minus = np.asarray(f_plus), np.asarray(f_minus)
    result = np.zeros_like(f_plus)
    result[...] = (f_plus - f_minus) / (2 * h)
    return result


def _overwritten(f_plus, f_minus, h):
    f_plus = np.asarray(f_plus)
    np.subtract(f_plus, f_minus, out=f_plus)
    return f_plus / (2 * h)


def _of(formula):
    """A formula for arrays, applied to whatever was given."""
    return lambda f_plus, f_minus, h: formula(np.asarray(f_plus, dtype=float), np.asarray(f_minus, dtype=float), h)


MISTAKES = (
    Mistake(
        "the 2 of 2h forgotten",
        _of(lambda f_plus, f_minus, h: (f_plus - f_minus) / h),
        "Between w - h and w + h lies a distance of 2h.",
    ),
    Mistake(
        "multiplied by h instead of divided",
        _of(lambda f_plus, f_minus, h: (f_plus - f_minus) / 2 * h),
        "Python reads x / 2 * h as (x / 2) * h: put 2 * h in brackets.",
    ),
    Mistake(
        "the difference taken the wrong way round",
        _of(lambda f_plus, f_minus, h: (f_minus - f_plus) / (2 * h)),
        "Where the loss rises with w, its derivative is positive.",
    ),
    Mistake(
        "only one of the two losses divided",
        _of(lambda f_plus, f_minus, h: f_plus - f_minus / (2 * h)),
        "Put the difference in brackets before you divide.",
    ),
    Mistake(
        "not divided by 2h",
        _of(lambda f_plus, f_minus, h: f_plus - f_minus),
        "The difference of the losses is not yet a slope.",
    ),
    Mistake(
        "the sum of the losses instead of their difference",
        _of(lambda f_plus, f_minus, h: (f_plus + f_minus) / (2 * h)),
        "How much does the loss change from w - h to w + h?",
    ),
    Mistake(
        "divided by h²",
        _of(lambda f_plus, f_minus, h: (f_plus - f_minus) / h**2),
        "The distance between the two points is 2h.",
    ),
    Mistake(
        "the sign is lost",
        _of(lambda f_plus, f_minus, h: np.abs(f_plus - f_minus) / (2 * h)),
        "A derivative may be negative: leave out the absolute value.",
    ),
    Mistake(
        "divided without remainder",
        _of(lambda f_plus, f_minus, h: (f_plus - f_minus) // (2 * h)),
        "// rounds down; use /.",
    ),
    Mistake(
        "relative to the loss",
        _of(lambda f_plus, f_minus, h: (f_plus - f_minus) / (2 * h * f_minus)),
        "The derivative is the change of the loss itself, not of its relative size.",
    ),
    Mistake(
        "the mean over all entries",
        _only_the_number_of_entries,
        "Each entry of the weights has a derivative of its own.",
    ),
    Mistake(
        "written into an integer array",
        _truncated,
        "An array made with zeros_like of an integer array cuts the result: divide without it, or ask for dtype=float.",
    ),
    Mistake(
        "f_plus is overwritten",
        _overwritten,
        "np.asarray and out= work on the caller's array: make a new one.",
    ),
)

EQUIVALENTS = {
    "two halves": lambda f_plus, f_minus, h: np.asarray(f_plus) / (2 * h) - np.asarray(f_minus) / (2 * h),
    "np.subtract": lambda f_plus, f_minus, h: 0.5 * np.subtract(f_plus, f_minus) / h,
    "entry by entry": lambda f_plus, f_minus, h: np.vectorize(lambda p, q: (p - q) / (2.0 * h), otypes=[float])(
        f_plus, f_minus
    ),
    "a list comes back": lambda f_plus, f_minus, h: ((np.asarray(f_plus) - np.asarray(f_minus)) / (2 * h)).tolist(),
}

QUESTION = Question(
    name="central_difference",
    points=1,
    arguments={"f_plus": "", "f_minus": "", "h": ""},
    results=(
        Result(
            "result",
            ask="How far apart are the two places at which the loss was taken?",
            formula="(f(w + h) - f(w - h)) / 2h.",
        ),
    ),
    reference=reference,
    families={
        "a vector": partial(_draw, shape=(5,)),
        "a square matrix": partial(_draw, shape=(3, 3)),
        "a matrix": partial(_draw, shape=(4, 3)),
    },
    edges={
        "numbers": _draw_numbers,
        "lists": _draw_lists,
        "integer arrays": _draw_integers,
        "float32 arrays": float32(partial(_draw, shape=(4, 2))),
    },
    mistakes=MISTAKES,
    equivalents=EQUIVALENTS,
)
