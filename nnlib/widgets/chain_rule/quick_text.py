"""Text for pictures with many numbers that change: matplotlib needs a millisecond to lay out one, Pillow a tenth."""

from functools import lru_cache

import numpy as np
from matplotlib.backend_bases import GraphicsContextBase, RendererBase
from matplotlib.font_manager import findfont
from matplotlib.text import Text
from PIL import Image, ImageDraw, ImageFont

START_OF_LINE = {"left": 0.0, "center": 0.5, "right": 1.0}
UNCLIPPED = GraphicsContextBase()


class QuickText(Text):
    """One horizontal line of text, centred vertically at its place; for artists that are drawn at every tick."""

    def draw(self, renderer: RendererBase) -> None:
        """Paste a picture of the text, made once for each text, size and colour."""
        if not self.get_visible() or not self.get_text():
            return
        picture = text_picture(self.get_text(), round(renderer.points_to_pixels(self.get_fontsize())), self.get_color())
        height, width = picture.shape[:2]
        x, y = self.get_transform().transform(self.get_position())
        left = x - START_OF_LINE[self.get_horizontalalignment()] * width
        renderer.draw_image(UNCLIPPED, round(left), round(y - height / 2), picture)


@lru_cache(maxsize=512)
def text_picture(text: str, pixels: int, colour: str) -> np.ndarray:
    """The text in this colour on a transparent ground, the lowest row first: (height, width, 4), uint8.

    >>> text_picture("w", 20, "#000000").shape[2], text_picture("ww", 20, "#000000").shape[1] > 20
    (4, True)
    """
    font = _font(pixels)
    ascent, descent = font.getmetrics()
    size = max(1, round(font.getlength(text))), ascent + descent
    ink = Image.new("L", size)
    ImageDraw.Draw(ink).text((0, 0), text, fill=255, font=font)
    picture = Image.new("RGB", size, colour)
    picture.putalpha(ink)
    return np.array(picture)[::-1]


@lru_cache
def _font(pixels: int) -> ImageFont.FreeTypeFont:
    # the font which comes with matplotlib: the same letters as everywhere else in the picture
    return ImageFont.truetype(findfont("DejaVu Sans"), pixels, layout_engine=ImageFont.Layout.BASIC)
