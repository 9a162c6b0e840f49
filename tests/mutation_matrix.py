"""Every wrong answer of the catalogue is named as itself, and every right one of another style gets full points.

    nice .venv/bin/python tests/mutation_matrix.py 200                    # every question on 200 seeds
    nice .venv/bin/python tests/mutation_matrix.py 200 backward sgd_epoch # these only
    nice .venv/bin/python tests/mutation_matrix.py 200 --processes 1

It prints a row for each question, keeps a table for each in test-artifacts/mutation_matrix/, and ends with 1 if
anything is missed. The tests do the same on fewer seeds.
"""

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

from nnlib.grading.catalogue import Catalogue, run_plainly
from nnlib.grading.check import report
from nnlib.grading.diagnosis import judge
from nnlib.grading.question import Mistake, OpenQuestion, Question, ValueQuestion
from nnlib.grading.questions import QUESTIONS
from nnlib.grading.verdict import Verdict

FOLDER = Path(__file__).parents[1] / "test-artifacts" / "mutation_matrix"
OPEN_EACH = 10
"""An open question trains several times for each verdict: it gets one seed in so many, and at least one."""
SEEDS_AT_A_TIME = 10
LINES_AT_MOST = 12
SECONDS_OF_A_TRAINING = 6.0
"""Not measured anew for each verdict, as it is in a notebook."""
HEAD = ["| answer | | verdicts | points |", "|---|---|---|---|"]


@dataclass
class Row:
    """All verdicts on one answer of a question.

    Attributes:
        answer: the name of the mistake, or the style of the equivalent.
        mistake: whether it is one.
        named: how often which mistake was named; "right", or "not named".
        points: how often so many were earned.
        misses: for each verdict that is not as it should be, why, and what the student would read.
    """

    answer: str
    mistake: bool
    named: Counter = field(default_factory=Counter)
    points: Counter = field(default_factory=Counter)
    misses: list[str] = field(default_factory=list)

    def add(self, verdict: Verdict, fault: str) -> None:
        """One verdict more."""
        self.named[verdict.mistake or ("right" if verdict.right else "not named")] += 1
        self.points[f"{verdict.earned:g} of {verdict.possible:g}"] += 1
        if fault:
            self.misses.append(f"{verdict.question}, {self.answer}, seed {verdict.seed}: {fault}\n{report(verdict)}")

    def __str__(self) -> str:
        counts = [", ".join(f"{name} ({n})" for name, n in each.items()) for each in (self.named, self.points)]
        kind = "mistake" if self.mistake else "right"
        return f"| {self.answer} | {kind} | {' | '.join(counts)} |"


def seeds_of(name: str, seeds: Sequence[int]) -> Sequence[int]:
    """Those of the seeds that a question gets."""
    if isinstance(QUESTIONS[name], ValueQuestion):
        return seeds[:1]
    return seeds[: max(1, len(seeds) // OPEN_EACH)] if isinstance(QUESTIONS[name], OpenQuestion) else seeds


def matrix(name: str, seeds: Iterable[int]) -> list[Row]:
    """A row for each mistake and each right answer of a question."""
    question = QUESTIONS[name]
    right = {} if isinstance(question, ValueQuestion) else {"the reference": question.reference}
    right |= question.equivalents
    rows = [Row(mistake.name, True) for mistake in question.mistakes] + [Row(style, False) for style in right]
    for seed in seeds:
        verdict_on = _judge_of(question, seed)
        for mistake, row in zip(question.mistakes, rows):
            verdict = verdict_on(mistake.code)
            row.add(verdict, _fault_with_a_mistake(question, mistake, verdict))
        for answer, row in zip(right.values(), rows[len(question.mistakes) :]):
            verdict = verdict_on(answer)
            row.add(verdict, "" if verdict.right else "a right answer without full points")
    return rows


def _judge_of(question: Question | ValueQuestion | OpenQuestion, seed: int) -> Callable[[object], Verdict]:
    if not isinstance(question, Question):
        return lambda answer: judge(question, answer, seed)
    catalogue = Catalogue(question, seed)
    return lambda answer: judge(question, answer, seed, run=run_plainly, source="", catalogue=catalogue)


def _fault_with_a_mistake(question: Question | ValueQuestion | OpenQuestion, mistake: Mistake, verdict: Verdict) -> str:
    """What is not as it should be about the verdict on a mistake, or ""."""
    text = report(verdict)
    if verdict.mistake != mistake.name:
        return f"named {verdict.mistake!r}"
    if not mistake.share * question.points <= verdict.earned <= _points_at_most(question) + 1e-9:
        return "points"
    if isinstance(question, ValueQuestion):
        return ""
    if mistake.hint not in " ".join(finding.text for finding in verdict.findings):
        return "the hint is not given"
    return "the report is too long" if len(text.splitlines()) > LINES_AT_MOST or "Traceback" in text else ""


def _points_at_most(question: Question | ValueQuestion | OpenQuestion) -> float:
    """What is wrong in one result of several leaves the others right, and on edges alone it earns half of its share."""
    if isinstance(question, Question):
        return question.points * (1 - 0.5 / len(question.results))
    return question.points - 1 if isinstance(question, OpenQuestion) else 0.0


def write(name: str, rows: Sequence[Row], folder: Path = FOLDER) -> None:
    """Keep the table of a question, with what was missed."""
    folder.mkdir(parents=True, exist_ok=True)
    misses = [f"```\n{miss}\n```" for row in rows for miss in row.misses[:3]]
    text = "\n".join([f"# {name}", "", *HEAD, *map(str, rows), *(["", "## Missed", *misses] if misses else [])])
    (folder / f"{name}.md").write_text(text + "\n", encoding="utf-8")


def merged(rows: list[Row], more: list[Row]) -> list[Row]:
    """Two matrices of one question, of different seeds."""
    for row, other in zip(rows, more, strict=True):
        row.named += other.named
        row.points += other.points
        row.misses += other.misses
    return rows


def summary(name: str, rows: Sequence[Row]) -> list[object]:
    """Question, mistakes, equivalents, seeds, misses."""
    mistakes = sum(row.mistake for row in rows)
    seeds = max(sum(row.named.values()) for row in rows)
    return [name, mistakes, len(rows) - mistakes, seeds, sum(len(row.misses) for row in rows)]


def _measured(name: str, seeds: Sequence[int]) -> tuple[list[Row], float]:
    started = time.process_time()
    with patch("nnlib.grading.questions.digits.train.budget", lambda: SECONDS_OF_A_TRAINING):
        return matrix(name, seeds), time.process_time() - started


def _results(names: Sequence[str], seeds: Sequence[int], processes: int) -> Iterator[tuple[str, list[Row], float]]:
    """The matrix of each question and the seconds that it took, as soon as all its seeds are done."""
    with ProcessPoolExecutor(processes) as pool:
        pending = {
            name: [
                pool.submit(_measured, name, part[start : start + SEEDS_AT_A_TIME])
                for part in [seeds_of(name, seeds)]
                for start in range(0, len(part), SEEDS_AT_A_TIME)
            ]
            for name in names
        }
        for name, parts in pending.items():
            rows, seconds = parts[0].result()
            for part in parts[1:]:
                more, time_of_more = part.result()
                rows, seconds = merged(rows, more), seconds + time_of_more
            yield name, rows, seconds


def main() -> int:
    """Print the table of all questions; 1 if anything is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("seeds", type=int)
    parser.add_argument("questions", nargs="*", metavar="QUESTION")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    arguments = parser.parse_intermixed_args()
    seeds = range(arguments.first, arguments.first + arguments.seeds)
    total = Counter()
    lines = ["| question | mistakes | right | seeds | misses | CPU s |", "|---|---:|---:|---:|---:|---:|"]
    print("\n".join(lines), flush=True)
    for name, rows, seconds in _results(arguments.questions or list(QUESTIONS), seeds, arguments.processes):
        write(name, rows)
        _, mistakes, right, _, misses = row = summary(name, rows)
        verdicts = sum(sum(each.named.values()) for each in rows)
        total.update(questions=1, mistakes=mistakes, right=right, verdicts=verdicts, misses=misses)
        lines.append(f"| {' | '.join(map(str, row))} | {seconds:.0f} |")
        print(lines[-1], flush=True)
    lines += ["", ", ".join(f"{count} {what}" for what, count in total.items())]
    print("\n".join(lines[-2:]))
    (FOLDER / "README.md").write_text("\n".join(["# The mutation matrix", "", *lines, ""]), encoding="utf-8")
    return 1 if total["misses"] else 0


if __name__ == "__main__":
    sys.exit(main())
