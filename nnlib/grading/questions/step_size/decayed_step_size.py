"""The step size that falls with the steps: inverse decay."""

from functools import partial

import numpy as np

from nnlib.grading.question import Mistake, Question, Result


def reference(alpha0, t, rate):
    """α_t = α_0 / (1 + rate · t)."""
    return alpha0 / (1 + rate * t)


def _draw(
    rng: np.random.Generator,
    alpha0: tuple[float, float] = (0.02, 0.8),
    t: tuple[int, int] = (2, 12),
    rate: tuple[float, float] = (0.05, 0.8),
) -> tuple:
    return float(rng.uniform(*alpha0)), int(rng.integers(*t)), float(rng.uniform(*rate))


def _draw_whole_numbers(rng: np.random.Generator) -> tuple:
    return int(rng.integers(2, 1000)), int(rng.integers(2, 9)), int(rng.integers(2, 5))


def _divided_anew(counted: range, alpha0: float, rate: float) -> float:
    for k in counted:
        alpha0 /= 1 + rate * k
    return alpha0


MISTAKES = (
    Mistake(
        "the brackets around 1 + rate·t are missing",
        lambda alpha0, t, rate: alpha0 / 1 + rate * t,
        "Python divides before it adds: alpha0 / (1 + rate * t).",
    ),
    Mistake(
        "multiplied by t after the division",
        lambda alpha0, t, rate: alpha0 / (1 + rate) * t,
        "t belongs under the fraction bar, next to the rate: rate * t inside the brackets.",
    ),
    Mistake(
        "multiplied instead of divided",
        lambda alpha0, t, rate: alpha0 * (1 + rate * t),
        "Yours grows with t; the step size has to fall: divide by 1 + rate·t.",
    ),
    Mistake(
        "a straight line in place of the fraction",
        lambda alpha0, t, rate: alpha0 * (1 - rate * t),
        "α_0 (1 - rate·t) becomes 0 and then negative; the lecture divides by 1 + rate·t, which stays positive.",
    ),
    Mistake(
        "a straight line, cut off at 0",
        lambda alpha0, t, rate: max(alpha0 * (1 - rate * t), 0.0),
        "On a straight line α reaches 0 and the descent stops; the lecture divides by 1 + rate·t.",
    ),
    Mistake(
        "rate·t is subtracted from α_0",
        lambda alpha0, t, rate: alpha0 - rate * t,
        "A difference becomes negative; the lecture divides α_0 by 1 + rate·t.",
    ),
    Mistake(
        "a power in place of the product rate·t",
        lambda alpha0, t, rate: alpha0 / (1 + rate) ** t,
        "(1 + rate)ᵗ grows much faster than 1 + rate·t: multiply the rate by t.",
    ),
    Mistake(
        "a factor 1 - rate at each step",
        lambda alpha0, t, rate: alpha0 * (1 - rate) ** t,
        "That is exponential decay. Inverse decay divides α_0 by 1 + rate·t.",
    ),
    Mistake(
        "exponential decay",
        lambda alpha0, t, rate: alpha0 * np.exp(-rate * t),
        "e to the -rate·t falls much faster, and Σα_t stays finite. Inverse decay divides α_0 by 1 + rate·t.",
    ),
    Mistake(
        "step decay",
        lambda alpha0, t, rate: alpha0 * rate**t,
        "That is step decay with the rate as its factor. Inverse decay divides α_0 by 1 + rate·t.",
    ),
    Mistake(
        "the 1 is missing",
        lambda alpha0, t, rate: alpha0 / (rate * t),
        "At t = 0 this divides by 0, where α_0 should come out: 1 + rate·t.",
    ),
    Mistake(
        "the rate is missing",
        lambda alpha0, t, rate: alpha0 / (1 + t),
        "How fast the step size falls is a choice, the rate: rate·t in place of t.",
    ),
    Mistake(
        "t is missing",
        lambda alpha0, t, rate: alpha0 / (1 + rate),
        "Yours is the same at every step: multiply the rate by t.",
    ),
    Mistake(
        "α_0 is missing",
        lambda alpha0, t, rate: 1 / (1 + rate * t),
        "At t = 0 the result should be α_0.",
    ),
    Mistake(
        "t counted from 1",
        lambda alpha0, t, rate: alpha0 / (1 + rate * (t + 1)),
        "t = 0, 1, 2, …: the first step has t = 0 and takes the whole α_0.",
    ),
    Mistake(
        "t - 1 in place of t",
        lambda alpha0, t, rate: alpha0 / (1 + rate * (t - 1)),
        "t = 0, 1, 2, …: the first step has t = 0, so nothing is to be subtracted.",
    ),
    Mistake(
        "divided by the rate",
        lambda alpha0, t, rate: alpha0 / (1 + t / rate),
        "A larger rate has to make the step size fall faster: rate times t.",
    ),
    Mistake(
        "the root of 1 + rate·t",
        lambda alpha0, t, rate: alpha0 / np.sqrt(1 + rate * t),
        "Divide by 1 + rate·t itself; with the root, Σα_t² is infinite and the noise does not die out.",
    ),
    Mistake(
        "the square of 1 + rate·t",
        lambda alpha0, t, rate: alpha0 / (1 + rate * t) ** 2,
        "Divide by 1 + rate·t once; with the square, Σα_t is finite and it may stop on its way.",
    ),
    Mistake(
        "the square of t",
        lambda alpha0, t, rate: alpha0 / (1 + rate * t**2),
        "Under the fraction bar stands t itself, not its square.",
    ),
    Mistake(
        "divided anew at each step",
        lambda alpha0, t, rate: _divided_anew(range(1, t + 1), alpha0, rate),
        "Each α_t is computed from α_0, not from the one before it: one division, no loop.",
    ),
    Mistake(
        "divided anew at each step, and one step too few",
        lambda alpha0, t, rate: _divided_anew(range(t), alpha0, rate),
        "Each α_t is computed from α_0, not from the one before it: one division, no loop.",
    ),
    Mistake(
        "all step sizes up to t",
        lambda alpha0, t, rate: [alpha0 / (1 + rate * k) for k in range(t + 1)],
        "Return one number, the step size of step t.",
    ),
    Mistake(
        "all step sizes before t",
        lambda alpha0, t, rate: [alpha0 / (1 + rate * k) for k in range(t)],
        "Return one number, the step size of step t.",
    ),
    Mistake(
        "rounded down",
        lambda alpha0, t, rate: alpha0 // (1 + rate * t),
        "// and int() cut off what stands after the decimal point; use /.",
    ),
)


def _one_step_after_the_other(alpha0, t, rate):
    alpha = alpha0
    for k in range(t):
        alpha = alpha * (1 + rate * k) / (1 + rate * (k + 1))
    return alpha


EQUIVALENTS = {
    "a product with the inverse": lambda alpha0, t, rate: alpha0 * (1.0 + t * rate) ** -1,
    "numpy functions": lambda alpha0, t, rate: np.divide(alpha0, np.add(1, np.multiply(rate, t))),
    "an array without axes": lambda alpha0, t, rate: np.array(alpha0) / np.array(1 + rate * t),
    "the inverse rises on a line": lambda alpha0, t, rate: 1 / (1 / alpha0 + rate / alpha0 * t),
    "one step after the other": _one_step_after_the_other,
}

QUESTION = Question(
    name="decayed_step_size",
    points=1,
    arguments={"alpha0": "", "t": "", "rate": ""},
    results=(
        Result(
            "alpha", ask="What should come out at t = 0, and what at t = 1/rate?", formula="α_t = α_0 / (1 + rate · t)."
        ),
    ),
    reference=reference,
    families={
        "an early step": partial(_draw, t=(2, 5)),
        "a later step": partial(_draw, t=(6, 12)),
        "a small rate": partial(_draw, t=(20, 40), rate=(0.005, 0.02)),
        "a large rate": partial(_draw, rate=(1.5, 3)),
        "a large step size": partial(_draw, alpha0=(20, 50)),
    },
    edges={
        "the first step (t = 0)": partial(_draw, t=(0, 1)),
        "the second step (t = 1)": partial(_draw, t=(1, 2)),
        "rate = 0": partial(_draw, rate=(0, 0)),
        "whole numbers": _draw_whole_numbers,
        "a very late step": partial(_draw, t=(500, 5000)),
    },
    mistakes=MISTAKES,
    equivalents=EQUIVALENTS,
)
