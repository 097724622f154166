"""The conversation with a worker: what is passed over, what is taken, what ends it."""

from __future__ import annotations

from typing import Any

import pytest

from grader.isolation.session import LOAD_GRACE_S, WorkerSession
from grader.protocol import wire
from grader.protocol.messages import (
    Added,
    Answer,
    Failed,
    Load,
    Loaded,
    Loading,
    Message,
    Notice,
    Place,
    Position,
    StandInUsed,
    encode,
)
from grader.sandbox.handle import Times
from kit.reasons import Raised

LOAD = Load(part="poems", files=(), order=(), skip=(), cpu_s=1.0, wall_s=2.0)


class Scripted:
    """A worker that sends `frames` in turn; CALL_ID in one stands for the id of the last call."""

    def __init__(self, *frames: Any) -> None:
        self._frames = list(frames)
        self.sent: list[dict[str, Any]] = []
        self.waits: list[float] = []
        self.asked = 0
        self.used_s = 0.0  # CPU time: what the worker has used

    def send(self, message: dict[str, Any], wall_s: float) -> None:
        self.sent.append(message)

    def receive(self, wall_s: float) -> Any:
        if not self._frames:
            raise wire.DeadlineExpired
        frame = self._frames.pop(0)
        if isinstance(frame, dict) and frame.get("call_id") == CALL_ID:
            return {**frame, "call_id": self.sent[-1].get("call_id", "")}
        return frame

    def has_message(self, wall_s: float) -> bool:
        self.waits.append(wall_s)
        return bool(self._frames)

    def ask_position(self) -> None:
        self.asked += 1

    def cpu_s(self) -> float:
        return self.used_s

    def times(self) -> Times:
        return Times(self.used_s, 0.0)

    def exchange(self, message: dict[str, Any], wall_s: float) -> Any:
        self.send(message, wall_s)
        return self.receive(wall_s)


CALL_ID = "the id of this call"
ANSWER = encode(Answer(CALL_ID, 42))


def session(*frames: Message | Any) -> tuple[WorkerSession, Scripted]:
    worker: Any = Scripted(*frames)
    return WorkerSession(worker), worker


def test_a_load_remembers_the_statement_that_was_announced_last() -> None:
    made, worker = session(
        encode(Loading("a.py", 1)),
        encode(Loading("a.py", 7)),
        encode(Loaded((Notice("overran", "a.py", 7),), stalled=True)),
    )
    loaded = made.load(LOAD)
    assert (loaded.notices[0].line, loaded.stalled) == (7, True)
    assert made.loading == Loading("a.py", 7)
    assert all(wait <= LOAD.wall_s + LOAD_GRACE_S for wait in worker.waits)


def test_a_load_ends_at_its_limit_whatever_the_worker_announces_meanwhile() -> None:
    made, worker = session()
    announced = 0

    def announce(wall_s: float) -> Any:
        nonlocal announced
        announced += 1
        worker.used_s += LOAD.wall_s / 10
        return encode(Loading("a.py", announced))

    worker.has_message = lambda wall_s: True  # type: ignore[method-assign]
    worker.receive = announce  # type: ignore[method-assign]
    with pytest.raises(wire.DeadlineExpired):
        made.load(LOAD)
    assert announced == 15  # each uses a tenth of the limit; the grace is half of the limit


def test_a_call_ends_when_it_has_used_its_time_whatever_the_worker_sends_meanwhile() -> None:
    made, worker = session()
    sent = 0

    def flood(wall_s: float) -> Any:
        nonlocal sent
        sent += 1
        worker.used_s += 0.25
        return encode(Answer("another call's", sent))

    worker.has_message = lambda wall_s: True  # type: ignore[method-assign]
    worker.receive = flood  # type: ignore[method-assign]
    with pytest.raises(wire.DeadlineExpired):
        made.call("sample", {}, 2.0)
    assert sent == 8


def test_a_worker_that_is_asked_says_where_it_is_or_replies_meanwhile() -> None:
    place = Place("a.py", "forward", 3, 5, lasted=True)
    made, worker = session(
        encode(Position("of an earlier call", ())), encode(Position(CALL_ID, (place,)))
    )
    pending = made.begin("sample", {})
    assert pending.where() == (place,)
    assert worker.asked == 1
    made, worker = session(ANSWER)
    pending = made.begin("sample", {})
    assert pending.where() == ()
    assert pending.reply(0.0) == Answer(worker.sent[-1]["call_id"], 42)


def test_that_a_call_uses_a_stand_in_is_known_whatever_comes_of_it() -> None:
    used = encode(StandInUsed(CALL_ID))
    made, _ = session(encode(StandInUsed("of an earlier call")), ANSWER)
    pending = made.begin("sample", {})
    assert (pending.reply(1.0) is not None, pending.stood_in) == (True, False)
    made, _ = session(used, used, ANSWER)
    pending = made.begin("sample", {})
    assert (pending.reply(1.0) is not None, pending.stood_in) == (True, True)
    made, worker = session(used)
    pending = made.begin("sample", {})
    waited = worker.has_message

    def pass_time(wall_s: float) -> bool:
        worker.used_s += wall_s
        return waited(wall_s)

    worker.has_message = pass_time  # type: ignore[method-assign]
    assert (pending.reply(1.0), pending.stood_in) == (None, True)


def test_a_worker_that_is_asked_and_does_not_answer_is_not_waited_for() -> None:
    made, worker = session()

    def pass_time(wall_s: float) -> bool:
        worker.used_s += wall_s
        return False

    worker.has_message = pass_time  # type: ignore[method-assign]
    assert made.begin("sample", {}).where() is None
    assert worker.used_s < 1.0


@pytest.mark.parametrize(
    "frame",
    [None, ANSWER, {"message": "Loaded"}, {"message": "Loading", "path": 3, "line": 1}],
    ids=["nothing", "an answer", "without fields", "a path that is a number"],
)
def test_a_load_takes_nothing_but_announcements_and_its_end(frame: Any) -> None:
    with pytest.raises(wire.WireError):
        session(frame)[0].load(LOAD)


def test_a_call_passes_over_what_answers_another_or_none() -> None:
    unasked = [
        encode(Answer("", 0)),
        encode(Answer("of an earlier call", 1)),
        encode(Loaded((), stalled=False)),
        {"answer": 2},
        {"call_id": [CALL_ID]},
        None,
        [CALL_ID],
    ]
    made, worker = session(*unasked, ANSWER)
    reply = made.call("sample", {"n": 1}, 10.0)
    assert isinstance(reply, Answer)
    assert reply.value == 42
    (call,) = worker.sent
    assert (call["probe"], call["arguments"], call["runner"]) == ("sample", {"n": 1}, 0)


def test_each_call_has_an_id_of_its_own() -> None:
    made, worker = session(ANSWER, encode(Failed(CALL_ID, "failed", Raised("E"))))
    made.call("a", {}, 1.0)
    assert isinstance(made.call("b", {}, 1.0, runner=3), Failed)
    ids = {message["call_id"] for message in worker.sent}
    assert len(ids) == 2
    assert {len(id) for id in ids} == {16}


@pytest.mark.parametrize(
    "lie",
    [
        {"call_id": CALL_ID},
        {"call_id": CALL_ID, "message": "Loaded", "notices": [], "stalled": False},
        {"call_id": CALL_ID, "message": "Failed", "outcome": 3, "reason": {"zh": "a", "en": "b"}},
    ],
)
def test_what_bears_the_mark_and_is_no_reply_is_an_error(lie: dict[str, Any]) -> None:
    with pytest.raises(wire.WireError):
        session(lie)[0].call("a", {}, 1.0)


def test_sources_are_added() -> None:
    assert session(encode(Added(2)))[0].add(("x = 1",), 0.5, 1.0) == 2
    for frame in (encode(Loaded((), False)), {"message": "Added", "runner": "3"}, None):
        with pytest.raises(wire.WireError):
            session(frame)[0].add(("x = 1",), 0.5, 1.0)
