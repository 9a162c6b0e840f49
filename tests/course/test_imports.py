"""Which part of the package may import which: core <- widgets, core <- grading, all of them <- course."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from nnlib.course import ROOT

PACKAGE = ROOT / "nnlib"
CORE = sorted(PACKAGE.glob("*.py"))
MAY_IMPORT = {
    "core": {"core"},
    "widgets": {"core", "widgets"},
    "grading": {"core", "grading", "widgets.experiments"},
    "course": {"core", "widgets", "grading", "course"},
}


def part(module: str) -> str:
    """The part of the package to which a module such as nnlib.widgets.live belongs."""
    name = module.split(".")[1] if "." in module else ""
    return name if name in MAY_IMPORT else "core"


def imported(path: Path) -> set[str]:
    """What a file imports of nnlib, by full names: modules, and what it takes from them."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            package = path.relative_to(ROOT).parent.parts
            package = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*package, *filter(None, [node.module])])
            names |= {f"{module}.{alias.name}" for alias in node.names}
    return {name for name in names if name.split(".")[0] == "nnlib"}


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_what_its_part_may(path):
    own = part(".".join(path.relative_to(ROOT).with_suffix("").parts))
    allowed = tuple(f"nnlib.{one}" for one in MAY_IMPORT[own])
    wrong = {name for name in imported(path) if part(name) not in MAY_IMPORT[own] and not name.startswith(allowed)}
    assert not wrong, f"{own} must not import {wrong}"


def test_the_core_does_not_load_what_only_figures_and_the_command_line_need():
    modules = ", ".join(f"nnlib.{path.stem}" for path in CORE if path.stem != "__init__")
    code = f"import sys, {modules}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"matplotlib", "ipywidgets", "click", "nbgrader", "PIL"} & set(loaded)


def test_the_core_can_be_read_in_an_hour():
    lines = {path.name: sum(bool(line.strip()) for line in path.read_text().splitlines()) for path in CORE}
    assert max(lines.values()) <= 150, lines
    assert sum(lines.values()) <= 900, lines
