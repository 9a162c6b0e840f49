import numpy as np
import pytest

from nnlib.activations import ACTIVATIONS
from nnlib.gradcheck import check_layer
from nnlib.initialisation import initial_weights
from nnlib.layers import FullyConnected

rng = np.random.default_rng(0)
Z_prev, dZ = rng.normal(size=(6, 4)), rng.normal(size=(6, 3))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_gradients_for_a_random_upstream(name):
    errors = check_layer(FullyConnected(4, 3, name, rng=2), Z_prev, seed=3)
    assert max(errors.values()) < 1e-8


def test_layer_shows_the_lectures_quantities():
    layer = FullyConnected(4, 3, "tanh", rng=1)
    layer.params["b"][:] = [1.0, 2.0, 3.0]
    Z = layer.forward(Z_prev, train=True)
    np.testing.assert_array_equal(layer.A, Z_prev @ layer.params["W"].T + [1.0, 2.0, 3.0])
    np.testing.assert_array_equal(Z, np.tanh(layer.A))
    dZ_prev = layer.backward(dZ)
    np.testing.assert_allclose(layer.delta, dZ * (1 - Z**2), rtol=1e-12)
    np.testing.assert_allclose(dZ_prev, layer.delta @ layer.params["W"], rtol=1e-12)


def test_predictions_in_between_change_no_gradient():
    layer = FullyConnected(4, 3, "tanh", rng=1)
    layer.forward(Z_prev, train=True)
    layer.backward(dZ)
    expected = layer.grads["W"].copy()
    layer.forward(Z_prev, train=True)
    layer.forward(rng.normal(size=(20, 4)))
    layer.backward(dZ)
    np.testing.assert_array_equal(layer.grads["W"], expected)


def test_backward_without_a_stored_forward_is_an_error():
    layer = FullyConnected(4, 3)
    layer.forward(Z_prev)
    with pytest.raises(RuntimeError, match=r"call forward\(X, train=True\) first"):
        layer.backward(dZ)


def test_nothing_of_the_callers_is_changed():
    layer = FullyConnected(4, 3, "relu")
    given = Z_prev.copy(), dZ.copy()
    layer.forward(given[0], train=True)
    layer.backward(given[1])
    np.testing.assert_array_equal(given[0], Z_prev)
    np.testing.assert_array_equal(given[1], dZ)


def test_float32_stays_float32():
    layer = FullyConnected(4, 3, "sigmoid", dtype=np.float32)
    assert layer.forward(Z_prev.astype(np.float32), train=True).dtype == np.float32
    assert layer.backward(dZ.astype(np.float32)).dtype == np.float32
    assert layer.grads["W"].dtype == layer.grads["b"].dtype == layer.delta.dtype == np.float32


def test_the_first_layer_can_spare_the_gradient_for_its_input():
    layer = FullyConnected(4, 3)
    layer.forward(Z_prev, train=True)
    assert layer.backward(dZ, to_input=False) is None


@pytest.mark.parametrize(("name", "size_kept"), [("relu", 0.5), ("identity", 1.0)])
def test_initial_weights_keep_the_size_of_the_signal(name, size_kept):
    """relu halves the mean square of its input's pre-activation; the gain of 2 puts it back."""
    generator = np.random.default_rng(4)
    Z = generator.normal(size=(500, 400))
    A = Z @ initial_weights(400, 300, name, generator).T
    sigma = ACTIVATIONS[name].sigma
    assert np.mean(sigma(A) ** 2) == pytest.approx(1.0, rel=0.03)
    assert np.mean(sigma(A) ** 2) / np.mean(A**2) == pytest.approx(size_kept, rel=0.03)


def test_seeds_are_repeated_and_generators_go_on():
    first, again = FullyConnected(4, 3, rng=7), FullyConnected(4, 3, rng=7)
    np.testing.assert_array_equal(first.params["W"], again.params["W"])
    generator = np.random.default_rng(7)
    FullyConnected(4, 3, rng=generator)
    assert not np.array_equal(FullyConnected(4, 3, rng=generator).params["W"], first.params["W"])
