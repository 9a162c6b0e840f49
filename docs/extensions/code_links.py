"""Names of nnlib in the code of a notebook's page become links to their documentation."""

import re
from collections.abc import Callable

import nbformat
from sphinx.application import Sphinx

from nnlib.course.reference import imported

BLOCK = re.compile(r'<div class="highlight-ipython3.*?</pre>', re.DOTALL)
NAME = re.compile(
    r'(?<!<span class="o">\.</span>)<span class="(?:n|nc|nf|nn)">([\w.]+)</span>(?!<span class="o">=</span>)'
)
"""A name as Pygments marks it; neither an attribute (after a point) nor an argument's name (before =)."""


def linked(body: str, addresses: dict[str, str]) -> str:
    """The HTML of a page in whose code each of these names is a link.

    >>> linked('<div class="highlight-ipython3"><span class="n">SGD</span></pre>', {"SGD": "there"})
    '<div class="highlight-ipython3"><a class="code-link" href="there"><span class="n">SGD</span></a></pre>'
    """

    def link(name: re.Match) -> str:
        address = addresses.get(name[1])
        return f'<a class="code-link" href="{address}">{name[0]}</a>' if address else name[0]

    return BLOCK.sub(lambda block: NAME.sub(link, block[0]), body)


def link_names(app: Sphinx, page: str, template: str, context: dict, doctree: object) -> None:
    """Link what a notebook imports from nnlib, on its page."""
    path = app.env.doc2path(page) if page in app.env.found_docs else ""
    if str(path).endswith(".ipynb"):
        names = imported(nbformat.read(path, as_version=4))
        context["body"] = linked(context["body"], documented(names, app, context["pathto"]))


def documented(names: dict[str, str], app: Sphinx, pathto: Callable[[str], str]) -> dict[str, str]:
    """The addresses of those names which are documented, seen from the page."""
    objects = app.env.domains["py"].objects
    entries = {name: objects[full] for name, full in names.items() if full in objects}
    return {name: f"{pathto(entry.docname)}#{entry.node_id}" for name, entry in entries.items()}


def setup(app: Sphinx) -> dict[str, object]:
    """Link names when a page is written."""
    app.connect("html-page-context", link_names)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
