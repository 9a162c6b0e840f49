"""The references, and the inputs on which answers are compared with them."""

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import grad

from nnlib import backprop
from nnlib.grading.question import Question
from nnlib.grading.questions import QUESTIONS
from nnlib.grading.questions.fixtures import cast
from nnlib.grading.trials import fixtures

SIGMA = {
    "identity": lambda A: A,
    "sigmoid": lambda A: 1 / (1 + anp.exp(-A)),
    "tanh": anp.tanh,
    "relu": lambda A: anp.maximum(A, 0.0),
}
FUNCTIONS = [name for name, question in QUESTIONS.items() if isinstance(question, Question)]


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


def squared_error(Z_L, Y):
    return anp.sum((Z_L - Y) ** 2) / (2 * len(Y))


def test_output_delta_is_the_derivative_with_respect_to_a_L() -> None:
    for (A_L, _, Y, sigma), (delta,) in cases("output_delta"):
        assert_close(grad(lambda A, sigma=sigma, Y=Y: squared_error(SIGMA[sigma](A), Y))(A_L), delta)


def test_hidden_delta_is_the_derivative_with_respect_to_a_i() -> None:
    for (delta_next, W_next, A, sigma), (delta,) in cases("hidden_delta"):

        def downstream(A, sigma=sigma, delta_next=delta_next, W_next=W_next):
            return anp.sum(delta_next * anp.dot(SIGMA[sigma](A), W_next.T))

        assert_close(grad(downstream)(A), delta)


def test_layer_gradients_are_the_derivatives_with_respect_to_W_and_b() -> None:
    for (delta, Z_prev), (dW, db) in cases("layer_gradients"):

        def downstream(W, b, delta=delta, Z_prev=Z_prev):
            return anp.sum(delta * (anp.dot(Z_prev, W.T) + b))

        W, b = np.ones(dW.shape), np.ones(db.shape)
        assert_close(grad(downstream, 0)(W, b), dW)
        assert_close(grad(downstream, 1)(W, b), db)


def test_backward_gives_the_derivatives_of_the_loss() -> None:
    for (X, Y, Ws, bs, sigmas), (dWs, dbs) in cases("backward"):

        def loss(Ws, bs, X=X, Y=Y, sigmas=sigmas):
            Z = X
            for W, b, sigma in zip(Ws, bs, sigmas, strict=True):
                Z = SIGMA[sigma](anp.dot(Z, W.T) + b)
            return squared_error(Z, Y)

        for got, expected in zip(grad(loss, 0)(Ws, bs) + grad(loss, 1)(Ws, bs), dWs + dbs, strict=True):
            assert_close(got, expected)


def test_backward_equals_the_core() -> None:
    for (X, Y, Ws, bs, sigmas), (dWs, dbs) in cases("backward"):
        As, Zs = backprop.forward(X, Ws, bs, sigmas)
        _, core_dWs, core_dbs = backprop.backward(Y, As, Zs, Ws, sigmas)
        for got, expected in zip(core_dWs + core_dbs, dWs + dbs, strict=True):
            assert_close(got, expected)


def test_central_difference_is_exact_for_a_parabola() -> None:
    w, h = np.array([[1.0, -2.0], [0.5, 3.0]]), 0.1
    assert_close(QUESTIONS["central_difference"].reference((w + h) ** 2, (w - h) ** 2, h), 2 * w)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_same_seed_draws_the_same_inputs_and_another_seed_others(name: str) -> None:
    first, again, other = (list(fixtures(QUESTIONS[name], seed)) for seed in (1, 1, 2))
    for a, b, c in zip(first, again, other, strict=True):
        np.testing.assert_equal(a.arguments, b.arguments)
        assert a.edge or not np.array_equal(flat(a.arguments), flat(c.arguments))


@pytest.mark.parametrize("name", ["output_delta", "hidden_delta", "layer_gradients", "backward"])
def test_no_mistake_can_hide_in_the_inputs(name: str) -> None:
    question = QUESTIONS[name]
    drawn = [fixture for seed in range(20) for fixture in fixtures(question, seed)]
    ordinary = [fixture for fixture in drawn if not fixture.edge]
    for fixture in ordinary:
        assert np.abs(drawn_entries(fixture.arguments)).min() > 0, "an exact zero"
    square = [fixture for fixture in ordinary if fixture.family.startswith("square")]
    other = [fixture for fixture in ordinary if fixture not in square]
    assert all(len(set(sizes(fixture.arguments))) == 1 for fixture in square)
    for fixture in other:
        m = len(fixture.arguments[0])
        assert all(array.shape[1] not in (1, m) for array in matrices(fixture.arguments))
    assert len(square) >= 2 * 20
    assert len(other) >= 2 * 20


def matrices(value) -> list[np.ndarray]:
    if isinstance(value, (list, tuple)):
        return [array for entry in value for array in matrices(entry)]
    return [value] if isinstance(value, np.ndarray) and value.ndim == 2 else []


def sizes(value) -> list[int]:
    return [size for array in matrices(value) for size in array.shape]


def flat(value) -> np.ndarray:
    """All numbers of plain data in one vector."""
    if isinstance(value, (list, tuple)):
        return np.concatenate([flat(entry) for entry in value])
    if isinstance(value, dict):
        return flat(list(value.values()))
    return np.ravel(value).astype(float) if isinstance(value, (np.ndarray, np.number, float, int)) else np.empty(0)


def drawn_entries(arguments: tuple) -> np.ndarray:
    """All numbers of the arguments but the activations Z_L, in which relu makes zeros."""
    return np.concatenate([flat(value) for k, value in enumerate(arguments) if not (k == 1 and len(arguments) == 4)])
