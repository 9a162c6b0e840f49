"""matplotlib's artists as an SVG, made quickly enough for every tick of a slider.

matplotlib has an SVG renderer of its own, for files. It writes each dot of a scatter plot as an element, which costs
it, and then the browser, many times as much as one path with all the dots.
"""

import html
from functools import lru_cache

import numpy as np
from matplotlib.backend_bases import GraphicsContextBase, RendererBase
from matplotlib.colors import to_hex
from matplotlib.path import Path
from matplotlib.transforms import Affine2D, Bbox, BboxBase, Transform

from nnlib.widgets.images import jpeg, png_url

UNITS = 10
"""Units of the SVG in a pixel: whole numbers of them are as precise as an eye can see, and soon written."""
DOWNWARDS = np.array([UNITS, -UNITS])
MARGIN = 100
"""Pixels around the canvas, more than any line is wide. What lies beyond is left out."""
COMMANDS = {Path.MOVETO: "M", Path.LINETO: "L", Path.CURVE3: "Q", Path.CURVE4: "C", Path.CLOSEPOLY: "z", Path.STOP: ""}
CAPS = {"butt": "butt", "projecting": "square", "round": "round"}
FONTS = "DejaVu Sans, Verdana, sans-serif"
"""matplotlib's own, and the one elsewhere whose letters are as wide."""
MIDDLE_OF_LETTERS = 0.28
"""How high it is above their baseline, in sizes of the font: half-way between the top of an l and the foot of a p."""
FLEETING = 65
"""The quality of a large image that the next tick will replace."""
Colour = tuple[float, ...]
"""Red, green, blue and opacity, in [0, 1]."""


class SvgRenderer(RendererBase):
    """Artists draw with it as with any renderer of matplotlib; `svg` is what they drew.

    It cuts off at rectangles alone, not at other clip paths, and leaves hatches out.

    >>> from matplotlib.lines import Line2D
    >>> renderer = SvgRenderer(20, 10, dpi=72)
    >>> Line2D([0, 10], [0, 10], color="red").draw(renderer)
    >>> renderer.elements  # doctest: +ELLIPSIS
    ['<path d="M0 100 L100 0" fill="none" stroke="#ff0000" stroke-width="15" ...>']
    """

    def __init__(self, width: int, height: int, dpi: float) -> None:
        super().__init__()
        self.width, self.height, self.dpi = width, height, dpi
        self.elements: list[str] = []
        self._top = np.array([0, UNITS * height])

    def svg(self, style: str) -> str:
        """What was drawn, as an element of a page."""
        view = f'viewBox="0 0 {UNITS * self.width} {UNITS * self.height}"'
        return f'<svg {view} style="{style}">{"".join(self.elements)}</svg>'

    def draw_path(
        self,
        gc: GraphicsContextBase,
        path: Path,
        transform: Transform,
        rgbFace: Colour | None = None,
    ) -> None:
        """A line; an area, if it has a colour for its face."""
        canvas = (-MARGIN, -MARGIN, self.width + MARGIN, self.height + MARGIN)
        line = rgbFace is None
        drawn = path.cleaned(
            transform,
            remove_nans=True,
            clip=canvas if line else None,
            simplify=line and path.should_simplify,
            curves=True,
        )
        if data := path_data(drawn.codes, self._in_units(drawn.vertices)):
            self._add(gc, f'<path d="{data}"{self._paint(gc, rgbFace)}/>')

    def draw_markers(
        self,
        gc: GraphicsContextBase,
        marker_path: Path,
        marker_trans: Transform,
        path: Path,
        trans: Transform,
        rgbFace: Colour | None = None,
    ) -> None:
        """The same shape at every point of a path."""
        points = trans.transform(path.vertices)
        near = (points > -MARGIN) & (points < (self.width + MARGIN, self.height + MARGIN))
        points = self._in_units(points[near.all(axis=1)])
        if not len(points):
            return
        shape = marker_data(marker_path, tuple(marker_trans.get_matrix().ravel().tolist()))
        markers, paint = [f"M{x} {y}{shape}" for x, y in points.tolist()], self._paint(gc, rgbFace)
        if not order_matters(gc, rgbFace):
            markers = ["".join(markers)]
        self._add(gc, "".join(f'<path d="{marker}"{paint}/>' for marker in markers))

    def draw_image(
        self, gc: GraphicsContextBase, x: float, y: float, im: np.ndarray, transform: Transform | None = None
    ) -> None:
        """Pixels (rows, columns, 4), the lowest row first. `transform` tells where the unit square goes to."""
        rows, columns, _ = im.shape
        size = Affine2D().scale(columns, rows) if transform is None else transform
        (left, bottom), (right, top) = size.transform([(0, 0), (1, 1)]) + (x, y)
        upright = im[:: -1 if bottom < top else 1, :: 1 if left < right else -1]
        if transform is None and im[..., 3].min() == 255:
            look, url = "", f"data:image/jpeg;base64,{jpeg(upright, FLEETING)}"
        else:
            look, url = ' style="image-rendering:pixelated"', png_url(upright)
        place = self._place(Bbox(np.sort([(left, bottom), (right, top)], axis=0)))
        self._add(gc, f'<image {place} preserveAspectRatio="none"{look} href="{url}"/>')

    def draw_words(self, gc: GraphicsContextBase, x: float, y: float, words: str, size: float, anchor: str) -> None:
        """One horizontal line in a font of the reader's, where `draw_text` draws outlines.

        Args:
            gc: has the colour.
            x: of the anchor, which is the "start", the "middle" or the "end" of the line.
            y: of the middle of the letters.
            words: the text.
            size: in points.
            anchor: see x.
        """
        baseline = y - MIDDLE_OF_LETTERS * self.points_to_pixels(size)
        left, top = self._in_units(np.array([x, baseline])).tolist()
        place = f'x="{left}" y="{top}" text-anchor="{anchor}"'
        look = f'font-family="{FONTS}" font-size="{self._in_whole_units(size)}" fill="{css_colour(gc.get_rgb())}"'
        self._add(gc, f"<text {place} {look}>{html.escape(words)}</text>")

    def get_canvas_width_height(self) -> tuple[int, int]:
        """In pixels."""
        return self.width, self.height

    def option_scale_image(self) -> bool:
        """A small image may remain small: the browser enlarges it."""
        return True

    def points_to_pixels(self, points: float) -> float:
        """In this resolution."""
        return points * self.dpi / 72

    def _add(self, gc: GraphicsContextBase, element: str) -> None:
        box = gc.get_clip_rectangle()
        if box is not None:  # an SVG in it shows nothing outside its own place
            place = self._place(box)
            view = " ".join(place.split('"')[1::2])
            element = f'<svg {place} viewBox="{view}" style="overflow:hidden">{element}</svg>'
        self.elements.append(element)

    def _place(self, box: BboxBase) -> str:
        (left, bottom), (right, top) = self._in_units(box.get_points()).tolist()
        return f'x="{left}" y="{top}" width="{right - left}" height="{bottom - top}"'

    def _paint(self, gc: GraphicsContextBase, face: Colour | None) -> str:
        """How a path is filled and stroked, as attributes."""
        paint = f' fill="{"none" if face is None else css_colour(tuple(face))}"'
        if width := self._in_whole_units(gc.get_linewidth()):
            paint += f' stroke="{css_colour(gc.get_rgb())}" stroke-width="{width}"'
            paint += f' stroke-linecap="{CAPS[gc.get_capstyle()]}" stroke-linejoin="{gc.get_joinstyle()}"'
            offset, lengths = gc.get_dashes()
            if lengths is not None:
                dashes = " ".join(str(self._in_whole_units(length)) for length in lengths)
                paint += f' stroke-dasharray="{dashes}" stroke-dashoffset="{self._in_whole_units(offset)}"'
        return paint

    def _in_whole_units(self, points: float) -> int:
        return round(UNITS * self.points_to_pixels(points))

    def _in_units(self, pixels: np.ndarray) -> np.ndarray:
        """From matplotlib's pixels, counted from the lower left, to units, counted from the upper left."""
        return np.rint(pixels * DOWNWARDS + self._top).astype(int)


def path_data(codes: np.ndarray, points: np.ndarray) -> str:
    """A path of matplotlib, its codes (n,) and whole coordinates (n, 2), in SVG's words.

    >>> path_data(np.array([1, 2, 2, 79]), np.array([[0, 0], [5, 0], [5, -7], [0, 0]]))
    'M0 0 L5 0 5 -7 z'
    """
    words, before = [*map(str, points.ravel().tolist())], None
    for i, code in enumerate(codes.tolist()):
        if code == before != Path.MOVETO:  # the same command once more needs no letter
            continue
        before = code
        if code in (Path.CLOSEPOLY, Path.STOP):
            words[2 * i : 2 * i + 2] = COMMANDS[code], ""
        else:
            words[2 * i] = COMMANDS[code] + words[2 * i]
    return " ".join(words).rstrip()


@lru_cache(maxsize=256)
def marker_data(marker: Path, matrix: tuple[float, ...]) -> str:
    """A marker, in units and seen from the point at which it stands: SVG's small letters.

    >>> marker_data(Path([[-1, -1], [1, 1]]), (1, 0, 0, 0, 1, 0, 0, 0, 1))
    'm-10 10 l20 -20'
    """
    transform = Affine2D(np.reshape(matrix, (3, 3))).scale(UNITS, -UNITS)
    if marker is Path.unit_circle():  # the most frequent one, much shorter as two arcs than as curves
        r = round(transform.get_matrix()[0, 0])
        return f"m{-r} 0a{r} {r} 0 1 0 {2 * r} 0a{r} {r} 0 1 0 {-2 * r} 0z"
    words, here, start = [], np.zeros(2), np.zeros(2)
    for vertices, code in marker.iter_segments(transform, simplify=False):
        if code == Path.CLOSEPOLY:
            words.append("z")
            here = start
            continue
        points = np.rint(vertices.reshape(-1, 2))
        words.append(COMMANDS[code].lower() + " ".join(f"{x:.0f} {y:.0f}" for x, y in points - here))
        here = points[-1]
        if code == Path.MOVETO:
            start = here
    return " ".join(words)


def order_matters(gc: GraphicsContextBase, face: Colour | None) -> bool:
    """Whether shapes that overlap look different when they are painted all at once."""
    inks = {gc.get_rgb()} if gc.get_linewidth() else set()
    if face is not None:
        inks.add(tuple(face))
    seen = [ink for ink in inks if ink[3] > 0]
    return len(seen) > 1 or any(ink[3] < 1 for ink in seen)


@lru_cache(maxsize=256)
def css_colour(rgba: Colour) -> str:
    """A colour as a page writes it.

    >>> css_colour((1.0, 0.0, 0.0, 1.0)), css_colour((1.0, 0.0, 0.0, 0.5))
    ('#ff0000', '#ff000080')
    """
    return to_hex(rgba, keep_alpha=rgba[3] < 1)
