"""Formulas as MathML: rendered when the site is built, drawn by the browser itself, without JavaScript.

math-core writes MathML Core. `for_browsers` changes what today's browsers draw badly; it reads and writes XML.
"""

import re
from html import unescape
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from docutils import nodes
from math_core import LatexToMathML
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

ENTITY_OF_HTML = re.compile(r"&(?!lt;|gt;|amp;)\w+;")
"""All but those which XML knows, too."""
CONVERTER = LatexToMathML(fancy_error=False)
PRIME = "′"
TIGHT = {"lspace": "0", "rspace": "0"}


def mathml(latex: str, *, display: bool) -> str:
    r"""A formula as MathML.

    Raises:
        math_core.LatexError: it is not understood.

    >>> mathml("\\sigma'_1", display=False)
    '<math><msub><mrow><mi>σ</mi><mo lspace="0" rspace="0">′</mo></mrow><mn>1</mn></msub></math>'
    """
    markup = CONVERTER.convert_with_local_state(latex, displaystyle=display)
    tree = ElementTree.fromstring(ENTITY_OF_HTML.sub(lambda entity: unescape(entity[0]), markup))
    for element in list(tree.iter()):
        for_browsers(element)
    return ElementTree.tostring(tree, encoding="unicode")


def for_browsers(element: Element) -> None:
    """Change an element that browsers draw badly: a prime, a large bracket with an index, a box."""
    children = list(element)
    if element.tag in {"msup", "msubsup"} and children[-1].tag == "mo" and set(children[-1].text or "") == {PRIME}:
        # the glyph of a prime is small and raised already; as an exponent it is twice so
        base, *index, prime = children
        prime.attrib.update(TIGHT)
        element.tag = "msub" if index else "mrow"
        element[:] = [_row(base, prime), *index] if index else [base, prime]
    elif element.tag.startswith("m") and children and children[0].get("minsize"):
        # an operator with an index is not stretched, one in a row is
        children[0].attrib.update(stretchy="true", symmetric="true")
        if element.tag in {"msub", "msup", "msubsup"}:
            element[0] = _row(children[0])
    elif element.tag == "menclose":
        # not in MathML Core; a border is for the style sheet
        element.tag = "mrow"
        element.attrib = {"class": element.get("notation")}


def _row(*elements: Element) -> Element:
    row = Element("mrow")
    row.extend(elements)
    return row


def visit_inline(self: HTML5Translator, node: nodes.math) -> None:
    """Write a formula in a line of text."""
    self.body.append(mathml(node.astext(), display=False))
    raise nodes.SkipNode


def visit_block(self: HTML5Translator, node: nodes.math_block) -> None:
    """Write a formula on a line of its own; on a narrow screen it scrolls."""
    self.body.append(f'<div class="formula" tabindex="0">{mathml(node.astext(), display=True)}</div>')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, object]:
    """Register the renderer under the name which conf.py chooses."""
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
