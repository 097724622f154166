"""Results that wait for a person, because the grader could not judge what the code does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from grader.core.model import CheckResult, Outcome
from kit.text import Text


def waiting(result: CheckResult, why: Text) -> CheckResult:
    """The result as a skipped one: its points are pending, and only staff read what it was.

    Nothing is left that explains it. What the check found may be due to what the grader lacks.
    """
    return replace(
        result,
        outcome=Outcome.SKIPPED,
        fraction=Fraction(0),
        message=why,
        diagnosis=(),
        clues=(),
        blank="",
        staff_note=f"{result.outcome}: {result.message.en} {result.staff_note}".strip(),
        undecided=not result.advice,
        picture=None,
    )


MAY_BE_THE_LIBRARYS = frozenset(
    {
        Outcome.FAILED,
        Outcome.PARTIAL,
        Outcome.MISSING,
        Outcome.TIMED_OUT,
        Outcome.OVER_LIMIT,
        Outcome.OUT_OF_MEMORY,
        Outcome.CRASHED,
        Outcome.SKIPPED,  # of an optional part: a name of it that is missing
    }
)
"""Outcomes of a check that say nothing of the code if it used a stand-in for a missing library."""


def without_library(modules: Sequence[str]) -> Text:
    """The sentence where the code uses one of these, which stand-ins replace."""
    zh, en = "、".join(modules), ", ".join(modules)
    return Text(
        f"你的代码在这里用到了提交里没有、评分环境也没有安装的模块（{zh}），这项检查因此无法判断对错；"
        "分数待定，由助教判定，成绩尚未最终确定。",
        "here your code uses a module that is neither handed in nor installed where it is graded "
        f"({en}), so this check cannot tell right from wrong; its points are pending and a person "
        "decides on them, so this mark is not final.",
    )
