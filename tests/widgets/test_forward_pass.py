"""The figures of the lecture on the forward pass: numbers, pixels, caption, cost."""

import re
import statistics

import numpy as np
import pytest
from ipywidgets import Dropdown
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from widgets.tick_cost import AT_MOST, relative_cost

from nnlib import backprop
from nnlib.widgets.forward_pass import random_network_figure, unit_figure
from nnlib.widgets.forward_pass.experiment import MAX_WIDTH, SIDE, Network, curve, picture, random_network
from nnlib.widgets.forward_pass.figure import COARSE, FINE, film
from nnlib.widgets.forward_pass.plots import COLOURS, SHADES, draw, drawing_panels
from nnlib.widgets.plots import number

SIGMAS = ["identity", "sigmoid", "tanh", "relu"]


def on_the_line(x) -> np.ndarray:
    return np.column_stack([x, np.zeros(len(x))])


def tilted(slope_1: float, slope_2: float) -> Network:
    """z = slope_1 x₁ + slope_2 x₂."""
    return Network([np.array([[slope_1, slope_2]])], [np.zeros(1)], "relu")


def folding(folds: int) -> Network:
    """A zigzag of 2^folds pieces: [-SIDE, SIDE] is mapped to [0, 1] and folded in the middle, again and again."""
    W, b = np.array([[2.0, -4.0], [2.0, -4.0]]), np.array([0.0, -0.5])
    W_1 = np.array([[1.0, 0.0], [1.0, 0.0]]) / (2 * SIDE)
    return Network([W_1, *[W] * (folds - 1), W[:1]], [b + 0.5, *[b] * (folds - 1), np.zeros(1)], "relu")


# the experiment


@pytest.mark.parametrize("sigma", SIGMAS)
@pytest.mark.parametrize(("depth", "width"), [(1, 5), (2, 1), (4, 7), (7, MAX_WIDTH)])
def test_the_output_is_that_of_the_forward_pass(sigma, depth, width):
    network = random_network(depth, width, sigma, 1.5, seed=3)
    X = np.random.default_rng(0).uniform(-SIDE, SIDE, (1000, 2))
    _, Zs = backprop.forward(X, network.Ws, network.bs, [sigma] * (depth - 1) + ["identity"])
    np.testing.assert_allclose(network.output(X), Zs[-1][:, 0], rtol=1e-9, atol=1e-12)
    assert network.widths == [2, *[width] * (depth - 1), 1]
    expected = 3 if depth == 1 else 3 * width + (depth - 2) * width * (width + 1) + width + 1
    assert network.parameters == expected


def test_weights_are_normal_with_the_named_deviation_and_follow_the_seed():
    networks = [random_network(3, 20, "tanh", 1.5, seed) for seed in range(200)]
    assert np.std([network.Ws[1] for network in networks]) == pytest.approx(1.5 / np.sqrt(20), rel=0.02)
    assert np.std([network.Ws[0] for network in networks]) == pytest.approx(1.5 / np.sqrt(2), rel=0.05)
    assert np.std([network.bs[1] for network in networks]) == pytest.approx(0.75, rel=0.05)
    np.testing.assert_array_equal(networks[7].Ws[1], random_network(3, 20, "tanh", 1.5, 7).Ws[1])
    assert np.abs(networks[7].Ws[1] - networks[8].Ws[1]).max() > 0.1


def test_one_unit_or_one_layer_more_leaves_the_others_as_they_were():
    small, wide, deep = (random_network(*form, "tanh", 1.0, seed=5) for form in [(3, 8), (3, 9), (4, 8)])
    np.testing.assert_allclose(small.Ws[1] * np.sqrt(8), wide.Ws[1][:8, :8] * np.sqrt(9))
    np.testing.assert_array_equal(small.bs[1], wide.bs[1][:8])
    for ours, deeper in zip(small.Ws[:2] + small.Ws[-1:], deep.Ws[:2] + deep.Ws[-1:]):
        np.testing.assert_array_equal(ours, deeper)
    assert not np.allclose(deep.Ws[1], deep.Ws[2])


def test_the_picture_has_x1_along_the_columns_and_x2_along_the_rows():
    x = np.linspace(-SIDE, SIDE, 5)
    np.testing.assert_allclose(picture(tilted(10, 1), 5), 10 * x[None, :] + x[:, None])


@pytest.mark.parametrize("depth", [1, 2, 7])
def test_without_sigma_every_picture_is_a_plane(depth):
    network = random_network(depth, 9, "identity", 1.5, seed=2)
    W, b = np.eye(2), np.zeros(2)
    for W_i, b_i in zip(network.Ws, network.bs):
        W, b = W_i @ W, W_i @ b + b_i
    x = np.linspace(-SIDE, SIDE, 6)
    np.testing.assert_allclose(picture(network, 6), W[0, 0] * x[None, :] + W[0, 1] * x[:, None] + b[0], atol=1e-9)
    assert (curve(network).pieces, curve(network).turns) == (1, 0)


@pytest.mark.parametrize("seed", range(10))
def test_one_hidden_layer_of_relu_bends_where_its_units_cross_zero(seed):
    network = random_network(2, 12, "relu", 1.5, seed)
    crossings = -network.bs[0] / network.Ws[0][:, 0]
    along = curve(network)
    np.testing.assert_allclose(along.x[along.kinks], np.sort(crossings[np.abs(crossings) < SIDE]))
    assert along.pieces == 1 + (np.abs(crossings) < SIDE).sum()


@pytest.mark.parametrize("folds", [1, 2, 3, 8])
def test_pieces_and_turns_of_a_folded_line(folds):
    along = curve(folding(folds))
    assert (along.pieces, along.turns) == (2**folds, 2**folds - 1)
    np.testing.assert_allclose(along.x[along.kinks], np.linspace(-SIDE, SIDE, 2**folds + 1)[1:-1])


@pytest.mark.parametrize(("depth", "width"), [(3, 16), (7, 2), (7, 8), (5, MAX_WIDTH)])
def test_straight_pieces_agree_with_the_slopes_from_the_pattern_of_active_units(depth, width):
    for seed in range(6):
        network = random_network(depth, width, "relu", 1.5, seed)
        along = curve(network)
        np.testing.assert_allclose(along.z, network.output(on_the_line(along.x)), atol=1e-9)

        middles = (along.x[1:] + along.x[:-1]) / 2
        np.testing.assert_allclose(slopes(network, middles), np.diff(along.z) / np.diff(along.x), atol=1e-5)
        bends = ~np.isclose(*[slopes(network, middles)[cut] for cut in (np.s_[1:], np.s_[:-1])], rtol=1e-9, atol=1e-12)
        np.testing.assert_array_equal(along.kinks[1:-1], bends)

        # between two of its points nothing is missed
        x = np.linspace(-SIDE, SIDE, 2001)
        np.testing.assert_allclose(np.interp(x, along.x, along.z), network.output(on_the_line(x)), atol=1e-9)


def slopes(network: Network, x: np.ndarray) -> np.ndarray:
    """∂z_L/∂x₁: the product of all W with the rows of sleeping units left out."""
    sigmas = ["relu"] * (len(network.Ws) - 1) + ["identity"]
    As, _ = backprop.forward(on_the_line(x), network.Ws, network.bs, sigmas)
    result = np.repeat(np.array([[1.0, 0.0]]), len(x), axis=0)
    for W, A in zip(network.Ws[:-1], As[:-1]):
        result = (result @ W.T) * (A > 0)
    return (result @ network.Ws[-1].T)[:, 0]


def test_a_smooth_bump_turns_once():
    W_1, b_1 = np.array([[1.0, 0.0], [1.0, 0.0]]), np.array([1.0, -1.0])
    bump = curve(Network([W_1, np.array([[1.0, -1.0]])], [b_1, np.zeros(1)], "tanh"))
    assert (bump.turns, bump.pieces, bump.kinks.any()) == (1, None, False)


# the picture


@pytest.mark.parametrize("n", [COARSE, FINE])
def test_each_point_gets_the_shade_of_its_output(n):
    fig = Figure((6.8, 2.92), dpi=200)
    artists = drawing_panels(fig)
    for network in (tilted(1, 0), tilted(0, -1), tilted(1, 3)):
        draw(artists, picture(network, n), curve(network))
        canvas = FigureCanvasAgg(fig)
        canvas.draw()
        pixels = np.asarray(canvas.buffer_rgba())
        axes = artists["picture"].axes
        X = np.array([[-1.93, -1.9], [-1.9, 1.93], [1.93, -1.9], [1.9, 1.93], [0.7, 0.6], [-1.2, 0.9]])
        highest = network.output(np.array([[SIDE, SIDE], [SIDE, -SIDE], [-SIDE, SIDE]])).max()
        heights = (network.output(X) + highest) / (2 * highest)
        for height, (column, row) in zip(heights, axes.transData.transform(X)):
            colour = pixels[len(pixels) - 1 - round(row), round(column)].view(np.uint32)[0]
            shade = COLOURS.tolist().index(colour)
            assert abs(shade + 0.5 - SHADES * height) <= 0.6


def test_shades_grow_lighter_from_the_lowest_to_the_highest_output():
    red, green, blue, _ = COLOURS.view(np.uint8).reshape(-1, 4).T / 255
    lightness = 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2
    assert (np.diff(lightness) > 0.01).all()


def test_curve_and_kinks_stand_on_the_same_scale_as_the_picture():
    artists = drawing_panels(Figure())
    draw(artists, np.array([[-3.0, 0.0], [0.0, 5.0]]), curve(folding(2)))
    heights = np.array([0.0, 1.0, 0.0, 1.0, 0.0])
    np.testing.assert_allclose(artists["kinks"].get_ydata(), (heights[1:-1] + 3) / 8)
    assert artists["curve"].get_ydata().min() == pytest.approx(3 / 8)
    assert (artists["picture"].heights.min(), artists["picture"].heights.max()) == (0, 1)


# the figure


def grid(control) -> list:
    """Every value at which the control can stand."""
    if isinstance(control, Dropdown):
        return list(control.options)
    return np.arange(control.min, control.max + control.step / 2, control.step).tolist()


@pytest.mark.parametrize("name", ["depth", "width", "sigma", "spread", "seed"])
@pytest.mark.parametrize("sigma", ["tanh", "relu"])
def test_the_caption_tells_what_was_drawn_at_every_value_of_each_slider(name, sigma):
    figure = random_network_figure()
    figure.controls["sigma"].value = sigma
    captions = set()
    for value in grid(figure.controls[name]):
        figure.controls[name].value = value
        assert_caption_tells(figure.values, COARSE, figure.caption)
        assert_caption_tells(figure.values, FINE, figure.finish())
        assert figure.artists["picture"].heights.shape == (FINE, FINE)
        captions.add(figure.caption)
    assert len(captions) == len(grid(figure.controls[name]))


def assert_caption_tells(values: dict, n: int, caption: str) -> None:
    network = random_network(**values)
    along, pixels = curve(network), picture(network, n)
    outputs = np.concatenate([pixels.ravel(), along.z])
    layers, units = values["depth"] - 1, values["width"]
    made_of = (
        f"{layers} hidden layer{'s' * (layers > 1)} of {units} unit{'s' * (units > 1)}" if layers else "No hidden layer"
    )
    assert caption.startswith(f"{made_of}: {network.parameters:,} weights and biases")
    if outputs.min() == outputs.max():
        assert caption.endswith(f". The output is {number(outputs.max())} everywhere.")
        return
    assert f", outputs from {number(outputs.min())} to {number(outputs.max())}." in caption
    assert ("smooth" in caption) == (values["sigma"] in ("tanh", "sigmoid") and layers > 0)
    pieces, turns = (re.search(rf"(\d+) {noun}(s?)\b", caption) for noun in ("straight piece", "turn"))
    assert int(turns[1]) == along.turns
    assert (pieces is None) == ("smooth" in caption)
    if pieces:
        assert int(pieces[1]) == along.kinks.sum() + 1
    assert all((found[2] == "") == (found[1] == "1") for found in (pieces, turns) if found)


def test_a_network_which_is_blind_everywhere_is_said_to_be():
    figure, told = random_network_figure(), []
    for seed in range(51):
        values = figure.values | {"depth": 7, "width": 1, "seed": seed}
        *_, last = film(figure.artists, **values)
        outputs = picture(random_network(**values), FINE)
        told.append("everywhere" in last)
        assert told[-1] == (outputs.min() == outputs.max())
        if told[-1]:
            assert number(outputs[0, 0]) in last
            assert (figure.artists["picture"].heights == 0).all()
    assert 10 < sum(told) < 51


def test_rounding_errors_are_not_drawn():
    blind = Network([np.array([[1e-15, 1e-15]])], [np.ones(1)], "identity")
    artists = drawing_panels(Figure())
    draw(artists, picture(blind, COARSE), curve(blind))
    assert (artists["picture"].heights == 0).all()
    assert (curve(blind).pieces, curve(blind).turns) == (1, 0)


def test_what_the_lecture_says_about_the_sliders():
    def spreads_of_output(depth):
        return [np.ptp(picture(random_network(depth, 16, "sigmoid", 1.5, seed), 12)) for seed in range(51)]

    medians = [statistics.median(spreads_of_output(depth)) for depth in (3, 5, 7)]
    assert medians[0] / medians[1] == pytest.approx(10, rel=0.35)
    assert medians[1] / medians[2] == pytest.approx(10, rel=0.35)

    def turns(depth, spread):
        return np.mean([curve(random_network(depth, 32, "tanh", spread, seed)).turns for seed in range(51)])

    assert 0.5 < turns(2, 1.0) < 1.6
    assert 0.5 < turns(7, 1.0) < 1.6
    assert 2.5 < turns(2, 4.0) < 4
    assert turns(7, 4.0) > 20

    flat = [curve(random_network(7, 2, "relu", 1.5, seed)).pieces for seed in range(51)]
    assert np.mean(np.array(flat) <= 2) > 0.4


@pytest.mark.parametrize("sigma", SIGMAS)
@pytest.mark.parametrize(("make", "name"), [(random_network_figure, "width"), (unit_figure, "w")])
def test_a_tick_costs_the_kernel_little(make, name, sigma):
    figure = make()
    figure.controls["sigma"].value = sigma
    control = figure.controls[name]
    assert relative_cost(control, 4 * grid(control)[8:24]) <= AT_MOST


# the single unit


@pytest.mark.parametrize("name", ["w", "b"])
@pytest.mark.parametrize("sigma", SIGMAS)
def test_the_unit_is_drawn_and_described_at_every_value(name, sigma):
    figure = unit_figure()
    figure.controls["sigma"].value = sigma
    functions = {
        "identity": lambda a: a,
        "sigmoid": lambda a: 1 / (1 + np.exp(-a)),
        "tanh": np.tanh,
        "relu": lambda a: np.where(a > 0, a, 0),
    }
    for value in grid(figure.controls[name]):
        figure.controls[name].value = value
        w, b = figure.values["w"], figure.values["b"]
        x, z = figure.artists["curve"].get_data()
        np.testing.assert_allclose(z, functions[sigma](w * x + b), atol=1e-9)
        caption = figure.caption.replace("−", "-")
        if abs(w) < 0.05:
            assert float(re.search(r"σ\(b\) = (\S+) everywhere", caption)[1]) == pytest.approx(z[0], abs=0.0051)
            assert len(figure.artists["point"].get_xdata()) == 0
            continue
        crossing = -b / w
        assert figure.artists["point"].get_xydata() == pytest.approx(np.array([[crossing, functions[sigma](0.0)]]))
        assert float(re.search(r"-b/w = (\S+\d)", caption)[1]) == pytest.approx(crossing, abs=0.0051)
        assert ("outside" in caption) == (not x[0] <= round(crossing, 9) <= x[-1])
        h = 1e-6 * np.sign(w)  # to the side on which relu is awake
        slope = (functions[sigma](w * (crossing + h) + b) - functions[sigma](0.0)) / h
        told = re.search(r"(?:w|w/4) = (-?\d+\.\d+)", caption.split(". ", 1)[1])[1]
        assert float(told) == pytest.approx(slope, abs=0.0051)
        if sigma == "relu":
            awake = re.search(r"awake to the (\w+)", caption)[1]
            assert (functions[sigma](w * (crossing + 1) + b) > 0) == (awake == "right")
