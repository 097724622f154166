"""Coverage-guided fuzzing of what strangers' bytes reach: the wire, archives, a class's folder.

Run: ``pip install atheris``, then ``PYTHONPATH=.:starter/tests python bench/fuzz.py TARGET CORPUS
-max_total_time=600 -rss_limit_mb=2048 -timeout=10`` with TARGET ``wire``, ``decode``, ``intake``
or ``handins`` and CORPUS a folder, which is given its first inputs. A finding is any exception but
the declared one, more memory than the limit, or an input that takes more than ten seconds.
SECURITY.md has the figures of the last run.
"""

from __future__ import annotations

import contextlib
import io
import json
import socket
import struct
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import atheris
import numpy as np

with atheris.instrument_imports(include=["grader", "kit", "zipfile", "json"]):
    from grader import ROOT, handins, intake
    from grader.core.errors import UsageError
    from grader.protocol import codec, messages, wire
    from kit.reasons import Line, Raised
    from kit.text import Text


def on_wire(data: bytes) -> None:
    """Bytes as a worker may send them, frame after frame, until it hangs up."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.settimeout(1)
        with contextlib.suppress(OSError):
            theirs.send(data[:60_000])
        theirs.shutdown(socket.SHUT_RDWR)
        deadline = time.monotonic() + 1
        with contextlib.suppress(codec.WireError, wire.DeadlineExpired):
            while True:
                wire.receive(ours, deadline)


def on_decode(data: bytes) -> None:
    """A frame whose lengths are right: the first two bytes say where the body begins."""
    if len(data) < 2:
        return
    (at,) = struct.unpack_from("<H", data)
    with contextlib.suppress(codec.WireError):
        value = codec.decode(data[2 : 2 + at], data[2 + at :])
        codec.encode(value)
        messages.decode_reply(value)


def on_intake(data: bytes) -> None:
    """An archive, a notebook and a source file with the same bytes."""
    for name in ("a.zip", "a.ipynb", "a.py"):
        intake.read_files({name: data}, id="a")


def on_handins(data: bytes) -> None:
    """A class's archive, as it is, and one with names that the bytes make."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "class.zip"
        path.write_bytes(data)
        with contextlib.suppress(UsageError):
            handins.discover(path)
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for i, piece in enumerate(data.split(b"\n")[:20]):
                info = zipfile.ZipInfo(f"{i}")
                info.filename = piece.decode("utf-8", "replace")[:200] or "x"
                archive.writestr(info, b"x = 1\n")
        path.write_bytes(buffer.getvalue())
        with contextlib.suppress(UsageError):
            handins.discover(path)


TARGETS = {"wire": on_wire, "decode": on_decode, "intake": on_intake, "handins": on_handins}


def seeds(target: str) -> Iterator[bytes]:
    """Inputs that are right, for the fuzzer to begin with."""
    values = [
        messages.encode(
            messages.Answer("00", {"logits": np.ones((2, 3)), "n": [1, 2.5, "x", None, True]})
        ),
        messages.encode(messages.Failed("00", "failed", Text("错", "wrong"))),
        messages.encode(messages.Failed("00", "failed", Raised("KeyError", Line("a.py", 3)))),
        [b"raw", ("a", "b"), np.arange(3, dtype=np.int32), float("inf")],
    ]
    frames = [b"".join(bytes(piece) for piece in codec.encode(value)) for value in values]
    size = codec.PREFIX.size
    if target == "wire":
        yield from frames
    elif target == "decode":
        for frame in frames:
            header, _ = codec.PREFIX.unpack(frame[:size])
            yield struct.pack("<H", header) + frame[size:]
    else:
        source = (ROOT / "starter" / "numpy_rnn.py").read_bytes()
        for names in (
            ["numpy_rnn.py", "report.pdf", "a/b.ipynb"],
            ["张三_123_assignsubmission_file/实验6.zip", "doejane_LATE_43_98_rnn.py"],
        ):
            buffer = io.BytesIO()
            with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
                for name in names:
                    archive.writestr(name, source)
            yield buffer.getvalue()
        yield source[:2000]
        yield json.dumps({"cells": [{"cell_type": "code", "source": ["x = 1"]}]}).encode()


def main() -> None:
    """Hand the target over to the fuzzer."""
    if len(sys.argv) < 3 or sys.argv[1] not in TARGETS:
        sys.exit(f"usage: fuzz.py {'|'.join(TARGETS)} CORPUS [options of libFuzzer]")
    name = sys.argv.pop(1)
    corpus = Path(sys.argv[1])
    corpus.mkdir(parents=True, exist_ok=True)
    for i, data in enumerate(seeds(name)):
        (corpus / f"seed{i}").write_bytes(data)
    atheris.Setup(sys.argv, TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
