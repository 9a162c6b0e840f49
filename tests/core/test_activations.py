import numpy as np
import pytest

from nnlib.activations import ACTIVATIONS, activation
from nnlib.gradcheck import numerical_gradient, relative_error

A = np.random.default_rng(0).normal(scale=2.0, size=(6, 5))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_derivative_is_the_slope(name):
    sigma, sigma_prime = activation(name)
    slope = numerical_gradient(lambda A: float(sigma(A).sum()), A.copy())
    assert relative_error(sigma_prime(A), slope) < 1e-9


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_extreme_inputs_give_finite_values(name):
    sigma, sigma_prime = activation(name)
    extreme = np.array([-1e4, -40.0, 40.0, 1e4])
    assert np.isfinite(sigma(extreme)).all()
    assert np.isfinite(sigma_prime(extreme)).all()


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_a_plain_number_will_do(name):
    for function in activation(name):
        for a in (-2.0, 0.0, 1.0, 3):
            assert function(a) == function(np.array([float(a)]))[0]


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_precision_is_kept_and_the_argument_left_alone(name, dtype):
    given = A.astype(dtype)
    kept = given.copy()
    for function in activation(name):
        assert function(given).dtype == dtype
    np.testing.assert_array_equal(given, kept)


def test_sigmoid_is_the_logistic_function_to_the_last_digits_even_where_it_is_flat():
    flat = np.array([-40.0, -5.0, 0.5, 40.0])
    sigma, sigma_prime = activation("sigmoid")
    np.testing.assert_allclose(sigma(flat), 1 / (1 + np.exp(-flat)), rtol=1e-13)
    np.testing.assert_allclose(sigma_prime(flat), np.exp(-flat) / (1 + np.exp(-flat)) ** 2, rtol=1e-13)


def test_unknown_name_lists_the_names():
    with pytest.raises(ValueError, match="no activation 'logistic'; choose one of: identity, sigmoid, tanh, relu"):
        activation("logistic")
