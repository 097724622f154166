"""What people do to a mark, one record an act. Acts are added, never changed or removed."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from kit.text import Text

WHOLE = ""
"""In place of a criterion: the hand-in as a whole, which has a comment and no points."""


_EXACT = re.compile(r"-?[0-9]{1,40}(?:/[1-9][0-9]{0,39})?")


def exact(text: object) -> Fraction:
    """A fraction as it was recorded. ValueError for anything else: 1e999999999 fills the memory."""
    if not isinstance(text, str) or _EXACT.fullmatch(text) is None:
        raise ValueError("not a fraction as it is recorded")
    return Fraction(text)


def new_uid() -> str:
    """A name that no other laptop gives, so that one event that comes twice is known again."""
    return uuid.uuid4().hex


@dataclass(frozen=True, slots=True)
class Use:
    """A reusable comment on a mark, in the version that was chosen."""

    comment: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkEvent:
    """What a person said about one criterion of one hand-in.

    `base` is what the chosen level or the given number is worth; None takes the mark back.
    Comments with points are counted on top of it.
    """

    hand_in: str
    criterion: str  # WHOLE: a comment on the hand-in
    version: int  # counts the events of this criterion of this hand-in, from 1
    base: Fraction | None
    level: int | None = None
    uses: tuple[Use, ...] = ()
    note: str = ""  # a comment for this mark alone
    author: str
    at: str  # ISO 8601, UTC
    why: str = ""
    worth: str = ""  # the criterion's, as it was marked
    wording: str = ""
    submission_sha256: str = ""  # of what was marked
    settles: tuple[str, ...] = ()  # the conflicts that its author saw, by uid
    uid: str = field(default_factory=new_uid)

    @property
    def content(self) -> tuple[object, ...]:
        """Equal for two events that say the same."""
        return self.base, self.level, self.uses, self.note

    def to_json(self) -> dict[str, Any]:
        """Lossless; :meth:`from_json` reads it back."""
        return {
            "hand_in": self.hand_in,
            "criterion": self.criterion,
            "version": self.version,
            "base": None if self.base is None else str(self.base),
            "level": self.level,
            "uses": [[use.comment, use.version] for use in self.uses],
            "note": self.note,
            "author": self.author,
            "at": self.at,
            "why": self.why,
            "worth": self.worth,
            "wording": self.wording,
            "submission_sha256": self.submission_sha256,
            "settles": list(self.settles),
            "uid": self.uid,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> MarkEvent:
        """The record of :meth:`to_json`."""
        base = data["base"]
        return cls(
            **data
            | {
                "base": None if base is None else exact(base),
                "uses": tuple(Use(*use) for use in data["uses"]),
                "settles": tuple(data["settles"]),
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentVersion:
    """A reusable comment as somebody wrote or changed it. `points` are added to a mark."""

    id: str
    version: int
    zh: str
    en: str
    points: Fraction = Fraction(0)
    owner: str  # who made it first
    author: str  # of this version
    at: str
    why: str = ""
    uid: str = field(default_factory=new_uid)

    @property
    def text(self) -> Text:
        """In both languages; where one was not written, the other replaces it."""
        return Text(self.zh or self.en, self.en or self.zh)


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideEvent:
    """A person's decision in place of the machine's; without `fraction` it is taken back."""

    hand_in: str
    check: str  # or the linter's share of a row
    version: int
    fraction: Fraction | None  # of the points of what it replaces
    author: str
    at: str
    why: str
    submission_sha256: str = ""  # of what was decided on
    uid: str = field(default_factory=new_uid)

    @property
    def content(self) -> tuple[object, ...]:
        """Equal for two events that say the same."""
        return (self.fraction,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Two people marked one criterion without seeing each other's mark.

    It is open until somebody who has seen both marks the criterion again and says so by
    :attr:`MarkEvent.settles`; no event of another file settles it. `version` counted at that time.
    """

    hand_in: str
    criterion: str
    version: int
    theirs: MarkEvent
    source: str  # the file it came from
    at: str
    uid: str = field(default_factory=new_uid)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedMark:
    """One student's mark as it was published. None: there was no mark."""

    hand_in: str = ""
    student_id: str = ""
    name: str = ""
    final: Fraction | None = None
    rows: Mapping[str, Fraction] = field(default_factory=dict)  # by row id

    def to_json(self) -> dict[str, Any]:
        """Lossless; :meth:`from_json` reads it back."""
        return {
            "hand_in": self.hand_in,
            "student_id": self.student_id,
            "name": self.name,
            # As text: a number of JSON is read as a float, and a third is none.
            "final": None if self.final is None else str(self.final),
            "rows": {id: str(earned) for id, earned in self.rows.items()},
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> PublishedMark:
        """The record of :meth:`to_json`; a field that an earlier version left out is empty."""
        final = data.get("final")
        return cls(
            hand_in=data.get("hand_in", ""),
            student_id=data.get("student_id", ""),
            name=data.get("name", ""),
            final=None if final is None else exact(final),
            rows={id: exact(earned) for id, earned in data.get("rows", {}).items()},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """The marks as they were published: from here on a change needs a reason."""

    at: str
    author: str
    finals: Mapping[str, PublishedMark]  # by the key of :mod:`.published`
    why: str = ""
    uid: str = field(default_factory=new_uid)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a student asked about a mark, or a person's answer to it."""

    hand_in: str
    criterion: str  # WHOLE: about the hand-in
    answers: str = ""  # the uid of the question that this answers; empty for a question
    text: str
    author: str  # who recorded it
    at: str
    uid: str = field(default_factory=new_uid)
