"""How long a check takes, for every wrong and every right answer of the catalogue.

    python tests/benchmarks/check_time.py                       # every question
    python tests/benchmarks/check_time.py backward sgd_epoch    # these only
    python tests/benchmarks/check_time.py --cpu                 # of the processor, where the machine is busy

A row for each question, in milliseconds of wall time: the slowest right answer, the slowest wrong one and which it is,
and the median of all. "another" is an answer that is wrong in a way which the catalogue does not know, so that
everything is tried: one entry of each result is something else. Of three checks on fresh inputs the quickest counts,
since what else the machine does meanwhile is not the check's. The open questions are left out: they train networks.
"""

import os

for threads in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
    os.environ.setdefault(threads, "1")

import contextlib
import io
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from nnlib.grading import check
from nnlib.grading.question import Question
from nnlib.grading.questions import QUESTIONS

TIMES = 3
LIMIT = 100.0
FUNCTIONS = [name for name, question in QUESTIONS.items() if isinstance(question, Question)]


def times_of(name: str, clock: Callable[[], float]) -> dict[tuple[str, str], float]:
    """(kind, answer) -> milliseconds of a check, the quickest of a few; kinds are "right", "wrong" and "another"."""
    return {
        key: min(milliseconds(name, answer, clock) for _ in range(TIMES)) for key, answer in answers_to(name).items()
    }


def answers_to(name: str) -> dict[tuple[str, str], Callable]:
    """(kind, answer) -> its code. What is made only once, at the first check of a question, is made."""
    question = QUESTIONS[name]
    answers = {("right", "the reference"): question.reference}
    answers |= {("right", style): answer for style, answer in question.equivalents.items()}
    answers |= {("wrong", mistake.name): mistake.code for mistake in question.mistakes}
    answers["another", "one entry"] = lambda *arguments: spoilt(question.reference(*arguments))
    milliseconds(name, question.reference, time.perf_counter)
    return answers


def spoilt(value: Any) -> Any:
    """The same plain data with another number for the first entry of every array.

    >>> spoilt([np.array([1.0, 2.0])])
    [array([2., 2.])]
    """
    if isinstance(value, dict):
        return {key: spoilt(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(map(spoilt, value))
    array = np.array(value, dtype=float)
    array.flat[:1] = 1.7 * array.flat[:1] + 0.3
    return array


def milliseconds(name: str, answer: Callable, clock: Callable[[], float]) -> float:
    """How long a check takes."""
    with contextlib.redirect_stdout(io.StringIO()):
        start = clock()
        check(name, answer)
        return 1e3 * (clock() - start)


def main(names: Sequence[str], clock: Callable[[], float]) -> int:
    """Print the table; 1 if a check takes longer than the limit."""
    print(f"{'question':22} {'right':>6} {'wrong':>6} {'another':>8} {'median':>7}   slowest wrong answer")
    slowest = 0.0
    for name in names:
        times = times_of(name, clock)
        most = {
            kind: max((value, answer) for (k, answer), value in times.items() if k == kind)
            for kind in ("right", "wrong", "another")
        }
        right, wrong, another = (most[kind][0] for kind in ("right", "wrong", "another"))
        median = statistics.median(times.values())
        print(f"{name:22} {right:6.0f} {wrong:6.0f} {another:8.0f} {median:7.0f}   {most['wrong'][1]}", flush=True)
        slowest = max(slowest, right, wrong, another)
    print(f"The slowest check takes {slowest:.0f} ms; the limit is {LIMIT:.0f}.")
    return int(slowest > LIMIT)


if __name__ == "__main__":
    names = [name for name in sys.argv[1:] if name != "--cpu"] or FUNCTIONS
    sys.exit(main(names, time.process_time if "--cpu" in sys.argv else time.perf_counter))
