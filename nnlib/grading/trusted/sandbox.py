"""Does the sandbox hold? That is tried out before it is relied on."""

import contextlib
import functools
import json
import os
import secrets
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

from nnlib.grading.trusted import bubblewrap, cgroup, wire
from nnlib.grading.trusted.bubblewrap import SandboxError as SandboxError
from nnlib.grading.trusted.kernel import CellOutput, Kernel, KernelGoneError

SECONDS = 60.0
PROBE = Path(__file__).with_name("inside") / "probe.py"


def level() -> str:
    """What confines the student's code on this machine: "bubblewrap, own uid, cgroup" is the most there is.

    Raises:
        SandboxError: nothing does.
    """
    bubblewrap.require()
    own_uid = ["own uid"] if os.getuid() == 0 else []
    return ", ".join(["bubblewrap", *own_uid, *(["cgroup"] if cgroup.parents() else [])])


@functools.cache
def proven() -> str:
    """The level, after one self-test in this process.

    Raises:
        SandboxError: there is no sandbox, or it does not hold.
    """
    return self_test()


def self_test() -> str:
    """Prove that the sandbox holds, from the inside, and name its level; see `level`.

    Raises:
        SandboxError: there is none, or it does not hold; what it lets through stands in the message.
    """
    name = level()
    try:
        with _bait() as bait:
            faults = _probed(bait)
    except (KernelGoneError, wire.WireError, ValueError, OSError) as error:
        raise SandboxError(f"The sandbox cannot be tested: {type(error).__name__}: {error}.") from None
    if faults:
        raise SandboxError(f"The sandbox does not hold: {'; '.join(faults)}. Nothing is graded.")
    return name


@contextlib.contextmanager
def _bait() -> Iterator[dict]:
    """Things outside that must not be reached: a file, a variable, two servers."""
    secret = secrets.token_hex(8)
    variable = f"COURSE_SELF_TEST_{secret}"
    with (
        tempfile.NamedTemporaryFile(prefix="course-self-test-") as file,
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.socket(socket.AF_UNIX) as abstract,
    ):
        abstract.bind(f"\0course-self-test-{secret}")
        abstract.listen()
        os.environ[variable] = "visible"
        try:
            yield {
                "files": [file.name, "/etc/passwd", "/etc/shadow", *_of_the_instructor()],
                "secret": secret,
                "port": server.getsockname()[1],
                "memory": bubblewrap.MEMORY,
                "processes": bubblewrap.PROCESSES,
                "scratch": bubblewrap.SCRATCH,
                "user": os.getuid(),
            }
        finally:
            del os.environ[variable]


def _of_the_instructor() -> list[str]:
    """What lies in the course's folder and in the home folder; of the way to Python itself, only names are visible."""
    needed = [Path(path) for path in (*bubblewrap.packages(), *bubblewrap.python_folders())]
    folders = {bubblewrap.NNLIB.parent, Path.home()}
    entries = sorted({entry for folder in folders for entry in folder.iterdir()})
    return [str(entry) for entry in entries if not any(path.is_relative_to(entry) for path in needed)][:500]


def _probed(bait: dict) -> list[str]:
    kernel = Kernel(["activations"])
    try:
        output = CellOutput()
        kernel.run_cell(f"{PROBE.read_text(encoding='utf-8')}\nreport({json.dumps(bait)!r})", SECONDS, output)
    finally:
        kernel.close()
    text = "".join(each.text for each in output.outputs if each.output_type == "stream")
    if output.failed or not text.strip():
        error = next((each for each in output.outputs if each.output_type == "error"), None)
        return [
            f"the probe did not come to its end ({error.ename}: {error.evalue})" if error else "the probe is silent"
        ]
    return [str(fault)[:200] for fault in json.loads(text)]
