"""The figures of the lectures: every slider over its grid, the caption against the state, the cost of a tick."""

import re

import numpy as np
import pytest
from ipywidgets import FloatLogSlider
from widgets.tick_cost import AT_MOST, relative_cost

from nnlib.widgets import training
from nnlib.widgets.experiments import TrainingState, digits_training
from nnlib.widgets.first_slider import step_size_figure
from nnlib.widgets.training import film, training_figure


def grid(control) -> list[float]:
    """Every value at which the slider can stand."""
    values = np.arange(control.min, control.max + control.step / 2, control.step).tolist()
    return [control.base**value for value in values] if isinstance(control, FloatLogSlider) else values


def number_after(words: str, caption: str) -> float:
    """The number behind these words, with its power of ten written out as captions do."""
    found = re.search(rf"{re.escape(words)} (−?\d+(?:\.\d+)?)(?:·10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+))?", caption)
    exponent = (found[2] or "0").translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
    return float(f"{found[1].replace('−', '-')}e{exponent}")


# the first slider


def test_step_size_regimes_are_named_as_the_closed_form_has_them():
    figure = step_size_figure()
    regimes = {
        "converges from one side": lambda product: product < 1,
        "at once": lambda product: product == 1,
        "overshoots": lambda product: 1 < product < 2,
        "to and fro": lambda product: product == 2,
        "diverges": lambda product: product > 2,
    }
    seen = set()
    for step_size in grid(figure.controls["step_size"]):
        figure.controls["step_size"].value = step_size
        product = round(2 * step_size, 9)
        named = [name for name in regimes if name in figure.caption]
        assert named == [name for name, holds in regimes.items() if holds(product)]
        assert number_after("α·λ =", figure.caption) == pytest.approx(product)
        assert number_after("1 − α·λ =", figure.caption) == pytest.approx(1 - product, abs=1e-9)
        w_20 = -1.5 * (1 - product) ** 20
        assert number_after("w₂₀ =", figure.caption) == pytest.approx(w_20, rel=0.06, abs=1e-100)
        seen.update(named)
    assert seen == set(regimes)


# the training


@pytest.mark.parametrize("name", ["step_size", "beta", "depth"])
def test_training_follows_each_slider_over_its_grid(name):
    figure = training_figure()
    for value in grid(figure.controls[name]):
        figure.controls[name].value = value
        state = next(digits_training(**figure.values))
        assert_caption_tells(state, figure.caption)
        assert figure.artists["norms"].get_ydata() == pytest.approx(state.delta_norms)


@pytest.mark.parametrize(
    ("step_size", "beta", "depth"),
    [(0.1, 0.5, 4), (0.001, 0.0, 1), (1.0, 0.5, 12), (10.0, 0.99, 12), (1.0, 0.99, 12), (0.3, 0.99, 12), (0.3, 0.9, 1)],
)
def test_the_end_of_a_training_is_told_in_the_caption(step_size, beta, depth):
    figure = training_figure()
    for name, value in {"step_size": step_size, "beta": beta, "depth": depth}.items():
        figure.controls[name].value = value
    *_, state = digits_training(**figure.values)
    assert_caption_tells(state, figure.finish())
    assert figure.artists["loss"].get_ydata()[-1] == pytest.approx(np.mean(state.losses[-10:]))
    assert len(figure.artists["loss"].get_ydata()) == state.step


def assert_caption_tells(state, caption: str) -> None:
    if state.diverged:
        assert number_after("Diverged at step", caption) == state.step
        assert number_after("from", caption) == pytest.approx(state.losses[0], abs=0.051)
        assert number_after("to", caption) == pytest.approx(state.loss, abs=0.51)
    else:
        assert number_after("Step", caption) == state.step
        assert number_after("loss", caption) == pytest.approx(np.mean(state.losses[-10:]), rel=0.06)
        assert ("accuracy" in caption) == (state.step >= 4)
        if state.step >= 4:
            assert number_after("accuracy", caption) == pytest.approx(100 * state.accuracy, abs=0.51)
    ratio = state.delta_norms[0] / state.delta_norms[-1]
    assert number_after("‖δ₁‖ is", caption) == pytest.approx(ratio, rel=0.06)
    assert ("vanishes" in caption) == (ratio < 0.01)
    assert ("explodes" in caption) == (ratio > 100)


@pytest.mark.parametrize(
    ("ratio", "flow"),
    [(0.009, "vanishes"), (0.011, "reaches"), (99, "reaches"), (101, "explodes"), (0, "vanishes")],
)
def test_the_caption_names_how_much_of_the_gradient_arrives(ratio, flow):
    state = TrainingState(4, (2.0,) * 4, (0.1,) * 4, (ratio * 0.25, 0.5, 0.25), diverged=False)
    assert f"the gradient {flow} " in training.caption(state)
    assert number_after("‖δ₁‖ is", training.caption(state)) == pytest.approx(ratio, rel=0.06)
    assert "times ‖δ₃‖" in training.caption(state)


def test_a_film_has_fewer_frames_than_steps_and_shows_first_and_last():
    figure = training_figure()
    captions = list(film(figure.artists, 0.1, 0.5, 1))
    assert captions[0].startswith("Step 1 of 200")
    assert captions[-1].startswith("Step 200 of 200")
    assert 30 <= len(captions) <= 60  # at 20 a second: between 1.5 and 3 seconds


def test_the_run_before_is_kept_for_comparison():
    figure = training_figure()
    figure.finish()
    before = figure.artists["loss"].get_ydata()
    figure.controls["step_size"].value = 0.01
    np.testing.assert_array_equal(figure.artists["loss before"].get_ydata(), before)


# the cost


@pytest.mark.parametrize("make", [step_size_figure, training_figure])
def test_a_tick_costs_the_kernel_little_besides_the_training(make, monkeypatch):
    *_, state = digits_training(0.1, 0.5, 12)
    monkeypatch.setattr(training, "digits_training", lambda *_, **__: iter([state]))
    figure = make()
    control = figure.controls["step_size"]
    assert relative_cost(control, 2 * grid(control)[:40]) <= AT_MOST
