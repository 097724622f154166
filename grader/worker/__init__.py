"""Runs inside the sandbox: loads one part of a submission and runs probes on it.

The fork server imports this package before it enters its jail, so nothing here may hold a
secret: student code shares this process and can read every object in it. What it answers is
only data; the judge alone decides what the data are worth.
"""

from __future__ import annotations

import argparse
import os
import socket
import sys
from typing import Any

from grader.protocol import wire
from grader.protocol.environment import TIER_VARIABLE
from kit.contracts import BY_ID
from kit.lab import Lab
from kit.outcomes import Verdict
from kit.run import Raised, run_probe

from . import files
from .loader import Loader
from .overruns import overrun
from .pdf import measure
from .tier_limitation import TierLimitation, is_tier_limitation
from .torch_compatibility import make_compatible

REDUCED = os.environ.get(TIER_VARIABLE) in ("landlock", "seccomp")
"""Whether this tier of confinement leaves no folder to write in."""


def warm() -> None:
    """Called once in the fork server after its imports, before any student code is near."""
    if REDUCED:
        files.install()
    if "torch" in sys.modules:
        make_compatible(sys.modules["torch"])


def main(channel: socket.socket) -> None:
    """Serve one judge: a ``pdf`` to measure, or a ``load`` and calls until the judge hangs up.

    Where what was loaded is the solution, more of its kind may come to stand ``beside`` it, each a
    runner of its own, by number. A student's worker holds nothing but the submission.
    """
    request = wire.receive(channel, None)
    if "pdf" in request:
        wire.send(channel, {"pdf": measure(request["pdf"])}, None)
        return
    request = request["load"]
    loader = Loader(
        request["files"], request["skip"], request["cpu_s"], request["wall_s"], channel, REDUCED
    )
    lab = loader.load(request["order"])
    part = request["part"]
    if arguments := BY_ID[part].arguments:
        lab.put("args", argparse.Namespace(**arguments))
    loaded = {"notices": loader.notices, "stalled": loader.stalled}
    wire.send(channel, {"loaded": loaded}, None)
    labs = [lab]
    while True:
        try:
            call = wire.receive(channel, None)
        except wire.Closed:
            return
        if "beside" in call:
            labs.append(_trusted(part, call["beside"]))
            wire.send(channel, {"runner": len(labs) - 1}, None)
            continue
        mark = {"mark": call["mark"]}  # the judge's, so that it knows which call this answers
        answer = _answer(part, labs[call.get("runner", 0)], call, loader.own_files)
        try:
            wire.send(channel, answer | mark, None)
        except wire.WireError:  # too large or too deep for a frame
            wire.send(channel, {"oversized": True} | mark, None)


def _trusted(part: str, source: str) -> Lab:
    """What a source of ours defines; nothing where it raises."""
    space: dict[str, Any] = {"__name__": part}
    try:
        exec(compile(source, f"{part}.py", "exec", dont_inherit=True), space)
    except Exception:
        space = {}
    return Lab([space])


def _answer(part: str, lab: Lab, call: dict[str, Any], own_files: frozenset[str]) -> Any:
    try:
        return {"answer": run_probe(part, lab, call["call"], call["arguments"], own_files)}
    except Verdict as verdict:
        if REDUCED and is_tier_limitation(verdict.__context__):
            verdict = TierLimitation()
        limit = overrun(verdict.__context__) if isinstance(verdict, Raised) else None
        words = verdict.words if isinstance(verdict, Raised) else ""
        return {
            "verdict": {
                "outcome": limit or verdict.outcome,
                "raised": isinstance(verdict, Raised),
                "zh": verdict.text.zh,
                "en": verdict.text.en,
                "words": words,
            }
        }
