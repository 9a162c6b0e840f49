"""The scalar network of the lecture: z_3 = w3 σ(w2 σ(w1 x + b1) + b2) + b3 with the loss L = ½ (z_3 - y)²."""

from collections.abc import Mapping

import numpy as np

from nnlib.activations import activation

Numbers = dict[str, float]

PARAMETERS = ("w1", "b1", "w2", "b2", "w3", "b3")
"""What is learned, in the lecture's order."""


def forward_values(inputs: Mapping[str, float], sigma: str, held: Mapping[str, float] | None = None) -> Numbers:
    """Every number of the forward pass: the inputs, then a1, z1, a2, z2, z3 and L.

    Args:
        inputs: x, y and the six parameters.
        sigma: the name of σ, "tanh" for example.
        held: nodes kept at a number of their own, as if someone held them there; what follows them is computed.

    >>> inputs = dict(x=1.0, y=0.0, w1=2.0, b1=1.0, w2=1.0, b2=-1.0, w3=3.0, b3=0.5)
    >>> values = forward_values(inputs, "identity")
    >>> values["a1"], values["a2"], values["z3"], values["L"]
    (3.0, 2.0, 6.5, 21.125)
    >>> forward_values(inputs, "identity", held={"a2": 0.0})["z3"]
    0.5
    """
    v = {**inputs, **(held or {})}
    bend = activation(sigma).sigma
    v.setdefault("a1", v["w1"] * v["x"] + v["b1"])
    v.setdefault("z1", float(bend(np.float64(v["a1"]))))
    v.setdefault("a2", v["w2"] * v["z1"] + v["b2"])
    v.setdefault("z2", float(bend(np.float64(v["a2"]))))
    v.setdefault("z3", v["w3"] * v["z2"] + v["b3"])
    v.setdefault("L", (v["z3"] - v["y"]) ** 2 / 2)
    return v


def slopes(values: Mapping[str, float], sigma: str) -> Numbers:
    """σ'(a1) and σ'(a2), under the names a1 and a2.

    >>> slopes({"a1": 0.0, "a2": -3.0}, "relu")
    {'a1': 0.0, 'a2': 0.0}
    """
    slope = activation(sigma).sigma_prime
    return {name: float(slope(np.float64(values[name]))) for name in ("a1", "a2")}


def derivatives(values: Mapping[str, float], sigma: str) -> Numbers:
    """∂L/∂ of each node and parameter, by the chain rule, in the order of the way back.

    >>> inputs = dict(x=1.0, y=0.0, w1=2.0, b1=1.0, w2=1.0, b2=-1.0, w3=3.0, b3=0.5)
    >>> back = derivatives(forward_values(inputs, "identity"), "identity")
    >>> back["z3"], back["b2"], back["w2"], back["w1"]
    (6.5, 19.5, 58.5, 19.5)
    """
    v, slope, d = values, slopes(values, sigma), {}
    d["z3"] = v["z3"] - v["y"]
    d["w3"] = d["z3"] * v["z2"]
    d["b3"] = d["z3"]
    d["z2"] = d["z3"] * v["w3"]
    d["a2"] = d["z2"] * slope["a2"]
    d["w2"] = d["a2"] * v["z1"]
    d["b2"] = d["a2"]
    d["z1"] = d["a2"] * v["w2"]
    d["a1"] = d["z1"] * slope["a1"]
    d["w1"] = d["a1"] * v["x"]
    d["b1"] = d["a1"]
    return d


def measured_derivative(inputs: Mapping[str, float], sigma: str, node: str, h: float = 1e-4) -> float:
    """∂L/∂ of a node or parameter as the central difference (L_plus - L_minus) / 2h, without the chain rule.

    >>> inputs = dict(x=1.0, y=0.0, w1=2.0, b1=1.0, w2=1.0, b2=-1.0, w3=3.0, b3=0.5)
    >>> round(measured_derivative(inputs, "identity", "a2"), 6)
    19.5
    """
    value = forward_values(inputs, sigma)[node]
    L_plus = forward_values(inputs, sigma, held={node: value + h})["L"]
    L_minus = forward_values(inputs, sigma, held={node: value - h})["L"]
    return (L_plus - L_minus) / (2 * h)
