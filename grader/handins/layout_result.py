"""What a layout makes of the files before anyone has been looked up on the roster."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from kit.text import Text

from .records import Person
from .tree import Entry


@dataclass(frozen=True, slots=True)
class IdentityClaim:
    """One person as a platform or a file name describes them."""

    name: str = ""
    student_id: str = ""  # only where the platform says it; a guess from a name is a label's
    login: str = ""
    email: str = ""
    platform_ids: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Attempt:
    """One attempt of one student or group."""

    layout: str
    key: str  # the same for all attempts of a student or group
    label: str  # as the folder or file is named, or what the platform calls the student
    files: list[tuple[str, Entry]]  # name inside the hand-in -> file
    claims: tuple[IdentityClaim, ...] = ()  # empty: the label is all there is
    group: str = ""  # the name of a group, where the layout knows it is one
    stamp: str = ""  # as the platform counts or dates it
    order: tuple[str, ...] = ()  # compares attempts of one key: the largest is the latest
    submitted_at: datetime | None = None
    late: bool | None = None
    reasons: list[Text] = field(default_factory=list)
    people: tuple[Person, ...] = ()  # where a label has been read already
    shown_name: str = ""
    keyed: bool = True  # `key` is the platform's own id
    doubt: Text | None = None  # for a person to decide who it is


@dataclass(slots=True)
class LayoutResult:
    """A class's folder as one layout sees it."""

    layout: str
    attempts: list[Attempt]
    strays: list[str] = field(default_factory=list)  # paths that belong to nobody
    notices: list[Text] = field(default_factory=list)
