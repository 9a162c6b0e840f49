import numpy as np
import pytest
import sklearn.datasets
from hypothesis import given
from hypothesis import strategies as st

from nnlib.data import load_digits, minibatches, noisy_sine, one_hot, spirals, split


def test_digits_equal_scikit_learns_copy():
    ours, theirs = load_digits(), sklearn.datasets.load_digits()
    np.testing.assert_array_equal(ours.X * 16, theirs.data)
    np.testing.assert_array_equal(ours.labels, theirs.target)
    assert load_digits(np.float32).X.dtype == np.float32


@given(n=st.integers(1, 200), m=st.integers(1, 70), seed=st.integers(0, 1000))
def test_minibatches_are_a_partition(n, m, seed):
    batches = minibatches(n, m, seed)
    assert sorted(np.concatenate(batches).tolist()) == list(range(n))
    assert all(len(batch) == m for batch in batches[:-1])
    assert 1 <= len(batches[-1]) <= m


def test_a_generator_goes_on_and_a_seed_repeats():
    same = [np.concatenate(minibatches(50, 8, 3)) for _ in range(2)]
    np.testing.assert_array_equal(*same)
    rng = np.random.default_rng(3)
    first, second = (np.concatenate(minibatches(50, 8, rng)) for _ in range(2))
    assert not np.array_equal(first, second)


def test_an_empty_minibatch_is_refused():
    with pytest.raises(ValueError, match="m is 0; a mini-batch needs at least one sample"):
        minibatches(10, 0)


def test_split_is_a_random_partition():
    first, second = split(100, 0.7, seed=1)
    assert (len(first), len(second)) == (70, 30)
    assert sorted([*first, *second]) == list(range(100))
    assert first.tolist() != sorted(first)


def test_one_hot_rows_and_its_range():
    np.testing.assert_array_equal(one_hot(np.array([2, 0]), 3), [[0, 0, 1], [1, 0, 0]])
    with pytest.raises(ValueError, match="labels run from -1 to 3; expected 0 to 2"):
        one_hot(np.array([-1, 3]), 3)


def test_made_sets_are_seeded():
    for made in (noisy_sine, spirals):
        X, Y = made(40, seed=1)
        again, other = made(40, seed=1), made(40, seed=2)
        np.testing.assert_array_equal(X, again[0])
        np.testing.assert_array_equal(Y, again[1])
        assert not np.array_equal(X, other[0])
