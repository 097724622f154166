"""Which known mistakes give the student's own numbers on the inputs of a failed check."""

from __future__ import annotations

import ast
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from grader.model import Diagnosis
from grader.reference import NUMPY_PARTS, reference_seat, seat_on_source, solution_path
from kit.outcomes import Verdict
from kit.seat import Seat

from .catalogue import catalogue, mutant

SeatOf = Callable[[str, str | None], Seat]
"""Part and source (None: the solution) -> a seat on it."""

BUDGET_S = 0.3
"""Processor time for one failed check; what was not tried by then is not named. Not time by the
clock: a busy machine must not change a report."""

PATIENCE_S = 1.0
"""By the clock, where mutants run in processes of their own."""

TOLERANCE = 1e-4
"""Two answers are the same within this share of the larger one's scale; as for the reference."""

DETERMINISTIC = {
    "numpy_rnn": {"forward", "forward_again", "backward", "gradient_check", "clip_by_norm"},
    "char_lstm": {"forward", "continued", "record"},
    "poems": {"process"},
    "sequence": {
        "lstm",
        "lstm_backward",
        "gru",
        "bilstm",
        "greedy",
        "probabilities",
        "pad",
        "cross_entropy",
        "buckets",
        "metric",
        "normalise",
    },
    "extensions": {"adam", "early_stopping", "rates", "acrostic"},
    "theory": {"forward", "immediate", "delta", "summed", "truncated"},
}
"""Probes whose answer is a function of their inputs."""

TORCHLESS = {"poems": {"process"}}
"""Probes that run here all the same in a part whose other code needs torch."""

IMPLIED = {"perturbed", "lstm_moved", "moved"}
"""Probes that ask again what another call of the same check has shown, at length."""

MAX_NAMED = 3


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a probe while a check ran; `answer` is None where it ended in a verdict."""

    probe: str
    arguments: dict[str, Any]
    answer: Any


def in_process(part: str, source: str | None) -> Seat:
    """A seat on trusted source in this process: the solution, or `source` made of it."""
    return reference_seat(part) if source is None else _cached(part, source)


def without_torch(part: str, source: str | None) -> Seat:
    """The like, of what the source defines without torch: this process does not import it."""
    text = solution_path(part).read_text("utf-8") if source is None else source
    return _cached(part, _torchless(text))


def diagnose(
    part: str, check: str, calls: list[Call], seat_of: SeatOf = in_process
) -> tuple[Diagnosis, ...]:
    """The mistakes that the check names and that reproduce every answer of its calls.

    `seat_of` gives a seat on the solution (None) or on a mutant's source.

    A mistake that answers just as the reference does on these inputs explains nothing and is
    not named.
    """
    calls = [c for c in calls if c.probe not in IMPLIED]
    usable = [c for c in calls if c.probe in DETERMINISTIC.get(part, ()) and c.answer is not None]
    if not usable or len(usable) < len(calls):
        return ()
    start, start_cpu = time.perf_counter(), time.thread_time()
    if all(c.probe in TORCHLESS.get(part, ()) for c in usable):
        seat_of = without_torch
    here = part in NUMPY_PARTS or seat_of is without_torch
    right = [_answer(seat_of(part, None), c) for c in usable]
    if all(same(part, c.answer, r) for c, r in zip(usable, right, strict=True)):
        return ()
    found: list[Diagnosis] = []
    for mistake in catalogue(part):
        if check not in mistake.fails:
            continue
        spent = time.thread_time() - start_cpu if here else time.perf_counter() - start
        if spent > (BUDGET_S if here else PATIENCE_S) or len(found) == MAX_NAMED:
            break
        seat = seat_of(part, mutant(mistake))
        if all(same(part, c.answer, _answer(seat, c)) for c in usable):
            found.append(Diagnosis(mistake.id, mistake.text))
        seat.close()
    return tuple(found)


@cache
def _cached(part: str, source: str) -> Seat:
    return seat_on_source(part, source)


@cache
def _torchless(source: str) -> str:
    """`source` without classes, decorated functions, and statements that name torch."""
    lines = source.splitlines()
    for node in ast.parse(source).body:
        names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
        names |= {a.name.split(".")[0] for a in getattr(node, "names", ())}
        names.add((getattr(node, "module", None) or "").split(".")[0])
        decorators = getattr(node, "decorator_list", [])
        if isinstance(node, ast.FunctionDef) and not decorators:
            continue  # what it names is looked up when it runs
        if isinstance(node, ast.ClassDef) or decorators or names & {"torch", "nn"}:
            first = min([node.lineno, *(d.lineno for d in decorators)])
            assert node.end_lineno is not None
            lines[first - 1 : node.end_lineno] = [""] * (node.end_lineno - first + 1)
    return "\n".join(lines)


def _answer(seat: Seat, call: Call) -> Any:
    try:
        return seat.call(call.probe, call.arguments)
    except Verdict:
        return _NO_ANSWER


class _NoAnswer:
    """Equal to nothing a student can send."""


_NO_ANSWER = _NoAnswer()


def same(part: str, got: Any, expected: Any) -> bool:
    """Whether two answers are the same within tolerance, whatever is free in them."""
    if part == "poems" and isinstance(got, dict) and isinstance(expected, dict):
        return bool(_decoded(got) == _decoded(expected))
    return _same(got, expected)


def _same(got: Any, expected: Any) -> bool:
    if isinstance(expected, dict):
        return (
            isinstance(got, dict)
            and got.keys() == expected.keys()
            and all(_same(got[k], expected[k]) for k in expected)
        )
    a, b = _numbers(got), _numbers(expected)
    if a is not None and b is not None:
        return _close(a, b)
    if isinstance(expected, (list, tuple)):
        return (
            isinstance(got, (list, tuple))
            and len(got) == len(expected)
            and all(_same(g, e) for g, e in zip(got, expected, strict=True))
        )
    if isinstance(got, np.ndarray) or isinstance(expected, np.ndarray):
        return False  # not finite, or no numbers at all
    return type(got) is type(expected) and bool(got == expected)


def _close(a: np.ndarray, b: np.ndarray) -> bool:
    """Within tolerance, and NaN or infinite in the same places."""
    if a.shape != b.shape:
        return False
    finite = np.isfinite(b)
    if not np.array_equal(a[~finite], b[~finite], equal_nan=True):
        return False
    scale = max(float(np.max(np.abs(b[finite]), initial=0.0)), 1e-8)
    return bool(np.all(np.abs(a[finite] - b[finite]) <= TOLERANCE * scale))


def _numbers(value: Any) -> np.ndarray | None:
    """`value` as floats, if it is a number or an array of some shape."""
    if isinstance(value, (bool, str)) or value is None:
        return None
    try:
        array = np.asarray(value)
    except ValueError:
        return None
    return array.astype(np.float64) if array.dtype.kind in "iuf" else None


def _decoded(answer: dict[str, Any]) -> Any:
    """What ``process_poems`` says, without the free order of its vocabulary."""
    vectors, index_of, words = (
        answer.get(name) for name in ("vectors", "word_int_map", "int_word_map")
    )
    if not isinstance(vectors, list) or not isinstance(index_of, dict):
        return ("no", id(answer))
    exchanged = isinstance(words, dict) and all(isinstance(i, int) for i in index_of)
    if exchanged:
        index_of, words = words, index_of
    table = dict(enumerate(words)) if isinstance(words, (list, tuple)) else words
    if not isinstance(table, dict) or not isinstance(index_of, dict):
        return ("no", id(answer))
    table = {k: w for k, w in table.items() if isinstance(w, str)}  # whose == is ours
    try:
        rows = [[table.get(int(i)) for i in row] for row in vectors]
        inverse = all(table.get(int(i)) == w for w, i in index_of.items())
        indices = sorted(int(i) for i in index_of.values())
        return rows, set(index_of), inverse, indices, exchanged
    except (TypeError, ValueError, OverflowError):
        return ("no", id(answer))
