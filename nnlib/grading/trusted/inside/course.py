"""`nnlib.grading` while a notebook is graded: the grader judges, these functions only say so."""

from typing import Any


def check(name: str, answer: Any = None) -> None:
    """Says that the grader judges this answer."""
    print(f"{name}: this notebook is being graded; the grader judges the answer itself.")


def progress(*_arguments: Any, **_options: Any) -> None:
    """Says that the grader keeps the points."""
    print("This notebook is being graded; the grader counts the points itself.")
