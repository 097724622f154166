"""Runners: what runs a probe. A check calls ``lab.forward(weights=..., x=...)`` on any of them."""

from __future__ import annotations

import copy
import os
import tempfile
from collections.abc import Callable
from typing import Any

from .declared import validated
from .lab import Lab
from .run import run_probe


class Runner:
    """A probe is called like a method; every runner answers with plain data.

    What a check gets has been validated against what the probe declares (:mod:`kit.declared`).
    """

    part: str

    def call(self, probe: str, arguments: dict[str, Any]) -> Any:
        """Run `probe` with `arguments`; raises a :class:`kit.outcomes.Verdict`."""
        raise NotImplementedError

    def forget(self) -> None:
        """Run the next call in a process that remembers nothing, if the runner can start one."""

    def close(self) -> None:
        """End the processes of the runner; most have none."""

    def __getattr__(self, probe: str) -> Callable[..., Any]:
        if probe.startswith("_"):
            raise AttributeError(probe)

        def call(**arguments: Any) -> Any:
            return validated(self.part, probe, self.call(probe, arguments))

        return call


class InProcessRunner(Runner):
    """Runs probes in this process, on trusted code: the student's own computer, or the solution.

    With `scratch` each call has an empty working directory, for probes that write files.
    """

    def __init__(
        self, part: str, lab: Lab, own_files: frozenset[str], *, scratch: bool = True
    ) -> None:
        self.part = part
        self._scratch = scratch
        self._lab = lab
        self._own_files = own_files

    def call(self, probe: str, arguments: dict[str, Any]) -> Any:
        """Run `probe` on copies of `arguments`, so that code that changes them does no harm."""
        if not self._scratch:
            return self._run(probe, arguments)
        here = os.getcwd()
        with tempfile.TemporaryDirectory(prefix="lab-") as scratch:
            os.chdir(scratch)
            try:
                return self._run(probe, arguments)
            finally:
                os.chdir(here)

    def _run(self, probe: str, arguments: dict[str, Any]) -> Any:
        return run_probe(self.part, self._lab, probe, copy.deepcopy(arguments), self._own_files)
