"""One hand-in marked by words: ``report.figures=3``, or a decision in the machine's place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Final

from grader.core.errors import UsageError
from grader.core.model import Status
from grader.core.suggest import did_you_mean
from grader.feedback.clean import clean_line
from grader.records import gradebook_builder
from grader.records.database import now
from grader.records.mark_events import WHOLE, MarkEvent, OverrideEvent, Use
from grader.records.present_marks import LOOKS, HandMarks
from grader.records.rescoring import rescore
from grader.records.roster_snapshot import SnapshotEntry
from grader.scoring.points import decimal2, show_points
from kit.text import Text

from . import merging, values
from .course import Course

_PENDING: Final = Text("待评", "pending")


def enter(
    course: Course,
    entry: SnapshotEntry,
    given: Sequence[str],
    comment: str | None,
    carried: Sequence[str] = (),
    *,
    author: str,
    why: str,
    lang: str,
) -> None:
    """Record ``CRITERION=POINTS`` words with comments; all or nothing.

    `carried` are the ids of reusable comments. A criterion without points keeps those it has.
    """
    there = course.given(entry.id)
    # None leaves the comment as it is; an empty text takes it back.
    note = None if comment is None else values.comment(comment)
    if note is not None and (problem := values.too_long(note)) is not None:
        raise UsageError(problem)
    uses = tuple(_use(course, id) for id in carried)
    marks: list[MarkEvent] = []
    overrides: list[OverrideEvent] = []
    for word in given:
        id, equals, text = word.partition("=")
        # With a comment the criterion alone is enough, and its points stay.
        if not equals and not uses and note is None:
            raise UsageError(
                Text(
                    f"{word} 应写成 评分项=分值，如 report.figures=3。",
                    f"{word} should be CRITERION=POINTS, as in report.figures=3.",
                )
            )
        if id in course.rubric.automatic:
            overrides.append(_override(course, entry, there, id, text, author, why))
        else:
            new = (text if equals else None, note, uses)
            marks.append(_mark(course, entry, there, id, *new, author, why))
    if uses and not marks:
        raise UsageError(
            Text(
                "请写明评语放在哪一项，如 report.figures。",
                "Say which criterion carries the comment, as in report.figures.",
            )
        )
    if note is not None and not marks:
        marks.append(
            course.mark(
                entry.id,
                WHOLE,
                None,
                seen=there.version(WHOLE),
                author=author,
                note=note,
                uses=() if there.whole is None else there.whole.uses,
                why=why,
            )
        )
    course.record(lang, marks=marks, overrides=overrides)


def _mark(
    course: Course,
    entry: SnapshotEntry,
    there: HandMarks,
    id: str,
    text: str | None,
    note: str | None,
    uses: tuple[Use, ...],
    author: str,
    why: str,
) -> MarkEvent:
    known = {criterion.id: criterion for criterion in course.rubric.criteria}
    if id not in known:
        names = Text(f"可用：{'、'.join(known)}。", f"There are: {', '.join(known)}.")
        hint = did_you_mean(id, [*known, *course.rubric.automatic], names)
        raise UsageError(
            Text(f"没有评分项或检查 {id}。{hint.zh}", f"No criterion or check is {id}. {hint.en}")
        )
    standing = there.standings.get(id)
    held = None if standing is None else standing.event
    # The mark is read again by the present rubric, which may no longer permit it.
    value = values.points(
        values.show(None if held is None else held.base) if text is None else text, known[id]
    )
    if isinstance(value, Text):
        raise UsageError(value.closed())
    # A comment that is given again replaces its earlier version.
    kept = [
        use for use in (held.uses if held else ()) if use.comment not in {u.comment for u in uses}
    ]
    return course.mark(
        entry.id,
        id,
        value,
        seen=there.version(id),
        author=author,
        # What was said before stays, unless something is said now.
        note=note if note is not None else (held.note if held else ""),
        uses=(*kept, *uses),
        why=why,
    )


def _use(course: Course, id: str) -> Use:
    comment = course.present().comments.find(id)
    if comment is None:
        raise UsageError(Text(f"没有评语 {id}。", f"There is no comment {id}."))
    return Use(id, comment.version)


def _override(
    course: Course,
    entry: SnapshotEntry,
    there: HandMarks,
    check: str,
    text: str,
    author: str,
    why: str,
) -> OverrideEvent:
    if not why:
        raise UsageError(
            Text(
                f"{check} 由机器评分；人工改判要写明理由（--why）。",
                f"{check} is marked by machine: a decision in its place needs a reason (--why).",
            )
        )
    possible = course.rubric.worth(check)
    try:
        points = Fraction(text) if text.strip() else None
    except (ValueError, ZeroDivisionError):
        # The test below refuses a negative number, with the sentence that fits here as well.
        points = Fraction(-1)
    if points is not None and not 0 <= points <= possible:
        most = show_points(possible)
        raise UsageError(
            Text(
                f"{check} 写的是 {text}，应为 0 到 {most} 的分值。",
                f"{check} is {text}, expected points from 0 to {most}.",
            )
        )
    last = there.overrides.get(check)
    return OverrideEvent(
        hand_in=entry.id,
        check=check,
        version=1 if last is None else last.version + 1,
        # A share holds even when the rubric gives the check other points later.
        fraction=None if points is None else points / possible,
        author=author,
        at=now(),
        why=values.comment(why),
        submission_sha256=course.sha256(entry.id),
    )


def show(course: Course, entry: SnapshotEntry, lang: str) -> Iterator[str]:
    """What people gave a hand-in, and its total."""
    people = ", ".join(f"{p.student_id} {p.name}".strip() for p in entry.people)
    yield clean_line(f"{people}  {entry.id}".strip())
    there = course.given(entry.id)
    for criterion in course.rubric.criteria:
        standing = there.standings.get(criterion.id)
        points = None if standing is None else standing.points
        most = values.show(criterion.points)
        got = _PENDING.pick(lang) if points is None else values.show(points)
        said = [f"{criterion.id}  {got} / {most}"]
        if standing is not None:
            said += [clean_line(comment.pick(lang)) for comment in standing.comments]
            said += [f"! {LOOKS[look].pick(lang)}" for look in standing.looks]
        yield "  ".join(said)
    for line in merging.conflict_lines(course, lang, entry.id):
        yield f"! {line}"
    for check, event in there.overrides.items():
        if event.fraction is not None:
            worth = course.rubric.worth(check)
            points, most = event.fraction * worth, show_points(worth)
            looks = [f"! {LOOKS[look].pick(lang)}" for id, look in there.looks if id == check]
            said = [f"{check}  {show_points(points)} / {most}", event.why, *looks]
            yield clean_line("  ".join(said))
    for comment in there.whole_comments:
        yield clean_line(comment.pick(lang))
    for look in there.whole_looks:
        yield f"! {LOOKS[look].pick(lang)}"
    graded = course.latest.get(entry.id)
    # After a fault of the grader, or by another rubric, there is no total.
    if graded is None or graded.status is Status.GRADER_ERROR:
        return
    # Its results are those of another rubric's checks, which this one cannot add up.
    if not gradebook_builder.outdated(graded, course.rubric):
        score = rescore(graded, course.store, course.rubric, there.by_people)
        total = f"{decimal2(score.earned, score.possible)} / {decimal2(score.possible)}"
        waits = f"  {_PENDING.pick(lang)} {decimal2(score.pending)}" if score.pending else ""
        yield total + waits


def history(course: Course, entry: SnapshotEntry) -> Iterator[str]:
    """Every event of a hand-in, the earliest first: time, author, what, why."""
    comments = course.present().comments
    lines = []
    for mark in course.marks.marks(entry.id):
        said = [comments.of(use).text.en for use in mark.uses] + [mark.note]
        what = f"{mark.criterion or '*'} {values.show(mark.base) or merging.NOTHING}"
        lines.append((mark.at, mark.author, what, " / ".join(filter(None, said)), mark.why))
    for override in course.marks.overrides(entry.id):
        share = merging.NOTHING if override.fraction is None else str(override.fraction)
        lines.append(
            (override.at, override.author, f"{override.check} x {share}", "", override.why)
        )
    # A line begins with its time, and times of one width sort as text.
    for line in sorted(lines):
        yield clean_line("  ".join(filter(None, line)))
