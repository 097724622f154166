"""Decode a picture of a hand-in. What comes out is pixels: nothing of the file itself."""

from __future__ import annotations

import io
from typing import Final

from PIL import Image

from .messages import MAX_HEIGHT, PageDrawn

_FORMATS: Final = ("PNG", "JPEG", "GIF", "BMP", "WEBP")
_MOST_PIXELS: Final = 40_000_000
"""A file of a few kilobytes can claim to be a picture of gigabytes."""


def draw(data: bytes, width: int) -> tuple[PageDrawn, bytes]:
    """Its first frame on white, at most `width` wide: three bytes each, row by row."""
    try:
        # Pillow has decoders for many more formats, each of which hostile bytes could attack.
        with Image.open(io.BytesIO(data), formats=_FORMATS) as picture:
            if picture.width * picture.height > _MOST_PIXELS:
                return PageDrawn(problem="too large"), b""
            # A JPEG can be decoded at a smaller size at once, which saves time and memory.
            picture.draft("RGB", (width, MAX_HEIGHT))
            # Plots are often saved with a transparent background, which would come out black.
            shown = picture.convert("RGBA")
        shown.thumbnail((width, MAX_HEIGHT))
        plain = Image.new("RGB", shown.size, "white")
        plain.paste(shown, mask=shown.getchannel("A"))
    except Exception as error:  # Pillow raises almost anything on damaged files
        return PageDrawn(problem=type(error).__name__), b""
    return PageDrawn(pages=1, width=plain.width, height=plain.height), plain.tobytes()


def warm() -> None:
    """Let Pillow import the readers of its formats, which it does at their first use."""
    Image.init()
    for format in _FORMATS:
        file = io.BytesIO()
        Image.new("RGB", (2, 2)).save(file, format)
        draw(file.getvalue(), 10)
