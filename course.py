"""Set the course up in .venv, then run its command: python3 course.py [VERB] [ARGUMENTS]

It needs nothing but Python. Its syntax is that of Python 3.6, so that an old Python can say that it is too old.
"""

import contextlib
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

OLDEST = (3, 11)
ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
SUFFIX = ".exe" if os.name == "nt" else ""
PYTHON, UV, COURSE = [BIN / (name + SUFFIX) for name in ("python", "uv", "course")]
LOCKS = ROOT / "locks"
STAMP = VENV / "course-stamp.txt"
NO_NETWORK = re.compile("connect|timed out|dns error|name resolution|unreachable", re.IGNORECASE)


class SetUpError(Exception):
    """What is missing, in one sentence for the user."""


def fingerprint(*parts: bytes) -> str:
    """A short name for this content."""
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def report(what: str, detail: str = "", end: str = "\n") -> None:
    """Show a stage of the set-up on one line, which a terminal overwrites."""
    if sys.stderr.isatty():
        columns = shutil.get_terminal_size().columns - 1
        sys.stderr.write("\r" + (what + detail)[:columns].ljust(columns) + end)
    elif end == "\n":
        sys.stderr.write(what + detail + "\n")
    sys.stderr.flush()


def run_stage(what: str, *command: object) -> None:
    """Run one command of the set-up; its latest line of output is shown as progress."""
    started = time.monotonic()
    lines = []
    # not in the course's folder: `exclude-newer` in pyproject.toml is for resolving, and needs dates which mirrors lack
    process = subprocess.Popen(
        [str(part) for part in command],
        cwd=ROOT.anchor,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    report(what, " ...", end="")
    with process:
        for line in filter(None, map(str.strip, process.stdout)):
            lines.append(line)
            report(what, ": " + line, end="")
    if process.returncode:
        report(what, ": failed")
        sys.stderr.write("".join("    " + line + "\n" for line in lines[-8:]))
        if NO_NETWORK.search("\n".join(lines)):
            raise SetUpError(
                "The package index cannot be reached: check the network "
                "(a proxy: set HTTPS_PROXY; a mirror: set PIP_INDEX_URL and UV_DEFAULT_INDEX), then start again."
            )
        raise SetUpError("The set-up stopped here; what the installer said stands above.")
    report(what, ": {:.0f} s".format(time.monotonic() - started))


def make_venv() -> None:
    """Make an empty .venv; one that is half made, moved, or of another Python is replaced."""
    if not all(map(importlib.util.find_spec, ["venv", "ensurepip"])):
        raise SetUpError("Python's venv module is not complete: on Debian and Ubuntu, sudo apt install python3-venv")
    import venv

    what = "Making .venv for Python {}.{}".format(*sys.version_info)
    report(what, " ...", end="")
    try:
        venv.EnvBuilder(clear=True, symlinks=os.name != "nt", with_pip=True).create(VENV)
    except OSError as error:
        raise SetUpError("Cannot write {}: {}.".format(error.filename or VENV, error.strerror)) from None
    except subprocess.CalledProcessError as error:
        raise SetUpError("Python could not install pip into .venv:\n" + error.output.decode(errors="replace")) from None
    report(what, ": done")


def set_up(verb: str) -> None:
    """Bring .venv to the state of the locks, unless its stamp says that it is there.

    The stamp is written last and removed first, so an interrupted set-up begins again with a new .venv.
    """
    place = fingerprint(sys.version.encode(), os.fsencode(sys.base_prefix), os.fsencode(ROOT))
    sources = [ROOT / "pyproject.toml", *sorted(LOCKS.glob("*.txt"))]
    content = fingerprint(*[source.read_bytes() for source in sources])
    old = STAMP.read_text().split() if STAMP.exists() and COURSE.exists() else []
    extent = "test" if verb in {"test", "site"} or "test" in old else "run"
    new = [place, content, extent]
    if old == new:
        return
    if place not in old:
        make_venv()
    else:
        STAMP.unlink()
    lock = LOCKS / (extent + ".txt")
    pip = [PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "--require-hashes"]
    run_stage("Installing uv", *pip, "-r", LOCKS / "uv.txt")
    sync = [UV, "pip", "sync", "--python", PYTHON, "--require-hashes", "--compile-bytecode"]
    run_stage("Installing the packages", *sync, lock)
    # uv builds the project itself, from what it has at hand: no build environment, so nothing that no lock covers
    editable = ["--no-deps", "--no-build-isolation", "--editable", ROOT]
    run_stage("Installing the course", UV, "pip", "install", "--python", PYTHON, *editable)
    STAMP.write_text("\n".join(new) + "\n")


def hand_over(arguments: list) -> None:
    """Become the course's own command (on Windows: run it, for a process cannot become another there)."""
    command = [str(COURSE), *arguments]
    if os.name != "nt":
        os.execv(command[0], command)
    process = subprocess.Popen(command)
    while process.returncode is None:
        with contextlib.suppress(KeyboardInterrupt):  # it went to the command too, which is now ending
            process.wait()
    sys.exit(process.returncode)


def main() -> None:
    """Check, set up, hand over."""
    if sys.version_info < OLDEST:
        sys.exit("The course needs Python {}.{} or newer; this is {}.{}.".format(*OLDEST + sys.version_info[:2]))
    try:
        set_up(sys.argv[1] if len(sys.argv) > 1 else "lab")
    except SetUpError as error:
        sys.exit("\n{}".format(error))
    except OSError as error:
        sys.exit("\nCannot write {}: {}.".format(error.filename or VENV, error.strerror))
    except KeyboardInterrupt:
        sys.exit("\nStopped in the middle of the set-up. The next start begins it again.")
    hand_over(sys.argv[1:])


if __name__ == "__main__":
    main()
