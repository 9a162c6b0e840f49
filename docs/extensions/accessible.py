"""What Sphinx and Furo leave to do so that everybody can use the book: each change answers a finding of axe-core."""

from sphinx.application import Sphinx


def level_of_captions(navigation: str) -> str:
    """A caption in the side bar calls itself a heading; a heading has a level."""
    return navigation.replace('role="heading"', 'role="heading" aria-level="2"')


def code_within_reach(body: str) -> str:
    """Code that is wider than the page scrolls; from the keyboard, only what can have the focus does."""
    return body.replace("<pre>", '<pre tabindex="0">')


def change_page(app: Sphinx, page: str, template: str, context: dict, doctree: object) -> None:
    """Change the HTML of a page before it is written."""
    if "body" in context:
        context["body"] = code_within_reach(context["body"])
    context["furo_navigation_tree"] = level_of_captions(context.get("furo_navigation_tree", ""))


AFTER_FURO = 900


def setup(app: Sphinx) -> dict[str, object]:
    """Change pages when the theme has done its part."""
    app.connect("html-page-context", change_page, priority=AFTER_FURO)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
