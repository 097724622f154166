"""Search the text of a report: the same text that the evidence is found in."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from grader.feedback.clean import clean_line

MOST_HITS: Final = 60
QUERY_CHARS: Final = 100
_AROUND: Final = 40
# A line ends within a Chinese word, and some fonts have a blank behind every character.
_WITHIN_CHINESE: Final = re.compile(r"(?<=[\u3000-\u9fff\uff00-\uffef])\s+(?=[\u3000-\u9fff])")


@dataclass(frozen=True, slots=True)
class Hit:
    """One place: its page, from 1, and the words there."""

    page: int
    before: str
    words: str
    after: str


def flat(text: str) -> str:
    """A page as one line; lines and blanks within Chinese words are closed up."""
    return " ".join(_WITHIN_CHINESE.sub("", text).split())


def search(
    pages: Sequence[str], query: str, show: Callable[[str], str]
) -> tuple[tuple[Hit, ...], int]:
    """The first places of `query`, and how many there are.

    `show` masks names where they are hidden, before anything is searched: what is hidden is not
    found either.
    """
    wanted = flat(unicodedata.normalize("NFKC", query[:QUERY_CHARS]))
    if not wanted:
        return (), 0
    # Between words any blanks, and none is needed: a line may end there.
    pattern = re.compile(r"\s?".join(re.escape(word) for word in wanted.split()), re.IGNORECASE)
    found: list[Hit] = []
    count = 0
    for number, text in enumerate(pages, 1):
        masked = show(flat(text))
        for match in pattern.finditer(masked):
            count += 1
            if len(found) < MOST_HITS:
                start, end = match.span()
                found.append(
                    Hit(
                        number,
                        clean_line(masked[max(0, start - _AROUND) : start]),
                        clean_line(masked[start:end]),
                        clean_line(masked[end : end + _AROUND]),
                    )
                )
    return tuple(found), count
