"""Run a hand-in on a public input, as it is or with one edit of its source, in confined workers.

Every run has a worker of its own with the limits of a grading or less. The number of runs is
limited, and hardly their time, so that the questions do not depend on the machine's load.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from grader.core.model import Source, Submission
from grader.core.settings import Settings
from grader.diagnosis.answers import entry_same
from grader.isolation.crashes import Stopped
from grader.isolation.part_time import PartTime
from grader.isolation.runner import WorkerRunner
from grader.isolation.servers import Servers
from grader.parts.registry import spec_of
from grader.reader.edits import BOUND, ENTRY, Edit
from kit.outcomes import Verdict

from .courses import Courses, compared, norms_in, over_time
from .public_calls import PublicCall

MOST_RUNS: Final = 160
"""Runs of one hand-in."""

MOST_S: Final = 120.0
"""The limit in seconds, many times what a hand-in needs. Only a hand-in that loads slowly, at each
run, reaches it; it then has fewer questions."""

CALL_S: Final = 1.0
PART_S: Final = 10.0

# The expression needs no name of the hand-in's, which could mean anything else there.
_STOP: Final = 'raise __import__("sys").modules["grader.worker.stopping"].Stop'
"""Ends a run; the worker then answers with the shape that follows in brackets."""

MOST_AXES: Final = 6
LONGEST_AXIS: Final = 99_999
"""Bounds of a shape that is asked about: the code reports it, so it may hold any numbers."""

# A result that depends on an input by its square changes by 4 or by 0.25.
_FACTORS: Final = (0.25, 0.5, 2.0, 4.0)

SAME: Final = "same"
OTHERWISE: Final = "otherwise"

Entries = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Spot:
    """An edit in a file of the hand-in."""

    path: str
    edit: Edit


@dataclass(frozen=True, slots=True)
class Scaling:
    """One argument of a call, multiplied."""

    keys: tuple[str, ...]  # from the arguments down to the array
    factor: float


def edited(submission: Submission, spot: Spot, text: str) -> Submission:
    """The hand-in with `text` in the place of an edit."""

    def of(source: Source) -> Source:
        if source.path != spot.path:
            return source
        edit, cells = spot.edit, list(source.cells)
        cell = cells[edit.cell]
        cells[edit.cell] = cell[: edit.start] + text + cell[edit.end :]
        return replace(source, cells=tuple(cells))

    return replace(submission, sources=tuple(map(of, submission.sources)))


class Bench:
    """The runs of one hand-in."""

    def __init__(
        self,
        submission: Submission,
        settings: Settings,
        servers: Servers,
        most_runs: int = MOST_RUNS,
    ) -> None:
        self._submission = submission
        limits = (min(settings.call_wall_s, CALL_S), min(settings.part_wall_s, PART_S))
        self._settings = replace(settings, call_wall_s=limits[0], part_wall_s=limits[1])
        self._servers = servers
        self._left = most_runs
        self._end = time.monotonic() + MOST_S
        self._times: dict[str, PartTime] = {}
        self._bases: dict[tuple[str, int], Entries | None] = {}

    # ------------------------------------------------------------ what the answers are made of

    def reaches(self, call: PublicCall, spot: Spot) -> bool:
        """Whether the call enters the function whose first statement is at `spot`."""
        assert spot.edit.kind == ENTRY
        stop = f"{_STOP}(){spot.edit.after}"
        ended = self._run(edited(self._submission, spot, stop), call, call.arguments)
        return isinstance(ended, Stopped) and ended.shape is None

    def base(self, call: PublicCall) -> Entries | None:
        """What the hand-in answers, without what differs from run to run; None if not right.

        Right is what the reference answers.
        """
        key = (call.part, call.number)
        if key not in self._bases:
            # The call runs twice, because a drawn or timed result would seem to change with every
            # edit.
            first, second = (self._run(self._submission, call, call.arguments) for _ in range(2))
            self._bases[key] = self._stable(call, first, second)
        return self._bases[key]

    def _stable(self, call: PublicCall, first: Any, second: Any) -> Entries | None:
        if not isinstance(first, dict) or not isinstance(second, dict):
            return None
        names = list(call.answer)
        if not (first.keys() >= set(names) <= second.keys()):
            return None
        # Its checks may all have passed without looking at this input.
        if not all(_same(call, name, first[name], call.answer[name]) for name in names):
            return None
        return {n: first[n] for n in names if _same(call, n, first[n], second[n])}

    def changed(self, call: PublicCall, spot: Spot) -> frozenset[str] | None:
        """The entries of the answer that an edit changes; None where it gives no answer."""
        base = self.base(call)
        made = edited(self._submission, spot, spot.edit.after)
        answer = self._run(made, call, call.arguments)
        if base is None or not isinstance(answer, dict) or not base.keys() <= answer.keys():
            return None
        if any(_broken(answer[name]) for name in base):
            return None
        return frozenset(n for n in base if not _same(call, n, answer[n], base[n]))

    def shape(self, call: PublicCall, spot: Spot) -> tuple[int, ...] | None:
        """The shape of a variable after its line has run for the first time; None if it has none.

        A number is no shape to ask about, and one of too many axes neither.
        """
        assert spot.edit.kind == BOUND
        stop = f"; {_STOP}(tuple({spot.edit.after}.shape))"
        ended = self._run(edited(self._submission, spot, stop), call, call.arguments)
        shape = ended.shape if isinstance(ended, Stopped) else None
        if not shape or len(shape) > MOST_AXES:
            return None
        # The code chooses what it says here, and the student's sheet shows it.
        return shape if all(0 <= axis <= LONGEST_AXIS for axis in shape) else None

    def relations(self, call: PublicCall, scaling: Scaling) -> Mapping[str, str]:
        """What becomes of each entry where an input is scaled: SAME, a factor, or OTHERWISE."""
        base, answer = self.base(call), self._scaled(call, scaling)
        if base is None or answer is None:
            return {}
        found = {name: _relation(base[name], answer[name]) for name in base}
        return {name: relation for name, relation in found.items() if relation is not None}

    def courses(self, call: PublicCall, scaling: Scaling) -> Courses | None:
        """The norm over t as it is, and where an input is scaled; None where neither is clear."""
        over, base = over_time(call), self.base(call)
        if over is None or base is None or over.entry not in base:
            return None
        answer = self._scaled(call, scaling)
        if answer is None:
            return None
        return compared(norms_in(over, base[over.entry]), norms_in(over, answer[over.entry]))

    def _scaled(self, call: PublicCall, scaling: Scaling) -> Entries | None:
        """What the hand-in answers where an input is scaled: at least the entries of the base."""
        # The call is shared by all hand-ins of the class.
        arguments = copy.deepcopy(call.arguments)
        inside: Any = arguments
        for key in scaling.keys[:-1]:
            inside = inside[key]
        inside[scaling.keys[-1]] = inside[scaling.keys[-1]] * scaling.factor
        base, answer = self.base(call), self._run(self._submission, call, arguments)
        if base is None or not isinstance(answer, dict) or not base.keys() <= answer.keys():
            return None
        return answer

    # ------------------------------------------------------------ runs

    def _run(self, submission: Submission, call: PublicCall, arguments: dict[str, Any]) -> Any:
        """The answer, or the Verdict in its place; None where no run is left."""
        if not self._left or time.monotonic() > self._end:
            return None
        self._left -= 1
        part = call.part
        # Refuses once the time is used up: a hand-in that hangs costs no more than a part does.
        limit = self._times.setdefault(part, PartTime(part, self._settings, refuses=True))
        server = self._servers.ready("numpy" if spec_of(part).in_process else "torch")
        runner = WorkerRunner(part, server, submission, self._settings, limit)
        try:
            return runner.call(call.probe, copy.deepcopy(arguments))
        except Verdict as verdict:
            return verdict
        finally:
            runner.close()


def _same(call: PublicCall, name: str, got: Any, expected: Any) -> bool:
    return entry_same(call.part, name, got, expected)


def _numbers(value: Any) -> np.ndarray | None:
    try:
        found = np.asarray(value)
    except (ValueError, TypeError):
        return None
    # Differences of unsigned or narrow integers would wrap.
    return found.astype(np.float64) if found.dtype.kind in "fiu" else None


def _broken(value: Any) -> bool:
    found = _numbers(value)
    return found is not None and not np.isfinite(found).all()


def _relation(base: Any, answer: Any) -> str | None:
    """How `answer` comes from `base`; None where no person could tell."""
    one, other = _numbers(base), _numbers(answer)
    if one is None or other is None or one.shape != other.shape or not one.size:
        return None
    scale = float(np.abs(one).max())
    # A result of zeros fits every factor.
    if not np.isfinite(other).all() or not np.isfinite(scale) or scale < 1e-9:
        return None
    gaps = {1.0: SAME} | {factor: f"{factor:g}" for factor in _FACTORS}
    for factor, name in gaps.items():
        if float(np.abs(other - factor * one).max()) <= 1e-5 * scale * factor:
            return name
    # Nearly the same is a matter of digits, which is no question.
    clear = min(float(np.abs(other - factor * one).max()) / scale for factor in gaps)
    return OTHERWISE if clear > 1e-2 else None
