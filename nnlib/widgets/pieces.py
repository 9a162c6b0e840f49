"""What differs between two pictures, as pieces: small enough to be sent at once, few enough to be sent one by one.

Most of a figure stands still; what moves is a line here and a number there. To encode, send and decode a whole picture
takes longer than to draw it.
"""

import base64
import io
from collections.abc import Iterator

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

BLOCK = 16
"""Pixels. A JPEG with coarse colours is made of such blocks: one that ends between two of them shows no seam."""
GAP = 128
"""Pixels. What is not farther apart is one piece: to encode a small one costs as much as a larger one."""

Piece = tuple[slice, slice]
"""Rows and columns of a picture."""


def pixels(canvas: FigureCanvasAgg) -> np.ndarray:
    """The canvas itself, not a copy: shape (height, width), one number for a pixel."""
    return np.asarray(canvas.buffer_rgba()).view(np.uint32)[..., 0]


def changed_pieces(picture: np.ndarray, still: np.ndarray) -> list[Piece]:
    """Pieces that hold every pixel in which the two differ.

    >>> still = np.zeros((60, 200), np.uint32)
    >>> picture = still.copy()
    >>> picture[20, 3] = picture[50, 190] = 1
    >>> changed_pieces(picture, still)
    [(slice(16, 32, None), slice(0, 16, None)), (slice(48, 60, None), slice(176, 192, None))]
    """
    differs = picture != still
    return [
        (rows, columns)
        for columns in changed_slices(differs.any(axis=0))
        for rows in changed_slices(differs[:, columns].any(axis=1))
    ]


def whole(picture: np.ndarray) -> Piece:
    """All of it in one piece."""
    height, width = picture.shape
    return slice(0, height), slice(0, width)


def changed_slices(changed: np.ndarray) -> Iterator[slice]:
    """Where it is true, in whole blocks, small gaps included.

    >>> list(changed_slices(np.arange(200) == 50))
    [slice(48, 64, None)]
    """
    where = np.flatnonzero(changed)
    if len(where):
        gaps = np.flatnonzero(np.diff(where) > GAP)
        for first, last in zip(where[[0, *gaps + 1]], where[[*gaps, -1]], strict=True):
            yield slice(int(first) // BLOCK * BLOCK, min((int(last) // BLOCK + 1) * BLOCK, len(changed)))


def jpeg(picture: np.ndarray) -> str:
    """A picture, or a piece of one, as a JPEG in base64.

    RGBX takes Agg's four bytes a pixel as they are, and at twice the resolution nobody sees that the colours (not the
    brightness) are kept for blocks of 2x2 pixels: a third less work.
    """
    height, width = picture.shape
    image = Image.frombuffer("RGBX", (width, height), np.ascontiguousarray(picture), "raw", "RGBX", 0, 1)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=65, subsampling="4:2:0")
    return base64.b64encode(buffer.getvalue()).decode()
