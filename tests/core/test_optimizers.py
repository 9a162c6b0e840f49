import numpy as np
import pytest

from nnlib.optimizers import SGD, inverse_decay, step_decay

H = np.diag([1.0, 20.0])  # the quadratic ½ w' H w, a ravine


def path(optimizer_of, steps=30, w0=(2.0, 1.0)):
    w = np.array(w0)
    optimizer, iterates = optimizer_of([w]), [w.copy()]
    for _ in range(steps):
        optimizer.step([H @ w])
        iterates.append(w.copy())
    return np.array(iterates)


def test_without_momentum_it_is_gradient_descent():
    """On the quadratic each coordinate shrinks by the factor 1 - αλ per step."""
    iterates = path(lambda params: SGD(params, step_size=0.04))
    t = np.arange(31)[:, None]
    np.testing.assert_allclose(iterates, (1 - 0.04 * np.array([1.0, 20.0])) ** t * [2.0, 1.0], rtol=1e-12)


def test_momentum_is_the_lectures_two_lines():
    W, gradients = np.array([1.0, -2.0]), np.random.default_rng(0).normal(size=(5, 2))
    optimizer = SGD([W], step_size=inverse_decay(0.3, 0.5), momentum=0.9)
    expected, G = W.copy(), np.zeros(2)
    for t, gradient in enumerate(gradients):
        optimizer.step([gradient])
        G = 0.9 * G + gradient
        expected = expected - 0.3 / (1 + 0.5 * t) * G
        np.testing.assert_allclose(W, expected, rtol=1e-14)


def test_step_size_inside_the_buffer_is_the_same_only_while_it_is_constant():
    def inside(schedule, steps=30):
        w, V, iterates = np.array([2.0, 1.0]), np.zeros(2), [np.array([2.0, 1.0])]
        for t in range(steps):
            V = 0.5 * V - schedule(t) * (H @ w)
            w = w + V
            iterates.append(w)
        return np.array(iterates)

    decaying = inverse_decay(0.04, 0.2)
    np.testing.assert_allclose(path(lambda p: SGD(p, 0.04, 0.5)), inside(lambda t: 0.04), atol=1e-12)
    assert np.abs(path(lambda p: SGD(p, decaying, 0.5)) - inside(decaying)).max() > 1e-3


@pytest.mark.parametrize(("step_size", "momentum", "converges"), [(0.099, 0, 1), (0.101, 0, 0), (0.189, 0.9, 1)])
def test_the_largest_stable_step_is_two_times_one_plus_beta_over_lambda_max(step_size, momentum, converges):
    end = path(lambda params: SGD(params, step_size, momentum), steps=2000)[-1]
    assert (np.abs(end).max() < 1e-3) == converges


def test_every_array_is_updated_in_place_and_no_gradient_changed():
    arrays, gradients = [np.ones((2, 3)), np.ones(4)], [np.full((2, 3), 2.0), np.full(4, 3.0)]
    optimizer = SGD(arrays, step_size=0.5, momentum=0.5)
    for _ in range(2):
        optimizer.step(gradients)
    assert arrays[0][0, 0] == 1 - 0.5 * 2 - 0.5 * (0.5 * 2 + 2)
    assert gradients[0][0, 0] == 2.0
    assert optimizer.t == 2


def test_float32_stays_float32():
    w = np.ones(3, np.float32)
    SGD([w], step_size=np.float64(0.1), momentum=0.9).step([np.ones(3, np.float32)])
    assert w.dtype == np.float32


def test_schedules():
    assert [inverse_decay(1.0, 1.0)(t) for t in range(4)] == [1, 1 / 2, 1 / 3, 1 / 4]
    assert [step_decay(0.8, 0.5, every=3)(t) for t in (0, 2, 3, 6)] == [0.8, 0.8, 0.4, 0.2]
    optimizer = SGD([np.ones(1)], step_decay(0.8, 0.5, every=1))
    optimizer.step([np.ones(1)])
    assert optimizer.step_size == 0.4


@pytest.mark.parametrize("momentum", [-0.1, 1.0])
def test_momentum_outside_its_range_is_refused(momentum):
    with pytest.raises(ValueError, match=f"momentum is {momentum}; expected 0 <= momentum < 1"):
        SGD([], momentum=momentum)


def test_a_missing_gradient_is_refused():
    with pytest.raises(ValueError, match="zip"):
        SGD([np.ones(1), np.ones(1)]).step([np.ones(1)])
