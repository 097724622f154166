"""The pytest plugin of ``pytest starter/``: the student's runner and the summary at the end."""

from __future__ import annotations

import difflib
import json
from collections.abc import Collection, Generator
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import pytest

from .fixtures import PUBLIC_SEED, Public
from .left_raises import left_raises
from .outcomes import Missing, NotAttempted, Skipped, TimedOut, Verdict
from .own_code import collect, foreseen, helpers
from .plugin import Blocked, CheckPlugin
from .rows import Points, Row
from .student_runner import StudentRunner
from .summary import WORDS, summary
from .text import Text, default_language
from .time_limit import TimeLimit


class StudentPlugin(CheckPlugin):
    """Runs the public checks on the files beside ``tests/`` and prints a summary at the end."""

    by_itself = True

    def __init__(self, home: Path) -> None:
        super().__init__()
        self._home = home
        self._runners: dict[str, StudentRunner] = {}
        self._lang = default_language()
        self._limit = TimeLimit()
        self._rows: list[Row] = []
        self._known: set[str] = set()
        self.contracts = self._points().contracts

    # ------------------------------------------------------------ fixtures

    @pytest.fixture
    def lab(self, request: pytest.FixtureRequest) -> StudentRunner:
        """The runner of the check's part: the student's own file."""
        part = _part(request.node)
        if part not in self._runners:
            path = self._home / f"{part}.py"
            self._runners[part] = StudentRunner(
                part, path, self._limit, helpers(self._home, part, path)
            )
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

    # ------------------------------------------------------------ which checks, and how long

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """Keep the ids: a word after ``-k`` may be one of them misspelt."""
        super().pytest_itemcollected(item)
        self._known.add(_id(item))

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """The parts that have points here, in the order of the handout; others if named."""
        points = self._points()
        order = points.parts

        def has_points(item: pytest.Item) -> bool:
            return _part(item) in order and _id(item) not in points.left_out

        # A word that occurs in names of this lab's checks means those.
        by_word = bool(config.getoption("keyword")) and not any(map(has_points, items))
        kept: list[pytest.Item] = []
        left: list[pytest.Item] = []
        for item in items:
            named = _named(config, item) and _id(item) not in points.left_out
            (kept if by_word or named or has_points(item) else left).append(item)
        if left:
            config.hook.pytest_deselected(items=left)
        place = {part: i for i, part in enumerate(order)}
        kept.sort(key=lambda item: place.get(_part(item), len(order)))
        items[:] = kept
        super().pytest_collection_modifyitems(config, items)

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, Any, None]:
        """End a check that runs too long; never under ``--pdb``, where a person takes time."""
        if not item.config.getoption("usepdb"):
            self._limit.start()
        done = yield
        expired = self._limit.stop()
        if expired and isinstance(done.exception, KeyboardInterrupt):
            # It was met outside the student's code, where no runner has turned it into a verdict.
            done.force_exception(TimedOut(self._limit.reason(None)))

    def pytest_enter_pdb(self) -> None:
        """``breakpoint()``: from here on a person takes time."""
        self._limit.stop()

    # ------------------------------------------------------------ what is printed

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> pytest.TestReport | None:
        """The report carries the row of the table, since with ``-n 2`` another process prints."""
        report = super().pytest_runtest_makereport(item, call)
        if report is not None and call.excinfo is not None:
            call.excinfo = _to_debug(call.excinfo, self._home)
        if report is not None and call.when == "teardown":
            marker = item.get_closest_marker("check")
            assert marker is not None  # only checks get a report here
            vars(report)["check_row"] = Row.of(self.ended[marker.args[0]]).to_plain()
        return report

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Keep the row of a check that has ended, here or in another process."""
        if values := getattr(report, "check_row", None):
            self._rows.append(Row.from_plain(values))

    def pytest_report_teststatus(self, report: Any) -> tuple[str, str, str] | None:
        """One letter for each check, and the outcome's own word; nothing for the other phases."""
        outcome = getattr(report, "check_outcome", None)
        if outcome is None:
            return None if report.failed else ("", "", "")
        letters = {"passed": ".", "not_attempted": "-", "missing": "-", "blocked": "b",
                   "skipped": "s"}  # fmt: skip
        word = WORDS[outcome].pick(self._lang)
        # For "failed" tests pytest would print a section of its own, which repeats our table;
        # "skipped" is the word by which -rs finds them.
        group = "skipped" if outcome == "skipped" else word
        return "not passed" if group == "failed" else group, letters.get(outcome, "F"), word

    def pytest_terminal_summary(self, terminalreporter: Any, config: pytest.Config) -> None:
        """The parts, the points earned, the points that hidden checks decide, and what is next."""
        if self._rows:
            verbose = config.get_verbosity() >= 0  # pytest.ini asks for -q
            ahead = foreseen(self._home, {row.part for row in self._rows})
            points = self._points()
            left = left_raises(collect(self._home)[0], points.blanks)
            for line in summary(
                self._rows, points, self._lang, verbose=verbose, foreseen=ahead, left=left
            ):
                terminalreporter.write_line(line)
        elif word := config.getoption("keyword"):
            terminalreporter.write_line(no_such_check(word, self._known).pick(self._lang))

    def _points(self) -> Points:
        return Points.of(json.loads((self._home / "tests" / "points.json").read_text("utf-8")))


def no_such_check(word: str, known: Collection[str]) -> Text:
    """What to say if ``-k word`` selects nothing, with the nearest name."""
    said = Text(f"没有名称里含 {word} 的检查。", f"No check has {word} in its name.")
    names = {".".join(id.split(".")[:n]) for id in known for n in (1, 2, 3)}
    words = {part for id in known for part in id.split(".")}
    near = difflib.get_close_matches(word, sorted(names | words), n=1, cutoff=0.7)
    if not near:
        return said
    return said + Text(f"是否想写 {near[0]}？", f"Did you mean {near[0]}?")


def _to_debug(excinfo: pytest.ExceptionInfo[BaseException], home: Path) -> Any:
    """What ``--pdb`` opens: the student's own exception, at the student's line.

    Nothing where no line of the student's raised: a blank, a missing torch, wrong numbers. There a
    debugger would stop in the kit, without a frame of the student's function.
    """
    error = excinfo.value
    if not isinstance(error, Verdict):
        return excinfo  # a fault of the check
    cause = error.__cause__
    if cause is None or isinstance(error, (NotAttempted, Missing, Skipped, Blocked)):
        return None
    own = _down_to_own(cause.__traceback__, home)
    return pytest.ExceptionInfo.from_exception(cause.with_traceback(own))


def _down_to_own(traceback: TracebackType | None, home: Path) -> TracebackType | None:
    """`traceback` without the frames of libraries below the student's last one."""
    frames = []
    while traceback is not None:
        frames.append(traceback)
        traceback = traceback.tb_next
    tests = home / "tests"
    own = [i for i, one in enumerate(frames) if _is_own(one, home, tests)]
    kept = frames[: own[-1] + 1] if own else frames
    cut: TracebackType | None = None
    for one in reversed(kept):
        cut = TracebackType(cut, one.tb_frame, one.tb_lasti, one.tb_lineno)
    return cut


def _is_own(traceback: TracebackType, home: Path, tests: Path) -> bool:
    parents = Path(traceback.tb_frame.f_code.co_filename).parents
    return home in parents and tests not in parents


def _id(item: pytest.Item) -> str:
    marker = item.get_closest_marker("check")
    return str(marker.args[0]) if marker else ""


def _part(item: pytest.Item) -> str:
    return _id(item).split(".")[0]


def _named(config: pytest.Config, item: pytest.Item) -> bool:
    """Whether the student asked for this item by its file or folder."""
    folder = item.path.parent
    asked = [Path(config.invocation_params.dir, arg.partition("::")[0]) for arg in config.args]
    return any(path == folder or folder in path.parents for path in asked)
