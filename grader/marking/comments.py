"""Reusable comments: written once, carried by many marks, changed for all of them together."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

from grader.core.errors import UsageError
from grader.feedback.clean import clean_line
from grader.records.database import now
from grader.records.mark_events import CommentVersion, MarkEvent, Use
from grader.records.present_marks import Comments, points_of
from kit.text import Text

from . import values
from .course import Course

MAX_POINTS: Final = 1000


@dataclass(frozen=True, slots=True)
class Moved:
    """A mark that carries a comment: what it is worth now, and with the comment changed."""

    event: MarkEvent  # the latest
    before: Fraction | None
    after: Fraction | None


@dataclass(frozen=True, slots=True)
class Revision:
    """A comment that is to be changed, and every mark that would change with it."""

    old: CommentVersion
    new: CommentVersion
    moved: tuple[Moved, ...]


def write(
    zh: str, en: str, points: Fraction = Fraction(0), *, author: str, why: str = ""
) -> CommentVersion:
    """A new comment; one of the two languages is enough."""
    # The points are bounded here alone: a mark that carries the comment stays within its criterion.
    zh, en = _checked(zh, en, points)
    return CommentVersion(
        # Short enough to type, and no other laptop makes the same.
        id=f"c{uuid.uuid4().hex[:7]}",
        version=1,
        zh=zh,
        en=en,
        points=points,
        owner=author,
        author=author,
        at=now(),
        why=why,
    )


def revise(
    course: Course,
    id: str,
    *,
    zh: str | None = None,
    en: str | None = None,
    points: Fraction | None = None,
    author: str,
    why: str = "",
) -> Revision:
    """What a change of a comment would do; records nothing. None leaves a field as it is."""
    people = course.present()
    old = people.comments.find(id)
    if old is None:
        raise UsageError(Text(f"没有评语 {id}。", f"There is no comment {id}."))
    said = _checked(
        old.zh if zh is None else zh,
        old.en if en is None else en,
        worth := old.points if points is None else points,
    )
    new = replace(
        write(*said, worth, author=author, why=why),
        id=id,
        version=old.version + 1,
        # Whoever changes a comment does not become its owner.
        owner=old.owner,
    )
    # Both totals come from the rule by which marks count, so the preview is the result.
    with_new = Comments((*course.marks.comments(), new))
    known = {criterion.id: criterion for criterion in course.rubric.criteria}
    moved = []
    for event in people.carriers(id):
        criterion = known.get(event.criterion)
        before = None if criterion is None else points_of(event, criterion, with_new)
        carried = _carrying(event, new)
        after = None if criterion is None else points_of(carried, criterion, with_new)
        moved.append(Moved(event, before, after))
    return Revision(old, new, tuple(moved))


def apply(course: Course, revision: Revision, lang: str) -> None:
    """Record the change with all its marks, or nothing where one of them has changed since.

    The marks keep their base, their note and what they were marked by; only the comment moves.

    Raises:
        Locked: the marks are published, some would move, and the change has no reason.
    """
    new = revision.new
    # Without publication the comment's own version is reason enough.
    usual = "" if course.marks.published else f"{new.id} {new.version}"
    marks = [
        replace(
            _carrying(moved.event, new),
            # This is the version that was shown; the store refuses it if somebody has marked since.
            version=moved.event.version + 1,
            author=new.author,
            at=new.at,
            why=new.why or usual,
            uid=uuid.uuid4().hex,
        )
        for moved in revision.moved
    ]
    course.record(lang, marks=marks, comments=[new])


def listed(course: Course, lang: str) -> Iterator[str]:
    """Every comment with its points, its owner and how often it is used."""
    people = course.present()
    uses = people.uses()
    for comment in people.comments.latest():
        points = _signed(comment.points)
        text = clean_line(comment.text.pick(lang), 120)
        yield f"{comment.id}  {uses[comment.id]} x  {points}  {comment.owner}  {text}"


def revision_lines(course: Course, revision: Revision, lang: str) -> Iterator[str]:
    """The comment before and after, and each mark that carries it."""
    entries = {entry.id: entry for entry in course.snapshot.entries}
    for comment in (revision.old, revision.new):
        yield f"{_signed(comment.points)}  {clean_line(comment.text.pick(lang), 120)}"
    for moved in revision.moved:
        entry = entries.get(moved.event.hand_in)
        people = [] if entry is None else entry.people
        who = ", ".join(f"{p.student_id} {p.name}".strip() for p in people)
        points = f"{_shown(moved.before)} -> {_shown(moved.after)}"
        yield clean_line(f"{who or moved.event.hand_in}  {moved.event.criterion}  {points}")


def _signed(points: Fraction) -> str:
    sign = "-" if points < 0 else "+"
    return f"{sign}{values.show(abs(points))}" if points else "0"


def _shown(points: Fraction | None) -> str:
    return "–" if points is None else values.show(points)


def _carrying(event: MarkEvent, comment: CommentVersion) -> MarkEvent:
    uses = tuple(
        Use(comment.id, comment.version) if use.comment == comment.id else use for use in event.uses
    )
    return replace(event, uses=uses)


def _checked(zh: str, en: str, points: Fraction) -> tuple[str, str]:
    zh, en = values.comment(zh), values.comment(en)
    if not zh and not en:
        raise UsageError(
            Text("评语是空的；至少写一种语言。", "The comment is empty: write one language.")
        )
    if (problem := values.too_long(zh) or values.too_long(en)) is not None:
        raise UsageError(problem.closed())
    if abs(points) > MAX_POINTS:
        raise UsageError(
            Text(
                f"评语的分值应在 -{MAX_POINTS} 和 {MAX_POINTS} 之间。",
                f"A comment's points lie between -{MAX_POINTS} and {MAX_POINTS}.",
            )
        )
    return zh, en
