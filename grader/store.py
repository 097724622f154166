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
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from kit.text import Text

from .errors import GraderError, MachineError
from .model import CheckResult, Outcome, Status

BUSY_S: Final = 20.0
"""How long a process waits for another one's commit."""

APPLICATION_ID: Final = 0x524E4747
"""Marks the file as this grader's."""

MIGRATIONS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    (
        "0001_gradings",
        (
            """
            CREATE TABLE grading (
                id INTEGER PRIMARY KEY,
                key TEXT NOT NULL,
                key_parts TEXT NOT NULL,
                submission_id TEXT NOT NULL,
                submission_sha256 TEXT NOT NULL,
                state TEXT NOT NULL CHECK (state IN ('running', 'finished')),
                status TEXT,
                created_at TEXT NOT NULL,
                finished_at TEXT
            ) STRICT
            """,
            "CREATE INDEX grading_submission ON grading (submission_id, key)",
            """
            CREATE TABLE outcome (
                grading INTEGER NOT NULL REFERENCES grading (id),
                check_id TEXT NOT NULL,
                result TEXT NOT NULL,
                committed_at TEXT NOT NULL,
                PRIMARY KEY (grading, check_id)
            ) STRICT
            """,
        ),
    ),
)
"""In order, and never edited once released: append a new one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GradingKey:
    """Everything that can move a mark. Only a grading with an equal key is continued."""

    submission_sha256: str
    rubric_sha256: str
    code_sha256: str  # of suites, kit and solutions
    grader_version: str
    secret_fingerprint: str
    environment: str
    limits: str

    @property
    def digest(self) -> str:
        """One short name for all of it."""
        return hashlib.sha256(_dump(asdict(self)).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class GradingInfo:
    """One grading as it stands in the store."""

    id: int
    submission_id: str
    key: str
    finished: bool
    status: Status | None
    created_at: str
    finished_at: str | None


class Grading:
    """One grading that is under way. :meth:`Store.begin` makes it."""

    def __init__(self, store: Store, grading_id: int, done: dict[str, CheckResult]) -> None:
        self._store = store
        self.id = grading_id
        self.done = done
        """The results that are committed, by check id: those of an interrupted run as well."""

    def record(self, result: CheckResult) -> None:
        """Commit a check's result; a second one for the same check is an error."""
        with self._store._transaction() as db:
            self._running(db)
            try:
                db.execute(
                    "INSERT INTO outcome VALUES (?, ?, ?, ?)",
                    (self.id, result.id, _dump(result.to_json()), _now()),
                )
            except sqlite3.IntegrityError as error:
                raise GraderError(
                    Text(
                        f"检查 {result.id} 已有结果，不能再记一次。"
                        "是否有另一个评分进程正在评同一份提交？请等它结束，或换一个结果文件夹。",
                        f"The check {result.id} already has a result. Is another process grading "
                        "the same submission? Wait for it, or use another results folder.",
                    )
                ) from error
        self.done[result.id] = result

    def finish(self, status: Status) -> None:
        """Close the grading; the next one of the same submission starts anew."""
        with self._store._transaction() as db:
            self._running(db)
            db.execute(
                "UPDATE grading SET state = 'finished', status = ?, finished_at = ? WHERE id = ?",
                (str(status), _now(), self.id),
            )

    def _running(self, db: sqlite3.Connection) -> None:
        row = db.execute("SELECT state FROM grading WHERE id = ?", (self.id,)).fetchone()
        if row != ("running",):
            raise GraderError(
                Text(
                    f"第 {self.id} 次评分已经结束，不能再写入。请重新运行评分。",
                    f"Grading {self.id} is finished and takes no more results. Run it again.",
                )
            )


class Store:
    """The gradings in one file; a context manager."""

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

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; what was recorded stays."""
        self._db.close()

    def begin(self, key: GradingKey, submission_id: str) -> Grading:
        """Continue the unfinished grading of this submission under `key`, or start one.

        A fault of the grader is not carried over: its check runs again. A finished grading is
        left as it is, and a new one starts beside it.
        """
        with self._transaction() as db:
            row = db.execute(
                "SELECT id FROM grading WHERE submission_id = ? AND key = ? "
                "AND state = 'running' ORDER BY id DESC LIMIT 1",
                (submission_id, key.digest),
            ).fetchone()
            if row is None:
                cursor = db.execute(
                    "INSERT INTO grading (key, key_parts, submission_id, submission_sha256, "
                    "state, created_at) VALUES (?, ?, ?, ?, 'running', ?)",
                    (key.digest, _dump(asdict(key)), submission_id, key.submission_sha256, _now()),
                )
                assert cursor.lastrowid is not None  # an INSERT always sets it
                return Grading(self, cursor.lastrowid, {})
            grading_id = int(row[0])
            done = self.results(grading_id)
            for check_id, result in list(done.items()):
                if result.outcome is Outcome.GRADER_ERROR:
                    db.execute(
                        "DELETE FROM outcome WHERE grading = ? AND check_id = ?",
                        (grading_id, check_id),
                    )
                    del done[check_id]
        return Grading(self, grading_id, done)

    def results(self, grading_id: int) -> dict[str, CheckResult]:
        """The results of a grading by check id, in the order in which they were committed."""
        with self._machine_errors():
            rows = self._db.execute(
                "SELECT check_id, result FROM outcome WHERE grading = ? ORDER BY rowid",
                (grading_id,),
            ).fetchall()
        return {check_id: CheckResult.from_json(json.loads(text)) for check_id, text in rows}

    def gradings(self, submission_id: str | None = None) -> tuple[GradingInfo, ...]:
        """Every grading, oldest first, of one submission or of all."""
        with self._machine_errors():
            rows = self._db.execute(
                "SELECT id, submission_id, key, state = 'finished', status, created_at, "
                "finished_at FROM grading WHERE ?1 IS NULL OR submission_id = ?1 ORDER BY id",
                (submission_id,),
            ).fetchall()
        return tuple(
            GradingInfo(
                row[0], row[1], row[2], bool(row[3]), Status(row[4]) if row[4] else None, *row[5:]
            )
            for row in rows
        )

    def _open(self) -> None:
        (found,) = self._db.execute("PRAGMA application_id").fetchone()
        (tables,) = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()
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
        """Turn the write-ahead log on; SQLite does not itself wait for others here."""
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
            if newer := applied - {name for name, _ in MIGRATIONS}:
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
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    @contextlib.contextmanager
    def _machine_errors(self) -> Iterator[None]:
        """SQLite's and the disk's errors as a sentence."""
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
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
