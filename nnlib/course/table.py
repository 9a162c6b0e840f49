"""A plain table for a terminal."""

from collections.abc import Iterable, Sequence


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Lines of aligned columns; numbers to the right, text to the left, the last column as long as it likes.

    Example:
        >>> print(table(["student", "points", "of"], [["ada", 13.0, 15], ["bob", None, 15]]))
        student  points  of
        ada          13  15
        bob           -  15
    """
    rows = list(rows)
    columns = [[name, *map(show, entries)] for name, *entries in zip(header, *rows, strict=True)]
    widths = [max(map(len, column)) for column in columns]
    sides = [">" if all(map(is_number, entries)) else "<" for entries in zip(*rows, strict=True)] or ["<"] * len(header)
    lines = (
        "  ".join(f"{text:{side}{width}}" for text, side, width in zip(line, sides, widths, strict=True))
        for line in zip(*columns, strict=True)
    )
    return "\n".join(line.rstrip() for line in lines)


def is_number(entry: object) -> bool:
    """Whether an entry stands to the right: a number, or a missing one."""
    return entry is None or isinstance(entry, (int, float))


def show(entry: object) -> str:
    """An entry as text on one line: a missing one is "-", a number has no idle zeros."""
    if entry is None:
        return "-"
    if isinstance(entry, (int, float)):
        return f"{round(entry, 2):g}"
    return "".join(character if character.isprintable() else " " for character in str(entry))
