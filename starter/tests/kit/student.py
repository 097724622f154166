"""The pytest plugin of ``pytest starter/``: the student's runner and the closing table."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from .fixtures import PUBLIC_SEED, Public
from .plugin import CheckPlugin, Ended
from .runner import StudentRunner
from .text import Text, default_language

WORDS = {
    "passed": Text("通过", "passed"),
    "partial": Text("部分通过", "partial"),
    "failed": Text("未通过", "failed"),
    "crashed": Text("崩溃", "crashed"),
    "timed_out": Text("超时", "timed out"),
    "out_of_memory": Text("内存超限", "out of memory"),
    "over_limit": Text("超出限额", "over a limit"),
    "missing": Text("缺失", "missing"),
    "not_attempted": Text("未作答", "not attempted"),
    "blocked": Text("前置未通过", "blocked"),
    "skipped": Text("跳过", "skipped"),
    "grader_error": Text("评分器故障", "check broken"),
}


PRINTED, WIDEST = 20, 200
"""Of the output of a failed check: the lines, and the characters of a line, that are shown."""


class StudentPlugin(CheckPlugin):
    """Runs the public checks on the files beside ``tests/`` and prints a table at the end."""

    by_itself = True

    def __init__(self, home: Path) -> None:
        super().__init__()
        self._home = home
        self._runners: dict[str, StudentRunner] = {}
        self._lang = default_language()

    # ------------------------------------------------------------ fixtures

    @pytest.fixture
    def lab(self, request: pytest.FixtureRequest) -> StudentRunner:
        """The runner of the check's part: the student's own file."""
        marker = request.node.get_closest_marker("check")
        part = marker.args[0].split(".")[0]
        if part not in self._runners:
            self._runners[part] = StudentRunner(part, self._home / f"{part}.py")
        return self._runners[part]

    @pytest.fixture
    def predictor(self) -> None:
        """The solution's runner for a proof of learning; the student does not have it."""

    @pytest.fixture
    def public(self) -> Public:
        """Public cases with their expected values."""
        return Public.load(self._home / "tests" / "expected.npz")

    @pytest.fixture
    def draw(self, request: pytest.FixtureRequest) -> np.random.Generator:
        """The generator from which a check draws; the grader seeds it by the course's secret."""
        return np.random.default_rng(PUBLIC_SEED)

    # ------------------------------------------------------------ what is printed

    def pytest_report_teststatus(self, report: Any) -> tuple[str, str, str] | None:
        """One letter for each check, and the outcome's own word; nothing for the other phases."""
        outcome = getattr(report, "check_outcome", None)
        if outcome is None:
            return None if report.failed else ("", "", "")
        letters = {"passed": ".", "not_attempted": "-", "missing": "-", "blocked": "b",
                   "skipped": "s"}  # fmt: skip
        word = WORDS[outcome].pick(self._lang)
        # For "failed" tests pytest would print a section of its own, which repeats our table.
        return "not passed" if word == "failed" else word, letters.get(outcome, "F"), word

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """The table: each check, the points earned, and the points that hidden checks decide."""
        if self.ended:
            points = json.loads((self._home / "tests" / "points.json").read_text("utf-8"))
            for line in closing_table(list(self.ended.values()), points, self._lang):
                terminalreporter.write_line(line)


def closing_table(ended: list[Ended], points: dict[str, Any], lang: str) -> list[str]:
    """The lines of the closing table. `points` is ``points.json``: check id -> its points."""

    def say(zh: str, en: str) -> str:
        return zh if lang == "zh" else en

    lines = ["", say("检查结果", "Checks")]
    caps = {part: float(cap) for part, cap in points["optional"].items()}
    extra = dict.fromkeys(caps, 0.0)
    earned = possible = 0.0
    said = said_of = ""
    for e in sorted(ended, key=lambda e: e.part):
        worth = 0.0 if e.advice else float(points["checks"].get(e.id, 0))
        got = worth * float(e.fraction)
        if e.part in caps:
            extra[e.part] += got
        else:
            earned, possible = earned + got, possible + worth
        mark = f"{got:g}/{worth:g}" if e.id in points["checks"] else "-"
        mark = say("建议", "advice") if e.advice else mark
        lines.append(
            f"  {pad(WORDS[e.outcome].pick(lang), 14)}{pad(mark, 12)}{pad(e.id, 32)} "
            f"{e.title.pick(lang)}"
        )
        if e.outcome not in ("passed", "not_attempted"):
            why = e.text.pick(lang) + (say("：", ": ") + e.words if e.words else "")
            if why == said:  # a file that cannot be imported is reported once
                why = say(f"同上（{said_of}）", f"as above ({said_of})")
            elif e.outcome != "blocked":
                said, said_of = why, e.id
            lines.append(f"      {why}")
        if e.trouble:
            lines.append(e.trouble)
        if e.printed and e.outcome != "passed":
            lines.append(
                say("      它的输出（最后几行）：", "      what it printed (the last lines):")
            )
            lines += [f"        {line[:WIDEST]}" for line in e.printed.splitlines()[-PRINTED:]]
    stubs = [e for e in ended if e.outcome == "not_attempted"]
    if stubs:
        lines.append("")
        lines.append(say("未作答的空：", "Blanks still to fill in:"))
        lines += sorted({f"  {e.text.pick(lang)}" for e in stubs})
    if any(e.outcome in ("failed", "partial") for e in ended):
        lines += ["", *_where_to_look(say)]
    parts = {e.part for e in ended}
    hidden = sum(
        float(p) for part, p in points["hidden"].items() if part in parts and part not in caps
    )
    lines.append("")
    lines.append(
        say(
            f"公开部分：{earned:g} / {possible:g} 分；另有 {hidden:g} 分由隐藏检查决定。",
            f"Public part: {earned:g} of {possible:g} points; {hidden:g} more points are decided "
            "by hidden checks.",
        )
    )
    lines += [
        say(
            f"选做 {part}：{min(extra[part], cap):g} 分，最多计 {cap:g} 分；没有做的跳过，"
            "不算未通过。",
            f"Optional, {part}: {min(extra[part], cap):g} points; at most {cap:g} count, and "
            "what is left out is skipped, not failed.",
        )
        for part, cap in caps.items()
        if part in parts
    ]
    return lines


def _where_to_look(say: Callable[[str, str], str]) -> list[str]:
    """Where to begin, for a student who has a wrong number."""
    return [
        say("未通过的检查，从这里查起：", "Where to look when a check has failed:"),
        say(
            "  先改好最前面未通过的一项，它常常引起后面几项（例如 forward 不对，"
            "backward 也难对）。",
            "  Fix the first failing check first; it often causes the others (a wrong forward, "
            "say).",
        ),
        say(
            "  在一步（T = 1）、一个样本（B = 1）的小例子上打印每个中间量，"
            "与函数说明里的公式逐项比较。",
            "  Print every quantity for one step and one sample (T = 1, B = 1) and compare each "
            "with the formula in the function's docstring.",
        ),
        say(
            "  每项检查比较什么，见 tests/parts/ 里各部分的 checks*.py。",
            "  What a check compares is written in tests/parts/, in the part's checks*.py.",
        ),
    ]


def pad(text: str, width: int) -> str:
    """`text` filled to `width` columns; a Chinese character takes two."""
    wide = sum(1 + (ord(c) > 0x2E7F) for c in text)
    return text + " " * max(1, width - wide)
