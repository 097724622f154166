"""Build the gradebook of a class from what is stored: outcomes, and the marks of people."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Final

from grader.core.errors import UsageError
from grader.core.model import Status
from grader.handins.records import Person
from grader.records.gradebook import Gradebook, StudentMark
from grader.records.store import GradingInfo, Store
from grader.scoring import late_policy, rubric
from grader.scoring.rubric import Rubric
from kit.text import Text, joined

from .mark_events import WHOLE
from .present_marks import LOOKS, Look, PresentMarks
from .rescoring import rescore
from .roster_snapshot import RosterSnapshot, SnapshotEntry

DATABASE = "grades.sqlite"


def load(out: Path) -> Gradebook:
    """The gradebook of the class that was graded into the folder `out` last.

    Raises:
        UsageError: no class was graded into that folder.
    """
    if not (out / DATABASE).is_file():
        raise no_class(out)
    with Store(out / DATABASE) as store:
        return build(store, out)


def build(store: Store, out: Path, among: Collection[str] | None = None) -> Gradebook:
    """The gradebook of the last class of an open store; UsageError where there is no class.

    With `among` it holds these hand-ins alone.
    """
    data = store.last_class()
    if data is None:
        raise no_class(out)
    snapshot = RosterSnapshot.from_json(data)
    # From the text that was kept: the file may have been edited since.
    marked_by = rubric.parse(snapshot.rubric.encode("utf-8"))
    last = store.latest()
    people = PresentMarks.load(out, marked_by)
    marks = [
        mark
        for entry in snapshot.entries
        if among is None or entry.id in among
        for mark in _marks(entry, last.get(entry.id), store, people)
    ]
    marks += [
        StudentMark(person, "", Status.MISSING, possible=marked_by.total)
        for person in (snapshot.missing if among is None else ())
    ]
    notices = list(snapshot.notices)
    # A waiver for a mistyped student id would cost that student points, unseen.
    ids = [mark.person.student_id for mark in marks]
    if (unmatched := late_policy.unmatched_waivers(marked_by.late, ids)) is not None:
        notices.append(unmatched)
    if marked_by.late is not None and (count := _untimed(snapshot)):
        of = len(snapshot.entries)
        notices.append(
            Text(
                f"评分标准有迟交规则，但 {of} 份作业中有 {count} 份不知道提交时间，没有扣分。",
                f"A late policy is set, but the time of {count} of {of} hand-ins is not known: "
                "nothing was taken from them.",
            )
        )
    if (look_again := _looks(marks)) is not None:
        notices.append(look_again)
    return Gradebook(
        title=marked_by.title,
        possible=marked_by.total,
        row_ids=tuple(row.id for row in marked_by.rows),
        marks=tuple(sorted(marks, key=_order)),
        notices=tuple(notices),
        rubric_sha256=marked_by.sha256,
    )


_LISTED: Final = 5
"""Hand-ins that a notice names; `grader finish` lists all."""


_THE_WHOLE: Final = Text("整份作业", "the whole")


def _looks(marks: Iterable[StudentMark]) -> Text | None:
    """A notice of the marks by people that somebody should look at again, by reason."""
    found: dict[Look, dict[str, list[str]]] = {}
    for mark in marks:
        for criterion, look in mark.looks:
            who = mark.person.student_id or mark.submission_id
            found.setdefault(look, {}).setdefault(criterion, []).append(who)
    if not found:
        return None
    zh, en = [], []
    for look, criteria in found.items():
        for criterion, people in criteria.items():
            more = len(people) - _LISTED
            names = joined([*people[:_LISTED], *(["…"] if more > 0 else [])])
            what = _THE_WHOLE if criterion == WHOLE else Text(criterion, criterion)
            zh.append(f"{what.zh}（{LOOKS[look].zh}）：{names.zh}")
            en.append(f"{what.en} ({LOOKS[look].en}): {names.en}")
    return Text(
        f"需要再看的人工评分：{'；'.join(zh)}。", f"Marks to look at again: {'; '.join(en)}."
    )


def _untimed(snapshot: RosterSnapshot) -> int:
    return sum(entry.submitted_at is None for entry in snapshot.entries)


def _order(mark: StudentMark) -> tuple[bool, str, str, str]:
    """By student id, those without one last and by name."""
    person = mark.person
    # By submission last, so that two persons without an id or a name keep their places.
    return not person.student_id, person.student_id, person.name, mark.submission_id


def _marks(
    entry: SnapshotEntry, graded: GradingInfo | None, store: Store, people: PresentMarks
) -> list[StudentMark]:
    """A line for each member of the group that handed in `entry`."""
    marked_by = people.rubric
    if graded is None or outdated(graded, marked_by):  # the run stopped before this hand-in
        return [_no_mark(entry, person, marked_by, NOT_GRADED) for person in entry.people]
    if graded.status is Status.GRADER_ERROR:
        # Where only single checks failed by the grader's fault, there is no reason for the whole.
        why = graded.marks.fault or FAULT
        return [_no_mark(entry, person, marked_by, why) for person in entry.people]
    given = people.of_hand_in(entry.id, graded.submission_sha256)
    score = rescore(graded, store, marked_by, given.by_people)
    raw = score.earned
    marked = [criterion.earned for row in score.rows for criterion in row.criteria]
    marks = []
    for person in entry.people:
        late = late_policy.apply(
            marked_by.late,
            raw,
            marked_by.total,
            entry.submitted_at,
            person.student_id,
            entry.late,
        )
        marks.append(
            StudentMark(
                person=person,
                submission_id=entry.id,
                status=graded.status,
                possible=score.possible,
                pdf=graded.marks.pdf,
                raw=raw,
                final=late.final,
                pending=score.pending,
                late=late.text,
                late_days=late.days,
                submitted_at=entry.submitted_at,
                rows=score.rows,
                checks=score.checks,
                decided=bool(marked) and None not in marked,
                looks=given.looks,
            )
        )
    return marks


def outdated(graded: GradingInfo, marked_by: Rubric) -> bool:
    """Whether the last mark was made with another rubric than the class's."""
    if graded.status is Status.GRADER_ERROR:
        return False
    return graded.marks.rubric_sha256 != marked_by.sha256


NOT_GRADED = Text("尚未评分：再运行一次即可", "not graded yet: run the command again")
FAULT = Text("评分器故障，见 staff.html", "a fault of the grader; see staff.html")


def _no_mark(entry: SnapshotEntry, person: Person, marked_by: Rubric, why: Text) -> StudentMark:
    return StudentMark(
        person=person,
        submission_id=entry.id,
        status=Status.GRADER_ERROR,
        possible=marked_by.total,
        submitted_at=entry.submitted_at,
        notices=(why,),
    )


def no_class(out: Path) -> UsageError:
    """The error for a folder into which no class was graded."""
    return UsageError(
        Text(
            f"{out} 里没有全班的成绩。请先运行 make grade-all SUBMISSIONS=...，"
            "或用 --out 给出那次评分的结果文件夹。",
            f"No class was graded into {out}. Run make grade-all SUBMISSIONS=... first, or name "
            "that run's folder with --out.",
        )
    )
