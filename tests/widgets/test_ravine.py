"""The ravine: its numbers against closed forms, its captions against the state, its cost."""

import itertools
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from widgets.test_figures import grid, number_after
from widgets.tick_cost import AT_MOST, relative_cost

from nnlib.widgets.ravine import momentum_figure, step_size_figure
from nnlib.widgets.ravine.experiment import (
    LAM,
    best_momentum,
    best_step,
    iterates,
    largest_stable_step,
    loss_by_direction,
    momentum_rate,
    ravine,
    regime,
)
from nnlib.widgets.ravine.plots import HUGE
from nnlib.widgets.ravine.step_size import NOISE, SCHEDULES

H, Q = ravine()
W_0 = np.array([-3.0, 1.0])


def iteration_matrix(alpha_lam: float, beta: float) -> np.ndarray:
    return np.array([[1 - alpha_lam, -beta], [alpha_lam, beta]])


# the numbers


def test_ravine_has_the_eigenvalues_and_directions_it_says():
    np.testing.assert_allclose(np.linalg.eigvalsh(H), LAM)
    for lam, q in zip(LAM, Q.T):
        np.testing.assert_allclose(H @ q, lam * q)


def test_plain_descent_multiplies_each_eigen_direction_by_one_minus_alpha_lambda():
    path = iterates(H, W_0, 0.15, steps=20)
    np.testing.assert_allclose(path @ Q, (1 - 0.15 * LAM) ** np.arange(21)[:, None] * (W_0 @ Q), atol=1e-14)


def test_momentum_multiplies_each_eigen_direction_by_the_iteration_matrix():
    path = iterates(H, W_0, 0.2, 0.6, steps=20) @ Q
    for lam, q in zip(LAM, path.T):
        states = [np.linalg.matrix_power(iteration_matrix(0.2 * lam, 0.6), t) @ [q[0], 0] for t in range(21)]
        np.testing.assert_allclose(q, np.array(states)[:, 0], atol=1e-12)


def test_noise_is_added_to_the_gradient_and_a_schedule_is_asked_at_each_step():
    noise = np.array([[1.0, 0.0], [0.0, 2.0]])
    path = iterates(np.eye(2), np.zeros(2), lambda t: 0.5 if t == 0 else 0.25, steps=2, noise=noise)
    np.testing.assert_allclose(path, [[0, 0], [-0.5, 0], [-0.375, -0.5]])


def test_the_start_is_not_changed():
    w_0 = W_0.copy()
    iterates(H, w_0, 0.1, steps=3)
    np.testing.assert_array_equal(w_0, W_0)


def test_loss_by_direction_adds_up_to_the_loss():
    path = iterates(H, W_0, 0.1, 0.5, steps=10)
    np.testing.assert_allclose(loss_by_direction(path, LAM, Q).sum(axis=1), np.sum(path @ H * path, axis=1) / 2)


@given(st.floats(0.001, 5), st.floats(0, 0.99))
def test_rate_is_the_spectral_radius_of_the_iteration_matrix(alpha_lam, beta):
    radius = np.abs(np.linalg.eigvals(iteration_matrix(alpha_lam, beta))).max()
    assert momentum_rate(alpha_lam, beta) == pytest.approx(radius, abs=1e-6)


@given(st.floats(0.001, 5), st.floats(0, 0.99))
def test_regime_follows_from_the_eigenvalues(alpha_lam, beta):
    r = np.roots([1, -(1 + beta - alpha_lam), beta])
    largest = r[np.abs(r).argmax()]
    name = regime(alpha_lam, beta)
    if name not in ("critical", "stalls"):
        expected = "swings" if r.imag.any() else "creeps" if largest.real > 0 else "flips"
        assert name == ("diverges" if abs(largest) > 1 else expected)


@pytest.mark.parametrize("beta", [0.0, 0.3, 0.9])
def test_one_percent_decides_at_the_largest_stable_step(beta):
    limit = largest_stable_step(LAM, beta)
    below, above = (np.abs(iterates(H, W_0, share * limit, beta, steps=3000)[-1]).max() for share in (0.99, 1.01))
    assert below < 1e-6
    assert above > 1e6


def test_best_step_and_best_momentum_win_a_search():
    alphas = np.linspace(0.001, 0.45, 450)
    assert alphas[np.argmin(np.abs(1 - np.outer(alphas, LAM)).max(axis=1))] == pytest.approx(best_step(LAM), abs=1e-9)
    betas = np.linspace(0, 0.99, 100)
    worst = np.max([momentum_rate(alphas[:, None] * lam, betas) for lam in LAM], axis=0)
    i, j = np.unravel_index(worst.argmin(), worst.shape)
    assert (alphas[i], betas[j]) == pytest.approx(best_momentum(LAM), abs=1e-9)
    assert worst.min() == pytest.approx(0.5, abs=1e-6)


# the figures


def set_to(figure, **values) -> None:
    for name, value in values.items():
        figure.controls[name].value = value


def minus(text: str) -> float:
    return float(text.replace("−", "-"))


@pytest.mark.parametrize("name", ["step_size", "w_1", "w_2", "noise"])
def test_step_size_figure_tells_the_state_over_the_grid_of_each_slider(name):
    figure = step_size_figure()
    set_to(figure, step_size=0.2)
    for value, schedule in zip(grid(figure.controls[name]), itertools.cycle(SCHEDULES)):
        set_to(figure, **{name: value})
        assert_step_size_caption_tells_the_state(figure)
        set_to(figure, schedule=schedule)
        assert_step_size_caption_tells_the_state(figure)


def assert_step_size_caption_tells_the_state(figure) -> None:
    now, caption = figure.values, figure.caption
    alpha, alpha_last = now["step_size"], SCHEDULES[now["schedule"]](now["step_size"])(59)
    w = np.array([now["w_1"], now["w_2"]])
    losses = []
    for t in range(61):
        losses.append(w @ H @ w / 2)
        if t < 60:
            w = w - SCHEDULES[now["schedule"]](alpha)(t) * (H @ w + now["noise"] * NOISE[t])
    factors = re.search(r"flat direction by (−?[\d.]+), the steep one by (−?[\d.]+)", caption).groups()
    assert [minus(factor) for factor in factors] == pytest.approx(1 - alpha * LAM, abs=0.0051)
    assert ("diverges" in caption) == (alpha > 2 / 9)
    assert ("both equally fast" in caption) == (abs(alpha - 0.2) < 1e-9)
    assert ("flat direction is the slow" in caption) == (alpha < 0.2 - 1e-9)
    assert ("steep direction is the slow" in caption) == (0.2 + 1e-9 < alpha < 2 / 9)
    assert ("lowers" in caption) == (now["schedule"] != "constant")
    if "lowers" in caption:
        assert number_after("lowers α to", caption) == pytest.approx(alpha_last, abs=6e-5)
        assert ("which is stable" in caption) == (alpha > 2 / 9)
    if now["noise"]:
        assert number_after("last 20 steps is", caption) == pytest.approx(np.mean(losses[-20:]), rel=0.06)
    else:
        assert number_after("Loss after 60 steps:", caption) == pytest.approx(losses[-1], rel=0.06)


@pytest.mark.parametrize("name", ["step_size", "beta"])
@pytest.mark.parametrize("start", [{"step_size": 0.05, "beta": 0.0}, {"step_size": 0.3, "beta": 0.9}])
def test_momentum_figure_tells_the_state_over_the_grid_of_each_slider(name, start):
    figure = momentum_figure()
    set_to(figure, **start)
    for value in grid(figure.controls[name]):
        set_to(figure, **{name: value})
        alpha, beta = figure.values["step_size"], figure.values["beta"]
        rates = [np.abs(np.linalg.eigvals(iteration_matrix(alpha * lam, beta))).max() for lam in LAM]
        told = re.findall(r"\(α·λ = ([\d.]+), rate ([\d.]+)\)", figure.caption)
        assert [float(x) for x, _ in told] == pytest.approx(alpha * LAM, rel=0.006)
        assert [float(rate) for _, rate in told] == pytest.approx(rates, abs=0.00051)
        if "Stable" in figure.caption:
            assert number_after("the larger rate decides,", figure.caption) == pytest.approx(max(rates), abs=0.00051)
        assert ("No convergence" in figure.caption) == (9 * alpha > 2 * (1 + beta) - 1e-9)
        assert [point.get_xydata()[0] for point in figure.artists["points"]] == [
            pytest.approx([alpha * lam, beta]) for lam in LAM
        ]
        path = iterates(H, W_0, alpha, beta, steps=50)[-1]
        assert number_after("Loss after 50 steps:", figure.caption) == pytest.approx(path @ H @ path / 2, rel=0.06)


@pytest.mark.parametrize(
    ("alpha", "beta", "flat", "steep"),
    [
        (0.05, 0.0, "creeps", "creeps"),
        (0.2, 0.0, "creeps", "flips"),
        (0.25, 0.25, "is critical", "is critical"),
        (0.2, 0.5, "swings", "swings"),
        (0.3, 0.35, "swings", "stalls"),
        (0.3, 0.34, "swings", "diverges"),
    ],
)
def test_momentum_figure_names_the_regimes(alpha, beta, flat, steep):
    figure = momentum_figure()
    set_to(figure, step_size=alpha, beta=beta)
    assert f"The flat direction {flat} (" in figure.caption
    assert f"the steep one {steep} (" in figure.caption


def test_step_size_figure_draws_the_path_the_losses_and_the_factors():
    figure = step_size_figure()
    set_to(figure, step_size=0.15, w_1=2.0, schedule="halved every 15")
    path = iterates(H, [2.0, 1.0], SCHEDULES["halved every 15"](0.15), steps=60)
    np.testing.assert_allclose(figure.artists["path"].get_xydata(), path)
    np.testing.assert_allclose(figure.artists["start"].get_xydata(), [[2.0, 1.0]])
    for line, losses in zip(figure.artists["losses"], loss_by_direction(path, LAM, Q).T):
        np.testing.assert_allclose(line.get_ydata(), np.clip(losses, 1e-12, None))
    for point, lam in zip(figure.artists["factors"], LAM):
        np.testing.assert_allclose(point.get_xydata(), [[0.15, abs(1 - 0.15 * lam)]])
    assert figure.artists["α"].get_xdata() == pytest.approx([0.15 / 8, 0.15, 0.15])


def test_momentum_figure_draws_the_same_path_in_both_coordinates():
    figure = momentum_figure()
    set_to(figure, step_size=0.2, beta=0.5)
    in_w, in_q = (figure.artists[name].get_xydata() for name in ("path", "path in q"))
    np.testing.assert_allclose(in_w @ Q, in_q)
    np.testing.assert_allclose(in_w, iterates(H, W_0, 0.2, 0.5, steps=50))


def test_a_path_which_diverges_is_drawn_up_to_its_first_point_far_outside():
    figure = momentum_figure()
    set_to(figure, step_size=0.45, beta=0.0)
    outside = np.abs(figure.artists["path"].get_xydata()).max(axis=1) > HUGE
    assert outside.tolist() == [False] * (len(outside) - 1) + [True]


@pytest.mark.parametrize("make", [step_size_figure, momentum_figure])
def test_a_tick_costs_the_kernel_little_and_never_renders_the_background(make, monkeypatch):
    figure = make()
    monkeypatch.setattr(figure, "_render_still", lambda: pytest.fail("the background was rendered again"))
    control = figure.controls["step_size"]
    assert relative_cost(control, 2 * grid(control)[:40]) <= AT_MOST
