"""The lecture on depth: its experiments against closed forms, its figures over their grids."""

from itertools import product

import numpy as np
import pytest
from widgets.test_figures import grid, number_after
from widgets.tick_cost import AT_MOST, relative_cost

from nnlib.activations import ACTIVATIONS
from nnlib.widgets.depth import gradient, gradient_figure, identity_figure
from nnlib.widgets.depth.experiment import (
    KINDS,
    answers_at_the_start,
    deep_layers,
    gradient_norms,
    identity_blocks,
    identity_training,
    new_samples,
)
from nnlib.widgets.depth.identity import film

# the experiments


@pytest.mark.parametrize("kind", KINDS)
def test_norms_are_those_of_a_backward_pass_written_by_hand(kind):
    depth, d = 4, 32
    Ws = [layer.children[0].params["W"] for layer in deep_layers(kind, "tanh", depth, c=1.3)]
    sigma, sigma_prime = ACTIVATIONS["tanh"]
    rng = np.random.default_rng([0, 1])
    Zs, As = [rng.normal(size=(32, d))], []
    for W in Ws:
        As.append(Zs[-1] @ W.T)
        Z = sigma(As[-1])
        Zs.append({"plain": Z, "residual": Zs[-1] + Z if kind == "residual" else 0, "dense": np.c_[Zs[-1], Z]}[kind])
    dZ = rng.normal(size=Zs[-1].shape)
    dZ /= np.linalg.norm(dZ)
    norms = []
    for W, A in zip(Ws[::-1], As[::-1]):
        left = dZ[:, : W.shape[1]] if kind == "dense" else dZ if kind == "residual" else 0
        delta = dZ[:, -A.shape[1] :] * sigma_prime(A)
        norms.insert(0, np.linalg.norm(delta))
        dZ = left + delta @ W
    assert gradient_norms(kind, "tanh", depth, 1.3) == pytest.approx(norms)


@pytest.mark.parametrize("c", [0.5, 1.5])
def test_scaled_weights_scale_a_plain_relu_gradient_by_a_power_and_leave_batchnorm_alone(c):
    at_1, at_c = (np.array(gradient_norms("plain", "relu", 30, scale)) for scale in (1.0, c))
    assert at_c / at_1 == pytest.approx(c ** np.arange(29, -1, -1))
    # BatchNorm's ε spoils it a little, and deeper networks magnify that: 7 % at depth 30
    at_1, at_c = (gradient_norms("plain", "relu", 10, scale, True) for scale in (1.0, c))
    assert at_c[0] / at_c[-1] == pytest.approx(at_1[0] / at_1[-1], rel=1e-3)


@pytest.mark.parametrize(("c", "blocks"), [(1.0, 8), (0.3, 10)])
def test_the_variance_grows_by_one_plus_c_squared_a_block(c, blocks):
    growth = []
    for seed in range(100):
        Z = X = np.random.default_rng([seed, 1]).normal(size=(64, 32))
        for block in identity_blocks("residual", blocks, c, d=32, seed=seed):
            Z = block.forward(Z)
        growth.append(np.sum(Z**2) / np.sum(X**2))
    assert np.mean(growth) == pytest.approx((1 + c**2) ** blocks, rel=0.15)


def test_plain_and_residual_start_from_the_same_weights():
    plain, residual = (identity_blocks(kind, 3, 0.3) for kind in ("plain", "residual"))
    for one, other in zip(plain, residual):
        for layer, twin in zip(one.children, other.children):
            np.testing.assert_array_equal(layer.params["W"], twin.params["W"])
    X = new_samples()
    np.testing.assert_allclose(residual[0].forward(X) - plain[0].forward(X), X)


@pytest.mark.parametrize("kind", ["plain", "residual"])
def test_the_answers_at_the_start_are_those_of_the_untrained_blocks(kind):
    Z = new_samples()
    for block in identity_blocks(kind, 5, 0.7, seed=3):
        Z = block.forward(Z)
    np.testing.assert_allclose(answers_at_the_start(kind, 5, 0.7, seed=3), Z, atol=1e-12)


def test_branches_of_zero_are_right_at_once_and_plain_blocks_of_zero_never_move():
    residual, plain = ([s.error for s in identity_training(kind, 4, 0.0, 0.001)] for kind in ("residual", "plain"))
    assert max(residual) == 0
    assert plain[0] == 1
    assert min(plain) > 0.99


def test_a_run_that_diverges_ends_without_a_warning():
    *_, last = identity_training("residual", 10, 1.0, 0.01)
    assert last.diverged
    assert last.step < 200


def test_the_steps_are_counted_from_the_start_to_the_last():
    states = list(identity_training("plain", 2, 0.3, 0.01, steps=3))
    assert [state.step for state in states] == [0, 1, 2, 3]
    assert [len(state.errors) for state in states] == [1, 2, 3, 4]


# the figures


@pytest.mark.parametrize("name", ["depth", "sigma", "c"])
def test_gradient_figure_follows_each_control_over_its_grid(name):
    figure = gradient_figure()
    control = figure.controls[name]
    for value in control.options if name == "sigma" else grid(control):
        control.value = value
        without, with_norm = figure.finish().split("With BatchNorm")
        depth, sigma, c = (figure.values[key] for key in ("depth", "sigma", "c"))
        assert f"L = {depth}, σ = {sigma}, c = {c:.1f}" in without
        for kind, batchnorm in product(KINDS, (False, True)):
            norms = gradient_norms(kind, sigma, depth, round(c, 9), batchnorm)
            assert figure.artists[kind, batchnorm].get_ydata() == pytest.approx(norms)
            told = number_after(kind, with_norm if batchnorm else without)
            assert told == pytest.approx(norms[0] / norms[-1], rel=0.06)


def test_the_answers_folded_away_in_the_lecture():
    norms = gradient_norms("plain", "sigmoid", 40)
    assert all(6 <= np.log10(norms[i + 10] / norms[i]) < 7 for i in (0, 10, 20, 29))

    def ratio(kind, batchnorm):
        first, *_, last = gradient_norms(kind, "relu", 60, batchnorm=batchnorm)
        return first / last

    assert ratio("residual", False) == pytest.approx(1e12, rel=2)
    assert ratio("plain", True) == pytest.approx(1e5, rel=0.2)
    assert ratio("residual", True) == pytest.approx(100, rel=0.2)
    assert 0.5 < ratio("dense", True) < 3

    for kind in KINDS:
        shapes = [np.array(gradient_norms(kind, "relu", 20, c, True)) for c in (0.8, 1.0, 1.2)]
        for shape in shapes:
            np.testing.assert_allclose(shape / shape[-1], shapes[1] / shapes[1][-1], rtol=0.01)


@pytest.mark.parametrize(("ratio", "flow"), [(0.009, "vanishes"), (0.011, ""), (99, ""), (101, "explodes")])
def test_far_from_one_has_a_name(ratio, flow):
    assert (gradient.told(ratio).partition("(")[2]).rstrip(")") == flow


@pytest.mark.parametrize("name", ["blocks", "c", "step_size"])
def test_identity_figure_follows_each_slider_over_its_grid(name):
    figure = identity_figure()
    for value in grid(figure.controls[name]):
        figure.controls[name].value = value
        blocks, c, step_size = (figure.values[key] for key in ("blocks", "c", "step_size"))
        assert number_after("− 1 =", figure.caption) == pytest.approx((1 + c**2) ** blocks - 1, rel=0.06, abs=1e-12)
        start = figure.caption.split("At the start:")[1]
        for kind in ("plain", "residual"):
            first = next(identity_training(kind, blocks, c, step_size))
            assert number_after(kind, start) == pytest.approx(first.error, rel=0.06)


@pytest.mark.parametrize(("c", "diverges"), [(0.3, False), (1.0, True)])
def test_the_end_of_both_runs_is_told(c, diverges):
    figure = identity_figure()
    *captions, last = film(figure.artists, 10, c, 0.003)
    assert len(captions) == 50
    for kind in ("plain", "residual"):
        *_, state = identity_training(kind, 10, c, 0.003)
        assert len(figure.artists[f"{kind} errors"].get_ydata()) == state.step + 1
        if kind == "residual" and diverges:
            assert number_after("residual diverged at step", last) == state.step
            assert len(figure.artists["residual diverged"].get_ydata()) == 1
        else:
            assert number_after(kind, last) == pytest.approx(state.error, rel=0.06)


@pytest.mark.parametrize("make", [gradient_figure, identity_figure])
def test_a_tick_costs_the_kernel_little(make):
    control = make().controls["c"]
    assert relative_cost(control, 5 * grid(control)) <= AT_MOST
