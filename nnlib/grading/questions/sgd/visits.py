"""Every w that an epoch of SGD may rightly end with, and every w that a wrong one ends with.

A loop goes through the samples in the order in which they lie: X (..., n, d), Y (..., n, k), w (d, k). With other
leading axes it goes through several orders at once.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache
from itertools import combinations_with_replacement as multisets
from itertools import permutations, product
from typing import Any

import numpy as np

from nnlib.grading.comparison import as_numbers
from nnlib.grading.question import OneFaultError
from nnlib.grading.questions.fixtures import cast

Gradient = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
"""(x, y, w) -> what is taken for the gradient of a mini-batch."""

Loop = Callable[[np.ndarray, np.ndarray, np.ndarray, int, float, Gradient], np.ndarray]
"""(X, Y, w, m, step_size, gradient) -> what is taken for w after an epoch."""

FEW = 5
"""Up to so many samples, every order is tried."""

GROUP = 4
TOLERANCE, FLOAT32_TOLERANCE = 1e-6, 1e-5
BELOW_ROUNDING = 1e-13
INPUTS_KEPT = 50


def epoch(X: np.ndarray, Y: np.ndarray, w: np.ndarray, m: int, step_size: float, gradient: Gradient) -> np.ndarray:
    """w after one step for each m samples, in the order in which they lie."""
    for x, y in cut(X, Y, m):
        w = w - step_size * gradient(x, y, w)
    return w


def cut(X: np.ndarray, Y: np.ndarray, m: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The mini-batches: m samples after m samples, and the rest."""
    for start in range(0, X.shape[-2], m):
        yield X[..., start : start + m, :], Y[..., start : start + m, :]


def mean_gradient(x: np.ndarray, y: np.ndarray, w: np.ndarray) -> np.ndarray:
    """1/m xᵀ(x w - y)."""
    return x.swapaxes(-1, -2) @ right_error(x, y, w) / x.shape[-2]


def right_error(x: np.ndarray, y: np.ndarray, w: np.ndarray) -> np.ndarray:
    """x w - y."""
    return x @ w - y


def own_size(x: np.ndarray, y: np.ndarray, n: int, m: int) -> int:
    """The number of samples in the mini-batch."""
    return x.shape[-2]


def one_order_each(n: int, m: int) -> Iterator[Sequence[int]]:
    """One order for each ordered partition into mini-batches: the order inside a mini-batch does not matter.

    >>> list(one_order_each(3, 2))
    [(0, 1, 2), (0, 2, 1), (1, 2, 0)]
    """
    for order in permutations(range(n)):
        if all(list(order[k : k + m]) == sorted(order[k : k + m]) for k in range(0, n, m)):
            yield order


def every_order(n: int, m: int) -> Iterator[Sequence[int]]:
    """All n! of them, for rules to which the order inside a mini-batch matters."""
    return permutations(range(n))


def with_replacement(n: int, m: int) -> Iterator[Sequence[int]]:
    """n draws out of n, not all different: one order each.

    >>> list(with_replacement(2, 1))
    [(0, 0), (1, 1)]
    """
    sizes = [min(m, n - start) for start in range(0, n, m)]
    for batches in product(*(multisets(range(n), size) for size in sizes)):
        order = sum(batches, ())
        if len(set(order)) < n:
            yield order


@dataclass(frozen=True)
class Visit:
    """A way to visit all samples, and the orders in which they may come.

    Attributes:
        loop: what it does with the samples and with the gradient of a mini-batch, which is xᵀ error / size.
        error: (x, y, w) -> the error.
        size: (x, y, n, m) -> by what the sum over the samples is divided.
        orders: (n, m) -> the orders that may lead to different results; the first one stands for all of them.
        apart: whether Y has any order of its own; then the reverse one stands for all.
    """

    loop: Loop = epoch
    error: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray] = right_error
    size: Callable[[np.ndarray, np.ndarray, int, int], float] = own_size
    orders: Callable[[int, int], Iterator[Sequence[int]]] = one_order_each
    apart: bool = False

    def ends(self, X: np.ndarray, Y: np.ndarray, w: np.ndarray, m: int, step_size: float) -> np.ndarray:
        """Where the orders lead, (number of orders, d, k)."""
        orders = _listed(self.orders, len(X), m)
        if not orders.size:
            return np.empty((0, *w.shape))
        of_Y = orders
        if self.apart:
            orders, of_Y = _pairs(orders, _listed(every_order, len(X), m)[::-1])
        ends = np.empty((len(orders), *w.shape))
        try:
            ends[...] = self.rule(X[orders], Y[of_Y], w, m, step_size)
        except ValueError:
            # the shapes do not fit: nobody gets a value in this way
            return np.empty((0, *w.shape))
        return ends

    def rule(self, X: np.ndarray, Y: np.ndarray, w: np.ndarray, m: int, step_size: float) -> np.ndarray:
        """Where the samples lead, in the order in which they lie."""
        n = X.shape[-2]

        def gradient(x: np.ndarray, y: np.ndarray, w: np.ndarray) -> np.ndarray:
            return x.swapaxes(-1, -2) @ self.error(x, y, w) / self.size(x, y, n, m)

        return self.loop(X, Y, w, m, step_size, gradient)

    def and_also(self, other: "Visit") -> "Visit":
        """The same with everything that is wrong in another one, which changes other parts."""
        parts = {each.name: getattr(other, each.name) for each in fields(self)}
        return replace(self, **{name: part for name, part in parts.items() if part != getattr(RIGHT, name)})


RIGHT = Visit()


@cache
def _listed(orders: Callable[[int, int], Iterator[Sequence[int]]], n: int, m: int) -> np.ndarray:
    return np.array(list(orders(n, m)))


def _pairs(orders: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each order with each other one."""
    return np.repeat(orders, len(others), axis=0), np.tile(others, (len(orders), 1))


def leads_to(visit: Visit, value: Any, arguments: tuple) -> bool:
    """Some order of the samples leads to this w."""
    X, Y, w, m, step_size, _ = arguments
    ended, misfit = as_numbers("w", value)
    if misfit or ended.shape != w.shape:
        return False
    X, Y, W = columns(X, Y, w)
    ends = visit.ends(X, Y, W, m, step_size)
    distances = np.abs(ends - ended.reshape(W.shape)).max(axis=(1, 2))
    return bool((distances <= TOLERANCE * np.abs(ends).max(axis=(1, 2))).any())


class Ends:
    """Brings all the w that one rule may end with, for different orders, to a single one: that of its first order.

    Args:
        wrong: the visits of wrong rules, in groups that are tried one after the other; in each the surest first.
    """

    def __init__(self, *wrong: Sequence[Visit]) -> None:
        self._groups = ([RIGHT], *wrong)
        self._made: dict[tuple, list[_Table]] = {}

    def settle(self, value: Any, arguments: tuple) -> Any:
        """What stands for the value; a ValueError if no order leads to it, by the right rule or by a wrong one."""
        X, Y, w, m, step_size, _ = arguments
        if len(X) > FEW:
            return _settled_for_two_seeds(value, arguments)
        ended, misfit = as_numbers("w", value)
        if misfit or ended.size != w.size or ended.ndim > 2 or not np.isfinite(ended).all():
            return value
        data = columns(*cast((X, Y, w), float))
        tolerance = FLOAT32_TOLERANCE if np.float32 in {X.dtype, Y.dtype, w.dtype} else TOLERANCE
        end = ended.astype(float).reshape(data[2].shape)
        return self._settled(end, tolerance, *data, m, step_size).reshape(ended.shape)

    def _settled(self, end: np.ndarray, tolerance: float, *data: Any) -> np.ndarray:
        for table in self._tables(*data):
            settled = table.find(end, tolerance)
            if settled is not None:
                return settled
        X, _, _, m, _ = data
        ways = len(next(self._tables(*data)).ends)
        if ways == 1:
            return end
        raise ValueError(
            f"With n = {len(X)} and m = {m} there are {ways} ways to deal out the mini-batches, and none of them "
            f"leads to your w. Try it with one mini-batch, m = n: then there is only one way."
        )

    def _tables(self, *data: Any) -> Iterator["_Table"]:
        """One for each group, made when it is looked at, and once for each input: every mistake is tried on it."""
        key = tuple(np.asarray(each).tobytes() for each in data)
        if key not in self._made and len(self._made) >= INPUTS_KEPT:
            self._made.clear()
        made = self._made.setdefault(key, [])
        for k, visits in enumerate(self._groups):
            if k == len(made):
                made.append(_Table(visits, *data))
            yield made[k]


class _Table:
    """Where all orders of several rules lead: ends (N, d, k), and the row of each rule's first order (N,)."""

    def __init__(self, visits: Sequence[Visit], *data: Any) -> None:
        ends = [visit.ends(*data) for visit in visits]
        counts = list(map(len, ends))
        self.ends = np.concatenate(ends)
        self._first = np.repeat(np.cumsum([0, *counts[:-1]]), counts)
        self._size = np.abs(self.ends).max(axis=(1, 2)) + np.finfo(float).tiny

    def find(self, end: np.ndarray, tolerance: float) -> np.ndarray | None:
        """The end of the first order of the rule that leads to this end by another, or None.

        Its last digits stand for the order: another one at the next call with the same arguments is noticed.
        """
        # most are told apart by a single entry
        near = np.flatnonzero(np.abs(self.ends[:, 0, 0] - end[0, 0]) <= tolerance * self._size)
        if near.size:
            near = near[np.abs(self.ends[near] - end).max(axis=(1, 2)) <= tolerance * self._size[near]]
        if not near.size:
            return None
        k, first = near[0], self._first[near[0]]
        return self.ends[first] * (1 + BELOW_ROUNDING * (k - first) / len(self.ends)) + (end - self.ends[k])


def columns(X: np.ndarray, Y: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The same data with Y (n, k) and w (d, k) where they are (n,) and (d,)."""
    return X, Y.reshape(len(X), -1), w.reshape(X.shape[1], -1)


def grouped(rng: np.random.Generator, groups: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """X, Y, w whose samples fall into groups of 4 that know nothing of each other: each has two weights of its own.

    So the order inside each group can be read off w, although nobody can try all orders of all samples.
    """
    n = GROUP * groups
    X = np.zeros((n, 2 * groups))
    for i in range(n):
        g = i % groups
        X[i, 2 * g : 2 * g + 2] = rng.uniform(0.5, 1.8, 2) * rng.choice([-1.0, 1.0], 2)
    return X, rng.normal(size=n), rng.normal(size=2 * groups)


def another_seed(arguments: tuple) -> tuple | None:
    """The same samples with another seed, where there are many of them."""
    *others, seed = arguments
    return (*others, seed + 1) if len(others[0]) > FEW else None


def _settled_for_two_seeds(values: tuple, arguments: tuple) -> Any:
    """For samples in groups: the order in which they lie stands for all random ones."""
    w = arguments[2]
    ended, misfit = as_numbers("w", values[0])
    if misfit or ended.shape != w.shape:
        return values[0]
    ends = _ends_in_groups(*arguments[:3], arguments[4])
    order = _order_in_groups(ended, ends)
    if order is None:
        return ended
    if not order.any():
        raise OneFaultError("The samples are visited in the order in which they lie: deal them out at random.")
    ended_for_another, _ = as_numbers("w", values[1])
    if ended_for_another.shape == w.shape and np.array_equal(order, _order_in_groups(ended_for_another, ends)):
        raise OneFaultError("The order is the same for another seed: hand the argument seed on.")
    return ends[:, 0].ravel()


def _ends_in_groups(X: np.ndarray, Y: np.ndarray, w: np.ndarray, step_size: float) -> np.ndarray:
    """Where all orders of the samples of each group lead: (groups, orders, 2)."""
    n, groups = len(X), X.shape[1] // 2
    orders = _listed(every_order, GROUP, 1)
    samples = np.arange(n).reshape(GROUP, groups).T
    x = X.reshape(n, groups, 2)[samples, np.arange(groups)[:, np.newaxis]][:, orders]
    y = Y[samples][:, orders, np.newaxis]
    return epoch(x, y, w.reshape(groups, 1, 2, 1), 1, step_size, mean_gradient)[..., 0]


def _order_in_groups(ended: np.ndarray, ends: np.ndarray) -> np.ndarray | None:
    """The number of the order in which each group was visited, or None if none leads to this w."""
    distances = np.abs(ends - ended.reshape(len(ends), 1, 2)).max(axis=2)
    found = distances.min(axis=1) <= TOLERANCE * np.abs(ends).max(axis=(1, 2))
    return distances.argmin(axis=1) if found.all() else None
