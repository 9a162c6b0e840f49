"""One submission: bytes in, scores and the graded notebook out. It needs no gradebook and no folder of the course."""

import hashlib
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from nbformat import NotebookNode
from nbformat.v4 import new_output

from nnlib.grading.catalogue import Catalogue
from nnlib.grading.check import report
from nnlib.grading.diagnosis import SECONDS, judge
from nnlib.grading.question import OpenQuestion, Question, ValueQuestion
from nnlib.grading.questions import QUESTIONS
from nnlib.grading.trials import calls
from nnlib.grading.trusted import bubblewrap, sandbox, wire
from nnlib.grading.trusted.answers import Answers, Remote, SetUpError, TimeUpError
from nnlib.grading.trusted.kernel import Kernel, KernelGoneError
from nnlib.grading.trusted.notebook import (
    BundleError,
    Cell,
    SubmissionError,
    graded_notebook,
    merge,
    released_cells,
    submitted_cells,
)
from nnlib.grading.verdict import Finding, Verdict

GRADED, STUDENT_ERROR, GRADER_ERROR = "graded", "student error", "grader error"
ENDED = {
    "time": "took too long",
    "died": "ended the kernel",
    "memory": "used up the memory",
    "flood": "prints without end",
}


@dataclass(frozen=True)
class Bundle:
    """Everything that is needed of an assignment: plain data.

    Attributes:
        assignment: its name, "03_backprop".
        name: the notebook's released name, "backprop".
        release: the released notebook, from which cells, order, points and roles are taken.
    """

    assignment: str
    name: str
    release: bytes


@dataclass(frozen=True)
class Score:
    """The points of one graded cell.

    Attributes:
        cell: nbgrader's name of it.
        points: None if it is to be marked by hand.
        of: how many there are.
        question: what it judges; "" for a written answer.
        mistake: the name of the mistake recognised, or None.
        text: what the student reads.
    """

    cell: str
    points: float | None
    of: float
    question: str = ""
    mistake: str | None = None
    text: str = ""


@dataclass(frozen=True)
class Assessment:
    """What became of one submission: plain data, which can be sent between machines.

    Attributes:
        outcome: "graded", "student error" or "grader error".
        what: one sentence about it.
        scores: one for each graded cell of the release, in its order.
        notebook: the graded notebook, without active content; b"" if it is not graded.
        level: of the sandbox: "bubblewrap", "bubblewrap, own uid", "none", ...
        seed: from which all inputs are drawn.
        seconds: how long it took.
    """

    outcome: str
    what: str
    scores: tuple[Score, ...]
    notebook: bytes
    level: str
    seed: int
    seconds: float


def assess(bundle: Bundle, submission: bytes, seed: int, sandboxed: bool = True) -> Assessment:
    """Grade one submission. It never raises, and leaves nothing behind.

    Args:
        bundle: of the assignment.
        submission: the bytes of the notebook that was handed in.
        seed: from which the inputs of all questions are drawn; the same one gives the same scores.
        sandboxed: whether the student's code runs in a sandbox; otherwise it has the rights of whoever grades.
    """
    start = time.monotonic()
    level = "none"
    outcome, scores, notebook = GRADER_ERROR, (), b""
    try:
        level = sandbox.proven() if sandboxed else "none"
        what, scores, notebook = _graded(bundle, submission, seed, sandboxed)
        outcome = GRADED
    except SubmissionError as error:
        outcome, what = STUDENT_ERROR, str(error)
    except TimeUpError as error:
        outcome, what = STUDENT_ERROR, f"the notebook does not come to an end: {error}"
    except (BundleError, sandbox.SandboxError) as error:
        what = str(error)
    except SetUpError as error:
        what = f"the set-up does not run: {error}"
    except KernelGoneError:
        what = "the kernel does not start"
    except Exception as error:
        what = f"{type(error).__name__}: {error}"
    return Assessment(outcome, what, scores, notebook, level, seed, time.monotonic() - start)


def _graded(bundle: Bundle, submission: bytes, seed: int, sandboxed: bool) -> tuple[str, tuple[Score, ...], bytes]:
    """(remarks, scores, notebook)."""
    released = released_cells(bundle.release)
    cells, missing = merge(released, submitted_cells(submission))
    modules = set().union(*(bubblewrap.imported(cell.source) for cell in released if cell.role == "set-up"))
    answers = Answers(cells, lambda: Kernel(sorted(modules), sandboxed))
    try:
        verdicts = _verdicts(cells, answers, seed)
    finally:
        answers.close()
    # from here on, nothing of the student's runs any more
    scores = tuple(_score(cell, verdicts) for cell in cells if cell.role in ("check", "written"))
    outputs = {cell.id: answers.outputs[cell.id].outputs for cell in cells if cell.id in answers.outputs}
    by_name = {score.cell: score for score in scores}
    outputs |= {cell.id: _shown(by_name[cell.name]) for cell in cells if cell.role == "check"}
    remarks = [f"cells missing: {', '.join(missing)}"] if missing else []
    remarks += [f"cell {name} {ENDED[reason]}" for name, reason in answers.left_out.items()]
    return "; ".join(remarks), scores, graded_notebook(cells, outputs, bundle.release)


def question_seed(seed: int, question: str) -> int:
    """The seed of one question, from that of the submission.

    >>> question_seed(1, "backward"), question_seed(1, "hidden_delta")
    (3115488700, 373897859)
    """
    return int.from_bytes(hashlib.sha256(f"{seed} {question}".encode()).digest()[:4], "big")


def _verdicts(cells: Sequence[Cell], answers: Answers, seed: int) -> dict[str, Verdict]:
    names = [cell.question for cell in cells if cell.role == "check"]
    unknown = [name for name in names if name not in QUESTIONS]
    if unknown:
        raise BundleError(f"there is no question {unknown[0]!r}")
    answers.prepare()
    verdicts, used = {}, {}
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in names:
            verdicts[name], used[name] = _verdict(QUESTIONS[name], answers, question_seed(seed, name))
    return {name: _blamed(verdict, used[name], verdicts) for name, verdict in verdicts.items()}


def _verdict(
    question: Question | ValueQuestion | OpenQuestion, answers: Answers, seed: int
) -> tuple[Verdict, list[str]]:
    """The verdict on one answer, and the names that it uses."""
    found = answers.find(question.name)
    match found.kind:
        case "missing":
            text = f"{question.name} is not defined: its cell is empty, or stopped before."
            return _nothing(question, seed, text), []
        case "gone":
            return _nothing(question, seed, f"The kernel ended when {question.name} was looked up."), []
        case "unsendable":
            return _nothing(question, seed, f"{question.name} cannot be read: {found.value}."), []
        case "value" if isinstance(question, ValueQuestion):
            return replace(_examined(question.name, wire.encode(found.value)), seed=seed), []
        case "value":
            return judge(question, found.value, seed), []
    remote = Remote(question.name)
    if isinstance(question, ValueQuestion):
        return judge(question, remote, seed), []
    if isinstance(question, OpenQuestion):
        answers.begin(remote)
        return judge(question, remote, seed, run=answers.run), found.value
    catalogue = Catalogue(question, seed)
    answers.begin(remote, calls([*catalogue.fixtures, catalogue.fixtures[0]]), SECONDS)
    return judge(question, remote, seed, run=answers.run, seconds=SECONDS, catalogue=catalogue), found.value


@lru_cache(maxsize=1000)
def _examined(name: str, value: str) -> Verdict:
    """The verdict on a value, which no seed changes: many students find the same one, and some take long to try."""
    return judge(QUESTIONS[name], wire.decode(value), 0)


def _nothing(question: Question | ValueQuestion | OpenQuestion, seed: int, text: str) -> Verdict:
    return Verdict(question.name, 0.0, question.points, (Finding("form", text),), None, seed)


def _blamed(verdict: Verdict, used: Sequence[str], verdicts: dict[str, Verdict]) -> Verdict:
    """The same verdict; if the answer calls another one that is wrong, it says so first."""
    question = QUESTIONS[verdict.question]
    helpers = question.uses if isinstance(question, Question) else ()
    wrong = [name for name in helpers if name in used and name in verdicts and not verdicts[name].right]
    if verdict.right or not wrong:
        return verdict
    text = f"Your {verdict.question} calls your {' and '.join(wrong)}, where something is wrong: begin there."
    return replace(verdict, findings=(Finding("elsewhere", text), *verdict.findings))


def _score(cell: Cell, verdicts: dict[str, Verdict]) -> Score:
    if cell.role == "written":
        untouched = cell.source.strip() == cell.released.strip()
        return Score(cell.name, 0.0 if untouched else None, cell.points)
    verdict = verdicts[cell.question]
    share = verdict.earned / verdict.possible if verdict.possible else 0.0
    points = round(min(max(share, 0.0), 1.0) * cell.points, 6)
    return Score(cell.name, points, cell.points, cell.question, verdict.mistake, report(verdict))


def _shown(score: Score) -> list[NotebookNode]:
    """What stands below a check cell: the text, and the points as nbgrader reads them."""
    return [
        new_output("stream", name="stdout", text=f"{score.text}\n"),
        new_output("execute_result", data={"text/plain": repr(score.points)}, execution_count=None),
    ]
