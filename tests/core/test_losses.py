import numpy as np
import pytest

from nnlib.gradcheck import numerical_gradient, relative_error
from nnlib.losses import SoftmaxCrossEntropy, SquaredError, accuracy, softmax

rng = np.random.default_rng(1)
Z_L = rng.normal(size=(7, 4))
Y = np.eye(4)[rng.integers(0, 4, 7)]
LOSSES = [SquaredError(), SoftmaxCrossEntropy()]


@pytest.mark.parametrize("loss", LOSSES)
def test_gradient_is_the_slope_of_the_value(loss):
    slope = numerical_gradient(lambda Z: loss.value(Z, Y), Z_L.copy())
    assert relative_error(loss.gradient(Z_L, Y), slope) < 1e-8


@pytest.mark.parametrize("loss", LOSSES)
def test_loss_is_the_mean_over_the_samples(loss):
    each = [loss.value(Z_L[i : i + 1], Y[i : i + 1]) for i in range(7)]
    assert loss.value(Z_L, Y) == pytest.approx(np.mean(each), rel=1e-14)
    twice = np.vstack([Z_L, Z_L]), np.vstack([Y, Y])
    assert loss.value(*twice) == pytest.approx(loss.value(Z_L, Y), rel=1e-14)
    np.testing.assert_allclose(loss.gradient(*twice)[:7], loss.gradient(Z_L, Y) / 2, rtol=1e-14)


def test_squared_error_has_the_half_and_no_mean_over_the_outputs():
    assert SquaredError().value(np.full((1, 3), 2.0), np.zeros((1, 3))) == 6.0


def test_cross_entropy_with_softmax_starts_the_backward_pass_at_z_minus_y():
    np.testing.assert_allclose(SoftmaxCrossEntropy().gradient(Z_L, Y) * 7, softmax(Z_L) - Y, rtol=1e-14)


def test_softmax_has_no_elementwise_derivative():
    """Raising one score moves the other outputs: the Jacobian is not diagonal."""
    raised = Z_L[:1] + [[0.1, 0, 0, 0]]
    assert (softmax(raised)[0, 1:] < softmax(Z_L[:1])[0, 1:]).all()


def test_extreme_scores_give_finite_values():
    scores = np.array([[1e4, -1e4], [-1e4, 1e4]])
    loss = SoftmaxCrossEntropy()
    assert loss.value(scores, np.eye(2)) == 0.0
    assert loss.value(scores, np.eye(2)[::-1]) == 2e4
    np.testing.assert_array_equal(loss.gradient(scores, np.eye(2)[::-1]), [[0.5, -0.5], [-0.5, 0.5]])


@pytest.mark.parametrize("loss", LOSSES)
def test_float32_stays_float32_and_arguments_stay(loss):
    scores, targets = Z_L.astype(np.float32), Y.astype(np.float32)
    kept = scores.copy()
    assert loss.gradient(scores, targets).dtype == np.float32
    np.testing.assert_array_equal(scores, kept)


def test_accuracy_counts_the_largest_score():
    assert accuracy(Y * 3 + 0.5, Y) == 1.0
    assert accuracy(-Y, Y) == 0.0
