"""Notebooks as pages of the book: each lecture has run once, each figure is a picture with its caption."""

import asyncio
import base64
import hashlib
import os
import re
from collections.abc import Iterable
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from nnlib.course import ROOT
from nnlib.course.repository import LIVE
from nnlib.course.warm_kernel import WarmKernelManager, import_before

SECONDS_PER_CELL = 300
STILL = "nnlib.course.still"
STAND_IN = re.compile(r"\n*<details><summary>Reading without a running kernel\?.*?</details>", re.DOTALL)
"""The figure of a lecture as it looks where nothing runs. A page has the figure itself."""
MODULE_LINK = re.compile(r"\]\(\.\./nnlib/(\w+)\.py\)")
PICTURE, WIDGET = "image/jpeg", "application/vnd.jupyter.widget-view+json"
SPECIAL = re.compile(r"([\\`*_{}\[\]<>$#|~^])")


def run_all(paths: Iterable[Path], kept: Path) -> dict[Path, NotebookNode]:
    """The notebooks with their outputs: those in `kept` as they are, the others run now, one on each core.

    Args:
        paths: of the notebooks.
        kept: a folder for the results, each under the fingerprint of all that it depends on.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell failed.
    """
    kept.mkdir(parents=True, exist_ok=True)
    package = fingerprint_of_package()
    places = {path: kept / f"{path.stem}-{fingerprint(path.read_bytes(), package)}.ipynb" for path in paths}
    asyncio.run(_run_missing({path: place for path, place in places.items() if not place.exists()}))
    for old in set(kept.iterdir()) - set(places.values()):
        old.unlink()
    return {path: nbformat.read(place, as_version=4) for path, place in places.items()}


def fingerprint(*parts: bytes) -> str:
    """A short name for this content."""
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def fingerprint_of_package() -> bytes:
    """What the outputs of a notebook depend on, beside the notebook: nnlib, and the versions of the packages."""
    package, commands = ROOT / "nnlib", ROOT / "nnlib" / "course"
    files = [
        path for path in sorted(package.rglob("*")) if path.suffix in {".py", ".npz"} and commands not in path.parents
    ]
    files.append(commands / "still.py")
    return fingerprint(*(path.read_bytes() for path in [*files, ROOT / "locks" / "run.txt"])).encode()


async def _run_missing(places: dict[Path, Path]) -> None:
    """Run each notebook and write it to its place. The last ones first: they train longest."""
    free_core = asyncio.Semaphore(os.cpu_count() or 1)

    async def run(path: Path, place: Path) -> None:
        async with free_core:
            notebook = nbformat.read(path, as_version=4)
            await executed(notebook, path.parent)
            nbformat.write(notebook, place)

    async with asyncio.TaskGroup() as group:
        for path, place in sorted(places.items(), reverse=True):
            group.create_task(run(path, place))


async def executed(notebook: NotebookNode, folder: Path) -> NotebookNode:
    """Run a notebook in its folder, in a kernel whose figures stand still."""
    import_before([STILL])
    client = NotebookClient(
        notebook,
        timeout=SECONDS_PER_CELL,
        resources={"metadata": {"path": str(folder)}},
        store_widget_state=False,
        coalesce_streams=True,
        extra_arguments=[f"--IPKernelApp.extensions={STILL}", "--log-level=ERROR"],
        kernel_manager_class=WarmKernelManager,
    )
    return await client.async_execute(env={**os.environ, "COURSE_PROGRESS": "off"})


def figures_of(notebook: NotebookNode) -> dict[str, NotebookNode]:
    """The output with a picture of each cell that has one, by the cell's source."""
    return {
        cell.source: output
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if PICTURE in output.get("data", {})
    }


def as_page(
    notebook: NotebookNode, name: str, folder: Path, figures: dict[str, NotebookNode], ways: dict[str, str]
) -> None:
    """Write the page of a notebook: what it says, what its cells printed, its figures as pictures.

    Args:
        notebook: a lecture that has run, or an exercise.
        name: of the page, without a suffix.
        folder: for the page and its pictures.
        figures: the picture of a cell, by the cell's source.
        ways: to open the notebook, text -> address; they go under the title.
    """
    cells = []
    for cell in notebook.cells:
        figure = figures.get(cell.source) if cell.cell_type == "code" else None
        cell.source = MODULE_LINK.sub(r"](../api/\1.md)", cell.source)
        if cell.cell_type == "markdown":
            cell.source = STAND_IN.sub("", cell.source)
        if not cells:
            title, _, text = cell.source.partition("\n")
            cell.source = f"{title}\n\n{launch_line(ways)}\n{text}"
        cells.append(cell)
        if cell.cell_type == "code":
            # figures come below as pictures; widgets, progress bars among them, need a kernel
            cell.outputs = [output for output in cell.outputs if not {PICTURE, WIDGET} & set(output.get("data", {}))]
        if figure:
            cells.append(_picture(figure, f"{name}_{cell.id}", folder, ways.get(LIVE)))
    notebook.cells = cells
    nbformat.write(notebook, folder / f"{name}.ipynb")


def launch_line(ways: dict[str, str]) -> str:
    """The ways to open a notebook as a line of HTML.

    >>> launch_line({"Binder": "there.html"})
    '<p class="launch"><a href="there.html">Binder</a></p>'
    """
    links = " ".join(f'<a href="{target}">{text}</a>' for text, target in ways.items())
    return f'<p class="launch">{links}</p>'


def _picture(output: NotebookNode, name: str, folder: Path, live: str | None) -> NotebookNode:
    """Write the picture beside the page; a cell that shows it, with the caption as its alternative text."""
    (folder / "pictures").mkdir(exist_ok=True)
    (folder / "pictures" / f"{name}.jpg").write_bytes(base64.b64decode(output.data[PICTURE]))
    caption = output.data["text/plain"].replace("\n", " ")
    move = [f'<a class="live" href="{live}">Move the sliders</a>'] if live else []
    lines = [
        f"```{{figure}} pictures/{name}.jpg",
        f":alt: {caption}",
        f":width: {output.metadata[PICTURE]['width']}px",
        "",
        " ".join([SPECIAL.sub(r"\\\1", caption), *move]),
        "```",
    ]
    return new_markdown_cell("\n".join(lines), id=f"picture-{name.replace('_', '-')}"[:64])
