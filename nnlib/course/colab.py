"""The notebooks as Google Colab opens them: each has one cell more, at the top, which installs the course there."""

import shutil
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell

from nnlib.course import ROOT
from nnlib.course.repository import repository


def write_copies(folder: Path) -> None:
    """Write the copies to lectures/ and exercises/ in this folder. The workflow puts them on the branch `colab`."""
    for path in [*ROOT.glob("lectures/*.ipynb"), *ROOT.glob("exercises/*/*.ipynb")]:
        notebook = nbformat.read(path, as_version=4)
        notebook.cells.insert(0, new_code_cell(first_cell(repository()), id="install-in-colab"))
        place = folder / path.relative_to(ROOT)
        place.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, place)
    shutil.copytree(ROOT / "lectures" / "images", folder / "lectures" / "images")


def first_cell(address: str) -> str:
    """Code that does nothing anywhere but in Colab.

    Colab has numpy, matplotlib and ipywidgets of its own, which stay as they are.
    """
    return (
        "# in Google Colab this installs the course; elsewhere it does nothing\n"
        "import sys\n\n"
        'if "google.colab" in sys.modules:\n'
        f"    %pip install --quiet --no-deps git+{address}"
    )
