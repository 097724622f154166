"""The reference's answers to every probe that the suites call, and the checks that asked.

A check is called here as a function, without pytest and without a worker.
"""

from __future__ import annotations

import copy
import hashlib
import inspect
import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np

from grader.core.settings import Secret
from grader.judging.hidden_cases import hidden_cases
from grader.parts.checks import PUBLIC, _module, suite_files
from grader.parts.reference import reference_runner
from kit.contracts import BY_ID
from kit.fixtures import Public
from kit.outcomes import Verdict
from kit.runner import Runner

SECRET = Secret(b"mutated answers")


@dataclass
class Recorder(Runner):
    """Asks the reference each question once, and keeps every question and its answer."""

    part: str
    calls: list[tuple[str, bytes]] = field(default_factory=list)
    answers: dict[bytes, Any] = field(default_factory=dict)

    def call(self, probe: str, arguments: dict[str, Any]) -> Any:
        """The reference's answer; a verdict is kept as well."""
        key = hashlib.sha256(pickle.dumps((probe, arguments))).digest()
        if key not in self.answers:
            try:
                self.answers[key] = reference_runner(self.part).call(probe, arguments)
            except Verdict as verdict:
                self.answers[key] = verdict
        self.calls.append((probe, key))
        answer = self.answers[key]
        if isinstance(answer, Verdict):
            raise answer
        return copy.deepcopy(answer)


@dataclass(frozen=True)
class Check:
    """One check as a function of a runner."""

    id: str
    part: str
    run: Callable[[Runner], None]


def checks_of(part: str, reference: Runner) -> Iterator[Check]:
    """The checks of `part`, public and hidden."""
    for file in suite_files(part):
        module = _module(file)
        for function in vars(module).values():
            for mark in getattr(function, "pytestmark", ()):
                if mark.name == "check":
                    yield _check(mark.args[0], part, function, module, reference)


def _check(
    id: str, part: str, function: Callable[..., None], module: ModuleType, reference: Runner
) -> Check:
    def run(lab: Runner) -> None:
        made = {
            "lab": lambda: lab,
            "other_hash_seed": lambda: lab,
            "reference": lambda: reference,
            # Asked about whatever a check was told that training gave: nothing is kept of it.
            "predictor": lambda: reference_runner(part),
            "public": _public,
            "draw": lambda: np.random.default_rng(SECRET.seed(id)),
            "hidden_cases": lambda: hidden_cases(part, SECRET),
            "contract": lambda: BY_ID[part].contracts[0],
        }

        def value(name: str) -> Any:
            if name in made:
                return made[name]()
            own = inspect.unwrap(getattr(module, name))
            own = getattr(own, "_get_wrapped_function", lambda: own)()
            return own(**{n: value(n) for n in inspect.signature(own).parameters})

        function(**{n: value(n) for n in inspect.signature(function).parameters})

    return Check(id, part, run)


@cache
def _public() -> Public:
    return Public.load(PUBLIC / "expected.npz")
