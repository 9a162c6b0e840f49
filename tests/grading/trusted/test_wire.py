"""Plain data come through unchanged, and nothing else comes through."""

import contextlib
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from nnlib.grading.question import Question
from nnlib.grading.questions import QUESTIONS
from nnlib.grading.trials import fixtures, unchanged
from nnlib.grading.trusted import wire
from nnlib.grading.trusted.wire import WireError, decode, encode

DTYPES = st.sampled_from(sorted(wire.DTYPES)).map(np.dtype)
ARRAYS = hnp.arrays(DTYPES, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
LEAVES = st.none() | st.booleans() | st.integers(-(10**80), 10**80) | st.floats() | st.text(max_size=20) | ARRAYS
PLAIN = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(max_size=5) | st.integers(-9, 9), inner, max_size=4)
    ),
    max_leaves=10,
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=10)
    | st.sampled_from(list("abdfgilnostx")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=20,
)


def same(one: object, other: object) -> bool:
    """Equal to the last bit, NaN included, of the same types."""
    if type(one) is not type(other):
        return False
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
    return repr(one) == repr(other)


@given(PLAIN)
def test_plain_data_come_back_unchanged(value: object) -> None:
    assert same(decode(encode(value)), value)


@given(JSON)
def test_whatever_is_sent_is_plain_data_or_refused(value: object) -> None:
    with contextlib.suppress(WireError):
        decode(json.dumps(value))


@given(st.text(max_size=60))
def test_any_text_is_refused_or_read(text: str) -> None:
    with contextlib.suppress(WireError):
        decode(text)


@pytest.mark.parametrize("scalar", [np.float64(0.1), np.float32(0.1), np.int8(-3), np.bool_(True), np.complex64(1j)])
def test_numpys_numbers_keep_their_type(scalar: np.generic) -> None:
    assert same(decode(encode(scalar)), scalar)


@pytest.mark.parametrize("name", [name for name in QUESTIONS if isinstance(QUESTIONS[name], Question)])
def test_the_inputs_of_each_question_come_through(name: str) -> None:
    for fixture in fixtures(QUESTIONS[name], 3):
        got = decode(encode(fixture.arguments))
        assert unchanged(fixture.arguments, got)
        assert same(fixture.arguments, got)


def test_what_is_not_plain_keeps_the_name_of_its_type() -> None:
    assert type(decode(encode(lambda: None))).__name__ == "function"
    assert type(decode(encode({1, 2}))).__name__ == "set"
    assert decode(encode(np.array([{}]))).dtype == object
    assert decode(encode(np.array(["a"]))).dtype.kind == "U"
    assert decode(encode(np.array([1.0], dtype=np.longdouble))).dtype == np.float64


def nested(depth: int) -> list:
    return [nested(depth - 1)] if depth else []


@pytest.mark.parametrize(
    "value",
    [
        nested(20),
        [[]] * (wire.MOST + 1),
        "x" * (wire.LARGEST + 1),
        np.zeros(wire.LARGEST),
        10**200,
        np.zeros((1,) * 20),
    ],
    ids=["deep", "many", "long text", "large array", "long integer", "dimensions"],
)
def test_too_much_is_not_sent(value: object) -> None:
    with pytest.raises(WireError):
        encode(value)


@pytest.mark.parametrize(
    "text",
    [
        '["a", "float64", [1000000, 1000000], ""]',
        '["a", "float64", [-1], ""]',
        '["a", "float64", [1.0], "AAAAAAAA8D8="]',
        '["a", "float64", [true], "AAAAAAAA8D8="]',
        '["a", "object", [1], "AAAAAAAA8D8="]',
        '["a", "float64", [1], "AAAAAAAA8D8= ; import os"]',
        '["a", "bool", [1], "Ag=="]',
        '["a", "float64", [0, 999999999999999999999], ""]',
        '["g", "float64", ""]',
        '["f", "__import__(1)"]',
        '["i", "1e999"]',
        '["i", "' + "9" * 5000 + '"]',
        '["o", "a b"]',
        '["o", "' + "a" * 100 + '"]',
        '["d", [[["l", []], ["n"]]]]',
        '["d", [[["n"]]]]',
        '["x", "f"]',
        '["l", ' * 12 + "[]" + "]" * 12,
        "[" * 100_000,
        "[]" * 500_000,
        "",
        "null",
        "NaN",
        '{"a": 1}',
    ],
)
def test_what_no_sender_writes_is_refused(text: str) -> None:
    with pytest.raises(WireError):
        decode(text)


def test_nothing_but_text_is_read() -> None:
    with pytest.raises(WireError):
        decode(b'["n"]')
