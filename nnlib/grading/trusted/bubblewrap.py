"""What a student's code can see and use up: bubblewrap's arguments, and the limits.

The file system inside is made of nothing but what is named here, all of it read-only: the system's libraries, Python,
the packages that a kernel needs, the part of nnlib that the exercise imports. Home and /tmp are small, empty, and gone
at the end. There is no network, no other process, and no environment of the instructor's.
"""

import ast
import os
import random
import re
import shutil
import sys
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

NNLIB = Path(__file__).resolve().parents[2]
KERNEL_NEEDS = ("ipykernel", "numpy", "matplotlib", "tqdm")
"""Packages that answers may use; they come with what they require themselves, and nothing else does."""
HOME = "/home/student"
COURSE = "/course"
"""Where nnlib is, inside."""
RUN = "/run/kernel"
SYSTEM = ("/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libx32", "/usr/bin")
LINKED = ("/bin", "/lib", "/lib32", "/lib64", "/libx32")
FILES = ("/etc/ld.so.cache", "/etc/alternatives", "/usr/share/zoneinfo")
MEGABYTE = 1_000_000
SCRATCH = 16 * MEGABYTE
"""Bytes that fit into each of the folders that can be written to."""
MEMORY = 1_500 * MEGABYTE
"""Bytes of the whole sandbox, where there are control groups; else of each process's data."""
LIMITS = {
    "RLIMIT_AS": 4_000 * MEGABYTE,
    "RLIMIT_DATA": MEMORY,
    "RLIMIT_CPU": 300,
    "RLIMIT_FSIZE": 16 * MEGABYTE,
    "RLIMIT_CORE": 0,
    "RLIMIT_NOFILE": 256,
    "RLIMIT_MEMLOCK": 0,
    "RLIMIT_MSGQUEUE": 0,
}
"""Of each process."""
PROCESSES = 64
"""Processes and threads in one sandbox."""
OWN_UIDS = range(61184, 65520)
"""Where root takes an unprivileged user from; as systemd does for its dynamic users."""
PATH = "/usr/bin:/bin:/usr/sbin:/sbin"
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""So that the same numbers give the same result to the last bit."""
MOUNT = """mount -t tmpfs -o size=1m,mode=755 tmpfs /mnt
while [ "$1" != -- ]; do mkdir -p "$2"; mount --bind "$1" "$2"; shift 2; done
shift
exec "$@"
"""
NO_BUBBLEWRAP = (
    "Submissions are run in bubblewrap's sandbox, which is not here. On Debian and Ubuntu: "
    "sudo apt install bubblewrap. On macOS there is none, on Windows use WSL2. To run submissions with your own "
    "rights, say --unsandboxed: each grade then records the level 'none'."
)


class SandboxError(RuntimeError):
    """There is no sandbox, or it does not hold; in words for the instructor."""


def require() -> str:
    """Where bubblewrap is.

    Raises:
        SandboxError: it is nowhere.
    """
    found = shutil.which("bwrap") if sys.platform == "linux" else None
    if found is None:
        raise SandboxError(NO_BUBBLEWRAP)
    return found


def free_uid() -> int:
    """A number that no user has."""
    import pwd  # not there on Windows, where students' code can still run unsandboxed

    while True:
        uid = random.choice(OWN_UIDS)
        try:
            pwd.getpwuid(uid)
        except KeyError:
            return uid


def warm_command(user: int, control: int) -> list[str]:
    """The command that starts the warm process.

    Root gives it a user of its own, which may not be able to pass root's folders; so they are mounted under /mnt
    before, where nobody outside sees them.

    Args:
        user: whose number it runs under.
        control: open socket over which it is asked.
    """
    variables = [f"{name}={value}" for name, value in {"PATH": PATH, **ONE_THREAD}.items()]
    program = seen(str(Path(__file__).with_name("warm.py")))
    command = [python(), "-I", "-S", "-B", "-X", "utf8", program, str(control), *package_folders()]
    if user != os.getuid():
        command = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "--no-new-privs", "--", *command]
        mounts = [part for pair in _mounted().items() for part in pair]
        mount = ["unshare", "--mount", "--propagation", "private", "--", "sh", "-ec", MOUNT, "sh", *mounts, "--"]
        command = [*mount, *command]
    return ["/usr/bin/env", "-i", *variables, *command]


@cache
def _mounted() -> dict[str, str]:
    """Folders outside the system's, and where root mounts them."""
    folders = {str(NNLIB), *python_folders(), *(str(Path(path).parent) for path in packages())}
    return {folder: f"/mnt/{number}" for number, folder in enumerate(sorted(folders))}


def seen(path: str) -> str:
    """A file or folder's path as the warm process sees it; the same inside the sandbox."""
    if os.getuid() == 0:
        for folder in sorted(_mounted(), key=len, reverse=True):
            if Path(path).is_relative_to(folder):
                return str(Path(_mounted()[folder]) / Path(path).relative_to(folder))
    return path


def arguments(modules: Iterable[str]) -> list[str]:
    """Bubblewrap's arguments.

    Args:
        modules: of nnlib, that are visible inside: "activations"; "" for the whole core.
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
    for path in map(seen, python_folders()):
        options += ["--ro-bind", path, path]
    for path in _folders_of_other_packages():
        options += ["--tmpfs", path]
    for path in map(seen, packages()):
        options += ["--ro-bind", path, path]
    for path in _folders_of_other_packages():
        options += ["--remount-ro", path]
    for source, target in course(frozenset(modules)).items():
        options += ["--ro-bind", seen(source), target]
    for path in (HOME, "/tmp", "/dev/shm", RUN):
        options += ["--perms", "0700", "--size", str(SCRATCH), "--tmpfs", path]
    return [*options, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", HOME]


def environment() -> dict[str, str]:
    """The variables inside."""
    path = os.pathsep.join([COURSE, *package_folders()])
    own = {"HOME": HOME, "PATH": PATH, "LANG": "C.UTF-8", "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    return own | ONE_THREAD


def search_path() -> list[str]:
    """Where Python looks for modules inside."""
    base = _base_executable().parents[1]
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    stdlib = base / "lib" / version
    return [COURSE, *map(seen, [str(stdlib), str(stdlib / "lib-dynload")]), *package_folders()]


def limits(user: int) -> dict[str, int]:
    """The limits of each process, by the names of the module `resource`.

    Args:
        user: whose processes they are: the limit of their number counts all that this user has.
    """
    return {**LIMITS, "RLIMIT_NPROC": processes_of(user) + PROCESSES}


def python() -> str:
    """Python itself, without the virtual environment."""
    return seen(str(_base_executable()))


def _base_executable() -> Path:
    return Path(getattr(sys, "_base_executable", sys.executable)).resolve()


@cache
def python_folders() -> tuple[str, ...]:
    """Python's own folders, if they are not the system's."""
    base = _base_executable().parents[1]
    return () if base == Path("/usr") else (str(base / "bin"), str(base / "lib"))


@cache
def _folders_of_other_packages() -> tuple[str, ...]:
    """Folders inside in which packages lie that are not meant to be there."""
    folders = ["/usr/lib", *python_folders()]
    found = {path for folder in folders for path in Path(folder).glob("python*/*-packages")}
    return tuple(sorted({*map(seen, map(str, found)), *package_folders()}))


@cache
def package_folders() -> tuple[str, ...]:
    """The folders of the packages that a kernel needs, as they are seen inside."""
    return tuple(sorted({str(Path(seen(path)).parent) for path in packages()}))


@cache
def packages() -> tuple[str, ...]:
    """The folders and files of the packages that a kernel needs."""
    found, waiting, known = set(), list(KERNEL_NEEDS), set()
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if name in known:
            continue
        known.add(name)
        try:
            package = distribution(name)
        except PackageNotFoundError:  # an optional one, of another system
            continue
        files = package.files or ()
        tops = {file.parts[0] for file in files if not file.parts[0].endswith(".dist-info")} - {"..", "__pycache__"}
        # each costs a mount; what a package says about itself is needed only where it names plug-ins
        tops |= {file.parts[0] for file in files if file.name == "entry_points.txt"}
        found |= {str(package.locate_file(top)) for top in tops}
        requirements = map(Requirement, package.requires or ())
        waiting += [each.name for each in requirements if each.marker is None or each.marker.evaluate({"extra": ""})]
    return tuple(sorted(found))


@cache
def course(modules: frozenset[str]) -> dict[str, str]:
    """The files of nnlib that are visible inside, and where."""
    inside = NNLIB / "grading" / "trusted" / "inside"
    files = {
        NNLIB / "grading" / "execution.py": "grading/execution.py",
        NNLIB / "grading" / "names.py": "grading/names.py",
        inside / "course.py": "grading/__init__.py",
        inside.parent / "__init__.py": "grading/trusted/__init__.py",
        inside.parent / "wire.py": "grading/trusted/wire.py",
        inside / "__init__.py": "grading/trusted/inside/__init__.py",
        inside / "answering.py": "grading/trusted/inside/answering.py",
        inside / "hidden.py": "grading/trusted/inside/hidden.py",
    }
    if "" in modules:
        files |= {path: path.name for path in NNLIB.glob("*.py")}
        files[NNLIB / "datasets"] = "datasets"
    else:
        files[inside / "core.py"] = "__init__.py"
        files |= {NNLIB / f"{module}.py": f"{module}.py" for module in _with_what_they_import(modules)}
    return {str(source): f"{COURSE}/nnlib/{target}" for source, target in files.items()}


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

    >>> sorted(imported("from nnlib.activations import relu; import nnlib.data, numpy"))
    ['activations', 'data']
    >>> imported("from nnlib import Network")
    {''}
    """
    found = set()
    for node in ast.walk(ast.parse(source)):
        names: Sequence[str] = ()
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module]
        found |= {f"{name}.".split(".")[1] for name in names if name.split(".")[0] == "nnlib"}
    return found


def processes_of(user: int) -> int:
    """How many processes and threads a user has."""
    count = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if process.stat().st_uid == user:
                count += len(os.listdir(process / "task"))
        except OSError:  # it has just ended
            continue
    return count
