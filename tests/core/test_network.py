import copy

import numpy as np
import pytest

from nnlib.connections import Residual
from nnlib.gradcheck import check_network
from nnlib.layers import FullyConnected
from nnlib.losses import SquaredError
from nnlib.network import Network, fully_connected
from nnlib.normalization import BatchNorm
from nnlib.optimizers import SGD
from nnlib.train import training_step

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


def mixed_network(seed: int = 0) -> Network:
    rng = np.random.default_rng(seed)
    return Network(
        [
            FullyConnected(3, 6, "tanh", rng, norm=BatchNorm(6)),
            Residual(FullyConnected(6, 4, "relu", rng), FullyConnected(4, 6, "identity", rng)),
            FullyConnected(6, 2, "identity", rng),
        ]
    )


def trained(network: Network, steps: int = 3) -> Network:
    optimizer = SGD(network.params, 0.1)
    for _ in range(steps):
        training_step(network, optimizer, X, Y)
    return network


def test_a_copy_learns_by_itself():
    """Its layers must be windows on its own vector of parameters: an update would move nothing otherwise."""
    network = trained(mixed_network())
    before = network.forward(X)
    twin = copy.deepcopy(network)
    np.testing.assert_array_equal(twin.forward(X), before)
    trained(twin)
    for name, W in twin.named_params.items():
        assert not np.array_equal(W, network.named_params[name]), name
    np.testing.assert_array_equal(network.forward(X), before)


def test_a_layer_of_another_network_is_refused():
    network = mixed_network()
    with pytest.raises(ValueError, match="belongs to another network already"):
        Network([network.layers[0], FullyConnected(6, 2)])


def test_what_was_saved_comes_back_with_its_running_statistics(tmp_path):
    network = trained(mixed_network(seed=1))
    network.save(tmp_path / "learned.npz")
    other = mixed_network(seed=2)
    other.load(tmp_path / "learned.npz")
    np.testing.assert_array_equal(other.forward(X), network.forward(X))
    trained(other)
    assert not np.array_equal(other.forward(X), network.forward(X))  # the arrays are still those of the optimizer


def test_a_file_of_another_network_is_refused_and_changes_nothing(tmp_path):
    network = trained(mixed_network(seed=1))
    before = network.forward(X)
    fully_connected([3, 6, 2]).save(tmp_path / "other.npz")
    with pytest.raises(ValueError, match="but this network has .*'scale_1.1'.* build it as the saved one was"):
        network.load(tmp_path / "other.npz")
    np.testing.assert_array_equal(network.forward(X), before)


def test_a_file_with_pickles_is_not_opened(tmp_path):
    np.savez(tmp_path / "bad.npz", W_1=np.array([{"any": "object"}], dtype=object))
    with pytest.raises(ValueError, match="allow_pickle=False"):
        mixed_network().load(tmp_path / "bad.npz")


def test_summary_counts_every_parameter_once():
    lines = mixed_network().summary().splitlines()
    counts = [int(line.split()[-2]) for line in lines]
    assert sum(counts[:-1]) == counts[-1] == mixed_network().params[0].size
    assert [line.split()[0] for line in lines] == ["1", "1.1", "2", "2.1", "2.2", "3", "total"]


def test_deltas_of_every_affine_layer_in_forward_order():
    network = trained(mixed_network(), steps=1)
    assert [delta.shape for delta in network.deltas] == [(5, 6), (5, 4), (5, 6), (5, 2)]


def test_gradient_check_of_a_mixed_network():
    errors = check_network(mixed_network(), X, Y)
    assert list(errors)[:4] == ["W_1", "b_1", "scale_1.1", "shift_1.1"]
    assert max(error for name, error in errors.items() if name != "b_1") < 1e-7


@pytest.mark.parametrize("batchnorm", [False, True])
@pytest.mark.parametrize("sigma", ["relu", "tanh", "sigmoid", "identity"])
def test_pre_activations_of_any_size_give_finite_gradients_without_a_warning(sigma, batchnorm):
    network = fully_connected([3, 4, 2], sigma, batchnorm=batchnorm)
    network.params[0] *= 1e2
    for scale in (1e4, -1e4):
        network.forward(scale * X, train=True)
        network.backward(Y)
        assert np.isfinite(network.grads[0]).all()


@pytest.mark.parametrize("batchnorm", [False, True])
def test_nan_goes_through_as_nan_without_a_warning(batchnorm):
    network = fully_connected([3, 4, 2], "tanh", batchnorm=batchnorm)
    broken = X.copy()
    broken[2, 1] = np.nan
    assert np.isnan(network.forward(broken)[2]).all()
    assert np.isfinite(network.forward(broken)[[0, 1, 3, 4]]).all()
    network.forward(broken, train=True)
    network.backward(Y)
