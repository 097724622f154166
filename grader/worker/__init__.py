"""Load one part of a submission and run probes on it, inside the sandbox.

Student code shares this process and can read and change every object in it. So nothing here may
hold a secret, and what a worker answers is only data: the judge alone decides what they are worth.
"""

from __future__ import annotations

import argparse
import os
import socket
import sys
from functools import partial

from grader.protocol import wire
from grader.protocol.environment import REDUCED_TIERS, TIER_VARIABLE
from grader.protocol.messages import (
    Added,
    AddSource,
    Answer,
    Call,
    Failed,
    LimitedByTier,
    Load,
    Loaded,
    Loading,
    Message,
    Overran,
    Oversized,
    Reply,
    StandInUsed,
    Stopped,
    decode,
    encode,
)
from kit.contracts import BY_ID
from kit.lab import Lab
from kit.outcomes import Verdict
from kit.reasons import Raised
from kit.run import run_probe
from kit.text import Text

from . import files
from .added import AddedSources, LimitReached
from .inert import USES
from .loader import Loader
from .overruns import overrun
from .position import PositionReporter
from .standins import unannounced
from .stopping import Stop
from .tier_limitation import TierLimitation, is_tier_limitation
from .torch_compatibility import make_compatible

REDUCED = os.environ.get(TIER_VARIABLE) in REDUCED_TIERS
"""Whether the tier of confinement gives the code no folder to write to."""


_NO_ANSWER = Text("没有答复", "no answer")


def warm() -> None:
    """Prepare the libraries. The fork server calls this once, before it forks the first worker."""
    if REDUCED:
        files.install()
    if "torch" in sys.modules:
        make_compatible(sys.modules["torch"])


def main(channel: socket.socket) -> None:
    """Load one part and answer calls until the judge hangs up."""
    # There is no deadline: the judge may keep a worker waiting, and ends it itself.
    request = decode(wire.receive(channel, None), Load, trusted=True)
    reporter = PositionReporter(lambda message: _send(channel, message))
    reporter.install()
    part = request.part
    cells = {file.path: file.cells for file in request.files}
    loader = Loader(
        cells,
        request.skip,
        request.cpu_s,
        request.wall_s,
        # A function that imports another file of the submission announces it during a call.
        lambda at: reporter.send(Loading(at.path, at.line, at.cell, at.column)),
        REDUCED,
        request.run,
        request.omit,
    )
    lab = loader.load(request.order, request.passed_over.stubs)
    if arguments := BY_ID[part].arguments:
        # Code of the notes reads `args`, which its `main()` would bind.
        lab.put("args", argparse.Namespace(**arguments))
    texts = [cell for file in request.files for cell in file.cells]
    notices = (*loader.notices, *unannounced(texts, (n.name for n in loader.notices)))
    _send(channel, Loaded(notices, loader.stalled, tuple(loader.unfinished)))
    _serve(channel, part, lab, loader.own_files, reporter)


def _serve(
    channel: socket.socket,
    part: str,
    lab: Lab,
    own_files: frozenset[str],
    reporter: PositionReporter,
) -> None:
    """Answer calls, and add sources. The judge adds them only to a worker with the solution."""
    added = AddedSources(part)
    while True:
        try:
            request = decode(wire.receive(channel, None), Call, AddSource, trusted=True)
        except wire.Closed:
            return
        if isinstance(request, AddSource):
            _send(channel, Added(added.add(request.pieces, request.cpu_s)))
            continue
        used = StandInUsed(request.call_id)
        with (
            reporter.during(request.call_id, own_files),
            USES.during(partial(reporter.send, used)),
        ):
            if request.runner == 0:
                reply = _reply(part, lab, request, own_files)
            else:
                reply = _limited(part, added, request, own_files)
        try:
            reporter.send(reply)  # a thread that a call left behind may be sending
        except wire.WireError:  # too large or too deep for a frame
            _send(channel, Oversized(request.call_id))


def _send(channel: socket.socket, message: Message) -> None:
    wire.send(channel, encode(message), None)


def _limited(part: str, added: AddedSources, call: Call, own_files: frozenset[str]) -> Reply:
    """As :func:`_reply`, of a source that was added and has a limit."""
    try:
        with added.limited(call.runner):
            return _reply(part, added.lab(call.runner), call, own_files)
    except LimitReached:
        return Failed(call.call_id, "timed_out", _NO_ANSWER)


def _reply(part: str, lab: Lab, call: Call, own_files: frozenset[str]) -> Reply:
    """Run the probe. The reply carries the call's id, without which the judge ignores it."""
    call_id = call.call_id
    try:
        return Answer(call_id, run_probe(part, lab, call.probe, call.arguments, own_files))
    except Stop as stop:
        return Stopped(call_id, stop.shape)
    except Verdict as verdict:
        error = verdict.__context__  # the student's exception, which tells the limit or the tier
        if isinstance(verdict, TierLimitation) or (REDUCED and is_tier_limitation(error)):
            return LimitedByTier(call_id)
        reason = verdict.reason
        if isinstance(reason, Raised) and (limit := overrun(error)):
            return Overran(call_id, limit, reason.line)
        return Failed(call_id, verdict.outcome, reason)
