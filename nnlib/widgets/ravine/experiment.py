"""Gradient descent on the quadratic ½ wᵀHw, with momentum, schedules and noise; and what theory says about it."""

from collections.abc import Callable

import numpy as np

from nnlib.optimizers import SGD

LAM = np.array([1.0, 9.0])
"""λ_1 and λ_2 of the ravine, so simple that all its best values, 1/5, 2/9 and 1/4, can be found in the head."""

ANGLE = np.pi / 6
"""From the w_1 axis to the flat direction."""


def ravine(lam: np.ndarray = LAM, angle: float = ANGLE) -> tuple[np.ndarray, np.ndarray]:
    """H and Q of a quadratic in two dimensions: H = Q diag(λ) Qᵀ, with the eigen-directions in the columns of Q.

    >>> H, Q = ravine(np.array([1.0, 3.0]), angle=np.pi / 4)
    >>> H.round(9).tolist()
    [[2.0, -1.0], [-1.0, 2.0]]
    """
    Q = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return (Q * lam) @ Q.T, Q


def iterates(
    H: np.ndarray,
    w_0: np.ndarray,
    step_size: float | Callable[[int], float],
    beta: float = 0.0,
    *,
    steps: int,
    noise: np.ndarray | None = None,
) -> np.ndarray:
    """The path w_0, …, w_steps of G ← βG + g, w ← w - αG with g = Hw: (steps + 1, d).

    Args:
        H: symmetric, (d, d).
        w_0: the start, (d,).
        step_size: α, a number or a schedule t → α.
        beta: β; 0 is plain gradient descent.
        steps: how many.
        noise: what is added to each gradient, (steps, d); None adds nothing.

    >>> iterates(np.diag([1.0, 2.0]), np.array([8.0, 8.0]), 0.5, steps=2).tolist()
    [[8.0, 8.0], [4.0, 0.0], [2.0, 0.0]]
    """
    w = np.array(w_0, float)
    path = np.empty((steps + 1, len(w)))
    path[0] = w
    optimizer = SGD([w], step_size, beta)
    for t in range(steps):
        gradient = H @ w if noise is None else H @ w + noise[t]
        optimizer.step([gradient])
        path[t + 1] = w
    return path


def loss_by_direction(path: np.ndarray, lam: np.ndarray, Q: np.ndarray) -> np.ndarray:
    """The share ½ λ_i q_i² of each eigen-direction in the loss ½ wᵀHw, where q = Qᵀw: (steps + 1, d).

    >>> loss_by_direction(np.array([[2.0, 1.0]]), np.array([1.0, 9.0]), np.eye(2)).tolist()
    [[2.0, 4.5]]
    """
    return lam * (path @ Q) ** 2 / 2


def largest_stable_step(lam: np.ndarray, beta: float = 0.0) -> float:
    """Gradient descent with momentum β converges for 0 < α < 2(1 + β)/λ_max.

    >>> largest_stable_step(np.array([1.0, 4.0])), largest_stable_step(np.array([1.0, 4.0]), beta=0.5)
    (0.5, 0.75)
    """
    return float(2 * (1 + beta) / np.max(lam))


def best_step(lam: np.ndarray) -> float:
    """The constant α with the smallest worst factor |1 - αλ_i|: 2/(λ_min + λ_max).

    >>> best_step(np.array([1.0, 9.0]))
    0.2
    """
    return float(2 / (np.min(lam) + np.max(lam)))


def best_momentum(lam: np.ndarray) -> tuple[float, float]:
    """The α and β with the smallest worst rate on the quadratic (Polyak 1964).

    >>> best_momentum(np.array([1.0, 9.0]))
    (0.25, 0.25)
    """
    flat, steep = np.sqrt(np.min(lam)), np.sqrt(np.max(lam))
    return float(4 / (flat + steep) ** 2), float(((steep - flat) / (steep + flat)) ** 2)


def momentum_rate(alpha_lam: float | np.ndarray, beta: float | np.ndarray) -> float | np.ndarray:
    """The factor by which w shrinks a step in an eigen-direction, in the long run.

    It is the larger |r| of the two solutions of r² - (1 + β - αλ) r + β = 0, the eigenvalues of
    [[1 - αλ, -β], [αλ, β]]; √β where they are complex.

    Args:
        alpha_lam: α·λ, of any shape.
        beta: β, of a shape that fits.

    >>> momentum_rate(0.2, 0.0), momentum_rate(1.0, 0.25)
    (0.8, 0.5)
    """
    half_trace = (1 + beta - alpha_lam) / 2
    discriminant = half_trace**2 - beta
    real = np.abs(half_trace) + np.sqrt(np.maximum(discriminant, 0))
    rate = np.where(discriminant < 0, np.sqrt(beta), real)
    return rate if rate.ndim else float(rate)


def regime(alpha_lam: float, beta: float) -> str:
    """What a direction does, in a word.

    "diverges"; "stalls" on the limit α·λ = 2(1 + β); "swings" where the two r are complex; "creeps" where they are
    real and positive; "flips" where they are real and the larger is negative; "critical" where they are equal.

    >>> [regime(x, 0.25) for x in (0.1, 0.25, 1.0, 2.25, 2.4, 2.5, 2.6)]
    ['creeps', 'critical', 'swings', 'critical', 'flips', 'stalls', 'diverges']
    """
    # sliders give 0.30000000000000004 for 0.3
    to_limit = round(2 * (1 + beta) - alpha_lam, 9)
    if to_limit <= 0:
        return "diverges" if to_limit else "stalls"
    half_trace = round((1 + beta - alpha_lam) / 2, 9)
    discriminant = round(half_trace**2 - beta, 9)
    if discriminant == 0:
        return "critical"
    if discriminant < 0:
        return "swings"
    return "creeps" if half_trace > 0 else "flips"
