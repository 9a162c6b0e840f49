"""A control group for one sandbox: what all its processes together may use, where the machine lets us make one."""

import contextlib
import os
import time
import uuid
from collections.abc import Sequence
from functools import cache
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
NAME = "course-sandbox-"
"""How the names of the groups begin; the grader's process id follows."""
SECONDS_TO_END = 5.0


@cache
def parents(root: Path = ROOT) -> tuple[Path, ...]:
    """Folders of control groups below which new ones can limit memory and number of processes; none if it cannot be.

    In version 2 that is one folder, in version 1 one for each of the two.

    Args:
        root: where control groups are mounted.
    """
    if (root / "cgroup.controllers").is_file():
        candidates = [root] if {"memory", "pids"} <= set(_words(root / "cgroup.subtree_control")) else []
    else:
        candidates = [root / "memory", root / "pids"]
    return tuple(candidates) if candidates and all(map(_can_make, candidates)) else ()


def _words(file: Path) -> list[str]:
    try:
        return file.read_text().split()
    except OSError:
        return []


def _can_make(folder: Path) -> bool:
    probe = folder / f"{NAME}{os.getpid()}-probe-{uuid.uuid4().hex}"
    try:
        probe.mkdir()
        probe.rmdir()
    except OSError:
        return False
    return True


def make(memory: int, processes: int, user: int, root: Path = ROOT) -> list[Path]:
    """Make the groups of a sandbox; an empty list if the machine does not let us.

    Groups that a grader has left which was killed are removed.

    Args:
        memory: bytes.
        processes: and threads.
        user: who may put processes into them.
        root: where control groups are mounted.
    """
    made, name = [], f"{NAME}{os.getpid()}-{uuid.uuid4().hex}"
    for parent in parents(root):
        for old in parent.glob(f"{NAME}*-*"):
            if not Path("/proc", old.name.split("-")[2]).exists():
                with contextlib.suppress(OSError):
                    old.rmdir()
        group = parent / name
        group.mkdir()
        made.append(group)
        limits = {"memory.max": memory, "memory.swap.max": 0, "memory.limit_in_bytes": memory, "pids.max": processes}
        for file, limit in {**limits, "memory.memsw.limit_in_bytes": memory}.items():
            if (group / file).exists():
                (group / file).write_text(str(limit))
        os.chown(group / "cgroup.procs", user, -1)
    return made


def ran_out_of_memory(groups: Sequence[Path]) -> bool:
    """Whether the system has ended a process of the groups since their memory was used up."""
    for group in groups:
        words = _words(group / "memory.events") + _words(group / "memory.oom_control")
        if any(name == "oom_kill" and count != "0" for name, count in zip(words[::2], words[1::2], strict=False)):
            return True
    return False


def remove(groups: Sequence[Path]) -> None:
    """Remove the groups, as soon as nothing is in them any more."""
    end = time.monotonic() + SECONDS_TO_END
    for group in groups:
        while group.exists() and time.monotonic() < end:
            with contextlib.suppress(OSError):
                group.rmdir()
                break
            time.sleep(0.01)
