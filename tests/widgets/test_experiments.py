"""The experiments as numbers."""

import itertools
import math
import subprocess
import sys

import numpy as np
import pytest

from nnlib.data import load_digits, minibatches, one_hot, split
from nnlib.losses import softmax
from nnlib.network import fully_connected
from nnlib.optimizers import SGD
from nnlib.widgets.experiments import digits_training, parabola_descent


def first(states, n):
    return list(itertools.islice(states, n))


def test_same_arguments_same_numbers():
    assert first(digits_training(0.3, 0.9, 3), 20) == first(digits_training(0.3, 0.9, 3), 20)


def test_runs_side_by_side_do_not_disturb_each_other():
    alone = first(digits_training(0.3, 0.9, 3), 20)
    pairs = zip(digits_training(0.3, 0.9, 3), digits_training(0.1, 0.0, 5), strict=False)
    assert [one for one, _ in itertools.islice(pairs, 20)] == alone


def test_another_seed_is_another_run():
    one, other = (first(digits_training(0.3, 0.9, 3, seed=seed), 2)[-1] for seed in (0, 1))
    assert one.losses != other.losses


@pytest.mark.parametrize("depth", [1, 4])
def test_first_step_is_the_lectures_backward_pass(depth):
    X, labels = load_digits()
    Y = one_hot(labels, 10)
    train, _ = split(len(X), 0.8)
    batch = train[minibatches(len(train), 64, 7)[0]]
    network = fully_connected([64, *[32] * depth, 10], sigma="tanh", seed=7)
    Ws, bs = [layer.params["W"] for layer in network.layers], [layer.params["b"] for layer in network.layers]

    Zs = [X[batch]]
    for W, b in zip(Ws, bs, strict=True):
        Zs.append(np.tanh(Zs[-1] @ W.T + b))
    scores = Zs[-2] @ Ws[-1].T + bs[-1]
    deltas = [(softmax(scores) - Y[batch]) / 64]
    for W, Z in zip(reversed(Ws[1:]), reversed(Zs[1:-1]), strict=True):
        deltas.insert(0, (deltas[0] @ W) * (1 - Z**2))

    state = next(digits_training(0.5, 0.9, depth, seed=7))
    assert state.delta_norms == pytest.approx([np.sqrt((delta**2).sum()) for delta in deltas])
    assert state.loss == pytest.approx(-np.log(softmax(scores)[Y[batch] == 1]).mean())


def test_accuracy_is_that_of_the_held_out_images():
    X, labels = load_digits()
    Y = one_hot(labels, 10)
    train, validation = split(len(X), 0.8)
    network = fully_connected([64, 32, 10], sigma="tanh", seed=7)
    optimizer = SGD(network.params, 0.5, 0.9)
    for batch in minibatches(len(train), 64, 7)[:4]:
        network.forward(X[train[batch]], train=True)
        network.backward(Y[train[batch]])
        optimizer.step(network.grads)
    state = first(digits_training(0.5, 0.9, 1, seed=7), 4)[-1]
    assert state.accuracy == np.mean(network.predict(X[validation]) == labels[validation])


def test_a_state_holds_the_whole_run_so_far_and_later_steps_do_not_change_it():
    states = first(digits_training(0.1, 0.5, 2), 30)
    assert [state.step for state in states] == list(range(1, 31))
    for state in states[3:]:
        assert len(state.losses) == len(state.accuracies) == state.step
        assert state.losses == states[-1].losses[: state.step]
        assert len(state.delta_norms) == 3
        assert not state.diverged


def test_accuracy_is_measured_at_every_fourth_step():
    accuracies = np.array(first(digits_training(0.3, 0.5, 2), 17)[-1].accuracies)
    assert np.isnan(accuracies[:3]).all()
    changes = {i + 1 for i in range(4, 17) if accuracies[i] != accuracies[i - 1]}
    assert changes
    assert changes <= {8, 12, 16}


def test_mean_loss_is_that_of_the_last_ten_batches():
    for state in first(digits_training(0.1, 0.5, 2), 30):
        assert state.mean_loss == pytest.approx(np.mean(state.losses[-10:]))


def test_it_learns():
    *_, last = digits_training(0.3, 0.5, 4)
    assert last.step == 200
    assert last.mean_loss < 0.1
    assert last.accuracy > 0.95


@pytest.mark.parametrize(("step_size", "beta", "depth"), [(10.0, 0.99, 12), (10.0, 0.0, 1), (3.0, 0.9, 4)])
def test_a_run_which_diverges_ends_there(step_size, beta, depth):
    *before, last = digits_training(step_size, beta, depth)
    assert last.diverged
    assert last.step < 30
    assert last.loss > 10 * last.losses[0]
    assert not any(state.diverged for state in before)


def test_numbers_beyond_all_bounds_are_divergence_without_a_warning():
    # a warning is an error here
    *_, last = digits_training(1e308, 0.9, 2)
    assert last.diverged
    assert not math.isfinite(last.loss)


def test_the_callers_numpy_settings_hold_between_the_steps():
    outside = np.geterr()
    for _ in first(digits_training(0.1, 0.5, 1), 3):
        assert np.geterr() == outside


@pytest.mark.parametrize("step_size", [0.01, 0.25, 0.5, 0.75, 1.0, 1.1])
def test_parabola_is_its_closed_form(step_size):
    w = parabola_descent(step_size, lam=2.0, w_0=-1.5, steps=30)
    np.testing.assert_allclose(w, -1.5 * (1 - 2 * step_size) ** np.arange(31), rtol=1e-12, atol=1e-300)


def test_experiments_need_no_picture():
    code = "import sys, nnlib.widgets.experiments; print(sorted({'matplotlib', 'ipywidgets'} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert result.stdout.strip() == "[]"
