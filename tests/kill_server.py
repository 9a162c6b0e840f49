"""Starts `course grade`, with the quick stand-in, in process groups of their own, by forking one process that has
everything imported: so that a test can kill many of them without waiting for imports.

It first grades in the course's folder that it is given, for what is imported late. Then it reads lines of JSON,
{"root": a course's folder, "die_at": number of a step or null, "regrade": ...}, and for each prints the process's id,
then, when that has ended, its status as os.waitpid gives it. It ends when its input does.
"""

import json
import os
import signal
import sys
import traceback
from pathlib import Path

import quick_assess
from made_course import ASSIGNMENT
from sqlalchemy import Connection

from nnlib.course import engine
from nnlib.course.grade import grade
from nnlib.course.paths import Course


def die_at(step: int) -> None:
    """Kill this process just before the step-th change to a file's name or to the gradebook."""
    count = 0

    def counted(change):
        def counting(*arguments, **options):
            nonlocal count
            count += 1
            if count == step:
                os.kill(os.getpid(), signal.SIGKILL)
            return change(*arguments, **options)

        return counting

    os.replace, os.unlink, os.rmdir, os.mkdir = map(counted, (os.replace, os.unlink, os.rmdir, os.mkdir))
    Connection._commit_impl = counted(Connection._commit_impl)


def serve() -> None:
    engine.assess = quick_assess.assess
    grade(Course(Path(sys.argv[1])), ASSIGNMENT, workers=1)
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            try:
                os.setsid()
                if order["die_at"]:
                    die_at(order["die_at"])
                grade(Course(Path(order["root"])), ASSIGNMENT, workers=1, regrade=order["regrade"])
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        print(child, flush=True)
        print(os.waitpid(child, 0)[1], flush=True)


if __name__ == "__main__":
    serve()
