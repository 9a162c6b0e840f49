"""Starts a Jupyter kernel in the sandbox; jupyter_client finds it under the name in `NAME`."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import time
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import LocalProvisioner
from traitlets import List, Unicode

from nnlib.grading.trusted import sandbox

NAME = "nnlib-sandbox"
SECONDS_TO_START = 30.0
CONNECTION = f"{sandbox.RUN}/connection.json"
QUIET = ("--HistoryManager.enabled=False", "--IPKernelApp.log_level=50")
KERNEL = ("-m", "ipykernel_launcher", "-f", CONNECTION, *QUIET)
CHANNELS = ("shell", "iopub", "stdin", "hb", "control")


class SandboxProvisioner(LocalProvisioner):
    """A kernel in bubblewrap, which is reached over sockets in the sandbox's own file system: nothing is shared."""

    modules = List(Unicode(), [], help="Modules of nnlib that are visible inside").tag(config=True)
    init = 0
    """Process id of the sandbox's first process; with it, all end."""

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Choose the addresses."""
        manager = self.parent
        manager.transport, manager.ip = "ipc", f"{sandbox.RUN}/k"
        for number, channel in enumerate(CHANNELS, start=1):
            setattr(manager, f"{channel}_port", number)
        self.connection_info = manager.get_connection_info()
        return {"cmd": []}

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Start the kernel, and wait until it can be reached.

        Raises:
            SandboxError: it does not start.
        """
        plain = {
            key: value.decode() if isinstance(value, bytes) else value for key, value in self.connection_info.items()
        }
        with contextlib.ExitStack() as files:
            connection = files.enter_context(_pipe_with(json.dumps(plain).encode()))
            args = files.enter_context(_pipe_with(sandbox.arguments(self.modules, {CONNECTION: connection})))
            info, info_of_child = os.pipe()
            files.callback(os.close, info)
            try:
                self.process = subprocess.Popen(
                    sandbox.command(KERNEL, args, info_of_child),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                    pass_fds=(args, connection, info_of_child),
                    cwd="/",
                    start_new_session=True,
                )
            finally:
                os.close(info_of_child)
            self.pid = self.pgid = self.process.pid
            self.init = _child_pid(info)
        ip = f"/proc/{self.init}/root{sandbox.RUN}/k"
        self.connection_info = {**self.connection_info, "ip": ip}
        await self._listening(ip)
        return self.connection_info

    async def _listening(self, ip: str) -> None:
        end = time.monotonic() + SECONDS_TO_START
        waiting = [f"{ip}-{number}" for number in range(1, len(CHANNELS) + 1)]
        while waiting and time.monotonic() < end and self.process.poll() is None:
            if _answers(waiting[0]):
                waiting.pop(0)
            else:
                await asyncio.sleep(0.01)
        if waiting:
            await self.kill()
            said = self.process.stderr.read(2000).decode(errors="replace").strip()
            raise sandbox.SandboxError(f"The sandbox does not start. {said}")

    async def kill(self, restart: bool = False) -> None:
        """End everything inside."""
        if self.process and self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.init or self.process.pid, signal.SIGKILL)
            try:
                self.process.wait(2)
            except subprocess.TimeoutExpired:
                self.process.kill()

    async def send_signal(self, signum: int) -> None:
        """SIGKILL ends everything; the kernel gets interrupts as messages, and nothing else."""
        if signum in (signal.SIGKILL, signal.SIGTERM):
            await self.kill()

    terminate = kill


def _answers(path: str) -> bool:
    try:
        with socket.socket(socket.AF_UNIX) as probe:
            probe.connect(path)
        return True
    except OSError:
        return False


@contextlib.contextmanager
def _pipe_with(content: bytes):
    """An open file from which the content can be read once."""
    read, write = os.pipe()
    try:
        os.write(write, content)
        os.close(write)
        yield read
    finally:
        os.close(read)


def _child_pid(info: int) -> int:
    with os.fdopen(os.dup(info)) as file:
        text = file.read()
    return json.loads(text)["child-pid"] if text.strip() else 0
