"""What is made of formulas and of docstrings when the book is built."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from code_links import linked
from fontTools.ttLib import TTFont
from lxml import html
from math_core import LatexError
from mathml import mathml
from plain_docstrings import converted
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from nnlib.course import ROOT

VARIATION_SELECTORS = "\ufe00\ufe01"
"""They choose among the shapes of the character before them; a font needs no shape for them."""


def shape(latex: str) -> str:
    """The MathML of a formula without its characters."""
    return re.sub(">[^<]+<", "><", mathml(latex, display=True))


def test_a_prime_is_not_raised_twice():
    assert "msup" not in shape(r"L'")
    assert shape(r"\sigma'_L") == shape(r"{\sigma'}_L") != shape(r"\sigma_L")
    assert "msup" in shape("z^2")


def test_a_large_bracket_with_an_index_stretches_like_one_without():
    brackets = ElementTree.fromstring(mathml(r"\Big( x \Big)_i", display=True)).findall(".//mo")
    assert [bracket.get("stretchy") for bracket in brackets] == ["true", "true"]
    assert mathml(r"\Big)_i", display=True).count("<mrow>") == 1


def test_a_box_is_a_row_with_a_border():
    assert '<mrow class="box">' in mathml(r"\boxed{x}", display=True)


def test_text_with_spaces_and_signs_of_xml_is_kept():
    tree = ElementTree.fromstring(mathml(r"x < 1 \text{ and } y > 0", display=False))
    assert "".join(tree.itertext()).replace("\N{NO-BREAK SPACE}", " ").replace(" ", "") == "x<1andy>0"


def test_what_is_no_formula_is_an_error():
    with pytest.raises(LatexError):
        mathml(r"\frac{1}", display=False)


def test_the_font_has_every_character_of_every_formula(site: Path):
    characters = TTFont(ROOT / "docs" / "_static" / "formulas.woff2").getBestCmap()
    used = {
        character
        for page in site.rglob("*.html")
        if "lite" not in page.relative_to(site).parts
        for formula in html.fromstring(page.read_bytes()).iter("math")
        for character in "".join(formula.itertext())
        if not character.isspace() and character not in VARIATION_SELECTORS
    }
    assert len(used) > 80
    assert not {character for character in used if ord(character) not in characters}


def test_signs_of_formulas_in_docstrings_are_no_markup():
    assert converted(["The larger |r| of W_i_ and *args, `A_i` too."]) == [
        r"The larger \|r\| of W\_i\_ and \*args, ``A_i`` too."
    ]


def test_examples_and_indented_blocks_of_docstrings_stay_as_they_are():
    docstring = ["One line.", "", "    a_i = W_i z", "", "Args:", "    x, x_0: some |x_0|.", "", ">>> f(*a)", "b_i"]
    assert converted(docstring) == [
        *("One line.", "", "::", "", "    a_i = W_i z", "", "Args:"),
        *(r"    x, x_0: some \|x\_0\|.", "", ">>> f(*a)", "b_i"),
    ]


def test_names_that_are_imported_are_links_but_not_attributes_or_arguments_of_the_same_name():
    code = "SGD(params, check=check, x=net.check)\nchecker = check"
    lexed = highlight(code, PythonLexer(), HtmlFormatter(nowrap=True))
    body = f'<p><span class="n">check</span></p><div class="highlight-ipython3"><pre>{lexed}</pre></div>'
    page = html.fromstring(linked(body, {"check": "c.html", "SGD": "s.html"}))
    assert [(link.get("href"), link.text_content()) for link in page.iter("a")] == [
        *(("s.html", "SGD"), ("c.html", "check"), ("c.html", "check"))
    ]
    assert page.text_content().endswith(code + "\n")
