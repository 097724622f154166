"""What a worker runs that takes the code of one hand-in apart: one question, an answer a part."""

from __future__ import annotations

import socket

from grader.protocol import wire
from grader.protocol.messages import File, decode, encode
from grader.reader.messages import OUT_OF_MEMORY

from . import taking
from .messages import PartAsked, ReadCode


def warm() -> None:
    """Import and call once what every worker would at its first use."""
    source = File("a.py", ("def f(x):\n    y = x + 1\n    return [y, 'a', f'{x}']\n",))
    taking.read(PartAsked("a", ("a.py",), ("f",), ()), {"a.py": source}, frozenset())


def main(channel: socket.socket) -> None:
    """Answer one question."""
    try:
        request = decode(wire.receive(channel, None), ReadCode, trusted=True)
        files = {file.path: file for file in request.files}
        given = frozenset(request.given)
        for asked in request.parts:
            wire.send(channel, encode(taking.read(asked, files, given)), None)
    except wire.Closed:
        raise
    except (MemoryError, wire.WireError):
        raise SystemExit(OUT_OF_MEMORY) from None
