"""The late policy: how many points a late hand-in loses, exactly and in words.

The due minute counts as a whole, and the grace period extends every day: a hand-in at 23:59:40
is not late for 23:59, and one five minutes into the second day, with ten minutes of grace, is one
day late. Days are calendar days of the policy's time zone, so the limit stays at 23:59 when summer
time begins or ends. A hand-in whose time is unknown loses nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Final

from grader.core.errors import GraderError
from kit.text import Text

from .points import decimal2, show_points
from .rubric_schema import Late

# A platform may export a date near the year 9999, where a further day would overflow.
MAX_DAYS: Final = 3650
"""Lateness is not counted beyond this."""

_MAX_POWER: Final = 100  # of a multiplier: beyond it a fraction would only grow digits


@dataclass(frozen=True, slots=True)
class LateDecision:
    """One student's mark after the late policy."""

    final: Fraction
    days: int  # counted as late, after the waiver
    taken: Fraction
    text: Text | None  # None where the hand-in was in time


def apply(
    policy: Late | None,
    raw: Fraction,
    possible: Fraction,
    submitted_at: datetime | None,
    student_id: str,
    stated_late: bool | None = None,
) -> LateDecision:
    """The mark of one student after the policy. Waivers are per student, also within a group.

    `stated_late` is what the platform says. It costs nothing; the text mentions it where the time
    of the hand-in is unknown or the policy's due date disagrees.
    """
    if policy is None:
        return LateDecision(raw, 0, Fraction(0), None)
    if submitted_at is None:
        # Without a time no rule of the rubric can be shown to apply; the text asks a person to
        # look.
        return LateDecision(raw, 0, Fraction(0), _unknown(stated_late))
    started = days_late(policy, submitted_at)
    allowed = policy.waivers.get(student_id, 0)
    # None: the waiver covers every day.
    waived = started if allowed is None else min(started, allowed)
    days = started - waived
    taken = _taken(policy, raw, possible, days)
    return LateDecision(raw - taken, days, taken, _described(started, waived, taken, stated_late))


def notice(
    policy: Late | None,
    raw: Fraction,
    possible: Fraction,
    submitted_at: datetime | None,
    student_ids: Iterable[str],
    stated_late: bool | None = None,
) -> Text | None:
    """The late notice on a hand-in's page; None in time, or where the time is unknown.

    All members of a group read one page, so it names no deduction where their waivers differ.
    """
    if policy is None or submitted_at is None:
        return None
    decisions = [
        apply(policy, raw, possible, submitted_at, student_id, stated_late)
        for student_id in student_ids
    ]
    days = days_late(policy, submitted_at)
    if not days or not decisions:
        return None
    late = "1 day" if days == 1 else f"{days} days"
    # Compared by the texts too: two waivers may differ and still take the same.
    first = decisions[0]
    if any((d.taken, d.text) != (first.taken, first.text) for d in decisions):
        return Text(
            f"迟交 {days} 天。组员的豁免天数不同，各人实际扣分以成绩册为准。",
            f"Late by {late}. The members of the group have different waivers: what is taken "
            "from each is in the gradebook.",
        )
    if not first.taken:
        return first.text
    # With `raw` as the maximum, a mark after a deduction never prints as the mark before it.
    taken, total, rest = (decimal2(p, raw) for p in (first.taken, raw, first.final))
    return Text(
        f"迟交 {days} 天：目前所得 {total} 分中扣 {taken} 分，扣后为 {rest} 分。",
        f"Late by {late}: {taken} of the {total} points earned so far are taken from the total, "
        f"which leaves {rest}.",
    )


def days_late(policy: Late, submitted_at: datetime) -> int:
    """The started days after the due date; 0 in time. GraderError for a time without a zone."""
    # With a guessed zone it could be a day wrong, and no one would notice.
    if submitted_at.tzinfo is None:
        raise GraderError(
            Text(
                f"评分器故障：提交时间 {submitted_at} 没有时区。请报告此问题。",
                f"A fault of the grader: the time {submitted_at} of a hand-in has no time zone. "
                "Please report it.",
            )
        )
    minute = submitted_at.replace(second=0, microsecond=0)
    days = max(0, (minute - _border(policy, 0)).days - 1)  # at most this many are surely over
    if days >= MAX_DAYS:
        return MAX_DAYS
    while minute > _border(policy, days):
        days += 1
    return days


def unmatched_waivers(policy: Late | None, student_ids: Iterable[str]) -> Text | None:
    """A warning about waivers for unknown students: a typing error there would cost points."""
    if policy is None or not (lost := sorted(set(policy.waivers) - set(student_ids))):
        return None
    return Text(
        f"评分标准 late.waivers 里的学号 {'、'.join(lost)} 不在这个班里，请核对是否写错。",
        f"The waivers for {', '.join(lost)} in the rubric's late.waivers match no student of this "
        "class: check the student ids.",
    )


def _border(policy: Late, days: int) -> datetime:
    """The last minute of the day that is `days` after the due date.

    Of a minute that the clocks show twice, the second counts; one that they skip is taken to
    come after the gap.
    """
    local = policy.due + timedelta(days=days)
    moments = (local.replace(tzinfo=policy.timezone, fold=fold) for fold in (0, 1))
    return max(m.astimezone(UTC) for m in moments) + timedelta(minutes=policy.grace_minutes)


def _taken(policy: Late, raw: Fraction, possible: Fraction, days: int) -> Fraction:
    if not days or raw <= 0:
        return Fraction(0)
    if policy.deduct_per_day is not None:
        taken = days * policy.deduct_per_day.of(possible)
    elif isinstance(policy.multiply, tuple):
        # Later days cost what the last entry of the list says.
        taken = raw * (1 - policy.multiply[min(days, len(policy.multiply)) - 1])
    else:
        share = Fraction(1) if policy.multiply is None else policy.multiply
        taken = raw * (1 - share ** min(days, _MAX_POWER))
    if policy.cap is not None:
        taken = min(taken, policy.cap.of(possible))
    # Lateness takes what was earned and no more: a mark never falls below zero.
    return min(taken, raw)


def _unknown(stated_late: bool | None) -> Text | None:
    if stated_late is False:
        return None
    if stated_late:
        return Text(
            "平台标为迟交，但不知道提交时间，没有扣分，请人工核对。",
            "The platform says late, but the time of the hand-in is not known: nothing was "
            "taken, a person should look.",
        )
    return Text(
        "不知道提交时间，没有按迟交规则扣分。",
        "The time of the hand-in is not known: nothing was taken for lateness.",
    )


def _described(started: int, waived: int, taken: Fraction, stated_late: bool | None) -> Text | None:
    said = []
    if started:
        days = f"{MAX_DAYS}+" if started == MAX_DAYS else str(started)
        plural = "" if started == 1 else "s"
        said.append(Text(f"迟交 {days} 天", f"{days} day{plural} late"))
        if waived:
            said.append(Text(f"其中 {waived} 天已豁免", f"{waived} of them waived"))
        said.append(
            Text(f"扣 {_shown(taken)} 分", f"{_shown(taken)} points taken")
            if taken
            else Text("不扣分", "nothing taken")
        )
    # The platform may have another due date than the rubric; which one holds is for a person.
    if stated_late is not None and stated_late != bool(started):
        said.append(
            Text(
                "按评分标准没有迟交，但平台标为迟交", "In time by the rubric, late by the platform"
            )
            if stated_late
            else Text("平台未标为迟交，请核对", "the platform does not say late, please check")
        )
    if not said:
        return None
    return Text("，".join(s.zh for s in said) + "。", ", ".join(s.en for s in said) + ".")


def _shown(points: Fraction) -> str:
    """Points for a reader: exact where that is short, else with two decimals."""
    # A third has no end in decimals, and a power of 0.9 has dozens of digits.
    text = show_points(points)
    return text if "/" not in text and len(text) < 8 else f"{float(points):.2f}"
