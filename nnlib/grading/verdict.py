"""What is known about an answer: plain data."""

from dataclasses import dataclass

from nnlib.grading.picture import WrongEntries

HINTS = 3
"""The steps of the ladder of hints: the symptom and a question, the place, the formula."""


@dataclass(frozen=True)
class Finding:
    """One thing found out about an answer.

    Attributes:
        kind: "right", "mistake", "stopped", "form", "values", "ratio", "arguments", "state", "edge", "elsewhere",
            "identity", "ask", "place", "hint", "formula", "remark", or "aside" for what costs nothing.
        text: one or two sentences to the student.
        level: the step of the ladder of hints on which it is said.
    """

    kind: str
    text: str
    level: int = 1


@dataclass(frozen=True)
class Verdict:
    """What is known about an answer: plain data.

    Attributes:
        question: the question's name.
        earned, possible: points.
        findings: in the order in which to read them.
        mistake: the name of the mistake recognised, the first one if there are several, or None.
        seed: from which the inputs were drawn; the same seed gives the same verdict.
        picture: where a matrix is wrong and where it is right, if that says more than words.
    """

    question: str
    earned: float
    possible: float
    findings: tuple[Finding, ...]
    mistake: str | None
    seed: int
    picture: WrongEntries | None = None

    @property
    def right(self) -> bool:
        """Full points."""
        return self.earned == self.possible
