"""Mini-batch gradients and SGD on a linear model with two weights: numbers that can be drawn in the plane.

Nothing here knows of pictures or sliders. Same arguments, same numbers.
"""

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from nnlib.data import minibatches

FAR_AWAY = 1e6


@dataclass(frozen=True, eq=False)
class LinearModel:
    """The training loss L(w) = 1/n Σ ½ (x_i·w - y_i)² of h(x) = x·w: X (n, 2), y (n,).

    >>> model = LinearModel(np.eye(2), np.array([1.0, 3.0]))
    >>> model.w_star, model.gradient(np.zeros(2)), model.excess_loss(np.zeros((1, 2)))
    (array([1., 3.]), array([-0.5, -1.5]), array([2.5]))
    """

    X: np.ndarray
    y: np.ndarray

    @property
    def n(self) -> int:
        """The number of training samples."""
        return len(self.X)

    @cached_property
    def H(self) -> np.ndarray:
        """The second derivative of L, (2, 2): 1/n XᵀX, the same at each w."""
        return self.X.T @ self.X / self.n

    @cached_property
    def w_star(self) -> np.ndarray:
        """Where L is smallest, (2,)."""
        return np.linalg.solve(self.H, self.X.T @ self.y / self.n)

    def sample_gradients(self, w: np.ndarray) -> np.ndarray:
        """∇ℓ_i(w) = (x_i·w - y_i) x_i, one a row: (n, 2)."""
        return (self.X @ w - self.y)[:, None] * self.X

    def gradient(self, w: np.ndarray) -> np.ndarray:
        """∇L(w), the mean of them all: (2,)."""
        return self.sample_gradients(w).mean(axis=0)

    def excess_loss(self, W: np.ndarray) -> np.ndarray:
        """L(w) - L(w*) for each row w of W (k, 2), which is ½ (w - w*)ᵀ H (w - w*): (k,)."""
        D = W - self.w_star
        return 0.5 * np.sum(D @ self.H * D, axis=1)


def noisy_line(n: int = 1024, noise: float = 1.0, seed: int = 0) -> LinearModel:
    """n samples y = x·(0.4, -0.2) + noise, with features of different size that go together a little.

    >>> noisy_line().X.shape, noisy_line(noise=0).w_star.round(3)
    ((1024, 2), array([ 0.4, -0.2]))
    """
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 2)) @ np.array([[0.95, 0.25], [0.0, 0.55]])
    return LinearModel(X, X @ np.array([0.4, -0.2]) + noise * rng.normal(size=n))


def minibatch_gradients(
    model: LinearModel, w: np.ndarray, ms: tuple[int, ...], draws: int = 60, seed: int = 0
) -> np.ndarray:
    """The gradients at w of `draws` random mini-batches of each size m: (len(ms), draws, 2).

    The first m samples of a random order are a random mini-batch, so one order gives one of each size.

    Args:
        model: whose loss it is.
        w: the weights, (2,).
        ms: sizes, ascending.
        draws: so many orders.
        seed: of the orders.

    >>> model = LinearModel(np.eye(2), np.array([1.0, 3.0]))
    >>> minibatch_gradients(model, np.zeros(2), (2,), draws=1)
    array([[[-0.5, -1.5]]])
    """
    h11, h12, h22, c1, c2 = _drawn_means(model, ms, draws, seed)
    return np.stack([h11 * w[0] + h12 * w[1] - c1, h12 * w[0] + h22 * w[1] - c2], axis=-1)


def noise_closed_form(gradients: np.ndarray, m: np.ndarray | int, replacement: bool = False) -> np.ndarray:
    """The root mean square of ‖g - ∇L‖ for the gradient g of a random mini-batch of m samples.

    σ/√m if each sample is drawn from all n; without replacement, as in an epoch, times √((n - m)/(n - 1)).
    σ² = 1/n Σ ‖∇ℓ_i - ∇L‖².

    >>> gradients = np.array([[3.0, 4.0], [-3.0, -4.0]])
    >>> [float(noise_closed_form(gradients, m)) for m in (1, 2)]
    [5.0, 0.0]
    """
    n = len(gradients)
    sigma = math.sqrt(np.sum((gradients - gradients.mean(axis=0)) ** 2) / n)
    independent = sigma / np.sqrt(m)
    return independent if replacement else independent * np.sqrt((n - np.asarray(m)) / (n - 1))


def root_mean_square(errors: np.ndarray) -> np.ndarray:
    """√(mean ‖error‖²) over the draws: (..., draws, 2) to (...).

    >>> float(root_mean_square(np.array([[3.0, 4.0], [-4.0, 3.0]])))
    5.0
    """
    return np.sqrt(np.mean(np.sum(errors**2, axis=-1), axis=-1))


@lru_cache(maxsize=256)
def sgd_path(
    model: LinearModel, w_0: tuple[float, float], m: int, step_size: float, steps: int, seed: int = 0
) -> np.ndarray:
    """The iterates w_0, …, w_steps of SGD with mini-batches of m samples, epoch after epoch: (steps + 1, 2).

    A run which goes further than 1e6 ends there, with fewer rows.

    >>> model = LinearModel(np.eye(2), np.array([1.0, 3.0]))
    >>> sgd_path(model, (0.0, 0.0), m=2, step_size=1.0, steps=2)
    array([[0.  , 0.  ],
           [0.5 , 1.5 ],
           [0.75, 2.25]])
    """
    w1, w2 = w_0
    path_1, path_2 = [w1], [w2]
    # plain numbers: for two weights, numpy's calls would take ten times as long
    for h11, h12, h22, c1, c2 in _epoch_means(model, m, steps, seed):
        w1, w2 = w1 - step_size * (h11 * w1 + h12 * w2 - c1), w2 - step_size * (h12 * w1 + h22 * w2 - c2)
        path_1.append(w1)
        path_2.append(w2)
        if not -FAR_AWAY < w1 < FAR_AWAY:
            break
    return np.array([path_1, path_2]).T


def products(model: LinearModel) -> np.ndarray:
    """x₁², x₁x₂, x₂², x₁y and x₂y of each sample, (n, 5): their means over a mini-batch give its gradient at any w.

    The gradient of a mini-batch is (mean of x xᵀ) w - (mean of y x).

    >>> products(LinearModel(np.array([[1.0, 2.0]]), np.array([3.0])))
    array([[1., 2., 4., 3., 6.]])
    """
    x1, x2 = model.X.T
    return np.column_stack([x1 * x1, x1 * x2, x2 * x2, x1 * model.y, x2 * model.y])


@lru_cache(maxsize=64)
def _epoch_means(model: LinearModel, m: int, steps: int, seed: int) -> list[list[float]]:
    """The means of the products over each mini-batch of m, epoch after epoch."""
    of_samples = products(model)
    starts = np.arange(0, model.n, m)
    sizes = np.diff(np.append(starts, model.n))[:, None]
    rng = np.random.default_rng(seed)
    epochs = [
        np.add.reduceat(of_samples.take(np.concatenate(minibatches(model.n, m, rng)), axis=0), starts) / sizes
        for _ in range(math.ceil(steps / len(starts)))
    ]
    return np.concatenate(epochs)[:steps].tolist()


@lru_cache(maxsize=64)
def _drawn_means(model: LinearModel, ms: tuple[int, ...], draws: int, seed: int) -> np.ndarray:
    """The means of the products over the first m samples of each random order: (5, len(ms), draws)."""
    orders = np.random.default_rng(seed).permuted(np.tile(np.arange(model.n), (draws, 1)), axis=1)
    shuffled = products(model).take(orders[:, : ms[-1]], axis=0)
    sums = np.cumsum(np.add.reduceat(shuffled, [0, *ms[:-1]], axis=1), axis=1)
    return np.ascontiguousarray((sums / np.reshape(ms, (-1, 1))).T)
