"""Which names of its notebook a function uses, and the same function with something else behind them."""

from collections.abc import Iterator
from types import CodeType, FunctionType
from typing import Any


def names_used(function: Any) -> set[str]:
    """The names in the code of a function, and of the functions of the same notebook that it calls.

    >>> def double(x):
    ...     return add(x, x)
    >>> def add(x, y):
    ...     return np.add(x, y)
    >>> sorted(names_used(double))
    ['add', 'np']
    """
    names, left = set(), [function] if isinstance(function, FunctionType) else []
    while left:
        new = set(_names(left.pop().__code__)) - names
        names |= new
        left += [value for name, value in _functions_beside(function) if name in new]
    return names


def with_names(function: FunctionType, values: dict[str, Any]) -> FunctionType:
    """The same function with other values behind some names, also where functions of its notebook use them.

    >>> def double(x):
    ...     return add(x, x)
    >>> def add(x, y):
    ...     return 0
    >>> with_names(double, {"add": max})(3), double(3)
    (3, 0)
    """
    names = dict(function.__globals__)
    names |= {name: _copy(value, names) for name, value in _functions_beside(function)}
    names |= values
    return _copy(function, names)


def _functions_beside(function: FunctionType) -> Iterator[tuple[str, FunctionType]]:
    for name, value in function.__globals__.items():
        if isinstance(value, FunctionType) and value.__globals__ is function.__globals__:
            yield name, value


def _copy(function: FunctionType, names: dict[str, Any]) -> FunctionType:
    copy = FunctionType(function.__code__, names, function.__name__, function.__defaults__, function.__closure__)
    copy.__kwdefaults__ = function.__kwdefaults__
    return copy


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)
