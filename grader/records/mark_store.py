"""The marks that people give, in a file of their own, one event after the other.

No grading, migration or changed rubric touches it. An event names the version that its author
saw; if another one came in between, the store records nothing and raises Outdated.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from grader.core.errors import MachineError, UsageError
from kit.text import Text, os_reason

from .database import Database, dump, now
from .mark_events import (
    CommentVersion,
    Conflict,
    MarkEvent,
    OverrideEvent,
    Publication,
    PublishedMark,
    Question,
    exact,
)
from .mark_schema import APPLICATION_ID, MIGRATIONS

DATABASE: Final = "marks.sqlite"
BACKUPS: Final = "backups"

_MARK: Final = "INSERT INTO mark (uid, hand_in, criterion, version, event) VALUES (?, ?, ?, ?, ?)"
_OVERRIDE: Final = (
    "INSERT INTO override (uid, hand_in, check_id, version, fraction, author, at, why, "
    "submission_sha256) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_COMMENT: Final = (
    "INSERT INTO comment (uid, id, version, zh, en, points, owner, author, at, why) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


class Outdated(UsageError):
    """Somebody else has marked the same since; `present` are the latest events."""

    def __init__(self, present: tuple[MarkEvent | OverrideEvent | CommentVersion, ...]) -> None:
        self.present = present
        what = ", ".join(_place(event) for event in present)
        super().__init__(
            Text(
                f"{what} 在此期间已由他人改过，没有记录任何内容。请查看新的评分后再决定。",
                f"Somebody else has changed {what} meanwhile. Nothing was recorded: look at "
                "the new mark, and decide again.",
            )
        )


class Locked(UsageError):
    """The marks are published, and a change was given without a reason."""

    def __init__(self) -> None:
        super().__init__(
            Text(
                "成绩已经发布；之后的改动要写明理由（--why）。",
                "The marks are published: a change needs a reason now (--why).",
            )
        )


class MarkStore(Database):
    """The events of one class."""

    application_id = APPLICATION_ID
    migrations = MIGRATIONS

    def add(
        self,
        *,
        marks: Iterable[MarkEvent] = (),
        overrides: Iterable[OverrideEvent] = (),
        comments: Iterable[CommentVersion] = (),
        conflicts: Iterable[Conflict] = (),
    ) -> None:
        """Record all of these events or none.

        Raises:
            Outdated: an event's version does not follow the latest one.
            Locked: the marks are published and a mark has no reason.
        """
        marks, overrides, comments = tuple(marks), tuple(overrides), tuple(comments)
        with self._transaction() as db:
            # The transaction holds the question too, since somebody may publish in between.
            if self._published(db) and not all(event.why for event in marks):
                raise Locked
            # Comments first: a mark of the same act may use them.
            for comment in comments:
                self._follows(db, "comment", "id = ?", (comment.id,), comment)
                db.execute(
                    _COMMENT,
                    (
                        *(comment.uid, comment.id, comment.version, comment.zh, comment.en),
                        *(str(comment.points), comment.owner, comment.author, comment.at),
                        comment.why,
                    ),
                )
            for mark in marks:
                where = (mark.hand_in, mark.criterion)
                self._follows(db, "mark", "hand_in = ? AND criterion = ?", where, mark)
                db.execute(_MARK, (mark.uid, *where, mark.version, dump(mark.to_json())))
            for override in overrides:
                where = (override.hand_in, override.check)
                self._follows(db, "override", "hand_in = ? AND check_id = ?", where, override)
                fraction = None if override.fraction is None else str(override.fraction)
                db.execute(
                    _OVERRIDE,
                    (
                        *(override.uid, *where, override.version, fraction),
                        *(override.author, override.at, override.why),
                        override.submission_sha256,
                    ),
                )
            for conflict in conflicts:
                db.execute(
                    # One conflict that is found twice, in a file that is merged again, is one.
                    "INSERT OR IGNORE INTO conflict (uid, hand_in, criterion, version, theirs, "
                    "source, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (
                        *(conflict.uid, conflict.hand_in, conflict.criterion, conflict.version),
                        *(dump(conflict.theirs.to_json()), conflict.source, conflict.at),
                    ),
                )

    def _follows(
        self,
        db: sqlite3.Connection,
        table: str,
        where: str,
        values: tuple[str, ...],
        event: MarkEvent | OverrideEvent | CommentVersion,
    ) -> None:
        (last,) = db.execute(
            f"SELECT coalesce(max(version), 0) FROM {table} WHERE {where}", values
        ).fetchone()
        if event.version != last + 1:
            raise Outdated(self._standing(event))

    def _standing(
        self, event: MarkEvent | OverrideEvent | CommentVersion
    ) -> tuple[MarkEvent | OverrideEvent | CommentVersion, ...]:
        if isinstance(event, MarkEvent):
            same = [e for e in self.marks(event.hand_in) if e.criterion == event.criterion]
            return tuple(same[-1:]) or (event,)
        if isinstance(event, OverrideEvent):
            others = [e for e in self.overrides(event.hand_in) if e.check == event.check]
            return tuple(others[-1:]) or (event,)
        return tuple([c for c in self.comments() if c.id == event.id][-1:]) or (event,)

    def marks(self, hand_in: str | None = None, until: str | None = None) -> tuple[MarkEvent, ...]:
        """The events in the order in which they were recorded, of one hand-in or of all."""
        rows = self._rows(
            "SELECT event FROM mark WHERE ?1 IS NULL OR hand_in = ?1 ORDER BY seq", (hand_in,)
        )
        # The time is compared here and not in SQL, because it lies inside the event.
        events = (MarkEvent.from_json(json.loads(text)) for (text,) in rows)
        return tuple(event for event in events if until is None or event.at < until)

    def marks_after(self, seq: int) -> tuple[tuple[int, MarkEvent], ...]:
        """The events that were recorded after the one of number `seq`, each with its own number."""
        with self._machine_errors():
            rows = self._db.execute(
                "SELECT seq, event FROM mark WHERE seq > ? ORDER BY seq", (seq,)
            ).fetchall()
        return tuple((number, MarkEvent.from_json(json.loads(text))) for number, text in rows)

    def counts(self) -> tuple[int, ...]:
        """How many rows each of the smaller tables has: equal counts mean equal contents."""
        tables = ("override", "comment", "conflict", "publication", "assignment", "question")
        chosen = ", ".join(f"(SELECT count(*) FROM {table})" for table in tables)
        return tuple(self._rows(f"SELECT {chosen}")[0])

    def overrides(
        self, hand_in: str | None = None, until: str | None = None
    ) -> tuple[OverrideEvent, ...]:
        """The decisions in the order in which they were recorded, of one hand-in or of all."""
        rows = self._rows(
            "SELECT hand_in, check_id, version, fraction, author, at, why, uid, submission_sha256 "
            "FROM override WHERE (?1 IS NULL OR hand_in = ?1) AND (?2 IS NULL OR at < ?2) "
            "ORDER BY seq",
            (hand_in, until),
        )
        return tuple(
            OverrideEvent(
                hand_in=who,
                check=check,
                version=version,
                fraction=None if fraction is None else exact(fraction),
                author=author,
                at=at,
                why=why,
                uid=uid,
                submission_sha256=sha256,
            )
            for who, check, version, fraction, author, at, why, uid, sha256 in rows
        )

    def comments(self) -> tuple[CommentVersion, ...]:
        """Every version of every reusable comment, in the order in which they were written."""
        rows = self._rows(
            "SELECT id, version, zh, en, points, owner, author, at, why, uid FROM comment "
            "ORDER BY seq"
        )
        return tuple(
            CommentVersion(
                id=id,
                version=version,
                zh=zh,
                en=en,
                points=exact(points),
                owner=owner,
                author=author,
                at=at,
                why=why,
                uid=uid,
            )
            for id, version, zh, en, points, owner, author, at, why, uid in rows
        )

    def conflicts(self, *, settled: bool = False) -> tuple[Conflict, ...]:
        """The conflicts that nobody has settled; or those that somebody has."""
        found = self.all_conflicts()
        if not found:
            return ()
        done = {uid for mark in self.marks() for uid in mark.settles}
        return tuple(conflict for conflict in found if (conflict.uid in done) is settled)

    def all_conflicts(self) -> tuple[Conflict, ...]:
        """Every conflict, settled or not, the earliest first."""
        rows = self._rows(
            "SELECT hand_in, criterion, version, theirs, source, at, uid FROM conflict ORDER BY seq"
        )
        return tuple(
            Conflict(
                hand_in=hand_in,
                criterion=criterion,
                version=version,
                theirs=MarkEvent.from_json(json.loads(theirs)),
                source=source,
                at=at,
                uid=uid,
            )
            for hand_in, criterion, version, theirs, source, at, uid in rows
        )

    def publish(self, publication: Publication) -> None:
        """Record that the marks were published as `publication.finals` has them."""
        finals = {key: mark.to_json() for key, mark in publication.finals.items()}
        with self._transaction() as db:
            db.execute(
                "INSERT INTO publication (uid, at, author, finals, why) VALUES (?, ?, ?, ?, ?)",
                (
                    *(publication.uid, publication.at, publication.author),
                    *(dump(finals), publication.why),
                ),
            )

    def publications(self) -> tuple[Publication, ...]:
        """Every publication, the earliest first."""
        rows = self._rows("SELECT at, author, finals, why, uid FROM publication ORDER BY seq")
        return tuple(
            Publication(
                at=at,
                author=author,
                finals={k: PublishedMark.from_json(m) for k, m in json.loads(finals).items()},
                why=why,
                uid=uid,
            )
            for at, author, finals, why, uid in rows
        )

    @property
    def published(self) -> bool:
        """Whether the marks were published at least once."""
        with self._machine_errors():
            return self._published(self._db)

    def last_published_at(self) -> str | None:
        """When the marks were published last; None if never."""
        rows = self._rows("SELECT at FROM publication ORDER BY seq DESC LIMIT 1")
        return rows[0][0] if rows else None

    @staticmethod
    def _published(db: sqlite3.Connection) -> bool:
        return db.execute("SELECT 1 FROM publication LIMIT 1").fetchone() is not None

    def add_question(self, question: Question) -> None:
        """Record what a student asked, or what was answered."""
        with self._transaction() as db:
            db.execute(
                "INSERT INTO question (uid, hand_in, criterion, answers, text, author, at) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    *(question.uid, question.hand_in, question.criterion, question.answers),
                    *(question.text, question.author, question.at),
                ),
            )

    def questions(self) -> tuple[Question, ...]:
        """Every question and every answer, the earliest first."""
        rows = self._rows(
            "SELECT hand_in, criterion, answers, text, author, at, uid FROM question ORDER BY seq"
        )
        return tuple(
            Question(
                hand_in=hand_in,
                criterion=criterion,
                answers=answers,
                text=text,
                author=author,
                at=at,
                uid=uid,
            )
            for hand_in, criterion, answers, text, author, at, uid in rows
        )

    def assign(self, markers: dict[str, tuple[str, ...]]) -> None:
        """Record whose the hand-ins are: those of each marker, in the order of marking."""
        at = now()
        with self._transaction() as db:
            db.executemany(
                "INSERT INTO assignment (hand_in, marker, at) VALUES (?, ?, ?)",
                [(hand_in, who, at) for who, hand_ins in markers.items() for hand_in in hand_ins],
            )

    def assignments(self) -> dict[str, tuple[str, ...]]:
        """The hand-ins of each marker, as they were assigned last."""
        rows = self._rows(
            "SELECT marker, hand_in FROM assignment "
            # All rows of one split have one time.
            "WHERE at = (SELECT max(at) FROM assignment) ORDER BY seq"
        )
        found: dict[str, tuple[str, ...]] = {}
        for marker, hand_in in rows:
            found[marker] = (*found.get(marker, ()), hand_in)
        return found

    def back_up(self) -> Path:
        """A dated copy beside the file, taken while others may be writing to it."""
        at = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        copy = self.path.parent / BACKUPS / f"{self.path.stem}-{at}{self.path.suffix}"
        self.copy_to(copy)
        return copy

    def copy_to(self, path: Path) -> None:
        """A whole copy of the file as it is now; refused where `path` exists."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # SQLite would write into a file that is there; this makes the name ours or fails.
            path.open("xb").close()
        except OSError as error:
            raise MachineError(
                Text(
                    f"无法写入副本 {path}：{os_reason(error).zh}。请换一个位置，或移走已有的文件。",
                    f"Cannot write the copy {path}: {os_reason(error).en}. Give another place, "
                    "or move the file there away.",
                )
            ) from error
        with self._machine_errors(), contextlib.closing(sqlite3.connect(path)) as copy:
            # A copy of the file would lack what still lies in the write-ahead log beside it.
            self._db.backup(copy)

    def _rows(self, query: str, values: tuple[str | None, ...] = ()) -> list[Any]:
        with self._machine_errors():
            return self._db.execute(query, values).fetchall()


def _place(event: MarkEvent | OverrideEvent | CommentVersion) -> str:
    if isinstance(event, CommentVersion):
        return event.id
    what = event.criterion if isinstance(event, MarkEvent) else event.check
    return f"{event.hand_in} {what}".strip()
