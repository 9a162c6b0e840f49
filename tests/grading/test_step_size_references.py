"""The references of the step size against other computations, and the ravine of its slider task."""

from functools import cache

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import grad

from nnlib.grading.check import report
from nnlib.grading.diagnosis import judge
from nnlib.grading.question import Question
from nnlib.grading.questions import CHAPTERS, QUESTIONS
from nnlib.grading.questions.fixtures import cast
from nnlib.grading.questions.step_size import reach_the_bottom as task
from nnlib.grading.trials import Fixture, fixtures
from nnlib.optimizers import inverse_decay
from nnlib.widgets.plots import number
from nnlib.widgets.ravine import step_size as figure
from nnlib.widgets.ravine.captions import step_size_caption
from nnlib.widgets.ravine.experiment import ANGLE, LAM, iterates, loss_by_direction

FUNCTIONS = [name for name in CHAPTERS["step_size"] if isinstance(QUESTIONS[name], Question)]


@cache
def drawn(name: str) -> tuple[Fixture, ...]:
    return tuple(fixture for seed in range(3) for fixture in fixtures(QUESTIONS[name], seed))


def cases(name: str) -> list:
    """All families and edges but those in single precision, which is too coarse to compare."""
    exact = [fixture for fixture in drawn(name) if fixture.tolerance == QUESTIONS[name].tolerance]
    assert len(exact) > 20
    return [(cast(fixture.arguments, float), fixture.expected[0]) for fixture in exact]


@pytest.mark.parametrize("name", ["largest_stable_step", "descend"])
def test_H_is_symmetric_and_positive_definite(name: str) -> None:
    for fixture in drawn(name):
        H = fixture.arguments[0]
        np.testing.assert_array_equal(H, H.T)
        assert np.linalg.eigvalsh(H.astype(float)).min() > 0


def test_below_the_largest_stable_step_the_worst_start_converges_and_above_it_diverges() -> None:
    for (H,), limit in cases("largest_stable_step"):
        _, Q = np.linalg.eigh(H)
        steepest = Q[:, -1]
        for share, grows in ((0.99, False), (1.01, True)):
            path = QUESTIONS["descend"].reference(H, steepest, share * limit, 300)
            assert (np.linalg.norm(path[-1]) > 10) == grows
            assert (np.linalg.norm(path[-1]) < 0.1) != grows


def test_descend_follows_the_gradient_of_the_loss() -> None:
    def loss(w, H):
        return 0.5 * anp.dot(w, anp.dot(H, w))

    for (H, w0, step_size, steps), path in cases("descend"):
        assert path.shape == (steps + 1, len(w0))
        np.testing.assert_array_equal(path[0], w0)
        for w, after in zip(path[:-1], path[1:], strict=True):
            np.testing.assert_allclose(after, w - step_size * grad(loss)(w, H), rtol=1e-10, atol=1e-12)


def test_descend_equals_the_core() -> None:
    for (H, w0, step_size, steps), path in cases("descend"):
        np.testing.assert_allclose(path, iterates(H, w0, step_size, steps=steps), rtol=1e-10, atol=1e-12)


def test_decayed_step_size_equals_the_core() -> None:
    for (alpha0, t, rate), alpha in cases("decayed_step_size"):
        assert alpha == pytest.approx(inverse_decay(alpha0, rate)(t), rel=1e-14)


def test_the_step_size_has_fallen_to_half_after_one_over_rate_steps() -> None:
    decayed = QUESTIONS["decayed_step_size"].reference
    assert [decayed(0.5, t, 0.1) for t in (0, 10, 30)] == [0.5, 0.25, 0.125]
    assert decayed(0.5, 7, 0.0) == 0.5


@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_answer_is_zero_where_a_mistake_could_hide(name: str) -> None:
    ordinary = [fixture for fixture in drawn(name) if not fixture.edge]
    assert all(np.abs(fixture.expected[0]).min() > 0 for fixture in ordinary)


# ------------------------------------------------------------------ the slider task


def test_the_ravine_is_that_of_the_figure() -> None:
    np.testing.assert_array_equal(task.LAM, LAM)
    assert (task.ANGLE, task.STEPS) == (ANGLE, figure.STEPS)
    for alpha0, rate in ((0.16, 0.1), (0.05, 0.0), (0.21, 0.1)):
        path = iterates(
            figure.H, task.START, inverse_decay(alpha0, rate), steps=task.STEPS, noise=task.NOISE * figure.NOISE
        )
        np.testing.assert_allclose(
            task.losses_by_direction(alpha0, rate), loss_by_direction(path, LAM, figure.Q), rtol=1e-9, atol=1e-12
        )


def test_without_noise_each_direction_shrinks_by_its_own_factor() -> None:
    for alpha0, rate in ((0.16, 0.1), (0.05, 0.0), (0.21, 0.1)):
        path = iterates(figure.H, task.START, inverse_decay(alpha0, rate), steps=task.STEPS)
        expected = loss_by_direction(path, LAM, figure.Q)
        np.testing.assert_allclose(task.losses_without_noise(alpha0, rate), expected, rtol=1e-9, atol=1e-12)


def test_the_figure_begins_where_the_task_does_and_its_slider_reaches_the_noise() -> None:
    controls = figure.step_size_figure().controls
    assert (controls["w_1"].value, controls["w_2"].value) == tuple(task.START)
    assert controls["noise"].max >= task.NOISE


@pytest.mark.parametrize("schedule", ["constant", "α₀/(1 + 0.1·t)"])
def test_the_caption_of_the_figure_shows_the_number_that_is_judged(schedule: str) -> None:
    alpha = figure.SCHEDULES[schedule](0.15)
    rate = {"constant": 0.0}.get(schedule, 0.1)
    losses = task.losses_by_direction(0.15, rate).sum(axis=1)
    caption = step_size_caption(np.array([alpha(t) for t in range(task.STEPS)]), task.NOISE, losses)
    mean = number(losses[-task.MEAN_OF :].mean())
    assert f"the mean loss of the last {task.MEAN_OF} steps is {mean}" in caption


def test_no_constant_step_size_reaches_the_bottom_and_many_decaying_ones_do() -> None:
    def right(alpha0: float, rate: float) -> bool:
        return task.examine({"alpha0": alpha0, "rate": rate})[0] == 1

    on_the_slider = np.arange(0.005, 0.2501, 0.005)
    assert not any(right(alpha0, 0.0) for alpha0 in np.linspace(0.001, 0.3, 600))
    assert sum(right(alpha0, 0.1) for alpha0 in on_the_slider) >= 20
    assert any(right(alpha0, 0.05) for alpha0 in on_the_slider)


@pytest.mark.parametrize(
    ("alpha0", "rate", "mistake"),
    [
        (0.0005, 0.0, task.TOO_SLOW),
        (0.1, 0.5, task.LOWERED_TOO_FAST),
        (0.25, 50.0, task.LOWERED_TOO_FAST),
        (0.22, 0.0, task.TOO_LARGE),
        (0.4, 3.0, task.LOWERED_TOO_FAST),
        (1.0, 0.1, task.TOO_LARGE),
        (1e300, 0.0, task.TOO_LARGE),
        (0.06, 0.0, task.NOISE_BALL),
        (0.2, 0.01, task.NOISE_BALL),
    ],
)
def test_what_is_wrong_with_a_pair_is_named(alpha0: float, rate: float, mistake: str) -> None:
    verdict = judge(QUESTIONS["reach_the_bottom"], {"alpha0": alpha0, "rate": rate})
    assert (verdict.mistake, verdict.earned) == (mistake, 0), report(verdict)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.1, "a dict with two numbers"),
        ({"alpha0": 0.1}, "no key 'rate'"),
        ({"alpha0": "a lot", "rate": 0.1}, "alpha0 and rate are numbers"),
        ({"alpha0": 0, "rate": 0.1}, "alpha0 is 0; it has to be a positive number"),
        ({"alpha0": 0.1, "rate": -0.1}, "rate is -0.1; it has to be 0, a constant step size, or positive"),
        ({"alpha0": float("nan"), "rate": 0.1}, "alpha0 is nan"),
    ],
)
def test_a_wrong_form_is_described(value: object, said: str) -> None:
    verdict = judge(QUESTIONS["reach_the_bottom"], value)
    assert said in report(verdict).replace("\n  ", " ")
    assert (verdict.mistake, verdict.earned) == (None, 0)
