"""Gradient descent on a list of arrays, and step-size schedules: functions of the step t = 0, 1, 2, …"""

from collections.abc import Callable, Sequence

import numpy as np

Schedule = Callable[[int], float]


class SGD:
    """(Stochastic) gradient descent with the lecture's momentum: G ← βG + ∂L/∂W, then W ← W - αG.

    The optimizer knows arrays, not networks: the same one drives a network and a point on a surface.

    Beware: "momentum" has two other meanings elsewhere. With α inside the buffer, G ← βG - α ∂L/∂W, W ← W + G
    (Sutskever et al. 2013), the path is the same only while α does not change. The moving average
    G ← βG + (1-β) ∂L/∂W makes steps 1/(1-β) times shorter.

    Args:
        params: the arrays to change, in place.
        step_size: α, a number or a schedule t → α.
        momentum: β in [0, 1); the buffers G start at 0.

    Source: Lecture, optimization tricks.

    >>> w = np.array([1.0])
    >>> optimizer = SGD([w], step_size=0.1, momentum=0.5)
    >>> for _ in range(2):
    ...     optimizer.step([2 * w])  # the gradient of w²
    >>> w  # 1 - 0.1·2 = 0.8, then 0.8 - 0.1·(0.5·2 + 1.6) = 0.54
    array([0.54])
    """

    def __init__(self, params: Sequence[np.ndarray], step_size: float | Schedule = 0.1, momentum: float = 0.0) -> None:
        if not 0 <= momentum < 1:
            raise ValueError(f"momentum is {momentum}; expected 0 <= momentum < 1")
        self.params = list(params)
        self.schedule = step_size if callable(step_size) else lambda t: step_size
        self.momentum = momentum
        self.velocities = [np.zeros_like(W) for W in self.params]
        self._moves = [np.empty_like(W) for W in self.params]
        self.t = 0

    @property
    def step_size(self) -> float:
        """α of the next step."""
        return float(self.schedule(self.t))

    def step(self, grads: Sequence[np.ndarray]) -> None:
        """One update of every array, with the gradients in the same order."""
        step_size = self.step_size
        for W, G, move, gradient in zip(self.params, self.velocities, self._moves, grads, strict=True):
            G *= self.momentum
            G += gradient
            W -= np.multiply(step_size, G, out=move)
        self.t += 1


def inverse_decay(step_size: float, rate: float) -> Schedule:
    """α_t = α_0 / (1 + rate · t). Source: Lecture, "reduce the step size during optimization".

    >>> inverse_decay(0.5, rate=0.1)(10)
    0.25
    """
    return lambda t: step_size / (1 + rate * t)


def step_decay(step_size: float, factor: float, every: int) -> Schedule:
    """α_t = α_0 · factor^⌊t / every⌋.

    >>> [step_decay(1.0, factor=0.5, every=2)(t) for t in range(5)]
    [1.0, 1.0, 0.5, 0.5, 0.25]
    """
    return lambda t: step_size * factor ** (t // every)
