"""What was received: every version's bytes as they came, kept for ever, with their SHA-256 and the receiver's time.

grading/received/files/ holds the bytes under their SHA-256, read-only. grading/received/<assignment>/<student>/ holds a
small record for each version, also for one that could not be let in. Nothing here is ever changed or deleted.
"""

import contextlib
import hashlib
import json
import os
import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from nbgrader.utils import parse_utc

from nnlib.course.files import replace_folder, write
from nnlib.course.gradebook import settings
from nnlib.course.paths import Course
from nnlib.course.submissions import STUDENT, find_notebook, read_bytes
from nnlib.grading.trusted.notebook import SubmissionError

COLLECTED = "grading/submitted"
"""Where a version comes from that nbgrader's own `collect` has brought, in place of a folder's name."""
TIME = "%Y-%m-%d %H:%M:%S.%f UTC"
TOLERANCE = timedelta(minutes=10)
"""Clocks may differ by as much before it is worth a word."""


@dataclass(frozen=True)
class Version:
    """One version of a student's work.

    Attributes:
        student: whose.
        folder: the name of the folder it came in, or COLLECTED.
        file: the notebook's name in it, "" if there is none.
        sha256: of the notebook's bytes, "" if they could not be let in.
        error: why they could not, "" if they could.
        stated: the time that came with it, from the student's computer; "" if it cannot be read.
        received: when it reached its place, by the clock of the machine that keeps it.
        secret: nbgrader's submission_secret.txt, by which students find their feedback.
    """

    student: str
    folder: str
    file: str
    sha256: str
    error: str
    stated: str
    received: str
    secret: str = ""

    @property
    def key(self) -> str:
        """The name of its record: the same thing found again has the same."""
        parts = (self.folder, self.file, self.sha256, self.error, "" if self.folder != COLLECTED else self.stated)
        return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:16]

    @property
    def order(self) -> tuple:
        """By this the newest is found: the stated time, which cannot lie after the time of receipt."""
        received = parse_utc(self.received)
        return (min(parse_utc(self.stated), received) if self.stated else received, received, self.key)

    @property
    def time(self) -> str:
        """The time that counts for lateness: the receiver's, or the stated one of what was collected by hand."""
        return self.stated if self.folder == COLLECTED and self.stated else self.received

    @property
    def remark(self) -> str:
        """What there is to say about its time."""
        if self.folder == COLLECTED and self.stated:
            return "time as its own timestamp.txt states it"
        if self.stated and abs(parse_utc(self.stated) - parse_utc(self.received)) > TOLERANCE:
            return f"states {self.stated:.16}, was received {self.received:.16}"
        return ""


def readable_time(text: str) -> str:
    """A time as nbgrader writes it, "" if it cannot be read."""
    with contextlib.suppress(ValueError, OverflowError, TypeError, AttributeError):
        return parse_utc(text.strip()).strftime(TIME)
    return ""


def changed(path: Path) -> str:
    """When a file came to where it is, by the kernel's clock there: unlike the time in its name, nobody can set it."""
    return datetime.fromtimestamp(os.lstat(path).st_ctime, UTC).strftime(TIME)


def small_text(path: Path) -> str:
    """The text of a small file that lies beside a notebook, "" if there is none."""
    with contextlib.suppress(OSError, SubmissionError, ValueError):
        return read_bytes(path)[:1000].decode("utf-8").strip()
    return ""


class Received:
    """The store of one assignment's submissions.

    Args:
        course: where grading/ lies.
        assignment: its name.
        notebook: its notebook's released name, such as "backprop".
    """

    def __init__(self, course: Course, assignment: str, notebook: str) -> None:
        self.course, self.assignment, self.notebook = course, assignment, notebook
        self.files = course.grading / "received" / "files"
        self.records = course.grading / "received" / assignment

    def take_in(self) -> list[str]:
        """Let in what lies in the exchange and in grading/submitted/ and is not here yet.

        Returns:
            Names of folders in the exchange which seem to be of this assignment but cannot be understood.
        """
        config = settings(self.course)
        inbound = Path(config.Exchange.root, config.CourseDirectory.course_id, "inbound")
        # student+assignment+time, with +random at the end where nbgrader is told so; anybody may write there
        form = re.compile(rf"({STUDENT.pattern})\+{re.escape(self.assignment)}\+([^+]+)(\+[\w=-]+)?")
        strange = []
        for folder in sorted(inbound.glob(f"*+{self.assignment}+*")):
            parts = form.fullmatch(folder.name)
            stated = readable_time(parts[2]) if parts else ""
            if not stated:
                strange.append(folder.name.encode("utf-8", "replace").decode())
                continue
            self.keep(parts[1], folder, folder.name, stated)
        for folder in sorted((self.course.grading / "submitted").glob(f"[!.]*/{self.assignment}")):
            self.collected(folder)
        return strange

    def keep(self, student: str, folder: Path, name: str, stated: str, received: str = "") -> Version:
        """Keep one version: first its bytes, then its record."""
        file, content, error = None, b"", ""
        try:
            file = find_notebook(folder, self.notebook)
            content = read_bytes(file)
        except SubmissionError as reason:
            error = str(reason)
        except OSError as reason:
            error = f"{name} cannot be read: {reason.strerror}"
        digest = "" if error else hashlib.sha256(content).hexdigest()
        shown = file.name.encode("utf-8", "replace").decode() if file else ""
        received = received or changed(file if file and not error else folder)
        secret = small_text(folder / "submission_secret.txt")
        version = Version(student, name, shown, digest, error, stated, received, secret)
        if digest and not self.path(digest).exists():
            write(self.path(digest), content, mode=0o444)
        record = self.records / student / f"{version.key}.json"
        if not record.exists():  # if it does, it keeps the time at which it was first seen
            write(record, json.dumps(asdict(version), indent=1).encode())
        return version

    def collected(self, folder: Path) -> None:
        """Let in what nbgrader's own `collect` has brought; what this store has put there is known already."""
        student = folder.parent.name
        if not STUDENT.fullmatch(student):
            return
        with contextlib.suppress(SubmissionError, OSError):
            digest = hashlib.sha256(read_bytes(find_notebook(folder, self.notebook))).hexdigest()
            if any(version.sha256 == digest for version in self.versions(student)):
                return
        stated = readable_time(small_text(folder / "timestamp.txt"))
        self.keep(student, folder, COLLECTED, stated, datetime.now(UTC).strftime(TIME))

    def path(self, sha256: str) -> Path:
        """Where the bytes with this SHA-256 lie."""
        return self.files / sha256[:2] / sha256

    def content(self, version: Version) -> bytes:
        """A version's bytes, as they came.

        Raises:
            OSError: they are gone, or no longer what they were.
        """
        content = self.path(version.sha256).read_bytes()
        if hashlib.sha256(content).hexdigest() != version.sha256:
            raise OSError(f"{self.path(version.sha256)} was changed since it was received")
        return content

    def versions(self, student: str) -> list[Version]:
        """All versions of one student, the newest last."""
        records = [json.loads(path.read_text()) for path in (self.records / student).glob("[!.]*.json")]
        return sorted((Version(**record) for record in records), key=lambda version: version.order)

    def newest(self) -> dict[str, Version]:
        """Each student's newest version."""
        folders = sorted(folder for folder in self.records.glob("[!.]*") if folder.is_dir())
        found = {folder.name: self.versions(folder.name) for folder in folders}
        return {student: versions[-1] for student, versions in found.items() if versions}

    def show(self, version: Version, name: str) -> None:
        """Put a version into grading/submitted/, where Formgrader looks: the notebook, and what nbgrader notes.

        Whatever else somebody's `collect` has put there is moved beside the record, so that nothing of it is lost and
        nothing of it is ever run.
        """
        folder = self.course.grading / "submitted" / version.student / self.assignment
        files = {name: self.content(version), "timestamp.txt": version.time.encode()}
        if version.secret:
            files["submission_secret.txt"] = version.secret.encode()
        if version.folder == COLLECTED and folder.is_dir() and {path.name for path in folder.iterdir()} - set(files):
            aside = self.records / version.student / f"{version.key} as collected"
            if not aside.exists():
                os.replace(folder, aside)
        replace_folder(folder, files)
