"""Run the parts of one submission side by side, each in a process that is forked from this one.

No worker that has seen hidden inputs lives while the code of another part is loaded for the first
time, which is what students read about: every part has loaded its code and ended its public checks
before the first hidden check of any part begins. What workers say in hidden checks, and when they
load once more, is shown to nobody, so they can hand nothing on.

This process schedules and keeps the results; it runs no check, so that it can fork at any time.
"""

from __future__ import annotations

import gc
import os
import signal
import threading
import traceback
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Final

from grader.core.errors import GraderError, MachineError
from grader.core.model import CheckResult
from grader.judging.suite_run import Record, SuiteRun
from grader.judging.trusted import TrustedRunners
from grader.parts.registry import spec_of
from grader.sandbox import kernel
from kit.text import Text

_FORK: Final = get_context("fork")
"""A fork inherits imported modules and the connections to the fork servers."""

PARTS_OF_A_LANE: Final = 2
"""How many parts may begin for each lane. A part that waits for its hidden checks keeps a worker in
memory, so a rubric with many parts runs in several rounds."""


@dataclass(frozen=True, slots=True)
class _Ended:
    """A check has ended."""

    result: CheckResult
    notices: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class _Waits:
    """The part is loaded and its public checks have ended; it waits before its hidden ones."""


@dataclass(frozen=True, slots=True)
class _Done:
    """All checks have ended."""

    compute_s: dict[str, float]


@dataclass(frozen=True, slots=True)
class _Fault:
    """The grader failed."""

    error: GraderError | RuntimeError


@dataclass
class _Round:
    """The processes of some parts, and what each may do."""

    lanes: int
    public: dict[Connection, BaseProcess] = field(default_factory=dict)
    waiting: dict[Connection, BaseProcess] = field(default_factory=dict)
    hidden: dict[Connection, BaseProcess] = field(default_factory=dict)

    @property
    def free(self) -> bool:
        """Whether one more may run."""
        return len(self.public) + len(self.hidden) < self.lanes

    @property
    def processes(self) -> list[BaseProcess]:
        """All parts that have not ended."""
        return [*self.public.values(), *self.waiting.values(), *self.hidden.values()]

    @property
    def ends(self) -> list[Connection]:
        """The connections to them. One that waits can only say, by its end, that it has died."""
        return [*self.public, *self.waiting, *self.hidden]

    def let_go(self) -> None:
        """Let waiting parts begin their hidden checks, as many as may run."""
        while self.waiting and self.free:
            end = next(iter(self.waiting))
            self.hidden[end] = self.waiting.pop(end)
            with suppress(OSError):  # it has died; the next message from it says so
                end.send(True)

    def waits(self, end: Connection) -> None:
        """A part has ended its public checks."""
        self.waiting[end] = self.public.pop(end)

    def ended(self, end: Connection) -> None:
        """A part has ended."""
        process = self.public.pop(end, None) or self.hidden.pop(end)
        process.join()
        end.close()


def run_side_by_side(
    run: SuiteRun,
    parts: tuple[str, ...],
    lanes: int,
    record: Record,
    meanwhile: Callable[[], object] = lambda: None,
) -> dict[str, float]:
    """As :meth:`SuiteRun.run` for all `parts`, of which up to `lanes` run at a time.

    `meanwhile` is called in this process once the first of each round has begun.
    """
    compute_s: dict[str, float] = {}
    # NumPy parts first: the torch server may still be importing.
    ordered = sorted(parts, key=lambda part: not spec_of(part).in_process)
    size = PARTS_OF_A_LANE * lanes
    for first in range(0, len(ordered), size):
        of_round = ordered[first : first + size]
        for probe, seconds in _one_round(run, of_round, lanes, record, meanwhile):
            compute_s[probe] = compute_s.get(probe, 0.0) + seconds
    return compute_s


def _one_round(
    run: SuiteRun, parts: list[str], lanes: int, record: Record, meanwhile: Callable[[], object]
) -> Iterator[tuple[str, float]]:
    todo = parts.copy()
    current = _Round(lanes)
    # Otherwise the collector of each fork would write to every object, and copy its page.
    gc.freeze()

    def start() -> None:
        part = todo.pop(0)
        _make_ready(run, part)
        with _interrupts_later():  # else a Ctrl-C could leave a process that nobody ends
            end, process = _fork(run, part)
            current.public[end] = process

    try:
        start()
        meanwhile()
        while todo or current.processes:
            while todo and current.free:
                start()
            if not todo and not current.public:
                current.let_go()
            for end in wait(current.ends):
                assert isinstance(end, Connection)
                match _received(end, current):
                    case _Ended(result, notices):
                        record(result, notices)
                    case _Waits():
                        current.waits(end)
                    case _Done(compute_s):
                        yield from compute_s.items()
                        current.ended(end)
                    case _Fault(error):
                        raise error
    finally:
        gc.unfreeze()
        for process in current.processes:
            process.kill()
            process.join()


def _make_ready(run: SuiteRun, part: str) -> None:
    """Wait for the servers of a part here: each fork would start one that is not ready again."""
    if spec_of(part).in_process:
        run.servers.ready("numpy")
        return
    run.servers.ready("torch")
    run.servers.ready(run.servers.for_training())


def _received(end: Connection, current: _Round) -> _Ended | _Waits | _Done | _Fault:
    try:
        message: _Ended | _Waits | _Done | _Fault = end.recv()
    except (EOFError, OSError):
        known = current.public | current.waiting | current.hidden
        return _Fault(MachineError(_died(known[end].name)))
    return message


def _died(part: str) -> Text:
    return Text(
        f"评 {part} 这一部分的进程意外结束，常见的原因是内存不足；已有的结果都已保存，"
        "请再运行一次同样的命令",
        f"the process that graded part {part} ended unexpectedly, often because memory ran out; "
        "no result is lost: run the same command again",
    )


@contextmanager
def _interrupts_later() -> Iterator[None]:
    """Raise at the end what a Ctrl-C inside the with block would have raised.

    By a handler and not by the mask of signals: another thread of this process, such as that of a
    progress bar, would take a signal that is blocked here. A child that is forked inside has the
    handler too.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # Python tells the main thread alone of signals
        return
    came: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if came:
        signal.raise_signal(signal.SIGINT)


# ------------------------------------------------------------ in the fork


def _fork(run: SuiteRun, part: str) -> tuple[Connection, BaseProcess]:
    ours, theirs = _FORK.Pipe()
    process = _FORK.Process(
        target=_run_part,
        name=part,
        args=(run, part, theirs, ours, os.getpid()),
        daemon=True,
    )
    process.start()
    theirs.close()
    return ours, process


def _run_part(
    run: SuiteRun, part: str, judge: Connection, others_end: Connection, parent: int
) -> None:
    """The main function of a fork: run the suites of `part` and send every result."""
    kernel.control_process(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before the call above
        return
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends this
    others_end.close()

    def tell(result: CheckResult, notices: Collection[Text]) -> None:
        judge.send(_Ended(result, tuple(notices)))

    try:
        with _own_workers(run) as own:
            compute_s = own.run((part,), tell, _once(judge))
        judge.send(_Done(compute_s))
    except GraderError as error:
        judge.send(_Fault(error))
    except Exception:
        judge.send(_Fault(RuntimeError(traceback.format_exc())))


@contextmanager
def _own_workers(run: SuiteRun) -> Iterator[SuiteRun]:
    """`run` with workers of its own: a conversation with one cannot be shared by two processes."""
    with run.servers.in_a_fork() as servers, TrustedRunners(servers) as trusted:
        yield replace(run, servers=servers, trusted=trusted)


def _once(judge: Connection) -> Callable[[], None]:
    """Before the first hidden check, wait until no part loads its code or runs public ones."""
    asked = False

    def before_hidden() -> None:
        nonlocal asked
        if not asked:
            asked = True
            judge.send(_Waits())
            judge.recv()

    return before_hidden
