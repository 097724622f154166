"""What the tests run inside a worker: it executes the source it is sent and answers `answer`."""

from __future__ import annotations

import socket
from typing import Any

from grader.protocol import wire


def main(channel: socket.socket) -> None:
    """Serve until the judge hangs up."""
    names: dict[str, Any] = {"channel": channel, "wire": wire}
    while True:
        try:
            source = wire.receive(channel, None)
        except wire.Closed:
            return
        names["answer"] = None
        try:
            exec(compile(source, "<test>", "exec"), names)
        except Exception as error:
            names["answer"] = f"{type(error).__name__}: {error}"
        wire.send(channel, names["answer"], None)


def warm() -> None:
    """The server calls it once."""
    import numpy as np

    np.linalg.svd(np.eye(2))
