"""Mini-batches: the experiment against closed forms, every slider over its grid."""

import itertools
import re

import numpy as np
import pytest
from ipywidgets import FloatLogSlider, SelectionSlider
from widgets.tick_cost import AT_MOST, relative_cost

from nnlib.data import minibatches
from nnlib.gradcheck import numerical_gradient
from nnlib.widgets.minibatch import noise_figure, race_figure
from nnlib.widgets.minibatch.experiment import (
    LinearModel,
    minibatch_gradients,
    noise_closed_form,
    noisy_line,
    root_mean_square,
    sgd_path,
)


def grid(control) -> list:
    """Every value at which the slider can stand."""
    if isinstance(control, SelectionSlider):
        return list(control.options)
    values = np.arange(control.min, control.max + control.step / 2, control.step).tolist()
    return [control.base**value for value in values] if isinstance(control, FloatLogSlider) else values


def numbers_in(caption: str) -> list[float]:
    """All numbers of a caption, in order."""
    plain = caption.replace("−", "-").replace("·10", "e").translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
    return [float(found) for found in re.findall(r"(?<![\w*])-?\d+(?:\.\d+)?(?:e-?\d+)?", plain)]


# the experiment


def small_model(n: int = 7) -> LinearModel:
    rng = np.random.default_rng(1)
    return LinearModel(rng.normal(size=(n, 2)), rng.normal(size=n))


def test_gradient_and_excess_loss_are_those_of_the_training_loss():
    model, w = small_model(), np.array([0.3, -1.1])

    def loss(w):
        return np.mean(0.5 * (model.X @ w - model.y) ** 2)

    assert model.gradient(w) == pytest.approx(numerical_gradient(loss, w.copy()), rel=1e-6)
    assert model.gradient(model.w_star) == pytest.approx(0, abs=1e-14)
    assert model.excess_loss(w[None])[0] == pytest.approx(loss(w) - loss(model.w_star))


@pytest.mark.parametrize("m", [1, 2, 3, 5, 7])
def test_noise_closed_form_is_the_mean_over_all_mini_batches(m):
    gradients = small_model().sample_gradients(np.array([0.3, -1.1]))
    mean = gradients.mean(axis=0)
    different = [gradients[list(batch)].mean(axis=0) - mean for batch in itertools.combinations(range(7), m)]
    assert noise_closed_form(gradients, m) == pytest.approx(root_mean_square(np.array(different)), abs=1e-12)
    if m <= 3:
        drawn = [gradients[list(batch)].mean(axis=0) - mean for batch in itertools.product(range(7), repeat=m)]
        expected = root_mean_square(np.array(drawn))
        assert noise_closed_form(gradients, m, replacement=True) == pytest.approx(expected)


def test_drawn_gradients_are_means_over_m_different_samples():
    model, w = small_model(), np.array([0.3, -1.1])
    gradients = model.sample_gradients(w)
    for m, drawn in zip((2, 3, 7), minibatch_gradients(model, w, (2, 3, 7), draws=20)):
        possible = np.array([gradients[list(batch)].mean(axis=0) for batch in itertools.combinations(range(7), m)])
        distances = np.linalg.norm(drawn[:, None] - possible, axis=-1)
        assert distances.min(axis=1) == pytest.approx(0, abs=1e-12)
        # not always the same one
        assert len(set(distances.argmin(axis=1))) == (1 if m == 7 else pytest.approx(15, abs=9))


def test_measured_noise_follows_the_closed_form_and_the_mean_is_the_gradient():
    model, ms = noisy_line(), (1, 4, 16, 64, 256, 512, 1024)
    w = model.w_star + np.array([1.6, 1.2])
    errors_of = minibatch_gradients(model, w, ms, draws=2000) - model.gradient(w)
    expected = noise_closed_form(model.sample_gradients(w), np.array(ms))
    assert root_mean_square(errors_of) == pytest.approx(expected, rel=0.06, abs=1e-12)
    # the mean of 2000 draws is off by about noise/√2000
    assert np.linalg.norm(errors_of.mean(axis=1), axis=1) == pytest.approx(0, abs=3 * expected[0] / 2000**0.5)
    assert expected[:2] == pytest.approx(expected[0] / np.array([1, 2]), rel=2e-3)


@pytest.mark.parametrize(("m", "seed"), [(1, 0), (3, 5), (7, 2), (64, 1)])
def test_sgd_path_is_that_of_the_plain_loop(m, seed):
    model = small_model(10)
    rng, w, path = np.random.default_rng(seed), np.array([2.0, -1.0]), [[2.0, -1.0]]
    for _ in range(3):
        for batch in minibatches(10, m, rng):
            error = model.X[batch] @ w - model.y[batch]
            w = w - 0.1 * model.X[batch].T @ error / len(batch)
            path.append(w)
    assert sgd_path(model, (2.0, -1.0), m, 0.1, len(path) - 1, seed) == pytest.approx(np.array(path), rel=1e-12)


def test_a_run_which_diverges_ends_early_with_finite_numbers():
    path = sgd_path(noisy_line(), (2.0, 2.0), 1024, 5.0, steps=1000)
    assert len(path) < 100
    assert np.isfinite(path).all()


def test_half_the_step_size_is_half_the_floor():
    model = noisy_line()
    floors = [
        model.excess_loss(sgd_path(model, tuple(model.w_star), 4, step_size, 50_000)[5_000:]).mean()
        for step_size in (0.1, 0.05)
    ]
    assert floors[0] / floors[1] == pytest.approx(2, rel=0.25)


# the figure of the noise


@pytest.mark.parametrize("name", ["m", "distance", "seed"])
def test_noise_figure_follows_each_slider_over_its_grid(name):
    figure, model = noise_figure(), noisy_line()
    for value in grid(figure.controls[name]):
        figure.controls[name].value = value
        m, distance, seed = (figure.controls[control].value for control in ("m", "distance", "seed"))
        w = model.w_star + distance * np.array([0.8, 0.6])
        gradient, gradients = model.gradient(w), model.sample_gradients(w)
        drawn = minibatch_gradients(model, w, tuple(grid(figure.controls["m"])), 40, seed)[int(np.log2(m))]
        heads = np.column_stack(figure.artists["heads"].get_data())
        assert heads == pytest.approx(w - drawn)
        assert np.column_stack(figure.artists["true"].get_data()) == pytest.approx(np.array([w, w - gradient]))
        assert figure.artists["now"].get_xdata()[0] == m
        assert_noise_told(figure.caption, m, distance, float(noise_closed_form(gradients, m)), gradient, drawn)


def assert_noise_told(caption, m, distance, expected, gradient, drawn):
    told = numbers_in(caption)
    if m == 1024:
        assert caption.startswith("m = n = 1024")
        assert told == [1024, 0]
        return
    assert told[0] == m
    assert told[1] == pytest.approx(expected, rel=0.15)
    assert told[2] == pytest.approx(expected, rel=0.06)
    assert ("minimum" in caption) == (distance == 0)
    if distance > 0:
        signal = np.linalg.norm(gradient)
        assert told[3] == pytest.approx(told[1] / signal, rel=0.11)
        assert told[4] == pytest.approx(signal, rel=0.06)
        assert told[5:] == [np.sum(drawn @ gradient > 0), 40]


# the figure of the race


@pytest.mark.parametrize("name", ["m", "step_size", "m_0", "seed"])
@pytest.mark.parametrize("m", [1, 64])
def test_race_figure_follows_each_slider_over_its_grid(name, m):
    figure, model = race_figure(), noisy_line()
    figure.controls["m"].value = m
    for value in grid(figure.controls[name]):
        figure.controls[name].value = value
        now = figure.values
        cost = (now["m_0"] + now["m"]) / (now["m_0"] + 1)
        steps = int(512 / cost)
        path = sgd_path(model, (2.6, 2.1), now["m"], now["step_size"], max(steps, 2048 // now["m"]), now["seed"])
        excess = model.excess_loss(path)
        shown = np.column_stack(figure.artists["path"].get_data())
        assert shown == pytest.approx(path[: steps + 1])
        for panel, unit, last in (("samples", now["m"], 2048 // now["m"]), ("time", cost, steps)):
            spent, loss = figure.artists[f"this m, {panel}"].get_data()
            assert spent[-1] == pytest.approx(max(unit * last, 1e-3))
            assert loss[-1] == pytest.approx(max(excess[last], 1e-30), rel=1e-6)
        assert_race_told(figure.caption, now["m"], cost, steps, excess[: steps + 1])


def assert_race_told(caption, m, cost, steps, excess):
    told = numbers_in(caption)
    assert told[0] == m
    assert told[1] == pytest.approx(cost, rel=0.06)
    assert told[2:5] == [1, 512, steps]
    assert told[5] == pytest.approx(excess[-max(len(excess) // 10, 1) :].mean(), rel=0.06)
    if m == 1:
        assert told[5] == told[7]


def test_the_race_is_won_by_the_sizes_the_lecture_names():
    figure, ends = race_figure(), {}
    for m_0, m in itertools.product((0, 64), grid(figure.controls["m"])):
        figure.controls["m_0"].value, figure.controls["m"].value = m_0, m
        ends[m_0, m] = numbers_in(figure.caption)[5]
    best = {m_0: min((end, m) for (fixed, m), end in ends.items() if fixed == m_0)[1] for m_0 in (0, 64)}
    assert best[0] <= 16
    assert 32 <= best[64] <= 128
    assert ends[64, 64] < 0.02 * ends[64, 1]


# the cost, and the browser


@pytest.mark.parametrize(
    ("make", "name"),
    [(noise_figure, name) for name in ("m", "distance", "seed")]
    + [(race_figure, name) for name in ("m", "step_size", "m_0", "seed")],
)
def test_a_tick_costs_the_kernel_little(make, name):
    figure = make()
    control = figure.controls[name]
    assert relative_cost(control, 4 * grid(control)) <= AT_MOST
