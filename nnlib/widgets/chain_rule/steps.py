"""The walk: forward through the nodes, then back; for each step the formula, and the numbers that go into it."""

from collections.abc import Mapping
from dataclasses import dataclass

from nnlib.widgets.plots import SUBSCRIPT, SUPERSCRIPT


@dataclass(frozen=True)
class Step:
    """One node of the walk.

    Attributes:
        node: whose value (forward) or whose derivative of L (back) is found.
        back: whether it is on the way back.
        formula: what it is, in symbols; on the way back by the chain rule, then shorter.
        recipe: the last form of the formula with a gap for each number: {w1} is a value, {d_a1} is ∂L/∂a1.
    """

    node: str
    back: bool
    formula: str
    recipe: str

    @property
    def name(self) -> str:
        """What the step finds, as the reader sees it.

        >>> Step("w2", True, "", "").name
        '∂L/∂w₂'
        """
        return f"∂L/∂{symbol(self.node)}" if self.back else symbol(self.node)


SIGMA = {"tanh": "tanh({a})", "sigmoid": "1 / (1 + exp(−{a}))", "relu": "max({a}, 0)", "identity": "{a}"}
SIGMA_PRIME = {
    "tanh": "(1 − {z}²)",
    "sigmoid": "{z} · (1 − {z})",
    "relu": "(1 if {a} > 0, else 0)",
    "identity": "1",
}
"""σ and σ' in numbers: from a, or from z = σ(a) where that is less work."""

WALK = (
    Step("a1", False, "w₁ x + b₁", "{w1} · {x} + {b1}"),
    Step("z1", False, "σ(a₁)", "{sigma1}"),
    Step("a2", False, "w₂ z₁ + b₂", "{w2} · {z1} + {b2}"),
    Step("z2", False, "σ(a₂)", "{sigma2}"),
    Step("z3", False, "w₃ z₂ + b₃", "{w3} · {z2} + {b3}"),
    Step("L", False, "½ (z₃ − y)²", "½ · ({z3} − {y})²"),
    Step("z3", True, "L′ = z₃ − y", "{z3} − {y}"),
    Step("w3", True, "∂L/∂z₃ · ∂z₃/∂w₃ = ∂L/∂z₃ · z₂", "{d_z3} · {z2}"),
    Step("b3", True, "∂L/∂z₃ · ∂z₃/∂b₃ = ∂L/∂z₃ · 1", "{d_z3} · 1"),
    Step("z2", True, "∂L/∂z₃ · ∂z₃/∂z₂ = ∂L/∂z₃ · w₃", "{d_z3} · {w3}"),
    Step("a2", True, "∂L/∂z₂ · ∂z₂/∂a₂ = ∂L/∂z₂ · σ′(a₂)", "{d_z2} · {slope2}"),
    Step("w2", True, "∂L/∂a₂ · ∂a₂/∂w₂ = ∂L/∂a₂ · z₁", "{d_a2} · {z1}"),
    Step("b2", True, "∂L/∂a₂ · ∂a₂/∂b₂ = ∂L/∂a₂ · 1", "{d_a2} · 1"),
    Step("z1", True, "∂L/∂a₂ · ∂a₂/∂z₁ = ∂L/∂a₂ · w₂", "{d_a2} · {w2}"),
    Step("a1", True, "∂L/∂z₁ · ∂z₁/∂a₁ = ∂L/∂z₁ · σ′(a₁)", "{d_z1} · {slope1}"),
    Step("w1", True, "∂L/∂a₁ · ∂a₁/∂w₁ = ∂L/∂a₁ · x", "{d_a1} · {x}"),
    Step("b1", True, "∂L/∂a₁ · ∂a₁/∂b₁ = ∂L/∂a₁ · 1", "{d_a1} · 1"),
)
"""Step 1, …, 17. Step 0 is before the first."""


def plugged(step: Step, values: Mapping[str, float], derivatives: Mapping[str, float], sigma: str) -> str:
    """The recipe of a step with its numbers.

    >>> plugged(WALK[0], dict(w1=0.5, x=2, b1=-0.25), {}, "tanh")
    '0.5 · 2 + (−0.25)'
    >>> plugged(WALK[10], dict(z2=0.5), dict(z2=-3.0), "tanh")
    '(−3) · (1 − 0.5²)'
    """
    numbers = {name: in_product(value) for name, value in values.items()}
    numbers |= {f"d_{name}": in_product(value) for name, value in derivatives.items()}
    for i in "12":
        a, z = values.get(f"a{i}", 0.0), numbers.get(f"z{i}", "")
        numbers[f"sigma{i}"] = SIGMA[sigma].format(a=in_product(a) if sigma == "sigmoid" else four_digits(a))
        numbers[f"slope{i}"] = SIGMA_PRIME[sigma].format(a=four_digits(a), z=z)
    return step.recipe.format(**numbers)


def symbol(name: str) -> str:
    """The lecture's symbol of a value.

    >>> symbol("w2"), symbol("x")
    ('w₂', 'x')
    """
    return name.translate(SUBSCRIPT)


def four_digits(value: float) -> str:
    """A number as one writes it by hand, to four digits.

    >>> four_digits(-0.46211715), four_digits(2.0), four_digits(0.0000123456)
    ('−0.4621', '2', '1.235·10⁻⁵')
    """
    mantissa, _, exponent = f"{value + 0.0:.4g}".partition("e")
    mantissa = mantissa.replace("-", "−")
    return f"{mantissa}·10{str(int(exponent)).translate(SUPERSCRIPT)}" if exponent else mantissa


def in_product(value: float) -> str:
    """The same, in brackets where a minus sign or a power of ten would be misread.

    >>> in_product(-2.0), in_product(3.0)
    ('(−2)', '3')
    """
    text = four_digits(value)
    return f"({text})" if "−" in text or "·" in text else text
