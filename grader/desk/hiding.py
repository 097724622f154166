"""Names out of what a student wrote, for whoever marks without them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from grader.records.roster_snapshot import SnapshotEntry

MASK: Final = "▇▇"

_SHORTEST: Final = 2
_SHORTEST_ID: Final = 3
_LONG: Final = 6
_MOST_WORDS: Final = 50
_SEPARATORS: Final = r"[\W_]*"


def hider(entry: SnapshotEntry) -> Callable[[str], str]:
    """A function that masks the names of those who handed this in, wherever they stand."""
    patterns = {p for word in _words(entry) for p in _patterns(*word)}
    if not patterns:
        return lambda text: text
    # The longest first: an address begins with a name that is hidden too.
    ordered = [pattern for _, pattern in sorted(patterns, reverse=True)]
    found = re.compile("|".join(ordered), re.IGNORECASE)
    return lambda text: found.sub(MASK, text)


def words(entry: SnapshotEntry) -> tuple[str, ...]:
    """What is painted over in the pictures of a report."""
    found = {
        word
        for text, least in _words(entry)
        for word in (text, "".join(text.split()))
        if sum(map(str.isalnum, text)) >= least
    }
    return tuple(sorted(found, key=len, reverse=True))[:_MOST_WORDS]


def _words(entry: SnapshotEntry) -> Iterator[tuple[str, int]]:
    """Each with the fewest characters at which it is masked."""
    yield entry.id, _SHORTEST
    for person in entry.people:
        yield person.name, _SHORTEST
        # `San Zhang` and `Zhang San`; a single one of them may be an English word of the code.
        yield " ".join(reversed(person.name.split())), _SHORTEST
        yield person.email.partition("@")[0], _SHORTEST_ID
        # A number of one digit would mask half of the code.
        for id in (person.student_id, person.email, *person.platform_ids.values()):
            yield id, _SHORTEST_ID


def _patterns(word: str, least: int) -> Iterator[tuple[int, str]]:
    parts = re.findall(r"\w+", word)
    length = sum(map(len, parts))
    if length < least:
        return
    # A file may be called Zhang_San.py, or ZhangSan.py.
    pattern = _SEPARATORS.join(map(re.escape, parts))
    # `san` is no part of `thousand`; a longer name is one wherever it stands.
    short = length < _LONG and word.isascii()
    yield length, rf"(?<![a-z0-9]){pattern}(?![a-z0-9])" if short else pattern
