"""Many mutants of one part in one trusted worker, for parts whose code needs torch.

The judge does not import torch. A worker for each mutant would cost a fork and a load each; here
one worker, forked off the warm server, holds as many mutants as were asked for. No student's code
is ever in it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from grader.parts.reference import solution_path
from grader.protocol import wire
from grader.sandbox import ForkServer, Limits, Worker
from kit.outcomes import Crashed, Failed, Verdict
from kit.runner import Runner
from kit.text import Text

CALL_S = 5.0
LOAD_S = 20.0

_NO_ANSWER = Text("没有答复", "no answer")


class Host:
    """The mutants of `part` behind one worker of the server that `ready` gives."""

    def __init__(self, part: str, ready: Callable[[], ForkServer]) -> None:
        self.part = part
        self._ready = ready
        self._worker: Worker | None = None
        self._numbers: dict[str, int] = {}  # source -> its runner in the worker

    def runner(self, source: str) -> Runner:
        """A runner on `source`; closing it leaves the worker as it is."""
        return _HostRunner(self, source)

    def call(self, source: str, probe: str, arguments: dict[str, Any]) -> Any:
        """The probe's answer by `source`; raises a Verdict where there is none."""
        try:
            worker = self._open()
            if source not in self._numbers:
                reply = worker.exchange({"beside": source}, LOAD_S)
                self._numbers[source] = reply["runner"]
            reply = worker.exchange(
                {
                    "call": probe,
                    "arguments": arguments,
                    "mark": secrets.token_hex(8),
                    "runner": self._numbers[source],
                },
                CALL_S,
            )
        except wire.WireError:
            self.close()
            raise Crashed(_NO_ANSWER) from None
        except wire.DeadlineExpired:
            self.close()
            raise Failed(_NO_ANSWER) from None
        if "answer" not in reply:
            raise _said(reply)
        return reply["answer"]

    def close(self) -> None:
        """End the worker; the next call starts another."""
        if self._worker is not None:
            self._worker.close()
        self._worker = None
        self._numbers = {}

    def _open(self) -> Worker:
        if self._worker is None:
            worker = self._ready().spawn(Limits())
            path = solution_path(self.part)
            load = {
                "part": self.part,
                "files": [{"path": path.name, "cells": [path.read_text("utf-8")]}],
                "order": [path.name],
                "skip": [],
                "cpu_s": LOAD_S,
                "wall_s": LOAD_S,
            }
            self._worker = worker
            reply = worker.exchange({"load": load}, LOAD_S)
            while "at" in reply:
                reply = worker.receive(LOAD_S)
            self._numbers[path.read_text("utf-8")] = 0
        return self._worker


class _HostRunner(Runner):
    def __init__(self, host: Host, source: str) -> None:
        self.part = host.part
        self._host = host
        self._source = source

    def call(self, probe: str, arguments: dict[str, Any]) -> Any:
        """As :meth:`Host.call`."""
        return self._host.call(self._source, probe, arguments)


def _said(reply: dict[str, Any]) -> Verdict:
    """A verdict of the worker's, as an exception; only that there is no answer matters."""
    verdict = reply.get("verdict", {})
    return Failed(Text(str(verdict.get("zh", "")), str(verdict.get("en", ""))))
