"""`course grade`: collect, autograde, write feedback and grades.csv, and say what became of every submission."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import click
import nbformat
from tqdm import tqdm

from nnlib.course import autograde
from nnlib.course.gradebook import Marks, knows, marks_of, open_gradebook, settings, students, write_csv
from nnlib.course.paths import Course, find_course
from nnlib.course.restore import restore
from nnlib.course.submissions import Submission, SubmissionError, collected, find_notebook, inbound, parse, read_bytes
from nnlib.course.table import table

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
    """One student's line: the outcome, what there is to say about it, and the points if it is graded."""

    student: str
    outcome: Outcome
    what: str = ""
    points: float | None = None
    of: float | None = None
    to_mark: float | None = None
    submitted: str = ""
    sha256: str = ""


def received(course: Course, assignment: str) -> tuple[dict[str, Submission], list[str]]:
    """Each student's newest submission, in the exchange or collected before, and the folders not understood."""
    config = settings(course)
    in_exchange, strange = inbound(config.Exchange.root, config.CourseDirectory.course_id, assignment)
    submissions = collected(course.grading / "submitted", assignment)
    for student, submission in in_exchange.items():
        earlier = submissions.get(student)
        if earlier is None or not earlier.timestamp or earlier.time <= submission.time:
            submissions[student] = submission
    return dict(sorted(submissions.items())), strange


def assess(course: Course, assignment: str, submission: Submission, regrade: bool) -> Result:
    """What becomes of one submission. Never raises: whatever it is, it must not stop the others."""
    try:
        return graded(course, assignment, submission, regrade)
    except SubmissionError as error:
        outcome, what = Outcome.STUDENT_ERROR, str(error)
        if autograde.record_of(course, assignment, submission.student):
            what += "; the one before stays graded in the gradebook"
    except autograde.GraderError as error:
        outcome, what = Outcome.GRADER_ERROR, f"{error}; grade again to retry"
    except Exception as error:
        outcome, what = Outcome.GRADER_ERROR, f"{type(error).__name__}: {error}; grade again to retry"
    return Result(submission.student, outcome, what, submitted=submission.timestamp)


def graded(course: Course, assignment: str, submission: Submission, regrade: bool) -> Result:
    """Let one submission in, autograde it unless exactly this one is graded already, and write its feedback page.

    Raises:
        SubmissionError: it cannot be graded as it is.
        GraderError: the grader failed.
    """
    released, student = course.notebook(assignment), submission.student
    file = find_notebook(submission.folder, released.stem)
    content = read_bytes(file)
    missing = restore(parse(content), nbformat.read(released, as_version=4))
    digest = hashlib.sha256(content).hexdigest()
    what = [f"from {file.name!r}"] if file.name != released.name else []
    what += [f"cells missing: {', '.join(missing)}"] if missing else []

    record = {"sha256": digest, "submitted": submission.timestamp, "sandbox": autograde.SANDBOX}
    earlier = autograde.record_of(course, assignment, student) or {}
    before = read_marks(course, assignment, student)
    if regrade or {**earlier, **record} != earlier:
        autograde.collect(course, assignment, submission, released.name, content)
        what += autograde.autograde(course, assignment, student, record)
    else:
        what = ["as before", *what, *earlier.get("remarks", [])]

    marks = read_marks(course, assignment, student)
    write_feedback(course, assignment, student, marks)
    if before and before.points != marks.points:
        what.append(f"before: {before.points:g}")
    if marks.to_mark:
        what.append(f"written question ({marks.to_mark:g} points) to mark by hand in Formgrader")
    points = (marks.points, marks.of, marks.to_mark)
    return Result(student, Outcome.GRADED, "; ".join(what), *points, submission.timestamp, digest)


def read_marks(course: Course, assignment: str, student: str) -> Marks | None:
    """One student's marks, None if there are none."""
    with open_gradebook(course) as gradebook:
        return marks_of(gradebook, assignment, student)


def write_feedback(course: Course, assignment: str, student: str, marks: Marks) -> None:
    """Write the feedback page, unless the one there shows exactly these marks and comments."""
    shown = hashlib.sha256(repr(marks.details).encode()).hexdigest()
    record = autograde.record_of(course, assignment, student)
    if record.get("feedback") != shown:
        autograde.write_feedback(course, assignment, student)
        autograde.write_record(autograde.autograded(course, assignment, student), {**record, "feedback": shown})


def grade(
    course: Course, assignment: str, only: Iterable[str] = (), regrade: bool = False
) -> tuple[list[Result], list[str]]:
    """Grade what was handed in for an assignment.

    Args:
        course: where grading/ lies.
        assignment: its name; it must have been released.
        only: students to grade; all by default.
        regrade: grade also what has been graded already. Marks given by hand stay.

    Returns:
        (a result for each student, names of folders in the exchange that were not understood).

    Raises:
        click.ClickException: the assignment is not in the gradebook.
    """
    course.notebook(assignment)
    with open_gradebook(course) as gradebook:
        if not knows(gradebook, assignment):
            raise click.ClickException(
                f"{assignment} is not in the gradebook yet. Run `python3 course.py release {assignment}`."
            )
        names = students(gradebook)
    submissions, strange = received(course, assignment)
    wanted = sorted(set(only) or {*submissions, *names})
    results = []
    with tqdm(wanted, desc=assignment, unit="student", disable=None, leave=False) as bar:
        for student in bar:
            bar.set_postfix_str(student)
            if student in submissions:
                results.append(assess(course, assignment, submissions[student], regrade))
            else:
                results.append(Result(student, Outcome.MISSING))
    known = [result for result in results if result.student in names or result.outcome is not Outcome.MISSING]
    write_csv(course.grading / "grades.csv", CSV_HEADER, [csv_row(assignment, result, names) for result in known])
    return results, strange


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


@click.command(short_help="Collect and grade what was handed in.")
@click.argument("assignment")
@click.option(
    "--student", "only", metavar="ID", multiple=True, help="Grade only this student; may be given repeatedly."
)
@click.option("--regrade", is_flag=True, help="Grade again what is graded already. Marks given by hand stay.")
@click.pass_context
def command(context: click.Context, assignment: str, only: tuple[str, ...], regrade: bool) -> None:
    """Collect and autograde what was handed in for ASSIGNMENT, write feedback pages and grades.csv, print a table.

    May be run again at any time: what is graded stays, what failed or was cut short is graded again.
    """
    course = find_course()
    click.echo(UNSANDBOXED)
    results, strange = grade(course, assignment, only, regrade)
    rows = [[r.student, r.points, r.of, f"{r.outcome}: {r.what}" if r.what else r.outcome] for r in results]
    click.echo(table(["student", "points", "of", "what happened"], rows))
    for name in strange:
        click.echo(f"not understood, in the exchange: {name!r}")
    click.echo(summary(results))
    click.echo(f"Feedback: {course.grading / 'feedback'}  Grades: {course.grading / 'grades.csv'}")
    context.exit(any(result.outcome is Outcome.GRADER_ERROR for result in results))
