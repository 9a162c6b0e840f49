"""Take the pictures of the lectures' figures anew, for those who read without a kernel.

pytest tests/widgets/record_pictures.py

They are seen as in JupyterLab: controls, figure, caption. All have the same scale, so their text has the same size.
"""

from io import BytesIO

import nbformat
import pytest
from lab_driver import Lab
from PIL import Image, ImageChops, ImageOps
from playwright.sync_api import Browser
from widgets.figure_driver import notebook_page
from widgets.keyboard_walks import FIGURES, after_key, box
from widgets.test_lectures_in_lab import LECTURES, show_whole, stand_ins

from nnlib.course import ROOT

SCALE = 1.25
"""Pixels of a picture for each of CSS: sharp enough, and as wide as a page on GitHub."""
MARGIN = 10
"""Pixels of white around it."""
KEYS = {
    "02_chain_rule": [("step", "End")],
    "05_step_size": [("step size α", "PageUp")] * 6,
    "06_momentum": [("step size α", "PageUp")] * 6 + [("momentum β", "PageUp")] * 12,
}
"""Sliders and the keys pressed on them, where the figure tells little as it begins."""


@pytest.mark.parametrize("path", LECTURES)
def test_record(chromium: Browser, lab: Lab, path: str):
    name = path.split("/")[1].removesuffix(".ipynb")
    files = [file for _, file in stand_ins(nbformat.read(ROOT / path, as_version=4))]
    assert len(files) == FIGURES.get(name, 1)
    with notebook_page(chromium, lab, path, scale=SCALE) as page:
        for label, key in KEYS.get(name, []):
            after_key(page, label, key)
        show_whole(page, "light", 1400)
        for i, file in enumerate(files):
            seen = Image.open(BytesIO(box(page, i).screenshot())).convert("RGB")
            picture = ImageOps.expand(seen.crop(ImageChops.invert(seen).getbbox()), MARGIN, "white")
            picture.save(ROOT / "lectures" / file, optimize=True)
