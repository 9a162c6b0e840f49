"""Scaling, PCA and BatchNorm: what they give, also for awkward data, and what they refuse."""

import numpy as np
import pytest

from nnlib.gradcheck import check_layer, numerical_gradient, relative_error
from nnlib.layers import FullyConnected
from nnlib.normalization import PCA, BatchNorm, UnitScaling, batchnorm_backward, batchnorm_forward

rng = np.random.default_rng(0)
X = rng.normal(size=(40, 3)) @ rng.normal(size=(3, 3)) + [5.0, -2.0, 100.0]


def test_scaling_takes_the_training_set_to_0_and_1_and_does_not_clip_others():
    scale = UnitScaling(X)
    Z = scale(X)
    np.testing.assert_allclose(Z.min(axis=0), 0, atol=1e-15)
    np.testing.assert_allclose(Z.max(axis=0), 1)
    np.testing.assert_allclose(scale(2 * X.max(axis=0)[None] - X.min(axis=0)), [[2, 2, 2]])


def test_a_feature_that_is_constant_in_training_becomes_0_everywhere():
    constant = np.column_stack([X, np.full(40, 7.0)])
    Z = UnitScaling(constant)(np.array([[5.0, -2.0, 100.0, 9.0]]))
    assert Z[0, 3] == 0


def test_integers_become_float64_and_float32_stays():
    integers = np.array([[0, 10], [255, 20]], dtype=np.uint8)
    assert UnitScaling(integers)(integers).tolist() == [[0.0, 0.0], [1.0, 1.0]]
    assert UnitScaling(integers)(integers).dtype == np.float64
    for transformation in (UnitScaling, PCA):
        assert transformation(X.astype(np.float32))(X.astype(np.float32)).dtype == np.float32


@pytest.mark.parametrize("transformation", [UnitScaling, PCA])
@pytest.mark.parametrize(
    ("given", "message"),
    [
        (np.array([[1.0, np.nan]]), "NaN or infinity"),
        (np.array([[1.0, np.inf]]), "NaN or infinity"),
        (np.zeros((0, 3)), r"X has shape \(0, 3\); expected \(n, d\) with n > 0"),
        (np.zeros(3), r"X has shape \(3,\)"),
    ],
)
def test_what_cannot_be_learned_from_is_refused(transformation, given, message):
    with pytest.raises(ValueError, match=message):
        transformation(given)


@pytest.mark.parametrize("transformation", [UnitScaling, PCA])
def test_other_data_must_have_the_same_features(transformation):
    with pytest.raises(ValueError, match=r"X has shape \(40, 2\); expected \(n, 3\)"):
        transformation(X)(X[:, :2])


def test_pca_gives_the_eigenvectors_of_the_covariance_in_descending_order():
    pca = PCA(X)
    covariance = np.cov(X.T, bias=True)
    np.testing.assert_allclose(covariance @ pca.V, pca.V * pca.variances, atol=1e-12)
    np.testing.assert_allclose(pca.V.T @ pca.V, np.eye(3), atol=1e-14)
    assert (np.diff(pca.variances) < 0).all()
    np.testing.assert_allclose(np.cov(pca(X).T, bias=True), np.diag(pca.variances), atol=1e-12)
    np.testing.assert_allclose(pca(X + 1) - pca(X), (np.ones(3) @ pca.V)[None].repeat(40, axis=0), atol=1e-12)


def test_unit_variance_makes_the_covariance_the_identity():
    np.testing.assert_allclose(np.cov(PCA(X, unit_variance=True)(X).T, bias=True), np.eye(3), atol=1e-12)


@pytest.mark.parametrize(
    ("data", "rank"),
    [
        (X[:3, :2].repeat(3, axis=1), 2),  # three samples of six features
        (np.column_stack([X, X[:, 0] + X[:, 1]]), 3),  # one feature the sum of two others
        (np.column_stack([X, np.full(40, 7.0)]), 3),  # a constant feature
        (X[:1], 0),  # one sample
    ],
)
def test_directions_without_variance_have_exactly_0_and_are_left_out_by_unit_variance(data, rank):
    pca = PCA(data)
    d = data.shape[1]
    assert (pca.variances[:rank] > 1e-6).all()
    assert (pca.variances[rank:] == 0).all()
    np.testing.assert_allclose(pca.V.T @ pca.V, np.eye(d), atol=1e-13)
    whitened = PCA(data, unit_variance=True)(data + 1e-9)
    assert (whitened[:, rank:] == 0).all()
    assert np.abs(whitened).max(initial=0) < 10


def test_batchnorm_normalizes_scales_and_shifts():
    A, scale, shift = X, np.array([1.0, 2.0, -3.0]), np.array([0.0, 5.0, 1.0])
    layer = BatchNorm(3, eps=1e-12)
    layer.params["scale"][:], layer.params["shift"][:] = scale, shift
    Z = layer.forward(A, train=True)
    np.testing.assert_allclose(Z.mean(axis=0), shift, atol=1e-9)
    np.testing.assert_allclose(Z.std(axis=0), abs(scale), rtol=1e-9)


@pytest.mark.parametrize("m", [2, 3, 50])
def test_batchnorm_gradients_for_a_random_upstream(m):
    layer = BatchNorm(4, eps=0.1)
    layer.params["scale"][:] = [2.0, -1.0, 0.5, 3.0]
    errors = check_layer(layer, rng.normal(2, 3, size=(m, 4)), seed=m)
    assert max(errors.values()) < 1e-7


def test_the_columns_of_the_gradient_sum_to_0():
    """A constant added to a column changes nothing, so the loss cannot depend on it."""
    layer = BatchNorm(3)
    layer.forward(X, train=True)
    dA = layer.backward(rng.normal(size=X.shape))
    np.testing.assert_allclose(dA.sum(axis=0), 0, atol=1e-13)


def test_pure_functions_hold_for_statistics_from_elsewhere():
    mean, var, scale, shift = rng.normal(size=3), np.array([0.5, 1.0, 4.0]), np.ones(3), np.zeros(3)
    A_hat, out = batchnorm_forward(X, scale, shift, mean, var, eps=1e-3)
    np.testing.assert_allclose(out, (X - mean) / np.sqrt(var + 1e-3))
    assert A_hat is not X


def test_the_backward_pass_of_the_mean_and_the_variance_is_in_it():
    scale, eps, dout = np.array([1.0, -2.0, 0.5]), 1e-3, rng.normal(size=X.shape)

    def objective(A):
        return float(np.sum(dout * batchnorm_forward(A, scale, np.zeros(3), A.mean(axis=0), A.var(axis=0), eps)[1]))

    A_hat, _ = batchnorm_forward(X, scale, np.zeros(3), X.mean(axis=0), X.var(axis=0), eps)
    dA, _, _ = batchnorm_backward(dout, A_hat, scale, X.var(axis=0), eps)
    assert relative_error(dA, numerical_gradient(objective, X.copy())) < 1e-6


def test_running_statistics_weigh_the_old_value_with_decay():
    layer = BatchNorm(3, decay=0.8)
    layer.forward(X, train=True)
    np.testing.assert_allclose(layer.state["running_mean"], 0.2 * X.mean(axis=0))
    np.testing.assert_allclose(layer.state["running_var"], 0.8 + 0.2 * X.var(axis=0))
    layer.forward(2 * X)
    np.testing.assert_allclose(layer.state["running_mean"], 0.2 * X.mean(axis=0))


def test_a_prediction_does_not_depend_on_the_other_samples():
    layer = BatchNorm(3)
    for _ in range(5):
        layer.forward(X, train=True)
    np.testing.assert_allclose(layer.forward(X)[:1], layer.forward(X[:1]), rtol=1e-14)


def test_after_many_batches_prediction_and_training_agree():
    layer = BatchNorm(3)
    for _ in range(300):
        Z = layer.forward(X, train=True)
    np.testing.assert_allclose(layer.forward(X), Z, rtol=1e-9)


def test_one_sample_in_training_is_a_clear_error_and_in_prediction_is_not():
    layer = BatchNorm(3)
    with pytest.raises(ValueError, match="at least 2 samples in training"):
        layer.forward(X[:1], train=True)
    assert layer.forward(X[:1]).shape == (1, 3)


@pytest.mark.parametrize("value", [1e4, -1e4])
def test_a_constant_feature_becomes_the_shift(value):
    layer = BatchNorm(2)
    A = np.column_stack([np.full(6, value), rng.normal(size=6)])
    assert np.abs(layer.forward(A, train=True)[:, 0]).max() == 0
    assert np.isfinite(layer.backward(rng.normal(size=(6, 2)))).all()


def test_in_float32_nothing_becomes_float64():
    layer = FullyConnected(3, 4, "tanh", dtype=np.float32, norm=BatchNorm(4, dtype=np.float32))
    Z = layer.forward(X.astype(np.float32), train=True)
    assert layer.backward(np.ones_like(Z)).dtype == Z.dtype == np.float32
    assert layer.norm.grads["scale"].dtype == layer.norm.state["running_mean"].dtype == np.float32


def test_a_norm_of_another_width_is_refused_with_both_shapes():
    with pytest.raises(ValueError, match=r"norm maps \(m, 5\) to \(m, 5\); expected \(m, 4\)"):
        FullyConnected(3, 4, norm=BatchNorm(5))


def test_before_a_batchnorm_a_bias_changes_nothing_and_its_gradient_is_0():
    layer = FullyConnected(3, 4, "tanh", norm=BatchNorm(4))
    Z = layer.forward(X, train=True)
    layer.backward(rng.normal(size=Z.shape))
    assert np.abs(layer.grads["b"]).max() < 1e-12 * np.abs(layer.grads["W"]).max()
    layer.params["b"][:] = [1.0, -2.0, 3.0, 50.0]
    np.testing.assert_allclose(layer.forward(X, train=True), Z, atol=1e-12)
