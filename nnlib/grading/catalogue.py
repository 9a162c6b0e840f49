"""What goes in, and what each wrong answer of the catalogue makes of it: found out when asked for, and once."""

import warnings
from collections.abc import Callable
from functools import cached_property

import numpy as np

from nnlib.grading.execution import Failure, Outcome, copied
from nnlib.grading.question import Mistake, Question
from nnlib.grading.trials import Fixture, Trial, attempt, fixtures


class Catalogue:
    """The inputs that a seed gives, and the trials of the question's mistakes on them.

    Verdicts on several answers may share one; it takes nothing from any of them.

    Args:
        question: what was asked.
        seed: from which the inputs are drawn.

    >>> from nnlib.grading.questions import QUESTIONS
    >>> catalogue = Catalogue(QUESTIONS["central_difference"], seed=0)
    >>> catalogue.trial(QUESTIONS["central_difference"].mistakes[0], 0).right
    False
    """

    def __init__(self, question: Question, seed: int) -> None:
        self.question = question
        self.seed = seed
        self._trials: dict[tuple[str, int], Trial] = {}

    @cached_property
    def fixtures(self) -> tuple[Fixture, ...]:
        """The inputs of a verdict, and what should come out."""
        return tuple(fixtures(self.question, self.seed))

    def trial(self, mistake: Mistake, k: int) -> Trial:
        """The mistake's code on the fixture of that number."""
        key = mistake.name, k
        if key not in self._trials:
            self._trials[key] = attempt(mistake.code, self.fixtures[k], run_plainly, 0.0)
        return self._trials[key]


def run_plainly(code: Callable, arguments: tuple, _seconds: float) -> Outcome:
    """`run` for the catalogue's own code, which neither hangs nor prints: twenty times quicker."""
    arguments = copied(arguments)
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
            return Outcome(value=code(*arguments), arguments=arguments)
    except Exception as error:
        return Outcome(failure=Failure(type(error).__name__), arguments=arguments)
