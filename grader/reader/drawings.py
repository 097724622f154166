"""Figures that a PDF holds as lines: vector plots, which are not bitmaps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pypdfium2 as pdfium
from pypdfium2 import raw

MOST_OBJECTS = 2_000
"""How many of one page are looked at."""

_MOST_GROUPS = 60
_SIDE = 60.0
"""Points: a smaller drawing is an ornament or a formula."""

_WIDE, _HIGH = 30.0, 10.0
"""Points: a smaller path is a letter, an arrow or a mark."""

_SEGMENTS = 8
"""Frames, rules and cells of tables have fewer; a curve has more."""

_GAP = 12.0
"""Points: paths that are closer belong to one drawing."""

_WHOLE_PAGE = 0.8
"""Of a page's area: what covers more is the page itself, or its background."""


@dataclass(slots=True)
class _Box:
    left: float
    bottom: float
    right: float
    top: float
    curved: bool = False

    @property
    def wide(self) -> float:
        return self.right - self.left

    @property
    def high(self) -> float:
        return self.top - self.bottom

    def touches(self, other: _Box) -> bool:
        return (
            self.left - _GAP <= other.right
            and other.left - _GAP <= self.right
            and self.bottom - _GAP <= other.top
            and other.bottom - _GAP <= self.top
        )

    def grow(self, other: _Box) -> None:
        self.left, self.right = min(self.left, other.left), max(self.right, other.right)
        self.bottom, self.top = min(self.bottom, other.bottom), max(self.top, other.top)
        self.curved |= other.curved


def count(page: pdfium.PdfPage, most: int) -> tuple[int, int]:
    """How many drawings with a curve a page has, and how many objects were looked at for that.

    What is embedded as one file counts as one; loose lines belong together where they are close.
    """
    area = max(1.0, page.get_width() * page.get_height())
    found = looked = 0
    groups: list[_Box] = []
    inside: _Box | None = None  # the embedded drawing whose contents come next
    level = 0  # of that drawing
    pictured = False  # it holds a bitmap, which is counted elsewhere

    def ended() -> int:
        return int(inside is not None and inside.curved and not pictured)

    for thing in _objects(page, min(most, MOST_OBJECTS)):
        looked += 1
        box = _Box(*thing.get_bounds())
        if box.wide * box.high > _WHOLE_PAGE * area:
            continue
        if inside is not None and thing.level <= level:
            found += ended()
            inside, pictured = None, False
        if thing.type == raw.FPDF_PAGEOBJ_FORM:
            # A form inside a form is a part of the same figure.
            if inside is None and min(box.wide, box.high) >= _SIDE:
                inside, level = box, thing.level
        elif thing.type == raw.FPDF_PAGEOBJ_IMAGE:
            pictured = True
        else:
            box.curved = _is_curve(thing, box)
            if inside is None:
                _add(groups, box)
            else:
                inside.curved |= box.curved
    found += ended()
    drawn = sum(one.curved and min(one.wide, one.high) >= _SIDE for one in groups)
    return found + drawn, looked


def _objects(page: pdfium.PdfPage, most: int) -> Iterator[pdfium.PdfObject]:
    kinds = [raw.FPDF_PAGEOBJ_FORM, raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_PATH]
    for _, thing in zip(range(most), page.get_objects(kinds, max_depth=4), strict=False):
        yield thing


def _is_curve(thing: pdfium.PdfObject, box: _Box) -> bool:
    large = box.wide >= _WIDE and box.high >= _HIGH
    return large and raw.FPDFPath_CountSegments(thing) >= _SEGMENTS


def _add(groups: list[_Box], box: _Box) -> None:
    near = [one for one in groups if one.touches(box)]
    for one in near:
        box.grow(one)
        groups.remove(one)
    # Each path is compared with every group, so their number bounds the time of a hostile page.
    if near or len(groups) < _MOST_GROUPS:
        groups.append(box)
