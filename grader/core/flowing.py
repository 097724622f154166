"""Text on a terminal whose lines may break between Chinese characters.

Rich breaks lines at blanks only. A Chinese sentence has none, so it would begin on a line of its
own and be cut at the margin, even in front of a full stop.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from rich.cells import get_character_cell_size
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.text import Text

_NOT_FIRST: Final = "，。；：！？、）》”’…%"
_NOT_LAST: Final = "（《“‘"


@dataclass(frozen=True)
class Flowing:
    """A text that fills its lines."""

    text: Text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for line in self.text.split("\n", allow_blank=True):
            for piece in line.divide(breaks(line.plain, options.max_width)):
                piece.rstrip()
                piece.no_wrap, piece.overflow = True, "fold"
                yield piece

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        most = Measurement.get(console, options, self.text).maximum
        return Measurement(min(2, most), most)


def breaks(text: str, width: int) -> Iterator[int]:
    """Where the lines of `text` begin, so that each takes at most `width` columns."""
    start = allowed = used = 0
    for place, char in enumerate(text):
        if place and _may_break(text[place - 1], char):
            allowed = place
        size = get_character_cell_size(char)
        if used + size > width and place > start and char != " ":
            start = allowed if allowed > start else place
            used = sum(map(get_character_cell_size, text[start:place]))
            yield start
        used += size


def _may_break(before: str, after: str) -> bool:
    """Behind a blank, and beside a wide character that is no punctuation of its neighbour."""
    if before == " ":
        return after != " "
    wide = max(get_character_cell_size(before), get_character_cell_size(after)) == 2
    return wide and after != " " and after not in _NOT_FIRST and before not in _NOT_LAST
