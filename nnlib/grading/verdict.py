"""What is known about an answer: plain data."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing found out about an answer.

    Attributes:
        kind: "right", "mistake", "stopped", "form", "values", "ratio", "arguments", "state", "edge", "elsewhere",
            "remark", or "aside" for what costs nothing.
        text: one or two sentences to the student.
    """

    kind: str
    text: str


@dataclass(frozen=True)
class Verdict:
    """What is known about an answer: plain data.

    Attributes:
        question: the question's name.
        earned, possible: points.
        findings: in the order in which to read them.
        mistake: the name of the mistake recognised, the first one if there are several, or None.
        seed: from which the inputs were drawn; the same seed gives the same verdict.
    """

    question: str
    earned: float
    possible: float
    findings: tuple[Finding, ...]
    mistake: str | None
    seed: int

    @property
    def right(self) -> bool:
        """Full points."""
        return self.earned == self.possible
