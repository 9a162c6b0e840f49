"""The forward pass of the network of one number per layer."""

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from nnlib.grading.question import Mistake, Question, Result
from nnlib.grading.questions.backprop.sigmas import sigma_of, slope_of
from nnlib.grading.questions.chain_rule.fixtures import draw, draw_float32, draw_integers, draw_off, without_y
from nnlib.grading.questions.chain_rule.passes import VALUES, forward
from nnlib.grading.questions.forms import values_of


def reference(x, params, sigma):
    """a_i = w_i z_{i-1} + b_i and z_i = σ(a_i), the last layer without σ."""
    return forward(x, params, sigma)


def _with(
    affine: Callable = lambda w, z, b: w * z + b,
    first: Callable = sigma_of,
    second: Callable = sigma_of,
    last: Callable = lambda sigma, a3: a3,
) -> Callable:
    """The forward pass with one part exchanged."""

    def scalar_forward(x, params, sigma):
        a1 = affine(params["w1"], x, params["b1"])
        z1 = first(sigma, a1)
        a2 = affine(params["w2"], z1, params["b2"])
        z2 = second(sigma, a2)
        z3 = last(sigma, affine(params["w3"], z2, params["b3"]))
        return {"a1": a1, "z1": z1, "a2": a2, "z2": z2, "z3": z3}

    return scalar_forward


def _no_sigma(sigma, a):
    return a


def _sigma_twice(sigma, a):
    return sigma_of(sigma, sigma_of(sigma, a))


def _always(name: str) -> Callable:
    return _with(first=lambda sigma, a: sigma_of(name, a), second=lambda sigma, a: sigma_of(name, a))


def _renamed(names: dict[str, str]) -> Callable:
    """The forward pass with other parameters than those asked for."""

    def scalar_forward(x, params, sigma):
        return forward(x, {name: params[names.get(name, name)] for name in params}, sigma)

    return scalar_forward


def _late_bias(x, params, sigma):
    a1 = params["w1"] * x
    z1 = sigma_of(sigma, a1) + params["b1"]
    a2 = params["w2"] * z1
    z2 = sigma_of(sigma, a2) + params["b2"]
    return {"a1": a1, "z1": z1, "a2": a2, "z2": z2, "z3": params["w3"] * z2 + params["b3"]}


def _a_handed_on(x, params, sigma):
    v = _with(first=_no_sigma, second=_no_sigma)(x, params, sigma)
    return {**v, "z1": sigma_of(sigma, v["a1"]), "z2": sigma_of(sigma, v["a2"])}


def _a2_handed_on(x, params, sigma):
    v = forward(x, params, sigma)
    return {**v, "z3": params["w3"] * v["a2"] + params["b3"]}


def _x_everywhere(x, params, sigma):
    a1, a2, z3 = (params[f"w{i}"] * x + params[f"b{i}"] for i in (1, 2, 3))
    return {"a1": a1, "z1": sigma_of(sigma, a1), "a2": a2, "z2": sigma_of(sigma, a2), "z3": z3}


def _exchanged(x, params, sigma):
    v = forward(x, params, sigma)
    return {"a1": v["z1"], "z1": v["a1"], "a2": v["z2"], "z2": v["a2"], "z3": v["z3"]}


def _no_last_layer(x, params, sigma):
    v = forward(x, params, sigma)
    return {**v, "z3": v["z2"]}


def _truncated(x, params, sigma):
    v = forward(x, params, sigma)
    return {name: np.full_like(params["w1"], v[name]) for name in VALUES}


def _written_into_params(x, params, sigma):
    params.update(forward(x, params, sigma))
    return params


MISTAKES = (
    Mistake(
        "the outer σ is lost",
        _with(second=_no_sigma),
        "That is the slip in the notes: z_2 = σ(a_2), or else layers 2 and 3 would be one layer.",
    ),
    Mistake(
        "the inner σ is lost",
        _with(first=_no_sigma),
        "z_1 = σ(a_1): the first layer has its σ too.",
    ),
    Mistake(
        "both σ are lost",
        _with(first=_no_sigma, second=_no_sigma),
        "z_1 = σ(a_1) and z_2 = σ(a_2); only the last layer has no σ.",
    ),
    Mistake(
        "σ in the last layer",
        _with(last=sigma_of),
        "The last layer has no σ: z_3 = w_3 z_2 + b_3.",
    ),
    Mistake(
        "σ' in place of σ",
        _with(first=slope_of, second=slope_of),
        "z_i = σ(a_i): the slope σ' is for the way back.",
    ),
    Mistake(
        "σ twice",
        _with(first=_sigma_twice, second=_sigma_twice),
        "z_i = σ(a_i), with one σ: a_i itself has none.",
    ),
    Mistake(
        "tanh whatever sigma says",
        _always("tanh"),
        "The activation is named by the argument sigma: ACTIVATIONS[sigma].sigma.",
    ),
    Mistake(
        "sigmoid whatever sigma says",
        _always("sigmoid"),
        "The activation is named by the argument sigma: ACTIVATIONS[sigma].sigma.",
    ),
    Mistake(
        "the biases are missing",
        _with(lambda w, z, b: w * z),
        "a_i = w_i z_{i-1} + b_i, with the bias.",
    ),
    Mistake(
        "the biases come after σ",
        _late_bias,
        "z_i = σ(w_i z_{i-1} + b_i): the bias is inside.",
    ),
    Mistake(
        "the biases are subtracted",
        _with(lambda w, z, b: w * z - b),
        "a_i = w_i z_{i-1} + b_i, with a plus.",
    ),
    Mistake(
        "the biases are multiplied by the weights too",
        _with(lambda w, z, b: w * (z + b)),
        "a_i = w_i z_{i-1} + b_i: the weight multiplies z_{i-1} only.",
    ),
    Mistake(
        "weights and biases exchanged",
        _renamed({"w1": "b1", "b1": "w1", "w2": "b2", "b2": "w2", "w3": "b3", "b3": "w3"}),
        "The weight w_i multiplies, the bias b_i is added.",
    ),
    Mistake(
        "the weights are added",
        _with(lambda w, z, b: w + z + b),
        "a_i = w_i z_{i-1} + b_i is a product plus the bias.",
    ),
    Mistake(
        "the layers in the wrong order",
        _renamed({"w1": "w3", "b1": "b3", "w3": "w1", "b3": "b1"}),
        "x meets w_1 and b_1 first, w_3 and b_3 belong to the last layer.",
    ),
    Mistake(
        "w1 and b1 in every layer",
        _renamed({"w2": "w1", "b2": "b1", "w3": "w1", "b3": "b1"}),
        "Each layer has a weight and a bias of its own: w_2 and b_2 in a_2, w_3 and b_3 in z_3.",
    ),
    Mistake(
        "b1 in every layer",
        _renamed({"b2": "b1", "b3": "b1"}),
        "Each layer has a bias of its own: b_2 in a_2, b_3 in z_3.",
    ),
    Mistake(
        "the next layer gets a instead of z",
        _a_handed_on,
        "a_{i+1} = w_{i+1} z_i + b_{i+1}: what goes on is z_i = σ(a_i).",
    ),
    Mistake(
        "z3 is made from a2",
        _a2_handed_on,
        "z_3 = w_3 z_2 + b_3: what goes on is z_2 = σ(a_2).",
    ),
    Mistake(
        "every layer gets x",
        _x_everywhere,
        "Only the first layer sees x; layer i gets z_{i-1}.",
    ),
    Mistake(
        "a and z exchanged",
        _exchanged,
        "a_i goes into σ, z_i comes out.",
    ),
    Mistake(
        "z3 is z2",
        _no_last_layer,
        "One layer is still to come: z_3 = w_3 z_2 + b_3.",
    ),
    Mistake(
        "written into an integer array",
        _truncated,
        "An array like an integer array holds integers and cuts your values: put the numbers themselves into the dict.",
    ),
    Mistake(
        "params is changed",
        _written_into_params,
        "params belongs to the caller: put your values into a dict of your own.",
    ),
)


def _in_a_loop(x, params, sigma):
    z, values = x, {}
    for i in (1, 2, 3):
        a = params[f"w{i}"] * z + params[f"b{i}"]
        z = sigma_of(sigma, a) if i < 3 else a
        values |= {f"a{i}": a, f"z{i}": z}
    return values


def _plain_python(x, params, sigma):
    bend = {
        "tanh": math.tanh,
        "sigmoid": lambda a: 1 / (1 + math.exp(-a)),
        "relu": lambda a: max(a, 0.0),
        "identity": float,
    }[sigma]
    w1, b1, w2, b2, w3, b3 = (float(params[name]) for name in ("w1", "b1", "w2", "b2", "w3", "b3"))
    a1 = w1 * float(x) + b1
    a2 = w2 * bend(a1) + b2
    return dict(z3=w3 * bend(a2) + b3, z2=bend(a2), a2=a2, z1=bend(a1), a1=a1)


def _matrices(x, params, sigma):
    Z, values = np.array([[x]]), {}
    for i in (1, 2, 3):
        A = Z @ np.array([[params[f"w{i}"]]]).T + np.array([params[f"b{i}"]])
        Z = A if i == 3 else sigma_of(sigma, A)
        values[f"a{i}"], values[f"z{i}"] = A.item(), Z[0, 0]
    return values


def _copied_params(x, params, sigma):
    return {**params, **forward(x, params, sigma), "x": x}


EQUIVALENTS = {
    "a loop, and a3 too": _in_a_loop,
    "Python's own numbers, another order": _plain_python,
    "matrices of one entry": _matrices,
    "more keys": _copied_params,
}

QUESTION = Question(
    name="scalar_forward",
    points=1,
    arguments={"x": "", "params": "", "sigma": ""},
    results=tuple(map(Result, VALUES)),
    reference=reference,
    families={
        **{sigma: without_y(partial(draw, sigma=sigma)) for sigma in ("tanh", "sigmoid", "relu")},
        **{f"{sigma}, again": without_y(partial(draw, sigma=sigma)) for sigma in ("tanh", "sigmoid")},
    },
    edges={
        "the identity": without_y(partial(draw, sigma="identity")),
        "a relu that is off": without_y(partial(draw_off, layer=2)),
        "integer arrays": without_y(partial(draw_integers, sigma="relu")),
        "integer arrays and tanh": without_y(partial(draw_integers, sigma="tanh")),
        "float32 arrays": without_y(partial(draw_float32, sigma="sigmoid")),
    },
    mistakes=MISTAKES,
    equivalents=EQUIVALENTS,
    settle=values_of(*VALUES),
)
