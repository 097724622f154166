"""What has been graded by machine, in one SQLite file.

Each check's result is committed as the check ends, so a kill of the grader costs at most the
check in flight and the next run continues.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Final

from grader.core.errors import GraderError
from grader.core.model import CheckResult, Outcome, Status
from kit.text import Text

from .database import Database, dump, now
from .marks import Marks
from .store_schema import BEFORE, MIGRATIONS

APPLICATION_ID: Final = 0x524E4747
"""Marks the file as this grader's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartKey:
    """Everything that can change an outcome of one part of one submission.

    Points are not part of it: the rubric turns outcomes into points on every run.
    """

    part: str
    contract: str  # by which of its contracts it is judged; "" is the first
    submission_sha256: str
    code_sha256: str  # of the part's suites and solution, and of what all parts share
    grader_version: str
    secret_fingerprint: str
    environment: str
    limits: str
    reading: str = ""  # "second" where the part was loaded by its other reading

    @property
    def digest(self) -> str:
        """One short name for the whole key."""
        return hashlib.sha256(dump(asdict(self)).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class GradingInfo:
    """One mark that was given, as the store holds it."""

    id: int
    hand_in: str
    key: str
    submission_sha256: str
    status: Status
    marks: Marks
    created_at: str


class PartRun:
    """The checks of one part of one submission. :meth:`Store.open_run` makes it."""

    def __init__(
        self,
        store: Store,
        run_id: int,
        done: dict[str, CheckResult],
        notices: tuple[Text, ...],
    ) -> None:
        self._store = store
        self.id = run_id
        self.done = done
        """The results that are committed, by check id: those of an interrupted run as well."""
        self.notices = notices
        """What the loader repaired when those results were made."""

    def record(self, result: CheckResult, notices: Iterable[Text] = ()) -> CheckResult:
        """Commit a check's result; the one that counts is returned.

        Where another process is grading the same files, the first result of a check counts. A
        second one from the same process is a GraderError.
        """
        if result.id in self.done:
            raise GraderError(
                Text(
                    f"评分器故障：检查 {result.id} 已有结果，不能再记一次。请报告此问题。",
                    f"A fault of the grader: the check {result.id} already has a result. "
                    "Please report it.",
                )
            )
        given = tuple(notices)
        with self._store._transaction() as db:
            db.execute(
                # Another process may have committed this check since; the first result counts.
                "INSERT OR IGNORE INTO outcome VALUES (?, ?, ?, ?, ?)",
                (self.id, result.id, dump(result.to_json()), dump(given), now()),
            )
            (text,) = db.execute(
                "SELECT result FROM outcome WHERE run = ? AND check_id = ?", (self.id, result.id)
            ).fetchone()
        self.done[result.id] = CheckResult.from_json(json.loads(text))
        self.notices = tuple(dict.fromkeys((*self.notices, *given)))
        return self.done[result.id]

    def finish(self, settled: Iterable[CheckResult] = ()) -> None:
        """Every check of the part has its result.

        `settled` are results in the words that count once all are known; every page reads these.
        Of a run that is finished already nothing changes.
        """
        with self._store._transaction() as db:
            ended = db.execute(
                "UPDATE part_run SET state = 'finished', finished_at = ? "
                "WHERE id = ? AND state = 'running'",
                (now(), self.id),
            ).rowcount
            for result in settled if ended else ():
                if result != self.done[result.id]:
                    db.execute(
                        "UPDATE outcome SET result = ? WHERE run = ? AND check_id = ?",
                        (dump(result.to_json()), self.id, result.id),
                    )
                    self.done[result.id] = result


class Store(Database):
    """The gradings in one file."""

    application_id = APPLICATION_ID
    migrations = MIGRATIONS
    before = BEFORE
    # A kill of the process loses nothing that was committed; only a power cut could lose the
    # last checks, which then run again. Waiting for the disk at each check would cost more than
    # most checks take.
    synchronous = "NORMAL"

    def open_run(self, key: PartKey, *, again: bool = False) -> PartRun:
        """The run of this part under `key`: committed results stay, the rest is still to do.

        A check that ended in a fault of the grader runs again. `again` starts a new run beside
        a finished one and leaves that one as it is.
        """
        with self._transaction() as db:
            row = db.execute(
                "SELECT id, state FROM part_run WHERE key = ? ORDER BY id DESC LIMIT 1",
                (key.digest,),
            ).fetchone()
            # An unfinished run is continued: `again` may have begun it before it was killed.
            if row is None or (again and row[1] == "finished"):
                cursor = db.execute(
                    "INSERT INTO part_run (key, key_parts, part, submission_sha256, state, "
                    "created_at) VALUES (?, ?, ?, ?, 'running', ?)",
                    (key.digest, dump(asdict(key)), key.part, key.submission_sha256, now()),
                )
                assert cursor.lastrowid is not None  # an INSERT always sets it
                return PartRun(self, cursor.lastrowid, {}, ())
            run_id = int(row[0])
            done = self.results(run_id)
            for check_id, result in list(done.items()):
                if result.outcome is Outcome.GRADER_ERROR:
                    db.execute(
                        "DELETE FROM outcome WHERE run = ? AND check_id = ?", (run_id, check_id)
                    )
                    del done[check_id]
            rows = db.execute(
                "SELECT notices FROM outcome WHERE run = ? ORDER BY rowid", (run_id,)
            ).fetchall()
        notices = dict.fromkeys(Text(*pair) for (text,) in rows for pair in json.loads(text))
        return PartRun(self, run_id, done, tuple(notices))

    def finished_run(self, key: PartKey) -> int | None:
        """The last run under `key` that has ended; None where there is none."""
        with self._machine_errors():
            row = self._db.execute(
                "SELECT id FROM part_run WHERE key = ? AND state = 'finished' "
                "ORDER BY id DESC LIMIT 1",
                (key.digest,),
            ).fetchone()
        return None if row is None else int(row[0])

    def results(self, run_id: int) -> dict[str, CheckResult]:
        """The results of a run by check id, in the order in which they were committed."""
        with self._machine_errors():
            rows = self._db.execute(
                "SELECT check_id, result FROM outcome WHERE run = ? ORDER BY rowid", (run_id,)
            ).fetchall()
        return {check_id: CheckResult.from_json(json.loads(text)) for check_id, text in rows}

    def runs(self, submission_sha256: str | None = None) -> tuple[tuple[int, str, bool], ...]:
        """Id, part and whether it is finished, of the runs of one submission or of all."""
        with self._machine_errors():
            rows = self._db.execute(
                "SELECT id, part, state = 'finished' FROM part_run "
                "WHERE ?1 IS NULL OR submission_sha256 = ?1 ORDER BY id",
                (submission_sha256,),
            ).fetchall()
        return tuple((run, part, bool(finished)) for run, part, finished in rows)

    def evidence(self, key: str) -> dict[str, Any] | None:
        """What :meth:`keep_evidence` kept under `key`."""
        with self._machine_errors():
            row = self._db.execute("SELECT content FROM evidence WHERE key = ?", (key,)).fetchone()
        return None if row is None else json.loads(row[0])

    def keep_evidence(self, key: str, content: dict[str, Any]) -> None:
        """Keep the evidence of one submission."""
        with self._transaction() as db:
            db.execute(
                "INSERT OR REPLACE INTO evidence VALUES (?, ?, ?)", (key, dump(content), now())
            )

    def add_grading(
        self,
        hand_in: str,
        key: str,
        submission_sha256: str,
        status: Status,
        marks: Marks,
        report: dict[str, Any] | None = None,
    ) -> None:
        """Record a mark, unless the hand-in's last one is equal in everything.

        `report` is what the pages show beside the outcomes; the last one is kept.
        """
        with self._transaction() as db:
            # Pages show the last mark alone, and a report holds all sources.
            db.execute("DELETE FROM report WHERE hand_in = ?", (hand_in,))
            if report is not None:
                db.execute("INSERT INTO report VALUES (?, ?, ?)", (hand_in, dump(report), now()))
            last = db.execute(
                "SELECT key, submission_sha256, status, marks FROM grading WHERE hand_in = ? "
                "ORDER BY id DESC LIMIT 1",
                (hand_in,),
            ).fetchone()
            new = (key, submission_sha256, str(status))
            # Compared as records: a mark of an earlier schema is written otherwise.
            if last is None or last[:3] != new or Marks.from_json(json.loads(last[3])) != marks:
                db.execute(
                    "INSERT INTO grading (hand_in, key, submission_sha256, status, marks, "
                    "created_at) VALUES (?, ?, ?, ?, ?, ?)",
                    (hand_in, *new, dump(marks.to_json()), now()),
                )

    def report(self, hand_in: str) -> dict[str, Any] | None:
        """What was kept for the pages with the hand-in's last mark."""
        with self._machine_errors():
            row = self._db.execute(
                "SELECT content FROM report WHERE hand_in = ?", (hand_in,)
            ).fetchone()
        return None if row is None else json.loads(row[0])

    def gradings(self, hand_in: str | None = None) -> tuple[GradingInfo, ...]:
        """Every mark that was given, oldest first, of one hand-in or of all."""
        return self._gradings("?1 IS NULL OR hand_in = ?1", (hand_in,))

    def latest(self) -> dict[str, GradingInfo]:
        """Each hand-in's last mark."""
        last = self._gradings("id IN (SELECT max(id) FROM grading GROUP BY hand_in)", ())
        return {info.hand_in: info for info in last}

    def _gradings(self, where: str, values: tuple[str | None, ...]) -> tuple[GradingInfo, ...]:
        with self._machine_errors():
            rows = self._db.execute(
                "SELECT id, hand_in, key, submission_sha256, status, marks, created_at "
                f"FROM grading WHERE {where} ORDER BY id",
                values,
            ).fetchall()
        return tuple(
            GradingInfo(
                id, who, key, sha256, Status(status), Marks.from_json(json.loads(marks)), at
            )
            for id, who, key, sha256, status, marks, at in rows
        )

    def reported(self) -> frozenset[str]:
        """The hand-ins of which :meth:`report` has something."""
        with self._machine_errors():
            rows = self._db.execute("SELECT hand_in FROM report").fetchall()
        return frozenset(hand_in for (hand_in,) in rows)

    def revision(self) -> tuple[int, ...]:
        """Numbers of the last mark and the last class list, and of the reports that are kept.

        Equal ones mean that all of it still holds.
        """
        with self._machine_errors():
            found: tuple[int, ...] = self._db.execute(
                "SELECT (SELECT coalesce(max(id), 0) FROM grading), "
                "(SELECT coalesce(max(id), 0) FROM class_list), (SELECT count(*) FROM report)"
            ).fetchone()
        return found

    def keep_class(self, listing: dict[str, Any]) -> None:
        """Record who is in the class and the rubric that marks it."""
        with self._transaction() as db:
            db.execute(
                "INSERT INTO class_list (listing, listed_at) VALUES (?, ?)",
                (dump(listing), now()),
            )

    def last_class(self) -> dict[str, Any] | None:
        """The last that :meth:`keep_class` kept."""
        with self._machine_errors():
            row = self._db.execute(
                "SELECT listing FROM class_list ORDER BY id DESC LIMIT 1"
            ).fetchone()
        return None if row is None else json.loads(row[0])

    def classes_since(self, at: str) -> bool:
        """Whether a class list was kept after the time `at`."""
        with self._machine_errors():
            row = self._db.execute("SELECT 1 FROM class_list WHERE listed_at > ? LIMIT 1", (at,))
            return row.fetchone() is not None

    def classes(self) -> tuple[tuple[str, dict[str, Any]], ...]:
        """All that :meth:`keep_class` kept, the earliest first, with the time of each."""
        with self._machine_errors():
            rows = self._db.execute(
                "SELECT listed_at, listing FROM class_list ORDER BY id"
            ).fetchall()
        return tuple((listed_at, json.loads(listing)) for listed_at, listing in rows)
