"""Inputs for the network of one number per layer."""

import numpy as np

from nnlib.grading.question import Family
from nnlib.grading.questions.chain_rule.passes import PARAMETERS, difference_quotient, forward, gradients_with
from nnlib.grading.questions.fixtures import integers, off_zero

Arrays = dict[str, np.ndarray]

CANDIDATES = 200
"""Drawn at once, of which the first good one is taken."""

SMALLEST = {"tanh": 0.1, "relu": 0.1, "identity": 0.1, "sigmoid": 0.03}
"""For ∂z3/∂ of each parameter: what is smaller would drown in the rounding of a difference quotient."""


def draw(rng: np.random.Generator, sigma: str, above: bool = True) -> tuple:
    """(x, y, params, sigma) in which every part can be seen: no derivative is tiny, no unit saturated, relu is on.

    For tanh the loss is bent so strongly that a central difference with h = 0.001 is seen as well.

    Args:
        rng: drawn from.
        sigma: the activation.
        above: whether z3 lies above y or below.
    """
    while True:
        x, *numbers = off_zero(rng, 1 + len(PARAMETERS), CANDIDATES)
        params = dict(zip(PARAMETERS, numbers, strict=True))
        v = forward(x, params, sigma)
        # so near that a one-sided difference with h = 1e-6 is seen, and so far that one with 1e-7 is not
        y = v["z3"] - (1 if above else -1) * rng.uniform(0.25, 0.4, CANDIDATES)
        good = _plain(v, sigma) & _visible(x, params, sigma)
        if sigma == "tanh":
            good &= _error_of_difference(x, y, params, sigma, 1e-3) > 2e-6
        if good.any():
            k = good.argmax()
            return x[k], y[k], {name: numbers[k] for name, numbers in params.items()}, sigma


def _plain(v: Arrays, sigma: str) -> np.ndarray:
    """No pre-activation near 0 or saturated; relu is on."""
    A = np.array([v["a1"], v["a2"]])
    return ((np.abs(A) > 0.3) & (np.abs(A) < 2) & ((A > 0) | (sigma != "relu"))).all(axis=0)


def _visible(x: np.ndarray, params: Arrays, sigma: str) -> np.ndarray:
    by_z3 = gradients_with(change=lambda r, sigma: {"L'": np.ones(len(x))})(x, 0.0, params, sigma)
    return np.abs([*by_z3.values()]).min(axis=0) > SMALLEST[sigma]


def _error_of_difference(x: np.ndarray, y: np.ndarray, params: Arrays, sigma: str, h: float) -> np.ndarray:
    """The largest relative error of a central difference."""
    exact = gradients_with()(x, y, params, sigma)
    measured = difference_quotient(h, central=True)(x, y, params, sigma)
    return np.max([np.abs(measured[name] / exact[name] - 1) for name in PARAMETERS], axis=0)


def draw_integers(rng: np.random.Generator, sigma: str) -> tuple:
    """The same with small whole numbers, in integer arrays."""
    while True:
        x, *numbers = integers(rng, 1 + len(PARAMETERS))
        params = {name: np.array(number) for name, number in zip(PARAMETERS, numbers, strict=True)}
        v = forward(x, params, "relu")
        if min(v["a1"], v["a2"]) > 0 and (sigma == "relu" or v["a2"] < 4):
            return x, v["z3"] - integers(rng)[()], params, sigma


def draw_float32(rng: np.random.Generator, sigma: str) -> tuple:
    """The same in single precision."""
    x, y, params, sigma = draw(rng, sigma)
    return np.float32(x), np.float32(y), {name: np.array(p, np.float32) for name, p in params.items()}, sigma


def draw_off(rng: np.random.Generator, layer: int) -> tuple:
    """A relu that is off in this layer, so that nothing comes through."""
    x, y, params, sigma = draw(rng, "relu")
    lowered = params[f"b{layer}"] - forward(x, params, sigma)[f"a{layer}"] - abs(off_zero(rng))
    return x, y, {**params, f"b{layer}": lowered}, sigma


def without_y(family: Family) -> Family:
    """The same inputs for the forward pass alone."""

    def drawn(rng: np.random.Generator) -> tuple:
        x, _, params, sigma = family(rng)
        return x, params, sigma

    return drawn
