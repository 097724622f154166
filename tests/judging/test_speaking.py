"""A secret that a worker sends through everything it can say is in no file that a student sees."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from handing_in import submission_of

from grader import ROOT
from grader.core.model import Visibility
from grader.core.settings import Secret, Settings
from grader.diagnosis.explain import Explanation
from grader.isolation.runner import WorkerRunner
from grader.judging import pytest_run
from grader.judging.plugin import GradingPlugin, Runners
from grader.parts.reference import reference_runner
from grader.protocol import messages
from kit.contracts import PARTS
from kit.outcomes import Verdict
from kit.plain import Opaque, to_plain
from kit.runner import Runner

SECRET = "Zq7Xk"
NUMBER = 731.4159
"""The secret as a number; by its digits it is looked for."""

ENCODED = {
    "plain": SECRET,
    "reversed": SECRET[::-1],
    "hex": SECRET.encode().hex(),
    "base64": base64.b64encode(SECRET.encode()).decode().rstrip("="),
    "code points": " ".join(str(ord(c)) for c in SECRET),
    "split": SECRET[:2] + "'" + SECRET[2:],
}
TRACES = (
    *(SECRET, SECRET[::-1], SECRET[:2], SECRET[2:], SECRET.encode().hex(), ENCODED["base64"]),
    *("731", "9514", "4159", *(str(ord(c)) for c in SECRET if ord(c) > 99)),
)
TEXT = {"zh": SECRET, "en": SECRET}
LINE = {"file": SECRET, "number": 731, "cell": 731}


def raised(kind: str, line: object, said: str) -> dict[str, object]:
    """An exception of a worker that says `said` wherever it can."""
    return {"record": "Raised", "kind": kind, "line": line, "words": said, "called": said}


def spoken() -> Iterator[dict[str, Any]]:
    """Every reply to a call with the secret in every field that takes words or numbers."""
    for said in ENCODED.values():
        text = {"zh": said, "en": said}
        lines: list[dict[str, Any] | None] = [None]
        lines += [
            {"file": file, "number": 731, "cell": cell}
            for file in (said, "numpy_rnn.py")
            for cell in (0, 731)
        ]
        reasons: list[dict[str, Any]] = [text]
        reasons += [{"record": "Undefined", "name": said, "because": text}]
        for line in lines:
            reasons += [
                raised(said, line, said),
                raised("ValueError", line, said),
                {"record": "Stub", "line": line, "name": said, "words": text},
            ]
        for outcome in ("failed", "missing", "not_attempted", "out_of_memory", "skipped", said):
            for reason in reasons:
                yield {"message": "Failed", "outcome": outcome, "reason": reason}
        for line in lines:
            yield {"message": "Overran", "limit": "files", "line": line}
            yield {"message": "Overran", "limit": said, "line": line}
    yield {"message": "Oversized"}
    for shape in (None, [731, 731]):
        yield {"message": "Stopped", "shape": shape}
    yield {"message": "LimitedByTier"}


FILE = submission_of({"numpy_rnn.py": "x = 1\n" * 800})
"""What was handed in; it has a line 731."""


class Speaking(Runner):
    """Answers every call with one reply of a worker's, as the judge reads it."""

    def __init__(self, part: str, frame: dict[str, Any]) -> None:
        self.part = part
        self._frame = frame

    def call(self, probe: str, arguments: dict[str, Any]) -> Any:
        class Server:
            tier = "full"

        settings = Settings(
            out_dir=Path(), rubric=ROOT / "rubric.yaml", secret_file=Path(), lang="en"
        )
        judge = WorkerRunner(self.part, Server(), FILE, settings)  # type: ignore[arg-type]
        return judge._answer(messages.decode_reply({**self._frame, "call_id": "x"}))


Change = Callable[[Any], Any]
CHANGES: dict[str, Change] = {
    "the whole is a string": lambda value: SECRET,
    "the whole is a number": lambda value: NUMBER,
    "numbers": lambda value: _each(value, lambda v: NUMBER, lambda v: v),
    "strings": lambda value: _each(value, lambda v: v, lambda v: SECRET),
    "strings and numbers": lambda value: _each(value, lambda v: NUMBER, lambda v: SECRET),
    "characters": lambda value: _each(value, lambda v: v, lambda v: SECRET[0]),
    "an object": lambda value: _each(value, lambda v: Opaque(SECRET), lambda v: Opaque(SECRET)),
    "names": lambda value: {SECRET: value, f"d{SECRET}": value},
    "names and values": lambda value: (
        {**value, SECRET: np.full((2, 2), NUMBER)} if isinstance(value, dict) else [SECRET] * 731
    ),
    "a shape": lambda value: np.zeros((731, 1)),
    "long": lambda value: _each(value, lambda v: [NUMBER] * 731, lambda v: SECRET * 31),
}


def _each(value: Any, number: Change, string: Change) -> Any:
    if isinstance(value, dict):
        return {k: _each(v, number, string) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_each(v, number, string) for v in value]
    if isinstance(value, str):
        return string(value)
    if isinstance(value, np.ndarray):
        new = number(value)
        return np.full(value.shape, new) if isinstance(new, float) else new
    return number(value) if isinstance(value, (int, float)) else value


class Lying(Runner):
    """Answers as the solution does, but with the secret in it."""

    def __init__(self, part: str, change: Change) -> None:
        self.part = part
        self._right = reference_runner(part)
        self._change = change

    def call(self, probe: str, arguments: dict[str, Any]) -> Any:
        return to_plain(self._change(self._right.call(probe, arguments)))


def shown(part: str, runner: Runner, secret_file: Path) -> list[str]:
    """What the hidden checks of `part` say to the student."""
    found: list[str] = []

    def keep(result: Any) -> None:
        if result.visibility == Visibility.HIDDEN:
            found.extend((result.message.zh, result.message.en, result.blank))

    plugin = GradingPlugin(
        submission_of({f"{part}.py": "x = 1\n" * 800}),
        Runners(lambda part, training: runner, reference_runner),
        Secret.load(secret_file),
        keep,
    )
    plugin._require = lambda needs: None  # type: ignore[method-assign]
    plugin._explainer.explain = lambda *_: Explanation()  # type: ignore[method-assign]
    pytest_run.run_suites((part,), plugin)
    return found


def traces(said: list[str]) -> list[str]:
    joined = [re.sub(r"[\s,'_]", "", text) for text in said]
    return [
        text
        for text, bare in zip(said, joined, strict=True)
        for trace in TRACES
        if trace.lower() in text.lower() or trace.lower() in bare.lower()
    ]


# What needs torch calls a worker's reference; the sentences of its checks are made alike.
IN_PROCESS = ("numpy_rnn", "theory", "sequence", "extensions")


@pytest.mark.slow
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("part", IN_PROCESS)
def test_an_answer_says_nothing(part: str, change: str, tmp_path: Path) -> None:
    said = shown(part, Lying(part, CHANGES[change]), tmp_path / "secret")
    assert said
    assert traces(said) == []


def test_no_field_of_a_reply_says_anything(tmp_path: Path) -> None:
    from grader.isolation.redaction import blank_of, redacted

    found = []
    for frame in spoken():
        try:
            Speaking("numpy_rnn", frame).call("forward", {})
        except Verdict as verdict:
            text = redacted(verdict.reason, verdict.outcome, "numpy_rnn", FILE)
            found += [*text, blank_of(verdict.reason, "numpy_rnn", FILE)]
    assert len(found) > 300
    assert traces(found) == []


def test_a_trace_would_be_found() -> None:
    for said in (*ENCODED.values(), "got 731.4", "W_73_1", f"class {SECRET.upper()}"):
        assert traces([f"your result is {said}"]), said


def test_every_part_is_known() -> None:
    assert {part.id for part in PARTS} >= set(IN_PROCESS)
