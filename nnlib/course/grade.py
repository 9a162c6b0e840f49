"""`course grade`: take in what was handed in, grade it, write feedback and grades.csv, say what became of each."""

import hashlib
import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import click
from tqdm import tqdm

from nnlib.course.engine import Task, assessed
from nnlib.course.feedback import FeedbackPages
from nnlib.course.gradebook import Marks, knows, marks_of, open_gradebook, students, write_csv
from nnlib.course.lock import locked
from nnlib.course.paths import Course, find_course
from nnlib.course.received import Received, Version
from nnlib.course.seeds import assignment_seed, submission_seed
from nnlib.course.submissions import check_size
from nnlib.course.table import table
from nnlib.course.writer import GraderError, Record, Writer, record_of
from nnlib.grading.trusted.assess import Assessment, Bundle, Score
from nnlib.grading.trusted.notebook import SubmissionError
from nnlib.grading.trusted.sandbox import SandboxError, proven

UNSANDBOXED = (
    "Submissions run unsandboxed, with your rights: grade only what you would run yourself. (Each grade records this.)"
)
CSV_HEADER = ["assignment", "student", "name", "points", "of", "to_mark", "outcome", "what", "submitted", "sha256"]


class Outcome(StrEnum):
    """What became of a submission: exactly one of these."""

    GRADED = "graded"
    STUDENT_ERROR = "student error"
    GRADER_ERROR = "grader error"
    MISSING = "missing"


@dataclass(frozen=True)
class Result:
    """One student's line: the outcome, what there is to say about it, and the points if it is graded.

    `note` is what there is to say about this run alone; all else is the same when the same is graded again.
    """

    student: str
    outcome: Outcome
    what: str = ""
    points: float | None = None
    of: float | None = None
    to_mark: float | None = None
    submitted: str = ""
    sha256: str = ""
    note: str = ""

    def __str__(self) -> str:
        return ": ".join(filter(None, [self.outcome, "; ".join(filter(None, [self.note, self.what]))]))


class Stopped(KeyboardInterrupt):
    """Grading was stopped; `results` until then."""

    def __init__(self, results: list[Result]) -> None:
        self.results = results


@dataclass(frozen=True)
class Change:
    """What grading something again would change: points by the name of the cell, where they differ."""

    student: str
    before: Marks
    after: dict[str, float | None]
    differing: dict[str, tuple[float | None, float | None]]


@dataclass(frozen=True)
class Options:
    """How to grade; see `course grade --help`."""

    only: Iterable[str] = ()
    regrade: bool = False
    sandboxed: bool = True
    workers: int | None = None
    scheduler: str | None = None
    seed: int | None = None
    agreed: Callable[[list[Change]], bool] = field(default=lambda changes: True)


class Batch:
    """One run of `course grade` on one assignment.

    Args:
        course: where grading/ lies.
        assignment: its name; it must have been released.
        options: how to grade.
    """

    def __init__(self, course: Course, assignment: str, options: Options, gradebook) -> None:
        self.course, self.assignment, self.options, self.gradebook = course, assignment, options, gradebook
        self.released = course.notebook(assignment)
        self.bundle = Bundle(assignment, self.released.stem, self.released.read_bytes())
        self.release_sha256 = hashlib.sha256(self.bundle.release).hexdigest()
        self.received = Received(course, assignment, self.released.stem)
        self.writer = Writer(course, assignment, gradebook)
        self.pages = FeedbackPages(course, assignment)
        self.secret = assignment_seed(course, assignment)
        self.results: dict[str, Result] = {}
        self.remarks: dict[str, list[str]] = {}
        self.versions: dict[str, Version] = {}

    def run(self) -> list[str]:
        """Grade what is to be graded; `results` fills up as it goes.

        Returns:
            Names of folders in the exchange that were not understood.
        """
        for left in self.course.grading.glob(".regrading-*"):  # of a run that was killed
            shutil.rmtree(left)
        strange = self.received.take_in()
        self.versions = self.received.newest()
        wanted = sorted(set(self.options.only) or {*self.versions, *students(self.gradebook)})
        with tqdm(total=len(wanted), desc=self.assignment, unit="student", disable=None, leave=False) as bar:
            tasks = []
            for student in wanted:
                task = self.begin(student)
                if task:
                    tasks.append(task)
                else:
                    progress(bar, self.results)
            again = [task for task in tasks if self.is_graded(task)]
            for task, assessment in self.assessed([task for task in tasks if task not in again]):
                self.finish(task, assessment)
                progress(bar, self.results)
            if again:
                self.regrade(again, bar)
        return strange

    def begin(self, student: str) -> Task | None:
        """Look at one student's newest version; a task if it is to be assessed, else its result is known."""
        version = self.versions.get(student)
        if version is None:
            self.results[student] = Result(student, Outcome.MISSING)
            return None
        try:
            if version.error:
                raise SubmissionError(version.error)
            check_size(self.received.content(version))
        except SubmissionError as error:
            self.fail(version, Outcome.STUDENT_ERROR, str(error))
            return None
        except Exception as error:
            self.fail(version, Outcome.GRADER_ERROR, f"{type(error).__name__}: {error}")
            return None
        remarks = [version.remark] if version.remark else []
        remarks += [f"from {version.file!r}"] if version.file != self.released.name else []
        self.remarks[student] = remarks
        record = self.record(student)
        if record and not self.options.regrade and self.marks(student):
            earlier = ", by an earlier release (see --regrade)" if record.release != self.release_sha256 else ""
            self.succeed(version, record, f"as before{earlier}")
            return None
        seed = submission_seed(self.secret, version.sha256) if self.options.seed is None else self.options.seed
        return Task(student, version.sha256, seed, lambda: self.received.content(version))

    def record(self, student: str) -> Record | None:
        """How this student's newest version was graded, None if it was not."""
        record, version = record_of(self.course, self.assignment, student), self.versions[student]
        return record if record and (record.sha256, record.received) == (version.sha256, version.time) else None

    def is_graded(self, task: Task) -> bool:
        """Whether a task is one that grades again what is graded already."""
        return self.record(task.student) is not None and self.marks(task.student) is not None

    def marks(self, student: str) -> Marks | None:
        """What stands in the gradebook."""
        return marks_of(self.gradebook, self.assignment, student)

    def assessed(self, tasks: list[Task]) -> Iterator[tuple[Task, Assessment]]:
        """Assess; see `engine.assessed`."""
        options = self.options
        return (
            assessed(self.bundle, tasks, options.sandboxed, options.workers, options.scheduler) if tasks else iter(())
        )

    def regrade(self, tasks: list[Task], bar: tqdm) -> None:
        """Assess again what is graded, show what would change, and write it if that is agreed to."""
        with tempfile.TemporaryDirectory(dir=self.course.grading, prefix=".regrading-") as folder:
            changes, done = [], []
            for number, (task, assessment) in enumerate(self.assessed(tasks)):
                if assessment.outcome == Outcome.GRADED:
                    path = Path(folder, str(number))
                    save(assessment, path)
                    done.append((task, path))
                    changes.append(change(task.student, self.marks(task.student), assessment.scores))
                else:
                    self.finish(task, assessment)
                progress(bar, self.results, assessed=len(done))
            if done:
                bar.clear()
                agreed = self.options.agreed(changes)
            for task, path in done:
                if agreed:
                    self.finish(task, load(path))
                else:
                    record = self.record(task.student)
                    self.succeed(self.versions[task.student], record, "as before, not graded again")
                progress(bar, self.results)

    def finish(self, task: Task, assessment: Assessment) -> None:
        """Write what became of one submission. Never raises: whatever it is, it must not stop the others."""
        version = self.versions[task.student]
        if assessment.outcome == Outcome.STUDENT_ERROR:
            self.fail(version, Outcome.STUDENT_ERROR, assessment.what)
        elif assessment.outcome == Outcome.GRADED:
            try:
                before = self.marks(task.student)
                self.received.show(version, self.released.name)
                record = self.writer.write(version, assessment, self.release_sha256)
                self.succeed(version, record, before=before)
            except GraderError as error:
                self.fail(version, Outcome.GRADER_ERROR, str(error))
            except Exception as error:
                self.fail(version, Outcome.GRADER_ERROR, f"{type(error).__name__}: {error}")
        else:
            self.fail(version, Outcome.GRADER_ERROR, assessment.what)

    def succeed(self, version: Version, record: Record, note: str = "", before: Marks | None = None) -> None:
        """Note the result of what is graded, and see to its feedback page."""
        student, marks = version.student, self.marks(version.student)
        try:
            self.pages.write(student, marks)
        except Exception as error:
            self.fail(version, Outcome.GRADER_ERROR, str(error))
            return
        what = [*self.remarks.get(student, []), *filter(None, [record.what])]
        what += ["unsandboxed"] if record.level == "none" else []
        if marks.to_mark:
            what.append(f"written question ({marks.to_mark:g} points) to mark by hand in Formgrader")
        if before and before.points != marks.points:
            note = f"before: {before.points:g}"
        facts = ("; ".join(what), marks.points, marks.of, marks.to_mark, version.time, version.sha256, note)
        self.results[student] = Result(student, Outcome.GRADED, *facts)

    def fail(self, version: Version, outcome: Outcome, what: str) -> None:
        """Note the result of what could not be graded."""
        what = " ".join(what.split())[:500]
        if outcome is Outcome.GRADER_ERROR:
            what += "; grade again to retry"
        if record_of(self.course, self.assignment, version.student):
            what += "; the one before stays graded in the gradebook"
        self.results[version.student] = Result(
            version.student, outcome, what, submitted=version.time, sha256=version.sha256
        )


def progress(bar: tqdm, results: dict[str, Result], **more: int) -> None:
    """Show how many there are of each outcome."""
    count = Counter(result.outcome for result in results.values())
    bar.set_postfix_str(", ".join(f"{number} {name}" for name, number in {**count, **more}.items()), refresh=False)
    bar.update(len(results) - bar.n)


def change(student: str, before: Marks, scores: tuple[Score, ...]) -> Change:
    """What a new assessment would change in the gradebook."""
    after = {score.cell: score.points for score in scores}
    old = {cell: mark.auto for cell, mark in before.cells.items()}
    differing = {cell: (old.get(cell), new) for cell, new in after.items() if old.get(cell) != new}
    return Change(student, before, after, differing)


def save(assessment: Assessment, path: Path) -> None:
    """Put an assessment aside, until it is agreed to."""
    scores = [score.__dict__ for score in assessment.scores]
    plain = {**assessment.__dict__, "notebook": assessment.notebook.decode(), "scores": scores}
    path.write_text(json.dumps(plain), encoding="utf-8")


def load(path: Path) -> Assessment:
    """An assessment that was put aside."""
    plain = json.loads(path.read_text(encoding="utf-8"))
    scores = tuple(Score(**score) for score in plain["scores"])
    return Assessment(**{**plain, "notebook": plain["notebook"].encode(), "scores": scores})


def grade(course: Course, assignment: str, **options: object) -> tuple[list[Result], list[str]]:
    """Grade what was handed in for an assignment; see Options.

    Returns:
        (a result for each student, names of folders in the exchange that were not understood).

    Raises:
        click.ClickException: the assignment is not in the gradebook, or another `course grade` is at work.
        Stopped: by Ctrl-C; what was graded until then is in the gradebook and in grades.csv.
    """
    course.notebook(assignment)
    with open_gradebook(course) as gradebook, locked(course.grading / ".lock"):
        if not knows(gradebook, assignment):
            raise click.ClickException(
                f"{assignment} is not in the gradebook yet. Run `python3 course.py release {assignment}`."
            )
        batch = Batch(course, assignment, Options(**options), gradebook)
        try:
            strange = batch.run()
        except KeyboardInterrupt:
            raise Stopped(write_results(course, assignment, batch.results, students(gradebook))) from None
        return write_results(course, assignment, batch.results, students(gradebook)), strange


def write_results(course: Course, assignment: str, results: dict[str, Result], names: dict[str, str]) -> list[Result]:
    """Put results into grades.csv, and in order."""
    ordered = [results[student] for student in sorted(results)]
    known = [result for result in ordered if result.student in names or result.outcome is not Outcome.MISSING]
    write_csv(course.grading / "grades.csv", CSV_HEADER, [csv_row(assignment, result, names) for result in known])
    return ordered


def csv_row(assignment: str, result: Result, names: dict[str, str]) -> list:
    """A line of grades.csv. Points are empty, not 0, where there are none."""
    points = [result.points, result.of, result.to_mark]
    who = [assignment, result.student, names.get(result.student, "")]
    return [*who, *points, result.outcome.value, result.what, result.submitted, result.sha256]


def summary(results: list[Result]) -> str:
    """The count that must come out even: received = graded + failed."""
    count = Counter(result.outcome for result in results)
    errors = (Outcome.STUDENT_ERROR, Outcome.GRADER_ERROR)
    failed = [f"{count[outcome]} {outcome}{'s' * (count[outcome] != 1)}" for outcome in errors]
    got = len(results) - count[Outcome.MISSING]
    return f"received {got} = graded {count[Outcome.GRADED]} + {' + '.join(failed)}; missing {count[Outcome.MISSING]}"


def changes_table(changes: list[Change]) -> str:
    """Old and new points of those that a regrade would change."""
    rows = []
    for one in changes:
        for cell, (old, new) in one.differing.items():
            by_hand = cell in one.before.cells and one.before.cells[cell].manual is not None
            rows.append([one.student, cell, old, new, "(marked by hand: stays)" if by_hand else ""])
    return table(["student", "cell", "old", "new", ""], rows)


def ask(changes: list[Change], yes: bool) -> bool:
    """Show what a regrade would change, and ask whether to write it."""
    differing = [one for one in changes if one.differing]
    click.echo(f"Graded again: {len(changes)}, of which {len(differing)} differ.")
    if differing:
        click.echo(changes_table(differing))
    if yes or not differing:
        return True
    try:
        return click.confirm("Write the new points into the gradebook?", default=False)
    except click.Abort:
        raise click.ClickException("Nothing was graded again. In a script, --yes answers this question.") from None


def level_or_refusal(sandboxed: bool) -> str:
    """The level at which submissions will run.

    Raises:
        click.ClickException: a sandbox is wanted, and this machine has none that holds.
    """
    if not sandboxed:
        return UNSANDBOXED
    try:
        return f"Sandbox: {proven()}."
    except SandboxError as error:
        raise click.ClickException(f"Nothing was graded: {error}") from None


@click.command(short_help="Collect and grade what was handed in.")
@click.argument("assignment")
@click.option(
    "--student", "only", metavar="ID", multiple=True, help="Grade only this student; may be given repeatedly."
)
@click.option("--regrade", is_flag=True, help="Grade again what is graded already. Marks given by hand stay.")
@click.option("--yes", is_flag=True, help="Write what --regrade changes without asking.")
@click.option("--unsandboxed", is_flag=True, help="Run submissions without a sandbox, with your own rights.")
@click.option(
    "--workers", type=click.IntRange(min=1), help="How many processes; by default as many as there are cores."
)
@click.option("--scheduler", metavar="ADDRESS", help="Grade on the workers of this Dask scheduler.")
@click.option("--seed", type=click.IntRange(min=0), help="Judge with this seed, such as one that a grade records.")
@click.pass_context
def command(context: click.Context, assignment: str, yes: bool, unsandboxed: bool, **options: object) -> None:
    """Collect and autograde what was handed in for ASSIGNMENT, write feedback pages and grades.csv, print a table.

    May be run again at any time: what is graded stays, what failed or was cut short is graded again.
    """
    course = find_course()
    click.echo(level_or_refusal(not unsandboxed))
    try:
        results, strange = grade(
            course, assignment, sandboxed=not unsandboxed, agreed=lambda changes: ask(changes, yes), **options
        )
    except Stopped as stopped:
        click.echo(f"\nStopped: {summary(stopped.results)}\nThe same command goes on from here.")
        context.exit(130)
    rows = [[result.student, result.points, result.of, str(result)] for result in results]
    click.echo(table(["student", "points", "of", "what happened"], rows))
    for name in strange:
        click.echo(f"not understood, in the exchange: {name!r}")
    click.echo(summary(results))
    click.echo(f"Feedback: {course.grading / 'feedback'}  Grades: {course.grading / 'grades.csv'}")
    context.exit(any(result.outcome is Outcome.GRADER_ERROR for result in results))
