"""Bytecode of what lectures and exercises import, and a first figure, for the live version.

A browser that opens the course for the first time would else compile these modules, which takes longer than all else
that importing them takes. Each file of bytecode holds a hash of its source: where a reader's Pyodide brings another
version of a package, Python compiles that itself, as always.
"""

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import click

from nnlib.course.reference import imported_from

SCRIPT = Path(__file__).with_suffix(".mjs")
OF_KERNEL = ["pyodide_kernel", "piplite.piplite"]
COMPILE = """
import sys
from importlib import import_module
from importlib.util import cache_from_source
from io import BytesIO
from py_compile import PycInvalidationMode, compile
from site import getsitepackages
from zipfile import ZIP_DEFLATED, ZipFile

for name in {modules}:
    import_module(name)
from matplotlib.figure import Figure

figure = Figure()
figure.subplots().semilogy([1, 2])
figure.savefig(BytesIO(), format="jpeg")  # only now are some modules of matplotlib and PIL imported
[folder] = getsitepackages()
with ZipFile("/bytecode.whl", "w", ZIP_DEFLATED) as wheel:
    for module in [*sys.modules.values()]:
        source = getattr(module, "__file__", None) or ""
        if source.startswith(folder) and source.endswith(".py"):
            compiled = compile(source, "/compiled", doraise=True, invalidation_mode=PycInvalidationMode.CHECKED_HASH)
            wheel.write(compiled, cache_from_source(source).removeprefix(folder))
    about = "nnlib_bytecode-0.dist-info/"
    wheel.writestr(about + "METADATA", "Metadata-Version: 2.1\\nName: nnlib-bytecode\\nVersion: 0\\n")
    wheel.writestr(about + "WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr(about + "RECORD", "")
"""


def bytecode_wheel(folder: Path, notebooks: Iterable[Path], pyodide: Path, packages: list[str]) -> Path:
    """Make a wheel which holds nothing but bytecode, with Pyodide's own Python, in node.

    Args:
        folder: for the wheel.
        notebooks: whose imports are compiled.
        pyodide: a folder with the Pyodide that readers will get.
        packages: to load there, names or paths of wheels.

    Raises:
        click.ClickException: there is no node, or it failed.
    """
    node = shutil.which("node")
    if not node:
        raise click.ClickException("node is not installed here. It runs Pyodide, which compiles what lectures import.")
    wheel = folder / "nnlib_bytecode-0-py3-none-any.whl"
    modules = {name for path in notebooks for name in imported_from(path) if name.split(".")[0] == "nnlib"}
    code = COMPILE.format(modules=[*OF_KERNEL, *sorted(modules)])
    command = [node, SCRIPT, pyodide.absolute(), code, "/bytecode.whl", wheel, *packages]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise click.ClickException(f"Pyodide could not compile what lectures import:\n{done.stderr[-2000:]}")
    return wheel
