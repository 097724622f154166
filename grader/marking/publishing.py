"""The end of marking: what is missing, then the final pages and the files for the platform."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Final

from grader.core.model import Status
from grader.export import formats
from grader.export.report import ExportReport
from grader.feedback import REPORT, RESULTS, STAFF_PAGE, STUDENT_PAGE, atomic
from grader.feedback.class_page import write_class_page
from grader.feedback.clean import clean_line
from grader.records import published
from grader.records.database import now
from grader.records.gradebook import Gradebook, StudentMark
from grader.records.mark_events import Publication
from grader.records.present_marks import LOOKS, Look
from grader.records.published import PublishedMove
from grader.scoring.points import decimal2
from kit.text import Text

from .course import Course

NOT_KEPT: Final = Text("请再运行一次评分，才能写出页面", "grade it again: its pages need that")
"""Of a hand-in that an earlier version graded, which kept nothing to make the pages from."""

CLASS_PAGE: Final = "index.html"
GRADEBOOK: Final = "gradebook.csv"
PAGES: Final = (REPORT, RESULTS, STUDENT_PAGE, STAFF_PAGE)
"""Of each hand-in, in the folder of results."""

FAULT: Final = Text("评分器故障", "a fault of the grader")

# What counts is known; that somebody looks again is advice.
_ADVICE: Final = frozenset({Look.OTHER_WORDS, Look.EARLIER_COMMENT})
_BY_MACHINE: Final = Text("机器评分或迟交规则", "by machine, or by the late policy")


@dataclass(frozen=True, slots=True)
class Missing:
    """What keeps one hand-in from being published."""

    who: str
    what: Text
    hand_in: str = ""


@dataclass(frozen=True, slots=True)
class Platform:
    """Which file of a platform is made, as ``grader export`` takes it."""

    format: str
    template: Path | None = None
    column: str | None = None
    to: Path | None = None


def missing(course: Course) -> tuple[Missing, ...]:
    """Everything that somebody has to do before the marks can be published."""
    found: dict[str, Missing] = {}
    kept = course.store.reported()
    for mark in course.gradebook().marks:
        for text in _lacks(mark):
            # Members of a group lack the same.
            lacks = Missing(_who(mark), text, mark.submission_id)
            found.setdefault(f"{mark.submission_id} {text.en}", lacks)
        if mark.status is Status.GRADED and mark.submission_id not in kept:
            lacks = Missing(_who(mark), NOT_KEPT, mark.submission_id)
            found.setdefault(f"{mark.submission_id} {NOT_KEPT.en}", lacks)
    return tuple(found.values())


def _lacks(mark: StudentMark) -> Iterator[Text]:
    criteria = [c for row in mark.rows for c in row.criteria]
    unmarked = [c for c in criteria if c.earned is None]
    by_hand = sum((c.possible for c in unmarked), start=Fraction(0))
    return lacking(
        mark.status,
        fault=mark.notices[0] if mark.notices else FAULT,
        decided=mark.decided,
        looks=mark.looks,
        titles={criterion.id: criterion.title for criterion in criteria},
        unmarked=[criterion.id for criterion in unmarked],
        undecided=mark.pending - by_hand,
    )


def lacking(
    status: Status,
    *,
    fault: Text,
    decided: bool,
    looks: Iterable[tuple[str, Look]],
    titles: Mapping[str, Text],
    unmarked: Sequence[str],
    undecided: Fraction,
) -> Iterator[Text]:
    """What one hand-in lacks: `undecided` are the points of the machine without an outcome.

    Criteria are named by their `titles`; one that the rubric no longer has has none.
    """
    if status is Status.MISSING:
        return  # nothing was handed in, so there is nothing to mark
    if status is Status.GRADER_ERROR:
        yield fault
        return
    if status is Status.NOT_GRADABLE and not decided:
        yield Text(
            "提交无法打开：请人工评完各项，或请学生重交",
            "nothing could be opened: mark every criterion by hand, or ask for it again",
        )
        return
    looked = dict(looks)
    for id, look in looks:
        if look not in _ADVICE:
            named = _named(id, titles)
            yield Text(f"{named.zh}：{LOOKS[look].zh}", f"{named.en}: {LOOKS[look].en}")
    if left := [_named(id, titles) for id in unmarked if id not in looked]:
        names = Text("、".join(n.zh for n in left), ", ".join(n.en for n in left))
        yield Text("待评：", "not marked:") + names
    if undecided > 0:
        points = decimal2(undecided)
        yield Text(
            f"还有 {points} 分的检查没有结果：请在能运行它们的机器上重新评分，或人工改判",
            f"checks worth {points} points have no outcome: grade where they can run, or decide "
            "in their place",
        )


def _named(id: str, titles: Mapping[str, Text]) -> Text:
    """A criterion by its title, with the id by which commands take it."""
    title = titles.get(id)
    return Text(id, id) if title is None else Text(f"{title.zh}（{id}）", f"{title.en} ({id})")


@dataclass(frozen=True, slots=True)
class Change:
    """A mark that has moved since it was published, and the reasons that people gave."""

    move: PublishedMove
    reasons: tuple[str, ...]


def finish(
    course: Course,
    author: str,
    lang: str,
    *,
    why: str = "",
    wanted: Sequence[Platform] = (),
) -> tuple[ExportReport, ...]:
    """Publish the current marks; :func:`missing` must have found nothing.

    From here on students' pages show what people gave, and a changed mark needs a reason. The
    files that are `wanted` for platforms are made in the end, in this order.
    """
    gradebook = course.gradebook()
    # First, since what cannot be written must not leave the marks half published.
    _rehearse(course, gradebook, wanted, lang)
    course.marks.back_up()
    finals = published.finals(gradebook)
    earlier = course.marks.publications()
    # A second run with the same marks is no second publication: it only writes the files again.
    if not earlier or earlier[-1].finals != finals:
        course.marks.publish(Publication(at=now(), author=author, finals=finals, why=why))
    course.refresh([entry.id for entry in course.snapshot.entries], lang)
    write_class_page(gradebook, course.out / CLASS_PAGE, lang)
    formats.export(gradebook, "csv", out=course.out / GRADEBOOK, lang=lang)
    # Last, since some hold the pages that were written just now.
    return tuple(_export(course, gradebook, one, lang) for one in wanted)


def _rehearse(course: Course, gradebook: Gradebook, wanted: Sequence[Platform], lang: str) -> None:
    """UsageError or MachineError where anything of :func:`finish` cannot be made or written."""
    for one in wanted:
        to = _target(course, one)
        formats.check_target(one.format, to, one.template)
        # On the disk of the file itself, which may be the full one.
        with atomic.draft_folder(to) as folder:
            draft = folder / to.name
            _export(course, gradebook, replace(one, to=draft), lang)
            # An export may be a folder; each of its files is tried where it will lie.
            made = [path for path in (draft, *draft.rglob("*")) if path.is_file()]
            atomic.check_writable(to / path.relative_to(draft) for path in made)
    atomic.check_writable((course.out / CLASS_PAGE, course.out / GRADEBOOK))
    for entry in course.snapshot.entries:
        atomic.check_writable(course.out / entry.id / name for name in PAGES)


def changes(course: Course, among: Collection[str] | None = None) -> tuple[Change, ...]:
    """The marks that have moved since they were published last; none before that.

    `among` these hand-ins alone, where others cannot have moved: a large class is read faster.
    """
    publications = course.marks.publications()
    if not publications:
        return ()
    # What moved before the last publication was published with it.
    last = publications[-1]
    said: dict[str, list[str]] = {}
    for mark in course.marks.marks():
        if mark.at > last.at:
            said.setdefault(mark.hand_in, []).append(_reason(mark.criterion, mark.author, mark.why))
    for override in course.marks.overrides():
        if override.at > last.at:
            said.setdefault(override.hand_in, []).append(
                _reason(override.check, override.author, override.why)
            )
    finals = last.finals
    if among is not None:
        finals = {key: final for key, final in finals.items() if final.hand_in in among}
    return tuple(
        Change(move, tuple(dict.fromkeys(said.get(move.hand_in, ()))))
        for move in published.moves(finals, course.gradebook(among))
    )


def _reason(what: str, author: str, why: str) -> str:
    return clean_line(f"{what} ({author}): {why}")


def behind(course: Course) -> Text | None:
    """Why students' pages do not show the present marks; None where they do."""
    given = [*course.marks.marks(), *course.marks.overrides()]
    publications = course.marks.publications()
    if given and not publications:
        return _NOT_PUBLISHED
    if changes(course):
        return _MOVED.format(at=publications[-1].at[:10])
    return None


_NOT_PUBLISHED: Final = Text(
    "这些页面里没有人工评分，因为成绩还没有发布。请先运行 grader finish，再导出页面。",
    "These pages show no marks by people, because the marks are not published yet. Run grader "
    "finish first, then export the pages.",
)
_MOVED: Final = Text(
    "这些页面显示 {at} 发布的成绩，此后成绩有变动。请先运行 grader finish，再导出页面。",
    "These pages show the marks published on {at}, and marks have changed since. Run grader "
    "finish first, then export the pages.",
)


def change_lines(found: Sequence[Change], lang: str) -> Iterator[str]:
    """The changes as text, one student a line."""
    for change in found:
        move = change.move
        who = clean_line(f"{move.student_id} {move.name}".strip() or move.hand_in)
        rows = ", ".join(f"{id} {decimal2(a)} -> {decimal2(b)}" for id, a, b in move.rows)
        why = "; ".join(change.reasons) or _BY_MACHINE.pick(lang)
        yield f"{who}  {_shown(move.before)} -> {_shown(move.after)}  ({rows})  {why}"


def _shown(points: Fraction | None) -> str:
    return "–" if points is None else decimal2(points)


def _target(course: Course, wanted: Platform) -> Path:
    return wanted.to or formats.target(wanted.format, course.out, wanted.template)


def _export(course: Course, gradebook: Gradebook, wanted: Platform, lang: str) -> ExportReport:
    return formats.export(
        gradebook,
        wanted.format,
        out=_target(course, wanted),
        template=wanted.template,
        column=wanted.column,
        feedback_dir=course.out if formats.FORMATS[wanted.format].pages else None,
        lang=lang,
    )


def _who(mark: StudentMark) -> str:
    person = mark.person
    return clean_line(f"{person.student_id} {person.name}".strip() or mark.submission_id)
