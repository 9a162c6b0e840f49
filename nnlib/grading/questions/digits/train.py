"""Train a network on digits that nobody has seen, with all that was learned."""

import time
from collections.abc import Callable
from functools import partial

import numpy as np

from nnlib.data import minibatches
from nnlib.grading.description import last_word
from nnlib.grading.question import OpenQuestion, Result
from nnlib.grading.questions.digits.networks import Layer, MisfitError, accuracy, as_network, same
from nnlib.grading.questions.digits.scans import Scans, scans
from nnlib.grading.questions.digits.symptoms import percent, recognise
from nnlib.grading.questions.digits.train_equivalents import EQUIVALENTS
from nnlib.grading.questions.digits.train_mistakes import CHANGES, MISTAKES, NO_END, NOT_REPRODUCIBLE, ONE_SIZE
from nnlib.grading.questions.digits.train_reference import train
from nnlib.grading.trials import Trial
from nnlib.grading.verdict import Finding
from nnlib.network import fully_connected
from nnlib.optimizers import SGD
from nnlib.train import training_step

POINTS = 6
BARS = {0.92: 4, 0.85: 3, 0.60: 1}
"""Fraction of the unseen images -> points."""

FEW, FEW_VALIDATION, BAR_OF_FEW = 300, 77, 0.60
IMAGES, EPOCHS_TRIED, SECONDS_AT_LEAST = 640_000, 10, 3.0
STOPPED_AFTER, LIMIT_FROM = 3, 2.0
PART_FOR_FEW = 1 / 3
STOPPED_BY_THE_CLOCK = 0.7
HALF = 0.5


def budget() -> float:
    """The `seconds` of an answer: as long as a 64-64-10 network takes here and now to learn from 640,000 images.

    That is 10,000 steps with m = 64, or 500 with m = 1280 if these take longer; and at least 3 seconds.
    """
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(1280, 64)), np.eye(10)[rng.integers(10, size=1280)]
    network = fully_connected([64, 64, 10])
    optimizer = SGD(network.params, 0.01, 0.9)
    seconds = [SECONDS_AT_LEAST]
    # large products run on several threads, and may be slow where others compute, too
    for m in (64, 1280):
        start = time.perf_counter()
        for batch in minibatches(len(X), m, rng) * EPOCHS_TRIED:
            training_step(network, optimizer, X[batch], Y[batch])
        seconds.append((time.perf_counter() - start) * IMAGES / (len(X) * EPOCHS_TRIED))
    return max(seconds)


def examine(call: Callable[[tuple, float], Trial], rng: np.random.Generator) -> tuple[float, str | None, tuple]:
    """Train on few images, on all of them, and on the few again; then read images that were in none of them."""
    few, images = scans(rng, FEW, FEW_VALIDATION), scans(rng)
    seeds = [int(seed) for seed in rng.integers(1, 10_000, 2)]
    seconds = budget()

    def trained(given: Scans, seed: int, part: float = 1.0) -> Trial:
        limit = STOPPED_AFTER * max(part * seconds, LIMIT_FROM)
        return call((*given[:4], seed, part * seconds), limit)

    train_few = partial(trained, seed=seeds[0], part=PART_FOR_FEW)
    first = train_few(few)
    whole = first if last_word(first) else trained(images, seeds[1])
    if whole.misfit:
        timed_out = whole.outcome.failure.kind == "time limit"
        return 0.0, NO_END if timed_out else None, () if timed_out else (Finding("stopped", whole.misfit),)
    try:
        network = as_network(whole.outcome.value, images.X, images.Y)
    except MisfitError as misfit:
        return 0.0, misfit.mistake, (Finding("form", str(misfit)),)

    unseen = accuracy(network, images.X_test, images.Y_test)
    points = next((points for bar, points in BARS.items() if unseen >= bar), 0)
    score = f"{percent(unseen)} of {len(images.X_test)} unseen images are right; {percent(max(BARS))} are asked for."
    if 0 < points < max(BARS.values()):
        score += f" That earns {points} of {max(BARS.values())} points."
    reached = unseen >= max(BARS)
    findings = [Finding("right" if reached else "values", "Right: " * reached + score)]
    mistake = None
    if not reached:
        again = lambda given: _network_or_none(train_few(given), given)  # noqa: E731
        mistake, fact = recognise(network, images, few, _network_or_none(first, few), again)
        findings.append(Finding("values", fact))
    if not points:
        return 0.0, mistake, tuple(findings)

    second = train_few(few)
    checks = (_on_few(first, few), _reproducible(first, second, few, PART_FOR_FEW * seconds))
    for right, name, finding in checks:
        points += right
        mistake = mistake or name
        findings.append(finding)
    if whole.changed or first.changed:
        return HALF * points / POINTS, mistake or CHANGES, tuple(findings)
    return points / POINTS, mistake, tuple(findings)


def _network_or_none(trial: Trial, images: Scans) -> list[Layer] | None:
    try:
        return None if trial.misfit else as_network(trial.outcome.value, images.X, images.Y)
    except MisfitError:
        return None


def _on_few(trial: Trial, few: Scans) -> tuple[bool, str | None, Finding]:
    """Whether it works with another number of images, the name of the mistake if not, and what to say."""
    where = f"With {FEW} images to train and {FEW_VALIDATION} to validate"
    if trial.misfit:
        return False, ONE_SIZE, Finding("edge", f"{where}: {trial.misfit}")
    try:
        network = as_network(trial.outcome.value, few.X, few.Y)
    except MisfitError as misfit:
        return False, ONE_SIZE, Finding("edge", f"{where}: {misfit}")
    unseen = accuracy(network, few.X_test, few.Y_test)
    text = f"{where}: {percent(unseen)} of the unseen ones are right; {percent(BAR_OF_FEW)} are asked for."
    return unseen >= BAR_OF_FEW, None, Finding("right" if unseen >= BAR_OF_FEW else "edge", text)


def _reproducible(first: Trial, second: Trial, few: Scans, seconds: float) -> tuple[bool, str | None, Finding]:
    """Whether the same seed gives the same network, the name of the mistake if not, and what to say."""
    one, other = (_network_or_none(trial, few) for trial in (first, second))
    if one is None and other is None:
        return False, None, Finding("remark", "So it cannot be tried whether the same seed gives the same network.")
    if one and other and all(same(one, other)):
        return True, None, Finding("right", "The same seed gives the same network.")
    if max(first.outcome.seconds, second.outcome.seconds) > STOPPED_BY_THE_CLOCK * seconds:
        text = (
            "The same seed gives another network, because the clock ends the training. This costs nothing; "
            "count the epochs, and keep the clock for slow machines."
        )
        return True, None, Finding("remark", text)
    return False, NOT_REPRODUCIBLE, Finding("state", "Two calls with the same arguments give two networks.")


QUESTION = OpenQuestion(
    name="train",
    points=POINTS,
    arguments={
        "X": "(n, d_0)",
        "Y": "(n, d_L)",
        "X_val": "(n_val, d_0)",
        "Y_val": "(n_val, d_L)",
        "seed": "",
        "seconds": "",
    },
    results=(Result("the network"),),
    reference=train,
    examine=examine,
    mistakes=MISTAKES,
    equivalents=EQUIVALENTS,
)
