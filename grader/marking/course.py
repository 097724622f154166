"""A graded class that people mark: who handed in what, the rubric, and the marks so far.

Every way of marking goes through it: the command line, spreadsheets, the desk.
"""

from __future__ import annotations

import getpass
from collections.abc import Collection, Iterable, Sequence
from fractions import Fraction
from functools import cached_property
from pathlib import Path

from grader.core.closing import Closing
from grader.core.errors import UsageError
from grader.core.suggest import did_you_mean
from grader.records import gradebook_builder
from grader.records.database import now
from grader.records.gradebook import Gradebook
from grader.records.mark_events import (
    WHOLE,
    CommentVersion,
    Conflict,
    MarkEvent,
    OverrideEvent,
    Use,
)
from grader.records.mark_store import DATABASE, MarkStore
from grader.records.present_marks import HandMarks, PresentMarks
from grader.records.roster_snapshot import RosterSnapshot, SnapshotEntry
from grader.records.store import GradingInfo, Store
from grader.scoring import rubric as rubrics
from kit.text import Text

from . import pages


class Course(Closing):
    """The class that was graded into the folder `out`, opened for marking."""

    def __init__(self, out: Path) -> None:
        self.out = out
        # Opening a store makes its file, and a wrong folder must not get one.
        if not (out / gradebook_builder.DATABASE).is_file():
            raise gradebook_builder.no_class(out)
        self.store = Store(out / gradebook_builder.DATABASE)
        try:
            self.reopen()
            self.marks = MarkStore(out / DATABASE)
        except BaseException:
            self.store.close()
            raise

    def close(self) -> None:
        """Close both files; what was recorded stays."""
        self.marks.close()
        self.store.close()

    def reopen(self) -> None:
        """Read the class again: it may have been graded since."""
        data = self.store.last_class()
        if data is None:
            raise gradebook_builder.no_class(self.out)
        self.snapshot = RosterSnapshot.from_json(data)
        # From the text that was kept: the file may have been edited since.
        self.rubric = rubrics.parse(self.snapshot.rubric.encode("utf-8"))
        # `cached_property` keeps its value there, and it is of the class before.
        self.__dict__.pop("latest", None)

    @cached_property
    def latest(self) -> dict[str, GradingInfo]:
        """Each hand-in's last grading by machine."""
        return self.store.latest()

    def present(self) -> PresentMarks:
        """What people have given by now."""
        return PresentMarks.of(self.marks, self.rubric)

    def given(self, hand_in: str, people: PresentMarks | None = None) -> HandMarks:
        """What people have given one hand-in."""
        return (people or self.present()).of_hand_in(hand_in, self.sha256(hand_in))

    def gradebook(self, among: Collection[str] | None = None) -> Gradebook:
        """The marks of the class, by machine and by people; of some of the hand-ins alone."""
        return gradebook_builder.build(self.store, self.out, among)

    def find(self, who: str) -> SnapshotEntry:
        """The hand-in of a student id, a name or the hand-in's own id; UsageError if unclear."""
        who = who.strip()
        entries = self.snapshot.entries
        exact = [e for e in entries if e.id == who]
        by_id = [e for e in entries if any(p.student_id == who for p in e.people)]
        by_name = [e for e in entries if any(p.name == who for p in e.people)]
        # What is certain comes first: several people may have one name, but hardly one id.
        for found in (exact, by_id, by_name):
            if len(found) == 1:
                return found[0]
            if found:
                ids = ", ".join(e.id for e in found)
                raise UsageError(
                    Text(
                        f"{who} 对应多份作业：{ids}。请写作业的名称。",
                        f"{who} fits several hand-ins: {ids}. Name the hand-in.",
                    )
                )
        known = [p.student_id for e in entries for p in e.people if p.student_id]
        otherwise = Text("请核对学号。", "Check the student id.")
        hint = did_you_mean(who, known, otherwise)
        raise UsageError(
            Text(
                f"这个班里没有 {who} 的作业。{hint.zh}",
                f"No hand-in of this class is of {who}. {hint.en}",
            )
        )

    def share(self, marker: str) -> tuple[str, ...]:
        """The hand-ins that :func:`grader.marking.merging.split` gave to `marker`, in order."""
        shares = self.marks.assignments()
        if marker not in shares:
            known = ", ".join(shares) or "-"
            raise UsageError(
                Text(
                    f"没有分给 {marker} 的作业；已有：{known}。请先运行 grader marks split。",
                    f"No hand-ins were given to {marker}; there are: {known}. Run grader marks "
                    "split first.",
                )
            )
        return shares[marker]

    def mark(
        self,
        hand_in: str,
        criterion: str,
        base: Fraction | None,
        *,
        seen: int,
        author: str,
        note: str = "",
        uses: Iterable[Use] = (),
        why: str = "",
        settles: bool = True,
    ) -> MarkEvent:
        """An event that gives `base`; `seen` is the version that its author saw.

        It settles the conflicts that are open there, unless its author cannot have seen them.
        `base` is not checked here; it comes from :func:`grader.marking.values.points`.
        """
        asked = None if criterion == WHOLE else self.rubric.criterion(criterion)
        return MarkEvent(
            hand_in=hand_in,
            criterion=criterion,
            version=seen + 1,
            base=base,
            level=None if asked is None or base is None else asked.level_at(base),
            uses=tuple(uses),
            note=note,
            author=author,
            at=now(),
            why=why,
            worth="" if asked is None else asked.worth,
            wording="" if asked is None else asked.wording,
            submission_sha256=self.sha256(hand_in),
            settles=tuple(
                conflict.uid
                for conflict in (self.marks.conflicts() if settles else ())
                if (conflict.hand_in, conflict.criterion) == (hand_in, criterion)
            ),
        )

    def record(
        self,
        lang: str,
        *,
        marks: Sequence[MarkEvent] = (),
        overrides: Sequence[OverrideEvent] = (),
        comments: Sequence[CommentVersion] = (),
        conflicts: Sequence[Conflict] = (),
    ) -> None:
        """Record all of it or nothing, then write the pages that show it again."""
        self.marks.add(marks=marks, overrides=overrides, comments=comments, conflicts=conflicts)
        touched = {
            *(event.hand_in for event in marks),
            *(event.hand_in for event in overrides),
            *(event.hand_in for event in conflicts),
        }
        self.refresh(touched, lang)

    def refresh(self, hand_ins: Iterable[str], lang: str) -> None:
        """Write the pages of these hand-ins again, where they were kept with the grading."""
        wanted = set(hand_ins)
        for entry in self.snapshot.entries:
            if entry.id in wanted:
                # Of one hand-in alone: a class of a thousand need not be read for one mark.
                people = PresentMarks.of(self.marks, self.rubric, hand_in=entry.id)
                pages.refresh(self.out, entry, self.store, people, lang)

    def sha256(self, hand_in: str) -> str:
        """Of the files that were graded last; empty where nothing was graded."""
        graded = self.latest.get(hand_in)
        return "" if graded is None else graded.submission_sha256


def default_author() -> str:
    """The name of the account, for marks that are entered without another name."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # an account without a name, as in some containers
        return "staff"
