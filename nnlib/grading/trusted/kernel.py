"""A Jupyter kernel for one submission: runs cells, calls functions, and may do whatever it likes meanwhile.

What it sends is read with limits: size of a message, number of messages waiting, bytes for one cell. What does not
follow the protocol is dropped. Once it runs, its sockets are never connected a second time.
"""

import asyncio
import base64
import binascii
import contextlib
import itertools
import mmap
import re
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import zmq
from jupyter_client import KernelManager
from jupyter_client.kernelspec import KernelSpec
from nbformat import NotebookNode
from nbformat.v4 import new_output

from nnlib.grading.trusted import wire
from nnlib.grading.trusted.inside.answering import MIME
from nnlib.grading.trusted.provisioner import QUIET, SandboxProvisioner

MESSAGE = 5_000_000
"""Bytes of one part of a message; a longer one ends the connection."""
WAITING = 8
"""Messages that wait to be read, on each socket."""
NEVER = 1_000_000_000
"""Milliseconds until a lost connection is tried again. libzmq's own never, -1, takes what has arrived away at once, and
libzmq aborts the whole process if just then a message of several parts is read (its issue 2163)."""
FLOOD = 20_000_000
"""Bytes that a cell may send in all."""
TEXT = 20_000
"""Characters that are kept of what a cell prints."""
IMAGES = 1_000_000
"""Bytes that are kept of its pictures."""
MEMORY = 200_000_000
"""Bytes by which the grader itself may grow while a kernel runs; then the kernel is ended."""
SECONDS_TO_STOP = 2.0
SECONDS_FOR_OUTPUT = 1.0
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f\ud800-\udfff]")


class KernelGoneError(Exception):
    """The kernel ended, or had to be ended; `reason` is "time", "flood", "memory" or "died"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass
class CellOutput:
    """What a cell left behind: text and pictures, within limits."""

    outputs: list[NotebookNode] = field(default_factory=list)
    failed: bool = False
    text_left: int = TEXT
    images_left: int = IMAGES

    def add(self, kind: str, content: dict) -> None:
        """Keep what is text or a PNG picture, as far as there is room."""
        if kind == "stream":
            self._stream("stderr" if content.get("name") == "stderr" else "stdout", self._cut(content.get("text")))
        elif kind in ("display_data", "execute_result"):
            data = content.get("data")
            kept = self._data(data) if isinstance(data, dict) else {}
            if kept:
                self.outputs.append(new_output("display_data", data=kept))
        elif kind == "error":
            self.failed = True
            trace = content.get("traceback")
            lines = [self._cut(line) for line in trace[-50:]] if isinstance(trace, list) else []
            words = {"ename": self._cut(content.get("ename"))[:100], "evalue": self._cut(content.get("evalue"))[:1000]}
            self.outputs.append(new_output("error", **words, traceback=lines))

    def _stream(self, name: str, text: str) -> None:
        last = self.outputs[-1] if self.outputs else None
        if last and last.output_type == "stream" and last.name == name:
            last.text += text
        elif text:
            self.outputs.append(new_output("stream", name=name, text=text))

    def _data(self, data: dict) -> dict[str, str]:
        kept = {}
        picture = _png(data.get("image/png"), self.images_left)
        if picture:
            self.images_left -= len(picture)
            kept["image/png"] = picture
        text = self._cut(data.get("text/plain"))
        if text:
            kept["text/plain"] = text
        return kept

    def _cut(self, text: Any) -> str:
        if not isinstance(text, str) or not self.text_left:
            return ""
        text = CONTROL.sub("\N{REPLACEMENT CHARACTER}", text[: self.text_left])
        self.text_left -= len(text)
        return text if self.text_left else f"{text}\n[... and more]\n"


def _png(data: Any, room: int) -> str:
    """The picture in base64 as it was sent, "" if it is none or too large."""
    if not isinstance(data, str) or len(data) > room:
        return ""
    try:
        raw = base64.b64decode("".join(data.split()), validate=True)
    except (binascii.Error, ValueError):
        return ""
    return base64.b64encode(raw).decode("ascii") if raw.startswith(b"\x89PNG\r\n\x1a\n") else ""


class _Guard(threading.Thread):
    """Ends the kernel when the grader's own memory grows, whatever it is that the kernel sends."""

    def __init__(self, end: Callable[[], None], watch: Callable[[], None]) -> None:
        super().__init__(daemon=True)
        self._end, self._watch, self._done = end, watch, threading.Event()
        self._most = _resident() + MEMORY
        self.struck = False

    def run(self) -> None:
        """Look every now and then, at the kernel's own memory less often."""
        for tick in itertools.count(1):
            if self._done.wait(0.02):
                return
            if _resident() > self._most:
                self.struck = True
                self._end()
                return
            if tick % 10 == 0:
                self._watch()

    def stop(self) -> None:
        """Look no more."""
        self._done.set()
        self.join()


def _finished(coroutine: Coroutine) -> Any:
    """Run it to its end, in a thread of its own: in this one, a loop may be running already."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


def _resident() -> int:
    """Bytes of memory that this process has now; 0 where the system does not say."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * mmap.PAGESIZE
    except OSError:
        return 0


class _Manager(KernelManager):
    """A kernel manager that leaves nothing on the disk."""

    def write_connection_file(self, **_options: Any) -> None:
        """The kernel gets it through an open file."""

    def cleanup_ipc_files(self) -> None:
        """The sockets lie in the sandbox, and are gone with it."""


class Kernel:
    """A kernel, in a sandbox or, if told so, without one.

    Args:
        modules: of nnlib, that are visible inside.
        sandboxed: whether it runs in a sandbox.

    Raises:
        SandboxError: there is none.
    """

    def __init__(self, modules: Iterable[str], sandboxed: bool = True) -> None:
        self._context = zmq.Context()
        for option, number in {zmq.MAXMSGSIZE: MESSAGE, zmq.RCVHWM: WAITING, zmq.LINGER: 0}.items():
            self._context.setsockopt(option, number)
        self._context.setsockopt(zmq.SNDTIMEO, 1000)
        self._closing = contextlib.ExitStack()
        self._guard: _Guard | None = None
        try:
            self._manager = self._start_sandboxed(modules) if sandboxed else self._start_plain()
            self._client = self._manager.client(context=self._context)
            self._client.start_channels(shell=True, iopub=True, stdin=False, hb=False, control=False)
            self._shell, self._iopub = self._client.shell_channel.socket, self._client.iopub_channel.socket
            self._wait_until_ready()
        except BaseException:
            self.close()
            raise

    def _start_sandboxed(self, modules: Iterable[str]) -> KernelManager:
        self._context.setsockopt(zmq.RECONNECT_IVL, NEVER)
        manager = _Manager(context=self._context, transport="ipc")
        spec = KernelSpec(argv=[], display_name="sandbox", language="python", interrupt_mode="signal")
        manager._kernel_spec = spec
        manager.provisioner = SandboxProvisioner(kernel_spec=spec, parent=manager, modules=list(modules))
        # not by the manager: it would send messages to the kernel before
        self._closing.callback(manager.provisioner.end)
        _finished(manager._async_start_kernel())
        self._running, self._interrupt = lambda: manager.provisioner.running, manager.provisioner.interrupt
        self._guard = _Guard(manager.provisioner.strike, manager.provisioner.watch)
        self._guard.start()
        self._closing.callback(self._guard.stop)
        return manager

    def _start_plain(self) -> KernelManager:
        folder = self._closing.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
        manager = KernelManager(context=self._context, connection_file=f"{folder}/connection.json")
        argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", *QUIET]
        manager._kernel_spec = KernelSpec(argv=argv, display_name="plain", language="python")
        self._closing.callback(lambda: _finished(manager._async_shutdown_kernel(now=True)))
        _finished(manager._async_start_kernel(cwd=folder))
        process = manager.provisioner.process
        self._running = lambda: process.poll() is None
        self._interrupt = lambda: _finished(manager.provisioner.send_signal(signal.SIGINT))
        return manager

    def close(self) -> None:
        """End the kernel and all that it has started."""
        with contextlib.suppress(AttributeError):
            self._client.stop_channels()
            self._manager._close_control_socket()
        self._closing.close()
        self._context.destroy(linger=0)

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._running()

    def run_cell(self, source: str, seconds: float, output: CellOutput) -> None:
        """Run a cell; what it shows is added to `output`.

        Raises:
            KernelGoneError: it ended the kernel, or could not be ended without it.
        """
        sent = self._execute(source)
        if self._collect(sent, seconds, output) is None:
            self._interrupt()
            if self._collect(sent, SECONDS_TO_STOP, output) is None:
                raise KernelGoneError("time")

    def ask(self, expression: str, seconds: float) -> Any:
        """The value of an expression, of the form that `answering` makes.

        Raises:
            KernelGoneError: there is no answer in time.
            WireError: the answer is none.
        """
        module = f"__import__('nnlib.grading.trusted.inside.answering', fromlist=['']).{expression}"
        sent = self._execute("", silent=True, store_history=False, user_expressions={"r": module})
        reply = self._collect(sent, seconds, None)
        if reply is None:
            raise KernelGoneError("time")
        try:
            return wire.decode(reply["user_expressions"]["r"]["data"][MIME])
        except (LookupError, TypeError):
            raise wire.WireError("no reply of the form that was asked for") from None

    def _execute(self, source: str, **options: Any) -> str:
        """Ask the kernel to run something; a kernel that takes in nothing any more is as good as gone."""
        try:
            return self._client.execute(source, allow_stdin=False, stop_on_error=False, **options)
        except zmq.Again:
            raise KernelGoneError("died") from None

    def _collect(self, sent: str, seconds: float, output: CellOutput | None) -> dict | None:
        """Read messages until the reply is there, and the outputs before it; None if it does not come in time."""
        end, left = time.monotonic() + seconds, FLOOD
        reply, idle = None, output is None
        while reply is None or not idle:
            for size, channel, message in self._messages(min(end - time.monotonic(), 0.5)):
                left -= size
                if left < 0:
                    raise KernelGoneError("flood")
                kind, content = _of(message, sent)
                if channel is self._shell and kind == "execute_reply":
                    reply = content
                    end = min(end, time.monotonic() + SECONDS_FOR_OUTPUT)
                elif channel is self._iopub and kind == "status":
                    idle = idle or content.get("execution_state") == "idle"
                elif channel is self._iopub and kind and output is not None:
                    output.add(kind, content)
            if reply is None and not self.alive:
                raise KernelGoneError(self._why())
            if time.monotonic() > end:
                break
        return reply

    def _why(self) -> str:
        if self._guard and self._guard.struck:
            return "flood"
        return "memory" if getattr(self._manager.provisioner, "out_of_memory", False) else "died"

    def _messages(self, seconds: float) -> Iterator[tuple[int, zmq.Socket, dict]]:
        """What arrives within so many seconds: size, socket, message."""
        session = self._client.session
        for channel, _ in self._poller.poll(max(seconds, 0) * 1000):
            with contextlib.suppress(zmq.Again):
                parts = channel.recv_multipart(zmq.NOBLOCK)
                size = sum(map(len, parts))
                message = {}
                # whatever is wrong with what somebody sends, it is only not read
                with contextlib.suppress(Exception):
                    _, parts = session.feed_identities(parts)
                    message = session.deserialize(parts)
                yield size, channel, message

    def _wait_until_ready(self) -> None:
        self._poller = zmq.Poller()
        self._poller.register(self._shell, zmq.POLLIN)
        self._poller.register(self._iopub, zmq.POLLIN)
        for _ in range(60):
            sent = self._client.kernel_info()
            end = time.monotonic() + 0.5
            answered = heard = False
            while time.monotonic() < end and not (answered and heard):
                for _, channel, message in self._messages(0.5):
                    heard = heard or channel is self._iopub
                    answered = answered or _of(message, sent)[0] == "kernel_info_reply"
            if answered and heard:
                return
            if not self.alive:
                break
        raise KernelGoneError("died")


def _of(message: dict, sent: str) -> tuple[str, dict]:
    """Kind and content of a message that answers the one sent; "" if it does not."""
    try:
        kind, content = message["header"]["msg_type"], message["content"]
        answers = message["parent_header"].get("msg_id") == sent
    except (LookupError, TypeError, AttributeError):
        return "", {}
    return (kind, content) if answers and isinstance(kind, str) and isinstance(content, dict) else ("", {})
