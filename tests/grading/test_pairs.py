"""Two mistakes at once: both are named where together they explain the values, and nothing else ever gets two names."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from nnlib.activations import ACTIVATIONS
from nnlib.grading.check import report
from nnlib.grading.diagnosis import judge
from nnlib.grading.question import Question
from nnlib.grading.questions import QUESTIONS

FUNCTIONS = [name for name, question in QUESTIONS.items() if isinstance(question, Question)]
WITH_PARTS = [name for name in FUNCTIONS if QUESTIONS[name].parts]


def sigma_and_W(delta_next, W_next, A, sigma):
    return (delta_next @ W_next.T) * ACTIVATIONS[sigma].sigma(A)


def sign_and_slope(A_L, Z_L, Y, sigma):
    return (Y - Z_L) / len(Y)


def scaled_and_transposed(delta, Z_prev):
    return 2 * Z_prev.T @ delta, 2 * delta.sum(axis=0)


def sum_and_slope(X, Y, Ws, bs, sigmas):
    As, Zs = [], [X]
    for W, b, sigma in zip(Ws, bs, sigmas, strict=True):
        As.append(Zs[-1] @ W.T + b)
        Zs.append(ACTIVATIONS[sigma].sigma(As[-1]))
    delta = (Zs[-1] - Y) * ACTIVATIONS[sigmas[-1]].sigma_prime(As[-1])
    dWs, dbs = [], []
    for j in reversed(range(len(Ws))):
        dWs.insert(0, delta.T @ Zs[j])
        dbs.insert(0, delta.sum(axis=0))
        delta = delta @ Ws[j]
    return dWs, dbs


def twice_without_w3(x, y, params, sigma):
    slope = ACTIVATIONS[sigma].sigma_prime
    a1 = params["w1"] * x + params["b1"]
    z1 = ACTIVATIONS[sigma].sigma(a1)
    a2 = params["w2"] * z1 + params["b2"]
    z2 = ACTIVATIONS[sigma].sigma(a2)
    delta_3 = 2 * (params["w3"] * z2 + params["b3"] - y)
    delta_2 = delta_3 * slope(a2)
    delta_1 = delta_2 * params["w2"] * slope(a1)
    return {"w1": delta_1 * x, "b1": delta_1, "w2": delta_2 * z1, "b2": delta_2, "w3": delta_3 * z2, "b3": delta_3}


def average_uphill(W, G, gradient, alpha, beta):
    G = beta * G + (1 - beta) * gradient
    return W + alpha * G, G


def half_way_without_gamma(dout, A, gamma, beta, eps):
    r = 1 / np.sqrt(A.var(axis=0) + eps)
    A_hat = (A - A.mean(axis=0)) * r
    return r * (dout - dout.mean(axis=0)), (dout * A_hat).sum(axis=0), dout.sum(axis=0)


def uphill_sums(X, Y, w, m, step_size, seed):
    order = np.random.default_rng(seed).permutation(len(X))
    for start in range(0, len(X), m):
        x, y = X[order[start : start + m]], Y[order[start : start + m]]
        w = w + step_size * x.T @ (x @ w - y)
    return w


def twice_and_without_the_rest(X, Y, w, m, step_size, seed):
    order = np.random.RandomState(seed).permutation(len(X))
    for k in range(len(X) // m):
        x, y = X[order[k * m : (k + 1) * m]], Y[order[k * m : (k + 1) * m]]
        w = w - step_size * 2 / len(x) * x.T @ (x @ w - y)
    return w


PAIRS = {
    "hidden_delta": (sigma_and_W, {"σ in place of σ'", "W_next the wrong way round"}),
    "output_delta": (sign_and_slope, {"y - z instead of z - y", "σ' is missing"}),
    "layer_gradients": (scaled_and_transposed, {"a factor 2 too many", "dW is transposed"}),
    "backward": (sum_and_slope, {"the 1/m of the mean is missing", "σ' is missing in the hidden layers"}),
    "scalar_gradients": (
        twice_without_w3,
        {"a factor 2 too many", "the factor w3 is missing in layers 1 and 2"},
    ),
    "momentum_step": (average_uphill, {"the moving average", "W moves up the slope"}),
    "sgd_epoch": (uphill_sums, {"the sum in place of the mean", "uphill instead of downhill"}),
    "sgd_epoch, other steps": (
        twice_and_without_the_rest,
        {"a factor 2 too many", "the last, short mini-batch is dropped"},
    ),
    "batchnorm_backward": (half_way_without_gamma, {"the path through σ² is missing", "gamma is missing in dA"}),
}


@pytest.mark.parametrize("name", PAIRS)
def test_both_mistakes_are_named(name: str) -> None:
    answer, names = PAIRS[name]
    for seed in range(10):
        verdict = judge(QUESTIONS[name.split(",")[0]], answer, seed)
        said = report(verdict).replace("\n  ", " ")
        assert "two mistakes at once" in said, said
        assert all(each in said for each in names), said
        assert verdict.mistake in names
        assert verdict.earned < verdict.possible


TRUE_PAIRS = {
    "both σ' are missing",
    "w3 and w2 are both missing",
    "layer 1 begins again at L'",
    "a buffer with the sign of the step",
    "not scaled and shifted",
    "μ and σ² treated as constants",
    "sums in place of the means in dA",
    "the wrong sign in both paths",
    "σ' is missing everywhere",
    "one step with all samples",
}
"""Mistakes of the catalogue that are two at once by what they say."""


@pytest.mark.parametrize("name", WITH_PARTS)
def test_a_mistake_that_is_not_in_the_catalogue_is_not_put_together_from_others(name: str) -> None:
    question = QUESTIONS[name]
    for mistake in question.mistakes:
        others = tuple(other for other in question.mistakes if other is not mistake)
        verdict = judge(replace(question, mistakes=others), mistake.code, seed=0)
        two = [finding.text for finding in verdict.findings if "two mistakes" in finding.text]
        assert not two or mistake.name in TRUE_PAIRS, f"{mistake.name}: {two}"


@pytest.mark.parametrize("name", WITH_PARTS)
def test_parts_hold_names_of_the_catalogue(name: str) -> None:
    names = {mistake.name for mistake in QUESTIONS[name].mistakes}
    for part, members in QUESTIONS[name].parts.items():
        assert set(members) <= names, part
    assert len(QUESTIONS[name].parts) > 1


def test_what_undoes_itself_is_a_right_answer() -> None:
    verdict = judge(QUESTIONS["hidden_delta"], lambda d, W, A, sigma: -(-d @ W) * ACTIVATIONS[sigma].sigma_prime(A))
    assert verdict.right


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda dW, m: -dW / m, "dW is m times too small, and of the wrong sign"),
        (lambda dW, m: 3 * dW * m, "dW is 3·m times too large"),
        (lambda dW, m: dW / m / 2, "dW is 2·m times too small"),
    ],
)
def test_a_constant_factor_of_two_causes_is_said_as_one_number(wrong: Callable, said: str) -> None:
    def answer(delta, Z_prev):
        return wrong(delta.T @ Z_prev, len(delta)), delta.sum(axis=0)

    verdict = judge(QUESTIONS["layer_gradients"], answer, 1)
    assert said in report(verdict).replace("\n  ", " ")
    assert verdict.mistake is None
