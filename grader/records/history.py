"""The marks that were given, as the store keeps them, and what moved between two of them."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from grader.core.model import GradeReport
from grader.records.store import GradingInfo
from kit.text import Text


@dataclass(frozen=True, slots=True)
class CheckMove:
    """One check that moved a mark. None: the check did not exist then."""

    id: str
    outcome_before: str | None
    outcome_after: str | None
    earned_before: Fraction
    earned_after: Fraction
    possible_before: Fraction | None
    possible_after: Fraction | None


@dataclass(frozen=True, slots=True)
class Move:
    """A hand-in of which the mark, a row or an outcome is another one than before."""

    hand_in: str
    status_before: str
    status_after: str
    earned_before: Fraction
    earned_after: Fraction
    handed_in_anew: bool  # other files: the grader need not have changed
    at_before: str
    at_after: str
    rows: tuple[tuple[str, Fraction, Fraction], ...]  # those that moved: id, before, after
    checks: tuple[CheckMove, ...]  # those that moved, in the order of the rubric


def marks_of(report: GradeReport) -> dict[str, Any]:
    """A mark with its reasons, as plain data; points are exact."""
    score = report.score
    return {
        "earned": str(score.earned),
        "possible": str(score.possible),
        "pending": str(score.pending),
        "rows": [[row.id, str(row.earned), str(row.pending)] for row in score.rows],
        "checks": [
            [check.result.id, str(check.result.outcome), str(check.earned), str(check.possible)]
            for check in score.checks
        ],
        "runs": list(report.runs),
        "rubric_sha256": report.rubric_sha256,
    }


def no_marks(why: Text) -> dict[str, Any]:
    """What stands in the place of a mark where the grader failed."""
    zero = {"earned": "0", "possible": "0", "pending": "0"}
    return zero | {"rows": [], "checks": [], "runs": [], "fault": list(why)}


def move(before: GradingInfo, after: GradingInfo) -> Move | None:
    """What moved between two marks of one hand-in; None where nothing did."""
    rows_before = {row: Fraction(earned) for row, earned, _ in before.marks["rows"]}
    rows_after = {row: Fraction(earned) for row, earned, _ in after.marks["rows"]}
    rows = tuple(
        (row, rows_before.get(row, Fraction(0)), rows_after.get(row, Fraction(0)))
        for row in dict.fromkeys((*rows_after, *rows_before))
        if rows_before.get(row, Fraction(0)) != rows_after.get(row, Fraction(0))
    )
    checks = _check_moves(before.marks["checks"], after.marks["checks"])
    found = Move(
        hand_in=after.hand_in,
        status_before=str(before.status),
        status_after=str(after.status),
        earned_before=Fraction(before.marks["earned"]),
        earned_after=Fraction(after.marks["earned"]),
        handed_in_anew=before.submission_sha256 != after.submission_sha256,
        at_before=before.created_at,
        at_after=after.created_at,
        rows=rows,
        checks=checks,
    )
    same = found.status_before == found.status_after and not rows and not checks
    return None if same and found.earned_before == found.earned_after else found


def _check_moves(before: list[list[str]], after: list[list[str]]) -> tuple[CheckMove, ...]:
    old = {id: (outcome, Fraction(e), Fraction(p)) for id, outcome, e, p in before}
    new = {id: (outcome, Fraction(e), Fraction(p)) for id, outcome, e, p in after}
    moves = []
    for id in dict.fromkeys((*new, *old)):
        was, now = old.get(id), new.get(id)
        # Points that nobody earned, before or after, move nothing.
        if was is None or now is None:
            moved = (was or now or ("", Fraction(0)))[1] != 0
        else:
            moved = was[:2] != now[:2]
        if moved:
            moves.append(
                CheckMove(
                    id,
                    was[0] if was else None,
                    now[0] if now else None,
                    was[1] if was else Fraction(0),
                    now[1] if now else Fraction(0),
                    was[2] if was else None,
                    now[2] if now else None,
                )
            )
    return tuple(moves)


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
        if info.created_at < since:
            before[info.hand_in] = info
    pairs = ((before[who], last[who]) for who in last if who in before)
    return tuple(found for one, other in pairs if (found := move(one, other)) is not None)
