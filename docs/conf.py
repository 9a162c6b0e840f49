"""How Sphinx makes the book; `course site` gathers what it reads (see nnlib/course/site.py)."""

import sys
from importlib import metadata
from pathlib import Path

from nnlib.course.repository import binder, colab, repository
from nnlib.grading.question import Question
from nnlib.grading.questions import QUESTIONS

sys.path.insert(0, str(Path(__file__).parent / "extensions"))

project = "Neural networks you can move"
author = "the authors of the course"
copyright = "the authors of the course; text CC BY 4.0, code BSD 3-Clause"
release = metadata.version("nnlib")
language = "en"

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "plain_docstrings",
    "mathml",
    "code_links",
    "accessible",
]
exclude_patterns = ["**/README.md"]
nb_execution_mode = "off"  # the lectures have run already
myst_enable_extensions = ["amsmath", "attrs_inline", "colon_fence", "dollarmath", "substitution"]
functions = [question for question in QUESTIONS.values() if isinstance(question, Question)]
myst_substitutions = {
    "questions": len(functions),
    "mistakes": sum(len(question.mistakes) for question in functions),
    "equivalents": sum(len(question.equivalents) for question in functions),
}
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
napoleon_use_rtype = False

FIRST = "lectures/00_start_here.ipynb"
# `course site` sets this tag when it builds the live version
live = {"Live": f"lite/lab/index.html?path={FIRST}"} if tags.has("live") else {}  # noqa: F821 (Sphinx defines tags)

html_theme = "furo"
html_title = project
html_math_renderer = "mathml"
html_sidebars = {
    "**": [
        f"sidebar/{part}.html"
        for part in ["brand", "search", "launch", "scroll-start", "navigation", "scroll-end", "variant-selector"]
    ]
}
html_context = {"launch": {**live, "Binder": binder(repository(), FIRST), "Colab": colab(repository(), FIRST)}}
templates_path = ["_templates"]
html_static_path = ["_static"]
html_favicon = "_static/favicon.svg"
html_css_files = ["course.css"]
html_copy_source = False
html_scaled_image_link = False
html_show_sourcelink = False
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"
html_theme_options = {
    "source_repository": repository(),
    "source_branch": "main",
    "top_of_page_buttons": [],
}
