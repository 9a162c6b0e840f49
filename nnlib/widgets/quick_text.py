"""Text for pictures with many numbers that change: matplotlib needs a millisecond to lay out one."""

from functools import cached_property, lru_cache

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.font_manager import findfont
from matplotlib.text import Text
from PIL import Image, ImageDraw, ImageFont

START_OF_LINE = {"left": 0.0, "center": 0.5, "right": 1.0}


def quick_text(axes: Axes, x: float, y: float, colour: str, **look: object) -> "QuickText":
    """An empty text at this place, cheap to draw: one horizontal line of dark letters, centred vertically."""
    text = QuickText(x, y, "", color=colour, **{"fontsize": 9, "horizontalalignment": "center", **look})
    return axes.add_artist(text)


class QuickText(Text):
    """What `quick_text` makes. It never leaves its place."""

    @cached_property
    def place(self) -> tuple[float, float]:
        """In pixels of the canvas, once its layout is settled."""
        x, y = self.get_transform().transform(self.get_position())
        return float(x), float(y)

    def draw(self, renderer: RendererAgg) -> None:
        """Lay the pictures of its characters on the ground; of the two, the darker pixel remains."""
        if not self.get_visible() or not self.get_text():
            return
        ink = text_picture(self.get_text(), round(renderer.points_to_pixels(self.get_fontsize())), self.get_color())
        x, y = self.place
        pixels = np.asarray(renderer.buffer_rgba())
        left = max(0, round(x - START_OF_LINE[self.get_horizontalalignment()] * ink.shape[1]))
        top = max(0, round(len(pixels) - y - ink.shape[0] / 2))
        ground = pixels[top : top + ink.shape[0], left : left + ink.shape[1]]
        np.minimum(ground, ink[: ground.shape[0], : ground.shape[1]], out=ground)


def text_picture(text: str, pixels: int, colour: str) -> np.ndarray:
    """The text in this colour on white: (height, width, 4), uint8.

    >>> text_picture("w", 20, "#000000").shape[2], text_picture("ww", 20, "#000000").shape[1] > 20
    (4, True)
    """
    return np.concatenate([_character(character, pixels, colour) for character in text], axis=1)


@lru_cache(maxsize=1024)
def _character(character: str, pixels: int, colour: str) -> np.ndarray:
    font = _font(pixels)
    ascent, descent = font.getmetrics()
    picture = Image.new("RGBA", (max(1, round(font.getlength(character))), ascent + descent), "white")
    ImageDraw.Draw(picture).text((0, 0), character, fill=colour, font=font)
    return np.array(picture)


@lru_cache
def _font(pixels: int) -> ImageFont.FreeTypeFont:
    # the font which comes with matplotlib: the same letters as everywhere else in the picture
    return ImageFont.truetype(findfont("DejaVu Sans"), pixels, layout_engine=ImageFont.Layout.BASIC)
