"""Text for pictures with many numbers that change: matplotlib needs a millisecond to lay out one."""

from functools import cached_property

from matplotlib.axes import Axes
from matplotlib.backend_bases import GraphicsContextBase, RendererBase
from matplotlib.text import Text

from nnlib.widgets.svg import SvgRenderer

ANCHORS = {"left": "start", "center": "middle", "right": "end"}


def quick_text(axes: Axes, x: float, y: float, colour: str, **look: object) -> "QuickText":
    """An empty text at this place, cheap to draw: one horizontal line without formulas, centred vertically."""
    centred = {"horizontalalignment": "center", "verticalalignment": "center"}
    text = QuickText(x, y, "", color=colour, clip_on=False, **{"fontsize": 9, **centred, **look})
    return axes.add_artist(text)


class QuickText(Text):
    """What `quick_text` makes. It never leaves its place."""

    @cached_property
    def place(self) -> tuple[float, float]:
        """In pixels of the canvas, once its layout is settled."""
        x, y = self.get_transform().transform(self.get_position())
        return float(x), float(y)

    def draw(self, renderer: RendererBase) -> None:
        """The browser lays out its letters; on paper, matplotlib does."""
        if not isinstance(renderer, SvgRenderer):
            super().draw(renderer)
        elif self.get_visible() and self.get_text():
            anchor = ANCHORS[self.get_horizontalalignment()]
            renderer.draw_words(self._pen, *self.place, self.get_text(), self.get_fontsize(), anchor)

    @cached_property
    def _pen(self) -> GraphicsContextBase:
        pen = GraphicsContextBase()
        pen.set_foreground(self.get_color())
        return pen
