"""Draw a page of a PDF. What comes out is pixels: nothing of the file itself leaves the sandbox."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pypdfium2 as pdfium

from .messages import MAX_HEIGHT, PageDrawn
from .pdf import blank

MASK = (40, 48, 56)
MAX_MASKED = 400
"""Places of one page; a page that repeats a name more often is no report."""


def draw(data: bytes, number: int, width: int, hidden: Sequence[str]) -> tuple[PageDrawn, bytes]:
    """Page `number`, counted from 0, and its pixels: three bytes each, row by row.

    The words of `hidden` are painted over, where the page has them as text.
    """
    try:
        document = pdfium.PdfDocument(data)
        pages = len(document)
        if not 0 <= number < pages:
            return PageDrawn(pages=pages, problem="no such page"), b""
        page = document[number]
        wide, high = page.get_size()
        # A page may claim to be a metre high and a hair wide.
        scale = min(width / wide, MAX_HEIGHT / high)
        bitmap = page.render(scale=scale, rev_byteorder=True, may_draw_forms=False)
        pixels = np.array(bitmap.to_numpy()[:, :, :3], dtype=np.uint8, order="C")
        text = page.get_textpage()
        # The mask is a pixel larger on each side, so that no edge of a letter shows.
        for left, bottom, right, top in itertools.islice(_places(text, hidden), MAX_MASKED):
            rows = slice(max(0, int((high - top) * scale) - 1), int((high - bottom) * scale) + 2)
            pixels[rows, max(0, int(left * scale) - 1) : int(right * scale) + 2] = MASK
        drawn = PageDrawn(pages=pages, width=pixels.shape[1], height=pixels.shape[0])
        return drawn, pixels.tobytes()
    except (pdfium.PdfiumError, ValueError, ZeroDivisionError, OverflowError) as error:
        return PageDrawn(problem=type(error).__name__), b""


def _places(text: pdfium.PdfTextPage, hidden: Sequence[str]) -> itertools.chain[tuple[float, ...]]:
    def of(word: str) -> list[tuple[float, ...]]:
        found: list[tuple[float, ...]] = []
        search = text.search(word)
        while (place := search.get_next()) is not None and len(found) < MAX_MASKED:
            # The loose box of a letter has room for its accents, and for what hangs below the line.
            found += [text.get_charbox(i, loose=True) for i in range(place[0], sum(place))]
        return found

    return itertools.chain.from_iterable(of(word) for word in hidden)


def warm() -> None:
    """Let the library do once what it does at its first use."""
    draw(blank(), 0, 100, ["x"])
