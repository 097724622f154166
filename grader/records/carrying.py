"""Runs as records that travel from one store to another, on this machine or between machines.

Only the process that keeps the marks writes its store. Where checks run elsewhere, what is known
of a hand-in goes there with it, and its outcomes come back as these records.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Final

from grader.core.model import CheckResult, Outcome

from .database import dump, now
from .store import PartKey, Store

_ADD_RUN: Final = (
    "INSERT INTO part_run (key, key_parts, part, submission_sha256, created_at, finished_at, "
    "state) VALUES (?, ?, ?, ?, ?, ?, ?)"
)
_ADD_OUTCOME: Final = "INSERT INTO outcome VALUES (?, ?, ?, ?, ?)"


@dataclass(frozen=True, slots=True)
class CarriedOutcome:
    """How one check ended, as the store holds it: JSON texts."""

    check_id: str
    result: str
    notices: str
    committed_at: str

    @property
    def checked(self) -> CheckResult:
        """The result as a record."""
        return CheckResult.from_json(json.loads(self.result))

    def says_what(self, other: CarriedOutcome) -> bool:
        """Whether both ended alike; how long each took does not count."""
        mine, theirs = (replace(one.checked, seconds=0.0) for one in (self, other))
        return mine == theirs and self.notices == other.notices


@dataclass(frozen=True, slots=True)
class CarriedRun:
    """The outcomes of one part of one submission."""

    key: PartKey
    created_at: str
    finished_at: str | None  # None: not every check has its outcome
    outcomes: tuple[CarriedOutcome, ...]


def read(store: Store, run: int) -> CarriedRun:
    """A run of the store, with what it has so far; KeyError where there is none."""
    with store._machine_errors():
        row = store._db.execute(
            "SELECT key_parts, created_at, finished_at FROM part_run WHERE id = ?", (run,)
        ).fetchone()
        rows = store._db.execute(
            "SELECT check_id, result, notices, committed_at FROM outcome WHERE run = ? "
            "ORDER BY rowid",
            (run,),
        ).fetchall()
    if row is None:
        raise KeyError(run)
    outcomes = tuple(CarriedOutcome(*found) for found in rows)
    return CarriedRun(PartKey(**json.loads(row[0])), row[1], row[2], outcomes)


def known(
    store: Store, submissions: Iterable[str], *, finished: bool = True
) -> tuple[CarriedRun, ...]:
    """The last run under each key of these submissions; `finished`: also those that have ended."""
    found: list[CarriedRun] = []
    for sha256 in dict.fromkeys(submissions):
        with store._machine_errors():
            rows = store._db.execute(
                "SELECT max(id) FROM part_run WHERE submission_sha256 = ? GROUP BY key "
                "ORDER BY max(id)",
                (sha256,),
            ).fetchall()
        found += (read(store, run) for (run,) in rows)
    return tuple(run for run in found if finished or run.finished_at is None)


def add(store: Store, run: CarriedRun) -> int:
    """Add a run beside whatever the store has under its key; its number there."""
    state = "running" if run.finished_at is None else "finished"
    key = run.key
    row = (key.digest, dump(asdict(key)), key.part, key.submission_sha256, run.created_at)
    with store._transaction() as db:
        cursor = db.execute(_ADD_RUN, (*row, run.finished_at, state))
        number = cursor.lastrowid
        assert number is not None  # an INSERT always sets it
        db.executemany(_ADD_OUTCOME, [(number, *_row(one)) for one in run.outcomes])
    return number


def forget(store: Store, key: PartKey) -> None:
    """Drop every run under `key`."""
    with store._transaction() as db:
        ids = "SELECT id FROM part_run WHERE key = ?"
        db.execute(f"DELETE FROM outcome WHERE run IN ({ids})", (key.digest,))
        db.execute("DELETE FROM part_run WHERE key = ?", (key.digest,))


def keep_last(store: Store, runs: int) -> None:
    """Drop all but the last `runs` runs, and as much of the evidence."""
    with store._transaction() as db:
        # SQLite knows OFFSET only behind a LIMIT; -1 is none.
        old = "SELECT id FROM part_run ORDER BY id DESC LIMIT -1 OFFSET ?"
        db.execute(f"DELETE FROM outcome WHERE run IN ({old})", (runs,))
        db.execute(f"DELETE FROM part_run WHERE id IN ({old})", (runs,))
        old = "SELECT rowid FROM evidence ORDER BY rowid DESC LIMIT -1 OFFSET ?"
        db.execute(f"DELETE FROM evidence WHERE rowid IN ({old})", (runs,))


def add_early(store: Store, run: int, outcomes: Iterable[CarriedOutcome]) -> None:
    """Keep outcomes of a run that is still going on, for the case that it is killed.

    The first of a check stays. A fault of the grader is left out: the check runs again.
    """
    rows = [
        (run, *_row(one), run)
        for one in outcomes
        if one.checked.outcome is not Outcome.GRADER_ERROR
    ]
    with store._transaction() as db:
        db.executemany(
            # One statement does both, so that a late message adds nothing to a run that has ended.
            "INSERT OR IGNORE INTO outcome SELECT ?, ?, ?, ?, ? WHERE EXISTS "
            "(SELECT 1 FROM part_run WHERE id = ? AND state = 'running')",
            rows,
        )


def settle(store: Store, run: int, carried: CarriedRun) -> bool:
    """Make `carried` the outcomes of a run; False where the run has ended with other ones.

    What came early is replaced as a whole, so that all outcomes of a run are of one grading.
    """
    with store._transaction() as db:
        (state,) = db.execute("SELECT state FROM part_run WHERE id = ?", (run,)).fetchone()
        rows = {one.check_id: one for one in carried.outcomes}
        if state == "finished":
            for found in read(store, run).outcomes:
                if found.checked.outcome is Outcome.GRADER_ERROR:
                    # It ran again, as wherever a fault of the grader is on record.
                    _drop(db, run, found.check_id)
                    continue
                mine = rows.pop(found.check_id, None)
                if mine is None or not mine.says_what(found):
                    return False
        else:
            db.execute("DELETE FROM outcome WHERE run = ?", (run,))
            db.execute(
                "UPDATE part_run SET state = 'finished', finished_at = ? WHERE id = ?",
                (carried.finished_at or now(), run),
            )
        db.executemany(_ADD_OUTCOME, [(run, *_row(one)) for one in rows.values()])
    return True


def _drop(db: sqlite3.Connection, run: int, check_id: str) -> None:
    db.execute("DELETE FROM outcome WHERE run = ? AND check_id = ?", (run, check_id))


def _row(one: CarriedOutcome) -> tuple[str, str, str, str]:
    return one.check_id, one.result, one.notices, one.committed_at


# ---------------------------------------------------------------- which files are which submission


def remember(store: Store, content: str, submission_sha256: str, evidence: str = "") -> None:
    """Keep what reading a hand-in gave: its submission, and the key of its evidence.

    Only by this does a process that has not read a hand-in find its outcomes.
    """
    with store._transaction() as db:
        db.execute(
            "INSERT INTO handed_in VALUES (?1, ?2, ?3) ON CONFLICT (content) DO UPDATE SET "
            "submission_sha256 = ?2, evidence = CASE WHEN ?3 = '' THEN evidence ELSE ?3 END",
            (content, submission_sha256, evidence),
        )


def remembered(store: Store, content: str) -> tuple[str, str]:
    """What :func:`remember` kept of a hand-in; empty texts for one that nobody has read."""
    with store._machine_errors():
        row = store._db.execute(
            "SELECT submission_sha256, evidence FROM handed_in WHERE content = ?", (content,)
        ).fetchone()
    return ("", "") if row is None else (str(row[0]), str(row[1]))
