"""The records of a class's hand-ins. Imports nothing of the grader but its texts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from kit.text import Text


@dataclass(frozen=True, slots=True)
class Person:
    """A student as far as a folder of hand-ins or a roster knows them.

    `platform_ids` are what platforms need to take a mark back, by the platform's name
    ("moodle", "canvas", "blackboard", ...); no mark is ever matched by name alone where one of
    them or `student_id` is known.
    """

    student_id: str  # the school's number for the student, "" where unknown
    name: str  # as shown, decoded, one line; "" where unknown
    platform_ids: dict[str, str] = field(default_factory=dict)
    email: str = ""  # as the roster or the platform gives it

    @property
    def known_as(self) -> str:
        """The school's number, else the name, else a platform's; "" where nothing is known."""
        said = (f"{platform}-{id}" for platform, id in sorted(self.platform_ids.items()) if id)
        return self.student_id or self.name or self.email or next(said, "")


@dataclass(frozen=True, slots=True)
class Piece:
    """One file of a hand-in, not yet read: a file on disk, or a member of an archive on disk."""

    name: str  # inside the hand-in, decoded, "/" between folders
    source: Path
    member: int | None  # index of the archive's entry; None: `source` is the file itself
    size: int  # bytes, as declared


@dataclass(frozen=True, slots=True)
class HandIn:
    """The attempt that counts of one student or group."""

    id: str  # its folder below OUT: safe on every system, unique in the class whatever the case
    people: tuple[Person, ...]  # one, or the members of a group; never empty
    pieces: tuple[Piece, ...]
    layout: str  # the platform or kind of folder it was recognised as
    attempt: str = ""  # as the platform counts or stamps it
    submitted_at: datetime | None = None  # aware, where the platform says it
    late: bool | None = None  # what the platform says of it; None: nothing
    reasons: tuple[Text, ...] = ()  # what was guessed and why


@dataclass(frozen=True, slots=True)
class ClassFolder:
    """Everything found below one folder."""

    layout: str
    hand_ins: tuple[HandIn, ...]  # in a stable order
    missing: tuple[Person, ...] = ()  # on the roster, without a hand-in
    superseded: tuple[HandIn, ...] = ()  # earlier attempts, not graded
    notices: tuple[Text, ...] = ()  # files of no hand-in, names that are not on the roster, ...
