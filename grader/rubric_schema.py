"""The records of ``rubric.yaml``, one by one: what each key may hold, said in both languages.

What is wrong between lines that are right one by one is found in :mod:`grader.rubric`.
"""

from __future__ import annotations

import difflib
import re
from fractions import Fraction
from typing import Annotated, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, InstanceOf
from pydantic_core import PydanticCustomError

from kit.contracts import PARTS as CONTRACTS
from kit.text import Text

PARTS: Final = tuple(part.id for part in CONTRACTS)
_ID = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*")
_POINTS = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6})?(/[1-9][0-9]{0,5})?")


def _fault(zh: str, en: str) -> PydanticCustomError:
    """A fault with a sentence of its own in both languages."""
    return PydanticCustomError("rubric", "{en}", {"zh": zh, "en": en})


def _points(value: object) -> Fraction:
    """Exact points from the text that stands in the file."""
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
            "分值是 0；应大于 0（不计分的检查请在检查里标为 advice）",
            "points are 0; expected more (a check worth nothing is marked as advice in its suite)",
        )
    return points


def _text(value: object) -> Text:
    """A title in both languages."""
    if (
        not isinstance(value, dict)
        or set(value) != {"zh", "en"}
        or not all(isinstance(v, str) and v.strip() for v in value.values())
    ):
        raise _fault(
            "标题应写成 {zh: 中文, en: English}，两种语言都要有",
            "a title is written {zh: 中文, en: English}, with both languages",
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
    if value not in PARTS:
        near = difflib.get_close_matches(str(value), PARTS, n=1)
        zh = f"你是不是想写 {near[0]}？" if near else f"可用的部分：{'、'.join(PARTS)}"
        en = f"Did you mean {near[0]}?" if near else f"The parts are: {', '.join(PARTS)}"
        raise _fault(f"没有名为 {value} 的部分。{zh}", f"there is no part {value}. {en}")
    return str(value)


Points = Annotated[InstanceOf[Fraction], BeforeValidator(_points)]
PositivePoints = Annotated[InstanceOf[Fraction], BeforeValidator(_positive)]
Title = Annotated[InstanceOf[Text], BeforeValidator(_text)]
Id = Annotated[str, BeforeValidator(_id)]
PartId = Annotated[str, BeforeValidator(_part)]


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Part(_Strict):
    """One part of a row: its checks' points, and what no check marks yet."""

    points: PositivePoints
    pending: Points = Fraction(0)
    checks: dict[Id, PositivePoints] = {}


class Linter(_Strict):
    """The linter's share of a row, by the rate of findings in 100 lines of the student's own.

    All of it up to `full` findings, none from `zero` on, and in a straight line between.
    """

    points: PositivePoints
    full: Points
    zero: PositivePoints

    def earned(self, count: int, lines: int) -> Fraction:
        """The points for `count` findings on `lines` lines; none where there are no lines."""
        if lines == 0:
            return Fraction(0)
        rate = Fraction(100 * count, lines)
        share = (self.zero - rate) / (self.zero - self.full)
        return self.points * min(Fraction(1), max(Fraction(0), share))


class Row(_Strict):
    """One row of the gradebook."""

    id: Id
    title: Title
    points: PositivePoints
    marked_by: Literal["checks", "linter", "ta"]
    parts: dict[PartId, Part] = {}
    linter: Linter | None = None

    @property
    def pending(self) -> Fraction:
        """The points that no machine marks: a person gives them."""
        if self.linter is not None:
            return self.points - self.linter.points
        if self.marked_by == "ta":
            return self.points
        return sum((part.pending for part in self.parts.values()), Fraction(0))


class File(_Strict):
    """The whole file."""

    version: Literal["1"]
    title: Title
    total: PositivePoints
    contracts: dict[PartId, str] = {}  # of a part that has several: which one judges it
    rows: list[Row]
