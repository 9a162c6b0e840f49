"""Docstrings are plain text for people who read code; here they become what Sphinx reads.

Formulas such as δ_i or |r| would be markup in reStructuredText, and an indented block a quotation.
"""

import re

from sphinx.application import Sphinx

MARKUP = re.compile(r"(?<!`)([*_|])(?!`)")
CODE = re.compile(r"(`[^`]+`|^ {4}\w+(?:, \w+)*(?=:))")
"""What is no text: code, and the names of arguments and attributes."""
BEFORE_NAPOLEON = 400


def as_restructured_text(app: Sphinx, what: str, name: str, thing: object, options: object, lines: list[str]) -> None:
    """Change the lines of a docstring in place."""
    lines[:] = converted(lines)


def converted(lines: list[str]) -> list[str]:
    """Lines of reStructuredText: examples stay, a block that is indented is shown as it stands, the rest is text."""
    result: list[str] = []
    example = block = section = False
    for line in lines:
        if not line.strip():
            example = block = False
        elif line.startswith(" ") and not section and not block and result and not result[-1].strip():
            result += ["::", ""]
            block = True
        elif not line.startswith(" "):
            section = bool(re.fullmatch(r"(Args|Returns|Raises|Attributes|Yields|Source|Note):", line))
        example = example or line.lstrip().startswith(">>>")
        result.append(line if example or block else escaped(line))
    return result


def escaped(line: str) -> str:
    """A line whose code and names stay, and everything else is just characters."""
    parts = enumerate(CODE.split(line))
    return "".join(part.replace("`", "``") if i % 2 else MARKUP.sub(r"\\\1", part) for i, part in parts)


def setup(app: Sphinx) -> dict[str, object]:
    """Convert each docstring before napoleon looks for its sections."""
    app.connect("autodoc-process-docstring", as_restructured_text, priority=BEFORE_NAPOLEON)
    return {"parallel_read_safe": True}
