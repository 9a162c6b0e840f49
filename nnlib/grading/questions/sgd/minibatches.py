"""A random partition of the samples into mini-batches."""

import zlib
from functools import partial
from math import factorial, prod
from typing import Any

import numpy as np

from nnlib.grading.question import Mistake, OtherKindError, Question, Result

MANY_WAYS = 10**12
"""Of so many partitions, no two are the same by chance, nor is one of them in order."""

BELOW_THE_TOLERANCE = 1e-7


def reference(n, m, seed):
    """Shuffle 0, …, n - 1, then deal them out m at a time."""
    return _dealt(np.random.default_rng(seed).permutation(n), m)


def _dealt(order, m):
    return [order[start : start + m] for start in range(0, len(order), m)]


def draw_seed(rng: np.random.Generator) -> int:
    """Any seed."""
    return int(rng.integers(2**31 - 1))


def another_seed(arguments: tuple) -> tuple:
    """The same n and m with another seed."""
    n, m, seed = arguments
    return n, m, seed + 1


def settle(value: Any, arguments: tuple) -> tuple[np.ndarray, float]:
    """Any partition as 0, …, n - 1; and the number of random orders that two seeds give.

    0 if neighbours stay together, 1 if both seeds give the same partition, otherwise 2. Its last digits stand for the
    order, so that another order at the next call with the same arguments is noticed.
    """
    n, m, _ = arguments
    sets, sets_of_another = (_partition(each, n, m) for each in value)
    random_orders = 2
    ways = factorial(n) // prod(factorial(len(batch)) for batch in sets)
    if ways > MANY_WAYS:
        in_order = m > 2 and _neighbours_together(sets, n)
        random_orders = 0 if in_order else 1 if sets == sets_of_another else 2
    digits = zlib.crc32(repr(sets).encode()) / 2**32
    return np.arange(n), random_orders * (1 + BELOW_THE_TOLERANCE * digits)


def _partition(value: Any, n: int, m: int) -> tuple[tuple[int, ...], ...]:
    """The mini-batches, each sorted; or a ValueError that says what is wrong with them."""
    batches = _index_arrays(value, n, m)
    _need_a_partition(batches, n, m)
    return tuple(tuple(sorted(batch.tolist())) for batch in batches)


def _index_arrays(value: Any, n: int, m: int) -> list[np.ndarray]:
    """The mini-batches as arrays of whole numbers, or a ValueError that says what they are instead."""
    wanted = "expected is a list of index arrays, one for each mini-batch"
    if value is None:
        raise OtherKindError("The function returns None: did you forget the return?")
    if not isinstance(value, (list, tuple)) and not (isinstance(value, np.ndarray) and value.ndim):
        name = type(value).__name__
        raise OtherKindError(f"The function returns a{'n' * (name[0] in 'aeiou')} {name}; {wanted}.")
    batches = []
    for k, batch in enumerate(value):
        if isinstance(batch, (int, float, np.number)):
            raise OtherKindError(
                f"Entry {k} of your result is the number {batch}; {wanted}. Is the order cut into pieces?"
            )
        if not isinstance(batch, (list, tuple, range, np.ndarray)):
            raise OtherKindError(f"batches[{k}] is of type {type(batch).__name__}; {wanted}.")
        try:
            array = np.asarray(batch)
        except ValueError:
            raise ValueError(f"batches[{k}] has entries of different lengths; {wanted}.") from None
        if array.ndim != 1:
            raise ValueError(
                f"batches[{k}] has shape {array.shape}; expected is one dimension, such as ({min(m, n)},)."
            )
        if array.size and array.dtype.kind not in "iu":
            raise ValueError(f"batches[{k}] has entries of type {array.dtype}; indices are whole numbers.")
        batches.append(array.astype(int))
    return batches


def _need_a_partition(batches: list[np.ndarray], n: int, m: int) -> None:
    """A ValueError that says what is wrong, unless each index is there once and the sizes are m, …, m and the rest."""
    inputs = f"With n = {n} and m = {m}"
    indices = np.concatenate([np.empty(0, dtype=int), *batches])
    if indices.size and not 0 <= indices.min() <= indices.max() < n:
        raise ValueError(
            f"{inputs} your indices go from {indices.min()} to {indices.max()}; expected are 0, …, {n - 1}."
        )
    sizes = [len(batch) for batch in batches]
    if 0 in sizes:
        last = " Does m divide n here?" if n % m == 0 else ""
        raise ValueError(f"{inputs} batches[{sizes.index(0)}] is empty: no mini-batch is.{last}")
    counts = np.bincount(indices, minlength=n)
    missing, repeated = int(np.sum(counts == 0)), int(np.sum(counts > 1))
    expected = [m] * (n // m) + [n % m] * (n % m > 0)
    if sizes != expected:
        dropped = " The last one is dropped." * (sizes == expected[:-1] != [])
        lost = f"{dropped} {_indices(missing)} in no mini-batch." * (missing > 0)
        lost += f" {_indices(repeated)} there more than once." * (repeated > 0)
        raise ValueError(
            f"{inputs} your mini-batches have the sizes {_listed(sizes)}; expected {_listed(expected)}.{lost}"
        )
    if missing:
        raise ValueError(
            f"{inputs} the sizes are right, but {_indices(repeated)} there more than once, and {_indices(missing)} "
            "in no mini-batch. Is each one drawn without looking at those before? Shuffle once, then cut."
        )


def _indices(count: int) -> str:
    return "1 index is" if count == 1 else f"{count} indices are"


def _listed(sizes: list[int]) -> str:
    return ", ".join(map(str, sizes if len(sizes) <= 8 else [*sizes[:7], "…"])) or "none"


def _neighbours_together(sets: tuple, n: int) -> bool:
    """Each mini-batch is a run of neighbours, or takes every so-manieth sample."""
    pairs = sum(one in batch and (one + 1) % n in batch for batch in map(set, sets) for one in batch)
    steps = {step for batch in sets for step in np.diff(batch).tolist()}
    return pairs >= n - len(sets) - 1 or len(steps) == 1


def _draw(rng: np.random.Generator, m: int, full: int, rest: int) -> tuple:
    return full * m + rest, m, draw_seed(rng)


def _draw_one_batch(rng: np.random.Generator, more: int) -> tuple:
    n = int(rng.integers(5, 12))
    return n, n + more, draw_seed(rng)


def _in_order(cut):
    """Mini-batches cut from a random order: cut(order, m)."""
    return lambda n, m, seed: cut(np.random.default_rng(seed).permutation(n), m)


def _in_another_order(order_of):
    """The right cuts through something else than a random order of all indices: order_of(n, rng)."""
    return lambda n, m, seed: _dealt(order_of(n, np.random.default_rng(seed)), m)


def _not_shuffled(n, m, seed):
    indices = np.arange(n)
    return [indices[start : start + m] for start in range(0, n, m)]


def _drawn_anew(n, m, seed):
    rng = np.random.default_rng(seed)
    batches = []
    for start in range(0, n, m):
        batches.append(rng.choice(n, min(m, n - start), replace=False))
    return batches


MISTAKES = (
    Mistake(
        "not shuffled",
        _not_shuffled,
        "Neighbours stay together: shuffle all n indices first, and then cut. It is not enough to shuffle the "
        "mini-batches, or inside each of them.",
    ),
    Mistake(
        "the seed is ignored",
        _in_another_order(lambda n, rng: np.random.default_rng(0).permutation(n)),
        "The order is that of a fixed seed: give the argument seed to the random generator.",
    ),
    Mistake(
        "the last, short mini-batch is dropped",
        _in_order(lambda order, m: [order[k * m : (k + 1) * m] for k in range(len(order) // m)]),
        "n // m mini-batches leave the rest out: with range(0, n, m) the last slice is short by itself.",
    ),
    Mistake(
        "the last mini-batch is dropped, whatever its size",
        _in_order(lambda order, m: _dealt(order, m)[:-1]),
        "The loop ends one mini-batch too early: the starts are 0, m, 2m, … as long as they are below n.",
    ),
    Mistake(
        "an empty mini-batch when m divides n",
        _in_order(lambda order, m: [order[k * m : (k + 1) * m] for k in range(len(order) // m + 1)]),
        "n // m + 1 is one too many if m divides n: the starts are range(0, n, m).",
    ),
    Mistake(
        "an empty mini-batch at the end",
        _in_order(lambda order, m: [order[start : start + m] for start in range(0, len(order) + m, m)]),
        "The starts go too far: range(0, n, m) ends below n.",
    ),
    Mistake(
        "the rest goes into the last mini-batch",
        _in_order(lambda order, m: np.split(order, range(m, len(order) - m + 1, m))),
        "The rest makes a short mini-batch of its own: none has more than m samples.",
    ),
    Mistake(
        "the short mini-batch comes first",
        _in_order(lambda order, m: np.split(order, range(len(order) % m or m, len(order), m))),
        "Deal out m at a time from the beginning: it is the last mini-batch that may be short.",
    ),
    Mistake(
        "the last mini-batch is filled up",
        _in_order(lambda order, m: _dealt(np.resize(order, -(-len(order) // m) * m), m)),
        "The last mini-batch may be short: do not fill it with samples that were seen already.",
    ),
    Mistake(
        "mini-batches of nearly equal size",
        _in_order(lambda order, m: np.array_split(order, -(-len(order) // m))),
        "np.array_split evens the sizes out; asked are mini-batches of m, and a last one with the rest.",
    ),
    Mistake(
        "m mini-batches instead of mini-batches of size m",
        _in_order(lambda order, m: np.array_split(order, m)),
        "m is the size of a mini-batch, not their number.",
    ),
    Mistake(
        "the mini-batches overlap: every start counts",
        _in_order(lambda order, m: [order[start : start + m] for start in range(len(order))]),
        "The starts are m apart: range(0, n, m).",
    ),
    Mistake(
        "one index too many in each mini-batch",
        _in_order(lambda order, m: [order[start : start + m + 1] for start in range(0, len(order), m)]),
        "A slice ends before its second number: order[start : start + m] has m entries.",
    ),
    Mistake(
        "one index too few in each mini-batch",
        _in_order(lambda order, m: [order[start : start + m - 1] for start in range(0, len(order), m)]),
        "A slice ends before its second number: order[start : start + m] has m entries.",
    ),
    Mistake(
        "only the first mini-batch",
        _in_order(lambda order, m: [order[:m]]),
        "One epoch sees every sample: cut the whole order. Does the return stand inside the loop?",
    ),
    Mistake(
        "the same mini-batch again and again",
        _in_order(lambda order, m: [order[:m] for _ in _dealt(order, m)]),
        "Each mini-batch begins where the one before has ended: order[start : start + m].",
    ),
    Mistake(
        "drawn with replacement",
        _in_another_order(lambda n, rng: rng.integers(n, size=n)),
        "Independent draws take some samples twice and others never: shuffle the n indices, rng.permutation(n).",
    ),
    Mistake(
        "each mini-batch drawn anew",
        _drawn_anew,
        "No index occurs twice inside a mini-batch, but the next one draws from all n again: shuffle once, then cut.",
    ),
    Mistake(
        "from 1 to n",
        _in_another_order(lambda n, rng: rng.permutation(n) + 1),
        "Indices begin at 0: the samples are 0, …, n - 1.",
    ),
    Mistake(
        "sample 0 is missing",
        _in_another_order(lambda n, rng: rng.permutation(n - 1) + 1),
        "Indices begin at 0: the samples are 0, …, n - 1, n of them.",
    ),
    Mistake(
        "sample n - 1 is missing",
        _in_another_order(lambda n, rng: rng.permutation(n - 1)),
        "range and np.arange stop before their end: arange(n) already ends with n - 1.",
    ),
    Mistake(
        "the order is not cut",
        _in_order(lambda order, m: order),
        "This is the whole order in one array: cut it into slices order[start : start + m].",
    ),
    Mistake(
        "all in one mini-batch",
        _in_order(lambda order, m: [order]),
        "The list has one entry for each mini-batch: cut the order into slices of m.",
    ),
    Mistake(
        "starts and ends in place of indices",
        lambda n, m, seed: [(start, min(start + m, n)) for start in range(0, n, m)],
        "A mini-batch is the array of its indices, order[start:end], not the two ends of the slice.",
    ),
    Mistake(
        "places in place of indices",
        lambda n, m, seed: [np.arange(len(batch)) for batch in reference(n, m, seed)],
        "Each of your mini-batches begins at 0 again: take the entries of the order, order[start : start + m].",
    ),
)


def _take_away(n, m, seed):
    rng = np.random.RandomState(seed)
    left, batches = list(rng.permutation(n)), []
    while left:
        batches.append(np.array(left[:m]))
        left = left[m:]
    return batches


def _global_seed(n, m, seed):
    np.random.seed(seed)
    indices = np.arange(n)
    np.random.shuffle(indices)
    return np.split(indices, np.arange(m, n, m))


def _standard_library(n, m, seed):
    import random

    order = list(range(n))
    random.Random(seed).shuffle(order)
    return tuple(order[m * k : m * k + m] for k in range(-(-n // m)))


def _drawn_from_the_rest(n, m, seed):
    rng = np.random.default_rng([seed, 1])
    rest, batches = np.arange(n), []
    while len(rest):
        batch = rng.choice(rest, min(m, len(rest)), replace=False)
        batches.append(np.sort(batch))
        rest = np.setdiff1d(rest, batch)
    return batches


def _rows_where_they_fit(n, m, seed):
    order = np.argsort(np.random.default_rng(seed).random(n))
    return order.reshape(-1, m) if n % m == 0 else [*order[: n - n % m].reshape(-1, m), order[n - n % m :]]


EQUIVALENTS = {
    "taken away from a list, RandomState": _take_away,
    "np.random.seed and shuffle, np.split": _global_seed,
    "the standard library, lists": _standard_library,
    "each drawn from the rest, sorted": _drawn_from_the_rest,
    "rows of an array where m divides n": _rows_where_they_fit,
}

QUESTION = Question(
    name="minibatches",
    points=2,
    arguments={"n": "", "m": "", "seed": ""},
    results=(
        Result(
            "the partition",
            "(n,)",
            ask="Does every index come once, in mini-batches of m of which only the last may be short?",
            formula="a random order of 0, …, n - 1, cut after every m indices.",
        ),
        Result(
            "the number of random orders for two seeds",
            ask="What should be the same for one seed, and different for another?",
            formula="np.random.default_rng(seed).permutation(n) is such an order.",
        ),
    ),
    reference=reference,
    families={
        "a short last mini-batch": partial(_draw, m=6, full=4, rest=2),
        "a last mini-batch of one sample": partial(_draw, m=4, full=7, rest=1),
        "a last mini-batch that is nearly full": partial(_draw, m=8, full=3, rest=7),
        "m divides n": partial(_draw, m=7, full=4, rest=0),
        "m divides n, three mini-batches": partial(_draw, m=12, full=3, rest=0),
    },
    edges={
        "one sample a mini-batch (m = 1)": partial(_draw, m=1, full=9, rest=0),
        "one mini-batch (m = n)": partial(_draw_one_batch, more=0),
        "fewer samples than m": partial(_draw_one_batch, more=3),
        "one sample (n = 1)": lambda rng: (1, int(rng.integers(1, 4)), draw_seed(rng)),
        "the seed 0": lambda rng: (int(rng.integers(20, 30)), 6, 0),
    },
    mistakes=MISTAKES,
    equivalents=EQUIVALENTS,
    settle=settle,
    again=another_seed,
)
