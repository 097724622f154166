"""What was asked and what came back: when two answers are the same, and what is remembered.

The answers of the solution and of its mutants are functions of the questions, and hidden inputs
are the same for a whole class; so a process asks each of them once.
"""

from __future__ import annotations

import hashlib
import pickle
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from grader.parts.registry import spec_of
from kit.outcomes import Failed, Verdict
from kit.reasons import Introduced, Raised, text_of
from kit.runner import Runner

TOLERANCE = 1e-4
"""Two answers are the same within this share of the larger one's scale; as for the reference."""

TEXTS = 24
"""Drawn texts that are compared; a check draws hundreds."""

FIRST_TEXTS = 3
"""Mutants are asked for so many texts first; only those that give them are asked for the rest."""

PIECE = 8
"""Inputs of one call that mutants are asked for at once."""

# Each process of a batch has its own memory, so it has to fit many times.
MEMORY_BYTES = 256_000_000


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a probe while a check ran; `answer` is None where it ended in a verdict."""

    probe: str
    arguments: dict[str, Any]
    answer: Any
    verdict: Verdict | None = None


def usable(part: str, calls: list[Call]) -> list[Call]:
    """The calls that can be asked again of a mutant; none where one of them cannot."""
    facts = spec_of(part).answers
    # What another call implies is left out: it would be slow to ask and tell nothing more.
    calls = [
        replace(
            call,
            answer=timeless(part, call),
            arguments={**call.arguments, **facts.hurried.get(call.probe, {})},
        )
        for call in calls
        if call.probe not in facts.implied
    ]
    calls = [
        replace(call, answer=no_answer(call.verdict)) if call.answer is None else call
        for call in calls
    ]
    if any(call.probe in facts.unexplained or _says_nothing(call.answer) for call in calls):
        return []
    return [_shortened(call) for call in calls if not _unseeded(call)]


def pieces(part: str, call: Call) -> list[Call]:
    """A call with many inputs as several with few: one that is wrong settles what does not fit."""
    if (drawn := _first_texts(call)) is not None:
        return drawn
    names = spec_of(part).answers.listed.get(call.probe)
    if names is None or not isinstance(call.answer, dict):
        return [call]
    asked, answered = names
    given, values = call.arguments.get(asked), call.answer.get(answered)
    if not isinstance(given, list) or not isinstance(values, list):
        return [call]
    if not given or len(given) != len(values):
        return [call]
    return [
        replace(
            call,
            arguments={**call.arguments, asked: given[i : i + PIECE]},
            answer={**call.answer, answered: values[i : i + PIECE]},
        )
        for i in range(0, len(given), PIECE)
    ]


def _first_texts(call: Call) -> list[Call] | None:
    """The first few texts, then the others, where each has a generator of its own."""
    texts = call.answer.get("texts") if isinstance(call.answer, dict) else None
    seeds = call.arguments.get("rng_seeds")
    if not isinstance(texts, list) or not isinstance(seeds, list) or len(texts) <= FIRST_TEXTS:
        return None
    return [_texts(call, slice(FIRST_TEXTS)), _texts(call, slice(FIRST_TEXTS, None))]


def _texts(call: Call, kept: slice) -> Call:
    names = ("rng_seeds", "global_seeds")
    arguments = call.arguments | {name: call.arguments[name][kept] for name in names}
    answer = {**call.answer, "texts": call.answer["texts"][kept]}
    return replace(call, arguments=arguments, answer=answer)


def _says_nothing(answer: Any) -> bool:
    return isinstance(answer, NoAnswer) and not answer.why


def _unseeded(call: Call) -> bool:
    """Whether an answer was drawn from a generator without a seed: asked again it is another."""
    seeds = call.arguments.get("rng_seeds")
    return isinstance(seeds, list) and None in seeds and not isinstance(call.answer, NoAnswer)


def isolated(part: str, call: Call) -> bool:
    """Whether a call shows one function by itself, whatever the student's other code does."""
    isolating = spec_of(part).answers.isolating
    return any(call.arguments.get(name) == value for name, value in isolating.items())


def timeless(part: str, call: Call) -> Any:
    """The answer of a call without what differs from run to run."""
    without_times = spec_of(part).answers.timeless.get(call.probe)
    if without_times is None or not isinstance(call.answer, dict):
        return call.answer
    return without_times(call.answer)


def _shortened(call: Call) -> Call:
    """The call with only its first texts or draws. Each has its own generator, or all in turn."""
    if (drawn := _fewer_draws(call)) is not None:
        return drawn
    texts = call.answer.get("texts") if isinstance(call.answer, dict) else None
    if not isinstance(texts, list) or len(texts) <= TEXTS:
        return call
    arguments = dict(call.arguments)
    if isinstance(arguments.get("count"), int):
        arguments["count"] = TEXTS
    elif isinstance(arguments.get("rng_seeds"), list):
        return _texts(call, slice(TEXTS))
    else:
        return call
    return replace(call, arguments=arguments, answer={**call.answer, "texts": texts[:TEXTS]})


def _fewer_draws(call: Call) -> Call | None:
    """The call with the first of many draws from one generator; None where it is no such call."""
    each, own, answer = call.arguments.get("each"), call.arguments.get("own"), call.answer
    one = isinstance(own, list) and len(own) == 1  # elsewhere it is the one seed itself
    if not one or not isinstance(each, int) or each <= TEXTS or not isinstance(answer, dict):
        return None
    if not all(_rows(value) == each for value in answer.values()):
        return None
    first = {name: value[:TEXTS] for name, value in answer.items()}
    return replace(call, arguments={**call.arguments, "each": TEXTS}, answer=first)


def _rows(value: Any) -> int:
    if isinstance(value, np.ndarray):
        return value.shape[0] if value.ndim else 0
    return len(value) if isinstance(value, list) else 0


# ---------------------------------------------------------------- memory


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """In place of an answer that did not come; equal to nothing that a student can send.

    `why` is empty where that tells nothing of the code: a limit, a worker that ended.
    """

    why: str = ""


def no_answer(error: BaseException | None) -> NoAnswer:
    """What a verdict in place of an answer tells of the code: its exception, or our sentence."""
    # Not its subclasses: a limit that was exceeded depends on the machine as well.
    if type(error) is not Failed:
        return NoAnswer()
    reason = error.reason
    while isinstance(reason, Introduced):
        reason = reason.reason
    if isinstance(reason, Raised):
        # Without the line, which in a student's file is another.
        return NoAnswer(f"{reason.kind}: {reason.words}")
    return NoAnswer(text_of(reason).en)


class Memory:
    """Answers by source and question; the oldest go first when there is no more room."""

    def __init__(self, room: int = MEMORY_BYTES) -> None:
        self._room = room
        self._held = 0
        self._answers: OrderedDict[tuple[str, bytes], tuple[Any, int]] = OrderedDict()

    def ask(self, source: str, question: bytes, call: Call, runner: Callable[[], Runner]) -> Any:
        """What `source` answers to `call`; `runner` is made only where it must be asked."""
        key = (source, question)
        if key not in self._answers:
            try:
                asked = runner()
                answer = asked.call(call.probe, call.arguments)
                answer = timeless(asked.part, replace(call, answer=answer))
            except Exception as error:  # two mistakes together may not even load
                answer = no_answer(error)
            # 500 for the key and the objects around the arrays.
            size = 500 + _bytes(answer)
            self._answers[key] = (answer, size)
            self._held += size
            # The newest stays in any case, because the caller asks for it next.
            while self._held > self._room and len(self._answers) > 1:
                self._held -= self._answers.popitem(last=False)[1][1]
        return self._answers[key][0]


def question(part: str, call: Call) -> bytes:
    """A digest of what is asked. Nothing is ever read back from the pickle."""
    return hashlib.sha256(pickle.dumps((part, call.probe, call.arguments))).digest()


def _bytes(answer: Any) -> int:
    if isinstance(answer, np.ndarray):
        return int(answer.nbytes)
    if isinstance(answer, dict):
        return sum(_bytes(value) for value in answer.values())
    if isinstance(answer, (list, tuple)):
        return sum(_bytes(value) for value in answer)
    return len(answer) if isinstance(answer, (str, bytes)) else 50


# ---------------------------------------------------------------- sameness


def same(part: str, probe: str, got: Any, expected: Any) -> bool:
    """Whether two answers are the same within tolerance, whatever is free in them."""
    if isinstance(got, NoAnswer) or isinstance(expected, NoAnswer):
        # By their type first, because an array compares with anything entry by entry.
        both = isinstance(got, NoAnswer) and isinstance(expected, NoAnswer)
        return both and got == expected and bool(got.why)
    if (compare := spec_of(part).answers.same.get(probe)) is not None:
        return compare(got, expected)
    if isinstance(got, dict) and isinstance(expected, dict):
        return got.keys() == expected.keys() and all(
            entry_same(part, name, got[name], expected[name]) for name in expected
        )
    return _same(got, expected)


def entry_same(part: str, name: str, got: Any, expected: Any) -> bool:
    """Whether one entry of two answers is the same."""
    # A constant added to all scores changes no probability, so it is no difference.
    if name in spec_of(part).answers.up_to_softmax:
        got, expected = _relative(got), _relative(expected)
    return _same(got, expected)


def _relative(value: Any) -> Any:
    """Scores less their log-sum-exp along the last axis, where they are scores."""
    if isinstance(value, (list, tuple)):
        return [_relative(v) for v in value]
    if not isinstance(value, np.ndarray) or value.dtype.kind != "f" or not value.ndim:
        return value
    if not value.size or not np.isfinite(value).all():
        return value
    value = value.astype(np.float64)
    # The largest becomes 0, so that no exponential overflows.
    value = value - value.max(axis=-1, keepdims=True)
    return value - np.log(np.exp(value).sum(axis=-1, keepdims=True))


def _same(got: Any, expected: Any) -> bool:
    if isinstance(expected, dict):
        return (
            isinstance(got, dict)
            and got.keys() == expected.keys()
            and all(_same(got[k], expected[k]) for k in expected)
        )
    # Before the numbers, which booleans are not: a mask is right in every place or wrong.
    if _is_mask(got) and _is_mask(expected):
        return bool(np.array_equal(got, expected))
    a, b = numbers(got), numbers(expected)
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
    # By type as well, because True == 1 and 1 == 1.0 in Python.
    return type(got) is type(expected) and bool(got == expected)


def _is_mask(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind == "b"


def _close(a: np.ndarray, b: np.ndarray) -> bool:
    """Within tolerance, and NaN or infinite in the same places."""
    if a.shape != b.shape:
        return False
    finite = np.isfinite(b)
    if not np.array_equal(a[~finite], b[~finite], equal_nan=True):
        return False
    # An array of zeros has no scale.
    scale = max(float(np.max(np.abs(b[finite]), initial=0.0)), 1e-8)
    return bool(np.all(np.abs(a[finite] - b[finite]) <= TOLERANCE * scale))


def numbers(value: Any) -> np.ndarray | None:
    """`value` as floats, if it is a number or an array of some shape."""
    if isinstance(value, (bool, str)) or value is None:
        return None
    try:
        array = np.asarray(value)
    except (ValueError, TypeError, OverflowError):
        return None
    return array.astype(np.float64) if array.dtype.kind in "iuf" else None
