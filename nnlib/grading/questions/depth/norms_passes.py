"""Forward and backward pass of a network whose square layers skip, taken apart so that one part can be exchanged."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nnlib.grading.questions.backprop.sigmas import sigma_of, slope_of

Array = np.ndarray


@dataclass(frozen=True)
class Record:
    """What a backward pass has at hand at layer i when its norm is taken.

    Attributes:
        Z_prev: z_{i-1}.
        A: a_i.
        dZ: ∂L/∂z_i.
        delta: δ_i = ∂L/∂a_i.
        dZ_prev: ∂L/∂z_{i-1}.
    """

    Z_prev: Array
    A: Array
    dZ: Array
    delta: Array
    dZ_prev: Array


def square(i: int, Ws: list[Array], skip: bool) -> bool:
    """Layer i, counted from 0, adds its input to its output."""
    return bool(skip) and Ws[i].shape[0] == Ws[i].shape[1]


def output_gradient(Z_L: Array, Y: Array) -> Array:
    """∂L/∂z_L = (z_L - y)/m."""
    return (Z_L - Y) / len(Y)


def norms_with(
    *,
    pre_activation: Callable = lambda Z, W, b: Z @ W.T + b,
    activation: Callable = sigma_of,
    skips: Callable = square,
    skips_back: Callable | None = None,
    join: Callable = lambda Z_prev, Z: Z_prev + Z,
    first: Callable = output_gradient,
    slope: Callable = slope_of,
    slope_at: Callable = lambda As, Zs, i: As[i],
    back: Callable = lambda delta, W: delta @ W,
    join_back: Callable = lambda dZ, delta, branch: dZ + branch,
    measure: Callable = lambda record: np.linalg.norm(record.delta),
    in_the_end: Callable = list,
) -> Callable:
    """The norms with one part exchanged; `skips_back` is the same as `skips` where none is given."""

    def gradient_norms(X, Y, Ws, bs, sigmas, skip):
        L = len(Ws)
        As, Zs = [], [X]
        for i in range(L):
            As.append(pre_activation(Zs[i], Ws[i], bs[i]))
            Z = activation(sigmas[i], As[i])
            Zs.append(join(Zs[i], Z) if skips(i, Ws, skip) else Z)
        dZ = first(Zs[-1], Y)
        norms = []
        for i in reversed(range(L)):
            delta = dZ * slope(sigmas[i], slope_at(As, Zs, i))
            branch = back(delta, Ws[i])
            dZ_prev = join_back(dZ, delta, branch) if (skips_back or skips)(i, Ws, skip) else branch
            norms.insert(0, measure(Record(Zs[i], As[i], dZ, delta, dZ_prev)))
            dZ = dZ_prev
        return in_the_end(norms)

    return gradient_norms


reference = norms_with()
