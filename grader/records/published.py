"""What was published, and what has moved since: the marks of each student, exactly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from .gradebook import Gradebook, StudentMark
from .mark_events import PublishedMark


@dataclass(frozen=True, slots=True)
class PublishedMove:
    """A student whose mark is no longer the one that was published. None: there is no mark."""

    hand_in: str
    student_id: str
    name: str
    before: Fraction | None
    after: Fraction | None
    rows: tuple[tuple[str, Fraction, Fraction], ...]  # only those that moved: id, before, after


def finals(gradebook: Gradebook) -> dict[str, PublishedMark]:
    """The marks as a publication keeps them, by student."""
    return {_key(mark): _published(mark) for mark in gradebook.marks}


def moves(before: Mapping[str, PublishedMark], gradebook: Gradebook) -> Iterator[PublishedMove]:
    """Everyone whose final mark or whose rows differ from what was published."""
    now = finals(gradebook)
    for key, after in now.items():
        was = before.get(key, PublishedMark())
        if (was.final, was.rows) != (after.final, after.rows):
            yield _move(after, was, after)
    for key, was in before.items():
        if key not in now:
            yield _move(was, was, PublishedMark())


def _key(mark: StudentMark) -> str:
    person = mark.person
    return person.student_id or f"{mark.submission_id} {person.name}"


def _published(mark: StudentMark) -> PublishedMark:
    return PublishedMark(
        hand_in=mark.submission_id,
        student_id=mark.person.student_id,
        name=mark.person.name,
        final=mark.final,
        rows={row.id: row.earned for row in mark.rows},
    )


def _move(whose: PublishedMark, was: PublishedMark, now: PublishedMark) -> PublishedMove:
    ids = dict.fromkeys((*now.rows, *was.rows))
    none = Fraction(0)
    pairs = ((id, was.rows.get(id, none), now.rows.get(id, none)) for id in ids)
    return PublishedMove(
        whose.hand_in,
        whose.student_id,
        whose.name,
        was.final,
        now.final,
        tuple(pair for pair in pairs if pair[1] != pair[2]),
    )
