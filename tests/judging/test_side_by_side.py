"""Parts side by side: the same outcomes, no hidden check too early, and nothing left running."""

from __future__ import annotations

import dataclasses
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from multiprocessing import active_children
from pathlib import Path
from typing import Any, Self

import pytest
from handing_in import solution, submission_of

from grader.core.errors import MachineError
from grader.core.model import CheckResult, Outcome, Visibility
from grader.core.settings import Secret, Settings
from grader.isolation.runner import WorkerRunner
from grader.isolation.servers import Servers
from grader.judging import side_by_side
from grader.judging.judge import Judge
from grader.judging.not_run import passed
from grader.judging.side_by_side import run_side_by_side
from grader.judging.suite_run import SuiteRun
from grader.parts.checks import checks_of
from grader.scoring import rubric
from kit.text import Text

BY_HAND = ("sequence", "theory", "extensions")
"""Parts that need no torch."""


def test_parts_side_by_side_end_as_one_after_the_other(judge: Judge, settings: Settings) -> None:
    secret = Secret.load(settings.secret_file)
    marked_by = rubric.load(settings.rubric)
    wrong = solution("sequence") + "\n\ndef scaled_dot_attention(*a, **k):\n    return None\n"
    submission = submission_of(
        {"sequence.py": wrong, "theory.py": solution("theory"), "numpy_rnn.py": "import os\n"}
    )
    ids = [check.id for check in checks_of((*BY_HAND, "numpy_rnn"))]

    def outcomes(lanes: int) -> dict[str, CheckResult]:
        servers = Servers(settings)
        parts = (*BY_HAND, "numpy_rnn")
        with Judge(settings, marked_by, secret, servers, parts, lanes=lanes) as one:
            found = one.outcomes(submission, ids)
        return {id: dataclasses.replace(result, seconds=0.0) for id, result in found.items()}

    alone = outcomes(1)
    assert {r.outcome for r in alone.values()} >= {Outcome.PASSED, Outcome.SKIPPED, Outcome.MISSING}
    assert outcomes(2) == alone
    assert active_children() == []


# ------------------------------------------------------------ the schedule


class SharedServers:
    """In place of servers: nothing to start."""

    def ready(self, name: str) -> None:
        """They are."""

    def for_training(self) -> str:
        """The usual one."""
        return "torch"

    def in_a_fork(self) -> Self:
        """The same."""
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


def result(part: str, name: str, visibility: Visibility = Visibility.PUBLIC) -> CheckResult:
    """A check that has passed."""
    return CheckResult(
        id=f"{part}.{name}",
        part=part,
        visibility=visibility,
        title=Text(name, name),
        outcome=Outcome.PASSED,
        fraction=Fraction(1),
    )


Record = Callable[[CheckResult, tuple[Text, ...]], None]


@dataclass(frozen=True)
class Scripted:
    """In place of a run of suites: each part logs when it begins and ends its two phases."""

    log: Path
    servers: Any = SharedServers()
    trusted: Any = None
    fault: BaseException | None = None
    dies_in: str = ""

    def run(
        self, parts: tuple[str, ...], record: Record, before_hidden: Callable[[], None]
    ) -> dict[str, float]:
        (part,) = parts
        self._phase(part, "public")
        record(result(part, "public"), (Text("说", f"{part} said"),))
        if part == self.dies_in:
            if self.fault is None:
                os._exit(3)
            raise self.fault
        before_hidden()
        before_hidden()
        self._phase(part, "hidden")
        record(result(part, "hidden", Visibility.HIDDEN), ())
        return {"probe": 1.0, part: 2.0}

    def _phase(self, part: str, phase: str) -> None:
        for word in ("begins", "ends"):
            with self.log.open("a") as log:
                log.write(f"{part} {phase} {word}\n")  # one write: lines of processes do not mix
            time.sleep(0.05)


@pytest.fixture(autouse=True)
def no_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The scripted parts have no trusted runners."""
    real = side_by_side.TrustedRunners
    monkeypatch.setattr(
        side_by_side,
        "TrustedRunners",
        lambda servers: servers if isinstance(servers, SharedServers) else real(servers),
    )


def run(scripted: Any, parts: tuple[str, ...], lanes: int) -> tuple[list[str], dict[str, float]]:
    """The results in the order in which they came, and the seconds."""
    came: list[str] = []
    seconds = run_side_by_side(scripted, parts, lanes, lambda r, notices: came.append(r.id))
    return came, seconds


@pytest.mark.parametrize(
    ("parts", "lanes", "rounds"),
    [
        (("numpy_rnn", "char_lstm", "poems", "extensions"), 2, 1),
        (("sequence", "theory", "numpy_rnn"), 2, 1),
        (("sequence", "theory", "numpy_rnn", "extensions", "poems"), 2, 2),
        (("char_lstm", "poems"), 5, 1),
    ],
)
def test_no_hidden_check_begins_while_a_part_runs_public_ones(
    tmp_path: Path, parts: tuple[str, ...], lanes: int, rounds: int
) -> None:
    log = tmp_path / "log"
    came, seconds = run(Scripted(log), parts, lanes)
    assert sorted(came) == sorted(f"{p}.{phase}" for p in parts for phase in ("public", "hidden"))
    assert seconds == {"probe": float(len(parts)), **dict.fromkeys(parts, 2.0)}

    running: set[str] = set()
    most, alone, turns, last = 0, 0, 0, "hidden"
    for line in log.read_text().splitlines():
        part, phase, word = line.split()
        (running.add if word == "begins" else running.remove)(f"{part} {phase}")
        assert len({one.split()[1] for one in running}) <= 1, running
        most = max(most, len(running))
        if phase == "public" and last == "hidden":
            turns += 1
            # No worker that has seen hidden inputs lives when the next round loads code.
            alone += len(running) == 1
        last = phase
    assert most == min(lanes, len(parts)), "as many as may run at a time, and no more"
    assert (turns, alone) == (rounds, rounds)


def test_a_part_that_needs_numpy_alone_does_not_wait_for_torch(tmp_path: Path) -> None:
    log = tmp_path / "log"
    came, _ = run(Scripted(log), ("poems", "char_lstm", "numpy_rnn"), 1)
    assert came[0] == "numpy_rnn.public"
    assert log.read_text().splitlines()[0] == "numpy_rnn public begins"


def test_notices_come_with_the_results(tmp_path: Path) -> None:
    said: list[tuple[str, tuple[Text, ...]]] = []
    scripted: Any = Scripted(tmp_path / "log")
    run_side_by_side(scripted, ("theory",), 2, lambda r, n: said.append((r.id, tuple(n))))
    assert said[0] == ("theory.public", (Text("说", "theory said"),))


def test_an_error_of_the_grader_keeps_its_two_languages_and_ends_the_others(tmp_path: Path) -> None:
    error = MachineError(Text("机器", "the machine"))
    scripted = Scripted(tmp_path / "log", fault=error, dies_in="theory")
    with pytest.raises(MachineError) as raised:
        run(scripted, ("sequence", "theory", "extensions"), 2)
    assert raised.value.text == error.text
    assert active_children() == []


def test_any_other_error_is_raised_with_its_trace(tmp_path: Path) -> None:
    scripted = Scripted(tmp_path / "log", fault=ValueError("odd"), dies_in="theory")
    with pytest.raises(RuntimeError, match="(?s)Traceback.*ValueError: odd"):
        run(scripted, ("sequence", "theory"), 2)
    assert active_children() == []


def test_a_process_that_dies_is_no_silent_loss(tmp_path: Path) -> None:
    with pytest.raises(MachineError, match="graded part theory ended unexpectedly"):
        run(Scripted(tmp_path / "log", dies_in="theory"), ("sequence", "theory"), 2)
    assert active_children() == []


class DiesWaiting(Scripted):
    """One part ends while it waits for the hidden checks, or just before it is told to go on."""

    def run(
        self, parts: tuple[str, ...], record: Record, before_hidden: Callable[[], None]
    ) -> dict[str, float]:
        if parts == ("theory",):
            threading.Timer(0.3, os._exit, (3,)).start()
        else:
            time.sleep(1.0)
        return super().run(parts, record, before_hidden)


def test_a_process_that_dies_while_it_waits_is_found_at_once(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with pytest.raises(MachineError, match="part theory"):
        run(DiesWaiting(log), ("sequence", "theory"), 2)
    assert "sequence public" not in log.read_text()
    assert active_children() == []


def test_a_process_that_has_died_can_be_told_to_go_on() -> None:
    ours, theirs = multiprocessing.Pipe()
    current = side_by_side._Round(1)
    process = multiprocessing.get_context("fork").Process(name="theory")
    current.waiting[ours] = process
    theirs.close()
    current.let_go()
    assert current.ends == [ours]
    match side_by_side._received(ours, current):
        case side_by_side._Fault(MachineError() as error):
            assert "theory" in error.text.zh
        case other:
            raise AssertionError(other)


def test_ctrl_c_while_a_process_starts_leaves_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fork = side_by_side._fork

    def interrupted(*arguments: Any) -> Any:
        forked = fork(*arguments)
        signal.raise_signal(signal.SIGINT)  # before the caller knows of the process
        return forked

    monkeypatch.setattr(side_by_side, "_fork", interrupted)
    handler = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        run(Scripted(tmp_path / "log"), ("sequence", "theory"), 2)
    assert active_children() == []
    assert signal.getsignal(signal.SIGINT) is handler


# ------------------------------------------------------------ loading


@pytest.mark.parametrize("raises", [False, True])
def test_a_part_is_loaded_before_hidden_checks_may_begin(
    judge: Judge, settings: Settings, monkeypatch: pytest.MonkeyPatch, raises: bool
) -> None:
    """Also where a run has hidden checks alone, as after one that died during these."""
    source = solution("theory") + ("\n\nN = 1 // 0\n" if raises else "")
    submission = submission_of({"theory.py": source})
    checks = checks_of(("theory",))
    public = {c.id: passed(c) for c in checks if c.visibility is Visibility.PUBLIC}
    events: list[str] = []
    load = WorkerRunner._load

    def logged(runner: WorkerRunner) -> Any:
        events.append("loads")
        return load(runner)

    monkeypatch.setattr(WorkerRunner, "_load", logged)
    said: list[tuple[str, int]] = []
    suite_run = SuiteRun(
        submission,
        settings,
        judge._servers,
        judge._trusted,
        Secret.load(settings.secret_file),
        {},
        public,
    )
    suite_run.run(
        ("theory",),
        lambda result, notices: said.append((result.id, len(notices))),
        lambda: events.append("may begin"),
    )
    hidden = [c.id for c in checks if c.visibility is Visibility.HIDDEN]
    assert [id for id, _ in said] == hidden
    assert events[:2] == ["loads", "may begin"]
    assert {count for _, count in said} == {int(raises)}
