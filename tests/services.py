"""A PostgreSQL and a Slurm for the tests: started on loopback in a temporary folder, stopped by process id."""

import contextlib
import getpass
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest


def need(*programs: str, package: str) -> None:
    """Say clearly that programs are not here; on CI that is a failure, since .ci/run installs them."""
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        words = f"{', '.join(missing)} is not installed here: on Debian and Ubuntu, sudo apt install {package}"
        if os.environ.get("CI"):
            pytest.fail(words)
        pytest.skip(words)


def free_port() -> int:
    """A port on loopback on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(condition: Callable[[], object], seconds: float, what: str) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


def as_user(name: str) -> dict:
    """Options of subprocess by which a program runs as an unprivileged user, when the tests run as root."""
    if os.getuid() != 0:
        return {}
    user = pwd.getpwnam(name)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


@contextlib.contextmanager
def stopping(process: subprocess.Popen, seconds: float = 10) -> Iterator[subprocess.Popen]:
    """A process that is ended at the end."""
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def postgresql() -> Iterator[str]:
    """The URL of an empty database in a PostgreSQL of its own."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    programs = {name: str(found[-1] / name) if found else shutil.which(name) for name in ("initdb", "postgres")}
    if not all(programs.values()):
        need("initdb", "postgres", package="postgresql")
    user = as_user("postgres")
    # not in pytest's own folder, which nobody but the tests' user may enter
    with tempfile.TemporaryDirectory() as name, (Path(name) / "log").open("w") as log:
        folder, data, said = Path(name), Path(name) / "data", Path(name) / "log"
        data.mkdir(mode=0o700)
        if user:
            folder.chmod(0o755)
            os.chown(data, user["user"], user["group"])
        options = {"stdout": log, "stderr": log, "cwd": "/", **user}
        made = subprocess.run([programs["initdb"], "-A", "trust", "-U", "course", "--no-sync", "-D", data], **options)
        assert made.returncode == 0, said.read_text()
        port = free_port()
        arguments = ["-D", data, "-h", "127.0.0.1", "-p", str(port), "-k", "", "-F"]
        with stopping(subprocess.Popen([programs["postgres"], *arguments], **options)) as process:
            wait_until(
                lambda: process.poll() is not None or "ready to accept connections" in said.read_text(),
                60,
                "PostgreSQL does not start",
            )
            assert process.poll() is None, said.read_text()
            yield f"postgresql+psycopg://course@127.0.0.1:{port}/postgres"


SLURM = """
ClusterName=course
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmdPort={node}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CryptoType=crypto/munge
SlurmUser={user}
SlurmdUser={user}
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
InactiveLimit=0
KillWait=2
MinJobAge=300
SlurmctldTimeout=300
SlurmdTimeout=300
SchedulerType=sched/builtin
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
NodeName={host} NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=course Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


class Slurm:
    """A Slurm of one node with two cores."""

    def __init__(self, settings: Path) -> None:
        self.environment = {**os.environ, "SLURM_CONF": str(settings)}

    def run(self, *command: str) -> str:
        """Run one of Slurm's commands; what it prints."""
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, f"{command}: {done.stderr}"
        return done.stdout.strip()

    def submit(self, script: str, folder: Path) -> str:
        """Submit a job of one core; its number."""
        options = ["--parsable", "--ntasks=1", "--cpus-per-task=1", f"--chdir={folder}", f"--output={folder}/job-%j"]
        return self.run("sbatch", *options, f"--wrap={script}")

    def state(self, job: str) -> str:
        """RUNNING, CANCELLED, ..."""
        return self.run("scontrol", "show", "job", job).partition("JobState=")[2].split()[0]


@contextlib.contextmanager
def slurm(folder: Path) -> Iterator[Slurm]:
    """A Slurm of its own, with a munge of its own."""
    need("slurmctld", "slurmd", "sbatch", package="slurm-wlm")
    need("munged", package="munge")
    folder.mkdir(mode=0o755)
    user = getpass.getuser()
    key = folder / "munge.key"
    key.write_bytes(os.urandom(128))
    key.chmod(0o400)
    files = [f"--{what}={folder}/munge.{ext}" for what, ext in {"socket": "socket", "pid-file": "pid"}.items()]
    files += [f"--log-file={folder}/munge.log", f"--seed-file={folder}/munge.seed", f"--key-file={key}"]
    ports = {"controller": free_port(), "node": free_port()}
    settings = folder / "slurm.conf"
    settings.write_text(SLURM.format(host=socket.gethostname().split(".")[0], folder=folder, user=user, **ports))
    for name in ("state", "spool"):
        (folder / name).mkdir()
    # --force: munge warns of a temporary folder that others may write to
    munged = subprocess.Popen(["munged", "--foreground", "--force", *files], stderr=subprocess.DEVNULL)
    with stopping(munged), (folder / "output").open("w") as output:
        wait_until((folder / "munge.socket").exists, 30, "munge does not start")
        options = {"stdout": output, "stderr": output}
        controller = subprocess.Popen(["slurmctld", "-D", "-i", "-f", settings], **options)
        with stopping(controller), stopping(subprocess.Popen(["slurmd", "-D", "-f", settings], **options)):
            made = Slurm(settings)
            said = lambda: (folder / "output").read_text()  # noqa: E731
            idle = ["sinfo", "--noheader", "--format=%t"]
            run = lambda: subprocess.run(idle, env=made.environment, capture_output=True, text=True)  # noqa: E731
            wait_until(lambda: run().stdout.strip() in ("idle", "idle*"), 60, f"Slurm does not start: {said()}")
            wait_until(lambda: run().stdout.strip() == "idle", 60, f"Slurm's node does not answer: {said()}")
            yield made
            subprocess.run(["scancel", f"--user={user}"], env=made.environment, capture_output=True, timeout=60)
