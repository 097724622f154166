"""Messages between judge and worker: they come back as they went, and lies are WireErrors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.protocol import messages, wire
from grader.protocol.messages import (
    Added,
    AddSource,
    Answer,
    Call,
    Failed,
    File,
    LimitedByTier,
    Load,
    Loaded,
    Loading,
    Message,
    Overran,
    Oversized,
    Place,
    Position,
    SkippedStatement,
    StandInUsed,
    Stopped,
    decode,
    decode_of_call,
    decode_reply,
    encode,
)
from grader.protocol.passed_over import MOST, PassedOverLists
from kit.homes import PassedOver
from kit.reasons import Line, Raised, Stub, Undefined, UntrustedText
from kit.statements import Spot
from kit.text import Text

TEXT = Text("中", "en")
LINE = Line("rnn.py", 3)
SPOT = Spot("a.ipynb", 2, 3, 4)
NOTICE = messages.Notice("raised", "a.py", 3, 1, "ValueError")

FROM_JUDGE: list[Message] = [
    Load(
        part="poems",
        files=(File("a.py", ("x = 1", "y = 2" * 1000)), File("b.py", ())),
        order=("a.py",),
        skip=(SkippedStatement("a.py", 3, TEXT, 2, 4),),
        cpu_s=2.0,
        wall_s=6.0,
        run=(SPOT, SPOT),
        omit=(SPOT,),
        passed_over=PassedOverLists.of(
            [PassedOver(f"{i}.py", "RNN", "work.py", "RNN", i % 2 == 0) for i in range(1000)]
        ),
    ),
    Call("m", "forward", {"x": [1, (2.5, None)], "n": True}, 3),
    AddSource(("x = 1\n" * 1000, "y = 2\n"), 0.5),
]
FROM_WORKER: list[Message] = [
    Loading("a.py", 3),
    Loading("a.ipynb", 3, 2, 4),
    Loaded((), stalled=False, unfinished=(SPOT,)),
    Position("m", ()),
    Position("m", (Place("a.py", "forward", 3, 5, lasted=True),)),
    Loaded((NOTICE, NOTICE), stalled=True),
    StandInUsed("m"),
    Added(2),
]
REPLIES: list[messages.Reply] = [
    Answer("m", {"text": TEXT.zh, "list": [1, (2,)], "message": "Failed"}),
    Failed("m", "failed", Raised("ValueError", LINE, "words")),
    Failed("m", "failed", Raised("ValueError")),
    Failed("m", "not_attempted", Stub(LINE, "RNN.forward", TEXT)),
    Failed("m", "missing", Undefined("RNN", TEXT)),
    Failed("m", "missing", Undefined("RNN")),
    Overran("m", "over_threads", LINE),
    Overran("m", "over_threads", None),
    LimitedByTier("m"),
    Oversized("m"),
    Stopped("m", None),
    Stopped("m", (3, 0, 5)),
]


def through_a_frame(message: Message) -> Any:
    _, header, *body = wire.encode(encode(message))
    return wire.decode(bytes(header), b"".join(bytes(piece) for piece in body))


@pytest.mark.parametrize("message", FROM_JUDGE, ids=lambda m: type(m).__name__)
def test_what_the_judge_sends_arrives_whole(message: Message) -> None:
    assert decode(through_a_frame(message), type(message), trusted=True) == message


@pytest.mark.parametrize("message", FROM_WORKER, ids=lambda m: type(m).__name__)
def test_what_a_worker_sends_arrives(message: Message) -> None:
    assert decode(through_a_frame(message), type(message)) == message


@pytest.mark.parametrize("reply", REPLIES, ids=lambda m: type(m).__name__)
def test_replies_arrive_with_their_mark(reply: messages.Reply) -> None:
    frame = through_a_frame(reply)
    assert messages.call_id_of(frame) == "m"
    assert decode_reply(frame) == reply


def test_arrays_are_not_copied_on_their_way_to_the_frame() -> None:
    array = np.zeros(3)
    assert encode(Answer("m", array))["value"] is array
    arguments = {"x": array}
    assert encode(Call("m", "forward", arguments))["arguments"] is arguments


def test_a_sentence_of_a_workers_is_not_known_to_be_ours() -> None:
    reply = decode_reply(through_a_frame(Failed("m", "failed", TEXT)))
    assert reply == Failed("m", "failed", UntrustedText(TEXT))


def test_long_texts_and_lists_of_a_worker_are_cut() -> None:
    long = messages.Notice("raised", "长" * 10_000, 1, 1, "long" * 10_000)
    loaded = decode(encode(Loaded((long,) * 500, stalled=False)), Loaded)
    assert len(loaded.notices) == messages.MAX_ITEMS
    words = (loaded.notices[0].path, loaded.notices[0].name)
    assert {len(word) for word in words} == {messages.MAX_WORDS}
    reply = decode_reply(encode(Failed("m", "failed", Raised("E" * 10_000, LINE, "w" * 10_000))))
    assert isinstance(reply, Failed)
    assert isinstance(reply.reason, Raised)
    assert len(reply.reason.kind) == len(reply.reason.words) == messages.MAX_WORDS


RAISED = {"record": "Raised", "kind": "E", "line": None, "words": ""}
MALFORMED: dict[str, Any] = {
    "nothing": None,
    "a list": ["message", "Answer"],
    "no name": {"call_id": "m", "value": 1},
    "another name": {"message": "Load", "call_id": "m"},
    "a name that is no text": {"message": ["Answer"], "call_id": "m", "value": 1},
    "a field is missing": {"message": "Answer", "call_id": "m"},
    "a field too many": {"message": "Answer", "call_id": "m", "value": 1, "passed": True},
    "two messages in one": {
        "message": "Failed", "call_id": "m", "outcome": "failed", "reason": RAISED, "value": 1,
    },
    "a reason with a field too many": {
        "message": "Failed", "call_id": "m", "outcome": "failed", "reason": {**RAISED, "zh": "a"},
    },
    "an id that is no text": {"message": "Answer", "call_id": 3, "value": 1},
    "an outcome that is no text": {
        "message": "Failed", "call_id": "m", "outcome": ["passed"], "reason": RAISED,
    },
    "a reason that is no record": {
        "message": "Failed", "call_id": "m", "outcome": "failed", "reason": 3,
    },
    "a reason without words": {
        "message": "Failed", "call_id": "m", "outcome": "failed", "reason": {"zh": "", "en": "x"},
    },
    "a line that is a bool": {
        "message": "Overran", "call_id": "m", "limit": "x", "line": {"file": "a", "number": True},
    },
    "a shape that is a text": {"message": "Stopped", "call_id": "m", "shape": "3, 5"},
    "a shape of a bool": {"message": "Stopped", "call_id": "m", "shape": [True]},
    "a shape of halves": {"message": "Stopped", "call_id": "m", "shape": [2.5]},
    "a line without a number": {
        "message": "Overran", "call_id": "m", "limit": "x", "line": {"file": "a"},
    },
}  # fmt: skip


@pytest.mark.parametrize("value", MALFORMED.values(), ids=MALFORMED)
def test_what_is_no_reply_is_a_wire_error(value: Any) -> None:
    with pytest.raises(wire.WireError):
        decode_reply(value)


@pytest.mark.parametrize(
    "more", [{"name": "scipy"}, {"used": True}, {"text": "0.73"}, {"value": 1}], ids=str
)
def test_that_a_stand_in_is_used_is_said_without_a_name(more: dict[str, Any]) -> None:
    frame = through_a_frame(StandInUsed("m"))
    assert frame == {"message": "StandInUsed", "call_id": "m"}
    assert decode_of_call(frame) == StandInUsed("m")
    with pytest.raises(wire.WireError):
        decode_reply(frame)  # it ends no call
    with pytest.raises(wire.WireError):
        decode_of_call({**frame, **more})


def test_only_what_was_asked_for_is_taken() -> None:
    with pytest.raises(wire.WireError, match="Loading or Loaded"):
        decode(encode(Answer("m", 1)), Loading, Loaded)
    with pytest.raises(wire.WireError):
        decode({"message": "Loaded", "notices": [], "stalled": 1}, Loaded)
    with pytest.raises(wire.WireError):
        decode({"message": "Added", "runner": 1.5}, Added)


names = [type(message).__name__ for message in (*FROM_JUDGE, *FROM_WORKER, *REPLIES)]
keys = ["message", "call_id", "value", "outcome", "reason", "kind", "line", "words", "zh", "en",
        "notices", "stalled", "path", "limit", "file", "number", "name", "because",
        "record"]  # fmt: skip
lies = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.binary()
    | st.sampled_from([*names, "Raised", "Stub", "Undefined", "Introduced"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(keys), inner),
    max_leaves=12,
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(keys), lies), st.sampled_from(names))
def test_no_lie_raises_anything_else(value: dict[str, Any], name: str) -> None:
    for take in (
        decode_reply,
        decode_of_call,
        lambda v: decode(v, Loading, Loaded),
        lambda v: decode(v, Added),
    ):
        try:
            take({**value, "message": name})
        except wire.WireError:
            continue


def test_what_gives_way_travels_as_it_is_and_has_a_bound() -> None:
    one = PassedOver("a.py", "process_poems", "b.py", "process_poems1", True)
    assert PassedOverLists.of([one, one]).stubs == (one, one)
    assert PassedOverLists.of([]).stubs == ()

    def sent(stubs: PassedOverLists) -> Load:
        load = Load("poems", (), (), (), 1.0, 1.0, passed_over=stubs)
        found: Load = decode(through_a_frame(load), Load, trusted=True)
        return found

    # More than any hand-in has: 500 files that each leave every blank as it was.
    assert len(sent(PassedOverLists.of([one] * MOST)).passed_over.stubs) == MOST
    for stubs in ([one] * (MOST + 1), [one._replace(path="a" * 1_201)]):
        with pytest.raises(wire.WireError):
            sent(PassedOverLists.of(stubs))
    with pytest.raises(ValueError, match="zip"):
        _ = sent(PassedOverLists(paths=("a.py",))).passed_over.stubs
