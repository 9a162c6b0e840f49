"""How long a check takes, for every wrong and every right answer of the catalogue.

    python tests/benchmarks/check_time.py                       # every question
    python tests/benchmarks/check_time.py backward sgd_epoch    # these only
    python tests/benchmarks/check_time.py --cpu                 # of the processor, where the machine is busy

A row for each question, in milliseconds of wall time: the slowest right answer, the slowest wrong one, and the median
of all. "another" is an answer that is wrong in a way which the catalogue does not know, so that everything is tried:
one entry of each result is something else. The last columns are the slowest answer of all, and how much of its time its
own code takes, which is not the check's: the limit is for the rest. Of three checks on fresh inputs the quickest
counts, since what else the machine does meanwhile is not the check's either. The open questions are left out: they
train networks.
"""

import os

for threads in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
    os.environ.setdefault(threads, "1")

import contextlib
import functools
import io
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from nnlib.grading import check
from nnlib.grading.question import Question
from nnlib.grading.questions import QUESTIONS

TIMES = 3
LIMIT = 100.0
FUNCTIONS = [name for name, question in QUESTIONS.items() if isinstance(question, Question)]


class Time(NamedTuple):
    """Milliseconds of a check: all of it, and what the answer's own code takes of it."""

    whole: float
    own: float


def times_of(name: str, clock: Callable[[], float]) -> dict[tuple[str, str], Time]:
    """(kind, answer) -> how long a check takes, the quickest of a few; kinds are "right", "wrong" and "another"."""
    return {key: min(time_of(name, answer, clock) for _ in range(TIMES)) for key, answer in answers_to(name).items()}


def answers_to(name: str) -> dict[tuple[str, str], Callable]:
    """(kind, answer) -> its code. What is made only once, at the first check of a question, is made."""
    question = QUESTIONS[name]
    answers = {("right", "the reference"): question.reference}
    answers |= {("right", style): answer for style, answer in question.equivalents.items()}
    answers |= {("wrong", mistake.name): mistake.code for mistake in question.mistakes}
    answers["another", "one entry"] = lambda *arguments: spoilt(question.reference(*arguments))
    time_of(name, question.reference, time.perf_counter)
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


def time_of(name: str, answer: Callable, clock: Callable[[], float]) -> Time:
    """How long a check takes."""
    own = 0.0

    @functools.wraps(answer)
    def timed(*arguments: Any) -> Any:
        nonlocal own
        start = clock()
        try:
            return answer(*arguments)
        finally:
            own += clock() - start

    with contextlib.redirect_stdout(io.StringIO()):
        start = clock()
        check(name, timed)
        return Time(1e3 * (clock() - start), 1e3 * own)


def main(names: Sequence[str], clock: Callable[[], float]) -> int:
    """Print the table; 1 if a check takes longer than the limit, apart from the answer's own code."""
    kinds = ("right", "wrong", "another")
    print(f"{'question':22} {'right':>6} {'wrong':>6} {'another':>8} {'median':>7} {'own':>5}   slowest answer")
    longest = 0.0
    for name in names:
        times = times_of(name, clock)
        right, wrong, another = (max(each.whole for (k, _), each in times.items() if k == kind) for kind in kinds)
        median = statistics.median(each.whole for each in times.values())
        slowest = max(times, key=times.get)
        row = (
            f"{name:22} {right:6.0f} {wrong:6.0f} {another:8.0f} {median:7.0f} {times[slowest].own:5.0f}   {slowest[1]}"
        )
        print(row, flush=True)
        longest = max(longest, *(each.whole - each.own for each in times.values()))
    print(f"Apart from the answer's own code, the slowest check takes {longest:.0f} ms; the limit is {LIMIT:.0f}.")
    return int(longest > LIMIT)


if __name__ == "__main__":
    names = [name for name in sys.argv[1:] if name != "--cpu"] or FUNCTIONS
    sys.exit(main(names, time.process_time if "--cpu" in sys.argv else time.perf_counter))
