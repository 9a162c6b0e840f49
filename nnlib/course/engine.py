"""Assess many submissions: one after the other in this process, or on the workers of dask.distributed.

The unit of work takes bytes and gives bytes: a worker needs no shared disk, no gradebook, no other student's work.
"""

import contextlib
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec

import click

from nnlib.grading.trusted.assess import Assessment, Bundle, assess

LITTLE = 8
"""So few submissions are assessed in this process: starting workers would take longer."""
INSTALL = "`.venv/bin/uv pip install '.[cluster]'` in the course's folder"


@dataclass(frozen=True)
class Task:
    """One submission to assess; `content` gives its bytes when it is their turn."""

    student: str
    sha256: str
    seed: int
    content: Callable[[], bytes]


Assessed = Iterator[tuple[Task, Assessment]]


def assessed(
    bundle: Bundle, tasks: list[Task], sandboxed: bool, workers: int | None = None, scheduler: str | None = None
) -> Assessed:
    """Assess submissions; each comes back once, in the order in which they are done.

    Args:
        bundle: what there is to know about the assignment.
        tasks: the submissions.
        sandboxed: whether they run in a sandbox.
        workers: how many processes; by default one for little, else one for each core.
        scheduler: address of a Dask scheduler whose workers are used instead; if it starts them when there is work,
            `workers` says for how many there is to be work.

    Raises:
        click.ClickException: a scheduler is asked for, and Dask is not installed, or it does not answer.
    """
    dask = find_spec("distributed") is not None
    if not dask and (scheduler or (workers or 1) > 1):
        option = "--scheduler" if scheduler else "--workers"
        raise click.ClickException(f"{option} needs Dask, which is not installed here: {INSTALL}.")
    if scheduler:
        return on_cluster(bundle, tasks, sandboxed, lambda: client_of(scheduler), workers or 1)
    count = workers or (1 if len(tasks) <= LITTLE or not dask else cores())
    if count == 1:
        return in_this_process(bundle, tasks, sandboxed)
    return on_cluster(bundle, tasks, sandboxed, lambda: local_client(min(count, len(tasks))))


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_this_process(bundle: Bundle, tasks: list[Task], sandboxed: bool) -> Assessed:
    """Assess submissions one after the other."""
    for task in tasks:
        yield task, assess_here(bundle, task, sandboxed)


def assess_here(bundle: Bundle, task: Task, sandboxed: bool) -> Assessment:
    """Assess one submission; whatever goes wrong with that is the grader's error."""
    try:
        return assess(bundle, task.content(), task.seed, sandboxed)
    except Exception as error:
        return failed(task, f"{type(error).__name__}: {error}")


def failed(task: Task, what: str) -> Assessment:
    """The assessment of a submission that the grader could not assess."""
    return Assessment("grader error", what, (), b"", "", task.seed, 0.0)


def on_cluster(
    bundle: Bundle,
    tasks: list[Task],
    sandboxed: bool,
    connect: Callable[[], contextlib.AbstractContextManager],
    least: int = 1,
) -> Assessed:
    """Assess submissions on Dask's workers.

    Only as many are under way as there are threads to work on them: so a worker that dies takes nobody else's along,
    and the memory here does not grow with their number. The bundle, about 10 kB, goes with each task, since what is
    scattered beforehand is lost with the worker that holds it.
    """
    import distributed  # noqa: F401, its settings must be there before some are changed for a while
    from dask import config

    settings = {
        "distributed.scheduler.worker-saturation": 1.0,
        "distributed.scheduler.allowed-failures": 1,
        # by default, a worker of a local cluster that needs longer than 15 s to come back is given up
        "distributed.deploy.lost-worker-timeout": "1 hour",
        "distributed.comm.timeouts.connect": "15s",
        "distributed.scheduler.http.routes": [],
    }
    with config.set(settings), connect() as client:
        work = Work(client, bundle, tasks, sandboxed, least)
        try:
            yield from work.results()
        finally:
            work.stop()


class Work:
    """Submissions on their way to Dask's workers and back."""

    def __init__(self, client, bundle: Bundle, tasks: list[Task], sandboxed: bool, least: int) -> None:
        from distributed import as_completed

        self.client, self.bundle, self.sandboxed, self.least = client, bundle, sandboxed, least
        self.waiting = deque(tasks)
        self.tasks: dict = {}  # future -> task, until its result is taken
        self.running: set = set()  # futures that a worker may be at work on
        self.done = as_completed(loop=client.loop)
        self.lock = threading.RLock()

    def results(self) -> Assessed:
        """Each submission as soon as it is assessed."""
        if not self.client.nthreads():
            click.echo("The scheduler has no workers yet: waiting for the first.")
        self.submit()
        while self.tasks:
            future = next(self.done)
            assessment = result_of(future, self.tasks[future])
            with self.lock:
                task = self.tasks.pop(future)
                self.running.discard(future)
            future.release()
            self.submit()
            yield task, assessment
        for task in self.waiting:
            yield task, failed(task, "the scheduler was lost")

    def submit(self) -> None:
        """Give the workers what they have threads for, unless many results wait to be written."""
        with self.lock:
            try:
                threads = max(self.least, sum(self.client.nthreads().values()))
            except (OSError, AttributeError, RuntimeError):  # the scheduler is lost, with all that is under way
                return
            free = min(threads - len(self.running), 4 * threads - len(self.tasks))
            for _ in range(min(free, len(self.waiting))):
                task = self.waiting.popleft()
                if not self.send(task):
                    self.waiting.appendleft(task)
                    return

    def send(self, task: Task) -> bool:
        """Give a submission to the workers; False if the scheduler is lost."""
        from distributed.client import ClosedClientError

        try:
            content = task.content()
        except OSError as error:
            content = error
        # with the hash in the key, a new version is new work; keys that are tuples belong to one group
        key = (f"grade-{self.bundle.assignment}", task.student, task.sha256[:12], task.seed)
        arguments = (self.bundle.__dict__, content, task.seed, self.sandboxed)
        try:
            future = self.client.submit(assess_there, *arguments, key=key, pure=False)
        except (ClosedClientError, RuntimeError):
            return False
        self.tasks[future] = task
        self.running.add(future)
        self.done.add(future)
        future.add_done_callback(self.ended)  # so that no worker waits while something is written
        return True

    def ended(self, future) -> None:
        """A worker is free again."""
        with self.lock, contextlib.suppress(Exception):  # of a client that is closing; `results` submits, too
            self.running.discard(future)
            self.submit()

    def stop(self) -> None:
        """Submit no more, and call back what is under way."""
        with self.lock:
            self.waiting.clear()
            futures = list(self.tasks)
        with contextlib.suppress(Exception):
            self.client.cancel(futures)


def assess_there(bundle: dict, content: bytes | Exception, seed: int, sandboxed: bool) -> dict:
    """`assess` on a worker: plain data in, plain data out."""
    if isinstance(content, Exception):
        raise content
    return assess(Bundle(**bundle), content, seed, sandboxed).__dict__


def result_of(future, task: Task) -> Assessment:
    """What a worker found out."""
    try:
        return Assessment(**future.result())
    except Exception as error:
        if type(error).__name__ == "KilledWorker":
            return failed(task, "two workers were lost while they graded it")
        return failed(task, f"on a worker: {type(error).__name__}: {error}")


@contextlib.contextmanager
def client_of(address: str) -> Iterator:
    """A client of a scheduler that is there already."""
    from distributed import Client

    try:
        client = Client(address, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise click.ClickException(f"There is no Dask scheduler at {address}: {error}") from None
    with client:
        yield client


@contextlib.contextmanager
def local_client(workers: int) -> Iterator:
    """A client of a cluster on this machine, which ends with it.

    Its parts know each other by a certificate made for this one run: whoever else is on this machine could otherwise
    tell the scheduler what to do.
    """
    from distributed import Client, LocalCluster
    from distributed.security import Security

    security = Security.temporary()
    options = {"threads_per_worker": 1, "processes": True, "memory_limit": 0, "dashboard_address": ":0"}
    with (
        LocalCluster(workers, host="127.0.0.1", protocol="tls://", security=security, silence_logs=50, **options) as it,
        Client(it, security=security, set_as_default=False) as client,
    ):
        yield client
