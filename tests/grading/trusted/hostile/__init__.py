"""Hostile submissions: each gives a wrong answer, and a trick that shall earn points for it.

Its honest twin gives the same wrong answer without the trick.
"""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Hostile:
    """A submission with a trick.

    Attributes:
        name: what it tries.
        before: code of a cell before the answers.
        answer: code of the cell of `output_delta`, if the trick is there.
        after: code of a cell after the answers.
        edit: changes the notebook, a dict as in its file.
        spares: whether its other answers keep their points; some tricks spoil all of them.
        outcome: of the assessment, if it is not graded.
    """

    name: str
    before: str = ""
    answer: str = ""
    after: str = ""
    edit: Callable[[dict], None] | None = None
    spares: bool = True
    outcome: str = "graded"
