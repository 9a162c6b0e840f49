"""What nbgrader says while it works, kept instead of printed."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from traitlets.log import get_logger


class CapturedLog(logging.Handler):
    """Keeps every message."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one message."""
        self.messages.append(f"[{record.levelname}] {record.getMessage()}")

    def text(self) -> str:
        """All messages."""
        return "\n".join(self.messages)

    def reason(self) -> str:
        """The last line of the last traceback, else of the last message: the nearest thing to why it failed."""
        tracebacks = [message for message in self.messages if "Traceback (most recent call last)" in message]
        last = (tracebacks or self.messages or [""])[-1]
        return last.strip().splitlines()[-1] if last.strip() else ""


@contextmanager
def captured_log() -> Iterator[CapturedLog]:
    """Take over nbgrader's log for a while."""
    logger, handler = get_logger(), CapturedLog()
    propagate, level = logger.propagate, logger.level
    logger.addHandler(handler)
    logger.propagate = False
    logger.setLevel(logging.INFO)
    try:
        yield handler
    finally:
        logger.removeHandler(handler)
        logger.propagate, logger.level = propagate, level
