"""The text of a report, page by page, without what could steer whoever reads it."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import pypdfium2 as pdfium
from pypdfium2 import raw

from . import drawings
from .messages import MAX_LOG_CHARS, MAX_PAGE_CHARS, MAX_PAGES, MAX_TEXT_CHARS

_LEAST_TEXT = 20
"""Characters: a page with fewer, and a large picture, is a scan."""

_LARGE = 0.4
"""Of a page's area."""

_MOST_OBJECTS = 20_000
"""Of all pages together that may be parts of drawings."""

_SMALL = 40.0
"""Points: a picture narrower than this is an ornament."""

_SPACES = re.compile(r"[^\S\n]+")


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its text, how many figures it has, and whether it is nothing but a picture."""

    text: str
    figures: int  # bitmaps and drawings
    scanned: bool


@dataclass(frozen=True, slots=True)
class ReadPages:
    """The pages of a report, or in a word why there are none."""

    pages: tuple[Page, ...] = ()
    problem: str = ""


def read(data: bytes) -> ReadPages:
    """The first pages of a PDF, within bounds."""
    try:
        document = pdfium.PdfDocument(data)
    except pdfium.PdfiumError:
        # The exception does not say why; pdfium keeps the reason of its last call.
        locked = raw.FPDF_GetLastError() == raw.FPDF_ERR_PASSWORD
        return ReadPages(problem="encrypted" if locked else "damaged")
    found: list[Page] = []
    left, objects = MAX_TEXT_CHARS, _MOST_OBJECTS
    for number in range(min(len(document), MAX_PAGES)):
        try:
            page, looked = _page(document[number], min(left, MAX_PAGE_CHARS), objects)
        except (pdfium.PdfiumError, ValueError, OverflowError):
            page, looked = Page("", 0, False), 0  # one damaged page; the others count
        left -= len(page.text)
        objects -= looked
        found.append(page)
    return ReadPages(tuple(found))


def _page(page: pdfium.PdfPage, most: int, objects: int) -> tuple[Page, int]:
    """The page, and how many objects were looked at for its drawings."""
    layer = page.get_textpage()
    # Counted before it is taken: a page may hold millions of characters.
    count = min(layer.count_chars(), MAX_PAGE_CHARS)
    text = tidy(layer.get_text_range(0, count) if count > 0 else "")[:most]
    wide, high = page.get_size()
    pictures, covered = 0, 0.0
    for number, thing in enumerate(page.get_objects([raw.FPDF_PAGEOBJ_IMAGE], max_depth=3)):
        if number >= drawings.MOST_OBJECTS:
            break
        left, bottom, right, top = thing.get_bounds()
        if right - left >= _SMALL and top - bottom >= _SMALL:
            pictures += 1
            covered = max(covered, (right - left) * (top - bottom) / max(wide * high, 1.0))
    scanned = len(text) < _LEAST_TEXT and covered >= _LARGE
    drawn, looked = drawings.count(page, objects)
    return Page(text, pictures + drawn, scanned), looked


def excerpt(text: str) -> str:
    """A log within bounds: its beginning and, where it is longer, its end, which says most."""
    half = MAX_LOG_CHARS // 2 - 10
    if len(text) > MAX_LOG_CHARS:
        text = f"{text[:half]}\n\u2026\n{text[-half:]}"
    return tidy(text)[:MAX_LOG_CHARS]


def tidy(text: str) -> str:
    """`text` in its usual characters, on lines, without control and direction characters."""
    # Fonts often name a character by its look-alike: the radical of 一, digits of full width.
    normal = unicodedata.normalize("NFKC", text.replace("\r\n", "\n").replace("\r", "\n"))
    plain = "".join(
        char if char == "\n" else " " if char == "\t" else _shown(char) for char in normal
    )
    return "\n".join(line.strip() for line in _SPACES.sub(" ", plain).split("\n"))


def _shown(char: str) -> str:
    # No font shows characters of these kinds, and some of them would reorder a line.
    return "" if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn") else char
