"""Load one part of a submission and run probes on it, inside the sandbox.

Student code shares this process and can read and change every object in it. So nothing here may
hold a secret, and what a worker answers is only data: the judge alone decides what they are worth.
"""

from __future__ import annotations

import argparse
import os
import socket
import sys
from typing import Any

from grader.protocol import wire
from grader.protocol.environment import TIER_VARIABLE
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
    decode,
    encode,
)
from kit.contracts import BY_ID
from kit.lab import Lab
from kit.outcomes import Verdict
from kit.reasons import Raised
from kit.run import run_probe

from . import files
from .loader import Loader
from .overruns import overrun
from .tier_limitation import TierLimitation, is_tier_limitation
from .torch_compatibility import make_compatible

REDUCED = os.environ.get(TIER_VARIABLE) in ("landlock", "seccomp")
"""Whether the tier of confinement gives the code no folder to write to."""


def warm() -> None:
    """Prepare the libraries. The fork server calls this once, before it forks the first worker."""
    if REDUCED:
        files.install()
    if "torch" in sys.modules:
        make_compatible(sys.modules["torch"])


def main(channel: socket.socket) -> None:
    """Load one part and answer calls until the judge hangs up."""
    request = decode(wire.receive(channel, None), Load, trusted=True)
    loader = Loader(
        {file.path: file.cells for file in request.files},
        request.skip,
        request.cpu_s,
        request.wall_s,
        lambda path, line: _send(channel, Loading(path, line)),
        REDUCED,
    )
    lab = loader.load(request.order)
    part = request.part
    if arguments := BY_ID[part].arguments:
        lab.put("args", argparse.Namespace(**arguments))
    _send(channel, Loaded(tuple(loader.notices), loader.stalled))
    _serve(channel, part, lab, loader.own_files)


def _serve(channel: socket.socket, part: str, lab: Lab, own_files: frozenset[str]) -> None:
    """Answer calls, and add sources. The judge adds them only to a worker with the solution."""
    labs = [lab]
    while True:
        try:
            request = decode(wire.receive(channel, None), Call, AddSource, trusted=True)
        except wire.Closed:
            return
        if isinstance(request, AddSource):
            labs.append(_trusted(part, request.source))
            _send(channel, Added(len(labs) - 1))
            continue
        try:
            _send(channel, _reply(part, labs[request.runner], request, own_files))
        except wire.WireError:  # too large or too deep for a frame
            _send(channel, Oversized(request.call_id))


def _send(channel: socket.socket, message: Message) -> None:
    wire.send(channel, encode(message), None)


def _trusted(part: str, source: str) -> Lab:
    """What a source of the staff's defines; nothing if it raises."""
    space: dict[str, Any] = {"__name__": part}
    try:
        exec(compile(source, f"{part}.py", "exec", dont_inherit=True), space)
    except Exception:
        space = {}
    return Lab([space])


def _reply(part: str, lab: Lab, call: Call, own_files: frozenset[str]) -> Reply:
    """Run the probe. The reply carries the call's id, without which the judge ignores it."""
    call_id = call.call_id
    try:
        return Answer(call_id, run_probe(part, lab, call.probe, call.arguments, own_files))
    except Verdict as verdict:
        error = verdict.__context__  # the student's exception, which tells the limit or the tier
        if isinstance(verdict, TierLimitation) or (REDUCED and is_tier_limitation(error)):
            return LimitedByTier(call_id)
        reason = verdict.reason
        if isinstance(reason, Raised) and (limit := overrun(error)):
            return Overran(call_id, limit, reason.line)
        return Failed(call_id, verdict.outcome, reason)
