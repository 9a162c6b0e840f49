"""The pages of nnlib's reference: one for each module, with the lectures whose code imports it."""

import ast
import inspect
import re
from importlib import import_module
from pathlib import Path

import nbformat

import nnlib
from nnlib.widgets.live import LiveFigure

CORE = re.findall(r"^    (\w+)  ", nnlib.__doc__, flags=re.MULTILINE)
"""The modules of the core in the order in which to read them."""
OTHERS = {
    "live": "nnlib.widgets.live",
    "check": "nnlib.grading.check",
    "question": "nnlib.grading.question",
    "diagnosis": "nnlib.grading.diagnosis",
}
"""The modules beside the core that an author of a lecture or an exercise needs, by the name of their page."""
FIGURES = {
    "first_slider": [],
    "forward_pass": ["nnlib.widgets.forward_pass.experiment"],
    "chain_rule": ["nnlib.widgets.chain_rule.experiment"],
    "training": ["nnlib.widgets.experiments"],
    "minibatch": ["nnlib.widgets.minibatch.experiment"],
    "ravine": ["nnlib.widgets.ravine.experiment"],
    "features": ["nnlib.widgets.features.experiment"],
    "normalized": ["nnlib.widgets.normalized.experiment"],
    "depth": ["nnlib.widgets.depth.experiment"],
    "digits": ["nnlib.widgets.digits.experiment"],
}
"""The modules and folders of nnlib.widgets with the lectures' figures, and the experiments that these show."""
PAGES = [*CORE, *OTHERS, *FIGURES]
"""The names of the pages."""


def write_reference(folder: Path, lectures: list[Path]) -> None:
    """Write the pages; `lectures` are looked through for what they import."""
    users = {path.stem: imported_from(path).values() for path in lectures}
    for name in PAGES:
        directives = figure_page(name) if name in FIGURES else module_page(OTHERS.get(name, f"nnlib.{name}"))
        shown = tuple(f"{directive.split()[2]}." for directive in directives)
        readers = [
            lecture for lecture, things in users.items() if any(f"{thing}.".startswith(shown) for thing in things)
        ]
        (folder / f"{name}.md").write_text(page(name, directives, readers), encoding="utf-8")


def module_page(module: str) -> list[str]:
    """The directives for the page of a module: all its docstrings."""
    return [f".. automodule:: {module}\n   :members:"]


def figure_page(name: str) -> list[str]:
    """The directives for a page of figures: the functions which make them, and the experiments behind them.

    >>> figure_page("features")[:2]
    ['.. py:module:: nnlib.widgets.features', '.. autofunction:: nnlib.widgets.features.figure.features_figure']
    """
    module = f"nnlib.widgets.{name}"
    figures = [
        f".. autofunction:: {function.__module__}.{function.__name__}"
        for _, function in inspect.getmembers(import_module(module), inspect.isfunction)
        if function.__annotations__.get("return") is LiveFigure
    ]
    experiments = [f".. automodule:: {experiment}\n   :members:" for experiment in FIGURES[name]]
    return [f".. py:module:: {module}", *figures, *experiments]


def page(title: str, directives: list[str], lectures: list[str]) -> str:
    """The source of a page: what Sphinx is to document, and links to the lectures that use it."""
    used = [f"- {{doc}}`/lectures/{name}`" for name in lectures] or ["No lecture imports it by name."]
    lines = [
        f"# {title}",
        "",
        "```{eval-rst}",
        *(f"{directive}\n" for directive in directives),
        "```",
        "",
        "## Lectures that use it",
        "",
        *used,
        "",
    ]
    return "\n".join(lines)


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
