"""The worker process, from the fork to its end: it confines itself, then runs the guest.

In the tier "full" it is process 2 of its PID namespace: the kernel ignores most signals to process
1, and student code may end by just those signals.
"""

from __future__ import annotations

import contextlib
import gc
import io
import os
import random
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from typing import Final, Literal, NoReturn

from grader.protocol.environment import SCRATCH_MB_VARIABLE

from . import confine
from .control import SpawnRequest, WorkerReady, encode
from .host_context import HostContext
from .setup_stages import StageFailed, stage

SEED: Final = 20_240_101
"""Seeds every random generator of a new worker, so that two runs draw the same numbers."""

Guest = Callable[[socket.socket], object]

_NOT_CONFINED: Final = 126
_FAILED: Final = 1


def run(
    request: SpawnRequest,
    fds: confine.Descriptors,
    host: HostContext,
    memory_base: int,
    guest: Guest,
) -> NoReturn:
    """Confine this process, report ``ready`` or ``failed``, run the guest, exit."""
    code = _NOT_CONFINED
    try:
        try:
            if request.folder is not None:
                os.chdir(request.folder)
                os.environ.update(HOME=request.folder, TMPDIR=request.folder)
            os.environ[SCRATCH_MB_VARIABLE] = str(request.limits.scratch_mb)
            confine.confine(host, fds, request.limits, memory_base)
            with stage("start"):
                _reset_interpreter()
        except StageFailed as failure:
            # The stage "descriptors" renumbers the status socket; use the number that holds now.
            moved = failure.stage not in confine.BEFORE_DESCRIPTORS
            fd = confine.STATUS_FD if moved else fds.status
            os.write(fd, encode(failure.event()))
        else:
            os.write(confine.STATUS_FD, encode(WorkerReady()))
            os.close(confine.STATUS_FD)
            code = _run_guest(guest)
    finally:
        os._exit(code)


def _reset_interpreter() -> None:
    """Restore what a fork inherits: signals, generators, standard streams, garbage collection."""
    for number in (signal.SIGTERM, signal.SIGALRM, signal.SIGPROF, signal.SIGVTALRM):
        signal.signal(number, signal.SIG_DFL)
    random.seed(SEED)
    # Not "numpy", which would import it: a server of readers has no use for it.
    if drawn := sys.modules.get("numpy.random"):
        drawn.seed(SEED)
    if torch := sys.modules.get("torch"):
        torch.default_generator.manual_seed(SEED)
    # The inherited stream objects are set up for the server's descriptors, which were a file.
    sys.stdin = sys.__stdin__ = _stream(0, "r")  # type: ignore[misc]
    sys.stdout = sys.__stdout__ = _stream(1, "w")  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = _stream(2, "w")  # type: ignore[misc]
    gc.enable()


def _stream(fd: int, mode: Literal["r", "w"]) -> io.TextIOWrapper:
    """Line-buffered, so that little is lost when the process is killed."""
    return open(fd, mode, 1, encoding="utf-8", errors="backslashreplace", closefd=False)


def _run_guest(guest: Guest) -> int:
    """Run the guest on the channel; the exit status that Python itself would give."""
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
