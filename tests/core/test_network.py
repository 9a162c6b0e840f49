import numpy as np
import pytest

from nnlib.layers import FullyConnected
from nnlib.losses import SquaredError
from nnlib.network import Network, fully_connected

X = np.random.default_rng(0).normal(size=(5, 3))
Y = np.eye(2)[[0, 1, 1, 0, 1]]


def test_forward_is_the_layers_one_after_the_other():
    network = fully_connected([3, 4, 2], "tanh", seed=1)
    first, second = network.layers
    np.testing.assert_array_equal(network.forward(X), second.forward(first.forward(X)))
    assert network.predict(X).tolist() == network.forward(X).argmax(axis=1).tolist()


def test_an_update_of_theta_moves_the_layers():
    network = fully_connected([3, 4, 2])
    network.forward(X, train=True)
    network.backward(Y)
    first = network.layers[0]
    before, gradient = first.params["W"].copy(), first.grads["W"].copy()
    network.params[0] -= 0.5 * network.grads[0]
    np.testing.assert_array_equal(first.params["W"], before - 0.5 * gradient)
    assert network.params[0].size == 3 * 4 + 4 + 4 * 2 + 2


def test_one_delta_per_layer():
    network = fully_connected([3, 4, 2])
    network.forward(X, train=True)
    network.backward(Y)
    assert [delta.shape for delta in network.deltas] == [(5, 4), (5, 2)]


def test_predictions_in_between_change_no_gradient():
    network = fully_connected([3, 4, 2], seed=2)
    network.forward(X, train=True)
    network.backward(Y)
    expected = network.grads[0].copy()
    network.forward(X, train=True)
    network.predict(X[:2] * 9)
    network.loss_value(X[:1], Y[:1])
    network.backward(Y)
    np.testing.assert_array_equal(network.grads[0], expected)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (np.zeros((5, 4)), r"X has shape \(5, 4\); expected \(m, d_0\) .* d_0 = 3"),
        (np.zeros(3), r"X has shape \(3,\); expected"),
        (np.zeros((0, 3)), r"X has shape \(0, 3\); expected \(m, d_0\) with m > 0"),
    ],
)
def test_wrong_shapes_are_named(given, message):
    with pytest.raises(ValueError, match=message):
        fully_connected([3, 2]).forward(given)


def test_wrong_targets_are_named():
    network = fully_connected([3, 2])
    network.forward(X, train=True)
    with pytest.raises(ValueError, match=r"Y has shape \(5,\); expected \(m, d_L\) = \(5, 2\)"):
        network.backward(np.zeros(5))
    with pytest.raises(ValueError, match=r"Y has shape \(5, 1\)"):
        network.loss_value(X, np.zeros((5, 1)))


def test_backward_before_forward_is_an_error():
    network = fully_connected([3, 2])
    network.forward(X)
    with pytest.raises(RuntimeError, match=r"call forward\(X, train=True\) first"):
        network.backward(Y)


def test_widths_must_fit():
    with pytest.raises(ValueError, match="layer 1 gives d_1 = 4 but layer 2 expects 5"):
        Network([FullyConnected(3, 4), FullyConnected(5, 2)])


def test_a_layer_stands_in_a_network_once():
    layer = FullyConnected(3, 3)
    with pytest.raises(ValueError, match="stands in the network twice"):
        Network([layer, layer])


def test_a_network_needs_a_layer():
    with pytest.raises(ValueError, match="at least one layer"):
        Network([])


def test_precision_is_never_changed_silently():
    network = fully_connected([3, 2], dtype=np.float32)
    assert network.forward(X.astype(np.float32)).dtype == np.float32
    with pytest.raises(TypeError, match=r"X is float64 but the network computes in float32"):
        network.forward(X)


def test_integers_are_exact_and_welcome():
    network = fully_connected([3, 2])
    counts = np.arange(6).reshape(2, 3)
    np.testing.assert_array_equal(network.forward(counts), network.forward(counts.astype(float)))


def test_loss_is_a_choice():
    network = fully_connected([3, 2], loss=SquaredError())
    assert network.loss_value(X, Y) == pytest.approx(0.5 * np.sum((network.forward(X) - Y) ** 2) / 5)
