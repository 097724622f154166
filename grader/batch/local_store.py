"""The store of a process that grades: in memory, with what it was sent and what it made.

The process that keeps the marks is the only one that writes their file. Everything here is under
the same keys, so a hand-in that comes again finds the outcomes of the last time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

from grader.core.model import CheckResult
from grader.records import carrying
from grader.records.carrying import CarriedOutcome, CarriedRun
from grader.records.database import dump, now
from grader.records.store import PartKey, PartRun, Store
from kit.text import Text

from .messages import Job, KeptEvidence

MOST_RUNS: Final = 64
"""So many runs are kept: memory does not grow with the class."""

Tell = Callable[[PartKey, CarriedOutcome], None]


class _TellingRun(PartRun):
    """A run that passes each outcome on as its check ends."""

    def __init__(self, run: PartRun, key: PartKey, tell: Tell) -> None:
        super().__init__(run._store, run.id, run.done, run.notices)
        self._key = key
        self._tell = tell

    def record(self, result: CheckResult, notices: Iterable[Text] = ()) -> CheckResult:
        given = tuple(notices)
        counts = super().record(result, given)
        row = CarriedOutcome(result.id, dump(counts.to_json()), dump(given), now())
        self._tell(self._key, row)
        return counts


class LocalStore(Store):
    """Outcomes of the last hand-ins that this process has graded."""

    def __init__(self, tell: Tell) -> None:
        super().__init__(Path(":memory:"))
        self._tell = tell
        self._opened: list[int] = []
        self._evidence = ""

    def begin(self, job: Job) -> None:
        """Take what is known of a hand-in; it counts more than what is here."""
        # All of it again: what this process knows would be known there as well.
        carrying.keep_last(self, 0 if job.again else MOST_RUNS)
        for run in job.known:
            carrying.forget(self, run.key)
            carrying.add(self, run)
        if job.evidence is not None:
            self._write_evidence(job.evidence.key, job.evidence.content)
        self._opened, self._evidence = [], ""

    def open_run(self, key: PartKey, *, again: bool = False) -> PartRun:
        run = super().open_run(key, again=again)
        self._opened.append(run.id)
        return _TellingRun(run, key, self._tell)

    def evidence(self, key: str) -> dict[str, Any] | None:
        self._evidence = key
        return super().evidence(key)

    def keep_evidence(self, key: str, content: dict[str, Any]) -> None:
        self._evidence = key
        super().keep_evidence(key, content)

    def places(self) -> dict[int, int]:
        """The place in :meth:`runs_made` of each run that this hand-in opened, by its number."""
        return {run: place for place, run in enumerate(dict.fromkeys(self._opened))}

    def runs_made(self) -> tuple[CarriedRun, ...]:
        """The runs of this hand-in."""
        return tuple(carrying.read(self, run) for run in self.places())

    def evidence_made(self) -> KeptEvidence | None:
        """The evidence of this hand-in; None where there is none."""
        content = super().evidence(self._evidence) if self._evidence else None
        return None if content is None else KeptEvidence(self._evidence, dump(content))

    def _write_evidence(self, key: str, content: str) -> None:
        with self._transaction() as db:
            db.execute("INSERT OR REPLACE INTO evidence VALUES (?, ?, ?)", (key, content, now()))
