"""The step size beyond which gradient descent on a quadratic diverges."""

from collections.abc import Callable
from functools import partial

import numpy as np

from nnlib.grading.question import Mistake, Question, Result
from nnlib.grading.questions.fixtures import float32
from nnlib.grading.questions.step_size.quadratics import draw_H, draw_whole_H


def reference(H):
    """2/λ_max."""
    return 2 / np.linalg.eigvalsh(H).max()


def _draw(rng: np.random.Generator, d: int, scale: float = 1.0) -> tuple:
    return (draw_H(rng, d, scale),)


def _draw_blocks(rng: np.random.Generator, flat: int, steep: int, flat_first: bool) -> tuple:
    """Two ravines that know nothing of each other: np.linalg.eig lists the eigenvalues of the first one first."""
    blocks = [0.1 * draw_H(rng, flat), draw_H(rng, steep)]
    first, second = blocks if flat_first else reversed(blocks)
    H = np.zeros((flat + steep, flat + steep))
    H[: len(first), : len(first)], H[len(first) :, len(first) :] = first, second
    return (H,)


def _draw_diagonal(rng: np.random.Generator) -> tuple:
    return (np.diag(rng.permutation([rng.uniform(0.3, 0.9), rng.uniform(1, 3), rng.uniform(4, 8)])),)


def _draw_one_weight(rng: np.random.Generator) -> tuple:
    return (rng.uniform(0.3, 8.0, (1, 1)),)


def _draw_equal(rng: np.random.Generator) -> tuple:
    return (rng.uniform(0.3, 8.0) * np.eye(3),)


def _draw_integers(rng: np.random.Generator) -> tuple:
    return (draw_whole_H(rng, 3),)


def _of_eigenvalues(formula: Callable) -> Callable:
    """An answer that is a formula of all eigenvalues, in ascending order."""
    return lambda H: formula(np.linalg.eigvalsh(H))


def _search(h: float, last_stable: bool) -> Mistake:
    which = "" if last_stable else ", to the first that diverges"
    return Mistake(
        f"a search in steps of {h:g}{which} in place of the formula",
        lambda H: h * (np.floor if last_stable else np.ceil)(reference(H) / h),
        "A search finds it only to its own resolution and earns half the points: which eigenvalue of H decides?",
        share=0.5,
    )


MISTAKES = (
    Mistake(
        "the 2 is missing",
        _of_eigenvalues(lambda lam: 1 / lam.max()),
        "At α = 1/λ the steep direction lands on 0 at once; it stays stable until 1 - αλ reaches -1.",
    ),
    Mistake(
        "a factor 2 too many",
        _of_eigenvalues(lambda lam: 4 / lam.max()),
        "The gradient of ½ wᵀHw is Hw: the ½ is gone, and the condition is |1 - αλ| < 1.",
    ),
    Mistake(
        "the smallest eigenvalue in place of the largest",
        _of_eigenvalues(lambda lam: 2 / lam.min()),
        "All directions must have |1 - αλ_i| < 1. Which of them asks for the smallest α?",
    ),
    Mistake(
        "the smallest eigenvalue, and the 2 is missing",
        _of_eigenvalues(lambda lam: 1 / lam.min()),
        "All directions must have |1 - αλ_i| < 1: the steepest sets the limit, and it is reached where 1 - αλ = -1.",
    ),
    Mistake(
        "the best step size instead of the largest stable one",
        _of_eigenvalues(lambda lam: 2 / (lam.min() + lam.max())),
        "2/(λ_min + λ_max) is where both directions are equally fast. Asked is the limit beyond which it diverges.",
    ),
    Mistake(
        "the difference of the eigenvalues",
        _of_eigenvalues(lambda lam: 2 / (lam.max() - lam.min())),
        "Each direction has a condition of its own, |1 - αλ_i| < 1: the limit depends on one eigenvalue only.",
    ),
    Mistake(
        "the sum of the eigenvalues in place of the largest",
        lambda H: 2 / np.trace(H),
        "The trace of H is the sum of all λ_i; the steepest direction alone sets the limit.",
    ),
    Mistake(
        "the mean of the eigenvalues in place of the largest",
        _of_eigenvalues(lambda lam: 2 / lam.mean()),
        "It is not enough that the average direction is stable: the steepest one must be.",
    ),
    Mistake(
        "the determinant in place of the largest eigenvalue",
        lambda H: 2 / np.linalg.det(H),
        "The determinant is the product of all λ_i; the steepest direction alone sets the limit.",
    ),
    Mistake(
        "the largest entry of H in place of its largest eigenvalue",
        lambda H: 2 / np.max(H),
        "The entries of H are its eigenvalues only if H is diagonal: np.linalg.eigvalsh(H) computes them.",
    ),
    Mistake(
        "the smallest diagonal entry of H",
        lambda H: 2 / np.diag(H).min(),
        "The diagonal of H shows the eigenvalues only if H is diagonal, and the largest of them sets the limit.",
    ),
    Mistake(
        "the Frobenius norm in place of the largest eigenvalue",
        lambda H: 2 / np.linalg.norm(H),
        "np.linalg.norm(H) is the root of the sum of all squares; λ_max is np.linalg.norm(H, 2) or from eigvalsh.",
    ),
    Mistake(
        "the largest row sum in place of the largest eigenvalue",
        lambda H: 2 / np.abs(H).sum(axis=1).max(),
        "The largest row sum is a bound: λ_max is at most that large, and mostly smaller.",
    ),
    Mistake(
        "the square of the largest eigenvalue",
        _of_eigenvalues(lambda lam: 2 / lam.max() ** 2),
        "One step multiplies by 1 - αλ: λ itself, not its square.",
    ),
    Mistake(
        "the root of the largest eigenvalue",
        _of_eigenvalues(lambda lam: 2 / np.sqrt(lam.max())),
        "One step multiplies by 1 - αλ: λ itself, not its root.",
    ),
    Mistake(
        "upside down",
        _of_eigenvalues(lambda lam: lam.max() / 2),
        "The steeper the loss, the smaller the step: |1 - αλ| < 1 means αλ < 2.",
    ),
    Mistake(
        "the largest eigenvalue itself",
        _of_eigenvalues(lambda lam: lam.max()),
        "λ_max is the curvature. Which α makes 1 - αλ_max equal to -1?",
    ),
    Mistake(
        "2/κ",
        _of_eigenvalues(lambda lam: 2 * lam.min() / lam.max()),
        "The condition number κ says how many steps it takes; the limit of α depends on λ_max alone.",
    ),
    Mistake(
        "of the wrong sign",
        _of_eigenvalues(lambda lam: -2 / lam.max()),
        "A step size is positive: |1 - αλ| < 1 means 0 < αλ < 2.",
    ),
    Mistake(
        "one step size for each direction",
        _of_eigenvalues(lambda lam: 2 / lam),
        "All directions share one α: return the number that suits the steepest.",
    ),
    Mistake(
        "the first eigenvalue that np.linalg.eig lists",
        lambda H: 2 / np.linalg.eig(H)[0][0],
        "np.linalg.eig lists the eigenvalues in no particular order: take the largest of them.",
    ),
    Mistake(
        "the last eigenvalue that np.linalg.eig lists",
        lambda H: 2 / np.linalg.eig(H)[0][-1],
        "np.linalg.eig lists the eigenvalues in no particular order: take the largest of them.",
    ),
    *(_search(h, last_stable) for h in (1e-2, 1e-3, 1e-4) for last_stable in (True, False)),
)


def _power_iteration(H):
    w = np.linspace(1.0, 2.0, len(H))
    for _ in range(2000):
        w = H @ w
        w = w / np.sqrt(w @ w)
    return 2 / float(w @ H @ w)


def _each_direction(H):
    limits = []
    for lam in np.linalg.eigh(H)[0]:
        limits.append(2.0 / float(lam))
    return min(limits)


EQUIVALENTS = {
    "eig of any matrix": lambda H: 2 / np.max(np.real(np.linalg.eig(H)[0])),
    "the spectral norm": lambda H: 2.0 / np.linalg.norm(H, 2),
    "the largest singular value, an array without axes": lambda H: np.array(2 / np.linalg.svd(H)[1][0]),
    "power iteration": _power_iteration,
    "the smallest of all limits": _each_direction,
    "the spectrum of the inverse": lambda H: 2 * np.linalg.eigvalsh(np.linalg.inv(H)).min(),
}

QUESTION = Question(
    name="largest_stable_step",
    points=2,
    arguments={"H": "(d, d)"},
    results=(
        Result(
            "alpha",
            ask="By which factor does one step multiply the error in the steepest direction, and when does it grow?",
            formula="α = 2 / λ_max, with the largest eigenvalue of H.",
        ),
    ),
    reference=reference,
    families={
        "two weights": partial(_draw, d=2),
        "three weights": partial(_draw, d=3),
        "six weights": partial(_draw, d=6),
        "two ravines, the flat one first": partial(_draw_blocks, flat=2, steep=2, flat_first=True),
        "two ravines, the flat one first, larger": partial(_draw_blocks, flat=3, steep=2, flat_first=True),
        "two ravines, the steep one first": partial(_draw_blocks, flat=2, steep=2, flat_first=False),
        "two ravines, the steep one first, larger": partial(_draw_blocks, flat=2, steep=3, flat_first=False),
    },
    edges={
        "a diagonal H": _draw_diagonal,
        "one weight (d = 1)": _draw_one_weight,
        "equal eigenvalues": _draw_equal,
        "a flat loss, all λ below 1": partial(_draw, d=3, scale=0.01),
        "a steep loss, all λ above 1": partial(_draw, d=3, scale=100),
        "integer arrays": _draw_integers,
        "float32 arrays": float32(partial(_draw, d=3)),
    },
    mistakes=MISTAKES,
    equivalents=EQUIVALENTS,
)
