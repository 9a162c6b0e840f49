"""What a choice of features does to the squared loss of a linear model: numbers only."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nnlib.normalization import PCA, UnitScaling

TARGET = 0.01
"""Gradient descent has arrived when ‖w - w*‖ has fallen to this part of what it was at the start."""

CIRCLE = np.exp(1j * np.linspace(0, 2 * np.pi, 61)).view(float).reshape(-1, 2)
"""Points of the unit circle, (61, 2)."""


@dataclass(frozen=True)
class Conditioning:
    """The features of the samples, and how hard they make it for gradient descent.

    Attributes:
        X: (n, 2), the features.
        H: (2, 2), the Hessian of the loss.
        lams: (2,), its eigenvalues, ascending.
        Q: (2, 2), its eigenvectors in the columns: H = Q Λ Qᵀ.
    """

    X: np.ndarray
    H: np.ndarray
    lams: np.ndarray
    Q: np.ndarray

    @property
    def kappa(self) -> float:
        """κ = λ_max / λ_min, the condition number of H."""
        return float(self.lams[1] / self.lams[0])

    @property
    def step_size(self) -> float:
        """The best α = 2 / (λ_min + λ_max)."""
        return float(2 / self.lams.sum())

    @property
    def steps(self) -> int:
        """Steps of gradient descent with the best α until ‖w - w*‖ has fallen to `TARGET`."""
        return steps_needed(self.kappa)


def conditioning(X: np.ndarray) -> Conditioning:
    """The Hessian H = (1/n) XᵀX of L(w) = 1/(2n) ‖Xw - y‖², which does not depend on y, and its eigenvalues.

    >>> conditioning(np.array([[2.0, 0.0], [0.0, 1.0]])).kappa
    4.0
    """
    H = X.T @ X / len(X)
    return Conditioning(X, H, *np.linalg.eigh(H))


def steps_needed(kappa: float, target: float = TARGET) -> int:
    """Steps with the best α until ‖w - w*‖ ≤ target · ‖w_0 - w*‖, from the worst start.

    Every step multiplies the error by (κ - 1)/(κ + 1) at most. With two weights it is exactly that, from any start.

    >>> steps_needed(1), steps_needed(3), steps_needed(100)
    (1, 7, 231)
    """
    rate = (kappa - 1) / (kappa + 1)
    # a whitened κ is 1 up to rounding
    return 1 if rate <= target else math.ceil(math.log(target) / math.log(rate))


def cloud(n: int = 80, seed: int = 0) -> np.ndarray:
    """(n, 2): random points, corrected to have mean 0 and the unit matrix as covariance exactly.

    >>> Z = cloud(50)
    >>> bool(np.allclose(Z.mean(axis=0), 0)), bool(np.allclose(Z.T @ Z / 50, np.eye(2)))
    (True, True)
    """
    X = np.random.default_rng(seed).normal(size=(n, 2))
    return PCA(X, unit_variance=True)(X)


def raw_features(Z: np.ndarray, stretch: float, theta: float, mean: float) -> np.ndarray:
    """The cloud Z (n, 2) made an ellipse, turned and moved.

    Args:
        Z: (n, 2) of mean 0 and unit covariance.
        stretch: s ≥ 1, the ratio of the standard deviations along and across, which are 1 and 1/s.
        theta: θ, the angle of the long axis, in degrees.
        mean: μ, the mean of both features.

    >>> np.cov(raw_features(cloud(), 4.0, 90.0, 2.0).T, bias=True).round(4) + 0.0
    array([[0.0625, 0.    ],
           [0.    , 1.    ]])
    """
    angle = np.radians(theta)
    long, across = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    return Z[:, :1] * long + Z[:, 1:] / stretch * across + mean


def stages(X: np.ndarray) -> tuple[Conditioning, ...]:
    """Raw features, then scaled to [0, 1], then also de-correlated by PCA, then also with unit variance.

    >>> [round(stage.kappa) for stage in stages(raw_features(cloud(), 5.0, 45.0, 0.0))][::3]
    [25, 1]
    """
    scaled = UnitScaling(X)(X)
    pca = PCA(scaled)
    decorrelated = pca(scaled)
    return tuple(map(conditioning, (X, scaled, decorrelated, decorrelated / np.sqrt(pca.variances))))


def descent(stage: Conditioning, error_0: np.ndarray, steps: int) -> np.ndarray:
    """The errors w_t - w* of gradient descent with the best α, for t = 0, …, steps: (steps + 1, 2).

    The gradient is H (w - w*), so each step multiplies the part of the error along an eigenvector by 1 - α λ.

    >>> descent(conditioning(np.diag([1.0, 2.0])), np.array([5.0, 0.0]), 2).round(6).tolist()
    [[5.0, 0.0], [3.0, 0.0], [1.8, 0.0]]
    """
    t = np.arange(steps + 1)[:, None]
    return ((1 - stage.step_size * stage.lams) ** t * (error_0 @ stage.Q)) @ stage.Q.T


def contours(stage: Conditioning, through: np.ndarray) -> np.ndarray:
    """The ellipses of equal loss around w* which go through the errors `through` (k, 2): (k, 61, 2).

    eᵀ H e is the same for all points e of one: a circle, divided by √λ along each eigenvector.

    >>> e = contours(conditioning(np.diag([1.0, 2.0])), np.array([[2.0, 0.0]]))
    >>> bool(np.allclose(e[..., 0] ** 2 + 4 * e[..., 1] ** 2, 4))
    True
    """
    sizes = np.sqrt(np.sum(through @ stage.H * through, axis=1))
    return sizes[:, None, None] * ((CIRCLE / np.sqrt(stage.lams)) @ stage.Q.T)


def principal_axes(stages: Sequence[Conditioning]) -> np.ndarray:
    """Of each stage, the ends of two lines through the mean, along each eigenvector of the covariance matrix.

    Each arm is two standard deviations long; the axes of the result are stage, line, end, x_1 or x_2.

    >>> principal_axes([conditioning(np.array([[1.0, 0.0], [-1.0, 0.0]]))])[0, 1].tolist()
    [[-2.0, 0.0], [2.0, 0.0]]
    """
    means = np.array([stage.X.mean(axis=0) for stage in stages])
    covariances = np.array([stage.H for stage in stages]) - means[:, :, None] * means[:, None, :]
    # the rounding keeps whitened axes, of which none is special, from turning at random
    variances, V = np.linalg.eigh(covariances.round(12))
    arms = 2 * np.sqrt(np.maximum(variances, 0))[:, :, None] * V.swapaxes(1, 2)
    return means[:, None, None] + np.stack([-arms, arms], axis=2)
