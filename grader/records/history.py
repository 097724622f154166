"""What moved between two marks of one hand-in: the total, rows, checks."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from grader.core.model import Outcome, Status

from .marks import CheckMarks
from .store import GradingInfo


@dataclass(frozen=True, slots=True)
class CheckMove:
    """One check that moved a mark. None: the check did not exist then."""

    id: str
    outcome_before: Outcome | None
    outcome_after: Outcome | None
    earned_before: Fraction
    earned_after: Fraction
    possible_before: Fraction | None
    possible_after: Fraction | None


@dataclass(frozen=True, slots=True)
class Move:
    """A hand-in whose mark, rows or outcomes differ from before."""

    hand_in: str
    status_before: Status
    status_after: Status
    earned_before: Fraction
    earned_after: Fraction
    handed_in_again: bool  # other files, so the grader need not have changed
    at_before: str
    at_after: str
    rows: tuple[tuple[str, Fraction, Fraction], ...]  # only those that moved: id, before, after
    checks: tuple[CheckMove, ...]  # only those that moved, in the order of the rubric


def move(before: GradingInfo, after: GradingInfo) -> Move | None:
    """What moved between two marks of one hand-in; None where nothing did."""
    rows_before = {row.id: row.earned for row in before.marks.rows}
    rows_after = {row.id: row.earned for row in after.marks.rows}
    rows = tuple(
        (row, rows_before.get(row, Fraction(0)), rows_after.get(row, Fraction(0)))
        # In the order of today's rubric; rows that it no longer has come last.
        for row in dict.fromkeys((*rows_after, *rows_before))
        if rows_before.get(row, Fraction(0)) != rows_after.get(row, Fraction(0))
    )
    checks = _check_moves(before.marks.checks, after.marks.checks)
    found = Move(
        hand_in=after.hand_in,
        status_before=before.status,
        status_after=after.status,
        earned_before=before.marks.earned,
        earned_after=after.marks.earned,
        handed_in_again=before.submission_sha256 != after.submission_sha256,
        at_before=before.created_at,
        at_after=after.created_at,
        rows=rows,
        checks=checks,
    )
    same = found.status_before == found.status_after and not rows and not checks
    return None if same and found.earned_before == found.earned_after else found


def _check_moves(
    before: tuple[CheckMarks, ...], after: tuple[CheckMarks, ...]
) -> tuple[CheckMove, ...]:
    old = {check.id: check for check in before}
    new = {check.id: check for check in after}
    return tuple(
        CheckMove(
            id,
            was.outcome if was else None,
            now.outcome if now else None,
            was.earned if was else Fraction(0),
            now.earned if now else Fraction(0),
            was.possible if was else None,
            now.possible if now else None,
        )
        for id in dict.fromkeys((*new, *old))
        if _moved(was := old.get(id), now := new.get(id))
    )


def _moved(was: CheckMarks | None, now: CheckMarks | None) -> bool:
    """Points that were not earned, before or after, move nothing."""
    if was is not None and now is not None:
        return (was.outcome, was.earned) != (now.outcome, now.earned)
    one = was or now
    # A check that is new or gone moved a mark only if it gave points.
    return one is not None and one.earned != 0


def last_moves(gradings: tuple[GradingInfo, ...]) -> tuple[Move, ...]:
    """For each hand-in, what moved between its last two marks."""
    by_hand_in: dict[str, list[GradingInfo]] = {}
    for info in gradings:
        by_hand_in.setdefault(info.hand_in, []).append(info)
    pairs = (infos[-2:] for infos in by_hand_in.values() if len(infos) > 1)
    return tuple(found for one, other in pairs if (found := move(one, other)) is not None)


def moves_since(gradings: tuple[GradingInfo, ...], since: str) -> tuple[Move, ...]:
    """For each hand-in, what moved between its last mark before `since` and its last one.

    `since` is a time as :attr:`GradingInfo.created_at` has it (UTC, ISO 8601).
    """
    before: dict[str, GradingInfo] = {}
    last: dict[str, GradingInfo] = {}
    for info in gradings:
        last[info.hand_in] = info
        # Times are ISO 8601 in UTC and of one width, so they compare as text.
        if info.created_at < since:
            before[info.hand_in] = info
    pairs = ((before[who], last[who]) for who in last if who in before)
    return tuple(found for one, other in pairs if (found := move(one, other)) is not None)
