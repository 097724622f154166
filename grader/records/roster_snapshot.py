"""Who is in the class and what each handed in, kept beside the marks.

The gradebook is built from this, the stored results and the rubric's text, so an export or a
comparison needs neither the hand-ins nor the roster again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from grader.handins.records import ClassFolder, HandIn, Person
from kit.text import Text

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class SnapshotEntry:
    """One hand-in of the class, without its content."""

    id: str
    people: tuple[Person, ...]
    submitted_at: datetime | None
    late: bool | None


@dataclass(frozen=True, slots=True)
class RosterSnapshot:
    """The class as it was when it was graded last."""

    layout: str
    entries: tuple[SnapshotEntry, ...]
    missing: tuple[Person, ...]
    notices: tuple[Text, ...]
    # The text of the rubric that marked it, because the file may be edited later.
    rubric: str

    def to_json(self) -> dict[str, Any]:
        """As the store keeps it."""
        return {
            "schema": SCHEMA,
            "layout": self.layout,
            "entries": [
                {
                    "id": entry.id,
                    "people": [_person(person) for person in entry.people],
                    "submitted_at": entry.submitted_at and entry.submitted_at.isoformat(),
                    "late": entry.late,
                }
                for entry in self.entries
            ],
            "missing": [_person(person) for person in self.missing],
            "notices": [list(notice) for notice in self.notices],
            "rubric": self.rubric,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> RosterSnapshot:
        """The record of :meth:`to_json`; another schema version raises ValueError."""
        if data.get("schema") != SCHEMA:
            raise ValueError(f"class list of schema {data.get('schema')!r}, expected {SCHEMA}")
        return cls(
            layout=data["layout"],
            entries=tuple(
                SnapshotEntry(
                    id=entry["id"],
                    people=tuple(Person(**person) for person in entry["people"]),
                    submitted_at=_time(entry["submitted_at"]),
                    late=entry["late"],
                )
                for entry in data["entries"]
            ),
            missing=tuple(Person(**person) for person in data["missing"]),
            notices=tuple(Text(*pair) for pair in data["notices"]),
            rubric=data["rubric"],
        )


def snapshot_of(folder: ClassFolder, rubric: str) -> RosterSnapshot:
    """The snapshot of a folder of hand-ins."""
    return RosterSnapshot(
        layout=folder.layout,
        entries=tuple(_entry(hand_in) for hand_in in folder.hand_ins),
        missing=folder.missing,
        notices=folder.notices,
        rubric=rubric,
    )


def _entry(hand_in: HandIn) -> SnapshotEntry:
    return SnapshotEntry(hand_in.id, hand_in.people, hand_in.submitted_at, hand_in.late)


def _person(person: Person) -> dict[str, Any]:
    return {
        "student_id": person.student_id,
        "name": person.name,
        # In one order, so that the same class always gives the same text.
        "platform_ids": dict(sorted(person.platform_ids.items())),
        "email": person.email,
    }


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
