"""The secret seed of an assignment, and the seed of each submission, which follows from it."""

import hashlib
import os
import secrets

from nnlib.course.paths import Course


def assignment_seed(course: Course, assignment: str) -> str:
    """The assignment's secret seed in grading/seeds/, made once: who knows it can foresee the inputs of the checks."""
    path = course.grading / "seeds" / assignment
    path.parent.mkdir(mode=0o700, exist_ok=True)
    if not path.exists():
        new = path.with_name(f".{assignment}.new")
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_hex(16))
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, path)
    return path.read_text().strip()


def submission_seed(secret: str, sha256: str) -> int:
    """The seed of a submission: from the assignment's and the submission's own bytes, so that it is the same each time.

    Example:
        >>> submission_seed("secret", "0f")
        1586389904
    """
    return int.from_bytes(hashlib.sha256(f"{secret}:{sha256}".encode()).digest()[:4], "big")
