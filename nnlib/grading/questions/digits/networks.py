"""A network as plain data: a list of (W, b, sigma), its form, and what it answers."""

from typing import Any

import numpy as np

from nnlib.activations import ACTIVATIONS
from nnlib.grading.comparison import as_numbers

SIGMAS = ("identity", "sigmoid", "tanh", "relu")
NUMBERS_AT_MOST = 1_000_000
IN_OUT = "W is (in, out)"
PREDICTIONS = "the predictions in place of the network"
SEPARATE = "Ws, bs and sigmas in separate lists"

Layer = tuple[np.ndarray, np.ndarray, str]


class MisfitError(ValueError):
    """What is wrong with the form of a network: a sentence to the student.

    Attributes:
        mistake: its name in the catalogue, or None.
    """

    def __init__(self, text: str, mistake: str | None = None) -> None:
        super().__init__(text)
        self.mistake = mistake


def as_network(value: Any, X: np.ndarray, Y: np.ndarray) -> list[Layer]:
    """The layers as float64 arrays W (d_i, d_{i-1}) and b (d_i,) with the name of σ, if they fit together.

    Args:
        value: what was returned.
        X, Y: what it was trained with, (n, d_0) and (n, d_L).

    Raises:
        MisfitError: something else was returned.

    >>> as_network([(np.ones((2, 3)), [0, 0], "relu")], np.ones((5, 3)), np.ones((5, 2)))[0][2]
    'relu'
    """
    d_0, d_L = X.shape[1], Y.shape[1]
    _refuse_what_is_no_list_of_layers(value, d_L)
    entries = [_entry(i, entry) for i, entry in enumerate(value, start=1)]
    if sum(W.size for W, _, _ in entries) > NUMBERS_AT_MOST:
        raise MisfitError(f"The network has more than {NUMBERS_AT_MOST:,} weights: a much smaller one will do.")
    shapes = [W.shape for W, _, _ in entries]
    if not _chained(shapes, d_0, d_L) and _chained([shape[::-1] for shape in shapes], d_0, d_L):
        raise MisfitError(f"The shapes of the W are {', '.join(map(str, shapes))}.", IN_OUT)
    _refuse_what_does_not_chain(shapes, d_0, d_L)
    return [
        (W.astype(float), _bias(i, b, len(W)), _sigma(i, sigma)) for i, (W, b, sigma) in enumerate(entries, start=1)
    ]


def _refuse_what_is_no_list_of_layers(value: Any, d_L: int) -> None:
    wanted = "expected is a list with one (W, b, sigma) for each layer"
    if value is None:
        raise MisfitError("The function returns None: did you forget the return?")
    if isinstance(value, np.ndarray):
        predictions = value.ndim == 1 or value.shape[1:] == (d_L,)
        raise MisfitError(
            f"The function returns an array of shape {value.shape}; {wanted}.", PREDICTIONS if predictions else None
        )
    if not isinstance(value, (list, tuple)):
        raise MisfitError(f"The function returns a value of type {type(value).__name__}; {wanted}.")
    if not value:
        raise MisfitError(f"The function returns an empty {type(value).__name__}; {wanted}.")
    if all(isinstance(entry, (int, float, np.number)) for entry in value):
        raise MisfitError(f"The function returns {len(value)} numbers; {wanted}.", PREDICTIONS)
    lists = len(value) in (2, 3) and all(isinstance(entry, (list, tuple)) and entry for entry in value)
    if lists and all(isinstance(W, np.ndarray) and W.ndim == 2 for W in value[0]):
        raise MisfitError(f"The function returns {len(value)} lists; {wanted}.", SEPARATE)


def _entry(i: int, entry: Any) -> tuple[np.ndarray, Any, Any]:
    """(W, b, sigma) of layer i, with a W that is one."""
    if not isinstance(entry, (list, tuple)) or len(entry) != 3:
        kind = f"{len(entry)} values" if isinstance(entry, (list, tuple)) else f"a value of type {type(entry).__name__}"
        raise MisfitError(f"Entry {i - 1} of the list, layer i = {i}, is {kind}; expected is (W, b, sigma).")
    W, wrong = as_numbers(f"W of layer i = {i}", entry[0])
    if wrong or W.ndim != 2:
        raise MisfitError(wrong or f"W of layer i = {i} has shape {W.shape}; expected (d_i, d_{{i-1}}).")
    return W, entry[1], entry[2]


def _bias(i: int, b: Any, d: int) -> np.ndarray:
    b, wrong = as_numbers(f"b of layer i = {i}", b)
    if wrong or b.shape not in [(d,), (1, d)]:
        raise MisfitError(
            wrong or f"b of layer i = {i} has shape {b.shape}; expected (d_i,) = ({d},), as many as W has rows."
        )
    return b.astype(float).reshape(-1)


def _sigma(i: int, sigma: Any) -> str:
    if isinstance(sigma, str) and sigma in SIGMAS:
        return str(sigma)
    if isinstance(sigma, str) and sigma == "softmax":
        text = "write 'identity', since the largest output stays the largest."
        raise MisfitError(f"sigma of layer i = {i} is 'softmax': {text}")
    given = repr(sigma) if isinstance(sigma, str) else f"a value of type {type(sigma).__name__}"
    raise MisfitError(
        f"sigma of layer i = {i} is {given}; expected is one of the names {', '.join(map(repr, SIGMAS))}."
    )


def _chained(shapes: list[tuple], d_0: int, d_L: int) -> bool:
    widths_in = [d_in for _, d_in in shapes]
    widths_out = [d_out for d_out, _ in shapes]
    return [*widths_in, d_L] == [d_0, *widths_out]


def _refuse_what_does_not_chain(shapes: list[tuple], d_0: int, d_L: int) -> None:
    d = d_0
    for i, shape in enumerate(shapes, start=1):
        if shape[1] != d:
            source = "X has" if i == 1 else f"layer i = {i - 1} gives"
            hint = " What was done to X before has to be done by W and b of the first layer." if i == 1 else ""
            raise MisfitError(f"W of layer i = {i} has shape {shape}, but {source} {d} values for each image.{hint}")
        d = shape[0]
    if d != d_L:
        raise MisfitError(
            f"The last layer gives {d} values for each image; expected are {d_L}, one for each column of Y."
        )


def outputs(network: list[Layer], X: np.ndarray) -> np.ndarray:
    """z_L for each row of X, nan where numbers become too large.

    >>> outputs([(np.ones((1, 2)), np.zeros(1), "relu")], np.array([[1.0, 2.0], [-1.0, 0.0]])).tolist()
    [[3.0], [0.0]]
    """
    Z = X
    with np.errstate(all="ignore"):
        for W, b, sigma in network:
            Z = ACTIVATIONS[sigma].sigma(Z @ W.T + b)
    return Z


def accuracy(network: list[Layer], X: np.ndarray, Y: np.ndarray) -> float:
    """The fraction of images whose largest output is that of their class; 0 where outputs are nan."""
    Z = outputs(network, X)
    return float(np.mean((Z.argmax(axis=1) == Y.argmax(axis=1)) & np.isfinite(Z).all(axis=1)))


def is_finite(network: list[Layer]) -> bool:
    """No nan and no infinity among the weights."""
    return all(np.isfinite(W).all() and np.isfinite(b).all() for W, b, _ in network)


def same(network: list[Layer], other: list[Layer]) -> list[bool]:
    """For each layer, whether W and b are the same but for rounding; all False for other shapes."""
    if [W.shape for W, _, _ in network] != [W.shape for W, _, _ in other]:
        return [False] * len(network)
    return [
        np.allclose(W, V, rtol=1e-6, atol=1e-9, equal_nan=True)
        and np.allclose(b, c, rtol=1e-6, atol=1e-9, equal_nan=True)
        for (W, b, _), (V, c, _) in zip(network, other, strict=True)
    ]
