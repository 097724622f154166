"""What was published, and what has moved since: the marks of each student, exactly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from .gradebook import Gradebook, StudentMark


@dataclass(frozen=True, slots=True)
class PublishedMove:
    """A student whose mark is no longer the one that was published. None: there is no mark."""

    hand_in: str
    student_id: str
    name: str
    before: Fraction | None
    after: Fraction | None
    rows: tuple[tuple[str, Fraction, Fraction], ...]  # only those that moved: id, before, after


def finals(gradebook: Gradebook) -> dict[str, dict[str, Any]]:
    """The marks as a publication keeps them, by student."""
    return {_key(mark): _final(mark) for mark in gradebook.marks}


def moves(before: dict[str, dict[str, Any]], gradebook: Gradebook) -> Iterator[PublishedMove]:
    """Everyone whose final mark or whose rows differ from what was published."""
    now = {_key(mark): (mark, _final(mark)) for mark in gradebook.marks}
    for key, (mark, after) in now.items():
        was = before.get(key, {"final": None, "rows": {}})
        if (was["final"], was["rows"]) != (after["final"], after["rows"]):
            person = mark.person
            yield _move(mark.submission_id, person.student_id, person.name, was, after)
    for key, was in before.items():
        if key not in now:
            gone: dict[str, Any] = {"final": None, "rows": {}}
            yield _move(was["hand_in"], was["student_id"], was["name"], was, gone)


def _key(mark: StudentMark) -> str:
    person = mark.person
    return person.student_id or f"{mark.submission_id} {person.name}"


def _final(mark: StudentMark) -> dict[str, Any]:
    return {
        "hand_in": mark.submission_id,
        "student_id": mark.person.student_id,
        "name": mark.person.name,
        # As text: a number of JSON is read as a float, and a third is none.
        "final": None if mark.final is None else str(mark.final),
        "rows": {row.id: str(row.earned) for row in mark.rows},
    }


def _move(
    hand_in: str, student_id: str, name: str, was: dict[str, Any], now: dict[str, Any]
) -> PublishedMove:
    ids = dict.fromkeys((*now["rows"], *was["rows"]))
    pairs = ((id, _points(was["rows"].get(id)), _points(now["rows"].get(id))) for id in ids)
    return PublishedMove(
        hand_in,
        student_id,
        name,
        None if was["final"] is None else Fraction(was["final"]),
        None if now["final"] is None else Fraction(now["final"]),
        tuple(pair for pair in pairs if pair[1] != pair[2]),
    )


def _points(text: str | None) -> Fraction:
    return Fraction(text or 0)
