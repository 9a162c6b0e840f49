"""The figure on BatchNorm: the experiment as numbers, each slider over its grid."""

import re
from copy import deepcopy
from itertools import islice

import numpy as np
import pytest
from ipywidgets import FloatLogSlider
from widgets.tick_cost import AT_MOST, relative_cost

from nnlib import FullyConnected, Network, SquaredError
from nnlib.normalization import BatchNorm
from nnlib.train import training_step
from nnlib.widgets.normalized import batchnorm_figure
from nnlib.widgets.normalized.experiment import (
    along_the_step,
    digits,
    digits_run,
    full_batches,
    hidden_signals,
    relative_shift,
    scaled_network,
    side_by_side,
    signals_at_the_start,
)
from nnlib.widgets.normalized.figure import film
from nnlib.widgets.normalized.plots import BINS, half_violins


def grid(control) -> list[float]:
    assert isinstance(control, FloatLogSlider)
    return (control.base ** np.arange(control.min, control.max + control.step / 2, control.step)).tolist()


def pair_after(words: str, caption: str) -> tuple[float, float]:
    """The two numbers behind these words: without and with BatchNorm."""
    one = r"(−?\d+(?:\.\d+)?(?:·10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?)"
    digits_up = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹−", "-0123456789-")
    found = re.search(rf"{re.escape(words)} {one} and {one}", caption)
    return tuple(float(text.replace("·10", "e").translate(digits_up)) for text in found.groups())


# the experiment


def test_relative_shift_is_the_wasserstein_distance_of_normal_distributions():
    rng = np.random.default_rng(0)
    before = rng.normal(2, 3, (20_000, 1))
    after = 1.5 * before + 1
    sorted_distance = np.sqrt(np.mean((np.sort(after, axis=0) - np.sort(before, axis=0)) ** 2))
    assert relative_shift(before, after) == pytest.approx(sorted_distance / before.std(), rel=1e-9)


def test_relative_shift_is_the_mean_over_units_and_free_of_their_scale():
    before = np.random.default_rng(0).normal(size=(50, 2))
    after = before + before.std(axis=0) * [0.5, 1.5]
    assert relative_shift(before, after) == pytest.approx(1.0)
    assert relative_shift(1e6 * before, 1e6 * after) == pytest.approx(1.0)


def test_along_a_step_on_a_quadratic_the_gradient_changes_by_step_size_times_curvature():
    network = Network([FullyConnected(1, 1, "identity")], SquaredError())
    network.params[0][:] = 3.0, 0.0
    X, Y = np.array([[1.0], [-1.0]]), np.zeros((2, 1))  # L = ½ (W² + b²): curvature 1 in every direction
    network.forward(X, train=True)
    network.backward(Y)
    theta = network.params[0].copy()
    values, change = along_the_step(network, deepcopy(network), X, Y, 0.3)
    assert values == pytest.approx([4.5 * (1 - 0.3 * factor) ** 2 for factor in (0, 0.5, 1, 2)])
    assert change == pytest.approx(0.3)
    np.testing.assert_array_equal(network.params[0], theta)


@pytest.mark.parametrize("batchnorm", [False, True])
def test_a_run_is_the_plain_training_and_measuring_does_not_disturb_it(batchnorm):
    X, Y, X_val, Y_val = digits()
    *_, state = digits_run(batchnorm, 1.5, 0.2, 32, steps=20)
    network, losses = scaled_network(batchnorm, 1.5), []
    for batch in full_batches(len(X), 32, 0, 20):
        theta = network.params[0].copy()
        training_step(network, _Descent(network, 0.2), X[batch], Y[batch])
        losses.append(network.loss.value(network.Z_L, Y[batch]))
    assert state.losses == pytest.approx(losses, rel=1e-12)
    assert state.accuracy == np.mean(network.predict(X_val) == Y_val.argmax(axis=1))

    before = deepcopy(network)
    before.params[0][:] = theta
    A_before, A_after = (hidden_signals(net, X[:128])[2].A for net in (before, network))
    assert state.shifts[-1] == pytest.approx(relative_shift(A_before, A_after))
    np.testing.assert_allclose(state.Zs[2], hidden_signals(network, X[:128])[2].Z)
    assert state.measured == (1, 4, 8, 12, 16, 20)


class _Descent:
    def __init__(self, network, step_size):
        self.theta, self.step_size = network.params[0], step_size

    def step(self, grads):
        self.theta -= self.step_size * grads[0]


@pytest.mark.parametrize("batchnorm", [False, True])
def test_hidden_signals_are_those_of_the_network_in_training(batchnorm):
    X = digits()[0][:40]
    network = scaled_network(batchnorm, 2.0)
    running = [layer.norm.state["running_mean"].copy() for layer in network.layers[:-1] if layer.norm]
    signals = hidden_signals(network, X)
    assert all(np.array_equal(a, b.norm.state["running_mean"]) for a, b in zip(running, network.layers))
    network.forward(X, train=True)
    for (A, A_norm, Z), layer in zip(signals, network.layers[:-1], strict=True):
        np.testing.assert_allclose(A, layer.A)
        np.testing.assert_allclose(A_norm, layer.A_norm)
        np.testing.assert_allclose(Z, layer.Z)


def test_both_runs_start_from_the_same_weights_and_without_batchnorm_the_norm_shift_is_that_of_a():
    plain, normalized = (scaled_network(batchnorm, 3.0) for batchnorm in (False, True))
    for one, other in zip(plain.layers, normalized.layers, strict=True):
        np.testing.assert_array_equal(one.params["W"], other.params["W"])
    assert [isinstance(layer.norm, BatchNorm) for layer in normalized.layers] == [True] * 5 + [False]
    *_, (plain, normalized) = side_by_side(1.0, 0.3, 64, steps=8)
    assert plain.shifts == plain.norm_shifts
    assert normalized.shifts != normalized.norm_shifts


@pytest.mark.parametrize("m", [2, 4, 64, 256])
def test_every_batch_is_full_and_an_epoch_never_repeats_a_sample(m):
    n = len(digits()[0])
    batches = list(full_batches(n, m, 0, n // m + 3))
    assert {len(batch) for batch in batches} == {m}
    epoch = np.concatenate(batches[: n // m])
    assert len(np.unique(epoch)) == len(epoch)
    assert len(batches) == n // m + 3


def test_of_two_samples_next_to_nothing_reaches_the_hidden_weights():
    X, Y, *_ = digits()
    network = scaled_network(True, 1.0)
    network.forward(X[:2], train=True)
    network.backward(Y[:2])
    hidden, last = network.layers[0], network.layers[-1]
    assert np.abs(hidden.grads["W"]).max() < 1e-3 * np.abs(last.grads["W"]).max()


# the picture


def test_half_a_violin_is_the_histogram():
    Zs = np.array([[[-0.99, -0.99, 0.0, 0.99]], [[0.5, 0.5, 0.5, -1.0]], [[1.0, 1.0, -0.3, -1.0]]])
    left, right = half_violins(Zs, -1), half_violins(Zs, 1)
    for i, (Z, outline) in enumerate(zip(Zs, left, strict=True), start=1):
        counts = np.histogram(Z, BINS)[0]
        np.testing.assert_allclose((i - 0.02 - outline[1:-2:2, 0]) / 0.42, counts / counts.max(), atol=1e-12)
        np.testing.assert_array_equal(outline[1:-2:2, 1], BINS[:-1])
        np.testing.assert_allclose(2 * i - outline[:, 0], right[i - 1, :, 0])
        assert outline[[0, -1]].tolist() == [[i - 0.02, -1]] * 2


@pytest.mark.parametrize("batchnorm", [False, True])
@pytest.mark.parametrize("weight_scale", [0.1, 1.0, 10.0])
def test_the_start_is_that_of_the_run_but_for_rounding(batchnorm, weight_scale):
    signals = hidden_signals(scaled_network(batchnorm, weight_scale), digits()[0][:128])
    for Z, (_, _, expected) in zip(signals_at_the_start(batchnorm, weight_scale), signals, strict=True):
        np.testing.assert_allclose(Z, expected, atol=1e-3)


@pytest.mark.parametrize("name", ["weight_scale", "step_size", "m"])
def test_figure_follows_each_slider_over_its_grid(name):
    shown = batchnorm_figure()
    for value in grid(shown.controls[name]):
        shown.controls[name].value = value
        values = shown.values | {"m": round(shown.values["m"])}
        states = next(side_by_side(**values))
        start, after_one_step = islice(film(shown.artists, **values), 2)
        assert start == shown.caption
        assert_caption_tells(states, after_one_step, values["m"])
        for run, state in zip(("plain", "normalized"), states):
            shift = shown.artists[f"{run} shift"]
            assert shift.get_ydata() == pytest.approx(np.clip(state.norm_shifts, *shift.axes.get_ylim()))


@pytest.mark.parametrize(
    ("weight_scale", "step_size", "m"),
    [(0.1, 0.01, 64), (0.1, 10, 2), (10, 10, 256)],
)
def test_the_end_of_a_film_is_told_in_the_caption(weight_scale, step_size, m):
    shown = batchnorm_figure()
    for name, value in {"weight_scale": weight_scale, "step_size": step_size, "m": m}.items():
        shown.controls[name].value = value
    *_, states = side_by_side(shown.values["weight_scale"], shown.values["step_size"], m)
    assert_caption_tells(states, shown.finish(), m)
    assert len(shown.artists["plain loss"].get_xdata()) == 200
    assert all(np.isfinite(state.losses + state.shifts + state.gradient_changes).all() for state in states)


def assert_caption_tells(states, caption: str, m: int) -> None:
    assert caption.startswith(f"Step {states[0].step} of 200, without and with BatchNorm:")
    told = {
        "loss": [np.mean(state.losses[-10:]) for state in states],
        "a₃ shifts by": [np.median(state.shifts) for state in states],
        "the loss ranges over": [np.median(state.loss_ranges) for state in states],
        "the gradient changes by": [np.median(state.gradient_changes) for state in states],
    }
    for words, expected in told.items():
        assert pair_after(words, caption) == pytest.approx(expected, rel=0.06)
    assert pair_after("accuracy", caption) == pytest.approx([100 * state.accuracy for state in states], abs=0.51)
    Z = states[0].Zs[-1]
    assert ("BatchNorm always makes −1 and 1" in caption) == (m == 2)
    assert ("died out" in caption) == (m != 2 and Z.std() < 0.05)
    assert ("saturated" in caption) == (m != 2 and Z.std() >= 0.05 and np.mean(np.abs(Z) > 0.99) > 0.5)


def test_a_tick_shows_the_start_at_once():
    figure = batchnorm_figure()
    figure.finish()
    figure.controls["weight_scale"].value = 0.1
    assert figure.caption.startswith("Before the first of 200 steps. Without it the signal has died out")
    for name, batchnorm, side in (("plain", False, -1), ("normalized", True, 1)):
        outlines = half_violins(np.stack(signals_at_the_start(batchnorm, 0.1)), side).reshape(-1, 2)
        np.testing.assert_array_equal(figure.artists[f"{name} signals"].get_xy()[: len(outlines)], outlines)
    assert not any(figure.artists[f"{name} loss"].get_visible() for name in ("plain", "normalized"))
    figure.finish()
    assert all(figure.artists[f"{name} loss"].get_visible() for name in ("plain", "normalized"))


def test_a_tick_costs_the_kernel_little():
    control = batchnorm_figure().controls["step_size"]
    assert relative_cost(control, 4 * grid(control)) <= AT_MOST
