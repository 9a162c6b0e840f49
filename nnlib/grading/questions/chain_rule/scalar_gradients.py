"""The six derivatives of the loss by the chain rule, L = ½(z3 - y)²."""

import math
from functools import partial

import numpy as np

from nnlib.grading.question import Identity, Question, Result
from nnlib.grading.questions.backprop.sigmas import slope_from_output, slope_of
from nnlib.grading.questions.chain_rule.fixtures import draw, draw_float32, draw_integers, draw_off
from nnlib.grading.questions.chain_rule.gradients_mistakes import MISTAKES
from nnlib.grading.questions.chain_rule.passes import PARAMETERS, forward
from nnlib.grading.questions.forms import values_of


def reference(x, y, params, sigma):
    """δ_3 = z_3 - y and δ_{i-1} = δ_i w_i σ'(a_{i-1}); ∂L/∂w_i = δ_i z_{i-1} and ∂L/∂b_i = δ_i."""
    v = forward(x, params, sigma)
    delta_3 = v["z3"] - y
    delta_2 = delta_3 * params["w3"] * slope_of(sigma, v["a2"])
    delta_1 = delta_2 * params["w2"] * slope_of(sigma, v["a1"])
    return {
        "w1": delta_1 * x,
        "b1": delta_1,
        "w2": delta_2 * v["z1"],
        "b2": delta_2,
        "w3": delta_3 * v["z2"],
        "b3": delta_3,
    }


def _in_a_loop(x, y, params, sigma):
    v = {**forward(x, params, sigma), "z0": x}
    gradients, delta = {}, v["z3"] - y
    for i in (3, 2, 1):
        gradients[f"w{i}"], gradients[f"b{i}"] = delta * v[f"z{i - 1}"], delta
        if i > 1:
            delta = delta * params[f"w{i}"] * slope_of(sigma, v[f"a{i - 1}"])
    return gradients


def _each_multiplied_out(x, y, params, sigma):
    v = forward(x, params, sigma)
    w2, w3 = params["w2"], params["w3"]
    slope1, slope2 = slope_from_output(sigma, v["z1"]), slope_from_output(sigma, v["z2"])
    error = y - v["z3"]
    return dict(
        b3=-error,
        w3=-error * v["z2"],
        b2=-error * w3 * slope2,
        w2=-error * w3 * slope2 * v["z1"],
        b1=-error * w3 * slope2 * w2 * slope1,
        w1=-error * w3 * slope2 * w2 * slope1 * x,
        loss=error**2 / 2,
    )


def _forward_mode(x, y, params, sigma):
    v = forward(x, params, sigma)

    def derivative(name: str) -> float:
        moves = {each: float(each == name) for each in PARAMETERS}
        dz = 0.0
        for i, z_prev in (("1", x), ("2", v["z1"]), ("3", v["z2"])):
            da = moves[f"w{i}"] * z_prev + params[f"w{i}"] * dz + moves[f"b{i}"]
            dz = da if i == "3" else slope_of(sigma, v[f"a{i}"]) * da
        return float((v["z3"] - y) * dz)

    return {name: derivative(name) for name in PARAMETERS}


def _matrices(x, y, params, sigma):
    v = forward(x, params, sigma)
    Zs = [np.array([[z]], dtype=float) for z in (x, v["z1"], v["z2"], v["z3"])]
    Ws = [np.array([[params[f"w{i}"]]], dtype=float) for i in (1, 2, 3)]
    As = [np.array([[v[name]]], dtype=float) for name in ("a1", "a2")]
    delta, gradients = Zs[-1] - y, {}
    for j in (2, 1, 0):
        gradients |= {f"w{j + 1}": (delta.T @ Zs[j])[0, 0], f"b{j + 1}": delta.sum()}
        if j > 0:
            delta = (delta @ Ws[j]) * slope_of(sigma, As[j - 1])
    return gradients


def _with_cosh(x, y, params, sigma):
    v = forward(x, params, sigma)
    slope1, slope2 = (
        1 / math.cosh(v[a]) ** 2 if sigma == "tanh" else float(slope_of(sigma, v[a])) for a in ("a1", "a2")
    )
    by_z3 = v["z3"] - y
    by_z2 = by_z3 * params["w3"]
    by_a2 = by_z2 * slope2
    by_z1 = by_a2 * params["w2"]
    by_a1 = by_z1 * slope1
    found = (by_a1 * x, by_a1, by_a2 * v["z1"], by_a2, by_z3 * v["z2"], by_z3)
    return {name: np.array(value) for name, value in zip(PARAMETERS, found, strict=True)}


BACKWARDS = ("b3", "w3", "b2", "w2", "b1", "w1")
"""In the order of the way back: the first wrong one is where to begin."""

WAY = {
    "b3": "∂L/∂b_3 = L' = z_3 - y.",
    "w3": "∂L/∂w_3 = L' z_2.",
    "b2": "∂L/∂b_2 = L' w_3 σ'(a_2).",
    "w2": "∂L/∂w_2 = L' w_3 σ'(a_2) z_1.",
    "b1": "∂L/∂b_1 = L' w_3 σ'(a_2) w_2 σ'(a_1).",
    "w1": "∂L/∂w_1 = L' w_3 σ'(a_2) w_2 σ'(a_1) x.",
}


def _gap(arguments: tuple, results: tuple, i: int) -> float:
    x, _, params, sigma = arguments
    z_before = {"z0": x, **forward(x, params, sigma)}[f"z{i - 1}"]
    return results[BACKWARDS.index(f"w{i}")] - results[BACKWARDS.index(f"b{i}")] * z_before


def _ask(name: str) -> str:
    return f"Follow the arrows from {name[0]}_{name[1]} to L in the picture: which rate does each of them bring in?"


EQUIVALENTS = {
    "a loop over δ": _in_a_loop,
    "each multiplied out, σ' in terms of z": _each_multiplied_out,
    "from the front, once for each": _forward_mode,
    "matrices of one entry": _matrices,
    "node by node, 1 / cosh²": _with_cosh,
}

QUESTION = Question(
    name="scalar_gradients",
    points=4,
    arguments={"x": "", "y": "", "params": "", "sigma": ""},
    results=tuple(Result(f"∂L/∂{name}", ask=_ask(name), formula=WAY[name]) for name in BACKWARDS),
    reference=reference,
    families={
        **{sigma: partial(draw, sigma=sigma) for sigma in ("tanh", "sigmoid", "relu")},
        **{f"{sigma}, below y": partial(draw, sigma=sigma, above=False) for sigma in ("tanh", "sigmoid")},
    },
    edges={
        "the identity": partial(draw, sigma="identity"),
        "a relu that is off in layer 2": partial(draw_off, layer=2),
        "a relu that is off in layer 1": partial(draw_off, layer=1),
        "integer arrays": partial(draw_integers, sigma="relu"),
        "integer arrays and tanh": partial(draw_integers, sigma="tanh"),
        "float32 arrays": partial(draw_float32, sigma="sigmoid"),
    },
    mistakes=MISTAKES,
    equivalents=EQUIVALENTS,
    parts={
        "L'": (
            "L' is missing everywhere",
            "y - z3 instead of z3 - y",
            "a factor 2 too many",
            "a factor ½ too many",
            "the loss itself in place of its derivative",
            "the sign of the error is lost",
            "the output in place of the error",
        ),
        "w3": (
            "the factor w3 is missing in layer 2",
            "the factor w3 is missing in layers 1 and 2",
            "the factor w3 is missing in layer 1",
            "w2 in place of w3 in layer 2",
            "the factor w3 is missing in ∂L/∂w1",
            "the factor w3 is missing in ∂L/∂b1",
            "the factor w3 is missing in ∂L/∂w2",
            "the factor w3 is missing in ∂L/∂b2",
        ),
        "σ'(a2)": (
            "σ'(a2) is missing in layers 1 and 2",
            "the factor σ'(a2) is missing in layer 1",
            "the factor σ'(a2) is missing in layer 2",
            "the factor σ'(a2) is missing in ∂L/∂w1",
            "the factor σ'(a2) is missing in ∂L/∂b1",
            "the factor σ'(a2) is missing in ∂L/∂w2",
            "the factor σ'(a2) is missing in ∂L/∂b2",
        ),
        "w2": (
            "the factor w2 is missing in layer 1",
            "w1 in place of w2 in layer 1",
            "the factor w2 is missing in ∂L/∂w1",
            "the factor w2 is missing in ∂L/∂b1",
        ),
        "σ'(a1)": (
            "the factor σ'(a1) is missing in layer 1",
            "the factor σ'(a1) is missing in ∂L/∂w1",
            "the factor σ'(a1) is missing in ∂L/∂b1",
        ),
        "inputs": (
            "a in place of z in the derivatives by the weights",
            "a1 in place of z1 in ∂L/∂w2",
            "a2 in place of z2 in ∂L/∂w3",
            "the layer's own output in place of its input",
            "x in the derivative by every weight",
            "multiplied by the weights in place of the inputs",
            "the derivatives by the weights lack their inputs",
            "the inputs in the derivatives by the biases too",
        ),
    },
    identities=tuple(
        Identity(
            f"∂L/∂w{i}",
            f"w{i} and b{i} reach a_{i} with the rates z_{i - 1} and 1, so ∂L/∂w{i} = ∂L/∂b{i} · z_{i - 1}",
            partial(_gap, i=i),
        )
        for i in (3, 2, 1)
    ),
    derivative=True,
    uses=("scalar_forward",),
    settle=values_of(*BACKWARDS),
)
