"""`course test`: every check of the project, in one go."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree

import click

from nnlib.course import ROOT

ARTIFACTS = ROOT / "test-artifacts"
"""Screenshots and reports of the tests, ignored by git."""

STAGES = {
    "layout of the code": ["ruff", "format", "--check", "."],
    "style of the code": ["ruff", "check", "."],
    "tests and doctests": [
        "pytest",
        *("-m", "not servers", "--numprocesses=2", "--dist=worksteal"),
        f"--junit-xml={ARTIFACTS / 'tests.xml'}",
    ],
    # A file's tests share a JupyterLab or a graded course: they stay in one process, the longest files first (see
    # tests/conftest.py). Four processes for two processors: hostile submissions and servers wait most of the time.
    "browser, servers and sandbox": [
        *("pytest", "-m", "servers", "--numprocesses=4", "--dist=loadfile", "--no-loadscope-reorder"),
        *("--durations=40", f"--junit-xml={ARTIFACTS / 'servers.xml'}"),
    ],
    "notebooks": [
        *("pytest", "--numprocesses=2", "--dist=loadfile"),
        *("--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout=300"),
        f"--junit-xml={ARTIFACTS / 'notebooks.xml'}",
        "lectures",
        "solutions",
    ],
}


def succeeds(module: str, *arguments: str) -> bool:
    """Run a Python module as a program in the course's folder; what it prints is shown.

    Nobody's points are kept: the notebooks run where they lie, not in a student's folder.
    """
    environment = {**os.environ, "COURSE_PROGRESS": "off"}
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode == 0


def failures(report: Path) -> Iterator[str]:
    """Each test that pytest's report in XML calls failed, with the first line of what went wrong."""
    for test in ElementTree.parse(report).iter("testcase"):
        for problem in test.findall("failure") + test.findall("error"):
            reason = (problem.get("message") or "no message").splitlines()[0]
            yield f"{test.get('classname')}::{test.get('name')}: {reason[:200]}"


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("pytest_arguments", nargs=-1, type=click.UNPROCESSED)
def command(pytest_arguments: tuple[str, ...]) -> None:
    """Run every test: ruff's layout and style, pytest with the doctests, and the cells of all notebooks.

    With PYTEST_ARGUMENTS, run pytest alone, with them: course test tests/core -k momentum
    """
    if not all(map(find_spec, ["ruff", "pytest", "xdist", "nbval", "playwright"])):
        raise click.ClickException(
            "The packages which the tests need are not installed here. `python3 course.py test` installs them, "
            "and so does `uv run --group test course test`."
        )
    if pytest_arguments:
        raise SystemExit(0 if succeeds("pytest", *pytest_arguments) else 1)
    summary = []
    for report in ARTIFACTS.glob("*.xml"):
        report.unlink()
    for name, stage in STAGES.items():
        click.secho(f"\n== {name}: {' '.join(stage[:2])}", bold=True)
        started = time.monotonic()
        passed = succeeds(*stage)
        summary.append((passed, f"{'passed' if passed else 'FAILED'}  {name} ({time.monotonic() - started:.0f} s)"))
    click.secho("\n== summary", bold=True)
    for passed, line in summary:
        click.secho(line, fg="green" if passed else "red")
    for report in sorted(ARTIFACTS.glob("*.xml")):
        for line in failures(report):
            click.echo(f"        {line}")
    raise SystemExit(0 if all(passed for passed, _ in summary) else 1)
