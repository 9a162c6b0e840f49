"""The ways to install the course agree: pyproject.toml, environment.yml and the locks."""

import re
import runpy
import subprocess
import tomllib
import zipfile

import pytest
import yaml
from packaging.specifiers import SpecifierSet
from rattler import MatchSpec
from uv import find_uv_bin

from nnlib.course import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
SPECS = [line for line in CONDA if isinstance(line, str)]
LOCKS = {name: (ROOT / "locks" / name).read_text() for name in ("run.txt", "test.txt", "uv.txt")}


def pins(lock: str) -> set[str]:
    """The packages of a lock, as name==version."""
    return set(re.findall(r"^[\w.-]+==[\w.]+", lock, flags=re.MULTILINE))


def test_conda_asks_for_the_packages_and_versions_of_the_project():
    python = next(spec for spec in SPECS if spec.startswith("python"))
    assert set(SPECS) - {python} == {"pip", *PROJECT["dependencies"]}
    assert SpecifierSet(PROJECT["requires-python"]).contains(python.removeprefix("python="))
    assert CONDA[-1] == {"pip": ["-e ."]}


@pytest.mark.parametrize("spec", SPECS)
def test_conda_understands_each_line(spec):
    parsed = MatchSpec(spec, strict=True)
    assert parsed.name.normalized == re.match(r"[a-z]+", spec)[0]
    name, version = parsed.name.normalized, str(parsed.version)
    assert spec in {"pip", f"{name}{version}", f"{name}={version.removesuffix('.*')}"}


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_holds_a_hash_for_each_package_and_no_address(name):
    requirements = LOCKS[name].replace("\\\n", " ").splitlines()
    assert requirements
    assert all("==" in line and "--hash=sha256:" in line for line in requirements)
    assert "://" not in LOCKS[name]


def test_the_tests_run_with_the_versions_of_the_users():
    assert pins(LOCKS["run.txt"]) < pins(LOCKS["test.txt"])
    assert pins(LOCKS["uv.txt"]) < pins(LOCKS["test.txt"])


def test_the_built_package_holds_its_data(tmp_path):
    options = ["--quiet", "--wheel", "--no-build-isolation", f"--out-dir={tmp_path}"]
    subprocess.run([find_uv_bin(), "build", *options, ROOT], check=True)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        packed = {name for name in wheel.namelist() if name.startswith("nnlib/") and not name.endswith("/")}
    files = {path.relative_to(ROOT).as_posix() for path in (ROOT / "nnlib").rglob("*.*") if path.suffix != ".pyc"}
    assert packed == files
    assert {"nnlib/course/settings/overrides.json", "nnlib/datasets/digits.npz"} <= packed


def test_a_fresh_resolution_gives_the_locks():
    assert runpy.run_path(str(ROOT / "locks" / "update.py"))["resolve"]() == LOCKS, (
        "pyproject.toml has changed since the locks were made: run locks/update.py"
    )
