"""The graded questions of the course, one file each, loaded when asked for."""

from collections.abc import Iterator, Mapping
from importlib import import_module

from nnlib.grading.question import OpenQuestion, Question, ValueQuestion

CHAPTERS: dict[str, tuple[str, ...]] = {
    "forward_pass": ("layer_forward", "absorb_bias", "forward", "soft_switch"),
    "chain_rule": ("scalar_forward", "scalar_gradients", "steer_the_derivative"),
    "backprop": (
        "central_difference",
        "output_delta",
        "hidden_delta",
        "layer_gradients",
        "backward",
        "reach_the_loss",
    ),
    "sgd": ("training_loss", "minibatches", "sgd_step", "sgd_epoch", "win_the_race"),
    "step_size": (
        "largest_stable_step",
        "descend",
        "decayed_step_size",
        "reach_the_bottom",
    ),
    "momentum": (
        "momentum_step",
        "momentum_path",
        "best_momentum",
        "cross_the_ravine",
    ),
    "features": (
        "fit_unit_scaling",
        "unit_scale",
        "fit_pca",
        "decorrelate",
        "condition_number",
        "round_by_the_mean",
    ),
    "batchnorm": (
        "batchnorm_forward",
        "batchnorm_backward",
        "batchnorm_predict",
        "update_running",
        "only_with_batchnorm",
    ),
    "depth": (
        "residual_forward",
        "residual_backward",
        "dense_forward",
        "dense_backward",
        "gradient_norms",
        "learn_the_identity",
    ),
    "digits": ("train", "rescue_the_depth"),
}
"""Chapter -> its questions in the order of the notebook; each is the QUESTION of the file of its name."""


class _Questions(Mapping[str, Question | ValueQuestion | OpenQuestion]):
    """Name -> question; a question's file is imported at its first use."""

    def __getitem__(self, name: str) -> Question | ValueQuestion | OpenQuestion:
        for chapter, names in CHAPTERS.items():
            if name in names:
                return import_module(f"{__name__}.{chapter}.{name}").QUESTION
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return (name for names in CHAPTERS.values() for name in names)

    def __len__(self) -> int:
        return sum(map(len, CHAPTERS.values()))


QUESTIONS: Mapping[str, Question | ValueQuestion | OpenQuestion] = _Questions()
