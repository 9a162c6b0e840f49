"""The site, built once for all its tests by the command that everybody uses."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from site_driver import served

from nnlib.course import ROOT


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the built site; a warning of Sphinx ends the build."""
    folder = tmp_path_factory.mktemp("site") / "site"
    run_course = "from nnlib.course.cli import main; main()"
    command = [sys.executable, "-c", run_course, "site", "--output", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING" not in done.stderr
    return folder


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    """Where the site is served."""
    with served(site) as address:
        yield address
