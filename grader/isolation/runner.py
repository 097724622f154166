"""Run the probes of a submission in a confined worker.

A call looks like a function call. A deadline, a crash or a malformed answer becomes a verdict
(:mod:`kit.outcomes`); nothing that a worker does raises anything else here.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Iterable
from typing import Any

from grader.core.model import Submission
from grader.core.settings import Settings
from grader.isolation import limits
from grader.isolation.redaction import definition_text, line_text
from grader.isolation.session import WorkerSession
from grader.protocol import messages, wire
from grader.protocol.messages import Reply
from grader.sandbox import ForkServer
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
from kit.reasons import Detailed, UntrustedText
from kit.runner import Runner
from kit.statements import Spot
from kit.text import Text

NOT_FINAL = tier_limitation.NOT_FINAL

MAX_RELOADS = 6
"""How many workers may end while they load a part, each at another statement."""

MAX_ROUNDS = 3
"""How often a part is loaded once more without the scripts that ran out of time."""

HUNG_SHARE = 0.2
"""The share of its limit that a probe gets once it has hung: correct code needs far less."""

_FROM_WORKER = {
    "failed": Failed,
    "missing": Missing,
    "not_attempted": NotAttempted,
    "out_of_memory": OutOfMemory,
}
"""The outcomes that a worker may report; any other word counts as failed. None of these earns a
point, so a lie gains nothing."""


class WorkerRunner(Runner):
    """Runs one part of a submission in a worker, and starts a fresh one after each that ends."""

    def __init__(
        self, part: str, server: ForkServer, submission: Submission, settings: Settings
    ) -> None:
        self.part = part
        self._server = server
        self._submission = submission
        self._settings = settings
        self._session: WorkerSession | None = None
        self._skipped: dict[Spot, messages.SkippedStatement] = {}
        self._hopeless: Verdict | None = None
        self._loads_slowly = False
        self._confirmed: set[str] = set()
        self._served_before = False
        self._loaded_before = False
        self._spent_s = 0.0
        self.limited_by_tier = False
        """Whether a call could not be answered because of a reduced tier."""
        self.notices: list[Text] = []
        """What the first load said; later ones may have seen hidden inputs."""
        self.compute_s: dict[str, float] = {}
        """CPU seconds of the submission's own code, by probe; for benchmarks."""

    def call(self, probe: str, arguments: dict[str, Any]) -> Any:
        """The probe's answer as plain data; raises a Verdict where there is none."""
        while True:
            try:
                return self._ask(probe, arguments)
            except (Crashed, OutOfMemory, OverLimit):
                # An earlier call may be the cause: it left threads, files or a leak behind. That
                # must not cost this check, so only what happens in a fresh worker counts. The
                # worker is closed in any case: this call must not cost the next one either.
                self.close()
                if not self._served_before:
                    raise

    def _ask(self, probe: str, arguments: dict[str, Any]) -> Any:
        limit_s = self._limit_s(probe)
        start = time.monotonic()
        self._served_before = self._session is not None
        try:
            session = self._ready()
            try:
                reply = self._exchange(session, probe, arguments, limit_s)
            except wire.DeadlineExpired:
                reply = self._again(session, probe, arguments, limit_s)
        finally:
            self._spent_s += time.monotonic() - start
        return self._answer(reply)

    def forget(self) -> None:
        """End the worker, so that the next call starts a fresh one."""
        self.close()

    def close(self) -> None:
        """End the worker."""
        if self._session is not None:
            self._session.close()
            self._session = None

    # ------------------------------------------------------------ calls

    def _limit_s(self, probe: str) -> float:
        part_s = self._settings.part_wall_s
        # Looked at before a call: one call may go beyond the limit, and no later one starts.
        if self._spent_s > part_s:
            raise TimedOut(
                Text(
                    f"这一部分的检查总共已用了 {part_s:g} 秒，不再继续；请找出用时过长的函数",
                    f"the checks of this part have taken {part_s:g} s in all and go no further; "
                    "find the function that takes too long",
                )
            )
        learning = probe in BY_ID[self.part].trains
        limit_s = self._settings.learning_wall_s if learning else self._settings.call_wall_s
        return limit_s * HUNG_SHARE if probe in self._confirmed else limit_s

    def _exchange(
        self, session: WorkerSession, probe: str, arguments: dict[str, Any], limit_s: float
    ) -> Reply:
        before = session.cpu_s()
        try:
            reply = session.call(probe, arguments, limit_s)
        except wire.WireError as error:
            raise self._crashed(session, error) from None
        self.compute_s[probe] = self.compute_s.get(probe, 0.0) + session.cpu_s() - before
        return reply

    def _again(
        self, session: WorkerSession, probe: str, arguments: dict[str, Any], limit_s: float
    ) -> Reply:
        """Repeat a call that timed out, because a busy machine is not the student's fault.

        A lone time-out is repeated at twice the limit. Where a time-out has been confirmed before,
        only one that a busy machine could explain counts as lone: a hang in one function must
        leave time for the checks of the others. Any other is repeated only if the worker had
        served before, in a fresh one and at the same limit: a thread that an earlier call left
        running can be the cause.
        """
        # The limit is meant for a processor of one's own. So the time allowed is scaled by how
        # much longer than its work the first try took; at most tenfold.
        waited_s = session.waited_s()
        served_s = max(limit_s - waited_s, limit_s / 10)
        self.close()
        lone = not self._confirmed or (probe not in self._confirmed and waited_s >= limit_s / 4)
        allowed_s = 2 * limit_s if lone else limit_s
        if lone or self._served_before:
            session = self._ready()
            try:
                return self._exchange(session, probe, arguments, allowed_s * limit_s / served_s)
            except wire.DeadlineExpired:
                self.close()
        self._confirmed.add(probe)
        raise TimedOut(
            Text(
                f"运行超过 {allowed_s:g} 秒，已中止（时限 {limit_s:g} 秒）；请检查是否有死循环",
                f"ran for more than {allowed_s:g} s and was stopped (limit {limit_s:g} s); look "
                "for a loop that does not end",
            )
        ) from None

    def _answer(self, reply: Reply) -> Any:
        """The answer in a reply; raises the verdict of any other reply. None of those earns."""
        match reply:
            case messages.Answer(value=value):
                return value
            case messages.Oversized():
                raise OverLimit(limits.answer())
            case messages.Overran(limit=limit, line=line) if limit in limits.OVERRUNS:
                said = limits.OVERRUNS[limit](self._settings)
                where = line_text(line, self._submission)
                at_def = definition_text(line, self.part, self._submission)
                raise OverLimit(
                    Detailed(
                        Text(said.zh + at_def.zh, said.en + at_def.en),
                        Text(said.zh + where.zh, said.en + where.en),
                    )
                )
            case messages.LimitedByTier():
                raise self._limited_by_tier()
            case messages.Failed(outcome="out_of_memory"):
                raise OutOfMemory(limits.memory(self._settings))
            case messages.Failed(outcome=outcome, reason=reason):
                raise _FROM_WORKER.get(outcome, Failed)(reason)
        self.close()
        # No unmodified worker sends such a reply, so the student's code has written it.
        raise Crashed(_MALFORMED)

    def _limited_by_tier(self) -> Verdict:
        """The verdict where the tier is said to be the cause: a lie, unless the tier is reduced."""
        if self._server.tier not in REDUCED:
            return Failed(UntrustedText(tier_limitation.TEXT))
        self.limited_by_tier = True
        return Skipped(tier_limitation.TEXT)

    def _crashed(self, session: WorkerSession, error: wire.WireError) -> Verdict:
        """The verdict where the channel broke: the worker ended, or it sent no valid message."""
        # After a malformed frame nothing tells where the next one begins: the worker is of no use.
        if not isinstance(error, wire.Closed):
            self.close()
            return Crashed(_MALFORMED)
        # The channel closes a moment before the kernel reports how the process ended.
        ended = session.wait_end(2.0)
        self.close()
        if ended.signal == signal.SIGXCPU:
            return TimedOut(limits.processor(self._settings))
        if ended.signal == signal.SIGXFSZ:  # Python ignores this signal; the code undid that
            return OverLimit(limits.storage(self._settings))
        if ended.signal is not None:
            name = _signal_name(ended.signal)
            text = Text(
                f"你的代码使 Python 进程崩溃（信号 {name}）；请检查递归深度和数组下标",
                f"your code crashed the Python process (signal {name}); look at the depth "
                "of recursion "
                "and at indices of arrays",
            )
        else:
            text = Text(
                f"你的代码结束了 Python 进程（退出码 {ended.code}）；"
                "请不要调用 exit、quit 或 os._exit",
                f"your code ended the Python process (exit status {ended.code}); do not call "
                "exit, quit or os._exit",
            )
        # The code chooses the status and the signal, so a hidden check shows neither.
        return Crashed(Detailed(_ENDED, text))

    # ------------------------------------------------------------ loading

    def _ready(self) -> WorkerSession:
        """A worker that has loaded the part."""
        if self._hopeless is not None:
            raise self._hopeless
        if self._session is None:
            self._session = self._load()
        return self._session

    def _load(self) -> WorkerSession:
        """Load the part in a new worker. Leave out a statement that ends it, and try again."""
        # A limit on all of it, because each definition may take its grace after the budget.
        end = time.monotonic() + self._settings.part_wall_s
        wall_s, doubt = self._settings.load_wall_s, not self._loads_slowly
        rounds = MAX_ROUNDS
        for _ in range(MAX_RELOADS + MAX_ROUNDS):
            session = WorkerSession(self._server.spawn(limits.of_worker(self._settings)))
            verdict: Verdict = TimedOut(limits.loading(self._settings))
            try:
                loaded = session.load(self._request(wall_s), end - time.monotonic())
                # It may only have waited for the processor, so the code is loaded once more.
                if loaded.stalled and doubt:
                    raise wire.DeadlineExpired
                self._loads_slowly |= loaded.stalled
                # How far they came depends on the machine, so they are left out altogether.
                if self._leave_out(loaded.unfinished) and rounds:
                    rounds -= 1
                    session.close()
                    continue
                # Only of the first load, when no worker of this part has seen a hidden input.
                if not self._loaded_before:
                    self.notices += [n for n in loaded.notices if n not in self.notices]
                self._loaded_before = True
                return session
            except wire.DeadlineExpired:
                session.close()
                if doubt:  # confirmed at twice the limit, once, like a call's
                    wall_s, doubt = 2 * wall_s, False
                    continue
            except wire.WireError as error:
                self._session = session
                verdict = self._crashed(session, error)
            if not self._skip_statement(session.loading, verdict):
                break
        self._hopeless = verdict  # every later call raises it too, without another worker
        raise verdict

    def _request(self, wall_s: float) -> messages.Load:
        submission = self._submission
        reading = submission.reading(self.part)
        return messages.Load(
            part=self.part,
            files=tuple(messages.File(s.path, s.cells) for s in submission.sources),
            order=submission.parts[self.part],
            skip=tuple(self._skipped.values()),
            cpu_s=float(self._settings.load_cpu_s),
            wall_s=float(wall_s),
            run=reading.run,
            omit=reading.omit,
        )

    def _leave_out(self, unfinished: Iterable[Spot]) -> bool:
        """Note scripts that ran out of time, of those that the judge asked for; whether any."""
        why = Text("用完了加载的时间，没有执行", "ran out of the time for loading and was left out")
        asked = set(self._submission.reading(self.part).run) - self._skipped.keys()
        found = sorted(asked.intersection(unfinished))
        for spot in found:
            self._skip(spot, why)
        return bool(found)

    def _skip_statement(self, at: messages.Loading | None, verdict: Verdict) -> bool:
        """Note the statement that ended a worker; False if it is not known or already noted."""
        if at is None:
            return False
        spot = Spot(at.path, at.cell, at.line, at.column)
        if spot in self._skipped:
            return False
        why = Text(f"在加载时：{verdict.text.zh}", f"while it was loaded: {verdict.text.en}")
        self._skip(spot, why)
        return True

    def _skip(self, spot: Spot, why: Text) -> None:
        """Leave a statement out whenever the part is loaded from now on, and say why."""
        said = Text(f"{spot.place.zh}：{why.zh}", f"{spot.place.en}: {why.en}")
        self._skipped[spot] = messages.SkippedStatement(
            spot.path, spot.line, said, spot.cell, spot.column
        )


_ENDED = Text(
    "你的代码使 Python 进程崩溃或退出；请检查递归深度和数组下标，不要调用 exit、quit 或 os._exit",
    "your code crashed or ended the Python process; look at the depth of recursion and at indices "
    "of arrays, and do not call exit, quit or os._exit",
)

_MALFORMED = Text(
    "你的代码干扰了它与评分器之间的通道，答复无法读取；请不要关闭或改写不是自己打开的文件",
    "your code disturbed the channel to the grader, so its answer cannot be read; do not close or "
    "write to files that it did not open",
)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)
