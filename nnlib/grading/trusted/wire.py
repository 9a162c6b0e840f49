"""Plain data as text, and back: what passes between the grader and a kernel that nobody trusts.

Nothing is executed to read it. Each value says what it is, from a short list; sizes, depth and number of values are
limited, and an array has exactly the bytes that its dtype and shape ask for.
"""

import base64
import json
import math
from typing import Any

import numpy as np

DTYPES = frozenset(
    [
        "bool",
        "int8",
        "int16",
        "int32",
        "int64",
        "uint8",
        "uint16",
        "uint32",
        "uint64",
        "float16",
        "float32",
        "float64",
        "complex64",
        "complex128",
    ]
)
LARGEST = 4_000_000
"""Characters of a text."""
MOST = 20_000
"""Values in it, each entry of a list counted, each array once."""
DEEPEST = 8
DIMENSIONS = 8
DIGITS = 100
"""Of an integer."""
NAME = 60
"""Characters of a type's name."""


class WireError(ValueError):
    """This cannot be sent, or is not what a sender writes."""


def encode(value: Any) -> str:
    """Plain data as text.

    What is not plain data (a function, an object) is sent as the name of its type.

    Args:
        value: None, numbers, strings, arrays, lists, tuples and dicts of these.

    Raises:
        WireError: it is too large, too deep, or has too many entries.

    >>> encode((1, "tanh", np.float64(0.5)))
    '["t", [["i", "1"], ["s", "tanh"], ["g", "float64", "AAAAAAAA4D8="]]]'
    """
    text = json.dumps(_packed(value, DEEPEST, [MOST]))
    if len(text) > LARGEST:
        raise WireError(f"{len(text) / 1e6:.0f} MB are too much")
    return text


def decode(text: str) -> Any:
    """The data of a text.

    Raises:
        WireError: it is not what `encode` writes.

    >>> decode(encode({"dW": np.zeros((1, 2)), 3: [None, True, -0.0]}))
    {'dW': array([[0., 0.]]), 3: [None, True, -0.0]}
    >>> decode('["a", "float64", [3], "AAAA"]')
    Traceback (most recent call last):
    nnlib.grading.trusted.wire.WireError: 3 bytes for an array of 24
    """
    if not isinstance(text, str) or len(text) > LARGEST:
        raise WireError("too long, or no text")
    # before anything is built: a small text could otherwise become a large heap of empty lists
    if sum(text.count(sign) for sign in "[{,") > 6 * MOST:
        raise WireError("too many values")
    try:
        return _unpacked(json.loads(text), DEEPEST, [MOST])
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError, MemoryError) as error:
        raise error if isinstance(error, WireError) else WireError(f"{type(error).__name__}") from None


def _packed(value: Any, depth: int, left: list[int]) -> list:
    left[0] -= 1
    if left[0] < 0:
        raise WireError(f"more than {MOST} values are too many")
    if depth < 0:
        raise WireError("nested too deeply")
    if value is None:
        return ["n"]
    if isinstance(value, (np.bool_, np.number)):
        return _packed_array("g", np.asarray(value))
    if isinstance(value, np.ndarray):
        return _packed_array("a", np.asarray(value))
    if isinstance(value, bool):
        return ["b", int(value)]
    if isinstance(value, int):
        return ["i", _digits(value)]
    if isinstance(value, float):
        return ["f", float.hex(value)]
    if isinstance(value, str):
        return ["s", str(value)]
    if isinstance(value, (list, tuple)):
        return ["l" if isinstance(value, list) else "t", [_packed(entry, depth - 1, left) for entry in value]]
    if isinstance(value, dict):
        pairs = [[_packed(key, 0, left), _packed(entry, depth - 1, left)] for key, entry in value.items()]
        return ["d", pairs]
    return ["o", type(value).__name__[:NAME]]


def _packed_array(kind: str, array: np.ndarray) -> list:
    if array.dtype.kind in "fc" and array.dtype.name not in DTYPES:
        array = array.astype("float64" if array.dtype.kind == "f" else "complex128")
    if array.dtype.name not in DTYPES:
        return ["x", array.dtype.kind]
    if array.ndim > DIMENSIONS:
        raise WireError(f"an array of {array.ndim} dimensions")
    if array.nbytes > LARGEST:
        raise WireError(f"an array of {array.nbytes / 1e6:.0f} MB is too much")
    array = np.asarray(array, dtype=array.dtype.newbyteorder("<"))
    data = base64.b64encode(array.tobytes()).decode("ascii")
    return [kind, array.dtype.name, data] if kind == "g" else [kind, array.dtype.name, list(array.shape), data]


def _digits(value: int) -> str:
    if value.bit_length() > DIGITS * math.log2(10):
        raise WireError(f"an integer of more than {DIGITS} digits")
    return str(int(value))


def _unpacked(item: Any, depth: int, left: list[int]) -> Any:
    left[0] -= 1
    if left[0] < 0 or depth < 0:
        raise WireError("too many values, or nested too deeply")
    if type(item) is not list or not item or type(item[0]) is not str:
        raise WireError("not a value")
    match item:
        case ["n"]:
            return None
        case ["b", 0 | 1 as bit]:
            return bool(bit)
        case ["i", str(digits)] if len(digits) <= DIGITS + 1:
            return int(digits)
        case ["f", str(number)] if len(number) <= 40:
            return float.fromhex(number)
        case ["s", str(text)]:
            return text
        case ["g", str(dtype), str(data)]:
            return _unpacked_array(dtype, [], data)[()]
        case ["a", str(dtype), list(shape), str(data)]:
            return _unpacked_array(dtype, shape, data)
        case ["l", list(entries)]:
            return [_unpacked(entry, depth - 1, left) for entry in entries]
        case ["t", list(entries)]:
            return tuple(_unpacked(entry, depth - 1, left) for entry in entries)
        case ["d", list(pairs)]:
            return dict(_unpacked_pair(pair, depth - 1, left) for pair in pairs)
        case ["x", "O" | "S" | "U" | "V" | "M" | "m" | "T" as kind]:
            return np.empty(0, dtype=object if kind in "OVT" else f"{kind}1" if kind in "SU" else f"{kind}8[s]")
        case ["o", str(name)] if name.isidentifier() and len(name) <= NAME:
            return type(name, (), {"__slots__": ()})()
    raise WireError("not a value")


def _unpacked_pair(pair: Any, depth: int, left: list[int]) -> tuple:
    if type(pair) is not list or len(pair) != 2:
        raise WireError("not a pair")
    key = _unpacked(pair[0], 0, left)
    if not isinstance(key, (str, int, float, np.generic, type(None))):
        raise WireError("not a key")
    return key, _unpacked(pair[1], depth, left)


def _unpacked_array(dtype: str, shape: list, data: str) -> np.ndarray:
    if dtype not in DTYPES or len(shape) > DIMENSIONS:
        raise WireError("not an array")
    if not all(type(size) is int and 0 <= size <= LARGEST for size in shape):
        raise WireError("not a shape")
    raw = base64.b64decode(data, validate=True)
    if dtype == "bool" and raw.strip(b"\0\1"):
        raise WireError("not truth values")
    little = np.dtype(dtype).newbyteorder("<")
    expected = math.prod(shape) * little.itemsize
    if len(raw) != expected:
        raise WireError(f"{len(raw)} bytes for an array of {expected}")
    return np.frombuffer(raw, little).reshape(shape).astype(dtype)
