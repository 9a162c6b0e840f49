"""The network of one number per layer, forward and back, so that one part can be exchanged for a wrong one."""

from collections.abc import Callable, Mapping

from nnlib.grading.questions.backprop.sigmas import sigma_of, slope_of

Numbers = dict[str, float]

VALUES = ("a1", "z1", "a2", "z2", "z3")
"""What the forward pass computes, in order."""

PARAMETERS = ("w1", "b1", "w2", "b2", "w3", "b3")
"""What is learned, in the lecture's order."""

WAYS = {
    "w1": ("L'", "w3", "σ'(a2)", "w2", "σ'(a1)", "x"),
    "b1": ("L'", "w3", "σ'(a2)", "w2", "σ'(a1)"),
    "w2": ("L'", "w3", "σ'(a2)", "z1"),
    "b2": ("L'", "w3", "σ'(a2)"),
    "w3": ("L'", "z2"),
    "b3": ("L'",),
}
"""The rates on the way from the loss back to each parameter, as names."""

Ways = Mapping[str, tuple[str, ...]]


def forward(x: float, params: Mapping[str, float], sigma: str) -> Numbers:
    """a1, z1, a2, z2, z3."""
    a1 = params["w1"] * x + params["b1"]
    z1 = sigma_of(sigma, a1)
    a2 = params["w2"] * z1 + params["b2"]
    z2 = sigma_of(sigma, a2)
    z3 = params["w3"] * z2 + params["b3"]
    return {"a1": a1, "z1": z1, "a2": a2, "z2": z2, "z3": z3}


def rates(x: float, y: float, params: Mapping[str, float], sigma: str, v: Numbers) -> Numbers:
    """The rate of each arrow, and what a student may take for one."""
    slopes = {f"σ'({a})": slope_of(sigma, v[a]) for a in ("a1", "a2")}
    return {**params, **v, **slopes, "x": x, "L'": v["z3"] - y}


def gradients_with(
    *,
    ways: Ways = WAYS,
    run_forward: Callable = forward,
    change: Callable[[Numbers, str], Numbers] = lambda r, sigma: {},
) -> Callable:
    """The six derivatives as products along the ways, with one part exchanged.

    Args:
        ways: names of the factors of each derivative.
        run_forward: the forward pass.
        change: (rates, sigma) -> the rates that are to be others.
    """

    def scalar_gradients(x, y, params, sigma):
        r = rates(x, y, params, sigma, run_forward(x, params, sigma))
        r |= change(r, sigma)
        gradients = {}
        for name, factors in ways.items():
            gradients[name] = 1.0
            for factor in factors:
                gradients[name] = gradients[name] * r[factor]
        return gradients

    return scalar_gradients


def ways_with(old: str, new: tuple[str, ...], names: tuple[str, ...] = PARAMETERS) -> Ways:
    """The ways with one factor of these parameters exchanged for others, or for none.

    >>> ways_with("w3", (), ("w2", "b2"))["w2"]
    ("L'", "σ'(a2)", 'z1')
    """

    def exchanged(factors: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(f for factor in factors for f in (new if factor == old else (factor,)))

    return {name: exchanged(factors) if name in names else factors for name, factors in WAYS.items()}


def difference_quotient(h: float, central: bool) -> Callable:
    """The derivatives as difference quotients of the loss."""

    def scalar_gradients(x, y, params, sigma):
        def loss(name: str, change: float) -> float:
            return 0.5 * (forward(x, {**params, name: params[name] + change}, sigma)["z3"] - y) ** 2

        return {name: (loss(name, h) - loss(name, -h * central)) / (h * (1 + central)) for name in PARAMETERS}

    return scalar_gradients
