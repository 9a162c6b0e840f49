"""One `course grade` at a time in a course's folder."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import click

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock, which the system gives back however this process ends.

    Raises:
        click.ClickException: another process holds it.
    """
    with path.open("a+") as file:
        try:
            if fcntl:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            else:
                import msvcrt

                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            file.seek(0)
            raise click.ClickException(
                f"Another `course grade` (process {file.read().strip() or 'unknown'}) is at work in {path.parent}. "
                "Wait until it has ended; nothing was changed by this one."
            ) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield
