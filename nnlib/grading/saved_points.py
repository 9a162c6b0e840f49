"""The student's points in a file that people can read, beside the notebook: progress.json.

They are for the student's eyes only: no grader reads this file.
"""

import contextlib
import errno
import json
import math
import os
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import IO

try:
    import fcntl
except ImportError:  # Windows
    import msvcrt

FILE = "progress.json"
LOCK = ".progress.lock"
PATIENCE = 2.0
"""Seconds to wait while another notebook writes."""
LOCKED = {errno.EACCES, errno.EAGAIN, errno.EWOULDBLOCK, errno.EDEADLK}
"""What a system says of a lock that somebody else holds; anything else means that there are no locks here."""


@dataclass(frozen=True)
class Points:
    """What is known of a question.

    Attributes:
        points, possible: of the last check.
        best: the most that any check has given.
        checks: how many there were.
        time: of the last check, with its offset from UTC.
    """

    points: float
    possible: float
    best: float
    checks: int
    time: str

    def then(self, later: "Points") -> "Points":
        """The sum of these checks and of later ones.

        >>> Points(2, 3, 2, 1, "09:00").then(Points(1, 3, 1, 4, "10:00"))
        Points(points=1, possible=3, best=2, checks=5, time='10:00')
        """
        return replace(later, best=max(self.best, later.best), checks=self.checks + later.checks)


def one_check(points: float, possible: float) -> Points:
    """A check of this moment."""
    return Points(points, possible, points, 1, datetime.now().astimezone().isoformat(" ", "seconds"))


def merged(earlier: Mapping[str, Points], later: Mapping[str, Points]) -> dict[str, Points]:
    """Both, question by question."""
    return {**earlier, **{name: earlier[name].then(new) if name in earlier else new for name, new in later.items()}}


def read(folder: Path) -> dict[str, Points]:
    """What the file in this folder holds: question -> points; nothing if there is none.

    Raises:
        ValueError: the file is damaged.
        OSError: it cannot be read.
    """
    try:
        text = (folder / FILE).read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    try:
        return {name: _points(entry) for name, entry in json.loads(text).items()}
    except (TypeError, LookupError, AttributeError, OverflowError, RecursionError) as error:
        raise ValueError(f"{FILE} is not what a check writes: {error}") from None


def add(folder: Path, new: Mapping[str, Points]) -> str:
    """Add checks to the file in this folder.

    A kill at any moment leaves the old file or the new one, and of two notebooks in one folder none loses the other's
    checks. A damaged file is set aside.

    Returns:
        A sentence to the student if a file was set aside, else "".

    Raises:
        OSError: it cannot be written; the old file is as it was.
    """
    with _locked(folder):
        sentence = ""
        try:
            earlier = read(folder)
        except ValueError:
            earlier, aside = {}, _free_name(folder)
            os.replace(folder / FILE, aside)
            sentence = f"{FILE} could not be read: it is kept as {aside.name}, and your points are counted anew."
        _write(folder / FILE, _text(merged(earlier, new)))
    return sentence


def _points(entry: Mapping) -> Points:
    numbers = [float(entry[key]) for key in ("points", "possible", "best")]
    if not all(map(math.isfinite, numbers)):
        raise ValueError("points are finite numbers")
    return Points(*numbers, int(entry["checks"]), str(entry["time"]))


def _text(points: Mapping[str, Points]) -> str:
    """JSON with a line for each question."""
    lines = [f"  {json.dumps(name)}: {json.dumps(asdict(entry))}" for name, entry in points.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _write(path: Path, text: str) -> None:
    """The whole file or nothing: written under another name, put on the disk, renamed."""
    for left in path.parent.glob(f".{path.name}.*.new"):  # of a notebook that was killed here
        left.unlink(missing_ok=True)
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with new.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, path)
    finally:
        new.unlink(missing_ok=True)


def _free_name(folder: Path) -> Path:
    """A dated name that is not taken yet."""
    dated = f"progress_damaged_{datetime.now():%Y-%m-%d_%H-%M-%S}"
    name, number = folder / f"{dated}.json", 2
    while name.exists():
        name, number = folder / f"{dated}_{number}.json", number + 1
    return name


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One process after the other. The system frees the lock of a process that is killed.

    In a browser there are no locks, and one kernel for a notebook.

    Raises:
        TimeoutError: another process holds it all the time.
    """
    if sys.platform == "emscripten":
        yield
        return
    with (folder / LOCK).open("a") as file:
        deadline = time.monotonic() + PATIENCE
        while not _lock(file):
            if time.monotonic() > deadline:
                raise TimeoutError(f"another notebook has been writing {FILE} for {PATIENCE:g} s")
            time.sleep(0.01)
        try:
            yield
        finally:
            if os.name == "nt":
                msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)


def _lock(file: IO[str]) -> bool:
    """Whether the lock is ours now, or there are none on this file system."""
    try:
        if os.name == "nt":
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in LOCKED
    return True
