"""Seeds, and the orders that come about when the seed that is given is ignored and a usual one taken instead."""

import random
from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np

FIXED_SEEDS = (*range(51), 99, 100, 101, 111, 123, 1000, 1234, 12345, 123456, 1337, 31415, *range(2020, 2028))
"""What people write instead of the seed that they are given."""


@cache
def orders_of_fixed_seeds(n: int) -> list[np.ndarray]:
    """The orders of 0, …, n - 1 that the usual ways to shuffle make of the usual seeds.

    >>> any(np.array_equal(order, np.random.default_rng(42).permutation(5)) for order in orders_of_fixed_seeds(5))
    True
    """
    return [np.asarray(order) for seed in FIXED_SEEDS for order in _shuffled(n, seed)]


def _shuffled(n: int, seed: int) -> Iterator[Sequence[int]]:
    yield np.random.default_rng(seed).permutation(n)
    yield np.random.default_rng(seed).choice(n, n, replace=False)
    yield np.random.default_rng(seed).random(n).argsort()
    yield np.random.RandomState(seed).permutation(n)
    yield np.random.RandomState(seed).random_sample(n).argsort()
    order = list(range(n))
    random.Random(seed).shuffle(order)
    yield order
    yield random.Random(seed).sample(range(n), n)


def draw_seed(rng: np.random.Generator) -> int:
    """A seed that is none of the usual ones.

    >>> draw_seed(np.random.default_rng(0)) > max(FIXED_SEEDS)
    True
    """
    return int(rng.integers(2**20, 2**31))
