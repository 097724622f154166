"""Answers as a wrong or a hostile hand-in could give them: each is a right one with one mutation.

Every answer that the reference gives to a check is mutated at its root, at each entry, and inside
lists, by each mode of :data:`MODES`. A check must end with a verdict on all of them.
"""

from __future__ import annotations

import contextlib
import copy
import random
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from recorded_answers import Check, Recorder

from kit.outcomes import Verdict
from kit.plain import Opaque
from kit.runner import Runner

ALWAYS = ("empty list", "empty tuple", "empty dict", "empty")
"""Modes that no sample leaves out: what a check takes the last or the first of has none."""

Mode = Callable[[Any], Any]
Path = tuple[Any, ...]

INSIDE = 3
"""Of a list or a dict so many items are mutated: the first, the last and one between."""

DEPTH = 5

_NUMBERS = {
    "zero": 0,
    "one": 1,
    "minus zero": -0.0,
    "minus one": -1,
    "half": 0.5,
    "nan": float("nan"),
    "inf": float("inf"),
    "-inf": float("-inf"),
    "1e308": 1e308,
    "1e-320": 1e-320,
    "2**31": 2**31,
    "2**62": 2**62,
    "-2**63": -(2**63),
    "10**400": 10**400,
    "True": True,
    "False": False,
    "complex": np.asarray(1 + 2j),
}
_PLAIN = {
    "None": None,
    "empty str": "",
    "str": "text",
    "digits": "12",
    "surrogate": "\ud800",
    "long str": "x" * 100_000,
    "object": Opaque("object"),
    "Thing": Opaque("array of object"),
    "huge int": Opaque("int (too large: 70 bits, ...5)"),
    "bytes": b"bytes",
    "empty list": [],
    "empty tuple": (),
    "empty dict": {},
    "dict": {"a": 1},
    "dict of lists": {"a": [1, 2], "b": None},
    "int keys": {0: 1.0, 1: 2.0},
    "odd keys": {None: 1, (1, 2): 2, Opaque("object"): 3, 1.5: 4, True: 5},
    "list of None": [None] * 3,
    "list of str": ["a", "b"],
    "list of dict": [{"a": 1}, {"b": 2}],
    "list of lists": [[1, 2], [3, 4]],
    "ragged": [[1, 2], [3]],
    "ragged deep": [[[1], [2, 3]], 4],
    "mixed": [1, "a", None, [2]],
    "number and long str": [1.0, "y" * 10_000, 2.0],
    "nested deep": [[[[[[[[1.0]]]]]]]],
    "list of arrays": [np.zeros(2), np.zeros(3)],
    "list of 0-d": [np.asarray(1.0), np.asarray(2.0)],
    "list of bool": [True, False],
    "list of nan": [float("nan")] * 4,
    "list of huge": [10**400, 1],
    "many": [0.0] * 5000,
}
_DTYPES = tuple("?bhiqBHIQefdgFD")
_ARRAYS: dict[str, Any] = {
    **{f"0-d {t}": np.ones((), t) for t in _DTYPES},
    **{f"one {t}": np.ones(1, t) for t in ("?", "q", "e", "d", "D")},
    **{f"vector {t}": np.ones(3, t) for t in ("?", "q", "e", "d", "D")},
    **{f"matrix {t}": np.ones((3, 4), t) for t in ("?", "q", "e", "d", "D")},
    "0-d nan": np.asarray(np.nan),
    "no rows": np.zeros((0, 4)),
    "no columns": np.zeros((3, 0)),
    "empty": np.zeros(0),
    "empty int": np.zeros(0, "q"),
    "eight axes": np.zeros((1,) * 8),
    "thirty axes": np.zeros((1,) * 30),
    "ones": np.ones((1, 1)),
    "wide": np.zeros((1, 10_000)),
}


def _of_array(a: np.ndarray) -> Iterator[tuple[str, Callable[[], Any]]]:
    for t in _DTYPES:
        yield f"as {t}", lambda t=t: a.astype(t)
    for name, value in _NUMBERS.items():
        if name in ("nan", "inf", "-inf", "1e308", "1e-320"):
            yield f"full of {name}", lambda v=value: np.full(a.shape, v)
            yield f"one {name}", lambda v=value: _with_first(a, v)
    yield "zeros", lambda: np.zeros_like(a)
    yield "negative", lambda: -a.astype(float)
    yield "times 1e300", lambda: a.astype(float) * 1e300
    yield "huge ints", lambda: np.full(a.shape, 2**62)
    yield "negative ints", lambda: np.full(a.shape, -(2**62))
    yield "unsigned", lambda: np.full(a.shape, 2**64 - 1, "Q")
    yield "big-endian", lambda: a.astype(a.dtype.newbyteorder(">"))
    yield "list", lambda: a.tolist()
    yield "tuple", lambda: tuple(a.tolist()) if a.ndim else (a.item(),)
    yield "list of arrays", lambda: list(a) if a.ndim else [a]
    yield "dict", lambda: dict(enumerate(a.tolist())) if a.ndim else {0: a.item()}
    yield "strings", lambda: a.astype(str).tolist()
    yield "text", lambda: str(a)[:1000]
    yield "transposed", lambda: a.T
    yield "flat", lambda: a.reshape(-1)
    yield "one axis more", lambda: a[None]
    yield "one axis more behind", lambda: a[..., None]
    yield "first", lambda: a.reshape(-1)[:1]
    yield "scalar", lambda: a.reshape(-1)[0].item() if a.size else 0
    yield "doubled", lambda: np.concatenate([a, a]) if a.ndim else np.stack([a, a])
    yield "without last", lambda: a[:-1] if a.ndim else a
    yield "without any", lambda: a[:0] if a.ndim else a
    yield "last axis cut", lambda: a[..., :-1] if a.ndim else a
    yield "strided", lambda: a[::2] if a.ndim else a
    yield "string in list", lambda: _string_in(a.tolist())
    yield "None in list", lambda: _replaced_in(a.tolist(), None)
    yield "list in list", lambda: _replaced_in(a.tolist(), [1, 2])
    yield "0-d in list", lambda: _replaced_in(a.tolist(), np.asarray(1.0))


def _of_list(v: Any) -> Iterator[tuple[str, Callable[[], Any]]]:
    made = type(v)
    yield "as tuple", lambda: tuple(v)
    yield "as list", lambda: list(v)
    yield "as dict", lambda: dict(enumerate(v))
    yield "nested", lambda: made([x] for x in v)
    yield "wrapped", lambda: [v]
    yield "without first", lambda: v[1:]
    yield "without last", lambda: v[:-1]
    yield "doubled", lambda: v + v
    yield "one more None", lambda: v + made([None])
    yield "one more str", lambda: v + made(["z"])
    yield "reversed", lambda: v[::-1]
    yield "all None", lambda: made(None for _ in v)
    yield "all str", lambda: made(str(x)[:50] for x in v)
    yield "all nan", lambda: made(float("nan") for _ in v)
    yield "all huge", lambda: made(10**400 for _ in v)
    yield "all 0-d", lambda: made(np.asarray(1.0) for _ in v)
    yield "all empty", lambda: made([] for _ in v)
    yield "all dict", lambda: made({} for _ in v)
    yield "all same", lambda: made(v[0] for _ in v) if v else v
    yield "truncated items", lambda: made(x[:1] if isinstance(x, (list, str)) else x for x in v)
    yield "array", lambda: _or_none(lambda: np.asarray(v, dtype=float))
    yield "int array", lambda: _or_none(lambda: np.asarray(v, dtype=np.int64))


def _of_dict(v: dict[Any, Any]) -> Iterator[tuple[str, Callable[[], Any]]]:
    for key in list(v)[:12]:
        yield f"without {key!r:.20}", lambda key=key: {k: x for k, x in v.items() if k != key}
    yield "one key more", lambda: v | {"more": None}
    yield "one number more", lambda: v | {10**6: None}
    yield "tuple key", lambda: v | {(1, "a"): 1}
    yield "items", lambda: [list(pair) for pair in v.items()]
    yield "values", lambda: list(v.values())
    yield "keys", lambda: list(v)
    yield "str keys", lambda: {str(k): x for k, x in v.items()}
    yield "opaque keys", lambda: {Opaque(str(k)[:20]): x for k, x in v.items()}
    yield "bool keys", lambda: {True: 1, False: 0}
    yield "all None", lambda: dict.fromkeys(v)
    yield "all str", lambda: dict.fromkeys(v, "a")
    yield "all nan", lambda: dict.fromkeys(v, float("nan"))
    yield "all lists", lambda: {k: [x] for k, x in v.items()}
    yield "swapped", lambda: {_key(x): k for k, x in v.items()}
    yield "rotated", lambda: dict(zip(v, [*list(v.values())[1:], *list(v.values())[:1]]))


def _of_str(v: str) -> Iterator[tuple[str, Callable[[], Any]]]:
    yield "characters", lambda: list(v)
    yield "numbers", lambda: [ord(c) for c in v[:50]]
    yield "number", lambda: float(len(v))
    yield "reversed", lambda: v[::-1]
    yield "upper", lambda: v.upper()
    yield "with NUL", lambda: v + "\0"
    yield "with line ends", lambda: "\n".join(v)
    yield "without last", lambda: v[:-1]
    yield "doubled", lambda: v + v
    yield "blank", lambda: " " * len(v)
    yield "foreign", lambda: "\U0001f600" * len(v)
    yield "bytes", lambda: v.encode("utf-8", "replace")
    yield "in list", lambda: [v]
    yield "in tuple", lambda: (v, None)
    yield "in dict", lambda: {"text": v}


def _of_number(v: Any) -> Iterator[tuple[str, Callable[[], Any]]]:
    yield "0-d", lambda: np.asarray(v)
    yield "one entry", lambda: np.asarray([v])
    yield "two entries", lambda: np.asarray([v, v])
    yield "column", lambda: np.asarray([[v]])
    yield "in list", lambda: [v]
    yield "in tuple", lambda: (v,)
    yield "as str", lambda: str(v)
    yield "negative", lambda: -v
    yield "plus one", lambda: v + 1
    yield "plus half", lambda: v + 0.5
    yield "float32", lambda: np.float32(v) * np.ones((), "f")
    yield "float16", lambda: np.ones((), "e") * np.float16(1)


def modes(value: Any) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Every mutation of one value: its name, and what makes it."""
    for name, other in (_NUMBERS | _PLAIN | _ARRAYS).items():
        yield name, lambda other=other: other
    if isinstance(value, np.ndarray):
        yield from _of_array(value)
    elif isinstance(value, (list, tuple)):
        yield from _of_list(value)
    elif isinstance(value, dict):
        yield from _of_dict(value)
    elif isinstance(value, str):
        yield from _of_str(value)
    elif isinstance(value, (int, float)):
        yield from _of_number(value)


def places(value: Any, depth: int = DEPTH) -> Iterator[Path]:
    """The paths of the values that are mutated."""
    yield ()
    if depth == 0:
        return
    if isinstance(value, dict):
        keys = list(value)
        keys = keys if depth == DEPTH else _some(keys)
    elif isinstance(value, (list, tuple)):
        keys = _some(list(range(len(value))))
    else:
        return
    for key in keys:
        for path in places(value[key], depth - 1):
            yield (key, *path)


def _some(keys: list[Any]) -> list[Any]:
    return keys if len(keys) <= INSIDE else [keys[0], keys[len(keys) // 2], keys[-1]]


def at(value: Any, path: Path) -> Any:
    """The value at `path`."""
    for key in path:
        value = value[key]
    return value


def replaced(value: Any, path: Path, new: Any) -> Any:
    """`value` with `new` at `path`."""
    if not path:
        return new
    key, *rest = path
    inner = replaced(value[key], tuple(rest), new)
    if isinstance(value, dict):
        return value | {key: inner}
    items = list(value)
    items[key] = inner
    return type(value)(items)


def _with_first(a: np.ndarray, v: float) -> np.ndarray:
    b = np.array(a, dtype=float)
    if b.size:
        b.reshape(-1)[0] = v
    return b


def _string_in(v: Any) -> Any:
    return _replaced_in(v, "s" * 5000)


def _replaced_in(v: Any, new: Any) -> Any:
    if isinstance(v, list) and v:
        return [*v[:-1], _replaced_in(v[-1], new) if isinstance(v[-1], list) else new]
    return new


def _or_none(make: Callable[[], Any]) -> Any:
    try:
        return make()
    except (ValueError, TypeError, OverflowError):
        return None


def _key(x: Any) -> Any:
    return x if isinstance(x, (int, float, str)) else str(x)[:30]


# ---------------------------------------------------------------- replaying


@dataclass
class Replayer(Runner):
    """Gives the recorded answers, except to one question or, without `key`, to one probe."""

    recorder: Recorder
    probe: str
    key: bytes | None
    answer: Any
    part: str = ""

    def __post_init__(self) -> None:
        self.part = self.recorder.part

    def call(self, probe: str, arguments: dict[str, Any]) -> Any:
        """The recorded answer, or the mutated one."""
        if probe == self.probe and self.key is None:
            return copy.deepcopy(self.answer)
        right = self.recorder.call(probe, arguments)
        return right if self.recorder.calls[-1][1] != self.key else copy.deepcopy(self.answer)


@dataclass(frozen=True)
class Raised:
    """A check that raised on a mutated answer."""

    check: str
    probe: str
    path: Path
    mode: str
    trace: str


@dataclass
class Tally:
    """What came of the mutated answers."""

    answers: int = 0
    verdicts: int = 0
    passed: int = 0
    raised: list[Raised] = field(default_factory=list)


def questions(check: Check, recorder: Recorder) -> list[tuple[str, bytes, bool]]:
    """The questions that the check asks of the reference: one of each form for every probe.

    Each with whether the probe is asked more than one question.
    """
    start = len(recorder.calls)
    with contextlib.suppress(Verdict):  # skipped without torch, say: nothing is mutated
        check.run(recorder)
    found: dict[str, tuple[str, bytes]] = {}
    for probe, key in recorder.calls[start:]:
        answer = recorder.answers[key]
        if not isinstance(answer, Verdict):
            found.setdefault(f"{probe} {_form(answer)}", (probe, key))
    asked = Counter(probe for probe, key in set(recorder.calls[start:]))
    return [(probe, key, asked[probe] > 1) for probe, key in found.values()]


def _form(value: Any) -> str:
    return str(sorted(map(str, value))) if isinstance(value, dict) else type(value).__name__


def mutate(check: Check, recorder: Recorder, tally: Tally, share: float, seed: int = 0) -> None:
    """Run `check` on a `share` of its mutated answers."""
    rng = random.Random(f"{seed} {check.id}")
    for probe, key, several in questions(check, recorder):
        answer = recorder.answers[key]
        for path in places(answer):
            for mode, make in modes(at(answer, path)):
                for only in (key, None) if several else (key,):
                    if rng.random() < share or mode in ALWAYS:
                        runner = Replayer(recorder, probe, only, replaced(answer, path, make()))
                        _run(check, runner, Raised(check.id, probe, path, mode, ""), tally)


def _run(check: Check, runner: Replayer, of: Raised, tally: Tally) -> None:
    tally.answers += 1
    try:
        check.run(runner)
        tally.passed += 1
    except Verdict:
        tally.verdicts += 1
    except Exception:
        tally.raised.append(replace(of, trace=traceback.format_exc()))
