"""The process that runs the guest, from the fork to its end: it confines itself, then serves.

It is process 2 of a process namespace, since process 1 is immune to the very signals by which a
student's code may end.
"""

from __future__ import annotations

import contextlib
import gc
import io
import json
import os
import random
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from typing import Any, Final, Literal, NoReturn

from . import confine
from .setup_stages import StepFailed, step

SEED: Final = 20_240_101
"""Of every generator in a fresh worker: two runs draw the same numbers."""

Guest = Callable[[socket.socket], object]

_NOT_CONFINED: Final = 126
_FAILED: Final = 1


def live(
    request: dict[str, Any],
    fds: confine.Descriptors,
    ground: confine.Ground,
    memory_base: int,
    guest: Guest,
) -> NoReturn:
    """Confine ourselves, say so, run the guest, end."""
    code = _NOT_CONFINED
    try:
        try:
            if request.get("folder") is not None:
                os.chdir(request["folder"])
                os.environ.update(HOME=request["folder"], TMPDIR=request["folder"])
            os.environ["LAB_SCRATCH_MB"] = str(request["limits"]["scratch_mb"])
            confine.confine(ground, fds, request["limits"], memory_base)
            with step("start"):
                _fresh_interpreter()
        except StepFailed as failure:
            moved = failure.step not in confine.BEFORE_DESCRIPTORS
            fd = confine.STATUS_FD if moved else fds.status
            os.write(fd, json.dumps(failure.to_message()).encode())
        else:
            os.write(confine.STATUS_FD, b'{"event": "ready"}')
            os.close(confine.STATUS_FD)
            code = _run(guest)
    finally:
        os._exit(code)


def _fresh_interpreter() -> None:
    """Generators seeded, garbage collected, signals and output as in a Python just started."""
    for number in (signal.SIGTERM, signal.SIGALRM, signal.SIGPROF, signal.SIGVTALRM):
        signal.signal(number, signal.SIG_DFL)
    random.seed(SEED)
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed(SEED)
    if torch := sys.modules.get("torch"):
        torch.default_generator.manual_seed(SEED)
    # Anew, since the server's believe that they write to a file.
    sys.stdin = sys.__stdin__ = _stream(0, "r")  # type: ignore[misc]
    sys.stdout = sys.__stdout__ = _stream(1, "w")  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = _stream(2, "w")  # type: ignore[misc]
    gc.enable()


def _stream(fd: int, mode: Literal["r", "w"]) -> io.TextIOWrapper:
    """Line-buffered, so that little is lost when the process is killed."""
    return open(fd, mode, 1, encoding="utf-8", errors="backslashreplace", closefd=False)


def _run(guest: Guest) -> int:
    """The guest on the channel; the exit status that Python would give."""
    try:
        with socket.socket(fileno=confine.CHANNEL_FD) as channel:
            guest(channel)
        code = 0
    except SystemExit as exit_:
        code = exit_.code if isinstance(exit_.code, int) else _FAILED if exit_.code else 0
        if isinstance(exit_.code, str):
            print(exit_.code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
        code = _FAILED
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    return code & 0xFF
