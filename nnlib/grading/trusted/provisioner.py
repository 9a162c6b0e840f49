"""Starts a Jupyter kernel in the sandbox; jupyter_client finds it under the name nnlib-sandbox."""

import asyncio
import atexit
import contextlib
import json
import mmap
import os
import select
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import KernelProvisionerBase
from traitlets import List, Unicode

from nnlib.grading.trusted import bubblewrap, cgroup

SECONDS_TO_START = 60.0
SECONDS_TO_END = 10.0
QUIET = ("--HistoryManager.enabled=False", "--IPKernelApp.log_level=50")
CHANNELS = ("shell", "iopub", "stdin", "hb", "control")


class Warm:
    """The warm process, from which kernels are forked; one for each grader, started at the first need."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen | None = None
        self._control: socket.socket | None = None
        self._owner = 0
        self.user = 0
        """Whose number it and the kernels run under."""
        self._ending: list[threading.Thread] = []

    def start_kernel(self, modules: list[str], connection: dict, groups: Sequence[Path]) -> tuple[int, int]:
        """Start a kernel in a new sandbox.

        Args:
            modules: of nnlib, that are visible inside.
            connection: as it stands in a connection file.
            groups: control groups that everything in it belongs to.

        Returns:
            (process id of the sandbox's first process, of the kernel).

        Raises:
            SandboxError: it does not start.
        """
        with self._lock:
            try:
                return self._asked(modules, connection, groups)
            except OSError:  # it has ended: another one
                self._close()
                self._open()
                return self._asked(modules, connection, groups)

    def ready(self) -> None:
        """Start it, if it does not run.

        Raises:
            SandboxError: there is no bubblewrap.
        """
        bubblewrap.require()
        with self._lock:
            if self._owner != os.getpid() or self._process.poll() is not None:
                self._open()

    def forget(self, init: int, groups: Sequence[Path]) -> None:
        """Take over a sandbox that has been killed: its file system may take a moment to go.

        Args:
            init: open process file of its first process.
            groups: its control groups.
        """
        self._ending = [thread for thread in self._ending if thread.is_alive()]
        self._ending.append(threading.Thread(target=_tidy_up, args=(init, groups), daemon=True))
        self._ending[-1].start()

    def _asked(self, modules: list[str], connection: dict, groups: Sequence[Path]) -> tuple[int, int]:
        request = {
            "bubblewrap": bubblewrap.arguments(modules),
            "limits": bubblewrap.limits(self.user),
            "groups": list(map(str, groups)),
            "environment": bubblewrap.environment(),
            "path": bubblewrap.search_path(),
            "home": bubblewrap.HOME,
            "connection_file": f"{bubblewrap.RUN}/connection.json",
            "connection": connection,
            "kernel": QUIET,
        }
        self._control.send(json.dumps(request).encode())
        answer = self._control.recv(10_000)
        if not answer:
            said = self._process.stderr.read(2000).decode(errors="replace").strip()
            self._close()
            raise bubblewrap.SandboxError(f"The sandbox does not start: {said}")
        answer = json.loads(answer)
        if "error" in answer:
            raise bubblewrap.SandboxError(f"The sandbox does not start: {answer['error']}")
        return answer["init"], answer["kernel"]

    def _open(self) -> None:
        self._owner = os.getpid()
        self.user = bubblewrap.free_uid() if os.getuid() == 0 else os.getuid()
        self._control, other_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control.settimeout(SECONDS_TO_START)
        with other_end:
            self._process = subprocess.Popen(
                bubblewrap.warm_command(self.user, other_end.fileno()),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                pass_fds=[other_end.fileno()],
                cwd="/",
                start_new_session=True,
            )

    def close(self) -> None:
        """End it, and every kernel with it."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        if self._owner != os.getpid() or self._process is None:
            return
        for thread in self._ending:
            thread.join(SECONDS_TO_END)
        self._control.close()
        try:
            self._process.wait(2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stderr.close()
        self._owner = 0


WARM = Warm()
atexit.register(WARM.close)


class SandboxProvisioner(KernelProvisionerBase):
    """A kernel in bubblewrap, which is reached over sockets in the sandbox's own file system: nothing is shared."""

    modules = List(Unicode(), [], help="Modules of nnlib that are visible inside").tag(config=True)

    _init = -1
    _kernel = -1
    _groups: tuple[Path, ...] = ()
    _namespace = ""
    _too_large = False

    @property
    def has_process(self) -> bool:
        """Whether there is a kernel, alive or not."""
        return self._kernel >= 0

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Choose the addresses."""
        manager = self.parent
        manager.transport, manager.ip = "ipc", f"{bubblewrap.RUN}/k"
        for number, channel in enumerate(CHANNELS, start=1):
            setattr(manager, f"{channel}_port", number)
        self.connection_info = manager.get_connection_info()
        return await super().pre_launch(cmd=[], **kwargs)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Start the kernel, and wait until it can be reached.

        Raises:
            SandboxError: it does not start.
        """
        info = self.connection_info
        WARM.ready()
        self._groups = cgroup.make(bubblewrap.MEMORY, bubblewrap.PROCESSES, WARM.user)
        plain = {key: value.decode() if isinstance(value, bytes) else value for key, value in info.items()}
        init, kernel = WARM.start_kernel(list(self.modules), plain, self._groups)
        ip = f"/proc/{init}/root{bubblewrap.RUN}/k"
        with contextlib.suppress(OSError):
            self._namespace = os.readlink(f"/proc/{init}/ns/pid")
            self._init = os.pidfd_open(init)
            self._kernel = os.pidfd_open(kernel)
        await self._listening(ip)
        self.connection_info = {**info, "ip": ip}
        return self.connection_info

    async def _listening(self, ip: str) -> None:
        end = time.monotonic() + SECONDS_TO_START
        waiting = [f"{ip}-{number}" for number in range(1, len(CHANNELS) + 1)]
        while waiting and time.monotonic() < end and self.running:
            if _answers(waiting[0]):
                waiting.pop(0)
            else:
                await asyncio.sleep(0.005)
        if waiting:
            self.end()
            raise bubblewrap.SandboxError("The sandbox's kernel does not start.")

    async def poll(self) -> int | None:
        """None while the kernel runs."""
        return None if self.running else 0

    @property
    def running(self) -> bool:
        """Whether the kernel runs."""
        return not _ended(self._kernel)

    def interrupt(self) -> None:
        """Interrupt the kernel, as Ctrl-C does."""
        _send(self._kernel, signal.SIGINT)

    def strike(self) -> None:
        """Kill everything inside, without waiting."""
        _send(self._init, signal.SIGKILL)

    def end(self) -> None:
        """End everything inside, and wait until nothing runs any more."""
        ran = self.running
        self.strike()
        # the first process of a sandbox ends with it; all others get their signal at the same moment as the kernel
        for file in (self._kernel,) if ran else (self._init,):
            if file >= 0:
                select.select([file], [], [], SECONDS_TO_END)
        if self._kernel >= 0:
            os.close(self._kernel)
        if self._init >= 0:
            WARM.forget(self._init, self._groups)
        else:
            cgroup.remove(self._groups)
        self._init = self._kernel = -1
        self._groups = ()

    @property
    def out_of_memory(self) -> bool:
        """Whether the kernel was ended since the sandbox's memory was used up."""
        return self._too_large or cgroup.ran_out_of_memory(self._groups)

    def watch(self) -> None:
        """Where no control group limits the memory of all processes together, end them when it is used up."""
        if not self._groups and self._init >= 0 and _memory_of(self._namespace) > bubblewrap.MEMORY:
            self._too_large = True
            self.strike()

    async def wait(self) -> int | None:
        """Wait until the kernel has ended."""
        while self.running:
            await asyncio.sleep(0.005)
        return 0

    async def send_signal(self, signum: int) -> None:
        """An interrupt goes to the kernel; what ends a process ends everything."""
        if signum == signal.SIGINT:
            self.interrupt()
        elif signum in (signal.SIGKILL, signal.SIGTERM):
            self.strike()

    async def kill(self, restart: bool = False) -> None:
        """End everything inside."""
        self.strike()

    async def terminate(self, restart: bool = False) -> None:
        """End everything inside."""
        self.strike()

    async def cleanup(self, restart: bool = False) -> None:
        """End everything inside, and wait until nothing is left."""
        self.end()


def _memory_of(namespace: str) -> int:
    """Bytes of memory of all processes of a process namespace; at most what each of them says by itself."""
    processes = [
        process for process in os.listdir("/proc") if process.isdigit() and _namespace_of(process) == namespace
    ]
    total = sum(map(_resident, processes))
    # forks share memory, which takes longer to find out
    return total if total < bubblewrap.MEMORY else sum(map(_proportional, processes))


def _namespace_of(process: str) -> str:
    with contextlib.suppress(OSError):  # another user's, or just ended
        return os.readlink(f"/proc/{process}/ns/pid")
    return ""


def _resident(process: str) -> int:
    with contextlib.suppress(OSError), open(f"/proc/{process}/statm") as file:
        return int(file.read().split()[1]) * mmap.PAGESIZE
    return 0


def _proportional(process: str) -> int:
    with contextlib.suppress(OSError), open(f"/proc/{process}/smaps_rollup") as file:
        return sum(int(line.split()[1]) * 1024 for line in file if line.startswith("Pss:"))
    return 0


def _tidy_up(init: int, groups: Sequence[Path]) -> None:
    select.select([init], [], [], SECONDS_TO_END)
    os.close(init)
    cgroup.remove(groups)


def _send(process: int, number: int) -> None:
    if process >= 0:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(process, number)


def _ended(process: int) -> bool:
    """Whether the process of an open process file has ended; there is none if the number is negative."""
    return process < 0 or bool(select.select([process], [], [], 0)[0])


def _answers(path: str) -> bool:
    try:
        with socket.socket(socket.AF_UNIX) as probe:
            probe.connect(path)
        return True
    except OSError:
        return False
