import numpy as np
import pytest

from nnlib.gradcheck import check_layer, check_network, numerical_gradient, relative_error
from nnlib.layers import FullyConnected
from nnlib.losses import SquaredError
from nnlib.network import Network

rng = np.random.default_rng(0)


class ForgetsSigmaPrime(FullyConnected):
    def backward(self, dZ, to_input=True):
        self._sigma_prime = np.ones_like
        return super().backward(dZ, to_input)


def test_a_wrong_layer_is_found():
    assert min(check_layer(ForgetsSigmaPrime(4, 3, "tanh"), rng.normal(size=(5, 4))).values()) > 1e-3


def test_a_wrong_layer_is_found_in_a_network():
    """All that lies below the wrong layer is wrong too; the layer above is right."""
    network = Network(
        [FullyConnected(3, 4, "tanh", 1), ForgetsSigmaPrime(4, 4, "tanh", 2), FullyConnected(4, 2, "tanh", 3)],
        SquaredError(),
    )
    errors = check_network(network, rng.normal(size=(5, 3)), rng.normal(size=(5, 2)))
    assert [name for name, error in errors.items() if error > 1e-3] == ["W_1", "b_1", "W_2", "b_2"]


def test_a_right_network_passes_and_is_left_as_it_was():
    network = Network([FullyConnected(3, 4, "sigmoid", 1), FullyConnected(4, 2, "tanh", 2)], SquaredError())
    theta = network.params[0].copy()
    errors = check_network(network, rng.normal(size=(5, 3)), rng.normal(size=(5, 2)))
    assert max(errors.values()) < 1e-8
    np.testing.assert_array_equal(network.params[0], theta)


def test_entry_is_put_back_even_when_f_fails():
    W = np.ones(2)

    def fails(_):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        numerical_gradient(fails, W)
    assert W.tolist() == [1, 1]


def test_error_of_the_central_difference_shrinks_with_h_squared():
    def error(h):
        return abs(numerical_gradient(lambda w: float(np.exp(w[0])), np.zeros(1), h)[0] - 1)

    assert error(1e-2) / error(1e-3) == pytest.approx(100, rel=0.01)


def test_relative_error_of_zeros_is_zero():
    assert relative_error(np.zeros(3), np.zeros(3)) == 0.0
    assert relative_error(np.zeros(0), np.zeros(0)) == 0.0
