"""What a student's code can see and use up: bubblewrap's command line.

The file system inside is made of nothing but what is named here, all of it read-only: the system's libraries, Python,
the packages that a kernel needs, the part of nnlib that the exercise imports. Home and /tmp are small, empty, and gone
at the end. There is no network, no other process, and no environment of the instructor's.
"""

import ast
import os
import pwd
import random
import re
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from types import MappingProxyType

from packaging.requirements import Requirement

NNLIB = Path(__file__).resolve().parents[2]
KERNEL_NEEDS = ("ipykernel", "numpy", "matplotlib", "tqdm")
"""Packages that answers may use; they come with what they require themselves, and nothing else does."""
HOME = "/home/student"
PACKAGES = "/course/packages"
RUN = "/run/kernel"
SYSTEM = ("/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libx32", "/usr/bin")
LINKED = ("/bin", "/lib", "/lib32", "/lib64", "/libx32")
FILES = ("/etc/ld.so.cache", "/etc/alternatives", "/usr/share/zoneinfo")
MEGABYTE = 1_000_000
SCRATCH = 64 * MEGABYTE
"""Bytes that fit into home and /tmp together."""
LIMITS = {"as": 3_000 * MEGABYTE, "cpu": 300, "fsize": 32 * MEGABYTE, "core": 0, "nofile": 256}
"""Of each process; prlimit's names."""
PROCESSES = 100
"""Processes and threads in one sandbox."""
OWN_UIDS = range(61184, 65520)
"""Where root takes an unprivileged user from; as systemd does for its dynamic users."""
MOUNT = """mount -t tmpfs -o size=1m,mode=755 tmpfs /mnt
while [ "$1" != -- ]; do mkdir -p "$2"; mount --bind "$1" "$2"; shift 2; done
shift
exec "$@"
"""
PATH = "/usr/bin:/bin:/usr/sbin:/sbin"
NO_BUBBLEWRAP = (
    "Submissions are run in bubblewrap's sandbox, which is not here. On Debian and Ubuntu: sudo apt install bubblewrap. "
    "On macOS there is none, on Windows use WSL2. To run submissions with your own rights, say --unsandboxed: "
    "each grade then records the level 'none'."
)


class SandboxError(RuntimeError):
    """There is no sandbox, or it does not hold; in words for the instructor."""


def bubblewrap() -> str:
    """Where bubblewrap is.

    Raises:
        SandboxError: it is nowhere.
    """
    found = shutil.which("bwrap") if sys.platform == "linux" else None
    if found is None:
        raise SandboxError(NO_BUBBLEWRAP)
    return found


def command(argv: Sequence[str], args: int, info: int) -> list[str]:
    """The command that runs Python in a new sandbox.

    Root takes another user first, whom nobody else is. That user may not be able to pass root's own folders, so they
    are mounted under /mnt before, where nobody outside sees them.

    Args:
        argv: Python's arguments.
        args: open file, from which bubblewrap reads its own arguments; see `arguments`.
        info: open file, into which it writes the process id of the sandbox.

    Raises:
        SandboxError: there is no bubblewrap.
    """
    user = _free_uid() if os.getuid() == 0 else os.getuid()
    limits = {**LIMITS, "nproc": processes_of(user) + PROCESSES}
    inner = ["prlimit", *(f"--{name}={limit}" for name, limit in limits.items()), "--"]
    inner += [bubblewrap(), "--args", str(args), "--info-fd", str(info), "--", python(), *argv]
    if user != os.getuid():
        inner = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "--no-new-privs", "--", *inner]
        mounts = [part for source, target in _mounted().items() for part in (source, target)]
        inner = [
            "unshare",
            "--mount",
            "--propagation",
            "private",
            "--",
            "sh",
            "-ec",
            MOUNT,
            "sh",
            *mounts,
            "--",
            *inner,
        ]
    return ["/usr/bin/env", "-i", f"PATH={PATH}", *inner]


@cache
def _mounted() -> dict[str, str]:
    """Folders outside the system's, and where root mounts them."""
    folders = {str(NNLIB), *(str(Path(source).parent) for source in {**python_files(), **packages()})}
    return {folder: f"/mnt/{number}" for number, folder in enumerate(sorted(folders))}


def _source(path: str) -> str:
    """Where bubblewrap finds a file or folder."""
    if os.getuid() == 0:
        for folder, mounted in _mounted().items():
            if Path(path).is_relative_to(folder):
                return str(mounted / Path(path).relative_to(folder))
    return path


def _free_uid() -> int:
    """A number that no user has."""
    while True:
        uid = random.choice(OWN_UIDS)
        try:
            pwd.getpwuid(uid)
        except KeyError:
            return uid


def arguments(modules: Iterable[str], files: Mapping[str, int] = MappingProxyType({})) -> bytes:
    """Bubblewrap's own arguments, each ended by a zero byte.

    Args:
        modules: of nnlib, that are visible inside: "activations"; "" for the whole core.
        files: path inside -> open file with its content.
    """
    options = ["--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent", "--new-session"]
    options += ["--clearenv", "--hostname", "kernel", "--proc", "/proc", "--dev", "/dev"]
    for path in LINKED:
        if os.path.islink(path):
            options += ["--symlink", os.readlink(path), path]
        else:
            options += ["--ro-bind-try", path, path]
    for path in (*SYSTEM, *FILES):
        options += ["--ro-bind-try", path, path]
    for path in hidden():
        options += ["--tmpfs", path, "--remount-ro", path]
    for source, target in {**python_files(), **packages(), **course(frozenset(modules))}.items():
        options += ["--ro-bind", _source(source), target]
    for path in masked_in_python():
        options += ["--tmpfs", path, "--remount-ro", path]
    for path in (HOME, "/tmp", "/dev/shm", RUN):
        options += ["--perms", "0700", "--size", str(SCRATCH // 4), "--tmpfs", path]
    for path, file in files.items():
        options += ["--file", str(file), path]
    options += ["--remount-ro", "/dev", "--remount-ro", "/"]
    options += ["--chdir", HOME]
    for name, value in environment().items():
        options += ["--setenv", name, value]
    return b"".join(os.fsencode(option) + b"\0" for option in options)


def environment() -> dict[str, str]:
    """The variables inside; one thread each, so that the same numbers give the same result to the last bit."""
    return {
        "HOME": HOME,
        "PATH": PATH,
        "LANG": "C.UTF-8",
        "PYTHONPATH": PACKAGES,
        "PYTHONDONTWRITEBYTECODE": "1",
        "LD_LIBRARY_PATH": "/python/lib",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
    }


@cache
def python() -> str:
    """Python's path inside."""
    executable = _base_executable()
    return str(executable) if executable.is_relative_to("/usr/bin") else f"/python/bin/{executable.name}"


def _base_executable() -> Path:
    return Path(getattr(sys, "_base_executable", sys.executable)).resolve()


@cache
def python_files() -> dict[str, str]:
    """Where Python's own files are, and where they appear inside: under /python, so that no home folder is named."""
    executable = _base_executable()
    if executable.is_relative_to("/usr/bin"):
        return {}
    base = executable.parents[1]
    return {str(executable): python(), str(base / "lib"): "/python/lib"}


@cache
def hidden() -> tuple[str, ...]:
    """Folders of packages in the system's Pythons."""
    return tuple(sorted(str(path) for path in Path("/usr/lib").glob("python*/*-packages")))


@cache
def masked_in_python() -> tuple[str, ...]:
    """The same in Python's own folder, as they appear inside."""
    return tuple(
        f"{target}/{path.relative_to(source)}"
        for source, target in python_files().items()
        for path in sorted(Path(source).glob("python*/*-packages"))
    )


@cache
def packages() -> dict[str, str]:
    """The folders and files of the packages that a kernel needs, and where they appear inside."""
    found, waiting, seen = {}, list(KERNEL_NEEDS), set()
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if name in seen:
            continue
        seen.add(name)
        try:
            package = distribution(name)
        except PackageNotFoundError:  # an optional one, of another system
            continue
        for file in package.files or ():
            top = file.parts[0]
            if top not in ("..", "__pycache__"):
                found[str(package.locate_file(top))] = f"{PACKAGES}/{top}"
        requirements = map(Requirement, package.requires or ())
        waiting += [each.name for each in requirements if each.marker is None or each.marker.evaluate({"extra": ""})]
    return found


@cache
def course(modules: frozenset[str]) -> dict[str, str]:
    """The files of nnlib that are visible inside, and where."""
    inside = NNLIB / "grading" / "trusted" / "inside"
    files = {
        NNLIB / "grading" / "execution.py": "nnlib/grading/execution.py",
        inside / "course.py": "nnlib/grading/__init__.py",
        inside.parent / "__init__.py": "nnlib/grading/trusted/__init__.py",
        inside.parent / "wire.py": "nnlib/grading/trusted/wire.py",
        inside / "__init__.py": "nnlib/grading/trusted/inside/__init__.py",
        inside / "answering.py": "nnlib/grading/trusted/inside/answering.py",
        inside / "hidden.py": "sitecustomize.py",
    }
    if "" in modules:
        files |= {path: f"nnlib/{path.name}" for path in NNLIB.glob("*.py")}
        files[NNLIB / "datasets"] = "nnlib/datasets"
    else:
        files[inside / "core.py"] = "nnlib/__init__.py"
        for module in _with_what_they_import(modules):
            files[NNLIB / f"{module}.py"] = f"nnlib/{module}.py"
    return {str(source): f"{PACKAGES}/{target}" for source, target in files.items()}


def _with_what_they_import(modules: Iterable[str]) -> set[str]:
    found, waiting = set(), list(modules)
    while waiting:
        module = waiting.pop()
        file = NNLIB / f"{module}.py"
        if module not in found and file.is_file():
            found.add(module)
            waiting += imported(file.read_text(encoding="utf-8"))
    return found


def imported(source: str) -> set[str]:
    """The modules of nnlib that a piece of code imports; "" for nnlib itself.

    >>> sorted(imported("from nnlib.activations import relu\\nimport nnlib.data, numpy"))
    ['activations', 'data']
    >>> imported("from nnlib import Network")
    {''}
    """
    found = set()
    for node in ast.walk(ast.parse(source)):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module]
        found |= {f"{name}.".split(".")[1] for name in names if name.split(".")[0] == "nnlib"}
    return found


def processes_of(uid: int) -> int:
    """How many processes and threads a user has: the limit counts these, too."""
    count = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if process.stat().st_uid == uid:
                count += len(os.listdir(process / "task"))
        except OSError:  # it has just ended
            continue
    return count


def level() -> str:
    """What confines the student's code on this machine.

    Raises:
        SandboxError: nothing does.
    """
    bubblewrap()
    return "bubblewrap, own uid" if os.getuid() == 0 else "bubblewrap"


def self_test() -> str:
    """Prove that the sandbox holds, and name its level; see `level`.

    Raises:
        SandboxError: there is none, or it does not hold.
    """
    return level()
