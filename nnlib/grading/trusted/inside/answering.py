"""Calls the answers in the student's kernel. The grader believes nothing of what comes back but the values."""

import sys
from typing import Any

from nnlib.grading.execution import Outcome, run
from nnlib.grading.names import names_used
from nnlib.grading.trusted.wire import WireError, decode, encode

MIME = "application/x-nnlib"


class Reply:
    """A text that IPython hands on as it is."""

    def __init__(self, text: str) -> None:
        self._text = text

    def _repr_mimebundle_(self, **_options: Any) -> dict[str, str]:
        return {MIME: self._text}


def kind(name: str) -> Reply:
    """What has that name: ("missing",), ("value", it) or ("function", the names that it uses)."""
    namespace = vars(sys.modules["__main__"])
    if name not in namespace:
        return Reply(encode(("missing",)))
    value = namespace[name]
    if not callable(value):
        try:
            return Reply(encode(("value", value)))
        except WireError as error:
            return Reply(encode(("unsendable", str(error))))
    return Reply(encode(("function", sorted(names_used(value))[:500])))


def call(name: str, calls: str, seconds: float) -> Reply:
    """The outcomes of calls one after the other, until the time is up.

    Args:
        name: of the answer.
        calls: a list of tuples of arguments, encoded.
        seconds: for all of them together.
    """
    answer = vars(sys.modules["__main__"])[name]
    outcomes, left = [], seconds
    for arguments in decode(calls):
        outcome = run(answer, arguments, max(left, 0.1))
        left -= outcome.seconds
        outcomes.append(_plain(outcome))
        if outcome.failure and outcome.failure.kind == "time limit":
            break
    return Reply(encode(outcomes))


def _plain(outcome: Outcome) -> str:
    """One outcome, encoded; where the value is too large to be sent, a failure that says so."""
    failure = outcome.failure
    rest = (outcome.printed, outcome.warnings[:20], outcome.seconds)
    try:
        if failure is None:
            return encode((None, outcome.value, outcome.arguments, *rest))
        words = (failure.kind, failure.message, failure.line, failure.function)
        return encode((words, None, outcome.arguments, *rest))
    except WireError as error:
        words = ("WireError", f"what the function returns cannot be sent: {error}", "", "")
        return encode((words, None, None, *rest))
