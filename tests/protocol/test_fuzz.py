"""Whatever a worker sends, the judge gets an outcome: no crash, no flood of memory, no waiting."""

from __future__ import annotations

import contextlib
import copy
import os
import resource
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from drawing import examples
from hypothesis import HealthCheck, example, given
from hypothesis import settings as effort
from hypothesis import strategies as st
from quick import only

from grader.core.settings import Settings
from grader.diagnosis.diagnostician import Call, diagnose
from grader.isolation.runner import WorkerRunner
from grader.isolation.session import WorkerSession
from grader.parts.checks import PUBLIC
from grader.parts.reference import reference_runner
from grader.protocol import wire
from grader.protocol.messages import Answer, encode
from grader.sandbox.handle import Times, Worker
from grader.sandbox.output import Output
from kit.cases import clip_case
from kit.fixtures import Public
from kit.outcomes import Verdict
from kit.plain import Opaque
from kit.runner import Runner
from parts.numpy_rnn import cases
from parts.numpy_rnn import checks as network
from parts.numpy_rnn import checks_gradient_check as gradient_check
from parts.numpy_rnn import checks_sample as sample
from parts.numpy_rnn.checks_learning import learns
from parts.poems import checks
from parts.poems.cases import poem_lines

DEADLINE_S = 0.5

# ------------------------------------------------------------------- bytes on the channel


class _Hostile(Worker):
    """A worker's handle whose other end sends what the test says, whatever it is asked."""

    def __init__(self, data: bytes, hang_up: bool) -> None:
        self.channel, self.theirs = socket.socketpair()
        status, self.their_status = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        read, self.write = os.pipe()
        super().__init__(self.channel, status, Output(read, 1 << 16))
        self.their_status.send(b'{"event": "ended", "status": 0, "cpu_s": 0.0, "max_rss_kb": 0}')
        self._sender = threading.Thread(target=self._send, args=(data, hang_up), daemon=True)
        self._sender.start()

    def _send(self, data: bytes, hang_up: bool) -> None:
        try:
            self.theirs.sendall(data)
            if hang_up:
                self.theirs.shutdown(socket.SHUT_RDWR)
        except OSError:  # the judge has had enough
            pass

    def times(self) -> Times:
        return Times(0.0, 0.0)  # there is no process that could wait

    def close(self) -> None:
        super().close()
        self.theirs.close()
        self.their_status.close()
        if self.write >= 0:
            os.close(self.write)
            self.write = -1


class _Loaded(WorkerRunner):
    """A runner whose workers are hostile from the first byte after loading."""

    def __init__(self, data: bytes, hang_up: bool) -> None:
        limits = Settings(call_wall_s=DEADLINE_S, part_wall_s=30.0)
        super().__init__("numpy_rnn", None, None, limits)  # type: ignore[arg-type]
        self._data, self._hang_up = data, hang_up

    def _load(self) -> WorkerSession:
        return WorkerSession(_Hostile(self._data, self._hang_up))


def frame(header: bytes, body: bytes = b"") -> bytes:
    return len(header).to_bytes(4, "little") + len(body).to_bytes(8, "little") + header + body


framed = st.builds(frame, st.binary(max_size=200), st.binary(max_size=200))
claims = st.builds(
    lambda h, b, rest: h.to_bytes(4, "little") + b.to_bytes(8, "little") + rest,
    st.integers(0, 2**32 - 1),
    st.integers(0, 2**64 - 1),
    st.binary(max_size=100),
)
plain_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=5)
    | st.builds(Opaque, st.text(max_size=5))
    | st.sampled_from([np.zeros(3), np.zeros((2, 2)), np.array(1), np.full(2, np.nan)]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner)
        | st.dictionaries(st.sampled_from(["message", "call_id", "value", "record"]), inner)
    ),
    max_leaves=6,
)
frames = st.builds(lambda value: b"".join(bytes(p) for p in wire.encode(value)), plain_values)
streams = st.lists(framed | claims | frames | st.binary(max_size=300), max_size=6).map(b"".join)


@effort(deadline=None, max_examples=examples(30), suppress_health_check=[HealthCheck.too_slow])
@given(streams, st.booleans())
@example(frame(b'["d",["l","call_id"],["a","<f8",[2]]]', bytes(16)), False)
@example(frame(b"[" * 100_000), True)
@pytest.mark.slow
def test_arbitrary_bytes_end_in_an_outcome_by_the_deadline(data: bytes, hang_up: bool) -> None:
    ends_by_the_deadline(data, hang_up)


@pytest.mark.slow
@effort(deadline=None, max_examples=examples(150), suppress_health_check=[HealthCheck.too_slow])
@given(streams, st.booleans())
def test_more_arbitrary_bytes_end_in_an_outcome_by_the_deadline(data: bytes, hang_up: bool) -> None:
    ends_by_the_deadline(data, hang_up)


def ends_by_the_deadline(data: bytes, hang_up: bool) -> None:
    runner = _Loaded(data, hang_up)
    start = time.monotonic()
    with pytest.raises(Verdict):
        runner.call("forward", {"x": np.zeros(3)})
    runner.close()
    # A time-out is confirmed once, at twice the limit and more where the processor was busy.
    assert time.monotonic() - start < 30 * DEADLINE_S


def test_a_flood_of_frames_takes_no_memory_and_ends_at_the_deadline() -> None:
    answer = b"".join(bytes(p) for p in wire.encode(encode(Answer("", np.zeros(1_000_000)))))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    runner = _Loaded(answer * 20, False)
    start = time.monotonic()
    with pytest.raises(Verdict):
        runner.call("forward", {"x": np.zeros(3)})
    runner.close()
    assert time.monotonic() - start < 30 * DEADLINE_S
    grown_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown_kb < 400_000


# ------------------------------------------------------------------ answers that are plain data


class _Lying(Runner):
    """Answers as the reference does, but for what the test puts in its place."""

    def __init__(self, part: str, lie: Callable[[Any], Any]) -> None:
        self.part = part
        self._right = reference_runner(part)
        self._lie = lie

    def call(self, probe: str, arguments: dict[str, Any]) -> Any:
        if probe == "learn":
            return self._lie({n: arguments["weights"][n] for n in network.WEIGHTS})
        answer = self._lie(self._right.call(probe, copy.deepcopy(arguments)))
        diagnose(self.part, "", [Call(probe, arguments, answer)])
        return answer


odd = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats()
    | st.text(max_size=3)
    | st.binary(max_size=3)
    | st.builds(Opaque, st.text(max_size=3))
    | st.builds(
        lambda shape, kind: np.zeros(shape, kind),
        st.lists(st.integers(0, 7), max_size=3),
        st.sampled_from(["?", "i1", "u8", "f2", "f4", "f8", "g", "c8"]),
    )
    | st.sampled_from([np.array([np.nan, np.inf]), np.full((3, 7), 1e308), np.zeros(0)]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(
            st.text(max_size=2) | st.integers() | st.none() | st.tuples(st.integers())
            | st.builds(Opaque, st.text(max_size=2)) | st.sampled_from(network.WEIGHTS),
            inner,
            max_size=3,
        )
    ),
    max_leaves=5,
)  # fmt: skip


def replaced(answer: Any, path: int, value: Any) -> Any:
    """`answer` with one of its entries, or one of an entry's, exchanged for `value`."""
    if path % 4 == 0 or not isinstance(answer, (dict, list)) or not answer:
        return value
    keys = list(answer) if isinstance(answer, dict) else list(range(len(answer)))
    made = dict(answer) if isinstance(answer, dict) else list(answer)
    key = keys[path // 4 % len(keys)]
    made[key] = replaced(made[key], path // 64, value)
    return made


def _rng() -> np.random.Generator:
    return np.random.default_rng(7)


def _network_checks() -> Iterator[tuple[str, Callable[[Runner], None]]]:
    public = Public.load(PUBLIC / "expected.npz")
    case, expected = public("rnn")
    right = reference_runner("numpy_rnn")
    other = cases.rnn_case(_rng())
    weights = cases.sampling_weights(_rng())
    back = expected["backward"]
    yield "shapes", lambda lab: network.forward_shapes(lab, case)
    yield "values", lambda lab: network.forward_agrees(lab, case, expected["forward"])
    yield "repeats", lambda lab: network.forward_repeats(lab, case, other)
    yield "backward", lambda lab: network.gradients_agree(lab, case, back)
    yield "norms", lambda lab: network.norms_agree(lab, case, expected["norms"])
    yield "accumulates", lambda lab: network.gradients_accumulate(lab, case, back)
    yield "check right", lambda lab: gradient_check.gradient_check_passes(lab, _rng())
    yield "check finds", lambda lab: gradient_check.gradient_check_finds(lab, _rng())
    yield "check restores", lambda lab: gradient_check.gradient_check_restores(lab, _rng())
    yield "clip", lambda lab: network.clips(lab, clip_case(_rng(), 12.0), 5.0)
    yield "text", lambda lab: sample.sample_text(lab, weights, "hello", 3)
    yield "rng", lambda lab: sample.sample_uses_rng(lab, weights, "hello")
    yield (
        "distribution",
        lambda lab: sample.sample_distribution(lab, right, weights, "hello", 0.6, [1, 2, 3]),
    )
    learning = cases.rnn_learning_case(_rng())
    yield "learning", lambda lab: learns(lab, learning)


def _poem_checks() -> Iterator[tuple[str, Callable[[Runner], None]]]:
    lines = poem_lines(_rng(), 6)
    yield "vectors", lambda lab: checks.vectors_agree(lab, lines)
    yield "maps", lambda lab: checks.maps_agree(lab, lines)
    yield "stable", lambda lab: checks.order_is_stable(lab, lab, lines)


CHECKS = [("numpy_rnn", *c) for c in _network_checks()] + [("poems", *c) for c in _poem_checks()]


def name_of(row: tuple[str, str, Callable[[Runner], None]]) -> str:
    """Part and check."""
    return f"{row[0]} {row[1]}"


LONG = {"numpy_rnn check finds", "numpy_rnn check restores"}
"""Checks that ask for a whole gradient check, again and again."""

QUICK = {name_of(row) for row in CHECKS} - LONG


@pytest.mark.parametrize(
    ("part", "name", "run"),
    only(QUICK, CHECKS, name_of),
)
@effort(deadline=None, max_examples=examples(15), suppress_health_check=list(HealthCheck))
@given(path=st.integers(0, 4**6), value=odd)
def test_a_check_of_any_plain_data_ends_in_a_verdict(
    part: str, name: str, run: Callable[[Runner], None], path: int, value: Any
) -> None:
    """Anything else that a check raised would be the grader's error, and the whole mark's loss."""
    with contextlib.suppress(Verdict):
        run(_Lying(part, lambda answer: replaced(answer, path, value)))
