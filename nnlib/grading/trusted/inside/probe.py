"""Tries to get out of the sandbox; runs inside, as a student's code does, and reports what it could do."""

import contextlib
import ctypes
import errno
import glob
import importlib.util
import json
import os
import signal
import socket
import sys

CLONE_NEWUSER = 0x10000000
DERIVATIVES = ("torch", "jax", "autograd", "sklearn", "nnlib.backprop", "nnlib.grading.questions", "nnlib.course")


def report(bait: str) -> None:
    """Print the list of faults.

    Args:
        bait: what must not be reached.
    """
    bait = json.loads(bait)
    checks = (files, environments, network, writing, privileges, namespaces, hidden, scratch, memory, processes)
    print(json.dumps([fault for check in checks for fault in check(bait)]))


def files(bait: dict) -> list[str]:
    """Files and folders of the outside."""
    return [f"{path} can be seen" for path in bait["files"] if os.path.exists(path)]


def environments(bait: dict) -> list[str]:
    """Variables of other processes, or other processes at all."""
    faults = []
    for process in glob.glob("/proc/[0-9]*"):
        for name in ("environ", "cmdline"):
            with contextlib.suppress(OSError), open(f"{process}/{name}") as file:
                if bait["secret"] in file.read():
                    faults.append("the environment of the grader can be read")
    if len(glob.glob("/proc/[0-9]*")) > 10:
        faults.append("other processes can be seen")
    return faults


def network(bait: dict) -> list[str]:
    """Servers of the outside."""
    faults = []
    for family, address in (
        (socket.AF_INET, ("127.0.0.1", bait["port"])),
        (socket.AF_UNIX, f"\0course-self-test-{bait['secret']}"),
    ):
        with contextlib.suppress(OSError), socket.socket(family) as attempt:
            attempt.settimeout(2)
            attempt.connect(address)
            faults.append(f"a server outside can be reached ({family.name})")
    if {name for _, name in socket.if_nameindex()} - {"lo"}:
        faults.append("there is a network")
    return faults


def writing(bait: dict) -> list[str]:
    """Files that can be written where none should."""
    faults = []
    for folder in ("/", "/usr", "/usr/lib", "/etc", "/dev", "/proc/sys/kernel", *sys.path):
        path = os.path.join(folder, "course-self-test")
        if folder:
            with contextlib.suppress(OSError), open(path, "w"):
                faults.append(f"{folder} can be written to")
                os.remove(path)
    return faults


def privileges(bait: dict) -> list[str]:
    """Rights that the kernel should not have."""
    with open("/proc/self/status") as file:
        status = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
    faults = [
        f"it has capabilities ({name})" for name in ("CapPrm", "CapEff", "CapBnd", "CapAmb") if int(status[name], 16)
    ]
    if status["NoNewPrivs"] != "1":
        faults.append("it may get new privileges")
    if os.getuid() == 0 or (bait["user"] == 0 and os.stat("/usr/bin").st_uid == os.getuid()):
        faults.append("it runs as root")
    return faults


def namespaces(bait: dict) -> list[str]:
    """A further user namespace, in which it would have all capabilities."""
    child = os.fork()
    if child == 0:
        os._exit(ctypes.CDLL(None).unshare(CLONE_NEWUSER) == 0)
    _, status = os.waitpid(child, 0)
    return ["it can make a user namespace"] if status else []


def hidden(bait: dict) -> list[str]:
    """Packages that would answer the questions."""
    faults = []
    for name in DERIVATIVES:
        with contextlib.suppress(ImportError):
            if importlib.util.find_spec(name):
                faults.append(f"{name} can be imported")
    top = {name.partition(".")[0] for name in DERIVATIVES} - {"nnlib"}
    for path in sys.path:
        faults += [f"{path}/{name} is there" for name in sorted(top & set(os.listdir(path or ".")))]
    return faults


def scratch(bait: dict) -> list[str]:
    """More files than there is room for."""
    faults = []
    for folder in (os.path.expanduser("~"), "/tmp", "/dev/shm"):
        written = 0
        path = os.path.join(folder, "course-self-test")
        try:
            for number in range(20):
                with open(f"{path}-{number}", "wb") as file:
                    written += file.write(bytes(bait["scratch"] // 8))
        except OSError:
            pass
        for number in range(20):
            with contextlib.suppress(OSError):
                os.remove(f"{path}-{number}")
        if written > bait["scratch"]:
            faults.append(f"{folder} has no limit")
    return faults


def memory(bait: dict) -> list[str]:
    """More memory than it may have."""
    try:
        bytearray(bait["memory"] + 100_000_000)
    except MemoryError:
        return []
    return ["its memory has no limit"]


def processes(bait: dict) -> list[str]:
    """More processes than it may have."""
    children = []
    try:
        for _ in range(bait["processes"] + 20):
            child = os.fork()
            if child == 0:
                signal.pause()
            children.append(child)
    except OSError as error:
        return [] if error.errno == errno.EAGAIN else [f"no limit of processes: {error}"]
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
    return ["the number of its processes has no limit"]
