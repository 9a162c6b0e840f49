"""The figure of the lecture on features: from a ravine to a bowl, in three steps."""

from nnlib.widgets.features.experiment import Conditioning, cloud, raw_features, stages
from nnlib.widgets.features.plots import draw_features, features_panels, kappa_text
from nnlib.widgets.live import LiveFigure, live, slider

Z = cloud()
ROUND = 1.5
"""Up to this κ, gradient descent needs at most three steps: the loss is called round."""


def features_figure() -> LiveFigure:
    """Stretch s, angle θ and mean μ of two features: what scaling, PCA and unit variance make of the loss."""
    return live(
        features_panels,
        update,
        size=(660, 344),
        stretch=slider("stretch s", 6.0, 1.0, 10.0, 0.1),
        theta=slider("angle θ in °", 30, 0, 180, 5),
        mean=slider("mean μ", 2.0, 0.0, 3.0, 0.1),
    )


def update(artists: dict, stretch: float, theta: float, mean: float) -> str:
    """Make the data, prepare them in three steps, and say what each step did."""
    made = stages(raw_features(Z, stretch, theta, mean))
    draw_features(artists, made)
    return caption(made)


def caption(made: tuple[Conditioning, ...]) -> str:
    """The condition numbers in words."""
    raw, scaled, decorrelated, whitened = made
    return (
        f"Raw: κ = {kappa_text(raw.kappa)}. Scaling {change(raw, scaled)}; de-correlating, which also removes "
        f"the mean, {change(scaled, decorrelated)}; unit variance {change(decorrelated, whitened)}. "
        f"Steps needed: first {raw.steps:,}, in the end {whitened.steps}."
    )


def change(before: Conditioning, after: Conditioning) -> str:
    """How κ changed, and whether that made the loss round."""
    ratio = after.kappa / before.kappa
    verb = "keeps κ at" if 0.95 < ratio < 1.05 else "lowers κ to" if ratio < 1 else "raises κ to"
    return f"{verb} {kappa_text(after.kappa)}{' (round)' if after.kappa <= ROUND else ''}"
