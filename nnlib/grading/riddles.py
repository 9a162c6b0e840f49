"""A riddle for each lecture: code with one mistake of the exercise's catalogue, and four names to choose from."""

import inspect
import re
from dataclasses import dataclass

import numpy as np

from nnlib.grading.execution import run
from nnlib.grading.question import Mistake, OpenQuestion, Question
from nnlib.grading.questions import QUESTIONS
from nnlib.grading.trials import Fixture, Trial, attempt, fixtures

SEED = 1
"""Of the order of the choices, and of the inputs on which the mistake is shown."""
SECONDS = 5.0
PATIENCE = 60.0
"""Seconds for a training on a slow machine."""


@dataclass(frozen=True)
class Riddle:
    """One mistake of a question, in code.

    Attributes:
        mistake: its name; its code is a short `def`, as a student would write it.
        others: names of three mistakes of the same question. None of them may also be said of the code.
    """

    mistake: str
    others: tuple[str, str, str]


RIDDLES: dict[str, Riddle] = {
    "forward": Riddle(
        "the next layer is fed with a in place of z",
        ("every layer is fed with X", "As holds the activations", "the bias is added after the activation"),
    ),
    "scalar_gradients": Riddle(
        "layer 1 goes on from ∂L/∂w2",
        (
            "layer 2 goes on from ∂L/∂w3",
            "the factor w3 is missing in layer 2",
            "a1 in place of z1 in ∂L/∂w2",
        ),
    ),
    "backward": Riddle(
        "the error is sent back instead of delta",
        (
            "W_j is updated before delta goes back through it",
            "delta goes back through the weights of the wrong layer",
            "the loop begins at L-1",
        ),
    ),
    "sgd_epoch": Riddle(
        "the gradients are all those at the start",
        (
            "every mini-batch divided by m",
            "the last, short mini-batch is dropped",
            "X and Y in different orders",
        ),
    ),
    "descend": Riddle(
        "the entries of w updated one after another",
        ("all rows are the same array", "w0 is overwritten", "only the diagonal of H"),
    ),
    "momentum_path": Riddle(
        "α inside the buffer",
        ("the moving average", "α in both lines", "the first α for all steps"),
    ),
    "fit_pca": Riddle(
        "the variances sorted, and V left as np.linalg.eig lists it",
        ("the mean is not subtracted", "the components in the rows", "standard deviations in place of variances"),
    ),
    "batchnorm_backward": Riddle(
        "the path through μ is missing",
        (
            "the path through σ² is missing",
            "the path through σ² is twice too large",
            "gamma is missing in dA",
        ),
    ),
    "residual_backward": Riddle(
        "dW and db are made of the gradient after the sum",
        (
            "what comes straight back is missing in dZ",
            "σ is taken to stand after the sum",
            "W the wrong way round in dZ",
        ),
    ),
    "train": Riddle(
        "the scaling of the features is not in the first W and b",
        (
            "changes its arguments",
            "sigma of the last layer hides the answer",
            "learned from the validation images alone",
        ),
    ),
}
"""The graded function that a riddle shows -> the riddle; one for each lecture, in their order."""


def choices(name: str) -> list[str]:
    """The four names in the order in which they are shown, always the same one.

    >>> choices("descend") == choices("descend")
    True
    """
    riddle = RIDDLES[name]
    names = [riddle.mistake, *riddle.others]
    order = np.random.default_rng([SEED, *name.encode()]).permutation(len(names))
    return [names[k] for k in order]


def code_of(name: str) -> str:
    """The source of the riddle's mistake, under the name of the graded function."""
    code = mistake_of(name, RIDDLES[name].mistake).code
    return re.sub(rf"\b{code.__name__}\b", name, inspect.getsource(code)).strip()


def mistake_of(name: str, mistake: str) -> Mistake:
    """The mistake of that name in the question's catalogue."""
    return next(each for each in QUESTIONS[name].mistakes if each.name == mistake)


def answer_to(name: str, choice: str) -> str:
    """What to say to a choice: right or wrong, with numbers from a random input.

    >>> print(answer_to("descend", "all rows are the same array"))
    Not this one. With that mistake, path[0, 0] would be 0.5738; this code gives 3.049 there. Read it once more.
    """
    this, chosen = (mistake_of(name, mistake) for mistake in (RIDDLES[name].mistake, choice))
    numbers = _images_read if isinstance(QUESTIONS[name], OpenQuestion) else _numbers
    if chosen is this:
        return f"Right: {choice}. {this.hint} {numbers(name, this)}"
    return f"Not this one. {numbers(name, this, chosen)} Read it once more."


def _numbers(name: str, this: Mistake, chosen: Mistake | None = None) -> str:
    """What the mistake does to a result on a random input; or how another one differs from it there."""
    trial = _wrong_trial(QUESTIONS[name], this)
    return _difference(trial, _trial(chosen, trial.fixture)) if chosen else _shown(trial)


def _images_read(_name: str, this: Mistake, chosen: Mistake | None = None) -> str:
    """How many digits a network reads that was trained with the mistake, and with another one."""
    # the images are needed for this riddle only
    from nnlib.grading.questions.digits.networks import accuracy, as_network
    from nnlib.grading.questions.digits.scans import scans

    images = scans(SEED)

    def read(mistake: Mistake) -> str:
        network = run(mistake.code, (*images[:4], SEED, SECONDS), PATIENCE).value
        return f"{accuracy(as_network(network, images.X, images.Y), images.X_test, images.Y_test):.0%}"

    if chosen:
        theirs = f"With that mistake, the network would read {read(chosen)} of the unseen digits"
        return f"{theirs}; here it reads {read(this)}."
    return f"Of {len(images.X_test)} unseen digits, the network reads {read(this)}."


def _trial(mistake: Mistake, fixture: Fixture) -> Trial:
    return attempt(mistake.code, fixture, run, SECONDS)


def _wrong_trial(question: Question, mistake: Mistake) -> Trial:
    """The mistake on the first ordinary input on which it gives wrong numbers."""
    trials = (_trial(mistake, fixture) for fixture in fixtures(question, SEED))
    return next(trial for trial in trials if any(comparison.wrong for comparison in trial.comparisons))


def _shown(trial: Trial) -> str:
    """The entry in which the mistake shows most."""
    entry = next(entry for comparison in trial.comparisons for entry in comparison.wrong)
    index = _largest(entry.got - entry.expected)
    place = _place(entry.label, index)
    return f"On random numbers, {place} is {_number(entry.got[index])}; {_number(entry.expected[index])} is right."


def _difference(this: Trial, other: Trial) -> str:
    """How another mistake's result differs from this one's on the same input."""
    if other.outcome.failure:
        return "With that mistake the code would stop with an error; this one runs."
    if not all(map(other.fits, range(len(this.comparisons)))):
        return "With that mistake the result would have another form; this one has the right form."
    pairs = [
        pair
        for comparisons in zip(this.comparisons, other.comparisons, strict=True)
        for pair in zip(*(comparison.entries for comparison in comparisons), strict=True)
    ]
    mine, theirs = max(pairs, key=lambda pair: np.abs(pair[0].got - pair[1].got).max(initial=0))
    index = _largest(mine.got - theirs.got)
    place = _place(mine.label, index)
    would_be, is_here = _number(theirs.got[index]), _number(mine.got[index])
    return f"With that mistake, {place} would be {would_be}; this code gives {is_here} there."


def _largest(difference: np.ndarray) -> tuple[int, ...]:
    return tuple(int(k) for k in np.unravel_index(np.abs(difference).argmax(), difference.shape))


def _place(label: str, index: tuple[int, ...]) -> str:
    return f"{label}[{', '.join(map(str, index))}]" if index else label


def _number(value: float) -> str:
    return f"{value:.4g}".replace("-", "−")
