"""The records of ``rubric.yaml``: what each key may hold, with its errors in both languages.

``docs/rubric.md`` is made from them. Faults that only several lines make together are found in
:mod:`.rubric_rules`.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from datetime import datetime
from fractions import Fraction
from typing import Annotated, Literal, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import BaseModel, BeforeValidator, ConfigDict, InstanceOf
from pydantic_core import PydanticCustomError

from grader.core.suggest import did_you_mean
from kit.contracts import BY_ID
from kit.text import Text

_ID = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*")
# Bounded, so that a slip of the keyboard does not become a fraction of a hundred digits.
_POINTS = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6})?(/[1-9][0-9]{0,5})?")


def _fault(zh: str, en: str) -> PydanticCustomError:
    """A fault with a sentence in both languages."""
    # The sentence is a value of the template: braces inside it would be taken for fields.
    return PydanticCustomError("rubric", "{en}", {"zh": zh, "en": en})


def _points(value: object) -> Fraction:
    """Exact points from the text in the file."""
    # Only text: the file is read without YAML's numbers, because a float is not exact.
    if not isinstance(value, str) or not _POINTS.fullmatch(value):
        shown = value if isinstance(value, str) else type(value).__name__
        raise _fault(
            f"分值写的是 {shown!r}；应为不小于 0 的数，如 2、0.25 或 1/3",
            f"points are {shown!r}; expected a number not below 0, such as 2, 0.25 or 1/3",
        )
    number, _, divisor = value.partition("/")
    return Fraction(number) / Fraction(divisor or 1)


def _positive(value: object) -> Fraction:
    points = _points(value)
    if not points:
        raise _fault(
            "分值是 0；应大于 0（只有检查和分组可以写 0：显示但不计分）",
            "points are 0; expected more (0 is for checks and groups: shown, not counted)",
        )
    return points


def _text(value: object) -> Text:
    """A title in both languages."""
    return _in_both(value, Text("标题", "a title"))


def _description(value: object) -> Text:
    """A description in both languages."""
    return _in_both(value, Text("说明", "a description"))


def _in_both(value: object, what: Text) -> Text:
    if (
        not isinstance(value, dict)
        or set(value) != set(Text._fields)
        or not all(isinstance(v, str) and v.strip() for v in value.values())
    ):
        # {en: yes, later} makes `later` a key of its own.
        cut = isinstance(value, dict) and not set(value) <= set(Text._fields)
        quotes = Text(
            "；里面有逗号或冒号的文字要加引号", "; write a text with a comma or a colon in quotes"
        )
        hint = quotes if cut else Text("", "")
        raise _fault(
            f"{what.zh}应写成 {{zh: 中文, en: English}}，两种语言都要有{hint.zh}",
            f"{what.en} is written {{zh: 中文, en: English}}, with both languages{hint.en}",
        )
    return Text(**value)


def _id(value: object) -> str:
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise _fault(
            f"名称写的是 {value!r}；只能用小写字母、数字、下划线和点",
            f"the id is {value!r}; use lower-case letters, digits, underscores and dots",
        )
    return value


def _part(value: object) -> str:
    if value not in BY_ID:
        known = Text(f"可用的部分：{'、'.join(BY_ID)}", f"The parts are: {', '.join(BY_ID)}")
        hint = did_you_mean(str(value), BY_ID, known)
        raise _fault(f"没有名为 {value} 的部分。{hint.zh}", f"there is no part {value}. {hint.en}")
    return str(value)


def _flag(value: object) -> bool:
    # YAML's yes, no, on and off are plain text here, so that `no` is never a surprise.
    if value not in ("true", "false"):
        raise _fault(
            f"写的是 {value!r}；应为 true 或 false", f"got {value!r}; expected true or false"
        )
    return value == "true"


Points = Annotated[InstanceOf[Fraction], BeforeValidator(_points)]
PositivePoints = Annotated[InstanceOf[Fraction], BeforeValidator(_positive)]


class Amount(NamedTuple):
    """What the late policy takes: so many points, or a share of the rubric's total."""

    value: Fraction
    of_total: bool

    def of(self, total: Fraction) -> Fraction:
        """In points, of a rubric that is worth `total`."""
        return self.value * total if self.of_total else self.value


def _amount(value: object) -> Amount:
    """Points, such as 5, or a share of the total, such as 5%."""
    text = value if isinstance(value, str) else ""
    percent = text.endswith("%")
    if not _POINTS.fullmatch(number := text.removesuffix("%")):
        shown = value if isinstance(value, str) else type(value).__name__
        raise _fault(
            f"写的是 {shown!r}；应为分数（如 5）或占总分的百分比（如 5%）",
            f"got {shown!r}; expected points, such as 5, or a share of the total, such as 5%",
        )
    points = _points(number)
    if not points or (percent and points > 100):
        raise _fault(
            f"写的是 {text!r}；应大于 0，百分比不能超过 100%",
            f"got {text!r}; expected more than 0, and not more than 100%",
        )
    return Amount(points / 100 if percent else points, percent)


def _multipliers(value: object) -> Fraction | tuple[Fraction, ...]:
    """One share for every started day, or a list: the first day's, the second's, ..."""
    texts = value if isinstance(value, list) else [value]
    # What is no number becomes -1, which the test below refuses with the other faults.
    shares = tuple(
        _points(text) if isinstance(text, str) and _POINTS.fullmatch(text) else Fraction(-1)
        for text in texts
    )
    falls = all(earlier >= later for earlier, later in zip(shares, shares[1:]))
    if not 0 < len(shares) <= 100 or not falls or min(shares) < 0 or max(shares) > 1:
        raise _fault(
            f"multiply 写的是 {value}；应为 0 到 1 之间的数（如 0.9），"
            "或不上升的一列（如 [0.9, 0.7, 0.5]）",
            f"multiply is {value}; expected a number from 0 to 1, such as 0.9, or a list that "
            "does not rise, such as [0.9, 0.7, 0.5]",
        )
    return shares if isinstance(value, list) else shares[0]


def _due(value: object) -> datetime:
    """The minute that is still on time, by the clock of the policy's time zone."""
    with contextlib.suppress(ValueError):
        due = datetime.strptime(value if isinstance(value, str) else "", "%Y-%m-%d %H:%M")
        # Another year is a typing error, and the days after the last ones would overflow.
        if 2000 <= due.year < 2200:
            return due
    raise _fault(
        f"截止时间写的是 {value!r}；应写成 2026-12-06 23:59 的样子，时区写在 timezone 里",
        f"the due date is {value!r}; expected the form 2026-12-06 23:59, with the time zone in "
        "timezone",
    )


def _timezone(value: object) -> ZoneInfo:
    # A folder of the zone database, such as "America", raises an OSError.
    with contextlib.suppress(ZoneInfoNotFoundError, ValueError, OSError):
        if isinstance(value, str):
            return ZoneInfo(value)
    example = Text("例如：Asia/Shanghai", "Asia/Shanghai is one")
    hint = did_you_mean(str(value), sorted(available_timezones()), example)
    raise _fault(
        f"没有名为 {value} 的时区（IANA 名称）。{hint.zh}",
        f"there is no time zone {value} (a name of the IANA list). {hint.en}",
    )


def _count(value: object) -> int:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{1,5}", value):
        raise _fault(
            f"写的是 {value!r}；应为不小于 0 的整数",
            f"got {value!r}; expected a whole number not below 0",
        )
    return int(value)


def _waiver(value: object) -> int | None:
    """Days that are not counted; None: lateness costs nothing."""
    if value == "all":
        return None
    if isinstance(value, dict) and set(value) == {"days"}:
        return _count(value["days"])
    raise _fault(
        f"豁免写的是 {value}；应为 all（不扣分）或 {{days: 2}}（宽限两天）",
        f"the waiver is {value}; expected all (nothing is taken) or {{days: 2}} (two days more)",
    )


Title = Annotated[InstanceOf[Text], BeforeValidator(_text)]
Description = Annotated[InstanceOf[Text], BeforeValidator(_description)]
Id = Annotated[str, BeforeValidator(_id)]
PartId = Annotated[str, BeforeValidator(_part)]


EvidenceTopic = Literal["sections", "figures", "samples", "questions", "numbers", "format"]
"""The values of :class:`grader.core.report_evidence.Topic`."""


class _Strict(BaseModel):
    # Strict, because a conversion would hide what was written; closed, to find mistyped keys.
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class PartPoints(_Strict):
    """One part of a row: its checks' points, and what no check marks yet.

    In the file, points may be given by group or as weights; a :class:`Rubric` holds them by check.
    """

    points: PositivePoints
    pending: Points = Fraction(0)
    scale: Annotated[bool, BeforeValidator(_flag)] = False
    """Whether the numbers of `groups` and `checks` are weights, to be scaled to `points`."""
    groups: dict[Id, Points] = {}
    checks: dict[Id, Points] = {}
    leave_out: list[Id] = []


class Linter(_Strict):
    """The linter's share of a row, by the rate of findings in 100 lines of the student's own.

    All of it up to `full` findings, none from `zero` on, and in a straight line between. Fewer
    lines than `lines` earn in proportion: one tidy line is not tidy work. A person decides in its
    place under the id :attr:`Row.linter_id`.
    """

    points: PositivePoints
    full: Points
    zero: PositivePoints
    lines: Points = Fraction(0)

    def earned(self, count: int, lines: int) -> Fraction:
        """The points for `count` findings on `lines` lines; none where there are no lines."""
        # Without lines there are no findings either, which must not earn the points.
        if lines == 0:
            return Fraction(0)
        rate = Fraction(100 * count, lines)
        share = (self.zero - rate) / (self.zero - self.full)
        if lines < self.lines:
            # Capped first: a short file below `full` would otherwise earn more than its proportion.
            share = min(Fraction(1), share) * lines / self.lines
        return self.points * min(Fraction(1), max(Fraction(0), share))


class Level(_Strict):
    """One of the marks that a person can choose for a criterion, and what earns it."""

    points: Points
    description: Description


class Criterion(_Strict):
    """One thing that a person marks: by choosing a level, or any number up to `points`."""

    id: Id
    title: Title
    description: Description | None = None
    points: PositivePoints
    levels: list[Level] = []
    """From all of `points` down to 0. Without levels a number is given freely."""
    evidence: list[EvidenceTopic] = []
    """What the desk shows beside it of what a machine found in the report."""

    def level_at(self, points: Fraction) -> int | None:
        """Which level is worth `points`, counted from 0 in the order of the file."""
        return next((i for i, level in enumerate(self.levels) if level.points == points), None)

    @property
    def worth(self) -> str:
        """Equal for two forms of a criterion whose marks mean the same points."""
        return " ".join(map(str, (self.points, *(level.points for level in self.levels))))

    @property
    def wording(self) -> str:
        """Equal for two forms of a criterion that ask the same in the same words."""
        texts = [self.title, self.description, *(level.description for level in self.levels)]
        said = "\n".join("" if text is None else f"{text.zh}\n{text.en}" for text in texts)
        return hashlib.sha256(said.encode("utf-8")).hexdigest()[:16]


class Row(_Strict):
    """One row of the gradebook."""

    id: Id
    title: Title
    points: PositivePoints
    marked_by: Literal["checks", "linter", "ta"]
    parts: dict[PartId, PartPoints] = {}
    linter: Linter | None = None
    criteria: list[Criterion] = []
    """What a person marks; they add up to the points that no machine gives."""
    optional: Annotated[bool, BeforeValidator(_flag)] = False
    """Its parts may hold more points than the row: what passes earns, up to the row's points."""

    @property
    def pending(self) -> Fraction:
        """The points that no machine marks: a person gives them."""
        if self.linter is not None:
            return self.points - self.linter.points
        if self.marked_by == "ta":
            return self.points
        pending = sum((part.pending for part in self.parts.values()), Fraction(0))
        # The parts of an optional row may hold more points than the row gives.
        return min(pending, self.points)

    @property
    def linter_id(self) -> str:
        """The name of the linter's share, as a person's decision in its place has it."""
        return f"{self.id}.linter"

    @property
    def marked_by_people(self) -> tuple[Criterion, ...]:
        """The criteria, or one for all of `pending` where the file divides it no further."""
        if self.criteria or not self.pending:
            return tuple(self.criteria)
        # Built without validation: the values have been validated as those of the row.
        return (Criterion.model_construct(id=self.id, title=self.title, points=self.pending),)


class Late(_Strict):
    """What a late hand-in costs; :mod:`grader.scoring.late_policy` applies it.

    Exactly one of `deduct_per_day` and `multiply` is given. A started day counts as a day.
    """

    due: Annotated[InstanceOf[datetime], BeforeValidator(_due)]  # naive: the zone's own clock
    timezone: Annotated[InstanceOf[ZoneInfo], BeforeValidator(_timezone)]
    grace_minutes: Annotated[int, BeforeValidator(_count)] = 0
    deduct_per_day: Annotated[InstanceOf[Amount], BeforeValidator(_amount)] | None = None
    multiply: (
        Annotated[
            InstanceOf[Fraction] | tuple[InstanceOf[Fraction], ...], BeforeValidator(_multipliers)
        ]
        | None
    ) = None
    cap: Annotated[InstanceOf[Amount], BeforeValidator(_amount)] | None = None
    waivers: dict[str, Annotated[int | None, BeforeValidator(_waiver)]] = {}
    prefer: Literal["newest", "in_time"] = "newest"
    """Which attempt counts where the newest is late and an earlier one was in time."""


HiddenInputs = Literal["course", "submission"]
"""What hidden inputs are drawn by: the course's secret, or that and the hand-in's content."""


class RubricFile(_Strict):
    """The whole file."""

    version: Literal["1"]
    title: Title
    total: PositivePoints
    contracts: dict[PartId, str] = {}  # of a part that has several: which one judges it
    hidden_inputs: HiddenInputs = "course"
    rows: list[Row]
    late: Late | None = None
