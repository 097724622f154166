"""The judge's handle on a worker.

Calls look like function calls. Deadlines, crashes and malformed answers of a worker become
outcomes (:mod:`kit.outcomes`); nothing that a worker does raises anything else.
"""

from __future__ import annotations

import secrets
import signal
import time
from typing import Any

from grader.core.model import Submission
from grader.core.settings import Settings
from grader.isolation import limits
from grader.isolation.redaction import Told, place
from grader.protocol import wire
from grader.sandbox import ForkServer, Worker
from grader.sandbox.tiers import REDUCED
from grader.worker import tier_limitation
from kit.contracts import BY_ID
from kit.outcomes import (
    Crashed,
    Failed,
    Missing,
    NotAttempted,
    OutOfMemory,
    OverLimit,
    Skipped,
    TimedOut,
    Verdict,
)
from kit.run import Raised
from kit.runner import Runner
from kit.text import Text

MAX_RELOADS = 6
"""Statements that may end a worker while it loads, before loading is given up."""

HUNG_SHARE = 0.2
"""Of its limit is what a probe gets that has already run into it: right code takes far less."""

MAX_WORDS = 600
"""Characters of a sentence that a worker sends; what it sends is the student's."""

_FROM_WORKER = {
    "failed": Failed,
    "missing": Missing,
    "not_attempted": NotAttempted,
    "out_of_memory": OutOfMemory,
}
"""What a worker may say of itself. None of these earns anything."""


class WorkerRunner(Runner):
    """One part of a submission in a confined worker; a fresh one after each that ended."""

    def __init__(
        self, part: str, server: ForkServer, submission: Submission, settings: Settings
    ) -> None:
        self.part = part
        self._server = server
        self._submission = submission
        self._settings = settings
        self._worker: Worker | None = None
        self._skip: list[list[Any]] = []
        self._hopeless: Verdict | None = None
        self._loads_slowly = False
        self._confirmed: set[str] = set()
        self._served_before = False
        self._spent_s = 0.0
        self.notices: list[Text] = []
        self.compute_s: dict[str, float] = {}
        """CPU seconds of the submission's own code, by probe; for benchmarks."""

    def call(self, probe: str, arguments: dict[str, Any]) -> Any:
        """The probe's answer, as plain data, or a Verdict."""
        while True:
            try:
                return self._ask(probe, arguments)
            except (Crashed, OutOfMemory, OverLimit):
                # What an earlier call left behind (threads, files, a leak) may be why, and that
                # must not cost this check: only what happens in a fresh worker counts. And what
                # this call left behind must not cost the next.
                self.close()
                if not self._served_before:
                    raise

    def _ask(self, probe: str, arguments: dict[str, Any]) -> Any:
        limit_s = self._limit_s(probe)
        start = time.monotonic()
        self._served_before = self._worker is not None
        try:
            worker = self._ready()
            try:
                reply = self._exchange(worker, probe, arguments, limit_s)
            except wire.DeadlineExpired:
                reply = self._again(worker, probe, arguments, limit_s)
        finally:
            self._spent_s += time.monotonic() - start
        return self._read(reply)

    def forget(self) -> None:
        """The next call meets a fresh worker."""
        self.close()

    def close(self) -> None:
        """End the worker."""
        if self._worker is not None:
            self._worker.close()
            self._worker = None

    # ------------------------------------------------------------ calls

    def _limit_s(self, probe: str) -> float:
        part_s = self._settings.part_wall_s
        if self._spent_s > part_s:
            raise TimedOut(
                Text(
                    f"这一部分的检查总共已用了 {part_s:g} 秒，不再继续",
                    f"the checks of this part have taken {part_s:g} s in all and go no further",
                )
            )
        learning = probe in BY_ID[self.part].trains
        limit_s = self._settings.learning_wall_s if learning else self._settings.call_wall_s
        return limit_s * HUNG_SHARE if probe in self._confirmed else limit_s

    def _exchange(
        self, worker: Worker, probe: str, arguments: dict[str, Any], limit_s: float
    ) -> Any:
        # Answers that nobody asked for are passed over: a second one, one from a thread that an
        # earlier call left behind. They must not stand for the answer to this call.
        mark = secrets.token_hex(8)
        message = {"call": probe, "arguments": arguments, "mark": mark}
        before = worker.cpu_s()
        deadline = time.monotonic() + limit_s
        try:
            worker.send(message, limit_s)
            while True:
                reply = worker.receive(max(deadline - time.monotonic(), 0.0))
                if _answers(reply, mark):
                    break
        except wire.WireError as error:
            raise self._crashed(worker, error) from None
        self.compute_s[probe] = self.compute_s.get(probe, 0.0) + worker.cpu_s() - before
        return reply

    def _again(self, worker: Worker, probe: str, arguments: dict[str, Any], limit_s: float) -> Any:
        """Confirm a lone time-out, at twice the limit: a busy machine is not the student's fault.

        The second limit is longer still by the share of the first that the worker spent waiting
        for a processor. Where a time-out has been confirmed before, only one that a busy machine
        could explain is lone: a hang in one function must leave time for the checks of the
        others. One in a worker that had served before is still tried in a fresh one, at the same
        limit: a thread that an earlier call left running can be why.
        """
        waited_s = worker.waited_s()
        served_s = max(limit_s - waited_s, limit_s / 10)
        self.close()
        lone = not self._confirmed or (probe not in self._confirmed and waited_s >= limit_s / 4)
        allowed_s = 2 * limit_s if lone else limit_s
        if lone or self._served_before:
            worker = self._ready()
            try:
                return self._exchange(worker, probe, arguments, allowed_s * limit_s / served_s)
            except wire.DeadlineExpired:
                self.close()
        self._confirmed.add(probe)
        raise TimedOut(
            Text(
                f"运行超过 {allowed_s:g} 秒，已中止（时限 {limit_s:g} 秒）；检查是否有死循环",
                f"ran for more than {allowed_s:g} s and was stopped (limit {limit_s:g} s); look "
                "for a loop that does not end",
            )
        ) from None

    def _read(self, reply: Any) -> Any:
        if isinstance(reply, dict) and len(reply) == 1:
            if "answer" in reply:
                return reply["answer"]
            if "verdict" in reply and isinstance(reply["verdict"], dict):
                raise self._verdict(reply["verdict"])
            if "oversized" in reply:
                raise OverLimit(limits.answer())
        self.close()
        raise Crashed(_MALFORMED)

    def _verdict(self, data: dict[str, Any]) -> Verdict:
        """In a reduced tier the points may wait for a better machine; else what is said."""
        if data.get("outcome") == tier_limitation.OUTCOME and self._server.tier in REDUCED:
            self.notices += (
                [tier_limitation.NOT_FINAL] if tier_limitation.NOT_FINAL not in self.notices else []
            )
            return Skipped(tier_limitation.TEXT)
        if sentence := limits.OVERRUNS.get(str(data.get("outcome"))):
            said = sentence(self._settings)
            where = place(_words(data.get("en")), self._submission)
            return OverLimit(Text(said.zh + where.zh, said.en + where.en))
        verdict = _verdict(data)
        if isinstance(verdict, OutOfMemory):
            return OutOfMemory(limits.memory(self._settings))
        return verdict

    def _crashed(self, worker: Worker, error: wire.WireError) -> Verdict:
        """Why the channel broke: the worker ended, or it sent what is no frame."""
        if not isinstance(error, wire.Closed):
            self.close()
            return Crashed(_MALFORMED)
        ended = worker.wait_end(2.0)
        self.close()
        if ended.signal == signal.SIGXCPU:
            return TimedOut(limits.processor(self._settings))
        if ended.signal == signal.SIGXFSZ:  # of code that restored what Python ignores
            return OverLimit(limits.storage(self._settings))
        if ended.signal is not None:
            name = _signal_name(ended.signal)
            return Crashed(
                Text(
                    f"你的代码让 Python 进程崩溃了（信号 {name}）",
                    f"your code crashed the Python process (signal {name})",
                )
            )
        return Crashed(
            Text(
                f"你的代码结束了 Python 进程（退出码 {ended.code}）；"
                "不要调用 exit、quit 或 os._exit",
                f"your code ended the Python process (exit status {ended.code}); do not call "
                "exit, quit or os._exit",
            )
        )

    # ------------------------------------------------------------ loading

    def _ready(self) -> Worker:
        """A worker with the part loaded."""
        if self._hopeless is not None:
            raise self._hopeless
        if self._worker is None:
            self._worker = self._load()
        return self._worker

    def _load(self) -> Worker:
        end = time.monotonic() + self._settings.part_wall_s  # each definition has its grace
        wall_s, doubt = self._settings.load_wall_s, not self._loads_slowly
        for _ in range(MAX_RELOADS):
            worker = self._server.spawn(limits.limits(self._settings))
            at: Any = None
            verdict: Verdict = TimedOut(limits.loading(self._settings))
            try:
                worker.send(self._request(wall_s))
                while True:
                    left_s = max(end - time.monotonic(), 0.0)
                    reply = worker.receive(min(wall_s + 4, left_s))
                    if not (isinstance(reply, dict) and "at" in reply):
                        break
                    at = reply["at"]
                notices, stalled = _loaded(reply)
                if stalled and doubt:
                    raise wire.DeadlineExpired
                self._loads_slowly |= stalled
                self.notices += [n for n in notices if n not in self.notices]
                return worker
            except wire.DeadlineExpired:
                worker.close()
                if doubt:  # confirmed once at twice the limit, as that of a call is
                    wall_s, doubt = 2 * wall_s, False
                    continue
            except wire.WireError as error:
                self._worker = worker
                verdict = self._crashed(worker, error)
            if not self._skip_statement(at, verdict):
                break
        self._hopeless = verdict
        raise verdict

    def _request(self, wall_s: float) -> dict[str, Any]:
        files = [{"path": s.path, "cells": list(s.cells)} for s in self._submission.sources]
        return {
            "load": {
                "part": self.part,
                "files": files,
                "order": list(self._submission.parts[self.part]),
                "skip": self._skip,
                "cpu_s": float(self._settings.load_cpu_s),
                "wall_s": float(wall_s),
            }
        }

    def _skip_statement(self, at: Any, verdict: Verdict) -> bool:
        """Leave out the statement that ended a worker; False if it is not known or not new."""
        if not (isinstance(at, list) and len(at) == 2):
            return False
        path, line = at
        if not isinstance(path, str) or not isinstance(line, int):
            return False
        if any(entry[:2] == [path, line] for entry in self._skip):
            return False
        name = _words(path.rsplit("/", 1)[-1])
        self._skip.append(
            [
                path,
                line,
                f"{name} 第 {line} 行在加载时：{verdict.text.zh}",
                f"{name}, line {line}, while it was loaded: {verdict.text.en}",
            ]
        )
        return True


_MALFORMED = Text(
    "你的代码干扰了它与评分程序之间的通道，得到的答复无法读取",
    "your code disturbed the channel to the grader; its answer cannot be read",
)


def _answers(reply: Any, mark: str) -> bool:
    """Whether a frame is the answer to the call with this mark; takes the mark off."""
    if not isinstance(reply, dict):
        return False
    said = reply.pop("mark", None)
    return isinstance(said, str) and said == mark


def _loaded(reply: Any) -> tuple[list[Text], bool]:
    """What there is to say about a load, and whether it was cut off for lack of time."""
    try:
        found = reply["loaded"]["notices"]
        notices = [Text(_words(n["zh"]), _words(n["en"])) for n in found[:50]]
        return notices, reply["loaded"]["stalled"] is True
    except (TypeError, KeyError, IndexError):
        raise wire.WireError("not the answer to a load") from None


def _verdict(data: dict[str, Any]) -> Verdict:
    """A worker's own word for how a call ended; never better than failed."""
    kind = _FROM_WORKER.get(str(data.get("outcome")), Failed)
    text = Told(_words(data.get("zh")), _words(data.get("en")))
    if not (text.zh and text.en):
        return Crashed(_MALFORMED)
    if data.get("raised") is True and kind is Failed:
        return Raised(text, _words(data.get("words")))
    return kind(text)


def _words(value: Any) -> str:
    return value[:MAX_WORDS] if isinstance(value, str) else ""


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)
