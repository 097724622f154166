"""Plain data to a frame of the wire and back, bounded, without pickle.

The author of a frame may be hostile. A frame is ``u32 header length, u64 body length, header,
body``: the header is JSON, the body holds arrays, long strings and long lists as raw bytes in the
order in which the header names them. In the header every composite is a JSON list that starts with
its tag, and a JSON object never occurs, so nothing in a student's dict can pass for a tag:

    None, bool, int, finite float, short str    themselves
    ["f", "nan" | "inf" | "-inf"]               a float that is not finite
    ["s", bytes]                                a long str (UTF-8, lone surrogates pass)
    ["y", bytes]                                bytes
    ["l", item...]   ["t", item...]             list, tuple
    ["pl", kind, n(, bytes)]   ["pt", ...]      list, tuple of many floats, ints, bools or strings
    ["d", keys, value...]   ["dp", keys, values]    dict; both are nodes of one of the four above
    ["a", dtype, shape]                         array, little-endian
    ["o", type name]                            kit.plain.Opaque

Imports nothing of the grader: it runs on both sides of the boundary.
"""

from __future__ import annotations

import json
import math
import re
import struct
from collections.abc import Callable, Sequence
from typing import Any, Final, NoReturn

import numpy as np

from kit.plain import Opaque

MAX_FRAME: Final = 64 << 20
MAX_HEADER: Final = 1 << 20
MAX_DEPTH: Final = 32
MAX_PACKED: Final = 2_000_000  # items of packed lists in one frame: they grow when unpacked

PREFIX = struct.Struct("<IQ")
# A packed list holds each int in eight bytes, so a single int has the same range.
_INT_LIMIT = 2**63
_LONG_STR = 1024  # longer ones go to the body
_LONG_ESCAPED = 128  # of one that is not ASCII: JSON takes six to twelve bytes for a character
_PACK_FROM = 16  # shorter lists are more readable, and no longer, in the header
_MAX_TYPE_NAME = 200
_PACKED: Final[dict[str, np.dtype[Any]]] = {
    "f": np.dtype("<f8"),
    "i": np.dtype("<i8"),
    "b": np.dtype("u1"),
}
_DTYPES: Final = {
    np.dtype(t).newbyteorder("<").str: np.dtype(t)
    for t in ("?", "b", "h", "i", "q", "B", "H", "I", "Q", "e", "f", "d", "g", "F", "D", "G")
}
_NOT_FINITE: Final = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
# A string that is not closed matches to the end of the header. Otherwise the search would start
# again at each of its quotes, in quadratic time.
_JSON_STRING = re.compile(rb'"(?:[^"\\]|\\.?)*+"?', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]]")


class WireError(Exception):
    """What arrived is not a frame of this protocol, or a value cannot travel."""


# ---------------------------------------------------------------------------------- encoding


class _Encoder:
    def __init__(self) -> None:
        self.body: list[bytes | memoryview] = []

    def blob(self, data: bytes) -> int:
        if data:
            self.body.append(data)
        return len(data)

    def node(self, value: Any, depth: int) -> Any:
        if depth >= MAX_DEPTH:  # >=, because the shape of an array is one level below it
            raise WireError(f"a value is nested deeper than {MAX_DEPTH} levels")
        # Types are compared exactly: NumPy's float64 is a float too, and a bool is an int.
        kind = type(value)
        if value is None or kind is bool:
            return value
        if kind is int:
            if -_INT_LIMIT <= value < _INT_LIMIT:
                return value
            tail = abs(value) % 10**20  # keeps the keys of a dict apart
            return ["o", f"int (too large: {value.bit_length()} bits, ...{tail})"]
        if kind is float:
            return value if math.isfinite(value) else ["f", repr(value)]
        if kind is str:
            if len(value) <= (_LONG_STR if value.isascii() else _LONG_ESCAPED):
                return value
            return ["s", self.blob(value.encode("utf-8", "surrogatepass"))]
        if kind is list or kind is tuple:
            return self.sequence(value, "l" if kind is list else "t", depth)
        if kind is dict:
            keys = self.sequence(list(value), "l", depth + 1)
            values = list(value.values())
            if _packable(values):
                return ["dp", keys, self.sequence(values, "l", depth + 1)]
            return ["d", keys, *(self.node(v, depth + 1) for v in values)]
        if isinstance(value, (np.ndarray, np.generic)) or kind is complex:
            return self.array(np.asarray(value))
        if kind is Opaque:
            return ["o", str(value.type_name)[:_MAX_TYPE_NAME]]
        if kind is bytes or kind is bytearray or kind is memoryview:
            return ["y", self.blob(bytes(value))]
        raise WireError(
            f"a {kind.__name__} is not plain data: pass it through kit.plain.to_plain first"
        )

    def sequence(self, items: Sequence[Any], tag: str, depth: int) -> list[Any]:
        kind = _packable(items)
        if not kind:
            return [tag, *(self.node(item, depth + 1) for item in items)]
        if kind == "s":
            parts = [item.encode("utf-8", "surrogatepass") for item in items]
            data = np.array([len(part) for part in parts], "<u4").tobytes() + b"".join(parts)
            return ["p" + tag, "s", len(items), self.blob(data)]
        self.blob(np.array(items, _PACKED[kind]).tobytes())
        return ["p" + tag, kind, len(items)]

    def array(self, array: np.ndarray) -> list[Any]:
        if array.ndim > MAX_DEPTH:
            return ["o", f"array of {array.ndim} axes"]
        name = array.dtype.newbyteorder("<").str
        if name not in _DTYPES:
            raise WireError(f"an array of {array.dtype} cannot travel; expected kind b, i, u, f, c")
        # The body holds the array's own memory, where its bytes are in order already.
        native = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
        if native.nbytes:
            self.body.append(native.reshape(-1).view(np.uint8).data)
        return ["a", name, list(array.shape)]


def _packable(items: Sequence[Any]) -> str:
    """The kind of a list whose items are all of one kind and many; empty if it is not one."""
    if len(items) < _PACK_FROM:
        return ""
    first = type(items[0])
    if first not in (float, int, bool, str) or any(type(item) is not first for item in items):
        return ""
    if first is int and not all(-_INT_LIMIT <= item < _INT_LIMIT for item in items):
        return ""
    return {float: "f", int: "i", bool: "b", str: "s"}[first]


def encode(value: Any) -> list[bytes | memoryview]:
    """The frame of `value` in pieces for ``sendmsg``; WireError if it cannot travel."""
    encoder = _Encoder()
    header = json.dumps(encoder.node(value, 1), separators=(",", ":"), allow_nan=False).encode()
    body = sum(len(piece) for piece in encoder.body)
    if len(header) > MAX_HEADER or len(header) + body > MAX_FRAME:
        raise WireError(
            f"too large to travel: {len(header)} bytes of structure (limit {MAX_HEADER}), "
            f"{len(header) + body} in all (limit {MAX_FRAME})"
        )
    return [PREFIX.pack(len(header), body), header, *encoder.body]


# ---------------------------------------------------------------------------------- decoding


class _Decoder:
    def __init__(self, body: memoryview) -> None:
        self.body = body
        self.at = 0
        self.packed_left = MAX_PACKED

    def blob(self, size: Any) -> memoryview:
        # Only what is left of the body can be claimed, so no claim costs memory.
        if type(size) is not int or not 0 <= size <= len(self.body) - self.at:
            raise WireError(f"the header claims {_short(size)} bytes that the body does not hold")
        self.at += size
        return self.body[self.at - size : self.at]

    def node(self, node: Any, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise WireError(f"the header is nested deeper than {MAX_DEPTH} levels")
        if type(node) is not list:
            if type(node) is int and not -_INT_LIMIT <= node < _INT_LIMIT:
                # The encoder sends a larger int as an Opaque, so it has not made this frame.
                raise WireError("an int in the header exceeds 64 bits")
            return node
        if not node or type(node[0]) is not str:
            raise WireError(f"a list in the header has no tag: {_short(node)}")
        tag, rest = node[0], node[1:]
        if tag in ("l", "t"):
            items = [self.node(item, depth + 1) for item in rest]
            return items if tag == "l" else tuple(items)
        read = _READERS.get(tag)
        if read is None:
            raise WireError(f"unknown tag {_short(tag)}")
        method, arity = read
        if (len(rest) not in arity) if arity else not rest:
            raise WireError(f"the tag {tag!r} has {len(rest)} fields")
        return method(self, tag, rest, depth)

    def not_finite(self, tag: str, rest: list[Any], depth: int) -> float:
        if type(rest[0]) is not str or rest[0] not in _NOT_FINITE:
            raise WireError(f"not a float: {_short(rest[0])}")
        return _NOT_FINITE[rest[0]]

    def text(self, tag: str, rest: list[Any], depth: int) -> str:
        return str(self.blob(rest[0]), "utf-8", "surrogatepass")

    def raw(self, tag: str, rest: list[Any], depth: int) -> bytes:
        return bytes(self.blob(rest[0]))

    def opaque(self, tag: str, rest: list[Any], depth: int) -> Opaque:
        if type(rest[0]) is not str or len(rest[0]) > _MAX_TYPE_NAME:
            raise WireError(f"not the name of a type: {_short(rest[0])}")
        return Opaque(rest[0])

    def packed(self, tag: str, rest: list[Any], depth: int) -> Any:
        kind, count = rest[0], rest[1]
        if type(count) is not int or not 0 <= count <= self.packed_left:
            raise WireError(f"a packed list of {_short(count)} items; limit {MAX_PACKED}")
        # The count runs over the whole frame: many short lists grow as much as a long one.
        self.packed_left -= count
        items: list[Any]
        if kind == "s" and len(rest) == 3:
            items = self.strings(count, self.blob(rest[2]))
        elif type(kind) is str and kind in _PACKED and len(rest) == 2:
            raw = np.frombuffer(self.blob(count * _PACKED[kind].itemsize), _PACKED[kind])
            items = (raw != 0).tolist() if kind == "b" else raw.tolist()
        else:
            raise WireError(f"not a packed list: {_short(rest)}")
        return items if tag == "pl" else tuple(items)

    def strings(self, count: int, data: memoryview) -> list[str]:
        if len(data) < 4 * count:
            raise WireError(f"{count} strings do not fit in {len(data)} bytes")
        ends = np.cumsum(np.frombuffer(data[: 4 * count], "<u4"), dtype=np.int64)
        text = data[4 * count :]
        # Lengths are unsigned and summed in 64 bits, so the last end bounds all others.
        if (int(ends[-1]) if count else 0) != len(text):
            raise WireError("the lengths of packed strings do not add up")
        starts = [0, *ends.tolist()]
        return [
            str(text[a:b], "utf-8", "surrogatepass")
            for a, b in zip(starts, starts[1:], strict=False)
        ]

    def mapping(self, tag: str, rest: list[Any], depth: int) -> dict[Any, Any]:
        keys = self.node(rest[0], depth + 1)
        if tag == "dp":
            values = self.node(rest[1], depth + 1)
        else:
            values = [self.node(value, depth + 1) for value in rest[1:]]
        if type(keys) is not list or type(values) is not list or len(keys) != len(values):
            raise WireError("a dict with unequal numbers of keys and values")
        try:
            # Keys arrive as one list of any values, and a list among them has no hash.
            found = dict(zip(keys, values, strict=True))
        except TypeError:
            raise WireError("a dict with a key that is not hashable") from None
        # Python takes 1, 1.0 and True for one key; keeping the last would lose an entry in silence.
        if len(found) != len(keys):
            raise WireError("a dict with the same key twice")
        return found

    def array(self, tag: str, rest: list[Any], depth: int) -> np.ndarray:
        name, shape = rest
        dtype = _DTYPES.get(name) if type(name) is str else None
        if dtype is None:
            raise WireError(f"no array has the dtype {_short(name)}")
        if type(shape) is not list or len(shape) > MAX_DEPTH:
            raise WireError(f"not a shape: {_short(shape)}")
        # Each axis is bounded by itself: with one of 0 the product is 0, whatever the others claim.
        if any(type(n) is not int or not 0 <= n <= MAX_FRAME for n in shape):
            raise WireError(f"not a shape: {_short(shape)}")
        data = self.blob(math.prod(shape) * dtype.itemsize)
        if dtype.kind == "b":  # a byte above 1 would be neither true nor false
            truth: np.ndarray = np.frombuffer(data, np.uint8) != 0
            return truth.reshape(shape)
        raw = np.frombuffer(data, dtype.newbyteorder("<"))
        # A copy can be written to, is aligned, and does not keep the whole frame in memory.
        array: np.ndarray = raw.astype(dtype, copy=True).reshape(shape)
        return array


_Reader = Callable[[_Decoder, str, list[Any], int], Any]
_READERS: Final[dict[str, tuple[_Reader, tuple[int, ...]]]] = {
    "f": (_Decoder.not_finite, (1,)),
    "s": (_Decoder.text, (1,)),
    "y": (_Decoder.raw, (1,)),
    "o": (_Decoder.opaque, (1,)),
    "pl": (_Decoder.packed, (2, 3)),
    "pt": (_Decoder.packed, (2, 3)),
    "d": (_Decoder.mapping, ()),  # one or more
    "dp": (_Decoder.mapping, (2,)),
    "a": (_Decoder.array, (2,)),
}


def decode(header: bytes | bytearray, body: memoryview | bytearray | bytes) -> Any:
    """The value of a frame. Whatever the bytes are, it raises nothing but WireError."""
    if len(header) > MAX_HEADER or len(header) + len(body) > MAX_FRAME:
        raise WireError(f"a frame of {len(header)} + {len(body)} bytes exceeds the limit")
    try:
        # Python's parser recurses for each level, so the depth is bounded before it runs.
        _bound_depth(header)
        root = json.loads(
            header.decode("ascii"),
            parse_int=_parse_int,
            parse_float=_parse_float,
            parse_constant=_refuse,
            object_pairs_hook=_refuse,
        )
        decoder = _Decoder(memoryview(body))
        value = decoder.node(root, 1)
    # The parser, NumPy and UTF-8 raise these on arbitrary bytes; a WireError passes as it is.
    except (ValueError, RecursionError, MemoryError, OverflowError) as error:
        raise WireError(f"not a frame: {type(error).__name__}: {str(error)[:200]}") from None
    # Bytes that no part of the header names could be read differently by another reader.
    if decoder.at != len(body):
        raise WireError(f"the body has {len(body)} bytes, the header accounts for {decoder.at}")
    return value


def _bound_depth(header: bytes | bytearray) -> None:
    # Nearly every frame ends here: so few brackets cannot nest deeper, wherever they are.
    if header.count(b"[") <= MAX_DEPTH:
        return
    depth = 0
    for bracket in _BRACKET.finditer(_JSON_STRING.sub(b"", header)):
        depth += 1 if bracket.group() == b"[" else -1
        if depth > MAX_DEPTH:
            raise WireError(f"the header is nested deeper than {MAX_DEPTH} levels")


def _parse_int(digits: str) -> int:
    # The time of `int` grows with the square of the digits. 2**63 has 19 of them, and a sign.
    if len(digits) > 20:
        raise WireError("an int in the header exceeds 64 bits")
    return int(digits)


def _parse_float(digits: str) -> float:
    value = float(digits)
    # JSON reads `1e999`, and Python makes it infinite; the encoder gives such a float a tag.
    if not math.isfinite(value):
        raise WireError(f"a number in the header is not finite: {_short(digits)}")
    return value


def _refuse(what: object) -> NoReturn:
    raise WireError(f"the header holds JSON that this protocol does not use: {_short(what)}")


def _short(value: object) -> str:
    """A hostile value for a message: its repr could be a megabyte."""
    return f"{value!r:.60}" if isinstance(value, (int, str)) else type(value).__name__
