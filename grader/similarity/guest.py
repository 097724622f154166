"""What a worker runs that takes the code of one hand-in apart.

It opens the hand-in as the reader does and sends what it holds; then it is asked for the code of
its parts. So a hand-in costs one worker, and no worker sees two.
"""

from __future__ import annotations

import socket
from dataclasses import replace
from typing import Any

from grader.intake import looking
from grader.protocol import wire
from grader.protocol.messages import File, decode, encode
from grader.reader import encodings, transport
from grader.reader.messages import OUT_OF_MEMORY, Content, LookInto

from . import taking
from .messages import PartAsked, ReadCode


def warm() -> None:
    """Import and call once what every worker would at its first use."""
    encodings.warm()
    source = File("a.py", ("def f(x):\n    y = x + 1\n    return [y, 'a', f'{x}']\n",))
    taking.read(PartAsked("a", ("a.py",), ("f",), ()), {"a.py": source}, frozenset())


def main(channel: socket.socket) -> None:
    """Look into one hand-in, then answer one question about it."""

    def receive(kind: type[Any]) -> Any:
        return decode(wire.receive(channel, None), kind, trusted=True)

    try:
        request = receive(LookInto)
        contents = transport.assembled(request.sizes, lambda: receive(Content))
        found = looking.look_into(transport.handed_in(request, contents))
        # The code alone is compared.
        found = replace(
            found, readings={}, passed_over={}, materials=(), notices=(), unparsed=(), others=()
        )
        for told in transport.answers_of(found, request.has_report):
            wire.send(channel, encode(told), None)
        question = receive(ReadCode)
        files = {source.path: File(source.path, source.cells) for source in found.sources}
        given = frozenset(question.given)
        for asked in question.parts:
            wire.send(channel, encode(taking.read(asked, files, given)), None)
    # Closed is a WireError too, but says that the judge has hung up, not that memory was short.
    except wire.Closed:
        raise
    except (MemoryError, wire.WireError):
        raise SystemExit(OUT_OF_MEMORY) from None
