"""Marks of several laptops: each marker gets a copy of the file, and the copies are joined.

An event that two files share is known by its uid. Where one side alone went on, its events are
added; where both did, the mark here stays, theirs is recorded beside it, and neither counts until
somebody settles it.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Final

from grader.core.errors import UsageError
from grader.feedback.clean import clean_line
from grader.records.database import now
from grader.records.mark_events import (
    WHOLE,
    CommentVersion,
    Conflict,
    MarkEvent,
    OverrideEvent,
    Use,
)
from grader.records.mark_store import MarkStore
from grader.scoring.rubric_schema import Criterion
from kit.text import Text

from . import values
from .course import Course

NOTHING: Final = "–"


@dataclass(slots=True)
class MergePlan:
    """What a merge would record."""

    marks: list[MarkEvent] = field(default_factory=list)
    overrides: list[OverrideEvent] = field(default_factory=list)
    comments: list[CommentVersion] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    left: list[Text] = field(default_factory=list)  # what a person has to enter again, and why
    known: int = 0  # events that are here already


def split(
    course: Course, markers: Sequence[str], folder: Path, both: int = 0, seed: str = ""
) -> dict[str, tuple[Path, tuple[str, ...]]]:
    """A copy of the file for each marker, with their hand-ins in an order of their own.

    `both` hand-ins are given to two markers each, so that their marks can be compared.
    """
    shares = divide(course, markers, both, seed)
    found = {}
    for name, share in shares.items():
        path = folder / f"marks-{name}.sqlite"
        course.marks.copy_to(path)
        with MarkStore(path) as copy:
            copy.assign({name: share})
        found[name] = (path, share)
    course.marks.assign(shares)
    return found


def divide(
    course: Course, markers: Sequence[str], both: int = 0, seed: str = "", first: int = 0
) -> dict[str, tuple[str, ...]]:
    """The hand-ins of each marker, in an order of their own; records nothing.

    `both` hand-ins are given to two markers each. `first` others are given to all of them, before
    anything else, so that they can agree on those.
    """
    names = [name.strip() for name in markers if name.strip()]
    # Names become names of files.
    if not names or len(set(names)) < len(names) or not all(map(str.isalnum, names)):
        raise UsageError(
            Text(
                "评分人应写成 li,wang：各不相同，只用字母和数字。",
                "Name the markers as li,wang: all different, letters and digits alone.",
            )
        )
    hand_ins = sorted(entry.id for entry in course.snapshot.entries)
    # The same class gives the same split, so that a lost file can be made again.
    drawn = random.Random(f"{seed} {' '.join(hand_ins)}")
    drawn.shuffle(hand_ins)
    agreed, hand_ins = hand_ins[:first], hand_ins[first:]
    shares = {name: hand_ins[i :: len(names)] for i, name in enumerate(names)}
    if len(names) > 1:
        for i, hand_in in enumerate(hand_ins[: min(both, len(hand_ins))]):
            # The second marker is the next one, so that the extra work is spread evenly.
            shares[names[(i + 1) % len(names)]].append(hand_in)
    for name, share in shares.items():
        # Each marker has another order, so that no hand-in is the last one for everybody.
        random.Random(f"{seed} {name}").shuffle(share)
    return {name: (*agreed, *share) for name, share in shares.items()}


def plan(course: Course, path: Path) -> MergePlan:
    """What joining the file `path` would record here; records nothing."""
    if not path.is_file():
        raise UsageError(Text(f"没有文件 {path}。", f"There is no file {path}."))
    with MarkStore(path) as other:
        try:
            comments = other.comments()
            marks = other.marks()
            overrides = other.overrides()
            theirs_open = other.conflicts()
        # Events that somebody wrote by hand may have other types or fields, or nest without end.
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise UsageError(
                Text(
                    f"{path} 里有不是评分记录的内容，没有合并。",
                    f"{path} holds what is no record of marks: nothing was merged.",
                )
            ) from error
    made = MergePlan()
    # Comments come first, because marks carry them under the names that they get here.
    renamed = _comments(course.marks.comments(), comments, made)
    ours = _by_place(course.marks.marks())
    disputed = {
        conflict.theirs.uid
        for settled in (False, True)
        for conflict in course.marks.conflicts(settled=settled)
    }
    for place, events in _by_place(marks).items():
        # A mark of another class or rubric, or one that no rubric permits, stays in its file.
        if (why := _strange(course, place, events)) is not None:
            made.left.append(why)
            continue
        events = [_renamed(event, renamed) for event in events]
        _marks(ours.get(place, []), events, path.name, disputed, made)
    _overrides(course, overrides, made)
    for conflict in theirs_open:
        place = conflict.hand_in, conflict.criterion
        if (why := _strange(course, place, [conflict.theirs])) is not None:
            made.left.append(why)
        else:
            made.conflicts.append(conflict)
    return made


def _strange(
    course: Course, place: tuple[str, str], events: Sequence[MarkEvent | OverrideEvent]
) -> Text | None:
    """Why the events of a place cannot be of this class; None where they can."""
    who, what = (clean_line(word) for word in place)
    criteria = {criterion.id: criterion for criterion in course.rubric.criteria}
    decisions = isinstance(events[0], OverrideEvent)
    known = set(course.rubric.automatic) if decisions else {WHOLE, *criteria}
    if place[0] not in {entry.id for entry in course.snapshot.entries} or place[1] not in known:
        return Text(
            f"{who} {what}：这个班或评分标准里没有", f"{who} {what}: not in this class or rubric"
        )
    for event in events:
        if (value := _impossible(event, criteria.get(place[1]))) is not None:
            return Text(f"{who} {what}：不可能是 {value}", f"{who} {what}: cannot be {value}")
    return None


def _impossible(event: MarkEvent | OverrideEvent, criterion: Criterion | None) -> Fraction | None:
    """What an event gives, where nobody could have entered it."""
    if isinstance(event, OverrideEvent):
        value, most = event.fraction, Fraction(1)
    elif criterion is None:  # a comment on the whole
        # Such an event has no points, so no number is possible.
        value, most = event.base, Fraction(-1)
    elif event.worth != criterion.worth:
        return None  # of another version of the rubric: whoever marks looks at it again
    else:
        value, most = event.base, criterion.points
    return value if value is not None and not 0 <= value <= most else None


def apply(course: Course, made: MergePlan, lang: str, why: str = "") -> Path:
    """Record it; the copy of what was before. `why` is needed once the marks are published."""
    copy = course.marks.back_up()
    marks = [event if event.why or not why else replace(event, why=why) for event in made.marks]
    course.record(
        lang,
        marks=marks,
        overrides=made.overrides,
        comments=made.comments,
        conflicts=made.conflicts,
    )
    return copy


def conflict_lines(course: Course, lang: str, hand_in: str | None = None) -> Iterator[str]:
    """What is left to settle, of one hand-in or of all: both marks, and who gave them."""
    people = course.present()
    for conflict in course.marks.conflicts():
        if hand_in not in (None, conflict.hand_in):
            continue
        theirs = conflict.theirs
        criterion = conflict.criterion or Text("评语", "comment").pick(lang)
        there = people.of_hand_in(conflict.hand_in)
        standing = there.standings.get(conflict.criterion)
        ours = there.whole if standing is None else standing.event
        stands = NOTHING if ours is None else f"{_said(ours)} ({ours.author})"
        yield clean_line(
            f"{conflict.hand_in}  {criterion}: {stands} / {_said(theirs)} ({theirs.author})"
        )


def _said(event: MarkEvent) -> str:
    return values.show(event.base) or event.note or NOTHING


def _marks(
    ours: Sequence[MarkEvent],
    theirs: Sequence[MarkEvent],
    source: str,
    disputed: Collection[str],
    made: MergePlan,
) -> None:
    here = {event.uid for event in ours}
    new = [event for event in theirs if event.uid not in here]
    made.known += len(theirs) - len(new)
    # Versions say nothing here, since each laptop counts them by itself.
    if theirs[-1].uid in here:
        return  # what they came to is here, even where not each of their steps is
    there = {event.uid for event in theirs}
    went_on = [event for event in ours if event.uid not in there]
    if not went_on:
        # They get new versions, because their own may be taken here.
        made.marks += [
            replace(event, version=len(ours) + i) for i, event in enumerate(new, start=1)
        ]
        return
    if went_on[-1].content == new[-1].content:
        # Both came to the same: the history shows that two people did.
        made.marks.append(replace(new[-1], version=len(ours) + 1))
        return
    if new[-1].uid in disputed:
        return  # known already: waiting, or somebody has seen both and decided
    made.conflicts.append(
        Conflict(
            hand_in=new[-1].hand_in,
            criterion=new[-1].criterion,
            version=len(ours),
            theirs=new[-1],
            source=source,
            at=now(),
            # The same two marks are one conflict, however often the file is merged.
            uid=_digest(went_on[-1].uid, new[-1].uid),
        )
    )


def _overrides(course: Course, theirs: Iterable[OverrideEvent], made: MergePlan) -> None:
    here: dict[tuple[str, str], list[OverrideEvent]] = {}
    there: dict[tuple[str, str], list[OverrideEvent]] = {}
    for events, into in ((course.marks.overrides(), here), (theirs, there)):
        for event in events:
            into.setdefault((event.hand_in, event.check), []).append(event)
    for place, events in there.items():
        if (why := _strange(course, place, events)) is not None:
            made.left.append(why)
            continue
        stands = here.get(place, [])
        new = [event for event in events if event.uid not in {e.uid for e in stands}]
        made.known += len(events) - len(new)
        went_on = [event for event in stands if event.uid not in {e.uid for e in events}]
        if new and not went_on:
            made.overrides += [
                replace(event, version=len(stands) + i) for i, event in enumerate(new, start=1)
            ]
        elif new and went_on[-1].content != new[-1].content:
            made.left.append(
                Text(
                    f"{place[0]} {place[1]}：两边的改判不同，保留这里的；"
                    "需要时请用 grader mark 重写",
                    f"{place[0]} {place[1]}: the two decisions differ, the one here stays; enter "
                    "it again by grader mark where it should not",
                )
            )


def _comments(
    ours: Iterable[CommentVersion], theirs: Iterable[CommentVersion], made: MergePlan
) -> dict[tuple[str, int], Use]:
    """The versions of theirs under the names that they get here."""
    here: dict[str, dict[str, int]] = {}
    for comment in ours:
        here.setdefault(comment.id, {})[comment.uid] = comment.version
    there: dict[str, list[CommentVersion]] = {}
    for comment in theirs:
        there.setdefault(comment.id, []).append(comment)
    names: dict[tuple[str, int], Use] = {}
    for id, versions in there.items():
        stands = here.get(id, {})
        new = [comment for comment in versions if comment.uid not in stands]
        went_on = set(stands) - {comment.uid for comment in versions}
        for comment in versions:
            names[id, comment.version] = Use(id, comment.version)
        # Changed on both sides: theirs goes on as a comment of its own, so that none is lost. The
        # name depends on the uid, so that merging the file again finds this comment.
        fork = f"{id}{_digest(new[0].uid)[:4]}" if new and went_on else id
        already = here.get(fork, {}) if fork != id else {}
        for i, comment in enumerate(new, start=1):
            version = i if fork != id else comment.version
            names[id, comment.version] = Use(fork, version)
            if version not in already.values():
                # The copy has a uid of its own, since the table knows each uid once.
                uid = comment.uid if fork == id else _digest(fork, comment.uid)
                made.comments.append(replace(comment, id=fork, version=version, uid=uid))
        made.known += len(versions) - len(new)
    return names


def _renamed(event: MarkEvent, names: dict[tuple[str, int], Use]) -> MarkEvent:
    uses = tuple(names[use.comment, use.version] for use in event.uses)
    return event if uses == event.uses else replace(event, uses=uses)


def _by_place(events: Iterable[MarkEvent]) -> dict[tuple[str, str], list[MarkEvent]]:
    found: dict[tuple[str, str], list[MarkEvent]] = {}
    for event in events:
        found.setdefault((event.hand_in, event.criterion), []).append(event)
    return found


def _digest(*parts: str) -> str:
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()[:32]
