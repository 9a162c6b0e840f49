"""σ and σ' by name, and what students write in place of σ'."""

from collections.abc import Callable

import numpy as np

from nnlib.activations import ACTIVATIONS
from nnlib.grading.question import Mistake

CURVED = ("tanh", "sigmoid")


def sigma_of(name: str, A: np.ndarray) -> np.ndarray:
    """σ(a)."""
    return ACTIVATIONS[name].sigma(A)


def slope_of(name: str, A: np.ndarray) -> np.ndarray:
    """σ'(a)."""
    return ACTIVATIONS[name].sigma_prime(A)


def slope_from_output(name: str, Z: np.ndarray) -> np.ndarray:
    """σ' written in terms of z = σ(a), as 1 - z² for tanh: right for z, wrong when it is given a."""
    match name:
        case "tanh":
            return 1 - Z**2
        case "sigmoid":
            return Z * (1 - Z)
        case "relu":
            return (Z > 0) * 1.0
    return np.ones(Z.shape)


def one_sided_slope(name: str, A: np.ndarray, h: float) -> np.ndarray:
    """(σ(a + h) - σ(a)) / h."""
    return (sigma_of(name, A + h) - sigma_of(name, A)) / h


def central_slope(name: str, A: np.ndarray, h: float) -> np.ndarray:
    """(σ(a + h) - σ(a - h)) / 2h."""
    return (sigma_of(name, A + h) - sigma_of(name, A - h)) / (2 * h)


def finite_differences(answer_with: Callable[[Callable], Callable]) -> tuple[Mistake, ...]:
    """Mistakes that are visible above the tolerance: a difference quotient in place of σ', with the usual h.

    Args:
        answer_with: makes an answer from a function (name, A) -> slope.
    """

    def mistake(kind: str, quotient: Callable, h: float) -> Mistake:
        return Mistake(
            f"a {kind} difference with h = {h:g} in place of σ'",
            answer_with(lambda name, A: quotient(name, A, h)),
            "A finite difference earns half the points: use the formula of σ'.",
            share=0.5,
        )

    one_sided = [mistake("one-sided", one_sided_slope, h) for h in (1e-2, 1e-3, 1e-4, 1e-5)]
    return (*one_sided, *(mistake("central", central_slope, h) for h in (1e-1, 1e-2)))
