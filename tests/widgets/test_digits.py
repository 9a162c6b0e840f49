"""The ablation and the training desk: numbers against independent ones, every dial over its grid."""

import math
import re

import numpy as np
import pytest
from ipywidgets import FloatLogSlider
from widgets.tick_cost import DEAR, relative_cost

from nnlib import fully_connected
from nnlib.backprop import forward
from nnlib.losses import softmax
from nnlib.widgets.digits import figure as desk_figure
from nnlib.widgets.digits import training_desk
from nnlib.widgets.digits.desk import desk_training, judge
from nnlib.widgets.digits.experiment import (
    BASE,
    TRICKS,
    Part,
    Recipe,
    Row,
    ablation,
    build,
    final_accuracy,
    parts,
    replace,
    train,
    with_features,
)
from nnlib.widgets.digits.plots import confusion_colours, labels

# the experiment


def test_the_three_parts_share_no_image_and_lose_none():
    for seed in range(3):
        pixels = [{row.tobytes() for row in part.X} for part in parts(seed)]
        assert sum(len(part.X) for part in parts(seed)) == 1797
        assert not pixels[0] & pixels[1]
        assert not pixels[0] & pixels[2]
        assert not pixels[1] & pixels[2]
    assert not np.array_equal(parts(0)[0].X, parts(1)[0].X)


def test_features_are_fitted_on_the_training_images_alone():
    X, X_val = (part.X for part in parts(0)[:2])
    for features in ("PCA", "whitened"):
        Z, Z_val = with_features(features, X, X_val)
        np.testing.assert_allclose(with_features(features, X, X_val[:5])[1], Z_val[:5])
        covariance = Z.T @ Z / len(Z)
        np.testing.assert_allclose(covariance, np.diag(np.diag(covariance)), atol=1e-9)
    kept = np.diag(covariance) > 0
    np.testing.assert_allclose(np.diag(covariance)[kept], 1)
    assert 30 < kept.sum() < 64
    with pytest.raises(ValueError, match="choose one of"):
        with_features("raw", X)


def test_training_is_the_lectures_momentum_and_decay_step_by_step():
    (X, Y), *_ = parts(0)
    recipe = Recipe(step_size=0.2, beta=0.8, decay=0.1, m=len(X), sigma="tanh", width=8, epochs=4)
    network = build(recipe, seed=3)
    layers = [(layer.params["W"].copy(), layer.params["b"].copy()) for layer in network.layers]
    Ws, bs = (list(arrays) for arrays in zip(*layers))
    velocities = [np.zeros_like(array) for array in Ws + bs]
    list(train(recipe, network, X, Y, seed=0))
    for t in range(4):
        hidden = np.tanh(X @ Ws[0].T + bs[0])
        delta_2 = (softmax(hidden @ Ws[1].T + bs[1]) - Y) / len(X)
        delta_1 = (delta_2 @ Ws[1]) * (1 - hidden**2)
        gradients = [delta_1.T @ X, delta_2.T @ hidden, delta_1.sum(axis=0), delta_2.sum(axis=0)]
        velocities = [0.8 * G + gradient for G, gradient in zip(velocities, gradients)]
        Ws[0], Ws[1], bs[0], bs[1] = (W - 0.2 / (1 + 0.1 * t) * G for W, G in zip([*Ws, *bs], velocities))
    for layer, W, b in zip(network.layers, Ws, bs):
        np.testing.assert_allclose(layer.params["W"], W, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(layer.params["b"], b, rtol=1e-9, atol=1e-12)


def test_the_start_scales_every_weight_and_the_plain_network_is_nnlibs():
    plain, tenfold = build(BASE, seed=1), build(replace(BASE, start=10.0), seed=1)
    np.testing.assert_allclose(tenfold.params[0], 10 * plain.params[0])  # the biases are 0
    np.testing.assert_array_equal(plain.params[0], fully_connected([64, 32, 10], seed=1).params[0])


@pytest.mark.parametrize("name", TRICKS)
def test_every_recipe_learns_something_in_its_first_steps_or_is_known_to_fail(name):
    (X, Y), *_ = parts(0)
    recipe = replace(TRICKS[name], epochs=2 if TRICKS[name].m > 1 else 1)
    losses = list(train(recipe, build(recipe, 0), with_features(recipe.features, X)[0], Y, seed=0))
    assert len(losses) == recipe.epochs * math.ceil(1024 / recipe.m)
    assert np.mean(losses[-4:]) < losses[0]


def test_a_training_that_diverges_ends_there_without_a_warning():
    (X, Y), *_ = parts(0)
    recipe = Recipe(step_size=10.0, depth=8, connection="residual")
    losses = list(train(recipe, build(recipe, 0), X, Y, seed=0))
    assert len(losses) < 160
    assert not losses[-1] <= 10 * losses[0]


def test_rows_compare_in_pairs():
    base = Row("a", BASE, (0.9, 0.8, 0.7), (2, 4, math.inf), 1.0)
    other = Row("b", BASE, (0.92, 0.82, 0.72), (1, 1, 1), 1.0)
    assert other.gain_over(base) == (pytest.approx(0.02), pytest.approx(0, abs=1e-12))
    assert base.error == pytest.approx(0.1 / math.sqrt(3))
    assert base.steps_to_goal == 4 * 16
    assert replace(base, epochs_to_goal=(2, math.inf, math.inf)).steps_to_goal == math.inf


def test_the_ablation_is_reproducible_and_counts_the_epochs_to_the_goal():
    recipe = replace(BASE, epochs=6)
    (once,), (again,) = (list(ablation({"base": recipe}, splits=2)) for _ in range(2))
    assert (once.accuracies, once.epochs_to_goal) == (again.accuracies, again.epochs_to_goal)
    for seed, epochs in enumerate(once.epochs_to_goal):
        states = {state.epochs[-1]: state for state in desk_training(recipe, seed)}
        reached = [epoch for epoch in range(1, 7) if states[epoch].accuracies[-1] >= 0.95]
        assert epochs == min(reached, default=math.inf)


def test_the_best_recipe_reads_97_of_100_digits_at_least():
    best = Recipe(step_size=0.4, width=64, epochs=40, decay=0.005)
    assert np.mean([final_accuracy(best, seed) for seed in range(5)]) >= 0.975


def test_the_layers_of_the_base_recipe_agree_with_the_lectures_algorithm():
    X = parts(0)[1].X
    network = build(Recipe(depth=3, sigma="tanh"), seed=0)
    Ws, bs = ([layer.params[name] for layer in network.layers] for name in ("W", "b"))
    _, Zs = forward(X, Ws, bs, ["tanh"] * 3 + ["identity"])
    np.testing.assert_allclose(network.forward(X), Zs[-1])


# the picture


def test_the_verdict_counts_each_image_and_puts_the_surest_mistake_first():
    network = build(BASE, seed=0)
    part = parts(0)[1]
    verdict = judge(network, Part(part.X, part.Y))
    probabilities = softmax(network.forward(part.X))
    truth, answer = part.Y.argmax(axis=1), probabilities.argmax(axis=1)
    for digit in range(10):
        for said in range(10):
            assert verdict.confusion[digit, said] == np.sum((truth == digit) & (answer == said))
    of_truth = probabilities[np.arange(len(truth)), truth]
    assert of_truth[verdict.worst[0]] == of_truth[truth != answer].min()
    assert labels(verdict) == [f"{truth[i]} → {answer[i]}" for i in verdict.worst[:8]]


def test_confusion_is_blue_on_the_diagonal_and_vermillion_beside_it():
    confusion = 5 * np.eye(10, dtype=int)
    confusion[2, 7] = 4
    colours = confusion_colours(confusion)
    blue, vermillion = colours[0, 0], colours[2, 7]
    assert blue[2] > blue[0]
    assert vermillion[0] > vermillion[2]
    np.testing.assert_array_equal(colours[7, 2], 1)


@pytest.mark.parametrize("name", ["confusion", "images"])
def test_pixels_stand_upright(name):
    figure = training_desk()
    image = figure.artists[name]
    rows, columns, _ = image.bytes.shape
    dark = np.ones((rows, columns, 3))
    dark[0, -1] = 0
    image.set_colours(dark)
    picture = figure.picture()
    left, bottom, right, top = image.box.extents
    width, height = (right - left) / columns, (top - bottom) / rows
    for row, expected in ((0, 0), (1, 255)):
        y, x = round(len(picture) - top + (row + 0.5) * height), round(right - 0.5 * width)
        assert picture[y, x].tolist() == [expected] * 3 + [255]
    figure.close()


def grid(control) -> list:
    """Every value at which the dial can stand."""
    if hasattr(control, "options"):
        return [option[1] if isinstance(option, tuple) else option for option in control.options]
    values = np.arange(control.min, control.max + control.step / 2, control.step)
    values = [type(control.value)(value) for value in values]
    return [control.base**value for value in values] if isinstance(control, FloatLogSlider) else values


def assert_caption_tells(state, caption: str) -> None:
    """The words agree with the numbers."""
    numbers = [float(x) for x in re.findall(r"\d+(?:\.\d+)?", caption)]
    if state.diverged:
        assert caption.startswith(f"Diverged at step {state.step},")
        assert ("no longer a number" in caption) == (not math.isfinite(state.losses[-1]))
        return
    wrong = state.verdict.confusion.sum() - np.trace(state.verdict.confusion)
    assert numbers[0] == state.step
    assert numbers[1] == pytest.approx(state.epochs[-1], abs=0.051)
    right = float(re.search(r"([\d.]+) % \(±", caption)[1])
    assert right == pytest.approx(100 * (384 - wrong) / 384, abs=0.051)
    assert f" {wrong} wrong" in caption
    assert ("guessing" in caption) == (state.finished and right < 15)


@pytest.mark.parametrize("name", training_desk().controls)
def test_the_desk_follows_each_dial_over_its_grid(name):
    figure = training_desk()
    for value in grid(figure.controls[name])[:: 1 if name != "beta" else 5]:
        figure.controls[name].value = value
        state = next(desk_training(Recipe(epochs=10, **figure.values)))
        assert_caption_tells(state, figure.caption)
        np.testing.assert_array_equal(figure.artists["accuracy"].get_ydata(), state.accuracies)
    figure.close()


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"step_size": 10.0, "depth": 12},
        {"m": 1024},
        {"step_size": 2.0},
        {"depth": 12, "connection": "residual"},
        {"batchnorm": True},
    ],
)
def test_the_end_of_a_run_is_told(values):
    figure = training_desk()
    for name, value in values.items():
        figure.controls[name].value = value
    *_, state = desk_training(Recipe(epochs=10, **figure.values))
    assert state.finished
    assert_caption_tells(state, figure.finish())


def test_batchnorm_with_one_sample_is_explained_not_an_error():
    figure = training_desk()
    figure.controls["m"].value = 1
    figure.controls["batchnorm"].value = True
    assert "BatchNorm needs m ≥ 2" in figure.finish()
    figure.controls["m"].value = 4
    assert figure.caption.startswith("Step 1,")
    figure.close()


def test_the_run_before_is_kept_and_one_cut_short_is_not():
    figure = training_desk()
    figure.finish()
    before = figure.artists["loss"].get_ydata()
    figure.controls["step_size"].value = 0.1
    figure.controls["step_size"].value = 0.05
    np.testing.assert_array_equal(figure.artists["loss before"].get_ydata(), before)
    figure.close()


def test_a_frame_costs_the_kernel_little_besides_the_training(monkeypatch):
    *_, state = desk_training(BASE)
    monkeypatch.setattr(desk_figure, "desk_training", lambda *_, **__: iter([state]))
    figure = training_desk()
    control = figure.controls["step_size"]
    assert relative_cost(control, 3 * grid(control)) <= DEAR
