"""A small released notebook for the grader's tests: three functions, a value, a written answer; and submissions."""

import json

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from nnlib.grading.trusted.assess import Bundle

POINTS = {"output_delta": 2, "hidden_delta": 3, "layer_gradients": 2, "soft_switch": 1}
SET_UP = "import numpy as np\n\nfrom nnlib.activations import ACTIVATIONS\nfrom nnlib.grading import check"
STUB = "# YOUR CODE HERE\nraise NotImplementedError()"
RIGHT = {
    "output_delta": "def output_delta(A_L, Z_L, Y, sigma):\n"
    "    return (Z_L - Y) / len(Y) * ACTIVATIONS[sigma].sigma_prime(A_L)",
    "hidden_delta": "def hidden_delta(delta_next, W_next, A, sigma):\n"
    "    return delta_next @ W_next * ACTIVATIONS[sigma].sigma_prime(A)",
    "layer_gradients": "def layer_gradients(delta, Z_prev):\n    return delta.T @ Z_prev, delta.sum(axis=0)",
    "soft_switch": "soft_switch = {'w': -4.0, 'b': -1.0, 'sigma': 'sigmoid'}",
}


def _graded(name: str, **more: object) -> dict:
    flags = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3, "grade_id": name}
    return {"nbgrader": flags | more}


def release(points: dict[str, float] = POINTS, set_up: str = SET_UP) -> bytes:
    """The released notebook."""
    cells = [
        new_markdown_cell("# Exercise", id="title", metadata=_graded("title", locked=True)),
        new_code_cell(set_up, id="set-up", metadata=_graded("set-up", locked=True)),
    ]
    for name, worth in points.items():
        kind = name.replace("_", "-")
        cells.append(new_code_cell(STUB, id=f"{kind}-answer", metadata=_graded(f"{kind}-answer", solution=True)))
        check = _graded(f"{kind}-check", grade=True, locked=True, points=worth)
        cells.append(new_code_cell(f'check("{name}")', id=f"{kind}-check", metadata=check))
    cells.append(new_code_cell("raise RuntimeError('a figure')", id="some-figure"))
    written = _graded("why-answer", grade=True, solution=True, points=2)
    cells.append(new_markdown_cell("YOUR ANSWER HERE", id="why-answer", metadata=written))
    return nbformat.writes(new_notebook(cells=cells, metadata={"language_info": {"name": "python"}})).encode()


def bundle(**options: object) -> Bundle:
    """The same as a bundle."""
    return Bundle("00_made", "made", release(**options))


def submission(answers: dict[str, str], before: str = "", after: str = "", of: bytes | None = None) -> dict:
    """A submission, as the dict that stands in its file.

    Args:
        answers: question -> code; the others stay as they were released.
        before: code of a cell before the answers.
        after: code of a cell at the end.
        of: the release; the small one by default.
    """
    notebook = json.loads(of or release())
    for cell in notebook["cells"]:
        name = cell["id"].removesuffix("-answer").replace("-", "_")
        if cell["id"].endswith("-answer") and name in answers:
            cell["source"] = answers[name]
    own = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    if before:
        notebook["cells"].insert(2, {**own, "id": "before", "source": before})
    if after:
        notebook["cells"].append({**own, "id": "after", "source": after})
    return notebook


def points(assessment: object) -> dict[str, float | None]:
    """Cell -> points."""
    return {score.cell: score.points for score in assessment.scores}
