"""What travels over the wire arrives as it was, and what is not a frame is a WireError."""

from __future__ import annotations

import contextlib
import json
import math
import socket
import struct
import threading
import time
import tracemalloc
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from drawing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from grader.protocol import wire
from grader.protocol.codec import MAX_DEPTH, MAX_HEADER
from kit.plain import Opaque

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    left, right = socket.socketpair()
    with left, right:
        yield left, right


def soon(seconds: float = 5.0) -> float:
    return time.monotonic() + seconds


def through(value: Any) -> Any:
    _, header, *body = wire.encode(value)
    return wire.decode(bytes(header), memoryview(b"".join(body)))


def same(a: Any, b: Any) -> bool:
    if isinstance(a, np.ndarray):
        return (
            isinstance(b, np.ndarray)
            and (a.dtype, a.shape) == (b.dtype, b.shape)
            and bool(np.array_equal(a, b, equal_nan=a.dtype.kind in "fc"))
        )
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return list(map(repr, a)) == list(map(repr, b)) and all(
            same(x, y) for x, y in zip(a.values(), b.values(), strict=True)
        )
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, float):
        return a == b and math.copysign(1, a) == math.copysign(1, b) or (a != a and b != b)
    return bool(a == b)


scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats()
    | st.text(st.characters(exclude_categories=()))
    | st.binary()
    | st.builds(Opaque, st.text(max_size=20))
)
arrays = hnp.arrays(
    st.sampled_from(["?", "i1", "u2", "<i4", ">i8", "f2", "f4", "f8", "c8", "c16"]).map(np.dtype),
    hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
)
keys = st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3)
values = st.recursive(
    scalars | arrays.map(lambda a: a.astype(a.dtype.newbyteorder("="))),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.lists(inner, max_size=5).map(tuple)
        | st.dictionaries(keys | st.tuples(keys, keys), inner, max_size=5)
    ),
    max_leaves=15,
)
long_lists = st.integers(14, 40).flatmap(
    lambda n: st.sampled_from([st.integers(-5, 2**63 - 1), st.floats(), st.booleans(), st.text()])
    .flatmap(lambda items: st.lists(items, min_size=n, max_size=n))
)  # fmt: skip


@given(values | long_lists | long_lists.map(lambda items: {"x": tuple(items)}))
@settings(max_examples=examples(150), deadline=None)
def test_every_plain_value_arrives_as_it_was(value: Any) -> None:
    assert same(value, through(value))


@given(st.binary(max_size=200), st.binary(max_size=50))
@settings(max_examples=examples(200), deadline=None)
def test_random_bytes_are_a_wire_error_or_a_value(header: bytes, body: bytes) -> None:
    with contextlib.suppress(wire.WireError):
        wire.decode(header, body)


json_nodes = st.recursive(
    st.none() | st.integers() | st.floats(allow_nan=False) | st.sampled_from(
        ["l", "t", "d", "dp", "a", "pl", "pt", "s", "y", "f", "o", "i", "<f8", "|b1", "nan"]
    ),
    lambda inner: st.lists(inner, max_size=5),
    max_leaves=20,
)  # fmt: skip


@given(json_nodes, st.binary(max_size=64))
@settings(max_examples=examples(300), deadline=None)
def test_any_json_is_a_wire_error_or_a_value(node: Any, body: bytes) -> None:
    with contextlib.suppress(wire.WireError):
        wire.decode(json.dumps(node).encode(), body)


@pytest.mark.parametrize(
    ("header", "body"),
    [
        pytest.param(b"", b"", id="empty"),
        pytest.param(b"\xff\xfe1", b"", id="not ascii"),
        pytest.param(b"[" * 1000 + b"]" * 1000, b"", id="deep"),
        pytest.param(b"[" * 500_000, b"", id="deep and open"),
        pytest.param(b'["l",' * 40 + b"1" + b"]" * 40, b"", id="deep and valid"),
        pytest.param(b'"' + b'\\"' * 400_000 + b"[" * 40, b"", id="quotes without end"),
        pytest.param(b"NaN", b"", id="nan"),
        pytest.param(b"1e999", b"", id="infinite"),
        pytest.param(b"9" * 10_000, b"", id="huge int"),
        pytest.param(b"9223372036854775808", b"", id="int of 65 bits"),
        pytest.param(b'{"l": 1}', b"", id="object"),
        pytest.param(b'["q", 1]', b"", id="unknown tag"),
        pytest.param(b"[]", b"", id="no tag"),
        pytest.param(b'["f", "1"]', b"", id="finite as not finite"),
        pytest.param(b'["s", -1]', b"", id="negative size"),
        pytest.param(b'["s", true]', b"x", id="bool as size"),
        pytest.param(b'["s", 2]', b"x", id="body too short"),
        pytest.param(b"1", b"x", id="body too long"),
        pytest.param(b'["s", 1]', b"\xff", id="not utf-8"),
        pytest.param(b'["a", "|O", [1]]', b"12345678", id="object dtype"),
        pytest.param(b'["a", "<U1", [1]]', b"1234", id="text dtype"),
        pytest.param(b'["a", "<f8", [1180591620717411303424]]', b"", id="shape of 2^70"),
        pytest.param(b'["a", "<f8", [0, 67108865]]', b"", id="side too large"),
        pytest.param(b'["a", "<f8", [67108864, 67108864]]', b"", id="product too large"),
        pytest.param(b'["a", "<f8", [-1]]', b"", id="negative shape"),
        pytest.param(b'["a", "<f8", [1.0]]', b"12345678", id="float shape"),
        pytest.param(b'["a", "|b1", [0' + b",0" * 80 + b"]]", b"", id="80 axes"),
        pytest.param(b'["pl", "i", 99999999]', b"", id="packed list too long"),
        pytest.param(b'["pl", "s", 2, 8]', struct.pack("<II", 1, 2**32 - 1), id="string lengths"),
        pytest.param(b'["d", ["l", "a", "a"], 1, 2]', b"", id="same key twice"),
        pytest.param(b'["d", ["l", "a"]]', b"", id="key without value"),
        pytest.param(b'["d", ["l", ["l"]], 1]', b"", id="list as key"),
        pytest.param(b'["d", ["l", ["a", "|i1", []]], 1]', b"1", id="array as key"),
        pytest.param(b'["d"]', b"", id="dict without keys"),
        pytest.param(b'["o", 1]', b"", id="opaque without name"),
    ],
)
def test_a_malformed_frame_is_a_wire_error(header: bytes, body: bytes) -> None:
    start = time.perf_counter()
    with pytest.raises(wire.WireError):
        wire.decode(header, body)
    assert time.perf_counter() - start < 5


def test_a_dict_that_looks_like_a_tag_stays_a_dict() -> None:
    value = [{"a": 1}, ["a", "<f8", [3]], ["o", "x"], {"f": "nan"}, "nan", ["f", "nan"]]
    assert through(value) == value


def test_truth_values_above_one_become_true() -> None:
    array = wire.decode(b'["a", "|b1", [3]]', b"\x00\x01\xff")
    assert array.view(np.uint8).tolist() == [0, 1, 1]


def test_scalars_of_numpy_arrive_as_arrays_without_axes() -> None:
    assert same(np.array(2.5, np.float32), through(np.float32(2.5)))
    assert same(np.array(1 + 2j), through(1 + 2j))


def test_other_byte_orders_and_strides_arrive_native() -> None:
    array = np.arange(12, dtype=">f4").reshape(3, 4)[:, ::2]
    assert same(array.astype("f4"), through(array))


def test_an_arrived_array_is_ours_to_write() -> None:
    array = through(np.ones(3))
    array += 1
    assert array.flags.owndata or array.base.flags.owndata


@pytest.mark.parametrize("axes", [MAX_DEPTH, MAX_DEPTH + 1, 60])
def test_an_array_of_more_axes_than_travel_arrives_as_opaque(axes: int) -> None:
    arrived = through(np.zeros((1,) * axes))

    if axes > MAX_DEPTH:
        assert arrived == Opaque(f"array of {axes} axes")
    else:
        assert arrived.shape == (1,) * axes


def test_an_int_too_large_arrives_as_opaque() -> None:
    assert "too large: 71 bits" in through({2**70: 1, 2**70 + 1: 2}).popitem()[0].type_name
    assert len(through({2**70: 1, 2**70 + 1: 2})) == 2


@pytest.mark.parametrize("value", [object(), {1, 2}, np.array([None]), np.array(["a"])])
def test_what_is_not_plain_is_refused_by_the_sender(value: Any) -> None:
    with pytest.raises(wire.WireError):
        wire.encode(value)


def test_too_deep_and_too_large_values_are_refused_by_the_sender() -> None:
    deep: Any = 1
    for _ in range(40):
        deep = [deep]
    with pytest.raises(wire.WireError, match="nested deeper"):
        wire.encode(deep)
    with pytest.raises(wire.WireError, match="too large"):
        wire.encode(np.zeros(1 + (64 << 17)))
    with pytest.raises(wire.WireError, match="too large"):
        wire.encode([[[]] * 100] * 2000 + [None])


def test_whatever_the_sender_accepts_the_receiver_reads() -> None:
    value: Any = np.zeros((2, 2))
    depth = 0
    while depth < 28:
        value = {"k": value}
        depth += 1
        assert through(value) is not None
    with pytest.raises(wire.WireError, match="a value is nested deeper"):
        wire.encode({"k": {"k": {"k": {"k": value}}}})


def test_a_large_frame_passes_while_both_ends_work(pair: Pair) -> None:
    big = np.random.default_rng(0).normal(size=(1000, 1000))
    sender = threading.Thread(target=wire.send, args=(pair[0], [big, "文" * 5000], soon(20)))
    sender.start()
    array, text = wire.receive(pair[1], soon(20))
    sender.join()
    assert same(big, array)
    assert text == "文" * 5000


def test_silence_and_a_slow_frame_end_at_the_deadline(pair: Pair) -> None:
    with pytest.raises(wire.DeadlineExpired):
        wire.receive(pair[1], soon(0.05))
    stop = threading.Event()

    def drip() -> None:
        for byte in struct.pack("<IQ", 1000, 0) + b" " * 1000:
            if stop.wait(0.005):
                return
            pair[0].send(bytes([byte]))

    thread = threading.Thread(target=drip)
    thread.start()
    start = time.monotonic()
    with pytest.raises(wire.DeadlineExpired):
        wire.receive(pair[1], soon(0.3))
    stop.set()
    thread.join()
    assert time.monotonic() - start < 2


def test_a_peer_that_does_not_read_ends_at_the_deadline(pair: Pair) -> None:
    with pytest.raises(wire.DeadlineExpired):
        wire.send(pair[0], np.zeros(1 << 20), soon(0.2))


def test_hanging_up_is_closed_before_and_within_a_frame(pair: Pair) -> None:
    pair[0].send(struct.pack("<IQ", 10, 0) + b"123")
    pair[0].close()
    with pytest.raises(wire.Closed, match="in the middle"):
        wire.receive(pair[1], soon())
    with pytest.raises(wire.Closed):
        wire.send(pair[1], 1, soon())


@pytest.mark.parametrize(
    ("header", "body"), [(1 << 31, 0), (10, 1 << 60), (MAX_HEADER + 1, 0), (10, 64 << 20)]
)
def test_a_claim_above_the_caps_is_refused_at_once(pair: Pair, header: int, body: int) -> None:
    pair[0].send(struct.pack("<IQ", header, body))
    with pytest.raises(wire.WireError, match="announces"):
        wire.receive(pair[1], soon())


def test_memory_follows_what_arrives_not_what_is_claimed(pair: Pair) -> None:
    pair[0].send(struct.pack("<IQ", 2, 60 << 20) + b"12" + b"x" * 1000)
    tracemalloc.start()
    with pytest.raises(wire.DeadlineExpired):
        wire.receive(pair[1], soon(0.1))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 << 20
