"""The BatchNorm questions against autograd, closed forms, the core and the figure."""

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import grad

from nnlib import BatchNorm
from nnlib.grading.check import report
from nnlib.grading.diagnosis import judge
from nnlib.grading.questions import CHAPTERS, QUESTIONS
from nnlib.grading.questions.batchnorm.only_with_batchnorm import STEPS, final_loss
from nnlib.grading.questions.fixtures import cast
from nnlib.grading.trials import fixtures
from nnlib.widgets.normalized.experiment import digits_run

FUNCTIONS = CHAPTERS["batchnorm"][:-1]


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


def out_of(A, gamma, beta, eps):
    centred = A - anp.mean(A, axis=0)
    return gamma * centred / anp.sqrt(anp.mean(centred**2, axis=0) + eps) + beta


def layer(A: np.ndarray, gamma: np.ndarray, beta: np.ndarray, eps: float, decay: float = 0.9) -> BatchNorm:
    """The core's layer with these parameters."""
    norm = BatchNorm(A.shape[1], decay=decay, eps=eps)
    norm.params["scale"][:], norm.params["shift"][:] = gamma, beta
    return norm


def test_forward_is_the_formula_and_the_cores() -> None:
    for arguments, (out,) in cases("batchnorm_forward"):
        assert_close(out_of(*arguments), out)
        if len(out) > 1:
            assert_close(layer(*arguments).forward(arguments[0], train=True), out)


def test_forward_gives_the_mean_beta_and_the_variance_that_eps_leaves() -> None:
    for (A, gamma, beta, eps), (out,) in cases("batchnorm_forward"):
        assert_close(out.mean(axis=0), beta)
        assert_close(out.var(axis=0), gamma**2 * A.var(axis=0) / (A.var(axis=0) + eps))


def test_backward_gives_the_derivatives_of_the_forward_pass() -> None:
    for (dout, *arguments), gradients in cases("batchnorm_backward"):

        def downstream(A, gamma, beta, eps, dout=dout):
            return anp.sum(dout * out_of(A, gamma, beta, eps))

        for k, gradient in enumerate(gradients):
            assert_close(grad(downstream, k)(*arguments), gradient)


def test_backward_equals_the_core() -> None:
    for (dout, *arguments), (dA, dgamma, dbeta) in cases("batchnorm_backward"):
        if len(dout) > 1:
            norm = layer(*arguments)
            norm.forward(arguments[0], train=True)
            assert_close(norm.backward(dout), dA)
            assert_close(norm.grads["scale"], dgamma)
            assert_close(norm.grads["shift"], dbeta)


def test_what_must_vanish_in_dA_vanishes() -> None:
    for (_, A, gamma, _, eps), (dA, dgamma, _) in cases("batchnorm_backward"):
        A_hat, r = out_of(A, 1, 0, eps), 1 / np.sqrt(A.var(axis=0) + eps)
        assert_close(dA.sum(axis=0), np.zeros(len(gamma)))
        assert_close((dA * A_hat).sum(axis=0), gamma * r**3 * eps * dgamma)
        if len(A) == 1:
            assert not dA.any()


def test_prediction_with_the_mini_batchs_own_statistics_is_the_forward_pass() -> None:
    predict = QUESTIONS["batchnorm_predict"].reference
    for (A, gamma, beta, eps), (out,) in cases("batchnorm_forward"):
        assert_close(predict(A, gamma, beta, A.mean(axis=0), A.var(axis=0), eps), out)


def test_prediction_equals_the_core() -> None:
    for (A, gamma, beta, running_mean, running_var, eps), (out,) in cases("batchnorm_predict"):
        norm = layer(A, gamma, beta, eps)
        norm.state["running_mean"][:], norm.state["running_var"][:] = running_mean, running_var
        assert_close(norm.forward(A), out)


def test_running_statistics_equal_the_cores() -> None:
    for (running_mean, running_var, A, decay), (mean, var) in cases("update_running"):
        if len(A) > 1:
            norm = layer(A, 1, 0, 1e-5, decay)
            norm.state["running_mean"][:], norm.state["running_var"][:] = running_mean, running_var
            norm.forward(A, train=True)
            assert_close(norm.state["running_mean"], mean)
            assert_close(norm.state["running_var"], var)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_mistake_can_hide_in_the_inputs(name: str) -> None:
    question = QUESTIONS[name]
    ordinary = [fixture for seed in range(20) for fixture in fixtures(question, seed) if not fixture.edge]
    shapes = {}
    for fixture in ordinary:
        arrays = [value for value in fixture.arguments if isinstance(value, np.ndarray)]
        assert all(np.all(array != 0) for array in arrays)
        (shapes[fixture.family],) = {array.shape for array in arrays if array.ndim == 2}
    for family, (m, d) in shapes.items():
        assert m >= 4, "of two or three samples hardly anything is left"
        assert (m == d) == family.startswith("square")
    assert sum(m == d for m, d in shapes.values()) >= 2
    assert sum(m != d for m, d in shapes.values()) >= 2


@pytest.mark.parametrize(("h", "central"), [(1e-5, True), (1e-6, True), (1e-8, False)])
def test_a_difference_that_is_nearly_exact_earns_half(h: float, central: bool) -> None:
    def batchnorm_backward(dout, A, gamma, beta, eps):
        values = [np.array(value, dtype=float) for value in (A, gamma, beta)]
        gradients = []
        for value in values:
            gradients.append(np.zeros(value.shape))
            for index in np.ndindex(value.shape):
                entry = value[index]
                value[index] = entry + h
                f_plus = np.sum(dout * out_of(*values, eps))
                value[index] = entry - h * central
                f_minus = np.sum(dout * out_of(*values, eps))
                value[index] = entry
                gradients[-1][index] = (f_plus - f_minus) / (h * (1 + central))
        return gradients

    verdict = judge(QUESTIONS["batchnorm_backward"], batchnorm_backward, seed=0)
    assert (verdict.earned, verdict.mistake) == (2, "finite difference in place of the derivative"), report(verdict)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_right_style_passes_on_many_inputs(name: str) -> None:
    question = QUESTIONS[name]
    for style, answer in question.equivalents.items():
        for seed in range(10):
            verdict = judge(question, answer, seed)
            assert verdict.earned == question.points, f"{style}\n{report(verdict)}"


@pytest.mark.parametrize("batchnorm", [False, True])
def test_the_slider_task_trains_as_the_figure_does(batchnorm: bool) -> None:
    *_, last = digits_run(batchnorm, 3.0, 0.3, 64, steps=STEPS)
    assert final_loss(batchnorm, 3.0, 0.3) == pytest.approx(np.mean(last.losses[-10:]), rel=1e-6)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ((3.0, 1.0), "a dict with two numbers"),
        ({"weight_scale": 3.0}, "no key 'step_size'"),
        ({"weight_scale": 3.0, "step_size": "large"}, "are numbers"),
        ({"weight_scale": 3.0, "step_size": 100}, "step_size is 100; the slider goes from 0.01 to 10"),
        ({"weight_scale": float("nan"), "step_size": 1}, "weight_scale is nan"),
    ],
)
def test_the_slider_task_says_what_is_wrong_with_the_form(value, said: str) -> None:
    verdict = judge(QUESTIONS["only_with_batchnorm"], value)
    assert verdict.earned == 0
    assert said in report(verdict).replace("\n  ", " ")
