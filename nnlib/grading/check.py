"""What a student calls in a notebook: `check("hidden_delta")`."""

import contextlib
import difflib
import secrets
import sys
import textwrap
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from nnlib.grading.catalogue import Catalogue
from nnlib.grading.diagnosis import blame, judge
from nnlib.grading.names import names_used, with_names
from nnlib.grading.picture import WrongEntries
from nnlib.grading.progress import record
from nnlib.grading.question import Question
from nnlib.grading.questions import QUESTIONS
from nnlib.grading.verdict import HINTS, Verdict

WIDTH = 100
_LADDER: dict[str, tuple[tuple | None, int]] = {}
"""Question -> what was found last, and the step of the ladder of hints that was shown."""
SECONDS_OF_A_HELPER = 2.0


def check(name: str, answer: Any = None) -> float:
    """Judge an answer, print what is right and what is wrong, and return the points.

    It never raises and writes nothing to stderr, so that a test cell which ends with it gives these points.

    Args:
        name: of the question, which is the name of your function or variable.
        answer: the answer; if None, what has that name in the notebook.

    >>> import numpy as np
    >>> check("central_difference", lambda f_plus, f_minus, h: np.subtract(f_plus, f_minus) / (2 * h))
    central_difference
      Right: result, on 11 random inputs.
    1 of 1 point
    1.0
    """
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings(), _exit_raises(vars(sys.modules["__main__"])):
            warnings.simplefilter("ignore")
            return _check(name, answer)
    except KeyboardInterrupt:
        _say("The check was interrupted.")
    except Exception as error:
        _say(f"The check itself failed, which is not your fault: {type(error).__name__}: {error}")
    return 0.0


def _check(name: str, answer: Any) -> float:
    if name not in QUESTIONS:
        near = difflib.get_close_matches(str(name), QUESTIONS, cutoff=0.4) or list(QUESTIONS)
        _say(f"There is no question {name!r}. Did you mean: {', '.join(near)}?")
        return 0.0
    namespace = vars(sys.modules["__main__"])
    if answer is None and name not in namespace:
        _say(f"{name} is not defined yet: run the cell above.")
        return 0.0
    question = QUESTIONS[name]
    answer = namespace[name] if answer is None else answer
    seed = secrets.randbits(32)
    catalogue = Catalogue(question, seed) if isinstance(question, Question) else None
    verdict = judge(question, answer, seed, catalogue=catalogue)
    if catalogue and not verdict.right:
        verdict = _with_blame(catalogue, answer, verdict)
    level = _next_level(verdict)
    _say(report(verdict, level))
    if verdict.picture and level > 1:
        _show(verdict.picture)
    record(verdict)
    return verdict.earned


def _with_blame(catalogue: Catalogue, answer: Any, verdict: Verdict) -> Verdict:
    """The verdict on a wrong answer, with the fault shown where it is: perhaps in another graded function."""
    namespace = vars(sys.modules["__main__"])
    question = catalogue.question
    helpers = [QUESTIONS[name] for name in _called(question, answer)]
    verdicts = [
        judge(helper, namespace[helper.name], seconds=SECONDS_OF_A_HELPER)
        for helper in helpers
        if helper.name in namespace
    ]
    if all(each.right for each in verdicts):
        return verdict
    right = with_names(answer, {helper.name: helper.reference for helper in helpers})
    itself = judge(question, right, catalogue.seed, seconds=SECONDS_OF_A_HELPER, catalogue=catalogue)
    return blame(verdict, verdicts, itself)


def _next_level(verdict: Verdict) -> int:
    """One step further on the ladder of hints with each check that finds the same, up to the last step."""
    found = (verdict.mistake, *(finding.kind for finding in verdict.findings if finding.level == 1))
    before, level = _LADDER.get(verdict.question, (None, 0))
    further = [finding.level for finding in verdict.findings if finding.level > level]
    level = min(further, default=level) if found == before else 1
    _LADDER[verdict.question] = found, level
    return level


def report(verdict: Verdict, level: int = HINTS) -> str:
    """The verdict as the student reads it; the last line is the points.

    Args:
        verdict: what is known about the answer.
        level: how far to go on the ladder of hints.
    """
    said = [finding.text for finding in verdict.findings if finding.level <= level]
    if any(finding.level > level for finding in verdict.findings):
        said.append("For a further hint, run this check again.")
    lines = [verdict.question, *(f"  {text}" for text in said)]
    lines.append(f"{round(verdict.earned, 2):g} of {verdict.possible:g} point{'s' * (verdict.possible != 1)}")
    return "\n".join(textwrap.fill(line, WIDTH, subsequent_indent="  ") for line in lines)


def _called(question: Question, answer: Any) -> list[str]:
    """The graded functions that an answer calls by name, itself or through other functions of the notebook."""
    names = names_used(answer)
    return [helper for helper in question.uses if helper in names]


@contextlib.contextmanager
def _exit_raises(namespace: dict) -> Iterator[None]:
    """IPython's own exit() and quit() would end the kernel; meanwhile they raise SystemExit."""
    own = {name: namespace[name] for name in ("exit", "quit") if name in namespace}
    namespace.update(dict.fromkeys(own, sys.exit))
    try:
        yield
    finally:
        namespace.update(own)


def _show(picture: WrongEntries) -> None:
    """Show a picture where there is a front end that can."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is not None:
        sys.modules["IPython"].display.display(picture)


def _say(text: str) -> None:
    try:
        print(text)
    except UnicodeEncodeError:
        print(text.encode("ascii", "replace").decode())
