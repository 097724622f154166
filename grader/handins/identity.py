"""Ids of hand-ins: folder names that are safe everywhere and unique in the class.

An id comes from its hand-in alone wherever it can: from the student id, else the platform's
id, else the name; so it stays the same when others hand in later. Only hand-ins whose ids clash
get a hash of what distinguishes them.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from grader.intake.names import clash_key, safe_id

from .layout_result import Attempt
from .records import Person

_HASH = 8  # hexadecimal digits
_LONGEST = 64
# Names of the grader's own files and folders in the folder of results.
_RESULTS = re.compile(r"(?:grades|gradebook|index|results?|report|feedback|staff)(?:\..*)?", re.I)


def assign(found: Sequence[tuple[Attempt, tuple[Person, ...]]]) -> list[str]:
    """An id for each hand-in, in their order."""
    ids = [_own(attempt, people) for attempt, people in found]
    count = Counter(clash_key(name) for name in ids)
    distinct = [_distinguishing(attempt, people) for attempt, people in found]
    ids = [
        name if count[clash_key(name)] == 1 else f"{name}-{_hash(apart)}"
        for name, apart in zip(ids, distinct, strict=True)
    ]
    # In an order that does not depend on the order of the files: ids stay the same.
    taken: set[str] = set()
    for i in sorted(range(len(ids)), key=lambda i: (ids[i], distinct[i])):
        base, number = ids[i], 2
        while clash_key(ids[i]) in taken:
            ids[i] = f"{base}-{number}"
            number += 1
        taken.add(clash_key(ids[i]))
    return ids


def _own(attempt: Attempt, people: tuple[Person, ...]) -> str:
    numbers = [person.student_id for person in people if person.student_id]
    if len(people) == 1 and numbers:
        return _safe(numbers[0])
    if attempt.group:
        return _safe(f"group-{attempt.group}")
    if len(numbers) == len(people):
        return _safe("_".join(sorted(numbers)))
    return _safe(f"{attempt.layout}-{attempt.key}" if attempt.keyed else attempt.label)


def _safe(name: str) -> str:
    """`name` if it is a safe folder name, else a safe one that ends with a hash of `name`."""
    composed = unicodedata.normalize("NFC", name)
    safe = safe_id(composed)
    if safe == composed and len(safe) <= _LONGEST and not _RESULTS.fullmatch(safe):
        return safe
    return f"{safe[:_LONGEST].rstrip('._- ')}-{_hash(composed)}"


def _distinguishing(attempt: Attempt, people: tuple[Person, ...]) -> str:
    numbers = "|".join(f"{p.student_id}/{p.name}" for p in people)
    return unicodedata.normalize(
        "NFC", f"{attempt.layout}\0{attempt.key}\0{attempt.label}\0{numbers}"
    )


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_HASH]
