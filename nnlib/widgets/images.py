"""Pixels as images which a page holds in itself."""

import base64
import io

import numpy as np
from PIL import Image


def jpeg(pixels: np.ndarray, quality: int = 85) -> str:
    """Pixels (height, width, 4), of which the fourth number is ignored, as a JPEG in base64.

    RGBX takes Agg's four bytes a pixel as they are.
    """
    height, width, _ = pixels.shape
    image = Image.frombuffer("RGBX", (width, height), np.ascontiguousarray(pixels), "raw", "RGBX", 0, 1)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return base64.b64encode(buffer.getvalue()).decode()


def png_url(pixels: np.ndarray) -> str:
    """Pixels (height, width, 4), opaque where the fourth number is 255, as the source of an image, without loss."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=3)
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
