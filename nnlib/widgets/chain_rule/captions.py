"""What the figure says under its picture: the step, a check of it, and what comes next."""

from collections.abc import Mapping

from nnlib.widgets.chain_rule.experiment import slopes
from nnlib.widgets.chain_rule.steps import WALK, four_digits, symbol


def caption(step: int, values: Mapping[str, float], back: Mapping[str, float], sigma: str, measured: float) -> str:
    """One to three sentences for step 0, …, 17; `measured` is the central difference for the node of this step."""
    if step == len(WALK):
        ahead = "That was the last step: all six gradients are in the picture."
    else:
        ahead = f"Next: {WALK[step].name}. Work it out, then press Next."
    if step == 0:
        return f"Type in your own numbers, or keep these. {ahead}"
    now = WALK[step - 1]
    if not now.back:
        return f"Step {step} of {len(WALK)}, forward: {now.name} = {four_digits(values[now.node])}. {ahead}"
    found = f"Step {step} of {len(WALK)}, back: {now.name} = {four_digits(back[now.node])}."
    nudged = f"Measured, by raising and lowering {symbol(now.node)} a little: {four_digits(measured)}."
    return " ".join(filter(None, [found, nudged, remark(now.node, values, sigma), ahead]))


def remark(node: str, values: Mapping[str, float], sigma: str) -> str:
    """Why the derivative of this node is 0, or not to be measured, because of a σ' on its way to the loss."""
    passed = {"a2": ["a2"], "w2": ["a2"], "b2": ["a2"], "z1": ["a2"]}
    passed |= {name: ["a2", "a1"] for name in ("a1", "w1", "b1")}
    for a in passed.get(node, []):
        if sigma == "relu" and values[a] == 0:
            return f"(relu has its corner at {symbol(a)} = 0; we take σ′ = 0 there.)"
        if slopes(values, sigma)[a] == 0:
            return f"(σ′({symbol(a)}) = 0 cuts the way to the loss.)"
    return ""
