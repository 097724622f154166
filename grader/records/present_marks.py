"""What people's events amount to now: derived, never stored.

A mark whose criterion is worth other points since, or on which two people disagree, does not
count until somebody looks again; every other mark keeps counting.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import Final

from grader.core.model import Overruling
from grader.scoring.by_people import ByPeople, PersonMark
from grader.scoring.rubric import Rubric
from grader.scoring.rubric_schema import Criterion
from kit.text import Text

from .mark_events import WHOLE, CommentVersion, Conflict, MarkEvent, OverrideEvent, Use
from .mark_store import DATABASE, MarkStore


class Look(StrEnum):
    """Why somebody should look at a mark again."""

    OTHER_POINTS = "other_points"  # the criterion's or its levels'
    OTHER_WORDS = "other_words"
    OTHER_FILES = "other_files"  # handed in again since
    EARLIER_COMMENT = "earlier_comment"  # without points, on files of before
    DISPUTED = "disputed"
    GONE = "gone"  # the rubric has no such criterion


LOOKS: Final[dict[Look, Text]] = {
    Look.OTHER_POINTS: Text(
        "评分项的分值改了，原评分不再计入",
        "the criterion's points changed: the mark does not count",
    ),
    Look.OTHER_WORDS: Text(
        "评分项的说明改了，原评分仍计入", "the criterion's words changed: the mark still counts"
    ),
    Look.OTHER_FILES: Text(
        "评分之后又交了别的文件：原评分暂时计入，发布之前要再看一遍并重新给出",
        "other files were handed in since: the mark counts for now, and has to be looked at and "
        "given again before it is published",
    ),
    Look.EARLIER_COMMENT: Text(
        "这条评语写给之前交的文件，不再给学生看；如果仍然适用，请再写一次",
        "the comment was written on files that were handed in before, and the student no longer "
        "sees it; where it still holds, give it again",
    ),
    Look.DISPUTED: Text(
        "两人评分不一致，未定之前不计入", "two people disagree: it does not count until settled"
    ),
    Look.GONE: Text(
        "评分标准里已没有这一项，原评分不计入",
        "the rubric has no such criterion any more: the mark does not count",
    ),
}
_NOT_COUNTED: Final = frozenset({Look.OTHER_POINTS, Look.DISPUTED, Look.GONE})


class Comments:
    """The reusable comments in all their versions."""

    def __init__(self, versions: Iterable[CommentVersion] = ()) -> None:
        self._versions = {(c.id, c.version): c for c in versions}
        # In the order of writing, so the last one of each id stays.
        self._latest = {c.id: c for c in self._versions.values()}

    def of(self, use: Use) -> CommentVersion:
        """The version that a mark carries."""
        return self._versions[use.comment, use.version]

    def latest(self) -> tuple[CommentVersion, ...]:
        """Each comment as it reads now."""
        return tuple(self._latest.values())

    def find(self, id: str) -> CommentVersion | None:
        """A comment as it reads now; None where there is none of this id."""
        return self._latest.get(id)


@dataclass(frozen=True, slots=True)
class Standing:
    """What counts for one criterion of one hand-in."""

    event: MarkEvent
    points: Fraction | None  # what counts
    comments: tuple[Text, ...]
    looks: tuple[Look, ...] = ()

    @property
    def person_mark(self) -> PersonMark:
        """For the score."""
        # The level of a mark that does not count may be one that the rubric no longer has.
        level = None if self.points is None else self.event.level
        return PersonMark(self.points, level, self.comments)


@dataclass(frozen=True, slots=True)
class HandMarks:
    """Everything that people gave one hand-in."""

    standings: Mapping[str, Standing] = field(default_factory=dict)
    overrides: Mapping[str, OverrideEvent] = field(default_factory=dict)
    gone: tuple[Standing, ...] = ()  # of criteria that the rubric no longer has
    whole: MarkEvent | None = None
    whole_comments: tuple[Text, ...] = ()
    whole_looks: tuple[Look, ...] = ()
    conflicts: tuple[Conflict, ...] = ()

    @property
    def by_people(self) -> ByPeople:
        """For the score."""
        return ByPeople(
            marks={id: standing.person_mark for id, standing in self.standings.items()},
            overrulings={
                id: Overruling(event.fraction, event.why, event.author, event.at)
                for id, event in self.overrides.items()
                if event.fraction is not None
            },
            comments=self.whole_comments,
        )

    @property
    def looks(self) -> tuple[tuple[str, Look], ...]:
        """The criteria at which somebody should look again, and why."""
        found = [*self.standings.items(), *((s.event.criterion, s) for s in self.gone)]
        whole = ((WHOLE, look) for look in self.whole_looks)
        return (*((id, look) for id, standing in found for look in standing.looks), *whole)

    def version(self, criterion: str) -> int:
        """The version that the next event follows."""
        if criterion == WHOLE:
            return 0 if self.whole is None else self.whole.version
        standing = self.standings.get(criterion)
        return 0 if standing is None else standing.event.version


class PresentMarks:
    """The marks of a whole class by one rubric."""

    def __init__(
        self,
        rubric: Rubric,
        marks: Iterable[MarkEvent] = (),
        overrides: Iterable[OverrideEvent] = (),
        comments: Iterable[CommentVersion] = (),
        conflicts: Iterable[Conflict] = (),
        published: bool = False,
    ) -> None:
        self.rubric = rubric
        self.comments = Comments(comments)
        self.published = published
        self._known = {criterion.id: criterion for criterion in rubric.criteria}
        self._automatic = frozenset(rubric.automatic)
        self._marks: dict[str, dict[str, MarkEvent]] = {}
        for event in marks:  # in order, so the last one of each criterion stays
            self._marks.setdefault(event.hand_in, {})[event.criterion] = event
        self._overrides: dict[str, dict[str, OverrideEvent]] = {}
        for override in overrides:
            self._overrides.setdefault(override.hand_in, {})[override.check] = override
        self._conflicts: dict[str, list[Conflict]] = {}
        for conflict in conflicts:
            self._conflicts.setdefault(conflict.hand_in, []).append(conflict)

    @classmethod
    def of(
        cls,
        store: MarkStore,
        rubric: Rubric,
        *,
        until: str | None = None,
        hand_in: str | None = None,
    ) -> PresentMarks:
        """As the store has them, now or before the time `until`, of one hand-in or of all."""
        return cls(
            rubric,
            store.marks(hand_in, until),
            store.overrides(hand_in, until),
            store.comments(),
            # What is settled now was open then, but nobody asks for that.
            store.conflicts(),
            store.published,
        )

    @classmethod
    def load(
        cls,
        out: Path,
        rubric: Rubric,
        *,
        until: str | None = None,
        hand_in: str | None = None,
    ) -> PresentMarks:
        """As the results folder `out` has them; none where nobody has marked yet."""
        if not (out / DATABASE).is_file():
            return cls(rubric)
        with MarkStore(out / DATABASE) as store:
            return cls.of(store, rubric, until=until, hand_in=hand_in)

    def of_hand_in(self, hand_in: str, submission_sha256: str = "") -> HandMarks:
        """What people gave this hand-in. Without the hash of its files they count as the same."""
        conflicts = tuple(self._conflicts.get(hand_in, ()))
        return self._of(hand_in, self._marks.get(hand_in, {}), conflicts, submission_sha256)

    def of_events(
        self, hand_in: str, events: Mapping[str, MarkEvent], submission_sha256: str = ""
    ) -> HandMarks:
        """The same with `events` by criterion in place of the present ones, and no conflicts."""
        return self._of(hand_in, events, (), submission_sha256)

    def _of(
        self,
        hand_in: str,
        events: Mapping[str, MarkEvent],
        conflicts: tuple[Conflict, ...],
        submission_sha256: str,
    ) -> HandMarks:
        disputed = {conflict.criterion for conflict in conflicts}
        standings, gone = {}, []
        for id in dict.fromkeys((*events, *disputed)):
            if id == WHOLE:
                continue
            event = events.get(id) or _unmarked(conflicts, id)
            criterion = self._known.get(id)
            looks = _looks(event, criterion, id in disputed, submission_sha256)
            points = None
            if criterion is not None and not _NOT_COUNTED & set(looks):
                points = self._points(event, criterion)
            texts = () if Look.EARLIER_COMMENT in looks else self._texts(event)
            standing = Standing(event, points, texts, looks)
            if criterion is None:
                # A mark that was taken back, or a comment alone, is no loss.
                gone += [standing] if event.base is not None else []
            else:
                standings[id] = standing
        whole = events.get(WHOLE)
        earlier = whole is not None and _is_earlier_comment(whole, submission_sha256)
        return HandMarks(
            standings,
            {k: v for k, v in self._overrides.get(hand_in, {}).items() if k in self._automatic},
            tuple(gone),
            whole,
            () if whole is None or earlier else self._texts(whole),
            (Look.EARLIER_COMMENT,) if earlier else (),
            conflicts,
        )

    def carriers(self, comment: str) -> tuple[MarkEvent, ...]:
        """The marks that count and carry a reusable comment, in any version."""
        return tuple(
            event
            for events in self._marks.values()
            for event in events.values()
            if any(use.comment == comment for use in event.uses)
        )

    def uses(self) -> dict[str, int]:
        """How many marks carry each reusable comment."""
        return {c.id: len(self.carriers(c.id)) for c in self.comments.latest()}

    def _points(self, event: MarkEvent, criterion: Criterion) -> Fraction | None:
        return points_of(event, criterion, self.comments)

    def _texts(self, event: MarkEvent) -> tuple[Text, ...]:
        texts = [self.comments.of(use).text for use in event.uses]
        return (*texts, *([Text(event.note, event.note)] if event.note else []))


def points_of(event: MarkEvent, criterion: Criterion, comments: Comments) -> Fraction | None:
    """What a mark is worth: its base and the points of its comments, within the criterion's."""
    if event.base is None:
        return None
    total = event.base + sum((comments.of(use).points for use in event.uses), Fraction(0))
    # No comment takes more than there is, or gives more than the criterion is worth.
    return min(criterion.points, max(Fraction(0), total))


def _looks(
    event: MarkEvent, criterion: Criterion | None, disputed: bool, sha256: str
) -> tuple[Look, ...]:
    looks = []
    if disputed:
        looks.append(Look.DISPUTED)
    if event.base is None:
        # A comment on files of before may be wrong of these, and no points hang on it.
        return (*looks, *((Look.EARLIER_COMMENT,) if _is_earlier_comment(event, sha256) else ()))
    if criterion is None:
        return (*looks, Look.GONE)
    if event.worth != criterion.worth:
        looks.append(Look.OTHER_POINTS)
    elif event.wording != criterion.wording:
        looks.append(Look.OTHER_WORDS)
    if _of_other_files(event, sha256):
        looks.append(Look.OTHER_FILES)
    return tuple(looks)


def _is_earlier_comment(event: MarkEvent, sha256: str) -> bool:
    said = event.base is None and bool(event.note or event.uses)
    return said and _of_other_files(event, sha256)


def _of_other_files(event: MarkEvent, sha256: str) -> bool:
    return bool(sha256 and event.submission_sha256) and event.submission_sha256 != sha256


def _unmarked(conflicts: tuple[Conflict, ...], id: str) -> MarkEvent:
    """In place of a mark where only a disputed one exists."""
    theirs = next(c for c in conflicts if c.criterion == id).theirs
    return MarkEvent(
        hand_in=theirs.hand_in,
        criterion=id,
        version=0,
        base=None,
        author=theirs.author,
        at=theirs.at,
    )
