"""A late hand-in loses what the rubric says: never more, never less, never for another's clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.core.errors import GraderError, RubricError
from grader.scoring import rubric
from grader.scoring.late_policy import MAX_DAYS, apply, days_late, notice, unmatched_waivers
from grader.scoring.rubric_schema import Late
from kit.text import Text

RUBRIC = """\
version: 1
title: {{zh: 小, en: Small}}
total: 100
rows:
  - id: report
    title: {{zh: 报告, en: Report}}
    points: 100
    marked_by: ta
late:
  due: 2026-12-06 23:59
  timezone: {zone}
{more}"""
BEIJING = ZoneInfo("Asia/Shanghai")
DUE = datetime(2026, 12, 6, 23, 59, tzinfo=BEIJING)


def policy(more: str = "deduct_per_day: 5", zone: str = "Asia/Shanghai") -> Late:
    lines = "".join(f"  {line}\n" for line in more.splitlines())
    late = rubric.parse(RUBRIC.format(zone=zone, more=lines).encode()).late
    assert late is not None
    return late


def final(more: str, days: float, raw: Fraction | int = 80, who: str = "2023001") -> Fraction:
    moment = DUE + timedelta(days=days)
    return apply(policy(more), Fraction(raw), Fraction(100), moment, who).final


def test_without_a_policy_nothing_is_taken() -> None:
    decision = apply(None, Fraction(80), Fraction(100), DUE + timedelta(9), "1", True)

    assert (decision.final, decision.days, decision.text) == (80, 0, None)


@pytest.mark.parametrize(
    ("after", "days"),
    [
        pytest.param(timedelta(0), 0, id="at the minute"),
        pytest.param(timedelta(seconds=59), 0, id="within the due minute"),
        pytest.param(timedelta(minutes=10, seconds=59), 0, id="within the grace"),
        pytest.param(timedelta(minutes=11), 1, id="after the grace"),
        pytest.param(timedelta(days=1, minutes=10), 1, id="a whole day and the grace"),
        pytest.param(timedelta(days=1, minutes=11), 2, id="a second day has started"),
        pytest.param(timedelta(days=100000), MAX_DAYS, id="another century"),
        pytest.param(timedelta(days=-300), 0, id="early"),
    ],
)
def test_a_started_day_counts_as_a_day(after: timedelta, days: int) -> None:
    assert days_late(policy("grace_minutes: 10\ndeduct_per_day: 5"), DUE + after) == days


def test_the_zone_of_the_hand_in_does_not_matter() -> None:
    late = policy()

    for zone in (UTC, ZoneInfo("America/New_York"), timezone(timedelta(hours=14))):
        assert days_late(late, DUE.astimezone(zone)) == 0
        assert days_late(late, (DUE + timedelta(minutes=1)).astimezone(zone)) == 1


@pytest.mark.parametrize(
    ("due_utc", "next_utc", "due"),
    [
        pytest.param((28, 22, 59), (29, 21, 59), "2026-03-28 23:59", id="spring: 23 hours"),
        pytest.param((28, 22, 59), (29, 22, 59), "2026-10-28 23:59", id="no change"),
        pytest.param((24, 21, 59), (25, 22, 59), "2026-10-24 23:59", id="autumn: 25 hours"),
        pytest.param((29, 1, 30), (30, 0, 30), "2026-03-29 02:30", id="a minute left out"),
        pytest.param((25, 1, 30), (26, 1, 30), "2026-10-25 02:30", id="a minute shown twice"),
    ],
)
def test_days_follow_the_clock_on_the_wall(
    due_utc: tuple[int, int, int], next_utc: tuple[int, int, int], due: str
) -> None:
    text = RUBRIC.format(zone="Europe/Berlin", more="  deduct_per_day: 5\n")
    late = rubric.parse(text.replace("2026-12-06 23:59", due).encode()).late
    assert late is not None
    minute = timedelta(minutes=1)
    month = int(due[5:7])

    for days, (day, hour, minutes) in enumerate((due_utc, next_utc)):
        border = datetime(2026, month, day, hour, minutes, tzinfo=UTC)
        assert days_late(late, border) == days
        assert days_late(late, border + minute) == days + 1


@pytest.mark.parametrize(
    ("more", "days", "expected"),
    [
        pytest.param("deduct_per_day: 5", 2, 70, id="points"),
        pytest.param("deduct_per_day: 5", 99, 0, id="never below nothing"),
        pytest.param("deduct_per_day: 7.5%", 2, 65, id="share of the total"),
        pytest.param("deduct_per_day: 5\ncap: 12", 9, 68, id="points, capped"),
        pytest.param("deduct_per_day: 5\ncap: 20%", 9, 60, id="capped by a share"),
        pytest.param("multiply: [0.9, 0.7]", 1, 72, id="first day"),
        pytest.param("multiply: [0.9, 0.7]", 2, 56, id="second day"),
        pytest.param("multiply: [0.9, 0.7]", 8, 56, id="the last share stays"),
        pytest.param("multiply: [1/3]", 8, Fraction(80, 3), id="exact thirds"),
        pytest.param("multiply: [0.5, 0]", 2, 0, id="not taken any more"),
        pytest.param("multiply: 0.9", 2, Fraction(324, 5), id="one share for each day"),
        pytest.param("multiply: 0.5\ncap: 50", 9, 30, id="multiplied, capped"),
    ],
)
def test_what_is_taken(more: str, days: int, expected: Fraction | int) -> None:
    assert final(more, days) == expected


def test_waivers_are_a_students_own() -> None:
    more = "deduct_per_day: 5\nwaivers:\n  0023001: {days: 2}\n  2023002: all"

    assert final(more, 3, who="0023001") == 75
    assert final(more, 1, who="0023001") == 80
    assert final(more, 50, who="2023002") == 80
    assert final(more, 3, who="23001") == 65  # not the same id
    assert final(more, 3, who="") == 65


def test_a_waiver_for_nobody_is_named() -> None:
    late = policy("deduct_per_day: 5\nwaivers: {2023001: all, 2023999: all}")

    text = unmatched_waivers(late, ["2023001", ""])
    assert text is not None
    assert "2023999" in text.en
    assert "2023001" not in text.zh
    assert unmatched_waivers(late, ["2023001", "2023999"]) is None
    assert unmatched_waivers(None, []) is None


@pytest.mark.parametrize(
    ("days", "stated", "zh", "en"),
    [
        (0, None, None, None),
        (0, False, None, None),
        (
            0,
            True,
            "按评分标准没有迟交，但平台标为迟交。",
            "In time by the rubric, late by the platform.",
        ),
        (1, True, "迟交 1 天，扣 5 分。", "1 day late, 5 points taken."),
        (
            2,
            False,
            "迟交 2 天，扣 10 分，平台未标为迟交，请核对。",
            "2 days late, 10 points taken, the platform does not say late, please check.",
        ),
    ],
)
def test_the_decision_is_said(
    days: int, stated: bool | None, zh: str | None, en: str | None
) -> None:
    text = apply(policy(), Fraction(80), Fraction(100), DUE + timedelta(days), "1", stated).text

    assert text == (None if zh is None else (zh, en))


def test_a_waived_day_is_said() -> None:
    late = policy("multiply: [2/3]\nwaivers: {1: {days: 1}}")

    text = apply(late, Fraction(80), Fraction(100), DUE + timedelta(2), "1").text
    assert text == (
        "迟交 2 天，其中 1 天已豁免，扣 26.67 分。",
        "2 days late, 1 of them waived, 26.67 points taken.",
    )
    text = apply(late, Fraction(80), Fraction(100), DUE + timedelta(1), "1").text
    assert text == (
        "迟交 1 天，其中 1 天已豁免，不扣分。",
        "1 day late, 1 of them waived, nothing taken.",
    )


def test_an_unknown_time_costs_nothing_and_is_said() -> None:
    for stated in (None, True):
        decision = apply(policy(), Fraction(80), Fraction(100), None, "1", stated)
        assert decision.final == 80
        assert decision.text is not None
        assert "not known" in decision.text.en
    assert apply(policy(), Fraction(80), Fraction(100), None, "1", False).text is None


def test_a_time_without_a_zone_is_the_graders_fault() -> None:
    with pytest.raises(GraderError, match="no time zone"):
        days_late(policy(), datetime(2026, 12, 6))


SHARES = st.fractions(0, 1, max_denominator=1000).map(lambda f: f"{round(f * 1000)}/1000")
POLICIES = st.one_of(
    st.integers(1, 99999).map(lambda n: f"deduct_per_day: {n}/1000"),
    st.integers(1, 10000).map(lambda n: f"deduct_per_day: {n}/100%"),
    SHARES.map(lambda share: f"multiply: {share}"),
    st.lists(SHARES, min_size=1, max_size=6).map(
        lambda shares: f"multiply: {sorted(shares, key=Fraction, reverse=True)}".replace("'", "")
    ),
)
CAPS = st.one_of(st.just(""), st.integers(1, 200).map(lambda n: f"\ncap: {n}/2"))
MARKS = st.fractions(0, 100, max_denominator=97)
MINUTES = st.integers(-5000, 200000)


@given(POLICIES, CAPS, st.integers(0, 3000), MARKS, MARKS, MINUTES, MINUTES)
def test_lateness_is_bounded_and_monotone(
    rule: str, cap: str, grace: int, one: Fraction, other: Fraction, early: int, late: int
) -> None:
    rules = policy(f"{rule}{cap}\ngrace_minutes: {grace}")
    first, then = (DUE + timedelta(minutes=m) for m in sorted((early, late)))
    low, high = sorted((one, other))

    def mark(raw: Fraction, when: datetime) -> Fraction:
        decision = apply(rules, raw, Fraction(100), when, "1")
        assert isinstance(decision.final, Fraction)
        assert decision.final + decision.taken == raw
        assert 0 <= decision.final <= raw
        assert decision.taken == 0 or decision.days
        return decision.final

    assert mark(low, first) >= mark(low, then)  # later is never better
    assert mark(low, then) <= mark(high, then)  # nor is better work worse


@given(
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Shanghai"]),
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)),
    st.integers(0, 60 * 24 * 30),
    st.integers(0, 180),
)
def test_days_are_monotone_wherever_clocks_change(
    zone: str, due: datetime, minutes: int, step: int
) -> None:
    late = policy(zone=zone).model_copy(update={"due": due.replace(second=0, microsecond=0)})
    start = late.due.replace(tzinfo=late.timezone).astimezone(UTC)
    moment = start + timedelta(minutes=minutes)

    days = days_late(late, moment)
    assert abs(days - minutes / 1440) <= 1.05
    assert days <= days_late(late, moment + timedelta(minutes=step))
    assert days_late(late, start) == 0


@pytest.mark.parametrize(
    "moment", [datetime.min, datetime.max], ids=["the first moment", "the last"]
)
@pytest.mark.parametrize("hours", [-23, 0, 23])
def test_the_ends_of_time_do_no_harm(moment: datetime, hours: int) -> None:
    when = moment.replace(tzinfo=timezone(timedelta(hours=hours)))

    assert days_late(policy(), when) == (0 if moment == datetime.min else MAX_DAYS)


@pytest.mark.parametrize(
    ("more", "line", "zh", "en"),
    [
        ("deduct_per_day: 5\nmultiply: 0.9", 9, "要写且只写一个", "exactly one of"),
        ("grace_minutes: 5", 9, "要写且只写一个", "exactly one of"),
        ("deduct_per_day: -5", 12, "应为分数（如 5）", "got '-5'; expected points, such as 5"),
        ("deduct_per_day: 0", 12, "应大于 0", "more than 0"),
        ("deduct_per_day: 101%", 12, "不能超过 100%", "not more than 100%"),
        ("deduct_per_day: [5]", 12, "写的是 'list'", "got 'list'"),
        ("multiply: [0.5, 0.7]", 12, "不上升", "does not rise"),
        ("multiply: 1.2", 12, "0 到 1 之间", "from 0 to 1"),
        ("multiply: []", 12, "0 到 1 之间", "from 0 to 1"),
        ("multiply: [{a: 1}]", 12, "0 到 1 之间", "from 0 to 1"),
        ("deduct_per_day: 5\ngrace_minutes: ten", 13, "整数", "a whole number"),
        ("deduct_per_day: 5\nwaivers: {1: some}", 13, "应为 all", "expected all"),
        ("deduct_per_day: 5\nwaivers: {1: {days: -1}}", 13, "整数", "a whole number"),
        ("deduct_per_day: 5\nwaivers: [1]", 13, "一组“键: 值”", "a mapping"),
        ("deduct_per_day: 5\ngrace_minute: 10", 13, "grace_minutes", "Did you mean grace_minutes?"),
    ],
)
def test_a_faulty_policy_is_named_with_its_line(more: str, line: int, zh: str, en: str) -> None:
    with pytest.raises(RubricError) as caught:
        policy(more)

    assert caught.value.text.zh.startswith(f"rubric.yaml 第 {line} 行：")
    assert caught.value.text.en.startswith(f"rubric.yaml, line {line}: ")
    assert zh in caught.value.text.zh
    assert en in caught.value.text.en
    assert "\n" not in caught.value.text.en


@pytest.mark.parametrize(
    ("old", "new", "en"),
    [
        ("Asia/Shanghai", "Asia/Shanghia", "line 11: there is no time zone Asia/Shanghia (a name"),
        ("Asia/Shanghai", "../../etc/passwd", "there is no time zone ../../etc/passwd"),
        ("  timezone: Asia/Shanghai\n", "", "line 9: timezone is missing: add it."),
        ("2026-12-06 23:59", "2026-12-06", "line 10: the due date is '2026-12-06'; expected"),
        ("2026-12-06 23:59", "2026-02-30 23:59", "the due date is '2026-02-30 23:59'"),
        ("2026-12-06 23:59", "9999-12-31 23:59", "the due date is '9999-12-31 23:59'"),
    ],
)
def test_a_due_date_that_is_none_is_refused(old: str, new: str, en: str) -> None:
    text = RUBRIC.format(zone="Asia/Shanghai", more="  deduct_per_day: 5\n").replace(old, new)

    with pytest.raises(RubricError, match="rubric.yaml") as caught:
        rubric.parse(text.encode())
    assert en in caught.value.text.en


def test_a_rubric_without_a_policy_has_none() -> None:
    text = RUBRIC.partition("late:")[0].replace("{{", "{").replace("}}", "}")

    assert rubric.parse(text.encode()).late is None


def page(more: str, days: float, *ids: str, raw: int = 8) -> Text | None:
    moment = DUE + timedelta(days=days)
    return notice(policy(more), Fraction(raw), Fraction(100), moment, ids)


def test_the_page_says_what_is_taken() -> None:
    said = page("multiply: 0.9", 0.5, "1")

    assert said is not None
    assert "1 day" in said.en
    assert "0.80 of the 8.00 points" in said.en
    assert "7.20" in said.en
    assert "扣 0.80 分" in said.zh
    assert page("multiply: 0.9", 0, "1") is None
    assert notice(None, Fraction(8), Fraction(100), DUE + timedelta(9), ["1"]) is None
    assert notice(policy(), Fraction(8), Fraction(100), None, ["1"]) is None


def test_a_group_with_different_waivers_reads_no_members_deduction() -> None:
    waived = "multiply: 0.9\nwaivers: {'1': {days: 1}}"

    said = page(waived, 0.5, "1", "2")
    assert said is not None
    assert "different waivers" in said.en
    assert "0.80" not in said.en
    alone = page(waived, 0.5, "1")
    assert alone is not None
    assert "waived" in alone.en
