"""Every message between the judge and a worker, as a frozen record.

The judge asks, a worker answers::

    Load            -> Loading, one before each statement; then Loaded
    Call            -> a Reply, with the call's id
    a signal        -> Position, with the id of the call that is running
    in a call       -> StandInUsed, at most once, before the reply
    AddSource       -> Added             only in a worker that holds the solution, never a student's

On the wire a message is a dict with the record's fields and its class's name under "message"; the
frames are `codec`'s. What a worker sends is hostile: :func:`decode` checks every field's type,
cuts what is long, and raises nothing but WireError. It cannot tell whether a worker lies: a
record says only that its fields have the types written here. :mod:`grader.reader.messages` has the
messages of workers that read a hand-in's bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import NoneType, UnionType
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Final,
    TypeVar,
    get_args,
    get_origin,
    get_type_hints,
    overload,
)

from kit.reasons import Introduced, Line, Raised, Reason, Stub, Undefined, UntrustedText
from kit.statements import Spot
from kit.text import Text

from .codec import WireError
from .passed_over import PassedOverLists

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

MAX_WORDS: Final = 600
"""Characters of a text that a worker sends; the student may have written it."""

MAX_ITEMS: Final = 50
"""Of a list that a worker sends: its notices."""

_MESSAGE, _RECORD = "message", "record"
"""The keys of the name of a message's class, and of a reason's."""

_AS_IT_IS: Final = (Any, dict[str, Any])
"""Types of the fields that hold a probe's arguments or its answer."""

# ---------------------------------------------------------------- from the judge


@dataclass(frozen=True)
class File:
    """A file of a submission; a notebook has a cell for each of its code cells."""

    path: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class SkippedStatement:
    """A statement that ended an earlier worker or took too long, and what to say of it."""

    path: str
    line: int
    why: Text
    cell: int = 1
    column: int = 0


@dataclass(frozen=True)
class Load:
    """Load one part of a submission: the first message to a worker that is to be called.

    `run` are statements that are executed besides definitions, each within `cpu_s` and `wall_s`;
    `omit` are definitions that belong to another part. `passed_over` are those of the part that
    give way to another file's. Intake found them, and the report says so: the worker decides none.
    """

    part: str
    files: tuple[File, ...]
    order: tuple[str, ...]  # paths of the part's files; if two define a name, the first counts
    skip: tuple[SkippedStatement, ...]
    cpu_s: float
    wall_s: float
    run: tuple[Spot, ...] = ()
    omit: tuple[Spot, ...] = ()
    passed_over: PassedOverLists = PassedOverLists()


@dataclass(frozen=True)
class Call:
    """Run a probe. `call_id` is random, new for each call; `runner` is a number of Added."""

    call_id: str
    probe: str
    arguments: dict[str, Any]
    runner: int = 0


@dataclass(frozen=True)
class AddSource:
    """Make a runner of one more source of the staff's, beside the solution.

    A worker compiles each piece once, so sources that differ in one function share the rest. No
    use of the runner takes more than `cpu_s` of the processor.
    """

    pieces: tuple[str, ...]  # whole statements; together they are the source
    cpu_s: float


# ---------------------------------------------------------------- from a worker


@dataclass(frozen=True)
class Loading:
    """The statement that is executed next, so that the judge knows which one ended a worker."""

    path: str
    line: int
    cell: int = 1
    column: int = 0


@dataclass(frozen=True)
class Notice:
    """A fact of loading, of which the judge makes a sentence.

    `kind` is "raised", "overran", "syntax", "tier", "skipped", "absent" or "lacking". `name` is an
    exception's class, or the module that is absent. There is no text in it.
    """

    kind: str
    path: str = ""
    line: int = 0
    cell: int = 1
    name: str = ""


@dataclass(frozen=True)
class Loaded:
    """The part is loaded; `stalled` where a statement was cut off by the clock.

    `unfinished` are the statements of `Load.run` that were cut off.
    """

    notices: tuple[Notice, ...]
    stalled: bool
    unfinished: tuple[Spot, ...] = ()


@dataclass(frozen=True)
class Answer:
    """What a probe returned, as plain data."""

    call_id: str
    value: Any


@dataclass(frozen=True)
class Failed:
    """A probe gave no answer. `outcome` is the worker's word for it; no outcome here earns."""

    call_id: str
    outcome: str
    reason: Reason


@dataclass(frozen=True)
class Overran:
    """The code exceeded a limit: a name in :mod:`grader.worker.overruns`."""

    call_id: str
    limit: str
    line: Line | None


@dataclass(frozen=True)
class LimitedByTier:
    """A reduced tier of confinement, not the code, is why a probe failed."""

    call_id: str


@dataclass(frozen=True)
class Oversized:
    """What a probe returned does not fit in a frame."""

    call_id: str


@dataclass(frozen=True)
class Added:
    """The number of the runner on a source that was added."""

    runner: int


@dataclass(frozen=True)
class Place:
    """A function of the submission that is being executed.

    `line` is that of its `def`, `at` the line that it has reached. `lasted`: this activation of the
    function was there already when the judge asked before.
    """

    file: str
    name: str
    line: int
    at: int
    lasted: bool


@dataclass(frozen=True)
class Position:
    """Where a call is: the functions of the submission on the stack, the innermost last."""

    call_id: str
    places: tuple[Place, ...]


@dataclass(frozen=True)
class Stopped:
    """The code has reached a place at which the judge let it end.

    `shape` is that of a variable there, where one was asked for.
    """

    call_id: str
    shape: tuple[int, ...] | None


@dataclass(frozen=True)
class StandInUsed:
    """The call uses a stand-in for a missing library. Not which: that could carry its inputs."""

    call_id: str


Reply = Answer | Failed | Overran | LimitedByTier | Oversized | Stopped
"""How a call can end."""

_REPLIES: Final = get_args(Reply)

FromJudge = Load | Call | AddSource
Message = FromJudge | Loading | Loaded | Position | StandInUsed | Reply | Added

_FIELDS: Final[dict[type[Any], dict[str, Any]]] = {}
"""Record -> the types of its fields. Made before the fork server forks: workers only look it up."""


def declare(*records: type[Any]) -> None:
    """Let these records travel, as messages or inside of one."""
    _FIELDS.update({kind: get_type_hints(kind, include_extras=True) for kind in records})


declare(Load, Call, AddSource, Loading, Loaded, Position, StandInUsed, *_REPLIES, Added)
declare(File, PassedOverLists, SkippedStatement, Notice, Place, Spot)
declare(Text, Line, Raised, Stub, Undefined)


M = TypeVar("M")
N = TypeVar("N")


# ---------------------------------------------------------------- encoding


def encode(message: DataclassInstance) -> dict[str, Any]:
    """The message as plain data for a frame; arguments and answers go as they are."""
    return {_MESSAGE: type(message).__name__, **_fields_of(message)}


def _fields_of(record: object) -> dict[str, Any]:
    return {
        name: value if hint in _AS_IT_IS else _plain(value)
        for name, hint in _FIELDS[type(record)].items()
        for value in (getattr(record, name),)
    }


def _plain(value: Any) -> Any:
    if isinstance(value, (Raised, Stub, Undefined)):
        return {_RECORD: type(value).__name__, **_fields_of(value)}
    if isinstance(value, (UntrustedText, Introduced)):
        return _plain(value.text)
    if type(value) in _FIELDS:
        return _fields_of(value)
    return [_plain(item) for item in value] if type(value) is tuple else value


# ---------------------------------------------------------------- decoding


@overload
def decode(value: Any, one: type[M], /, *, trusted: bool = ...) -> M: ...


@overload
def decode(value: Any, one: type[M], other: type[N], /, *, trusted: bool = ...) -> M | N: ...


@overload
def decode(value: Any, *expected: type[Any], trusted: bool = ...) -> Any: ...


def decode(value: Any, *expected: type[Any], trusted: bool = False) -> Any:
    """The message in a frame, which must be one of `expected`; else WireError.

    Texts and lists are cut, except where the other side is `trusted`: the judge, for a worker.
    """
    return _decode(value, expected, trusted)


def decode_reply(value: Any) -> Reply:
    """The reply to a call; as :func:`decode`."""
    reply: Reply = _decode(value, _REPLIES, trusted=False)
    return reply


def decode_of_call(value: Any) -> Reply | Position | StandInUsed:
    """What a worker may send while a call is running; as :func:`decode`."""
    expected = (*_REPLIES, Position, StandInUsed)
    found: Reply | Position | StandInUsed = _decode(value, expected, trusted=False)
    return found


def _decode(value: Any, expected: tuple[type[Any], ...], trusted: bool) -> Any:
    name = value.get(_MESSAGE) if type(value) is dict else None
    for kind in expected:  # a worker must not send a Loaded where an Answer is due
        if kind.__name__ == name:
            return _record(kind, value, trusted, _MESSAGE)
    wanted = " or ".join(kind.__name__ for kind in expected)
    raise WireError(f"not the message that was asked for: {wanted}")


def call_id_of(value: Any) -> str | None:
    """The id of the call that a frame claims to answer; None where it names none."""
    call_id = value.get("call_id") if type(value) is dict else None
    return call_id if type(call_id) is str else None


def _record(kind: type[Any], value: Any, trusted: bool, tag: str | None = None) -> Any:
    if type(value) is not dict:
        raise WireError(f"not the fields of a {kind.__name__}")
    hints = _FIELDS[kind]
    # No other fields either: a frame that fits two messages would be read as either of them.
    if value.keys() != hints.keys() | ({tag} if tag else set()):
        raise WireError(f"a {kind.__name__} with other fields than its own")
    return kind(**{name: _read(hint, value[name], trusted) for name, hint in hints.items()})


def _read(hint: Any, value: Any, trusted: bool) -> Any:
    """`value` as a `hint`; an exact type, because a worker's bool is no number."""
    if get_origin(hint) is Annotated:
        inner, most = get_args(hint)
        if type(value) not in (str, bytes, list, tuple) or len(value) > most.count:
            raise WireError(f"more than {most.count} of {inner}, or something else")
        return _read(inner, value, trusted=True)  # its bound is checked: it is never cut
    if hint is Any or type(value) is hint:
        return value if trusted or hint is not str else value[:MAX_WORDS]
    if hint is float and type(value) is int:
        return float(value)
    if hint == Reason:
        return _reason(value, trusted)
    if get_origin(hint) is UnionType:
        inner = next(kind for kind in get_args(hint) if kind is not NoneType)
        return None if value is None else _read(inner, value, trusted)
    if get_origin(hint) is tuple and type(value) in (list, tuple):
        item = get_args(hint)[0]
        return tuple(_read(item, v, trusted) for v in (value if trusted else value[:MAX_ITEMS]))
    if hint in _FIELDS:
        return _record(hint, value, trusted)
    if get_origin(hint) is dict and type(value) is dict:
        return value
    raise WireError(f"a {type(value).__name__} where a message has {hint}")


def _reason(value: Any, trusted: bool) -> Reason:
    """A reason of the closed list, or a sentence, which is not known to be ours."""
    name = value.get(_RECORD) if type(value) is dict else None
    for kind in (Raised, Stub, Undefined):
        if kind.__name__ == name:
            reason: Reason = _record(kind, value, trusted, _RECORD)
            return reason
    text: Text = _record(Text, value, trusted)
    if not (text.zh and text.en):
        raise WireError("a reason without words")
    return UntrustedText(text)
