"""What the two figures of the ravine say in words, from their numbers alone."""

import numpy as np

from nnlib.widgets.plots import number
from nnlib.widgets.ravine.experiment import LAM, best_step, largest_stable_step, momentum_rate, regime

LAST = 20
"""Steps over which a noisy loss is averaged."""


def step_size_caption(alphas: np.ndarray, noise: float, losses: np.ndarray) -> str:
    """The factors, the regime which follows from them, what the schedule does, and the loss."""
    first, last = alphas[0], alphas[-1]
    flat, steep = (f"{1 - first * lam:.2f}".replace("-", "−") for lam in LAM)
    text = f"α = {first:.3f} multiplies the flat direction by {flat}, the steep one by {steep}: "
    text += f"{descent_regime(first)}."
    if last < first:
        tamed = ", which is stable" if first > largest_stable_step(LAM) > last else ""
        text += f" The schedule lowers α to {last:.4f}{tamed}."
    if noise:
        level = number(losses[-LAST:].mean())
        return f"{text} With noise {noise:.1f} the mean loss of the last {LAST} steps is {level}."
    return f"{text} Loss after {len(alphas)} steps: {number(losses[-1])}."


def descent_regime(alpha: float, lam: np.ndarray = LAM) -> str:
    """Where a constant α without momentum stands between the best and the largest stable step, in words.

    >>> descent_regime(0.25)
    'too large, beyond 2/λ₂ = 0.222 it diverges'
    """
    best, limit = best_step(lam), largest_stable_step(lam)
    if alpha > limit:
        return f"too large, beyond 2/λ₂ = {limit:.3f} it diverges"
    if round(alpha - best, 9) == 0:
        return f"the best α, 2/(λ₁ + λ₂) = {best:g}, both equally fast"
    slow = "steep" if alpha > best else "flat"
    return f"{'above' if alpha > best else 'below'} the best α, {best:g}, the {slow} direction is the slow one"


def momentum_caption(step_size: float, beta: float, losses: np.ndarray) -> str:
    """The regime and the rate of each direction, and who is slower."""
    rates = [momentum_rate(step_size * lam, beta) for lam in LAM]
    regimes = [regime(step_size * lam, beta).replace("critical", "is critical") for lam in LAM]
    flat, steep = (
        f"{name} (α·λ = {step_size * lam:.3g}, rate {rate:.3f})"
        for name, lam, rate in zip(regimes, LAM, rates, strict=True)
    )
    limit = largest_stable_step(LAM, beta)
    if round(step_size - limit, 9) >= 0:
        verdict = f"No convergence: α·λ₂ = {step_size * LAM[1]:.3g} is not below 2(1 + β) = {2 * (1 + beta):.3g}."
    else:
        verdict = f"Stable, α is below 2(1 + β)/λ₂ = {limit:.3f}; the larger rate decides, {max(rates):.3f} a step."
    loss = f"Loss after {len(losses) - 1} steps: {number(losses[-1])}."
    return f"The flat direction {flat}, the steep one {steep}. {verdict} {loss}"
