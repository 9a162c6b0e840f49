"""`course site`: the course as a static site, a book with pictures and, beside it, the same notebooks live."""

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import click
import nbformat

from nnlib.course import ROOT
from nnlib.course.pages import as_page, figures_of, run_all
from nnlib.course.paths import Course, assignments
from nnlib.course.reference import write_reference
from nnlib.course.repository import ways_to_open

BUILD = ROOT / "_build"
"""What the build keeps between two runs, ignored by git."""
SITE = ROOT / "_site"
MARK = ".nojekyll"
"""The first file of a site: GitHub Pages is to serve it as it is, and `build` may replace the folder that holds it."""


@click.command()
@click.option("--output", type=click.Path(file_okay=False, path_type=Path), default=SITE, help="A folder.  [_site]")
@click.option("--live/--no-live", default=True, help="With the notebooks live in the browser (JupyterLite).")
@click.option(
    "--pyodide",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder with a Pyodide to serve along; without, readers' browsers get it from Pyodide's own address.",
)
@click.option(
    "--compile-with",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder with the Pyodide that readers get: it compiles, in node, what their browsers would compile.",
)
def command(output: Path, live: bool, pyodide: Path | None, compile_with: Path | None) -> None:
    """Build the course as a static site: the lectures and exercises as a book, and live in the browser.

    Any web server can serve the folder, under any path: python3 -m http.server --directory _site
    """
    if not all(map(find_spec, ["sphinx", "myst_nb", "furo", "math_core", "jupyterlite_core"])):
        raise click.ClickException(
            "The packages which build the site are not installed here. `python3 course.py site` installs them, "
            "and so does `uv run --group site course site`."
        )
    build(output, live, pyodide, compile_with)
    click.echo(f"The site is in {output}. To look at it: python3 -m http.server --directory {output}")


def build(output: Path, live: bool = True, pyodide: Path | None = None, compile_with: Path | None = None) -> None:
    """Write the site to a folder, whose old content goes once the new one is there.

    Raises:
        click.ClickException: the folder holds something else, or a part of the build failed.
    """
    if output.exists() and any(output.iterdir()) and not (output / MARK).exists():
        raise click.ClickException(f"{output} is not empty, and holds no site. Choose another folder.")
    source, html = BUILD / "source", BUILD / "html"
    for folder in (source, html):
        shutil.rmtree(folder, ignore_errors=True)
    html.mkdir(parents=True)
    (html / MARK).touch()
    with ThreadPoolExecutor() as pool:  # JupyterLite is built by a process of its own
        lite = pool.submit(live_version, html / "lite", pyodide, compile_with) if live else None
        write_source(source, live)
        run_sphinx(source, html, live)
        if lite:
            lite.result()
    shutil.rmtree(output, ignore_errors=True)
    shutil.move(html, output)


def live_version(folder: Path, pyodide: Path | None, compile_with: Path | None) -> None:
    """The notebooks live, by nnlib.course.lite."""
    import_module("nnlib.course.lite").build(folder, pyodide, compile_with)


def write_source(source: Path, live: bool) -> None:
    """Gather what Sphinx reads: docs/ as it is, and pages made from the notebooks and from nnlib."""
    course = Course(ROOT)
    shutil.copytree(ROOT / "docs", source, ignore=shutil.ignore_patterns("__pycache__"))
    lectures = sorted((ROOT / "lectures").glob("*.ipynb"))
    exercises = [course.notebook(name) for name in assignments(course.exercises)]
    with ThreadPoolExecutor() as pool:  # the lectures run in processes of their own
        reference = pool.submit(write_reference, source / "api", lectures)
        ran = run_all(lectures, BUILD / "ran")
        reference.result()
    figures = {text: output for notebook in ran.values() for text, output in figures_of(notebook).items()}
    shutil.copytree(ROOT / "lectures" / "images", source / "lectures" / "images")
    for path in [*lectures, *exercises]:
        notebook = ran.get(path) or nbformat.read(path, as_version=4)
        folder = source / path.relative_to(ROOT).parts[0]
        name = path.stem if path in ran else path.parent.name
        as_page(notebook, name, folder, figures, ways_to_open(path.relative_to(ROOT).as_posix(), live))


def run_sphinx(source: Path, output: Path, live: bool) -> None:
    """Build the book, with links to the live version or without; a warning is an error.

    Raises:
        click.ClickException: Sphinx warned or failed. It has said why.
    """
    options = ["--fail-on-warning", "--keep-going", "--quiet", "--jobs=auto", *(["--tag=live"] if live else [])]
    command = [sys.executable, "-m", "sphinx", *options, "--doctree-dir", BUILD / "doctrees", source, output]
    if subprocess.run(command, cwd=ROOT, check=False).returncode:
        raise click.ClickException("Sphinx has warned; what it said stands above.")
