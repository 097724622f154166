"""What has been graded, in one SQLite file: the only SQL of the project.

Each check's result is committed as the check ends, so a kill of the grader costs at most the
check in flight and the next run continues. Every process opens a store of its own; a
connection never crosses a fork.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from grader.core.closing import Closing
from grader.core.errors import GraderError, MachineError
from grader.core.model import CheckResult, Outcome, Status
from kit.text import Text

from .marks import Marks
from .store_schema import BEFORE, MIGRATIONS

# A commit takes milliseconds; a slow disk or a stopped process may hold the file for longer.
BUSY_S: Final = 20.0
"""How long a process waits for another one's commit."""

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

    @property
    def digest(self) -> str:
        """One short name for the whole key."""
        return hashlib.sha256(_dump(asdict(self)).encode()).hexdigest()


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
                # Another process may have committed this check meanwhile; what was first counts.
                "INSERT OR IGNORE INTO outcome VALUES (?, ?, ?, ?, ?)",
                (self.id, result.id, _dump(result.to_json()), _dump(given), _now()),
            )
            (text,) = db.execute(
                "SELECT result FROM outcome WHERE run = ? AND check_id = ?", (self.id, result.id)
            ).fetchone()
        self.done[result.id] = CheckResult.from_json(json.loads(text))
        self.notices = tuple(dict.fromkeys((*self.notices, *given)))
        return self.done[result.id]

    def finish(self) -> None:
        """Every check of the part has its result."""
        with self._store._transaction() as db:
            db.execute(
                "UPDATE part_run SET state = 'finished', finished_at = ? "
                "WHERE id = ? AND state = 'running'",
                (_now(), self.id),
            )


class Store(Closing):
    """The gradings in one file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._machine_errors():
            path.parent.mkdir(parents=True, exist_ok=True)
            # Autocommit: every transaction here is written out, none is implied.
            self._db = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)
        try:
            with self._machine_errors():
                self._open()
        except BaseException:
            self._db.close()
            raise

    def close(self) -> None:
        """Close the file; what was recorded stays."""
        self._db.close()

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
                    (key.digest, _dump(asdict(key)), key.part, key.submission_sha256, _now()),
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
                "INSERT OR REPLACE INTO evidence VALUES (?, ?, ?)", (key, _dump(content), _now())
            )

    def add_grading(
        self,
        hand_in: str,
        key: str,
        submission_sha256: str,
        status: Status,
        marks: Marks,
    ) -> None:
        """Record a mark, unless the hand-in's last one is equal in everything."""
        with self._transaction() as db:
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
                    (hand_in, *new, _dump(marks.to_json()), _now()),
                )

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

    def keep_class(self, listing: dict[str, Any]) -> None:
        """Record who is in the class and the rubric that marks it."""
        with self._transaction() as db:
            db.execute(
                "INSERT INTO class_list (listing, listed_at) VALUES (?, ?)",
                (_dump(listing), _now()),
            )

    def last_class(self) -> dict[str, Any] | None:
        """The last that :meth:`keep_class` kept."""
        with self._machine_errors():
            row = self._db.execute(
                "SELECT listing FROM class_list ORDER BY id DESC LIMIT 1"
            ).fetchone()
        return None if row is None else json.loads(row[0])

    def classes(self) -> tuple[tuple[str, dict[str, Any]], ...]:
        """All that :meth:`keep_class` kept, the earliest first, with the time of each."""
        with self._machine_errors():
            rows = self._db.execute(
                "SELECT listed_at, listing FROM class_list ORDER BY id"
            ).fetchall()
        return tuple((listed_at, json.loads(listing)) for listed_at, listing in rows)

    def _open(self) -> None:
        (found,) = self._db.execute("PRAGMA application_id").fetchone()
        (tables,) = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        # A new file has no tables and no number yet.
        if tables and found != APPLICATION_ID:
            raise MachineError(
                Text(
                    f"{self.path} 是别的程序的数据库。请换一个结果文件夹，或移走这个文件。",
                    f"{self.path} is another program's database. Use another results folder, or "
                    "move the file away.",
                )
            )
        self._use_wal()
        # A kill of the process loses nothing that was committed; only a power cut could lose
        # the last checks, which then run again. Waiting for the disk at each check would cost
        # more than most checks take.
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.execute("PRAGMA foreign_keys = ON")
        self._migrate()

    def _use_wal(self) -> None:
        """Turn the write-ahead log on. SQLite does not wait for other processes here by itself."""
        end = time.monotonic() + BUSY_S
        while True:
            try:
                (mode,) = self._db.execute("PRAGMA journal_mode = WAL").fetchone()
                break
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                    raise
                time.sleep(0.02)
        if mode not in ("wal", "memory"):
            raise MachineError(
                Text(
                    f"{self.path} 所在的文件系统不支持 SQLite 的 WAL。请把结果写到本地磁盘。",
                    f"The file system of {self.path} cannot hold SQLite's write-ahead log. Write "
                    "the results to a local disk.",
                )
            )

    def _migrate(self) -> None:
        with self._transaction() as db:
            db.execute(
                "CREATE TABLE IF NOT EXISTS migration "
                "(name TEXT PRIMARY KEY, applied_at TEXT NOT NULL) STRICT"
            )
            db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            applied = {name for (name,) in db.execute("SELECT name FROM migration")}
            if newer := applied - BEFORE - {name for name, _ in MIGRATIONS}:
                raise MachineError(
                    Text(
                        f"{self.path} 由更新版本的评分器写成（{'、'.join(sorted(newer))}）。"
                        "请更新评分器，或换一个结果文件夹。",
                        f"{self.path} was written by a newer grader ({', '.join(sorted(newer))}). "
                        "Update the grader, or use another results folder.",
                    )
                )
            for name, statements in MIGRATIONS:
                if name not in applied:
                    for statement in statements:
                        db.execute(statement)
                    db.execute("INSERT INTO migration VALUES (?, ?)", (name, _now()))

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """All of the block or nothing of it, committed when the block ends."""
        with self._machine_errors():
            # Immediate: a transaction that begins by reading does not wait when it comes to
            # write and another process is writing; SQLite refuses it at once.
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    @contextlib.contextmanager
    def _machine_errors(self) -> Iterator[None]:
        """Raise SQLite's and the disk's errors as a MachineError."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise MachineError(
                Text(
                    f"无法使用成绩数据库 {self.path}：{error}。"
                    "请检查磁盘空间和权限；若文件已损坏，请移走它再运行。",
                    f"Cannot use the database of marks {self.path}: {error}. Check the disk and "
                    "its permissions; if the file is damaged, move it away and run again.",
                )
            ) from error


def _dump(value: object) -> str:
    # One text for equal values, because keys are digests of it.
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _now() -> str:
    # Always of the same width, so that times sort as text.
    return datetime.now(UTC).isoformat(timespec="milliseconds")
