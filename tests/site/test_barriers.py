"""Contrast is measured once for each look of a text: all that axe finds is still found."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from barriers import barriers
from playwright.sync_api import Page

WORD = "<span>readable</span> "
PAGE = f"""<!doctype html><html lang="en"><title>Words</title>
<style>
    body {{ background: white; color: #333 }}
    .ground {{ position: relative; width: 20em }}
    .sheet {{ position: absolute; inset: 0; background: #222 }}
    .over {{ position: relative }}
</style>
<main><h1>Words</h1><p>{WORD * 50}</p>%s</main></html>"""
GREY = "color: #888"
"""Enough for large letters on white, not for small ones."""
FAULTS = {
    "one pale word": f'<p>{WORD}<span style="color: #bbb">pale</span> {WORD}</p>',
    "the same word before a dark sheet": f'<div class="ground"><i class="sheet"></i><p class="over">{WORD}</p></div>',
    "the same word in a faint paragraph": f'<p style="opacity: 0.3">{WORD}</p>',
    "the same grey, but small": f'<p style="{GREY}; font-size: 32px">{WORD}</p><p style="{GREY}">{WORD}</p>',
    "the same pale colour after a single letter": "".join(
        f'<b style="color: #bbb">{text}</b> ' for text in ("x", "xy")
    ),
    "a picture without a text": '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">',
    "a field without a name": "<input>",
}


def found_by_axe(page: Page) -> list[str]:
    """The same findings, with the contrast of each text."""
    violations = Axe().run(page).response["violations"]
    strong = [violation for violation in violations if violation["impact"] in ("serious", "critical")]
    return [f"{violation['id']}: {node['html']}" for violation in strong for node in violation["nodes"]]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found_among_many_sound_words(page: Page, fault: str):
    page.set_content(PAGE % FAULTS[fault])
    expected = found_by_axe(page)
    assert expected
    assert barriers(page) == expected
    assert page.locator("[data-looks-like-another]").count() >= 49


def test_a_sound_page_has_none(page: Page):
    page.set_content(PAGE % "")
    assert barriers(page) == found_by_axe(page) == []
