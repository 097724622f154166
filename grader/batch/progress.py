"""Progress over a class, on a terminal or in a log: a bar, the time left, a line a hand-in."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.text import Text as RichText

from grader.core.console import ProgressBar
from grader.core.model import Status
from grader.feedback import words
from grader.feedback.clean import clean_line
from grader.handins.records import HandIn
from grader.records.marks import Marks
from grader.records.store import GradingInfo
from grader.scoring.points import decimal2
from kit.text import Text, joined

from .messages import Early, Graded

if TYPE_CHECKING:
    from .running import Summary

_STOPPING = Text(
    "正在结束已开始的作业，其余不再开始；再按一次 Ctrl-C 立即退出。再次运行同一命令，"
    "会从中断处继续。",
    "Ending what has begun, starting nothing more; Ctrl-C again stops at once. The same command "
    "goes on from there.",
)
_UNCHANGED = Text("未变", "unchanged")
_LEFT = Text("剩余", "left")
_UNDER_WAY = Text(
    "正在评 {hand_ins} 份，已完成 {checks} 项",
    "{hand_ins} under way, {checks} checks",
)
_MINUTES_LEFT = Text("剩余约 {n} 分钟", "about {n} min left")


class ClassProgress(ProgressBar):
    """A bar for the class, and a line for each hand-in as it is done."""

    def __init__(self, console: Console, lang: str) -> None:
        super().__init__(
            console,
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TextColumn(_LEFT.pick(lang)),
            TimeRemainingColumn(),
            TextColumn("{task.fields[under_way]}"),
        )
        self._lang = lang
        self.stopped = False
        self._started_at = 0.0
        self._graded = 0
        # By hand-in that has begun, the checks that have ended. A set, because after a kill
        # another process ends the same checks again.
        self._under_way: dict[str, set[tuple[str, str]]] = {}

    def started(self, total: int) -> None:
        """`total` hand-ins are about to be graded."""
        self._started_at, self._graded = time.monotonic(), 0
        self.begin(total, under_way="")

    def under_way(self, early: Early) -> None:
        """A hand-in has begun, or checks of it have ended."""
        checks = self._under_way.setdefault(early.job, set())
        if early.key is not None:
            checks.update((early.key.digest, outcome.check_id) for outcome in early.outcomes)
        self._show_under_way()

    def _show_under_way(self) -> None:
        count = sum(map(len, self._under_way.values()))
        text = _UNDER_WAY.format(hand_ins=len(self._under_way), checks=count).pick(self._lang)
        self.show(under_way=text if self._under_way else "")

    def finished(self, hand_in: HandIn, graded: Graded) -> None:
        """One hand-in is done."""
        self._under_way.pop(hand_in.id, None)
        self._show_under_way()
        line = self._line(hand_in)
        line.append(*self._result(graded))
        if graded.late is not None:
            line.append(f"  {clean_line(graded.late.pick(self._lang))}", style="yellow")
        line.append(f"  {graded.seconds:.1f} s", style="dim")
        self._graded += 1
        # On a terminal the bar says it.
        if self.left and not self.console.is_terminal:
            line.append(f"  {self._time_left()}")
        self._print(line)

    def unchanged(self, hand_in: HandIn, known: GradingInfo) -> None:
        """Nothing of a hand-in has changed: its mark is the one it had."""
        line = self._line(hand_in)
        line.append(*self._mark(known.status, known.marks))
        line.append(f"  {_UNCHANGED.pick(self._lang)}", style="dim")
        self._print(line)

    def _time_left(self) -> str:
        """At the pace of what was graded so far: what is unchanged takes no time."""
        pace = (time.monotonic() - self._started_at) / self._graded
        minutes = max(round(pace * self.left / 60), 1)
        return _MINUTES_LEFT.format(n=minutes).pick(self._lang)

    def _line(self, hand_in: HandIn) -> RichText:
        self.advance()
        who = ", ".join(f"{p.name} {p.student_id}".strip() for p in hand_in.people)
        return RichText(f"{self.count}  {clean_line(who or hand_in.id)}  ", overflow="fold")

    def _print(self, line: RichText) -> None:
        # Not wrapped in a log, so that each hand-in stays one line.
        self.console.print(line, soft_wrap=not self.console.is_terminal)

    def stopping(self) -> None:
        """Ctrl-C was pressed once."""
        self.stopped = True
        self.console.print(RichText(_STOPPING.pick(self._lang)))

    def _result(self, graded: Graded) -> tuple[str, str]:
        if graded.fault is not None:
            return clean_line(graded.fault.pick(self._lang)), "bold red"
        return self._mark(graded.status, graded.marks)

    def _mark(self, status: Status, marks: Marks) -> tuple[str, str]:
        if status is not Status.GRADED:
            return words.STATUSES[status].pick(self._lang), "red"
        text = f"{decimal2(marks.earned, marks.possible)} / {decimal2(marks.possible)}"
        if marks.pending:
            pending = decimal2(marks.pending, marks.possible)
            waits = f"{words.PENDING.pick(self._lang)} {pending}"
            text += Text(f"（{waits}）", f"  ({waits})").pick(self._lang)
        return text, "bold"


def summarize(summary: Summary, out: Path, console: Console, lang: str) -> None:
    """Print what the run did, the grader's faults, and the files to look at."""
    counts = _COUNTS.format(
        graded=len(summary.graded), unchanged=len(summary.unchanged), left=summary.left
    )
    console.print(counts.pick(lang))
    if summary.not_gradable:
        console.print(_NOT_GRADABLE.format(count=summary.not_gradable).pick(lang))
    if summary.faults:
        console.print(RichText(_FAULTS.format(count=len(summary.faults)).pick(lang), "bold red"))
        for id, why in summary.faults:
            name = words.colon(Text(clean_line(id), clean_line(id))).pick(lang)
            console.print(RichText(f"  {name}{clean_line(why.pick(lang))}"))
    gradebook = summary.gradebook
    if gradebook is not None:
        missing = [m.person for m in gradebook.marks if m.status is Status.MISSING]
        if missing:
            names = joined(clean_line(f"{p.name} {p.student_id}".strip()) for p in missing)
            console.print(RichText(_MISSING.format(count=len(missing), names=names).pick(lang)))
        for notice in gradebook.notices:
            console.print(RichText(f"- {clean_line(notice.pick(lang))}"))
    for name in ("gradebook.csv", "index.html"):
        console.print(RichText(str(out / name)), soft_wrap=True)


_COUNTS = Text(
    "已处理 {graded} 份，未变 {unchanged} 份，剩余 {left} 份。",
    "{graded} handled, {unchanged} unchanged, {left} left.",
)
_NOT_GRADABLE = Text(
    "其中 {count} 份无法打开，没有成绩，请看各自的页面。",
    "Without a mark, since nothing could be opened: {count} of those handled. See their pages.",
)
_FAULTS = Text(
    "{count} 份因评分器故障没有成绩（不是学生的错）：",
    "{count} without a mark by a fault of the grader (not of the student):",
)
_MISSING = Text("{count} 人未提交：{names}。", "{count} handed in nothing: {names}")
