"""The `course` command: a group whose verbs are imported only when they are called."""

import os
import sysconfig
from importlib import import_module

import click

VERBS = {
    "lab": "Open JupyterLab at the first lecture (the default).",
    "test": "Run every test of the project.",
    "start": "Copy an exercise into your own folder, work/.",
    "progress": "Show your points, question by question.",
    "submit": "Hand in your notebook.",
    "release": "Generate exercises/ from solutions/.",
    "grade": "Collect and grade what was handed in.",
    "export": "Write the points as a file for Canvas or Moodle.",
    "demo": "Play the whole loop with made-up submissions.",
    "site": "Build the course as a website.",
}


ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


class Verbs(click.Group):
    """A click group which imports `nnlib.course.<verb>` and takes its `command` when the verb is called.

    The one-line helps stand in VERBS, so that `course --help` imports none of the verbs.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The verbs, in the order of the course's loop."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """The verb's command, imported now."""
        return import_module(f"nnlib.course.{name}").command if name in VERBS else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of verbs without importing them."""
        with formatter.section("Verbs"):
            formatter.write_dl(list(VERBS.items()))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take `lab` when no verb is given."""
        return super().parse_args(ctx, args or ["lab"])


@click.group(
    cls=Verbs,
    subcommand_metavar="[VERB] [ARGS]...",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 done; 1 it was understood, but failed; 2 it was not understood (see VERB --help).",
)
@click.version_option(package_name="nnlib", prog_name="course")
def command() -> None:
    """An interactive course on neural networks."""


def main() -> None:
    """Run the command line.

    Programs which the environment brings (nbgrader calls `alembic`) are found on PATH. Products of matrices as small as
    the course's run on one thread, in the notebooks' kernels too: more threads make them no faster, and on a busy
    machine wait for each other.
    """
    for variable in ONE_THREAD:
        os.environ.setdefault(variable, "1")
    os.environ["PATH"] = os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", os.defpath)])
    command(prog_name="course")
