"""What a run prints of each hand-in."""

from __future__ import annotations

import io
from fractions import Fraction

import pytest
from rich.console import Console

from grader.batch import progress, work
from grader.batch.messages import Early
from grader.core.model import Status
from grader.handins.records import HandIn, Person
from grader.records.carrying import CarriedOutcome
from grader.records.marks import Marks
from grader.records.store import GradingInfo, PartKey
from kit.text import Text


def hand_in() -> HandIn:
    return HandIn("2023001", (Person("2023001", ""),), (), "plain")


def test_what_has_not_changed_shows_its_mark() -> None:
    out = io.StringIO()
    marks = Marks(earned=Fraction(195, 2), possible=Fraction(100))
    known = GradingInfo(1, "2023001", "key", "0" * 64, Status.GRADED, marks, "2026-11-27")
    with progress.ClassProgress(Console(file=out, width=100), "en") as shown:
        shown.started(1)
        shown.unchanged(hand_in(), known)

    assert "2023001  97.50 / 100.00  unchanged" in out.getvalue()


def test_what_could_not_be_opened_shows_no_mark() -> None:
    out = io.StringIO()
    known = GradingInfo(1, "2023001", "k", "0" * 64, Status.NOT_GRADABLE, Marks(), "2026-11-27")
    with progress.ClassProgress(Console(file=out, width=100), "en") as shown:
        shown.started(1)
        shown.unchanged(hand_in(), known)

    assert "0.00" not in out.getvalue()


def test_a_log_says_how_much_time_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two hand-ins of five took six minutes: three are left, and the last line needs none."""
    clock = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: clock[0])
    out = io.StringIO()
    done = work.faulty("2023001", Text("故障", "a fault"))
    with progress.ClassProgress(Console(file=out, width=200), "en") as shown:
        shown.started(5)
        for _ in range(5):
            clock[0] += 180
            shown.finished(hand_in(), done)

    lines = out.getvalue().splitlines()
    assert lines[1].endswith("about 9 min left")
    assert "left" not in lines[4]


def test_the_bar_says_how_many_checks_have_ended() -> None:
    """As they end; what a killed process had told, another tells again."""
    out = io.StringIO()
    key = PartKey(
        part="theory", contract="", submission_sha256="0" * 64, code_sha256="", grader_version="",
        secret_fingerprint="", environment="", limits="",
    )  # fmt: skip
    tried = [CarriedOutcome(f"theory.{n}", "{}", "[]", "") for n in range(3)]
    console = Console(file=out, width=100, force_terminal=True)
    with progress.ClassProgress(console, "en") as shown:
        shown.started(2)
        for early in (Early("a"), Early("2023001"), Early("2023001", key, tuple(tried[:2]))):
            shown.under_way(early)
        shown.under_way(Early("2023001", key, tuple(tried)))
        shown._live.refresh()
        assert "2 under way, 3 checks" in out.getvalue()
        out.truncate(0)
        shown.finished(hand_in(), work.faulty("2023001", Text("故障", "a fault")))
        assert "1 under way, 0 checks" in out.getvalue()
