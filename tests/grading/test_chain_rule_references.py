"""The references of the chain rule against autograd, the core's layers and the lecture's numbers, and their inputs."""

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import grad

from nnlib import backprop
from nnlib.grading.diagnosis import judge
from nnlib.grading.questions import QUESTIONS
from nnlib.grading.questions.chain_rule import steer_the_derivative
from nnlib.grading.questions.chain_rule.scalar_gradients import BACKWARDS
from nnlib.grading.questions.fixtures import cast
from nnlib.grading.trials import fixtures
from nnlib.widgets.chain_rule.experiment import derivatives, forward_values

SIGMA = {
    "identity": lambda a: a,
    "sigmoid": lambda a: 1 / (1 + anp.exp(-a)),
    "tanh": anp.tanh,
    "relu": lambda a: anp.maximum(a, 0.0),
}
PARAMETERS = ("w1", "b1", "w2", "b2", "w3", "b3")
LECTURE = {"w1": 0.5, "b1": -0.5, "w2": 1.5, "b2": -0.2, "w3": -2.0, "b3": 0.5}


def cases(name: str) -> list:
    """All families and edges from three seeds, in double precision."""
    question = QUESTIONS[name]
    drawn = [fixture for seed in range(3) for fixture in fixtures(question, seed)]
    exact = [fixture for fixture in drawn if fixture.tolerance == question.tolerance]
    assert len(drawn) > len(exact) > 20
    return [(cast(fixture.arguments, float), fixture.expected) for fixture in exact]


def output(p, x, sigma):
    s = SIGMA[sigma]
    return p["w3"] * s(p["w2"] * s(p["w1"] * x + p["b1"]) + p["b2"]) + p["b3"]


def floats(params) -> dict:
    return {name: float(value) for name, value in params.items()}


def test_scalar_forward_is_the_lecture_s_formula() -> None:
    for (x, params, sigma), (a1, z1, a2, z2, z3) in cases("scalar_forward"):
        assert np.isclose(z3, output(floats(params), x, sigma), rtol=1e-12)
        np.testing.assert_allclose([z1, z2], [SIGMA[sigma](a1), SIGMA[sigma](a2)], rtol=1e-12)
        assert np.isclose(a2 - params["b2"], params["w2"] * z1)


def test_scalar_gradients_are_the_derivatives_of_the_loss() -> None:
    for (x, y, params, sigma), expected in cases("scalar_gradients"):

        def loss(p, x=x, y=y, sigma=sigma):
            return 0.5 * (output(p, x, sigma) - y) ** 2

        got = grad(loss)(floats(params))
        np.testing.assert_allclose([got[name] for name in BACKWARDS], expected, rtol=1e-10, atol=1e-12)


def test_scalar_gradients_equal_the_core_with_one_unit_in_each_layer() -> None:
    for (x, y, params, sigma), expected in cases("scalar_gradients"):
        Ws = [np.full((1, 1), float(params[f"w{i}"])) for i in (1, 2, 3)]
        bs = [np.full(1, float(params[f"b{i}"])) for i in (1, 2, 3)]
        sigmas = [sigma, sigma, "identity"]
        As, Zs = backprop.forward(np.full((1, 1), float(x)), Ws, bs, sigmas)
        _, dWs, dbs = backprop.backward(np.full((1, 1), float(y)), As, Zs, Ws, sigmas)
        got = [array.item() for pair in zip(reversed(dbs), reversed(dWs)) for array in pair]
        np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-14)


def test_they_give_the_numbers_that_the_lecture_s_figure_shows() -> None:
    inputs = {"x": np.float64(2), "y": 1.0, **LECTURE}
    values = forward_values(inputs, "tanh")
    v = QUESTIONS["scalar_forward"].reference(inputs["x"], LECTURE, "tanh")
    assert all(np.isclose(v[name], values[name]) for name in v)
    back = derivatives(values, "tanh")
    gradients = QUESTIONS["scalar_gradients"].reference(inputs["x"], 1.0, LECTURE, "tanh")
    assert all(np.isclose(gradients[name], back[name]) for name in PARAMETERS)


@pytest.mark.parametrize("name", ["scalar_forward", "scalar_gradients"])
def test_no_mistake_can_hide_in_the_inputs(name: str) -> None:
    for seed in range(20):
        for fixture in fixtures(QUESTIONS[name], seed):
            x, *_, params, _ = fixture.arguments
            if not fixture.edge:
                assert min(map(abs, [x, *params.values(), *fixture.expected])) > 1e-3
                assert min(abs(abs(params[each]) - 1) for each in ("w2", "w3")) > 1e-6


def test_the_error_has_both_signs() -> None:
    for seed in range(20):
        errors = [f.expected[0] for f in fixtures(QUESTIONS["scalar_gradients"], seed) if not f.edge]
        assert min(sum(error > 0 for error in errors), sum(error < 0 for error in errors)) >= 2


@pytest.mark.parametrize("h", [1e-4, 1e-5, 1e-6, 1e-7])
def test_a_central_difference_with_a_good_step_gets_half(h: float) -> None:
    def measured(x, y, params, sigma):
        p = floats(params)

        def loss(name, change):
            return 0.5 * (output({**p, name: p[name] + change}, x, sigma) - y) ** 2

        return {name: (loss(name, h) - loss(name, -h)) / (2 * h) for name in p}

    for seed in range(5):
        assert judge(QUESTIONS["scalar_gradients"], measured, seed).earned == 2


@pytest.mark.parametrize("value", QUESTIONS["steer_the_derivative"].equivalents.values())
def test_a_right_answer_gives_the_wanted_numbers_in_the_figure(value: dict) -> None:
    values = forward_values({"x": 2.0, "y": 1.0, **LECTURE, **value}, "tanh")
    assert abs(values["L"] - 2) <= 0.02
    assert abs(derivatives(values, "tanh")["w2"] + 1) <= 0.02


@pytest.mark.parametrize(
    ("value", "word"),
    [(3, "dict"), ({"w3": 1}, "'b3'"), ({"w3": "a", "b3": 1}, "numbers"), ({"w3": np.nan, "b3": 1}, "between")],
)
def test_an_answer_of_the_wrong_form_is_told_what_is_expected(value, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        steer_the_derivative.examine(value)
