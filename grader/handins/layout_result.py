"""What a platform's layout says about the files, before anyone is looked up on the roster."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from kit.text import Text

from .records import Person
from .tree import Entry


@dataclass(frozen=True, slots=True)
class IdentityClaim:
    """Who a person is, as a platform or a file name says; the roster may contradict it."""

    name: str = ""
    student_id: str = ""  # only where the platform says it
    login: str = ""
    email: str = ""
    platform_ids: dict[str, str] = field(default_factory=dict)
    surname_first: bool = False  # the platform writes the name so


@dataclass(slots=True)
class Attempt:
    """One attempt of one student or group."""

    layout: str
    key: str  # the same for all attempts of a student or group
    label: str  # as the folder or file is named, or what the platform calls the student
    files: list[tuple[str, Entry]]  # name inside the hand-in -> file
    claims: tuple[IdentityClaim, ...] = ()  # empty: only the label is known
    group: str = ""  # the name of a group, where the layout knows it is one
    stamp: str = ""  # as the platform counts or dates it
    order: tuple[str, ...] = ()  # compares attempts of one key: the largest is the latest
    older: list[Attempt] = field(default_factory=list)  # what files of it replace
    held_for: tuple[Person, ...] = ()  # whose it may be, where a person must decide
    submitted_at: datetime | None = None
    late: bool | None = None
    reasons: list[Text] = field(default_factory=list)
    people: tuple[Person, ...] = ()  # if the label has been parsed and identifies them
    shown_name: str = ""
    keyed: bool = True  # `key` is the platform's own id
    by_name: bool = False  # whose it is was found by a name alone, which two may show
    preferred: bool = False  # a person said whose it is, so it counts
    doubt: Text | None = None  # why it is not known who this is; a person must decide


@dataclass(slots=True)
class LayoutResult:
    """A class's folder as read by one layout."""

    layout: str
    attempts: list[Attempt]
    strays: list[str] = field(default_factory=list)  # paths of files that belong to no hand-in
    notices: list[Text] = field(default_factory=list)
