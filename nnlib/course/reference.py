"""The pages of nnlib's reference: one for each module, with the lectures whose code imports it."""

import ast
import re
from collections import defaultdict
from importlib import import_module
from pathlib import Path

import nbformat

import nnlib

CORE = re.findall(r"^    (\w+)  ", nnlib.__doc__, flags=re.MULTILINE)
"""The modules of the core in the order in which to read them."""
OTHERS = {
    "live": "nnlib.widgets.live",
    "check": "nnlib.grading.check",
    "question": "nnlib.grading.question",
    "diagnosis": "nnlib.grading.diagnosis",
}
"""The modules beside the core that an author of a lecture or an exercise needs, by the name of their page."""
PAGES = {**{name: f"nnlib.{name}" for name in CORE}, **OTHERS}


def write_reference(folder: Path, lectures: list[Path]) -> None:
    """Write a page for each module; `lectures` are looked through for what they import."""
    users = lectures_by_module(lectures)
    for name, module in PAGES.items():
        (folder / f"{name}.md").write_text(page(module, users[module]), encoding="utf-8")


def page(module: str, lectures: list[str]) -> str:
    """The source of a module's page: its docstrings, and links to the lectures that use it."""
    used = [f"- {{doc}}`/lectures/{name}`" for name in lectures] or ["No lecture imports it by name."]
    lines = [
        f"# {module.removeprefix('nnlib.')}",
        "",
        "```{eval-rst}",
        f".. automodule:: {module}",
        "   :members:",
        "```",
        "",
        "## Lectures that use it",
        "",
        *used,
        "",
    ]
    return "\n".join(lines)


def lectures_by_module(lectures: list[Path]) -> dict[str, list[str]]:
    """The names of the lectures that import something from a module, by the full name of the module."""
    users: dict[str, list[str]] = defaultdict(list)
    for path in lectures:
        modules = {full if full in PAGES.values() else full.rpartition(".")[0] for full in imported_from(path).values()}
        for module in modules:
            users[module].append(path.stem)
    return users


def imported_from(path: Path) -> dict[str, str]:
    """What the notebook at this path imports, see `imported`."""
    return imported(nbformat.read(path, as_version=4))


def imported(notebook: nbformat.NotebookNode) -> dict[str, str]:
    """What the code of a notebook imports from nnlib: each name, and each module, with the place where it is defined.

    >>> cell = nbformat.v4.new_code_cell("from nnlib import SGD")
    >>> imported(nbformat.v4.new_notebook(cells=[cell]))
    {'nnlib': 'nnlib', 'SGD': 'nnlib.optimizers.SGD'}
    """
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    names = {}
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "nnlib":
            names[node.module] = node.module
            for alias in node.names:
                thing = getattr(import_module(node.module), alias.name, None)
                module = getattr(thing, "__module__", node.module)
                names[alias.asname or alias.name] = f"{module}.{alias.name}"
    return names
