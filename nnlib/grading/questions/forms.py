"""Forms of results that several right answers may have, brought to the one that is compared."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from nnlib.grading.question import OtherKindError


def values_of(*keys: str) -> Callable[[Any, tuple], tuple]:
    """A dict as the values of these keys, in order; more keys do no harm.

    >>> values_of("w", "b")({"b": 2, "w": 1, "note": "mine"}, ())
    (1, 2)
    """

    def settle(value: Any, _arguments: tuple) -> tuple:
        if not isinstance(value, Mapping):
            kind = type(value).__name__
            raise OtherKindError(f"The function returns a {kind}; expected is a dict with {', '.join(keys)}.")
        missing = [key for key in keys if key not in value]
        if missing:
            raise OtherKindError(f"The dict that you return has no {' and no '.join(missing)}.")
        return tuple(value[key] for key in keys)

    return settle


def first_of_two(value: Any, _arguments: tuple) -> Any:
    """The first of two values; the second is the student's own.

    >>> first_of_two((1, "anything"), ())
    1
    """
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise OtherKindError("The function has to return two values: the result and a cache, which may be None.")
    return value[0]


def signs_settled(V: np.ndarray) -> np.ndarray:
    """The columns of V with the sign that makes the largest entry of each positive: eigenvectors have no sign.

    >>> signs_settled(np.array([[-0.6, 0.8], [-0.8, -0.6]]))
    array([[ 0.6,  0.8],
           [ 0.8, -0.6]])
    """
    V = np.asarray(V, dtype=float)
    largest = np.take_along_axis(V, np.abs(V).argmax(axis=0)[None], axis=0)
    return V * np.where(largest < 0, -1.0, 1.0)
