"""The step size and the momentum with the smallest worst rate on a quadratic."""

from collections.abc import Callable
from functools import partial
from math import sqrt

import numpy as np

from nnlib.grading.question import Mistake, Question, Result


def best_alpha(lam_min, lam_max):
    """4 / (√λ_max + √λ_min)²."""
    return 4 / (np.sqrt(lam_max) + np.sqrt(lam_min)) ** 2


def best_beta(lam_min, lam_max):
    """((√κ - 1) / (√κ + 1))²."""
    root = np.sqrt(lam_max / lam_min)
    return ((root - 1) / (root + 1)) ** 2


def reference(lam_min, lam_max):
    """(α, β) with which both ends stand between creeping and swinging, or flipping."""
    return best_alpha(lam_min, lam_max), best_beta(lam_min, lam_max)


def _draw(rng: np.random.Generator, low: float, high: float, kappas: tuple[float, float]) -> tuple:
    lam_min = rng.uniform(low, high)
    return float(lam_min), float(lam_min * rng.uniform(*kappas))


def _draw_equal(rng: np.random.Generator) -> tuple:
    lam = float(rng.uniform(0.2, 5))
    return lam, lam


def _draw_integers(rng: np.random.Generator) -> tuple:
    lam_min = int(rng.integers(1, 4))
    return lam_min, lam_min + int(rng.integers(2, 20))


def _draw_numpy(rng: np.random.Generator) -> tuple:
    return tuple(np.array(_draw(rng, 0.3, 2, (3, 30))))


def _with_alpha(alpha: Callable) -> Callable:
    return lambda lam_min, lam_max: (alpha(lam_min, lam_max), best_beta(lam_min, lam_max))


def _with_beta(beta: Callable) -> Callable:
    return lambda lam_min, lam_max: (best_alpha(lam_min, lam_max), beta(lam_min, lam_max))


def _in_kappa(beta: Callable) -> Callable:
    return _with_beta(lambda lam_min, lam_max: beta(lam_max / lam_min))


def _worst_rate(lam_min, lam_max, alpha, beta):
    """The larger rate of the two ends, for arrays of α and β."""
    rates = []
    for lam in (lam_min, lam_max):
        half_trace = (1 + beta - alpha * lam) / 2
        discriminant = half_trace**2 - beta
        real = np.abs(half_trace) + np.sqrt(np.maximum(discriminant, 0))
        rates.append(np.where(discriminant < 0, np.sqrt(beta), real))
    return np.maximum(*rates)


def _search(lam_min, lam_max):
    alpha, beta = np.meshgrid(np.arange(1, 400 / lam_max) / 100, np.arange(100) / 100, indexing="ij")
    best = _worst_rate(lam_min, lam_max, alpha, beta).argmin()
    return alpha.flat[best], beta.flat[best]


MISTAKES = (
    Mistake(
        "the best step size without momentum",
        _with_alpha(lambda lam_min, lam_max: 2 / (lam_min + lam_max)),
        "2/(λ_min + λ_max) is the best α for β = 0. With momentum, √(α λ_min) = 1 - √β and √(α λ_max) = 1 + √β.",
    ),
    Mistake(
        "plain gradient descent",
        lambda lam_min, lam_max: (2 / (lam_min + lam_max), 0.0),
        "This is the best that plain descent can do. With momentum the rate can be smaller: "
        "√(α λ_min) = 1 - √β and √(α λ_max) = 1 + √β.",
    ),
    Mistake(
        "the roots are missing",
        lambda lam_min, lam_max: (
            4 / (lam_max + lam_min) ** 2,
            ((lam_max - lam_min) / (lam_max + lam_min)) ** 2,
        ),
        "Momentum puts √κ in the place of κ: take the square roots of λ_min and λ_max first.",
    ),
    Mistake(
        "the roots are missing in alpha",
        _with_alpha(lambda lam_min, lam_max: 4 / (lam_max + lam_min) ** 2),
        "Your alpha has λ where √λ belongs: add √λ_max and √λ_min, then square.",
    ),
    Mistake(
        "the root of the sum in alpha",
        _with_alpha(lambda lam_min, lam_max: 4 / (lam_max + lam_min)),
        "The sum of the roots is not the root of the sum: take both roots first, then add, then square.",
    ),
    Mistake(
        "2 instead of 4 in alpha",
        _with_alpha(lambda lam_min, lam_max: 2 * best_alpha(lam_min, lam_max) / 4),
        "√α (√λ_max + √λ_min) = 2. Now square both sides, the 2 too.",
    ),
    Mistake(
        "the 4 of alpha is missing",
        _with_alpha(lambda lam_min, lam_max: best_alpha(lam_min, lam_max) / 4),
        "√α (√λ_max + √λ_min) = 2: squaring the 2 gives a 4 above.",
    ),
    Mistake(
        "alpha is not squared",
        _with_alpha(lambda lam_min, lam_max: np.sqrt(best_alpha(lam_min, lam_max))),
        "2/(√λ_max + √λ_min) is √α: square it.",
    ),
    Mistake(
        "4 over a sum that is not squared",
        _with_alpha(lambda lam_min, lam_max: 4 / (np.sqrt(lam_max) + np.sqrt(lam_min))),
        "Square the sum of the roots in alpha.",
    ),
    Mistake(
        "the difference of the roots in alpha",
        _with_alpha(lambda lam_min, lam_max: 4 / (np.sqrt(lam_max) - np.sqrt(lam_min)) ** 2),
        "Adding √(α λ_min) = 1 - √β and √(α λ_max) = 1 + √β makes β vanish: the sum of the roots stands below.",
    ),
    Mistake(
        "the size of λ is missing in alpha",
        _with_alpha(lambda lam_min, lam_max: 4 / (np.sqrt(lam_max / lam_min) + 1) ** 2),
        "4/(√κ + 1)² is α λ_min: divide by λ_min. If all λ double, α halves.",
    ),
    Mistake(
        "the limit of plain descent in alpha",
        _with_alpha(lambda lam_min, lam_max: 2 / lam_max),
        "2/λ_max is where plain descent begins to diverge; the best α depends on both ends, λ_min too.",
    ),
    Mistake(
        "the limit of convergence in alpha",
        _with_alpha(lambda lam_min, lam_max: 2 * (1 + best_beta(lam_min, lam_max)) / lam_max),
        "At 2(1 + β)/λ_max the steep direction does not shrink at all. The best α is the one with √(α λ_max) = 1 + √β.",
    ),
    Mistake(
        "1/λ_max in alpha",
        _with_alpha(lambda lam_min, lam_max: 1 / lam_max),
        "1/λ_max is a careful choice, not the best one: with momentum √(α λ_max) = 1 + √β, which is more than 1.",
    ),
    Mistake(
        "the alpha of the moving average",
        _with_alpha(lambda lam_min, lam_max: best_alpha(lam_min, lam_max) / (1 - best_beta(lam_min, lam_max))),
        "1/√(λ_min λ_max) is α/(1 - β), which is for the moving average; the lecture's rule takes α itself.",
    ),
    Mistake(
        "beta is not squared",
        _in_kappa(lambda kappa: (np.sqrt(kappa) - 1) / (np.sqrt(kappa) + 1)),
        "(√κ - 1)/(√κ + 1) is the rate, which is √β: square it.",
    ),
    Mistake(
        "κ instead of √κ in beta",
        _in_kappa(lambda kappa: ((kappa - 1) / (kappa + 1)) ** 2),
        "Momentum puts √κ in the place of κ: take the square root first.",
    ),
    Mistake(
        "beta is the rate of plain descent",
        _in_kappa(lambda kappa: (kappa - 1) / (kappa + 1)),
        "(κ - 1)/(κ + 1) is the rate of plain descent. β has √κ in the place of κ, and a square.",
    ),
    Mistake(
        "beta is upside down",
        _in_kappa(lambda kappa: ((np.sqrt(kappa) + 1) / np.maximum(np.sqrt(kappa) - 1, 1e-9)) ** 2),
        "Your β is larger than 1: √κ - 1 belongs above, √κ + 1 below.",
    ),
    Mistake(
        "1 minus the best beta",
        _in_kappa(lambda kappa: 1 - ((np.sqrt(kappa) - 1) / (np.sqrt(kappa) + 1)) ** 2),
        "β is the part of G that is kept, not the part that is lost.",
    ),
    Mistake(
        "the ends' equation without its root",
        _with_beta(lambda lam_min, lam_max: (1 - best_alpha(lam_min, lam_max) * lam_min) ** 2),
        "The critical β is (1 - √(α λ_min))²: the root of α λ_min, then 1 minus it, then the square.",
    ),
    Mistake(
        "always beta = 0.9",
        _with_beta(lambda lam_min, lam_max: 0.9),
        "0.9 is the best for κ ≈ 1400 only: β depends on λ_max/λ_min.",
    ),
    Mistake(
        "no momentum",
        _with_beta(lambda lam_min, lam_max: 0.0),
        "β = 0 is the best only if λ_min = λ_max.",
    ),
    Mistake(
        "Nesterov's pair",
        lambda lam_min, lam_max: (
            1 / lam_max,
            (np.sqrt(lam_max / lam_min) - 1) / (np.sqrt(lam_max / lam_min) + 1),
        ),
        "These α and β belong to Nesterov's momentum. For the lecture's rule, "
        "√(α λ_min) = 1 - √β and √(α λ_max) = 1 + √β.",
    ),
    Mistake(
        "a search in steps of 0.01 in place of the formula",
        _search,
        "A search is only as exact as its steps and earns half the points: solve the two equations for α and β.",
        share=0.5,
    ),
    Mistake(
        "beta before alpha",
        lambda lam_min, lam_max: reference(lam_min, lam_max)[::-1],
        "Return them in the order (alpha, beta).",
    ),
)


def _both_ends(lam_min, lam_max):
    beta = (1 - 2 / (1 + sqrt(lam_max / lam_min))) ** 2
    return (1 + sqrt(beta)) ** 2 / lam_max, beta


def _flat_end(lam_min, lam_max):
    flat, steep = lam_min**0.5, lam_max**0.5
    alpha = (2 / (flat + steep)) ** 2
    return [alpha, (1 - (alpha * lam_min) ** 0.5) ** 2]


def _multiplied_out(lam_min, lam_max):
    mixed = 2 * np.sqrt(lam_min * lam_max)
    total = lam_min + lam_max
    return np.array(4 / (total + mixed)), np.array((total - mixed) / (total + mixed))


EQUIVALENTS = {
    "beta first": _both_ends,
    "alpha first": _flat_end,
    "the squares multiplied out": _multiplied_out,
    "the inverse of κ": lambda lam_min, lam_max: (
        4 / lam_max / (1 + (lam_min / lam_max) ** 0.5) ** 2,
        ((1 - (lam_min / lam_max) ** 0.5) / (1 + (lam_min / lam_max) ** 0.5)) ** 2,
    ),
}

QUESTION = Question(
    name="best_momentum",
    points=2,
    arguments={"lam_min": "", "lam_max": ""},
    results=(
        Result(
            "alpha",
            ask="Add the two equations: what is left of β?",
            formula="√(α λ_min) = 1 - √β and √(α λ_max) = 1 + √β, so α = (2 / (√λ_max + √λ_min))².",
        ),
        Result(
            "beta",
            ask="Subtract one equation from the other: what is √β?",
            formula="√(α λ_min) = 1 - √β and √(α λ_max) = 1 + √β, so √β = (√λ_max - √λ_min) / (√λ_max + √λ_min).",
        ),
    ),
    reference=reference,
    families={
        "round level lines": partial(_draw, low=0.3, high=0.8, kappas=(2, 4)),
        "a ravine": partial(_draw, low=1.2, high=3, kappas=(6, 20)),
        "a narrow ravine": partial(_draw, low=0.05, high=0.2, kappas=(50, 500)),
    },
    edges={
        "λ_min = λ_max": _draw_equal,
        "κ of a million": partial(_draw, low=1e-5, high=1e-4, kappas=(0.9e6, 1.1e6)),
        "integers": _draw_integers,
        "numpy numbers": _draw_numpy,
    },
    mistakes=MISTAKES,
    equivalents=EQUIVALENTS,
)
