"""The lecture's algorithm on lists: against a hand-worked example, autograd, and the layers."""

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnlib.backprop import backward, forward, gradient_step
from nnlib.gradcheck import numerical_gradient, relative_error
from nnlib.layers import FullyConnected
from nnlib.losses import SoftmaxCrossEntropy, SquaredError
from nnlib.network import Network

SIGMA_OF_AUTOGRAD = {
    "identity": lambda A: A,
    "sigmoid": lambda A: 1 / (1 + anp.exp(-A)),
    "tanh": anp.tanh,
    "relu": lambda A: anp.maximum(A, 0),
}


def squared_error(Ws, bs, X, Y, sigmas):
    Z = X
    for W, b, name in zip(Ws, bs, sigmas, strict=True):
        Z = SIGMA_OF_AUTOGRAD[name](anp.dot(Z, W.T) + b)
    return 0.5 * anp.sum((Z - Y) ** 2) / len(X)


def problem(widths, sigmas, m, seed):
    rng = np.random.default_rng(seed)
    Ws = [rng.normal(size=(d_out, d_in)) / d_in**0.5 for d_in, d_out in zip(widths, widths[1:], strict=False)]
    bs = [rng.normal(size=W.shape[0]) for W in Ws]
    return rng.normal(size=(m, widths[0])), rng.normal(size=(m, widths[-1])), Ws, bs, sigmas


architectures = st.integers(1, 4).flatmap(
    lambda L: st.builds(
        problem,
        st.lists(st.integers(1, 6), min_size=L + 1, max_size=L + 1),
        st.lists(st.sampled_from(sorted(SIGMA_OF_AUTOGRAD)), min_size=L, max_size=L),
        st.integers(1, 7),
        st.integers(0, 2**32 - 1),
    )
)


@settings(deadline=None, max_examples=60)
@given(architectures)
def test_gradients_equal_autograd(drawn):
    X, Y, Ws, bs, sigmas = drawn
    _, dWs, dbs = backward(Y, *forward(X, Ws, bs, sigmas), Ws, sigmas)
    want_Ws, want_bs = autograd.grad(lambda p: squared_error(*p, X, Y, sigmas))((Ws, bs))
    for got, want in zip(dWs + dbs, want_Ws + want_bs, strict=True):
        assert got.shape == want.shape
        assert relative_error(got, want) < 1e-10


@settings(deadline=None, max_examples=30)
@given(architectures)
def test_layers_equal_the_lists_exactly(drawn):
    X, Y, Ws, bs, sigmas = drawn
    layers = [FullyConnected(W.shape[1], W.shape[0], name) for W, name in zip(Ws, sigmas, strict=True)]
    network = Network(layers, SquaredError())
    for layer, W, b in zip(layers, Ws, bs, strict=True):
        layer.params["W"][:], layer.params["b"][:] = W, b
    As, Zs = forward(X, Ws, bs, sigmas)
    np.testing.assert_array_equal(network.forward(X, train=True), Zs[-1])
    network.backward(Y)
    deltas, dWs, dbs = backward(Y, As, Zs, Ws, sigmas)
    for layer, delta, dW, db in zip(layers, deltas, dWs, dbs, strict=True):
        np.testing.assert_array_equal(layer.delta, delta)
        np.testing.assert_array_equal(layer.grads["W"], dW)
        np.testing.assert_allclose(layer.grads["b"], db, rtol=1e-13, atol=1e-14 * np.abs(delta).max())


def test_gradients_equal_central_differences():
    X, Y, Ws, bs, sigmas = problem([3, 5, 4, 2], ["tanh", "sigmoid", "tanh"], m=7, seed=3)
    _, dWs, dbs = backward(Y, *forward(X, Ws, bs, sigmas), Ws, sigmas)
    for derived, array in zip(dWs + dbs, Ws + bs, strict=True):
        slope = numerical_gradient(lambda _: SquaredError().value(forward(X, Ws, bs, sigmas)[1][-1], Y), array)
        assert relative_error(derived, slope) < 1e-8


def test_another_loss_only_changes_where_the_pass_starts():
    X, _, Ws, bs, sigmas = problem([3, 5, 4], ["tanh", "identity"], m=6, seed=4)
    Y, loss = np.eye(4)[[0, 1, 2, 3, 0, 1]], SoftmaxCrossEntropy()
    _, dWs, _ = backward(Y, *forward(X, Ws, bs, sigmas), Ws, sigmas, loss)
    slope = numerical_gradient(lambda _: loss.value(forward(X, Ws, bs, sigmas)[1][-1], Y), Ws[0])
    assert relative_error(dWs[0], slope) < 1e-8


def test_a_network_worked_by_hand():
    """One sample x = (1, 2) through 2-2-1, identity then identity, so that every number fits on paper."""
    X, Y = np.array([[1.0, 2.0]]), np.array([[1.0]])
    Ws, bs = [np.array([[1.0, 0.0], [2.0, -1.0]]), np.array([[3.0, 5.0]])], [np.array([0.0, 1.0]), np.array([-2.0])]
    # a_1 = (1, 2·1 - 2 + 1) = (1, 1), a_2 = 3 + 5 - 2 = 6, loss = ½ (6 - 1)² = 12.5
    As, Zs = forward(X, Ws, bs, ["identity", "identity"])
    assert As[0].tolist() == [[1, 1]]
    assert Zs[2].tolist() == [[6]]
    # δ_2 = 5, ∂L/∂W_2 = 5 (1, 1), δ_1 = 5 (3, 5) = (15, 25), ∂L/∂W_1 = δ_1ᵀ x
    deltas, dWs, dbs = backward(Y, As, Zs, Ws, ["identity", "identity"])
    assert [delta.tolist() for delta in deltas] == [[[15, 25]], [[5]]]
    assert [dW.tolist() for dW in dWs] == [[[15, 30], [25, 50]], [[5, 5]]]
    assert [db.tolist() for db in dbs] == [[15, 25], [5]]


def test_gradient_step_takes_every_gradient_before_any_update():
    X, Y, Ws, bs, sigmas = problem([3, 4, 2], ["tanh", "identity"], m=5, seed=5)
    _, dWs, dbs = backward(Y, *forward(X, Ws, bs, sigmas), Ws, sigmas)
    kept = [array.copy() for array in Ws + bs]
    new_Ws, new_bs = gradient_step(X, Y, Ws, bs, sigmas, step_size=0.3)
    for new, old, gradient in zip(new_Ws + new_bs, kept, dWs + dbs, strict=True):
        np.testing.assert_array_equal(new, old - 0.3 * gradient)
    for array, before in zip(Ws + bs, kept, strict=True):
        np.testing.assert_array_equal(array, before)


def test_as_many_sigmas_as_weights():
    X, _, Ws, bs, _ = problem([3, 4, 2], [], m=5, seed=6)
    with pytest.raises(ValueError, match="zip"):
        forward(X, Ws, bs, ["tanh"])
