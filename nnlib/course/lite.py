"""The live version of the course: JupyterLab with every notebook, run by the reader's browser alone.

JupyterLite brings JupyterLab and its kernel, Pyodide brings Python and numpy for the browser. The rest comes from here:
copies of the notebooks, and wheels of nnlib and of what Pyodide lacks.
"""

import json
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import distribution
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from uv import find_uv_bin

from nnlib.course import ROOT
from nnlib.course.bytecode import bytecode_wheel
from nnlib.course.lab import SETTINGS
from nnlib.course.live_notebooks import copy_notebooks

KERNEL = "@jupyterlite/pyodide-kernel-extension"
EXTENSIONS = [KERNEL, "@jupyter-widgets/jupyterlab-manager"]
"""Of those installed here; the others (nbgrader's) need a server."""
FROM_PYODIDE = [
    *("decorator", "jedi", "matplotlib-inline", "prompt-toolkit", "pygments", "stack-data", "traitlets"),  # of IPython
    *("matplotlib", "micropip", "numpy", "pillow", "tqdm"),
]
"""What Pyodide has of the packages that the kernel and nnlib import."""
FROM_HERE = ["comm", "ipython", "ipython_pygments_lexers", "ipywidgets"]
"""What it has not; and IPython, whose newer version here imports jedi and prompt-toolkit only when they are needed."""
OF_KERNEL = ["ipykernel", "piplite", "pyodide_kernel"]
"""What comes with the kernel: loaded with all the rest, not one after the other once that is there."""
ASKED_FOR = ["comm", "ipykernel", "ipython", "piplite"]
"""What the kernel installs unless it finds these names, not addresses; Pyodide passes over names of what it has got."""
WHEELS = "../../../../pypi"
"""The folder of the wheels, seen from the script in which the kernel runs: extensions/<KERNEL>/static/*.worker.*.js"""
NOT_NEEDED = ["@jupyterlite/apputils-extension:kernel-status"]
"""A spinner: without a graphics card it takes a third of a core while Python starts. The status bar says the same."""
QUIET = {"@jupyterlab/logconsole-extension:plugin": {"flash": False}}
"""Pyodide logs what it loads: for that, the status bar would flash until somebody looks."""


def build(output: Path, pyodide: Path | None = None, compile_with: Path | None = None) -> None:
    """Make the folder of the live version, to be served by any static server.

    Args:
        output: the folder to make; what it held is lost.
        pyodide: a folder with a Pyodide to serve along; None: browsers get it from the address that the kernel knows.
        compile_with: a folder with the Pyodide that browsers will get, to compile with what they would compile
            otherwise; None: `pyodide`, if that is given.

    Raises:
        click.ClickException: JupyterLite could not build it.
    """
    shutil.rmtree(output, ignore_errors=True)
    with TemporaryDirectory() as folder:
        prepare(Path(folder), pyodide, compile_with or pyodide)
        command = [sys.executable, "-m", "jupyterlite_core", "build", "--lite-dir", folder]
        command += ["--output-dir", str(output.absolute())]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise click.ClickException(f"JupyterLite could not build the live version:\n{done.stdout}{done.stderr}")


def prepare(folder: Path, pyodide: Path | None = None, compile_with: Path | None = None) -> None:
    """Fill an empty folder with what JupyterLite builds from: notebooks, wheels, settings."""
    folder.mkdir(parents=True, exist_ok=True)
    copy_notebooks(folder / "files")
    wheels = make_wheels(folder / "pypi")
    if pyodide:
        (folder / "static").mkdir()
        (folder / "static" / "pyodide").symlink_to(pyodide.absolute(), target_is_directory=True)
    overrides, page_config = (
        json.loads((SETTINGS / f"{name}.json").read_text(encoding="utf-8")) for name in ("overrides", "page_config")
    )
    write_json(folder / "overrides.json", overrides | QUIET)
    labextensions = Path(sys.prefix, "share", "jupyter", "labextensions")
    building = {
        "apps": ["lab"],
        "federated_extensions": [str(labextensions / name) for name in EXTENSIONS],
        "ignore_sys_prefix": ["federated_extensions"],
        "no_sourcemaps": True,
        "no_unused_shared_packages": True,
    }
    write_json(folder / "jupyter_lite_config.json", {"LiteBuildConfig": building})
    of_kernel = [next((labextensions / KERNEL / "static" / "pypi").glob(f"{name}-*.whl")) for name in OF_KERNEL]
    if compile_with:
        packages = [*map(str, [*wheels, *of_kernel]), *FROM_PYODIDE]
        wheels.append(bytecode_wheel(folder / "pypi", (folder / "files").rglob("*.ipynb"), compile_with, packages))
    addresses = [f"{WHEELS}/{wheel.name}" for wheel in wheels] + [f"pypi/{wheel.name}" for wheel in of_kernel]
    packages = [*addresses, *ASKED_FOR, *FROM_PYODIDE]
    running = {
        "appName": "Neural networks you can move",
        "disabledExtensions": [*NOT_NEEDED, *page_config["disabledExtensions"]],
        "exposeAppInBrowser": True,
        "litePluginSettings": {f"{KERNEL}:kernel": {"loadPyodideOptions": {"packages": packages}}},
    }
    write_json(folder / "jupyter-lite.json", {"jupyter-lite-schema-version": 0, "jupyter-config-data": running})


def make_wheels(folder: Path) -> list[Path]:
    """A wheel of nnlib from this tree, and wheels of what is installed here."""
    command = [find_uv_bin(), "build", "--quiet", "--wheel", "--no-build-isolation", "--out-dir", folder, ROOT]
    done = subprocess.run(command, cwd=ROOT.anchor, capture_output=True, text=True, check=False)
    if done.returncode:
        raise click.ClickException(f"uv could not build nnlib:\n{done.stderr}")
    return [*folder.glob("*.whl"), *(packed_again(name, folder) for name in FROM_HERE)]


def packed_again(name: str, folder: Path) -> Path:
    """The wheel of an installed package of pure Python: no index has to be asked for the version which is here."""
    package = distribution(name)
    wheel = folder / f"{name}-{package.version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in package.files:
            if ".." not in file.parts and file.suffix != ".pyc":
                archive.write(file.locate(), file)
    return wheel


def write_json(path: Path, content: dict) -> None:
    """A file of JSON."""
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False), encoding="utf-8")
