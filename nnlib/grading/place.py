"""Finds the line of an answer in which a result is made."""

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from types import FunctionType

FILLED_BY = ("append", "insert", "extend", "appendleft", "update")


def source_of(answer: Callable) -> str:
    """The source code of a function, "" if it cannot be had.

    >>> source_of(len)
    ''
    """
    if not isinstance(answer, FunctionType):
        return ""
    try:
        return textwrap.dedent(inspect.getsource(answer))
    # whatever the answer carries as __wrapped__, or whatever lies in the file that it names
    except Exception:
        return ""


def line_of(source: str, function: str, result: str, position: int, results: int) -> str:
    r"""The code in which a function makes a result: where its name is last given a value, else what is returned.

    Args:
        source: the code in which the function is defined.
        function: its name; where nothing has it, the last function is looked at.
        result: the name of the result; its end may be the key of a dict that is returned.
        position: of the result among all that are returned.
        results: how many are returned.

    >>> line_of("def f(x):\n    y = 2 * x\n    return y, x + 1", "f", "y", position=0, results=2)
    'y = 2 * x'
    >>> line_of("def f(x):\n    y = 2 * x\n    return y, x + 1", "f", "z", position=1, results=2)
    'x + 1'
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return ""
    every = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    definitions = [node for node in every if node.name == function] or every
    returns = [node for node in _own(definitions[-1]) if isinstance(node, ast.Return)] if definitions else []
    if not returns:
        return ""
    end = max(returns, key=lambda node: node.lineno)
    made = _part(end.value, result, position, results)
    if isinstance(made, ast.Name):
        made = _last_value(definitions[-1], made.id, end.lineno) or end
    elif made is end.value:
        made = end
    return " ".join((ast.get_source_segment(source, made) or "").split())


def _own(function: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function without those of functions inside it."""
    for node in ast.iter_child_nodes(function):
        if not isinstance(node, (ast.FunctionDef, ast.Lambda, ast.ClassDef)):
            yield node
            yield from _own(node)


def _part(value: ast.expr | None, result: str, position: int, results: int) -> ast.expr | None:
    """What is returned for one result: an entry of the tuple, a value of the dict."""
    if isinstance(value, ast.Dict):
        keys = [key.value if isinstance(key, ast.Constant) else None for key in value.keys]
        named = [part for key, part in zip(keys, value.values, strict=True) if key and result.endswith(str(key))]
        return named[0] if named else value
    if results > 1 and isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == results:
        return value.elts[position]
    return value


def _last_value(function: ast.FunctionDef, name: str, before: int) -> ast.AST | None:
    """The last statement before a line that gives a name, or a part of what it holds, a value."""
    found = [node for node in _own(function) if name in _given_a_value(node) and node.lineno <= before]
    return max(found, key=lambda node: node.lineno, default=None)


def _given_a_value(node: ast.AST) -> set[str]:
    targets = []
    if isinstance(node, ast.Assign):
        targets = node.targets
    elif isinstance(node, (ast.AugAssign, ast.AnnAssign)):
        targets = [node.target]
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in FILLED_BY:
        targets = [node.func.value]
    return {name.id for target in targets for name in _names(target)}


def _names(target: ast.expr) -> Iterator[ast.Name]:
    """The names in `dW`, `dWs[j]`, `(dW, db)`; not those in an index."""
    if isinstance(target, ast.Name):
        yield target
    elif isinstance(target, (ast.Subscript, ast.Starred)):
        yield from _names(target.value)
    elif isinstance(target, (ast.Tuple, ast.List)):
        for part in target.elts:
            yield from _names(part)
