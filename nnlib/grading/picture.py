"""A small map of where a matrix is wrong."""

import html
from dataclasses import dataclass

import numpy as np

from nnlib.grading.comparison import Entry

LARGEST = 16
"""Rows and columns; more than that is not looked at entry by entry."""
WRONG, RIGHT = "✗", "·"


@dataclass(frozen=True)
class WrongEntries:
    """Which entries of a matrix are wrong; a notebook shows it as a table, a terminal as text.

    Attributes:
        label: of the matrix, "dW".
        wrong: for each row, for each entry whether it is wrong.

    >>> WrongEntries("dW", ((False, True), (False, True)))
    Where dW is wrong (✗) and right (·):
      · ✗
      · ✗
    """

    label: str
    wrong: tuple[tuple[bool, ...], ...]

    @property
    def title(self) -> str:
        """What is to be seen."""
        return f"Where {self.label} is wrong ({WRONG}) and right ({RIGHT}):"

    def __repr__(self) -> str:
        rows = ["  " + " ".join(WRONG if wrong else RIGHT for wrong in row) for row in self.wrong]
        return "\n".join([self.title, *rows])

    def _repr_html_(self) -> str:
        """Vermilion and a cross for wrong: it can be read without the colour, and on any background."""
        cell = "width:1.6em;height:1.6em;padding:0;text-align:center;border:1px solid #888;"
        styles = {True: cell + "background:#D55E00;color:#000;", False: cell + "background:transparent;"}
        rows = "".join(
            "<tr>" + "".join(f'<td style="{styles[wrong]}">{WRONG if wrong else RIGHT}</td>' for wrong in row) + "</tr>"
            for row in self.wrong
        )
        caption = f'<caption style="text-align:left;white-space:nowrap">{html.escape(self.title)}</caption>'
        return f'<table style="margin:0.3em 0 0 1em;border-collapse:collapse">{caption}{rows}</table>'


def picture_of(entry: Entry, tolerance: float) -> WrongEntries | None:
    """The map of a wrong matrix, where some entries are right and it is small enough to be looked at.

    Args:
        entry: what was expected and what came.
        tolerance: relative to the largest expected entry.
    """
    limit = tolerance * (np.abs(entry.expected).max(initial=0) or 1.0)
    wrong = np.abs(entry.got - entry.expected) > limit
    if wrong.ndim != 2 or max(wrong.shape) > LARGEST or wrong.all() or not wrong.any():
        return None
    return WrongEntries(entry.label, tuple(tuple(bool(each) for each in row) for row in wrong))
