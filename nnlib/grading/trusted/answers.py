"""The student's cells and functions, in a kernel that may end at any moment: then another one takes its place."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from nnlib.grading.execution import Failure, Outcome
from nnlib.grading.trusted import wire
from nnlib.grading.trusted.kernel import CellOutput, Kernel, KernelGoneError
from nnlib.grading.trusted.notebook import Cell

SECONDS_OF_A_CELL = 20.0
SECONDS_OF_ALL = 240.0
SECONDS_OF_A_QUESTION = 10.0
"""For finding out what a name stands for, and on top of the time of each call."""
TEXT = 300
"""Characters of each text that comes with an outcome."""
GONE = {
    "time": Failure("time limit"),
    "died": Failure("SystemExit"),
    "memory": Failure("MemoryError"),
    "flood": Failure("OutputLimit", "it prints without end"),
}


class SetUpError(RuntimeError):
    """The notebook's own set-up does not run: a fault of the course."""


class TimeUpError(RuntimeError):
    """The whole submission has taken too long."""


class Remote:
    """Stands for a function in the kernel; only `Answers.run` can call it."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, *_arguments: Any) -> Any:
        """Not here."""
        raise TypeError(f"{self.name} lives in the kernel")


@dataclass(frozen=True)
class Found:
    """What the kernel says a name stands for.

    Attributes:
        kind: "function", "value", "missing", "unsendable" (the value is then why), "gone" (the reason).
        value: the value; of a function, the names that it uses.
    """

    kind: str
    value: Any = None


class Answers:
    """A submission's cells, run in a kernel, and its functions called there.

    Args:
        cells: of the notebook, in order.
        start: makes a kernel.
    """

    def __init__(self, cells: Sequence[Cell], start: Callable[[], Kernel]) -> None:
        self.outputs: dict[str, CellOutput] = {}
        self.left_out: dict[str, str] = {}
        """Cell -> how it ended the kernel."""
        self._cells = [cell for cell in cells if cell.runs]
        self._start = start
        self._kernel: Kernel | None = None
        self._end = time.monotonic() + SECONDS_OF_ALL
        self._ahead: deque[tuple[str, Outcome]] = deque()
        self._gone: Failure | None = None
        self._called: set[str] = set()  # whatever has been called in this kernel

    def close(self) -> None:
        """End the kernel."""
        if self._kernel:
            self._kernel.close()
        self._kernel = None

    def prepare(self) -> None:
        """Have a kernel in which the cells have run; those that end it are left out.

        Raises:
            SetUpError: the notebook's own cells do not run.
            TimeUpError: it takes too long.
        """
        while self._kernel is None:
            self._kernel, self._called = self._start(), set()
            try:
                self._run_cells()
            except KernelGoneError:
                self.close()
            except BaseException:
                self.close()
                raise

    def _run_cells(self) -> None:
        own_ran = False
        for cell in self._cells:
            if cell.id in self.left_out:
                continue
            output = CellOutput()
            try:
                self._kernel.run_cell(cell.source, self._seconds(SECONDS_OF_A_CELL), output)
            except KernelGoneError as gone:
                if cell.role == "set-up" and not own_ran:
                    raise SetUpError(f"cell {cell.name} ended the kernel ({gone.reason})") from None
                self.outputs[cell.id], self.left_out[cell.id] = output, gone.reason
                raise
            self.outputs[cell.id] = output
            if cell.role == "set-up" and output.failed and not own_ran:
                error = next(each for each in output.outputs if each.output_type == "error")
                raise SetUpError(f"cell {cell.name} stops: {error.ename} {error.evalue}")
            own_ran = own_ran or cell.role != "set-up"

    def _seconds(self, most: float) -> float:
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeUpError(f"it took more than {SECONDS_OF_ALL:g} seconds")
        return min(most, left)

    def find(self, name: str) -> Found:
        """What a name stands for in the kernel; if that has just ended, in another one."""
        for _ in range(2):
            self.prepare()
            try:
                reply = self._kernel.ask(f"kind({name!r})", self._seconds(SECONDS_OF_A_QUESTION))
                break
            except KernelGoneError as gone:
                self.close()
                reason = gone.reason
                if reason == "time":
                    return Found("gone", reason)
            except wire.WireError as error:
                return Found("unsendable", str(error))
        else:
            return Found("gone", reason)
        match reply:
            case ("missing",):
                return Found("missing")
            case ("value", value):
                return Found("value", value)
            case ("function", list(names)):
                return Found("function", [each for each in names if isinstance(each, str)])
            case ("unsendable", str(reason)):
                return Found("unsendable", _short(reason))
        return Found("unsendable", "it is nothing that can be sent")

    def begin(self, remote: Remote, ahead: Iterable[tuple] = (), seconds: float = 10.0) -> None:
        """Begin a question: call the answer on these arguments at once, which is faster than one by one.

        Args:
            remote: the answer.
            ahead: the arguments of the calls that `run` will be asked for.
            seconds: for all of them together.
        """
        self._gone = None
        calls = list(ahead)
        outcomes = self._call(remote, calls, seconds)
        self._ahead = deque(zip(map(wire.encode, calls), outcomes, strict=False))

    def run(self, remote: Remote, arguments: tuple, seconds: float) -> Outcome:
        """Call an answer in the kernel; a `Run` of the judge's.

        Args:
            remote: the answer.
            arguments: plain data.
            seconds: after which the call is stopped.
        """
        key = wire.encode(arguments)
        if self._ahead and self._ahead[0][0] == key:
            return self._ahead.popleft()[1]
        return self._call(remote, [arguments], seconds)[-1]

    def _call(self, remote: Remote, calls: Sequence[tuple], seconds: float) -> list[Outcome]:
        """The outcomes of some calls, one after the other; the last one may be that the time was up."""
        if self._gone or not calls:
            return [Outcome(failure=self._gone)]
        self.prepare()
        text, start = wire.encode(list(calls)), time.monotonic()
        seconds = self._seconds(seconds)
        others = self._called - {remote.name}
        self._called.add(remote.name)
        try:
            replies = self._kernel.ask(f"call({remote.name!r}, {text!r}, {seconds!r})", seconds + SECONDS_OF_A_QUESTION)
        except KernelGoneError as gone:
            self.close()
            if others and gone.reason != "time":  # one of them may have ended it, a moment later: now by itself
                return self._call(remote, calls, seconds)
            self._gone = GONE[gone.reason]
            return [Outcome(failure=self._gone, seconds=time.monotonic() - start)]
        except wire.WireError:
            replies = None
        each = (time.monotonic() - start) / len(calls)
        if not isinstance(replies, list) or not 0 < len(replies) <= len(calls):
            return [_no_outcome(each)]
        outcomes = [_outcome(reply, arguments, each) for reply, arguments in zip(replies, calls, strict=False)]
        ended = outcomes[-1].failure
        if ended and ended.kind == GONE["time"].kind:
            # it was stopped in the middle of something: the next question gets a fresh kernel
            self.close()
        return outcomes


def _no_outcome(seconds: float) -> Outcome:
    return Outcome(failure=Failure("ValueError", "what the function returns cannot be read"), seconds=seconds)


def _outcome(reply: Any, arguments: tuple, seconds: float) -> Outcome:
    """An outcome from what the kernel says of one call; the time is the grader's own."""
    try:
        words, value, after, printed, warned, _ = wire.decode(reply)
        failure = None if words is None else Failure(*map(_short, words))
        notes = {"printed": _short(printed), "warnings": tuple(map(_short, warned))}
    except (wire.WireError, ValueError, TypeError):
        return _no_outcome(seconds)
    # a call that failed may leave no arguments; then nothing is said about them
    if not isinstance(after, tuple) or len(after) != len(arguments):
        failure, after = failure or Failure("ValueError", "the arguments cannot be read"), arguments
    return Outcome(value=value, failure=failure, arguments=after, seconds=seconds, **notes)


def _short(text: Any) -> str:
    if not isinstance(text, str):
        raise TypeError("not a text")
    return "".join(sign if sign.isprintable() or sign == "\n" else " " for sign in text[:TEXT])
