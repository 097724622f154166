"""One SQLite file: opened safely, migrated, used in transactions by several processes at once.

Every process opens a file of its own; a connection never crosses a fork.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar, Final

from grader.core.closing import Closing
from grader.core.errors import MachineError
from kit.text import Text

# A commit takes milliseconds; a slow disk or a stopped process may hold the file for longer.
BUSY_S: Final = 20.0
"""How long a process waits for another one's commit."""

Migrations = tuple[tuple[str, tuple[str, ...]], ...]


class Database(Closing):
    """A file with a number that marks it as ours, and the migrations that were applied to it."""

    application_id: ClassVar[int]
    migrations: ClassVar[Migrations]
    before: ClassVar[frozenset[str]] = frozenset()
    """Migrations of earlier versions whose tables a later one has replaced."""
    synchronous: ClassVar[str] = "FULL"

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

    def _open(self) -> None:
        (found,) = self._db.execute("PRAGMA application_id").fetchone()
        (tables,) = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        # A new file has no tables and no number yet.
        if tables and found != self.application_id:
            raise MachineError(
                Text(
                    f"{self.path} 是别的程序的数据库。请换一个结果文件夹，或移走这个文件。",
                    f"{self.path} is another program's database. Use another results folder, or "
                    "move the file away.",
                )
            )
        self._use_wal()
        self._db.execute(f"PRAGMA synchronous = {self.synchronous}")
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
            db.execute(f"PRAGMA application_id = {self.application_id}")
            applied = {name for (name,) in db.execute("SELECT name FROM migration")}
            if newer := applied - self.before - {name for name, _ in self.migrations}:
                raise MachineError(
                    Text(
                        f"{self.path} 由更新版本的评分器写成（{'、'.join(sorted(newer))}）。"
                        "请更新评分器，或换一个结果文件夹。",
                        f"{self.path} was written by a newer grader ({', '.join(sorted(newer))}). "
                        "Update the grader, or use another results folder.",
                    )
                )
            for name, statements in self.migrations:
                if name not in applied:
                    for statement in statements:
                        db.execute(statement)
                    db.execute("INSERT INTO migration VALUES (?, ?)", (name, now()))

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


def now() -> str:
    """The time as it is recorded: always of the same width, so that times sort as text."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def dump(value: object) -> str:
    """`value` as JSON; one text for equal values, because keys are digests of it."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
