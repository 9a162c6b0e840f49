"""An error in a figure's callback must fail the test of the notebook it stands in."""

import subprocess
import sys
from pathlib import Path

from widgets.figure_driver import write_notebook

FIGURE = """
from nnlib.widgets.live import live, slider

def setup(fig):
    return {"line": fig.subplots().plot([0, 1], [0, 1])[0]}

def update(artists, n):
    for frame in range(3):
        yield f"frame {frame}: {1 / (n - frame):.2f}"

figure = live(setup, update, size=(200, 100), n=slider("n", 5, 0, 9, 1))
figure
"""


def nbval(folder: Path) -> dict[str, str]:
    """What nbval says of each notebook in the folder: passed or failed."""
    command = [sys.executable, "-m", "pytest", "--nbval-lax", "-rA", "-c", "/dev/null", "-p", "no:cacheprovider", "."]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    lines = result.stdout.splitlines()
    return {
        path.stem: "failed" if any(line.startswith(f"FAILED {path.name}") for line in lines) else "passed"
        for path in folder.glob("*.ipynb")
        if any(path.name in line for line in lines)
    }


def test_nbval_sees_errors_of_the_first_and_of_a_later_frame(tmp_path: Path):
    write_notebook(tmp_path / "sound.ipynb", FIGURE, "figure.controls['n'].value = 7\nfigure.finish()")
    write_notebook(tmp_path / "first_frame.ipynb", FIGURE, "figure.controls['n'].value = 0")
    write_notebook(tmp_path / "later_frame.ipynb", FIGURE, "figure.controls['n'].value = 1\nfigure.finish()")
    write_notebook(
        tmp_path / "streamed.ipynb",
        FIGURE.replace('"n", 5', '"n", 2'),
        "import asyncio\nawait asyncio.sleep(1)",
        "figure.finish()",
    )
    assert nbval(tmp_path) == {
        "sound": "passed",
        "first_frame": "failed",
        "later_frame": "failed",
        "streamed": "failed",
    }
