"""Plots: the artists hold the numbers, and colour never speaks alone."""

import itertools

import numpy as np
import pytest
from matplotlib.figure import Figure

from nnlib.widgets.experiments import digits_training, running_mean
from nnlib.widgets.plots import begin_run, draw_descent, draw_training, parabola_panels, training_panels

OKABE_ITO = {"#000000", "#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7"}
GREYS = {"#767676"}


@pytest.fixture
def artists() -> dict:
    return training_panels(Figure(), steps=60, layers=13)


def run(steps: int, depth: int = 2):
    return list(digits_training(0.3, 0.5, depth, steps=steps))


def test_training_panels_show_the_state(artists):
    states = run(40)
    begin_run(artists, states[0])
    draw_training(artists, states[-1])
    np.testing.assert_array_equal(artists["loss"].get_xdata(), range(1, 41))
    np.testing.assert_array_equal(artists["loss"].get_ydata(), [state.mean_loss for state in states])
    np.testing.assert_array_equal(artists["accuracy"].get_xdata(), range(4, 41, 4))
    np.testing.assert_array_equal(artists["accuracy"].get_ydata(), states[-1].accuracies[3::4])
    np.testing.assert_array_equal(artists["norms"].get_xdata(), [1, 2, 3])
    np.testing.assert_array_equal(artists["norms"].get_ydata(), states[-1].delta_norms)
    np.testing.assert_array_equal(artists["first norms"].get_ydata(), states[0].delta_norms)
    assert len(artists["diverged"].get_xdata()) == 0


def test_a_cross_marks_where_a_run_diverged(artists):
    *_, last = digits_training(10.0, 0.9, 2)
    draw_training(artists, last)
    assert artists["diverged"].get_xydata().tolist() == [[last.step, last.mean_loss]]


def test_the_run_before_stays_as_a_faint_trace_unless_it_was_cut_short(artists):
    long, short = run(40), run(10, depth=3)
    for states in (long, short, short):
        begin_run(artists, states[0])
        draw_training(artists, states[-1])
    for panel in ("loss", "accuracy"):
        assert len(artists[f"{panel} before"].get_xdata()) > 0
    np.testing.assert_array_equal(artists["loss before"].get_ydata(), running_mean(long[-1].losses))


def test_descent_is_drawn_on_the_parabola():
    artists = parabola_panels(Figure(), lam=2.0, steps=3)
    w = np.array([-1.0, 0.5, 0.0, 0.25])
    draw_descent(artists, w, w**2)
    np.testing.assert_array_equal(artists["path"].get_xydata(), np.column_stack([w, w**2]))
    np.testing.assert_array_equal(artists["start"].get_xydata(), [[-1.0, 1.0]])
    np.testing.assert_array_equal(artists["values"].get_xdata(), range(4))
    assert (artists["values"].get_ydata() > 0).all()


@pytest.mark.parametrize(
    "panels", [lambda fig: training_panels(fig, 60, 13), lambda fig: parabola_panels(fig, 2.0, 20)]
)
def test_colours_are_safe_and_never_alone(panels):
    figure = Figure()
    panels(figure)
    for axes in figure.axes:
        for line in axes.lines:
            assert line.get_color() in OKABE_ITO | GREYS
        for one, other in itertools.combinations(axes.lines, 2):
            if one.get_color() != other.get_color():
                assert (one.get_linestyle(), one.get_marker()) != (other.get_linestyle(), other.get_marker())
