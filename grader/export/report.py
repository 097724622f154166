"""What an export did for every student, and why: to be read before the file is uploaded.

Platforms drop a line that they do not accept without a warning, so the report comes first.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from grader.core.model import Status
from grader.records.gradebook import Gradebook, StudentMark
from grader.scoring.points import decimal2
from kit.text import Text

from ..feedback.clean import clean_line


class Action(StrEnum):
    """What the export did with one student's mark."""

    WRITTEN = "written"
    SAME = "same"  # the platform already has it
    LEFT = "left"  # no mark was written
    NO_MARK = "no_mark"  # in the file, which lists everybody, without a mark
    ROW_ONLY = "row_only"  # in the platform's file, not in the gradebook
    MARK_ONLY = "mark_only"  # in the gradebook, not in the platform's file


ACTIONS: Final[dict[Action, Text]] = {
    Action.WRITTEN: Text("已写入", "written"),
    Action.SAME: Text("平台上已是此分", "already there"),
    Action.LEFT: Text("未写入", "not written"),
    Action.NO_MARK: Text("已列出，成绩留空", "listed without a mark"),
    Action.ROW_ONLY: Text("仅在平台文件中", "in the platform's file only"),
    Action.MARK_ONLY: Text("仅在成绩册中", "in the gradebook only"),
}


@dataclass(frozen=True, slots=True)
class ReportLine:
    """One student of an export."""

    action: Action
    who: str  # student id and name, as far as known; safe to show
    mark: str = ""  # as written
    why: Text = Text("", "")


@dataclass(frozen=True, slots=True)
class ExportReport:
    """All lines of an export, in the order of the file."""

    out: Path
    lines: tuple[ReportLine, ...]
    notices: tuple[Text, ...] = ()  # what the person who uploads should know

    def of(self, *actions: Action) -> tuple[ReportLine, ...]:
        """The lines with one of `actions`."""
        return tuple(line for line in self.lines if line.action in actions)

    @property
    def unmatched(self) -> tuple[ReportLine, ...]:
        """The students who are on one side only."""
        return self.of(Action.ROW_ONLY, Action.MARK_ONLY)

    def render(self, lang: str) -> str:
        """The report as text: a line for every student, the counts, the notices."""
        rows = [
            "  ".join(
                part
                for part in (
                    f"[{ACTIONS[ln.action].pick(lang)}]",
                    ln.who,
                    ln.mark,
                    ln.why.pick(lang),
                )
                if part
            )
            for ln in self.lines
        ]
        count = Counter(line.action for line in self.lines)
        rows.append(
            Text("；", "; ")
            .pick(lang)
            .join(
                f"{ACTIONS[action].pick(lang)} {count[action]}"
                for action in Action
                if count[action]
            )
        )
        return "\n".join([*rows, *(f"- {notice.pick(lang)}" for notice in self.notices)]) + "\n"


def who(mark: StudentMark) -> str:
    """A student as the report names them."""
    person = mark.person
    shown = " ".join(part for part in (person.student_id, person.name) if part)
    return clean_line(shown or mark.submission_id)


def listed(mark: StudentMark, value: str | Text) -> ReportLine:
    """The line of a student in a file that lists everyone; `value` comes from :func:`given`."""
    if isinstance(value, Text):
        return ReportLine(Action.NO_MARK, who(mark), "", value)
    return ReportLine(Action.WRITTEN, who(mark), value)


def given(mark: StudentMark, allow_pending: bool) -> str | Text:
    """The mark that an export may write, rounded once; or why there is none.

    Only a mark that a grading gave is written: no machine gives a zero to a student who handed in
    nothing, or nothing that could be opened.
    """
    if mark.status is Status.MISSING:
        return Text("未提交", "nothing was handed in")
    if mark.status is Status.GRADER_ERROR:
        return Text(
            "评分器故障，修复后重新评分", "a fault of the grader: grade again when it is fixed"
        )
    # A person who has marked it all has decided.
    if mark.status is Status.NOT_GRADABLE and not mark.decided:
        return Text(
            "提交无法打开，请人工处理", "nothing in the hand-in could be opened: a person decides"
        )
    if mark.final is None:
        return Text("没有成绩", "there is no mark")
    if mark.pending > 0 and not allow_pending:
        points = decimal2(mark.pending)
        return Text(f"还有 {points} 分待人工评分", f"{points} points still wait for a person")
    if mark.pending > 0 and mark.late_days:
        # Points that were added by hand to this number would escape the late policy.
        return Text(
            "迟交扣分要按完整成绩计算：先评完（grader mark）",
            "the late policy counts on the whole mark: mark what is pending first (grader mark)",
        )
    return decimal2(mark.final, mark.possible)


def pending_notice(gradebook: Gradebook, allow_pending: bool) -> tuple[Text, ...]:
    """A notice that some of the written marks are not complete."""
    if not allow_pending or not any(mark.pending for mark in gradebook.marks):
        return ()
    return (
        Text(
            "写出的成绩有一部分还不完整：待人工评分的部分按 0 计。",
            "Some of the marks are not complete: what a person has yet to mark counts 0 in them.",
        ),
    )
