"""What goes wrong with the six derivatives."""

from collections.abc import Callable

import numpy as np

from nnlib.activations import ACTIVATIONS
from nnlib.grading.question import Mistake
from nnlib.grading.questions.backprop.sigmas import sigma_of, slope_from_output, slope_of
from nnlib.grading.questions.chain_rule.passes import (
    PARAMETERS,
    WAYS,
    Numbers,
    difference_quotient,
    forward,
    gradients_with,
    rates,
    ways_with,
)
from nnlib.grading.questions.chain_rule.passes import forward as scalar_forward

ARROWS = {
    "L'": "z_3 → L",
    "w3": "z_2 → z_3",
    "σ'(a2)": "a_2 → z_2",
    "w2": "z_1 → a_2",
    "σ'(a1)": "a_1 → z_1",
}
"""The arrows that several ways share, by their rates."""

LAYER_1, LAYER_2 = ("w1", "b1"), ("w2", "b2")


def _changed(change: Callable[[Numbers], Numbers]) -> Callable:
    """The right derivatives, changed afterwards."""

    def scalar_gradients(x, y, params, sigma):
        return change(gradients_with()(x, y, params, sigma))

    return scalar_gradients


def _slopes(slope: Callable[[str, Numbers, str], float]) -> Callable:
    """Another slope in place of σ'; it is given the number of its layer."""
    return gradients_with(change=lambda r, sigma: {f"σ'(a{i})": slope(sigma, r, i) for i in "12"})


def _forward_with(
    first: Callable, second: Callable, last: Callable = lambda sigma, a: a, bias: float = 1.0
) -> Callable:
    def run_forward(x, params, sigma):
        a1 = params["w1"] * x + bias * params["b1"]
        z1 = first(sigma, a1)
        a2 = params["w2"] * z1 + bias * params["b2"]
        z2 = second(sigma, a2)
        return {"a1": a1, "z1": z1, "a2": a2, "z2": z2, "z3": last(sigma, params["w3"] * z2 + bias * params["b3"])}

    return gradients_with(run_forward=run_forward)


def _no_sigma(sigma, a):
    return a


def _sums(x, y, params, sigma):
    r = rates(x, y, params, sigma, forward(x, params, sigma))
    return {name: sum(r[factor] for factor in factors) for name, factors in WAYS.items()}


def _layer_1_from_dw2(x, y, params, sigma):
    v = scalar_forward(x, params, sigma)
    sigma_prime = ACTIVATIONS[sigma].sigma_prime
    d = {"b3": v["z3"] - y}
    d["w3"] = d["b3"] * v["z2"]
    d["b2"] = d["b3"] * params["w3"] * sigma_prime(v["a2"])
    d["w2"] = d["b2"] * v["z1"]
    d["b1"] = d["w2"] * params["w2"] * sigma_prime(v["a1"])
    d["w1"] = d["b1"] * x
    return d


def _written_into_params(x, y, params, sigma):
    params.update(gradients_with()(x, y, params, sigma))
    return params


def _truncated(x, y, params, sigma):
    gradients = gradients_with()(x, y, params, sigma)
    return {name: np.full_like(params[name], gradients[name]) for name in params}


def _always(name: str) -> Callable:
    """One activation, forward and back, whatever sigma says."""
    return lambda x, y, params, sigma: gradients_with()(x, y, params, name)


def _ways(**changed: tuple[str, ...]) -> Callable:
    return gradients_with(ways={**WAYS, **changed})


def _without(factor: str, names: tuple[str, ...]) -> Callable:
    return gradients_with(ways=ways_with(factor, (), names))


WHOLE = (
    Mistake(
        "L' is missing everywhere",
        _without("L'", PARAMETERS),
        "These are the derivatives of the output z_3. The loss is asked for: each way ends with z_3 → L, L' = z_3 - y.",
    ),
    Mistake(
        "y - z3 instead of z3 - y",
        gradients_with(change=lambda r, sigma: {"L'": -r["L'"]}),
        "All six have the wrong sign: L' = z_3 - y. The minus belongs into the update.",
    ),
    Mistake(
        "a factor 2 too many",
        gradients_with(change=lambda r, sigma: {"L'": 2 * r["L'"]}),
        "The loss has a ½ in front of the square, which the 2 of the derivative cancels.",
    ),
    Mistake(
        "a factor ½ too many",
        gradients_with(change=lambda r, sigma: {"L'": r["L'"] / 2}),
        "The derivative of ½(z_3 - y)² is z_3 - y: the ½ is gone.",
    ),
    Mistake(
        "the loss itself in place of its derivative",
        gradients_with(change=lambda r, sigma: {"L'": 0.5 * r["L'"] ** 2}),
        "The first factor is L' = z_3 - y, without the square.",
    ),
    Mistake(
        "the sign of the error is lost",
        gradients_with(change=lambda r, sigma: {"L'": abs(r["L'"])}),
        "L' keeps the sign of z_3 - y: leave out the absolute value.",
    ),
    Mistake(
        "the output in place of the error",
        gradients_with(change=lambda r, sigma: {"L'": r["z3"]}),
        "L' = z_3 - y: the target y belongs into it.",
    ),
    Mistake(
        "sums in place of products",
        _sums,
        "Rates multiply along a way; one adds only over several ways, and here is one.",
    ),
    Mistake(
        "the layers in the wrong order",
        _changed(lambda g: {"w1": g["w3"], "b1": g["b3"], "w2": g["w2"], "b2": g["b2"], "w3": g["w1"], "b3": g["b1"]}),
        "You begin at the last layer: the first two derivatives that you find are those of w_3 and b_3.",
    ),
    Mistake(
        "weights and biases exchanged",
        _changed(lambda g: {name: g[("b" if name[0] == "w" else "w") + name[1]] for name in PARAMETERS}),
        "∂a_i/∂w_i = z_{i-1}, and ∂a_i/∂b_i = 1.",
    ),
)

SLOPES = (
    Mistake(
        "σ in place of σ'",
        _slopes(lambda sigma, r, i: sigma_of(sigma, r[f"a{i}"])),
        "The arrow a_i → z_i has the rate σ'(a_i), the derivative.",
    ),
    Mistake(
        "σ' evaluated at z instead of a",
        _slopes(lambda sigma, r, i: slope_of(sigma, r[f"z{i}"])),
        "sigma_prime is a function of the pre-activation: σ'(a_i), not σ'(z_i).",
    ),
    Mistake(
        "σ' evaluated at what goes into the layer",
        _slopes(lambda sigma, r, i: slope_of(sigma, r["x" if i == "1" else "z1"])),
        "The outer derivative is taken where the inner function has arrived: σ'(a_i) with a_i = w_i z_{i-1} + b_i.",
    ),
    Mistake(
        "σ' written for z, but given a",
        _slopes(lambda sigma, r, i: slope_from_output(sigma, r[f"a{i}"])),
        "1 - z² and z (1 - z) are σ' in terms of z = σ(a): put z_i into them, not a_i.",
    ),
    Mistake(
        "both σ' are missing",
        _slopes(lambda sigma, r, i: 1.0),
        "On the ways of layers 1 and 2 lie the arrows a_i → z_i, with the rate σ'(a_i).",
    ),
    Mistake(
        "σ'(a1) in place of σ'(a2) everywhere",
        _slopes(lambda sigma, r, i: r["σ'(a1)"]),
        "Each σ' has its own pre-activation: the arrow a_2 → z_2 has the rate σ'(a_2).",
    ),
    Mistake(
        "σ'(a2) in place of σ'(a1)",
        _slopes(lambda sigma, r, i: r["σ'(a2)"]),
        "Each σ' has its own pre-activation: the arrow a_1 → z_1 has the rate σ'(a_1).",
    ),
    Mistake(
        "σ'(a1) in place of σ'(a2) in layer 2",
        gradients_with(ways=ways_with("σ'(a2)", ("σ'(a1)",), LAYER_2)),
        "The way of w_2 and b_2 leads through a_2 → z_2, with the rate σ'(a_2); it does not meet a_1.",
    ),
    Mistake(
        "both σ' in layer 2",
        gradients_with(ways=ways_with("σ'(a2)", ("σ'(a2)", "σ'(a1)"), LAYER_2)),
        "The way of w_2 and b_2 does not meet a_1: it has one σ', σ'(a_2).",
    ),
    Mistake(
        "tanh' whatever sigma says",
        _slopes(lambda sigma, r, i: slope_of("tanh", r[f"a{i}"])),
        "σ' is named by the argument sigma: ACTIVATIONS[sigma].sigma_prime.",
    ),
    Mistake(
        "sigmoid' whatever sigma says",
        _slopes(lambda sigma, r, i: slope_of("sigmoid", r[f"a{i}"])),
        "σ' is named by the argument sigma: ACTIVATIONS[sigma].sigma_prime.",
    ),
    Mistake(
        "tanh and tanh' whatever sigma says",
        _always("tanh"),
        "The activation is named by the argument sigma: ACTIVATIONS[sigma] has σ and σ'.",
    ),
    Mistake(
        "sigmoid and sigmoid' whatever sigma says",
        _always("sigmoid"),
        "The activation is named by the argument sigma: ACTIVATIONS[sigma] has σ and σ'.",
    ),
)

FORWARD = (
    Mistake(
        "the outer σ is lost in the forward pass",
        _forward_with(sigma_of, _no_sigma),
        "That is the slip in the notes: z_2 = σ(a_2).",
    ),
    Mistake(
        "both σ are lost in the forward pass",
        _forward_with(_no_sigma, _no_sigma),
        "z_1 = σ(a_1) and z_2 = σ(a_2) come before the way back.",
    ),
    Mistake(
        "σ in the last layer of the forward pass",
        _forward_with(sigma_of, sigma_of, last=sigma_of),
        "The last layer has no σ: z_3 = w_3 z_2 + b_3.",
    ),
    Mistake(
        "σ' in the last layer",
        gradients_with(change=lambda r, sigma: {"L'": r["L'"] * slope_of(sigma, r["z3"])}),
        "The last layer has no σ, so no σ' either: ∂L/∂b_3 = L'.",
    ),
    Mistake(
        "the biases are missing in the forward pass",
        _forward_with(sigma_of, sigma_of, bias=0.0),
        "a_i = w_i z_{i-1} + b_i: the bias moves a_i, and so σ'(a_i) and the loss.",
    ),
)

INPUTS = (
    Mistake(
        "a in place of z in the derivatives by the weights",
        _ways(w2=("L'", "w3", "σ'(a2)", "a1"), w3=("L'", "a2")),
        "∂a_i/∂w_i = z_{i-1}: what went into the layer had been through σ.",
    ),
    Mistake(
        "a1 in place of z1 in ∂L/∂w2",
        _ways(w2=("L'", "w3", "σ'(a2)", "a1")),
        "a_2 = w_2 z_1 + b_2, so ∂a_2/∂w_2 = z_1.",
    ),
    Mistake(
        "a2 in place of z2 in ∂L/∂w3",
        _ways(w3=("L'", "a2")),
        "z_3 = w_3 z_2 + b_3, so ∂z_3/∂w_3 = z_2.",
    ),
    Mistake(
        "the layer's own output in place of its input",
        _ways(w1=(*WAYS["b1"], "z1"), w2=(*WAYS["b2"], "z2"), w3=("L'", "z3")),
        "∂a_i/∂w_i is what w_i is multiplied by: z_{i-1}, the output of the layer before.",
    ),
    Mistake(
        "x in the derivative by every weight",
        _ways(w2=(*WAYS["b2"], "x"), w3=("L'", "x")),
        "Only w_1 is multiplied by x: ∂a_i/∂w_i = z_{i-1}.",
    ),
    Mistake(
        "multiplied by the weights in place of the inputs",
        _ways(w1=(*WAYS["b1"], "w1"), w2=(*WAYS["b2"], "w2"), w3=("L'", "w3")),
        "That is the derivative by z_{i-1}. From a_i = w_i z_{i-1} + b_i: ∂a_i/∂w_i = z_{i-1}.",
    ),
    Mistake(
        "the derivatives by the weights lack their inputs",
        _ways(w1=WAYS["b1"], w2=WAYS["b2"], w3=WAYS["b3"]),
        "The last arrow of each way is w_i → a_i, and its rate is z_{i-1}.",
    ),
    Mistake(
        "the inputs in the derivatives by the biases too",
        _ways(b1=WAYS["w1"], b2=WAYS["w2"], b3=WAYS["w3"]),
        "∂a_i/∂b_i = 1: the bias is added, not multiplied by z_{i-1}.",
    ),
    Mistake(
        "the derivatives by the biases are multiplied by the biases",
        _ways(b1=(*WAYS["b1"], "b1"), b2=(*WAYS["b2"], "b2"), b3=("L'", "b3")),
        "∂a_i/∂b_i = 1, however large b_i is.",
    ),
    Mistake(
        "the derivatives by the biases are zero",
        _changed(lambda g: {name: 0.0 if name[0] == "b" else value for name, value in g.items()}),
        "b_i moves a_i at the rate 1, and so moves the loss.",
    ),
    Mistake(
        "the derivatives by the biases are 1",
        _changed(lambda g: {name: 1.0 if name[0] == "b" else value for name, value in g.items()}),
        "1 is only the rate of b_i → a_i; the rest of the way to L is still to be multiplied.",
    ),
)

BACK = (
    Mistake(
        "the factor w3 is missing in layer 2",
        _without("w3", LAYER_2),
        "That is the slip in the notes: the way of w_2 and b_2 leads through z_2 → z_3, with the rate w_3.",
    ),
    Mistake(
        "the factor w3 is missing in layers 1 and 2",
        _without("w3", LAYER_1 + LAYER_2),
        "That is the slip in the notes, handed on: each way from below leads through z_2 → z_3, with the rate w_3.",
    ),
    Mistake(
        "σ'(a2) is missing in layers 1 and 2",
        _without("σ'(a2)", LAYER_1 + LAYER_2),
        "Each way from below leads through a_2 → z_2, with the rate σ'(a_2).",
    ),
    Mistake(
        "w3 and w2 are both missing",
        gradients_with(change=lambda r, sigma: {"w3": 1.0, "w2": 1.0}),
        "The arrow z_{i-1} → a_i has the rate w_i: w_3 for layers 2 and 1, and w_2 for layer 1.",
    ),
    Mistake(
        "the weight of the layer before in place of its own",
        gradients_with(change=lambda r, sigma: {"w3": r["w2"], "w2": r["w1"]}),
        "From z_3 back to z_2 the rate is w_3, from a_2 back to z_1 it is w_2.",
    ),
    Mistake(
        "w1 in place of w2 in layer 1",
        gradients_with(ways=ways_with("w2", ("w1",), LAYER_1)),
        "The arrow z_1 → a_2 belongs to layer 2: its rate is w_2.",
    ),
    Mistake(
        "w2 in place of w3 in layer 2",
        gradients_with(ways=ways_with("w3", ("w2",), LAYER_2)),
        "The arrow z_2 → z_3 belongs to layer 3: its rate is w_3.",
    ),
    Mistake(
        "layer 1 begins again at L'",
        gradients_with(ways={**WAYS, "w1": ("L'", "w2", "σ'(a1)", "x"), "b1": ("L'", "w2", "σ'(a1)")}),
        "Layer 1 goes on from ∂L/∂a_2, which has w_3 and σ'(a_2) in it already.",
    ),
    Mistake(
        "layer 1 goes on from ∂L/∂w2",
        _layer_1_from_dw2,
        "Layers 1 and 2 share the way up to a_2: go on from ∂L/∂a_2 = ∂L/∂b_2, without the factor z_1.",
    ),
    Mistake(
        "layer 2 goes on from ∂L/∂w3",
        gradients_with(ways=ways_with("L'", ("L'", "z2"), LAYER_1 + LAYER_2)),
        "The layers share the way up to z_3: go on from ∂L/∂z_3 = L', without the factor z_2.",
    ),
    Mistake(
        "layer 1 has zeros",
        _changed(lambda g: {**g, "w1": 0.0, "b1": 0.0}),
        "The way of w_1 and b_1 is longer, but it leads to the loss all the same.",
    ),
    *(
        Mistake(
            f"the factor {factor} is missing in layer 1",
            _without(factor, LAYER_1),
            f"The way of w_1 and b_1 leads through {ARROWS[factor]}, with the rate {factor}.",
        )
        for factor in WAYS["b1"]
    ),
    *(
        Mistake(
            f"the factor {factor} is missing in layer 2",
            _without(factor, LAYER_2),
            f"The way of w_2 and b_2 leads through {ARROWS[factor]}, with the rate {factor}.",
        )
        for factor in ("L'", "σ'(a2)")
    ),
)

SINGLE = tuple(
    Mistake(
        f"the factor {factor} is missing in ∂L/∂{name}",
        _without(factor, (name,)),
        f"∂L/∂{name} has one factor for each arrow from {name} to L; the one of "
        f"{ARROWS.get(factor, f'{name} → {after}')} is {factor}.",
    )
    for name, after in {"w1": "a_1", "b1": "a_1", "w2": "a_2", "b2": "a_2", "w3": "z_3"}.items()
    for factor in WAYS[name]
)

HABITS = (
    Mistake(
        "written into an integer array",
        _truncated,
        "An array like an integer array holds integers and cuts the derivatives: put the numbers themselves into "
        "the dict.",
    ),
    Mistake(
        "params is changed",
        _written_into_params,
        "params belongs to the caller: put the derivatives into a dict of your own, and leave the update for later.",
    ),
    *(
        Mistake(
            f"a {'central' if central else 'one-sided'} difference of the loss with h = {h:g}",
            difference_quotient(h, central),
            "A finite difference earns half the points: multiply the rates along the way.",
            share=0.5,
        )
        for central, sizes in ((False, (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)), (True, (1e-1, 1e-2, 1e-3)))
        for h in sizes
    ),
)

MISTAKES = (*WHOLE, *SLOPES, *FORWARD, *INPUTS, *BACK, *SINGLE, *HABITS)
