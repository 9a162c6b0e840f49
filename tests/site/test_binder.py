"""Binder: repo2docker finds in the repository what it needs to build an image."""

import subprocess
import sys
from pathlib import Path

from nnlib.course import ROOT


def test_repo2docker_makes_an_image_of_the_conda_environment(tmp_path: Path):
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "environment.yml" in listing.split("\0")
    clone = ["git", "clone", "--quiet", "--depth=1", ROOT.as_uri(), str(tmp_path / "clone")]
    subprocess.run(clone, check=True)
    command = [sys.executable, "-m", "repo2docker", "--no-build", "--debug", str(tmp_path / "clone")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "Building conda environment for python=3.13" in said
    assert 'env update -p ${NB_PYTHON_PREFIX} --file "environment.yml"' in said
