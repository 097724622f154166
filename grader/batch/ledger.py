"""Where answers become part of the store: only this process writes it.

The store keeps what comes early, in case this run is killed. An answer then counts as a whole: its
marks, its pages and its outcomes are of one grading.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

from grader.core.model import CheckResult
from grader.marking.pages import Lateness, pages
from grader.records import carrying, kept_report
from grader.records.database import dump
from grader.records.present_marks import HandMarks, PresentMarks
from grader.records.store import PartKey, Store
from grader.scoring.rubric import Rubric

from .messages import Early, Graded, Job, KeptEvidence


@dataclass(slots=True)
class _Open:
    """A job whose answer is awaited."""

    job: Job
    before: str  # the submission of the hand-in's last mark
    runs: dict[str, int] = field(default_factory=dict)  # by key: a job opens each run once


class Ledger:
    """What is known of hand-ins, and what becomes of answers."""

    def __init__(self, store: Store, rubric: Rubric, lang: str) -> None:
        self._store = store
        self._rubric = rubric
        self._lang = lang
        self._open: dict[str, _Open] = {}

    def begin(self, job: Job, before: str = "") -> Job:
        """The job with what is known of its content."""
        self._open[job.id] = _Open(job, before)
        return self._informed(job, before)

    def _informed(self, job: Job, before: str) -> Job:
        submission, key = carrying.remembered(self._store, job.content)
        submissions = [sha256 for sha256 in (submission, before) if sha256]
        evidence = self._store.evidence(key) if key and not job.again else None
        return replace(
            job,
            # Of a run that is made again, only what an earlier try has begun.
            known=carrying.known(self._store, submissions, finished=not job.again),
            evidence=None if evidence is None else KeptEvidence(key, dump(evidence)),
        )

    def early(self, early: Early) -> bool:
        """Keep outcomes of a job whose answer is awaited; False for those of any other."""
        opened = self._open.get(early.job)
        if opened is None:
            return False
        if early.key is None:
            return True
        if early.key.digest not in opened.runs:
            carrying.remember(self._store, opened.job.content, early.key.submission_sha256)
        carrying.add_early(self._store, self._run(opened, early.key), early.outcomes)
        return True

    def _run(self, opened: _Open, key: PartKey) -> int:
        if key.digest not in opened.runs:
            opened.runs[key.digest] = self._store.open_run(key, again=opened.job.again).id
        return opened.runs[key.digest]

    def accept(self, graded: Graded) -> Graded | Job | None:
        """The answer with the runs of this store, or None for a second answer of one job.

        A job, to be done again, where a twin has ended otherwise in the meantime: what is
        committed first counts, and pages must say what is committed.
        """
        opened = self._open.get(graded.id)
        if opened is None:
            return None
        if graded.fault is not None:
            del self._open[graded.id]
            return graded
        numbers = []
        evidence = graded.evidence
        if graded.runs:
            # A part's key may name another form of the submission than its report.
            submission, key = graded.runs[0].key.submission_sha256, evidence.key if evidence else ""
            carrying.remember(self._store, opened.job.content, submission, key)
        for run in graded.runs:
            number = self._run(opened, run.key)
            numbers.append(number)
            if run.finished_at is None:  # of a try that a fault of the grader has ended
                carrying.add_early(self._store, number, run.outcomes)
            elif not carrying.settle(self._store, number, run):
                return self._repeated(opened)
        del self._open[graded.id]
        if evidence is not None:
            self._store.keep_evidence(evidence.key, json.loads(evidence.content))
        return self._with_people(_numbered(graded, numbers), opened.job)

    def _repeated(self, opened: _Open) -> Job:
        job = replace(opened.job, again=False)
        self._open[job.id] = _Open(job, opened.before)
        return self._informed(job, opened.before)

    def _with_people(self, graded: Graded, job: Job) -> Graded:
        """With what people gave: read for each hand-in, as they may be marking meanwhile."""
        people = PresentMarks.load(self._store.path.parent, self._rubric, hand_in=job.id)
        given = people.of_hand_in(job.id, graded.submission_sha256)
        if graded.kept is None or (given == HandMarks() and not people.published):
            return graded
        results: dict[str, CheckResult] = {}
        for run in graded.marks.runs:
            results |= self._store.results(run)
        made = pages(
            kept_report.restore(graded.kept, results, self._rubric),
            self._rubric,
            given,
            published=people.published,
            lateness=Lateness(job.submitted_at, job.late, job.student_ids),
            lang=self._lang,
            people=job.people,
        )
        return replace(graded, pages=made)


def _numbered(graded: Graded, numbers: list[int]) -> Graded:
    """The answer with the numbers of the store in place of places in the answer."""
    runs = tuple(numbers[place] for place in graded.marks.runs)
    kept: dict[str, Any] | None = graded.kept
    if kept is not None:
        kept = kept | {"runs": list(runs)}
    return replace(graded, marks=replace(graded.marks, runs=runs), kept=kept)
