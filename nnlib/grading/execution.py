"""Runs an answer on given arguments, and comes back whatever the answer does."""

import contextlib
import ctypes
import io
import linecache
import signal
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FrameType, FunctionType, TracebackType
from typing import Any

import numpy as np

PRINTED_AT_MOST = 200
MESSAGE_AT_MOST = 160
BYTES_COPIED_AT_MOST = 10_000_000
ENTRIES_COPIED_AT_MOST = 10_000
ALARM_AGAIN = 0.1


@dataclass(frozen=True)
class Failure:
    """How a call ended that did not return.

    Attributes:
        kind: the name of the exception, or "time limit".
        message: its text, shortened.
        line: the line of the answer where it happened, "" if unknown.
        function: the function which that line is in.
    """

    kind: str
    message: str = ""
    line: str = ""
    function: str = ""


@dataclass(frozen=True)
class Outcome:
    """What a call left behind, as plain data, so that it may come from another process.

    Attributes:
        value: what was returned, copied.
        failure: None if it returned.
        arguments: the arguments as they are after the call.
        printed: the first characters that it printed.
        warnings: the texts of the warnings raised.
        seconds: how long it took.
    """

    value: Any = None
    failure: Failure | None = None
    arguments: tuple = ()
    printed: str = ""
    warnings: tuple[str, ...] = ()
    seconds: float = 0.0


def run(answer: Callable, arguments: tuple, seconds: float) -> Outcome:
    """Call the answer on a copy of the arguments; nothing that it does gets out but the outcome.

    Args:
        answer: the function to call.
        arguments: plain data; left as they are.
        seconds: after which the call is stopped.

    >>> run(lambda x: x + 1, (2,), seconds=1).value
    3
    >>> run(lambda x: 1 / x, (0,), seconds=1).failure.kind
    'ZeroDivisionError'
    """
    arguments = copied(arguments)
    printed = _FirstCharacters(PRINTED_AT_MOST)
    value, failure, caught = None, None, []
    start = time.perf_counter()
    try:
        with (
            contextlib.redirect_stdout(printed),
            contextlib.redirect_stderr(printed),
            warnings.catch_warnings(record=True) as caught,
            np.errstate(all="warn", under="ignore"),
        ):
            warnings.simplefilter("default")
            with _time_limit(seconds):
                value = _call(answer, arguments)
            value = _kept(value)
    # SystemExit and KeyboardInterrupt too: the student's exit() must not end the notebook
    except BaseException as error:
        failure = _failure(error, answer.__module__ if isinstance(answer, FunctionType) else None)
    return Outcome(
        value=value,
        failure=failure,
        arguments=arguments,
        printed=printed.text,
        warnings=tuple(dict.fromkeys(str(warning.message) for warning in caught)),
        seconds=time.perf_counter() - start,
    )


def _call(answer: Callable, arguments: tuple) -> Any:
    """The frame below which the answer's own code runs: only there may the time limit strike."""
    return answer(*arguments)


def copied(value: Any) -> Any:
    """Plain data with its arrays, lists and dicts copied.

    >>> weights = [np.zeros(1)]
    >>> copied(weights)[0] is weights[0]
    False
    """
    if isinstance(value, np.ndarray):
        return np.array(value)
    if isinstance(value, (list, tuple)):
        return type(value)(map(copied, value))
    if isinstance(value, dict):
        return {key: copied(entry) for key, entry in value.items()}
    return value


class _FirstCharacters(io.TextIOBase):
    """A text stream that keeps the beginning and drops the rest."""

    def __init__(self, limit: int) -> None:
        self.text = ""
        self._limit = limit

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.text += text[: self._limit - len(self.text)]
        return len(text)


def _kept(value: Any, depth: int = 4) -> Any:
    """Plain data copied, so that later calls cannot change it; what is too large or too deep stays as it is."""
    if depth and type(value) in (list, tuple) and len(value) <= ENTRIES_COPIED_AT_MOST:
        return type(value)(_kept(entry, depth - 1) for entry in value)
    if depth and type(value) is dict:
        return {key: _kept(entry, depth - 1) for key, entry in value.items()}
    if isinstance(value, np.ndarray) and value.nbytes <= BYTES_COPIED_AT_MOST:
        return np.array(value)
    return value


def _failure(error: BaseException, module: str | None) -> Failure:
    kind = "time limit" if isinstance(error, _TimeLimitReached) else type(error).__name__
    message = " ".join(str(error).split())
    if len(message) > MESSAGE_AT_MOST:
        message = message[:MESSAGE_AT_MOST] + " ..."
    return Failure(kind, message, *_place(error.__traceback__, module))


def _place(trace: TracebackType | None, module: str | None) -> tuple[str, str]:
    """The innermost line that belongs to the answer's own module, and its function."""
    line, function = "", ""
    for frame, number in traceback.walk_tb(trace):
        if frame.f_globals.get("__name__") == module:
            function = frame.f_code.co_name
            line = linecache.getline(frame.f_code.co_filename, number).strip()
    return line, function


class _TimeLimitReached(BaseException):
    """Not an Exception, so that an answer's `except Exception` does not catch it."""


@contextlib.contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Stop what runs inside after so many seconds.

    A signal, where there is one, also ends a call that sleeps or computes outside Python. Elsewhere (Windows, another
    thread) a second thread raises the exception in this one, between two steps of Python. In a browser, which has
    neither, each line of the call looks at the clock.
    """
    if sys.platform == "emscripten":
        limit = _clock(seconds)
    elif hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread():
        limit = _alarm(seconds)
    else:
        limit = _watchdog(seconds)
    with limit:
        yield


def _running(frame: FrameType | None) -> list[FrameType]:
    """The frames of the answer, innermost first; none if the call has not begun or is over."""
    frames = []
    while frame:
        frames.append(frame)
        if frame.f_code is _call.__code__:
            return frames
        frame = frame.f_back
    return []


@contextlib.contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    def stop(_signal: int, frame: FrameType | None) -> None:
        running = _running(frame)
        if running:
            # a bare `except:` catches this exception, but not the second one, raised at a line of its own block
            sys.settrace(_raise_at_the_next_line)
            for each in running:
                each.f_trace = _raise_at_the_next_line
            raise _TimeLimitReached

    previous, tracing = signal.signal(signal.SIGALRM, stop), sys.gettrace()
    signal.setitimer(signal.ITIMER_REAL, seconds, ALARM_AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
        sys.settrace(tracing)


def _raise_at_the_next_line(_frame: FrameType, event: str, _argument: Any) -> Callable | None:
    if event == "line":
        raise _TimeLimitReached
    return None if event == "call" else _raise_at_the_next_line


@contextlib.contextmanager
def _watchdog(seconds: float) -> Iterator[None]:
    identifier, done = threading.get_ident(), threading.Event()
    thread = ctypes.c_ulong(identifier)

    def watch() -> None:
        wait = seconds
        while not done.wait(wait):
            if _running(sys._current_frames().get(identifier)):
                ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, ctypes.py_object(_TimeLimitReached))
            wait = ALARM_AGAIN

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


@contextlib.contextmanager
def _clock(seconds: float) -> Iterator[None]:
    """Python ends the tracing that raises. It begins anew when a bare `except:` of the answer drops the exception.

    An answer that catches and keeps all exceptions escapes.
    """
    deadline, tracing, over = time.perf_counter() + seconds, sys.gettrace(), False

    class Dropped(_TimeLimitReached):
        def __del__(self) -> None:
            if not over:
                for each in _running(sys._getframe(1)):
                    each.f_trace = look
                sys.settrace(look)

    def look(frame: FrameType, _event: str, _argument: Any) -> Callable:
        if time.perf_counter() > deadline and _running(frame):
            raise Dropped
        return look

    sys.settrace(look)
    try:
        yield
    finally:
        over = True
        sys.settrace(tracing)
