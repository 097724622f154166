"""The layout of the histogram of the class's marks.

All positions are percentages, so one SVG without a view box fits a phone and a desktop while its
numbers keep the size of the text around them.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from grader.scoring.points import show_points

from .class_statistics import Bin, Distribution

MOST_TICKS: Final = 6
ROOF: Final = Fraction(12, 100)
"""Where the tallest bar ends, from the picture's top; its count is shown above it."""
BASE: Final = Fraction(86, 100)
ACROSS: Final = Fraction(94, 100)
"""The share of the picture's width that the axis takes."""


@dataclass(frozen=True, slots=True)
class BarView:
    """One bar of the histogram."""

    x: str
    width: str
    y: str
    height: str
    middle: str  # where its count is centred
    count: int
    range: str


@dataclass(frozen=True, slots=True)
class HistogramView:
    """The histogram; `box` is where the middle half lies."""

    bars: tuple[BarView, ...]
    ticks: tuple[tuple[str, str], ...]  # where, what
    box: tuple[str, str]  # start, width
    median: str
    crowded: bool  # its counts are too long for a phone


def histogram(marks: Distribution) -> HistogramView | None:
    """The histogram of `marks`; None where there are none."""
    if not marks.bins or marks.spread is None:
        return None
    top = marks.bins[-1].high
    most = max(bin.count for bin in marks.bins)
    bars = tuple(_bar(bin, top, most) for bin in marks.bins)
    # Every n-th label: with more of them the numbers would touch on a phone.
    step = next(n for n in (1, 2, 4, 5, 10) if len(bars) / n <= MOST_TICKS)
    ends = [marks.bins[0].low, *(bin.high for bin in marks.bins)]
    spread = marks.spread
    return HistogramView(
        bars=bars,
        ticks=tuple((_across(end / top), show_points(end)) for end in ends[::step]),
        box=(_across(spread.lower / top), _percent((spread.upper - spread.lower) / top * ACROSS)),
        median=_across(spread.median / top),
        crowded=most > 99,
    )


def _bar(bin: Bin, top: Fraction, most: int) -> BarView:
    height = Fraction(bin.count, most) * (BASE - ROOF)
    # Bars with a gap between them: without it equal bars look like one.
    gap = (bin.high - bin.low) / top / 12
    return BarView(
        x=_across(bin.low / top + gap / 2),
        width=_percent(((bin.high - bin.low) / top - gap) * ACROSS),
        y=_percent(BASE - height),
        height=_percent(height),
        middle=_across((bin.low + bin.high) / 2 / top),
        count=bin.count,
        range=f"{show_points(bin.low)}–{show_points(bin.high)}",
    )


def _across(share: Fraction) -> str:
    """Where `share` of the axis lies in the picture, which has a margin for the outer labels."""
    return _percent((1 - ACROSS) / 2 + share * ACROSS)


def _percent(share: Fraction) -> str:
    return f"{float(100 * share):.2f}%"
