"""The lecture on features: its experiment as numbers, its figure on every value of its sliders."""

import re

import numpy as np
import pytest
from widgets.tick_cost import DEAR, relative_cost

from nnlib.widgets.features import features_figure
from nnlib.widgets.features.experiment import (
    cloud,
    conditioning,
    contours,
    descent,
    principal_axes,
    raw_features,
    stages,
    steps_needed,
)
from nnlib.widgets.features.plots import ERROR_0, REACH, kappa_text

SETTINGS = [(6.0, 30, 2.0), (1.0, 0, 0.0), (10.0, 45, 3.0), (3.0, 135, 1.0)]


# the experiment


@pytest.mark.parametrize(("stretch", "theta"), [(1.0, 0), (4.0, 30), (10.0, 135)])
def test_without_a_mean_the_raw_condition_number_is_the_square_of_the_stretch(stretch, theta):
    raw = stages(raw_features(cloud(), stretch, theta, 0.0))[0]
    assert raw.kappa == pytest.approx(stretch**2)


@pytest.mark.parametrize("mean", [0.0, 0.7, 3.0])
def test_the_mean_adds_its_outer_product_to_the_covariance(mean):
    H = stages(raw_features(cloud(), 5.0, 20.0, mean))[0].H
    assert pytest.approx(stages(raw_features(cloud(), 5.0, 20.0, 0.0))[0].H + mean**2) == H


def test_along_the_diagonal_the_mean_only_raises_the_large_eigenvalue():
    raw = stages(raw_features(cloud(), 6.0, 45.0, 3.0))[0]
    assert raw.lams == pytest.approx([1 / 36, 1 + 2 * 3.0**2])


@pytest.mark.parametrize("setting", SETTINGS)
def test_each_stage_mends_what_the_lecture_says(setting):
    raw, scaled, decorrelated, whitened = stages(raw_features(cloud(), *setting))
    assert scaled.X.min(axis=0) == pytest.approx([0, 0])
    assert scaled.X.max(axis=0) == pytest.approx([1, 1])
    assert decorrelated.H[0, 1] == pytest.approx(0, abs=1e-12)
    # a rotation: the eigenvalues are those of the covariance
    assert decorrelated.lams == pytest.approx(np.linalg.eigvalsh(np.cov(scaled.X.T, bias=True)))
    assert pytest.approx(np.eye(2), abs=1e-9) == whitened.H
    assert raw.X.mean(axis=0) == pytest.approx(np.full(2, setting[2]))


def test_scaling_forgets_where_the_data_lie():
    here, there = (stages(raw_features(cloud(), 6.0, 30.0, mean))[1] for mean in (0.0, 3.0))
    assert pytest.approx(there.X) == here.X


@pytest.mark.parametrize("setting", SETTINGS)
def test_the_steps_of_the_formula_are_those_of_gradient_descent_itself(setting):
    for stage in stages(raw_features(cloud(), *setting)):
        y = stage.X @ np.array([2.0, -1.0])
        w, path = np.array([2.0, -1.0]) + ERROR_0, []
        for _ in range(stage.steps):
            path.append(w)
            w = w - stage.step_size * stage.X.T @ (stage.X @ w - y) / len(y)
        path.append(w)
        errors_by_gradients = np.array(path) - [2.0, -1.0]
        np.testing.assert_allclose(descent(stage, ERROR_0, stage.steps), errors_by_gradients, atol=1e-9)
        goal = 0.01 * np.linalg.norm(ERROR_0)
        assert np.linalg.norm(errors_by_gradients[-1]) <= goal * (1 + 1e-9)
        assert np.linalg.norm(errors_by_gradients[-2]) > goal


def test_the_best_step_size_is_not_beaten_by_its_neighbours():
    stage = conditioning(raw_features(cloud(), 3.0, 20.0, 1.0))

    def rate(step_size):
        return np.abs(1 - step_size * stage.lams).max()

    assert rate(stage.step_size) == pytest.approx((stage.kappa - 1) / (stage.kappa + 1))
    assert rate(stage.step_size) < min(rate(0.99 * stage.step_size), rate(1.01 * stage.step_size))


def test_steps_grow_in_proportion_to_a_large_condition_number():
    assert steps_needed(1.0) == 1
    assert steps_needed(10_000) == pytest.approx(10_000 / 2 * np.log(100), rel=1e-3)


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_contour_goes_through_the_start_and_has_the_same_loss_everywhere(setting):
    through = np.array([ERROR_0, 2 * ERROR_0])
    for stage in stages(raw_features(cloud(), *setting)):
        ellipses = contours(stage, through)
        loss = np.einsum("kij,jl,kil->ki", ellipses, stage.H, ellipses)
        at_start = ERROR_0 @ stage.H @ ERROR_0
        np.testing.assert_allclose(loss / at_start, np.tile([[1.0], [4.0]], len(loss[0])))
        for ellipse, error in zip(ellipses, through, strict=True):
            assert np.linalg.norm(ellipse[:-1] - ellipse[1:], axis=1).sum() > 2 * np.linalg.norm(error)


def test_principal_axes_are_two_standard_deviations_long_each_way():
    stage = conditioning(raw_features(cloud(), 4.0, 30.0, 2.0))
    long_axis = principal_axes([conditioning(cloud()), stage])[1, 1]
    assert long_axis.mean(axis=0) == pytest.approx([2, 2])
    assert np.abs(long_axis[1] - long_axis[0]) == pytest.approx(4 * np.array([np.cos(np.pi / 6), 0.5]))


# the figure


def grid(control) -> list[float]:
    return np.arange(control.min, control.max + control.step / 2, control.step).tolist()


@pytest.mark.parametrize("name", ["stretch", "theta", "mean"])
def test_the_caption_tells_the_state_at_every_value_of_each_slider(name):
    figure = features_figure()
    for value in grid(figure.controls[name]):
        figure.controls[name].value = int(value) if name == "theta" else value
        made = stages(raw_features(cloud(), **figure.values))
        told = [
            float(number.replace(",", "")) for number in re.findall(r"κ (?:= |at |to )?([\d,.]*\d)", figure.caption)
        ]
        assert told == pytest.approx([stage.kappa for stage in made], rel=0.06, abs=0.051)
        verbs = re.findall("keeps|lowers|raises", figure.caption)
        for verb, before, after in zip(verbs, made[:-1], made[1:], strict=True):
            ratio = after.kappa / before.kappa
            assert verb == ("keeps" if 0.95 < ratio < 1.05 else "lowers" if ratio < 1 else "raises")
        assert figure.caption.endswith(f"first {made[0].steps:,}, in the end {made[-1].steps}.")
        assert figure.caption.count("(round)") == sum(stage.kappa <= 1.5 for stage in made[1:])


@pytest.mark.parametrize("setting", SETTINGS)
def test_everything_is_drawn_in_its_panel(setting):
    figure = features_figure()
    for control, value in zip(figure.controls.values(), setting):
        control.value = value
    made = stages(raw_features(cloud(), *setting))
    panels = zip(figure.fig.axes[:4], figure.fig.axes[4:], made, strict=True)
    for i, (above, below, stage) in enumerate(panels):
        samples, path = (np.transpose(figure.artists[name][i].get_data()) for name in ("samples", "path"))
        assert samples == pytest.approx(stage.X)
        for axes, points in ((above, samples), (below, path)):
            assert (axes.viewLim.min <= points).all()
            assert (points <= axes.viewLim.max).all()
        assert path[0] == pytest.approx(ERROR_0)
        assert below.get_xlim() == (-REACH, REACH)
        assert f"κ = {kappa_text(stage.kappa)}:" in figure.artists["labels"][i].get_text()


def test_a_tick_redraws_no_background_and_costs_little_more_than_that_of_the_simplest_figure():
    figure = features_figure()
    backgrounds = []
    render = figure._render_still
    figure._render_still = lambda: backgrounds.append(render())

    assert relative_cost(figure.controls["stretch"], [1 + 0.1 * i for i in range(90)]) <= DEAR
    assert backgrounds == []
