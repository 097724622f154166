"""What a marker does: each act is recorded before it is answered, or refused with a reason."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from grader.core.errors import UsageError
from grader.marking import values
from grader.marking.course import Course
from grader.records.database import now
from grader.records.mark_events import WHOLE, Conflict, MarkEvent, Use
from grader.records.mark_store import Outdated
from kit.text import Text

from .present import Present
from .room import Desk


@dataclass(frozen=True, slots=True)
class Given:
    """A mark as a browser sends it."""

    hand_in: str
    criterion: str  # WHOLE: a comment on the hand-in
    points: str  # as typed; empty takes the mark back
    note: str
    uses: tuple[str, ...]  # ids of reusable comments
    seen: int  # the version that was on the screen
    settles: tuple[str, ...] = ()  # the conflicts that were on the screen
    why: str = ""


def give(desk: Desk, course: Course, marker: str, given: Given) -> None:
    """Record a mark.

    Raises:
        Outdated: somebody else has marked this meanwhile.
        Locked: the marks are published and no reason was given.
        UsageError: it cannot be a mark.
    """
    present = desk.present(course)
    event = _event(course, present, marker, given)
    place = event.hand_in, event.criterion
    if present.is_blind(place, marker):
        marks, conflicts = _second(present, event, marker)
    else:
        marks, conflicts = [event], []
    course.marks.add(marks=marks, conflicts=conflicts)
    desk.refresher.want({given.hand_in})


def _event(course: Course, present: Present, marker: str, given: Given) -> MarkEvent:
    base: Fraction | None = None
    if given.criterion == WHOLE:
        if given.points:
            raise UsageError(Text("整体评语没有分值。", "A comment on the whole has no points."))
    else:
        known = {criterion.id: criterion for criterion in course.rubric.criteria}
        if given.criterion not in known:
            raise UsageError(
                Text(f"没有评分项 {given.criterion}。", f"No criterion is {given.criterion}.")
            )
        read = values.points(given.points, known[given.criterion])
        if isinstance(read, Text):
            raise UsageError(read.closed())
        base = read
    note = values.comment(given.note)
    if (problem := values.too_long(note)) is not None:
        raise UsageError(problem.closed())
    event = course.mark(
        given.hand_in,
        given.criterion,
        base,
        seen=given.seen,
        author=marker,
        note=note,
        uses=_uses(present, given),
        why=values.comment(given.why),
        settles=False,
    )
    waiting = [
        conflict.uid
        for conflict in present.open_conflicts
        if (conflict.hand_in, conflict.criterion) == (given.hand_in, given.criterion)
    ]
    # Only what was on the screen: another conflict may have come meanwhile.
    return replace(event, settles=tuple(uid for uid in waiting if uid in given.settles))


def _uses(present: Present, given: Given) -> tuple[Use, ...]:
    held = present.standing((given.hand_in, given.criterion))
    versions = {} if held is None else {use.comment: use for use in held.uses}
    uses = []
    for id in dict.fromkeys(given.uses):
        comment = present.people.comments.find(id)
        if comment is None:
            raise UsageError(Text(f"没有评语 {id}。", f"There is no comment {id}."))
        # What the mark carries already stays in the version that was chosen.
        uses.append(versions.get(id) or Use(id, comment.version))
    return tuple(uses)


def _second(
    present: Present, event: MarkEvent, marker: str
) -> tuple[list[MarkEvent], list[Conflict]]:
    """The same for a hand-in that several mark without seeing each other's marks.

    Where two differ, neither counts until somebody settles it, as after a merge of two files.
    """
    place = event.hand_in, event.criterion
    own = present.own(place, marker)
    if event.version != (1 if own is None else own.version + 1):
        raise Outdated((own or event,))
    standing = present.standing(place)
    event = replace(event, version=1 if standing is None else standing.version + 1)
    others = present.others(place, marker)
    if standing is None or not others:
        return [event], []
    waiting = [c for c in present.open_conflicts if (c.hand_in, c.criterion) == place]
    differing = [other for other in others if other.content != event.content]
    if not differing:
        # All came to the same, so nothing is left to settle.
        return [replace(event, settles=tuple(conflict.uid for conflict in waiting))], []
    if standing.author == marker:
        theirs = [] if waiting else [_conflict(event, differing[0], event.version)]
        return [event], theirs
    if event.base is None and event.criterion != WHOLE:
        raise UsageError(
            Text(
                "双评的作业可以改分，不能撤回。",
                "A mark on a hand-in that two people mark can be changed, not taken back.",
            )
        )
    return [], [_conflict(event, event, standing.version)]


def _conflict(place: MarkEvent, theirs: MarkEvent, version: int) -> Conflict:
    return Conflict(
        hand_in=place.hand_in,
        criterion=place.criterion,
        version=version,
        theirs=theirs,
        source="desk",
        at=now(),
    )
