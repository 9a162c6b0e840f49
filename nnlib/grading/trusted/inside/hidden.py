"""Says kindly why a package cannot be imported while answers are graded. It really is not there; this only explains."""

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from types import ModuleType

DERIVATIVES = ("torch", "jax", "jaxlib", "autograd", "sklearn", "tensorflow", "keras", "sympy", "casadi", "tinygrad")


class _Explainer(MetaPathFinder):
    """The last finder: it is asked only for what nobody else has found."""

    def find_spec(self, name: str, _path: Sequence[str] | None, _target: ModuleType | None = None) -> None:
        """Raise with a sentence to the student."""
        package = name.partition(".")[0]
        if package in DERIVATIVES:
            reason = "the question is to write it yourself, with numpy"
            raise ModuleNotFoundError(f"{name} cannot be imported while answers are graded: {reason}.", name=name)
        if package == "nnlib":
            reason = "only what the exercise's set-up imports is there"
            # no ModuleNotFoundError: `from nnlib import ...` would put other words in its place
            raise ImportError(f"{name} cannot be imported while answers are graded: {reason}.", name=name)


sys.meta_path.append(_Explainer())
