"""Exercise 1: its references against independent computations, and its slider task against the unit of the figure."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnlib import FullyConnected, Network, SquaredError, backprop
from nnlib.grading.check import report
from nnlib.grading.diagnosis import judge
from nnlib.grading.questions import QUESTIONS
from nnlib.grading.questions.fixtures import cast
from nnlib.grading.trials import fixtures

SIGMA = {
    "identity": lambda a: a,
    "sigmoid": lambda a: 1 / (1 + np.exp(-a)),
    "tanh": lambda a: (np.exp(a) - np.exp(-a)) / (np.exp(a) + np.exp(-a)),
    "relu": lambda a: max(a, 0.0),
}


def cases(name: str) -> list:
    """All families and edges of a question from three seeds; single precision is too coarse to compare."""
    question = QUESTIONS[name]
    drawn = [fixture for seed in range(3) for fixture in fixtures(question, seed)]
    exact = [fixture for fixture in drawn if fixture.tolerance == question.tolerance]
    assert len(drawn) > len(exact) > 20
    return [(cast(fixture.arguments, float), fixture.expected) for fixture in exact]


def assert_close(got, expected) -> None:
    assert np.shape(got) == np.shape(expected)
    np.testing.assert_allclose(got, expected, rtol=1e-10, atol=1e-12)


def test_layer_forward_unit_by_unit() -> None:
    for (Z_prev, W, b, sigma), (A, Z) in cases("layer_forward"):
        a = [[sum(w * z for w, z in zip(W[j], row, strict=True)) + b[j] for j in range(len(b))] for row in Z_prev]
        assert_close(a, A)
        assert_close([[SIGMA[sigma](entry) for entry in row] for row in a], Z)


def test_absorb_bias_gives_the_same_pre_activation_without_a_bias() -> None:
    for (Z_prev, W, b), (Z1, W1) in cases("absorb_bias"):
        assert_close(Z1 @ W1.T, Z_prev @ W.T + b)
        assert_close(np.delete(Z1, -1, axis=1), Z_prev)
        assert_close(np.delete(W1, -1, axis=1), W)
        assert (Z1[:, -1] == 1).all()


def test_forward_equals_the_core() -> None:
    for (X, Ws, bs, sigmas), (As, Zs) in cases("forward"):
        core_As, core_Zs = backprop.forward(X, Ws, bs, sigmas)
        assert len(Zs) == len(As) + 1
        for got, expected in zip([*core_As, *core_Zs], [*As, *Zs], strict=True):
            assert_close(got, expected)


def test_forward_equals_a_network_of_layers() -> None:
    for (X, Ws, bs, sigmas), (As, Zs) in cases("forward"):
        layers = [FullyConnected(W.shape[1], W.shape[0], sigma) for W, sigma in zip(Ws, sigmas, strict=True)]
        network = Network(layers, SquaredError())
        for layer, W, b in zip(layers, Ws, bs, strict=True):
            layer.params["W"][:], layer.params["b"][:] = W, b
        assert_close(network.forward(X, train=True), Zs[-1])
        for layer, A, Z in zip(layers, As, Zs[1:], strict=True):
            assert_close(layer.A, A)
            assert_close(layer.Z, Z)


@pytest.mark.parametrize("name", ["layer_forward", "absorb_bias", "forward"])
def test_square_inputs_are_square_and_in_the_others_all_sizes_next_to_each_other_differ(name: str) -> None:
    for seed in range(20):
        ordinary = [fixture for fixture in fixtures(QUESTIONS[name], seed) if not fixture.edge]
        square = [fixture for fixture in ordinary if fixture.family.startswith("square")]
        assert len(square) >= 2
        assert len(ordinary) - len(square) >= 2
        for fixture in ordinary:
            sizes = {size for array in matrices(fixture.arguments) for size in array.shape}
            assert (len(sizes) == 1) == (fixture in square)
            assert all(rows != columns for rows, columns in map(np.shape, matrices(fixture.arguments))) != (
                fixture in square
            )


def matrices(value) -> list[np.ndarray]:
    if isinstance(value, (list, tuple)):
        return [array for entry in value for array in matrices(entry)]
    return [value] if isinstance(value, np.ndarray) and value.ndim == 2 else []


def test_in_the_square_inputs_each_layer_has_its_own_neighbours() -> None:
    for fixture in (fixture for fixture in fixtures(QUESTIONS["forward"], 0) if not fixture.edge):
        X, Ws, _, sigmas = fixture.arguments
        assert len({len(X), len(Ws)}) == 2, "a list of L arrays could pass for an array of m rows"
        assert all(one != other for one, other in zip(sigmas, sigmas[1:], strict=False))


# ------------------------------------------------------------------ lists that begin with z_0


def said(answer) -> str:
    return report(judge(QUESTIONS["forward"], answer, seed=1)).replace("\n  ", " ")


def test_layers_are_counted_from_the_input_and_the_first_wrong_one_is_shown() -> None:
    def wrong_from_layer_2(X, Ws, bs, sigmas):
        return backprop.forward(X, Ws, [b + (i == 1) for i, b in enumerate(bs)], sigmas)

    text = said(wrong_from_layer_2)
    assert "As[1][0, 0] is" in text
    assert "Zs[2][0, " in text
    assert text.count("Layer 2 is the first wrong one: begin there.") == 2


def test_wrong_layers_that_do_not_follow_from_each_other_are_listed() -> None:
    def wrong_in_layer_1(*arguments):
        As, Zs = backprop.forward(*arguments)
        return [A + (i == 0) for i, A in enumerate(As)], Zs

    text = said(wrong_in_layer_1)
    assert "Right: Zs." in text
    assert "Wrong layers: 1." in text


def test_the_input_is_no_layer() -> None:
    def wrong_input(*arguments):
        As, Zs = backprop.forward(*arguments)
        return As, [Zs[0] + 1, *Zs[1:]]

    text = said(wrong_input)
    assert "Right: As." in text
    assert "Zs[0][0, 0] is" in text
    assert "Layer" not in text
    assert "Wrong layers" not in text


def test_a_list_without_the_input_is_told_how_many_entries_are_expected() -> None:
    text = said(lambda *arguments: (backprop.forward(*arguments)[0], backprop.forward(*arguments)[1][1:]))
    assert "Zs has 3 entries; expected is one entry for each of the L = 3 layers, and Zs[0] before them." in text


# ------------------------------------------------------------------ the slider task


@settings(max_examples=300, deadline=None)
@given(
    w=st.integers(-40, 40).map(lambda tenth: tenth / 10),
    b=st.integers(-40, 40).map(lambda tenth: tenth / 10),
    sigma=st.sampled_from(["identity", "sigmoid", "tanh", "relu"]),
)
def test_the_switch_is_right_exactly_where_the_formula_says_so(w: float, b: float, sigma: str) -> None:
    verdict = judge(QUESTIONS["soft_switch"], {"w": w, "b": b, "sigma": sigma})
    logit = np.log(9)  # sigmoid(log 9) = 0.9
    assert verdict.right == (sigma == "sigmoid" and -w + b >= logit and w / 2 + b <= -logit)
    assert verdict.mistake is not None or verdict.right


def test_the_sliders_reach_many_right_answers() -> None:
    tenths = np.round(np.arange(-40, 41) / 10, 1)
    verdicts = [judge(QUESTIONS["soft_switch"], {"w": w, "b": b, "sigma": "sigmoid"}) for w in tenths for b in tenths]
    assert sum(verdict.right for verdict in verdicts) > 50


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "is a dict with two numbers and a name"),
        ((-4.0, -1.0), "is a dict with two numbers and a name"),
        ({"w": -4.0}, "no key 'b' and no key 'sigma'"),
        ({"w": "steep", "b": 0, "sigma": "sigmoid"}, "w and b are numbers"),
        ({"w": float("nan"), "b": 0, "sigma": "sigmoid"}, "finite"),
        ({"w": 10**400, "b": 0, "sigma": "sigmoid"}, "w and b are numbers"),
        ({"w": -4, "b": -1, "sigma": "softmax"}, "sigma is one of 'identity', 'sigmoid', 'tanh', 'relu'"),
        ({"w": -4, "b": -1, "sigma": ["sigmoid"]}, "sigma is one of"),
    ],
)
def test_a_value_of_the_wrong_form_is_told_so(value, said: str) -> None:
    verdict = judge(QUESTIONS["soft_switch"], value)
    assert verdict.earned == 0
    assert said in report(verdict).replace("\n  ", " ")


@pytest.mark.parametrize("family", ["non-square, relu", "square, relu"])
def test_relu_has_something_to_cut_off_and_something_to_leave(family: str) -> None:
    draw = QUESTIONS["layer_forward"].families[family]
    for seed in range(1000):
        Z_prev, W, b, _ = draw(np.random.default_rng([seed, 2]))
        A = Z_prev @ W.T + b
        assert A.min() < 0 < A.max(), seed
