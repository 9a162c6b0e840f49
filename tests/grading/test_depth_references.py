"""The depth questions against autograd, the core, closed forms and the figure."""

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import grad

from nnlib.connections import Dense, Residual, Sequential
from nnlib.grading.check import report
from nnlib.grading.diagnosis import judge
from nnlib.grading.questions import CHAPTERS, QUESTIONS
from nnlib.grading.questions.depth.learn_the_identity import BLOCKS, STEPS, errors_of
from nnlib.grading.questions.depth.passes import dense_parts, residual_parts, through
from nnlib.grading.questions.fixtures import cast
from nnlib.grading.trials import fixtures
from nnlib.layers import FullyConnected
from nnlib.widgets.depth.experiment import identity_training

FUNCTIONS = CHAPTERS["depth"][:-1]
SIGMAS = {
    "identity": lambda A: A,
    "sigmoid": lambda A: 1 / (1 + anp.exp(-A)),
    "tanh": anp.tanh,
    "relu": lambda A: A * (A > 0),
}
CONNECTIONS = {
    "residual": lambda Z, W, b, sigma: Z + SIGMAS[sigma](Z @ W.T + b),
    "dense": lambda Z, W, b, sigma: anp.concatenate([Z, SIGMAS[sigma](Z @ W.T + b)], axis=1),
}


def cases(name: str) -> list:
    """All families and edges of a question from five seeds; single precision is too coarse to compare."""
    question = QUESTIONS[name]
    drawn = [fixture for seed in range(5) for fixture in fixtures(question, seed)]
    exact = [fixture for fixture in drawn if fixture.tolerance == question.tolerance]
    assert len(drawn) > len(exact) > 30
    return [(cast(fixture.arguments, float), fixture.expected) for fixture in exact]


def assert_close(got, expected) -> None:
    assert np.shape(got) == np.shape(expected)
    np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-10)


def layer(W: np.ndarray, b: np.ndarray, sigma: str) -> FullyConnected:
    """The core's layer with these parameters."""
    core = FullyConnected(W.shape[1], W.shape[0], sigma)
    core.params["W"][:], core.params["b"][:] = W, b
    return core


@pytest.mark.parametrize("kind", CONNECTIONS)
def test_forward_is_the_formula(kind: str) -> None:
    for arguments, (out,) in cases(f"{kind}_forward"):
        assert_close(CONNECTIONS[kind](*arguments), out)


@pytest.mark.parametrize("kind", CONNECTIONS)
def test_backward_gives_the_derivatives_of_the_forward_pass(kind: str) -> None:
    for (dout, *arguments), gradients in cases(f"{kind}_backward"):

        def downstream(Z, W, b, sigma, dout=dout):
            return anp.sum(dout * CONNECTIONS[kind](Z, W, b, sigma))

        for k, gradient in enumerate(gradients):
            assert_close(grad(downstream, k)(*arguments), gradient)


@pytest.mark.parametrize(("kind", "connection"), [("residual", Residual), ("dense", Dense)])
def test_both_passes_equal_the_cores(kind: str, connection: type) -> None:
    for (dout, Z, *parameters), (dZ, dW, db) in cases(f"{kind}_backward"):
        core = layer(*parameters)
        block = connection(core)
        assert_close(block.forward(Z, train=True), QUESTIONS[f"{kind}_forward"].reference(Z, *parameters))
        assert_close(block.backward(dout), dZ)
        assert_close(core.grads["W"], dW)
        assert_close(core.grads["b"], db)


@pytest.mark.parametrize(("kind", "parts"), [("residual", residual_parts), ("dense", dense_parts)])
def test_the_pass_of_the_catalogue_is_right_until_a_part_is_exchanged(kind: str, parts) -> None:
    for arguments, gradients in cases(f"{kind}_backward"):
        for got, gradient in zip(through(parts)(*arguments), gradients, strict=True):
            assert_close(got, gradient)


@pytest.mark.parametrize("kind", CONNECTIONS)
def test_a_branch_of_zero_leaves_the_path_without_factors(kind: str) -> None:
    backward = QUESTIONS[f"{kind}_backward"].reference
    for (dout, Z, W, b, _), _ in cases(f"{kind}_backward"):
        dZ, dW, _ = backward(dout, Z, 0 * W, 0 * b, "tanh")
        np.testing.assert_array_equal(dZ, dout[:, : Z.shape[1]])
        assert_close(dW, dout[:, -len(b) :].T @ Z)


@pytest.mark.parametrize("kind", CONNECTIONS)
def test_the_identity_that_is_said_holds(kind: str) -> None:
    (identity,) = QUESTIONS[f"{kind}_backward"].identities
    for arguments, (dZ, dW, db) in cases(f"{kind}_backward"):
        np.testing.assert_allclose(identity.gap(arguments, (dZ, dW, db)), 0, atol=1e-9)
        assert np.abs(identity.gap(arguments, (dZ + arguments[1], dW, db))).max() > 1e-3


def network_loss(As_shift, X, Y, Ws, bs, sigmas, skip):
    """The loss with something added to each pre-activation: its derivative with respect to that is δ."""
    Z = X
    for shift, W, b, sigma in zip(As_shift, Ws, bs, sigmas, strict=True):
        out = SIGMAS[sigma](Z @ W.T + b + shift)
        Z = Z + out if skip and W.shape[0] == W.shape[1] else out
    return anp.sum((Z - Y) ** 2) / 2 / len(X)


def test_norms_are_those_of_the_derivatives_with_respect_to_the_pre_activations() -> None:
    for arguments, (norms,) in cases("gradient_norms"):
        X, _, Ws, *_ = arguments
        deltas = grad(network_loss)([np.zeros((len(X), len(W))) for W in Ws], *arguments)
        assert_close([np.sqrt(np.sum(delta**2)) for delta in deltas], norms)


def test_norms_equal_the_cores() -> None:
    for (X, Y, Ws, bs, sigmas, skip), (norms,) in cases("gradient_norms"):
        layers = [layer(*each) for each in zip(Ws, bs, sigmas, strict=True)]
        square = [skip and W.shape[0] == W.shape[1] for W in Ws]
        network = Sequential(*(Residual(core) if skips else core for core, skips in zip(layers, square, strict=True)))
        Z = network.forward(X, train=True)
        network.backward((Z - Y) / len(X))
        assert_close([np.linalg.norm(core.delta) for core in layers], norms)


def test_norms_of_a_linear_plain_network_are_products_of_matrices() -> None:
    rng = np.random.default_rng(0)
    Ws = [rng.normal(size=(4, 4)) for _ in range(4)]
    X, Y = rng.normal(size=(6, 4)), rng.normal(size=(6, 4))
    with_skip = [W + np.eye(4) for W in Ws]
    for skip, factors in ((False, Ws), (True, with_skip)):
        Z = X
        for factor in factors:
            Z = Z @ factor.T
        delta, expected = (Z - Y) / 6, []
        for factor in reversed(factors):
            expected.insert(0, np.linalg.norm(delta))
            delta = delta @ factor
        norms = QUESTIONS["gradient_norms"].reference(X, Y, Ws, [np.zeros(4)] * 4, ["identity"] * 4, skip)
        assert_close(norms, expected)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_mistake_can_hide_in_the_inputs(name: str) -> None:
    question = QUESTIONS[name]
    ordinary = [fixture for seed in range(20) for fixture in fixtures(question, seed) if not fixture.edge]
    for fixture in ordinary:
        flat = [entry for value in fixture.arguments for entry in (value if isinstance(value, list) else [value])]
        arrays = [value for value in flat if isinstance(value, np.ndarray)]
        assert all(np.all(array != 0) for array in arrays)
        matrices = [array.shape for array in arrays if array.ndim == 2]
        assert len(fixture.arguments[0]) >= 3
        equal = len({size for shape in matrices for size in shape}) == 1
        if name == "dense_backward":
            dout, Z, W, *_ = fixture.arguments
            equal = len(Z) == Z.shape[1] == len(W) == dout.shape[1] - len(W)
        assert equal == fixture.family.startswith("square"), fixture.family
    assert sum(family.startswith("square") for family in question.families) >= 2
    assert sum(not family.startswith("square") for family in question.families) >= 2


def test_skips_are_asked_and_not_asked_at_the_first_the_last_and_inner_layers() -> None:
    seen = set()
    for name, draw in QUESTIONS["gradient_norms"].families.items():
        _, _, Ws, _, _, skip = draw(np.random.default_rng(0))
        square = [W.shape[0] == W.shape[1] for W in Ws]
        seen |= {(skip, place) for place, here in (("first", square[0]), ("last", square[-1])) if here}
        seen |= {(skip, "inner")} if any(square[1:-1]) else set()
        seen |= {(skip, "none")} if not all(square) else set()
        assert any(square), f"{name}: skip would make no difference"
    assert seen == {(skip, place) for skip in (True, False) for place in ("first", "last", "inner", "none")}


@pytest.mark.parametrize("kind", CONNECTIONS)
@pytest.mark.parametrize(("h", "central"), [(1e-5, True), (1e-6, True), (1e-8, False)])
def test_a_difference_that_is_nearly_exact_earns_half(kind: str, h: float, central: bool) -> None:
    def backward(dout, Z, W, b, sigma):
        values = [np.array(value, dtype=float) for value in (Z, W, b)]
        gradients = []
        for value in values:
            gradients.append(np.zeros(value.shape))
            for index in np.ndindex(value.shape):
                entry = value[index]
                value[index] = entry + h
                f_plus = np.sum(dout * CONNECTIONS[kind](*values, sigma))
                value[index] = entry - h * central
                f_minus = np.sum(dout * CONNECTIONS[kind](*values, sigma))
                value[index] = entry
                gradients[-1][index] = (f_plus - f_minus) / (h * (1 + central))
        return gradients

    verdict = judge(QUESTIONS[f"{kind}_backward"], backward, seed=0)
    assert (verdict.earned, verdict.mistake) == (1.5, "finite difference in place of the derivative"), report(verdict)


def test_single_precision_inside_the_answer_is_no_finite_difference() -> None:
    reference = QUESTIONS["gradient_norms"].reference
    for seed in range(5):
        verdict = judge(QUESTIONS["gradient_norms"], lambda *arguments: reference(*cast(arguments, np.float32)), seed)
        assert verdict.mistake != "finite difference in place of the derivative", report(verdict)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_right_style_passes_on_many_inputs(name: str) -> None:
    question = QUESTIONS[name]
    for style, answer in question.equivalents.items():
        for seed in range(10):
            verdict = judge(question, answer, seed)
            assert verdict.earned == question.points, f"{style}\n{report(verdict)}"


@pytest.mark.parametrize(("c", "step_size"), [(0.4, 0.001), (0.5, 0.01)])
def test_the_slider_task_trains_as_the_figure_does(c: float, step_size: float) -> None:
    *_, last = identity_training("residual", BLOCKS, c, step_size, steps=STEPS)
    np.testing.assert_allclose(errors_of(c, step_size), last.errors, rtol=1e-6)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ((0.4, 0.001), "a dict with two numbers"),
        ({"c": 0.4}, "no key 'step_size'"),
        ({"c": 0.4, "step_size": "small"}, "are numbers"),
        ({"c": 0.4, "step_size": 1}, "step_size is 1; the slider goes from 0.0001 to 0.1"),
        ({"c": float("nan"), "step_size": 0.001}, "c is nan"),
    ],
)
def test_the_slider_task_says_what_is_wrong_with_the_form(value, said: str) -> None:
    verdict = judge(QUESTIONS["learn_the_identity"], value)
    assert verdict.earned == 0
    assert said in report(verdict).replace("\n  ", " ")


@pytest.mark.parametrize("name", ["residual_backward", "dense_backward"])
def test_integers_with_tanh_never_have_a_whole_gradient_by_chance(name: str) -> None:
    draw = QUESTIONS[name].edges["integers with tanh"]
    for seed in range(300):
        arguments = draw(np.random.default_rng([seed, 15]))
        for gradient in QUESTIONS[name].reference(*arguments):
            assert np.any(gradient != np.round(gradient)), seed
