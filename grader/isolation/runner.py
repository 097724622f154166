"""Run the probes of a submission in a confined worker.

A call looks like a function call. A deadline, a crash or a malformed answer becomes a verdict
(:mod:`kit.outcomes`); nothing that a worker does raises anything else here.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from grader.core.model import Submission
from grader.core.settings import Settings
from grader.isolation import limits
from grader.isolation.crashes import MALFORMED, Stopped, crashed
from grader.isolation.load_notices import replaced, sentence
from grader.isolation.part_time import COMPUTED_SHARE, Overtime, PartTime
from grader.isolation.redaction import definition_text, line_text
from grader.isolation.session import WorkerSession
from grader.protocol import messages, wire
from grader.protocol.environment import REDUCED_TIERS
from grader.protocol.messages import Reply
from grader.protocol.passed_over import PassedOverLists
from grader.sandbox import ForkServer
from grader.worker import tier_limitation
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
from kit.reasons import Detailed, Line, UntrustedText
from kit.runner import Runner
from kit.statements import Spot
from kit.text import Text

NOT_FINAL = tier_limitation.NOT_FINAL

MAX_RELOADS = 6
"""How many workers may end while they load a part, each at another statement."""

MAX_ROUNDS = 2
"""How often a part is loaded once more without the scripts that ran out of time."""

MOST_LOADS = 4
"""All workers together may use this many times the limit of one load for loading a part."""

_FROM_WORKER = {
    "failed": Failed,
    "missing": Missing,
    "not_attempted": NotAttempted,
    "out_of_memory": OutOfMemory,
}
"""The outcomes that a worker may report; any other word counts as failed. None of these earns a
point, so a lie gains nothing."""


class WorkerRunner(Runner):
    """Runs one part of a submission in a worker, and starts a fresh one after each that ends.

    `part_time` is shared by the runners of the part; without one the runner has its own.
    """

    def __init__(
        self,
        part: str,
        server: ForkServer,
        submission: Submission,
        settings: Settings,
        part_time: PartTime | None = None,
    ) -> None:
        self.part = part
        self._server = server
        self._submission = submission
        self._settings = settings
        self._session: WorkerSession | None = None
        self._skipped: dict[Spot, messages.SkippedStatement] = {}
        # A part that cannot be loaded is not loaded again for each of its checks.
        self._hopeless: Verdict | None = None
        self._time = part_time or PartTime(part, settings)
        self._loads_slowly = False
        self._served_before = False
        self._loaded_before = False
        self.limited_by_tier = False
        """Whether a call could not be answered because of a reduced tier."""
        self.notices: list[Text] = []
        """What the first load said; later ones may have seen hidden inputs."""
        self.replaced: tuple[str, ...] = ()
        """Modules that stand-ins replace and whose values may matter, by the first load."""
        self.stood_in = False
        """Whether a call used a stand-in; the caller sets it back."""
        self.compute_s: dict[str, float] = {}
        """CPU seconds of the submission's own code, by probe; for benchmarks."""

    def call(self, probe: str, arguments: dict[str, Any]) -> Any:
        """The probe's answer as plain data; raises a Verdict where there is none."""
        # There are at most two rounds: the second has a fresh worker, and its verdict is raised.
        while True:
            try:
                return self._ask(probe, arguments)
            # `_again` repeats a time-out, since its second try has another limit.
            except (Crashed, OutOfMemory, OverLimit):
                # An earlier call may be the cause: it left threads, files or a leak behind. That
                # must not cost this check, so only what happens in a fresh worker counts. The
                # worker is closed in any case: this call must not cost the next one either.
                self.close()
                if not self._served_before:
                    raise

    def _ask(self, probe: str, arguments: dict[str, Any]) -> Any:
        self._time.require()
        if self._time.trains(probe):
            # Training takes longest. In a worker that has served no call, one try is enough: no
            # thread that an earlier call has left can be why it does not end.
            self.close()
        self._served_before = self._session is not None
        session = self._ready()
        limit_s = self._time.limit_s(probe)
        ended = self._try(session, probe, arguments, limit_s)
        if isinstance(ended, Overtime):
            ended = self._again(ended, probe, arguments, limit_s)
        return self._answer(ended)

    def load(self) -> None:
        """Load the part, if no worker has; what stops that is said to the first call."""
        if not self._loaded_before:
            with suppress(Verdict):
                self._ready()

    def forget(self) -> None:
        """End the worker, so that the next call starts a fresh one."""
        self.close()

    def close(self) -> None:
        """End the worker."""
        if self._session is not None:
            self._session.close()
            self._session = None

    # ------------------------------------------------------------ calls

    def _try(
        self,
        session: WorkerSession,
        probe: str,
        arguments: dict[str, Any],
        limit_s: float,
        *,
        charged: bool = True,
    ) -> Reply | Overtime:
        """One try of a call, in a worker of which nothing is known after an overtime."""
        watch = self._time.watch(probe, limit_s)
        known, pending = False, None
        try:
            pending = session.begin(probe, arguments)
            for until_s in watch.looks():
                reply = pending.reply(until_s)
                if reply is None:
                    known = watch.stops(pending.where())
                    reply = pending.reply(0.0)  # it may have come while the worker was asked
                if reply is not None:
                    used = pending.meter.used()
                    self.compute_s[probe] = self.compute_s.get(probe, 0.0) + used.cpu_s
                    if charged:
                        self._time.charge(used.counted_s)
                    return reply
                if known:
                    break
            used = pending.meter.used()
            computed = used.cpu_s >= COMPUTED_SHARE * limit_s
            self._time.charge_stopped(used.counted_s)
        # How much it computed is not known then, so the call counts as one that may have waited.
        except wire.DeadlineExpired:  # in the middle of a frame
            computed = False
        except wire.WireError as error:
            verdict = crashed(session, error, self._settings)
            self.close()
            raise verdict from None
        finally:
            self.stood_in |= pending is not None and pending.stood_in
        return watch.overtime(known=known, computed=computed)

    def _again(
        self, first: Overtime, probe: str, arguments: dict[str, Any], limit_s: float
    ) -> Reply:
        """Repeat a call that timed out, where something else than the code may be the reason.

        That is so where the worker had served before, because a thread that an earlier call left
        running can be it; and for the first time-out of the part where the code did not compute
        all the time, because a device can be it. A fresh worker then gets twice the limit the first
        time, and the limit later. None of this is charged to the part.
        """
        self.close()
        lone = not self._time.confirmed
        last, allowed_s = first, limit_s
        if self._served_before or (lone and not first.computed):
            allowed_s = 2 * limit_s if lone else limit_s
            again = self._try(self._ready(), probe, arguments, allowed_s, charged=False)
            if not isinstance(again, Overtime):
                return again
            self.close()
            last = again
        if last.known:
            raise self._stopped(last)
        self._time.confirm(last)
        text = limits.calling(allowed_s, limit_s)
        raise TimedOut(self._at(text, last))

    def _stopped(self, overtime: Overtime) -> Verdict:
        """The verdict after a short try."""
        short_s = self._time.short_s
        text = limits.part(short_s) if self._time.spent else limits.hanging(short_s)
        return TimedOut(self._at(text, overtime))

    def _at(self, text: Text, overtime: Overtime) -> Text | Detailed:
        """A sentence with the place where a call was stopped."""
        if overtime.place is None:
            return text
        line = Line.of(overtime.place.file, overtime.place.at)
        at_def = definition_text(line, self.part, self._submission)
        where = line_text(line, self._submission)
        return Detailed(
            Text(text.zh + at_def.zh, text.en + at_def.en),
            Text(text.zh + where.zh, text.en + where.en),
        )

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
            case messages.Stopped(shape=shape):
                raise Stopped(shape)
            case messages.LimitedByTier():
                raise self._limited_by_tier()
            case messages.Failed(outcome="out_of_memory"):
                raise OutOfMemory(limits.memory(self._settings))
            case messages.Failed(outcome=outcome, reason=reason):
                raise _FROM_WORKER.get(outcome, Failed)(reason)
        self.close()
        # No unmodified worker sends such a reply, so the student's code has written it.
        raise Crashed(MALFORMED)

    def _limited_by_tier(self) -> Verdict:
        """The verdict where the tier is said to be the cause: a lie, unless the tier is reduced."""
        if self._server.tier not in REDUCED_TIERS:
            return Failed(UntrustedText(tier_limitation.TEXT))
        self.limited_by_tier = True
        return Skipped(tier_limitation.TEXT)

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
        limit_s = self._settings.load_wall_s
        wall_s, doubt, used_s = limit_s, not self._loads_slowly, 0.0
        # Scripts have the time of the part's checks, because each may take that of a load.
        scripts = bool(self._submission.reading(self.part).run)
        most_s = self._settings.part_wall_s if scripts else MOST_LOADS * limit_s
        rounds = MAX_ROUNDS
        # Each round ends the loop, leaves something out, or doubles the limit, which happens once.
        for _ in range(MAX_RELOADS + MAX_ROUNDS):
            session = WorkerSession(self._server.spawn(limits.of_worker(self._settings)))
            verdict: Verdict = TimedOut(limits.loading(self._settings))
            try:
                loaded = session.load(self._request(wall_s), most_s - used_s if scripts else None)
                # It may only have waited for the processor, so the code is loaded once more.
                if loaded.stalled and doubt:
                    raise wire.DeadlineExpired
                self._loads_slowly |= loaded.stalled
                # How far they came depends on the machine, so they are left out altogether.
                if self._leave_out(loaded.unfinished) and rounds:
                    rounds -= 1
                    used_s += session.meter.used_s()
                    session.close()
                    continue
                # Only of the first load, when no worker of this part has seen a hidden input.
                if not self._loaded_before:
                    self.notices = self._sentences(loaded.notices)
                    self.replaced = replaced(loaded.notices, self._submission)
                self._loaded_before = True
                return session
            except wire.DeadlineExpired:
                used = session.meter.used()
                used_s += used.counted_s
                computed = used.cpu_s >= COMPUTED_SHARE * wall_s
                session.close()
                if doubt and not computed:  # confirmed at twice the limit, once, like a call's
                    wall_s, doubt = 2 * wall_s, False
                    continue
                wall_s = limit_s
            except wire.WireError as error:
                used_s += session.meter.used_s()
                verdict = crashed(session, error, self._settings)
                session.close()
            if used_s > most_s or not self._skip_statement(session.loading, verdict):
                break
        self._hopeless = verdict  # every later call raises it too, without another worker
        raise verdict

    def _sentences(self, notices: tuple[messages.Notice, ...]) -> list[Text]:
        skipped = {(s.path, s.cell, s.line): s.why for s in self._skipped.values()}
        found = (sentence(notice, self._submission, skipped) for notice in notices)
        return list(dict.fromkeys(said for said in found if said is not None))

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
            passed_over=PassedOverLists.of(submission.passed_over.get(self.part, ())),
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
