"""The two processes of one worker: an attendant that waits, and the one that runs the guest.

The attendant is process 1 of a fresh process namespace. It hands the judge descriptors for both
processes, reports how the worker ended, and ends it when the judge hangs up. The worker is process
2, since process 1 is immune to the very signals by which a student's code may end.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import random
import select
import shutil
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from typing import Any, Final, TextIO

from . import confine, kernel
from .steps import StepFailed, step

SEED: Final = 20_240_101
"""Of every generator in a fresh worker: two runs draw the same numbers."""

_NOT_CONFINED: Final = 126
_FAILED: Final = 1

Guest = Callable[[socket.socket], object]


def attend(
    request: dict[str, Any],
    fds: confine.Descriptors,
    ground: confine.Ground,
    memory_base: int,
    guest: Guest,
) -> None:
    """Fork the worker and wait for it. Does not return."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    folder = request.get("folder")
    if folder is not None:
        _make_folder(folder, ground.drop_to)
        kernel.control_process(kernel.PR_SET_CHILD_SUBREAPER, 1)
    worker = os.fork()
    if worker == 0:
        _work(request, fds, ground, memory_base, guest)
    os.close(fds.channel)  # else the judge would not see the worker hang up
    os.close(fds.output)
    status = socket.socket(fileno=fds.status)
    worker_fd = os.pidfd_open(worker)
    own_fd = os.pidfd_open(os.getpid())
    try:
        socket.send_fds(status, [b'{"event": "started"}'], [worker_fd, own_fd])
        _wait(status, worker_fd)
    except OSError:  # the judge is gone
        pass
    with contextlib.suppress(ProcessLookupError):
        os.kill(worker, signal.SIGKILL)
    _, code, usage = os.wait4(worker, 0)
    if folder is not None:
        _end_orphans()
        shutil.rmtree(folder, ignore_errors=True)
    ended = {
        "event": "ended",
        "status": code,
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "max_rss_kb": usage.ru_maxrss,
    }
    with contextlib.suppress(OSError):
        status.send(json.dumps(ended).encode())
    os._exit(0)


def _wait(status: socket.socket, worker_fd: int) -> None:
    """Until the worker has ended or the judge hangs up; it never sends anything here."""
    poll = select.poll()
    poll.register(status, select.POLLIN)
    poll.register(worker_fd, select.POLLIN)
    poll.poll()


def _make_folder(folder: str, owner: int | None) -> None:
    os.mkdir(folder, 0o700)
    if owner is not None:
        os.chown(folder, owner, owner)


def _end_orphans() -> None:
    """Without a process namespace, what the worker left behind is ours to end."""
    with contextlib.suppress(ChildProcessError):
        while True:
            for pid in _children():
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
            os.waitpid(-1, 0)


def _children() -> list[int]:
    with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as file:
        return [int(pid) for pid in file.read().split()]


def _work(
    request: dict[str, Any],
    fds: confine.Descriptors,
    ground: confine.Ground,
    memory_base: int,
    guest: Guest,
) -> None:
    """Confine ourselves, say so, run the guest. Does not return."""
    code = _NOT_CONFINED
    try:
        try:
            if request.get("folder") is not None:
                os.chdir(request["folder"])
                os.environ.update(HOME=request["folder"], TMPDIR=request["folder"])
            confine.confine(ground, fds, request["limits"], memory_base)
            with step("start"):
                _fresh_interpreter()
        except StepFailed as failure:
            # Before the descriptors were moved our status is where it was received.
            moved = failure.step not in _BEFORE_THE_MOVE
            fd = confine.STATUS_FD if moved else fds.status
            os.write(fd, json.dumps(failure.to_message()).encode())
            return
        os.write(confine.STATUS_FD, b'{"event": "ready"}')
        os.close(confine.STATUS_FD)
        code = _run(guest)
    finally:
        os._exit(code)


_BEFORE_THE_MOVE: Final = (
    "session", "pid_namespace", "user_namespace", "user_map", "host_name", "scratch",
)  # fmt: skip


def _fresh_interpreter() -> None:
    """Generators seeded, garbage collected, signals and output as in a Python just started."""
    for number in (signal.SIGTERM, signal.SIGALRM, signal.SIGPROF, signal.SIGVTALRM):
        signal.signal(number, signal.SIG_DFL)
    random.seed(SEED)
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed(SEED)
    if torch := sys.modules.get("torch"):
        torch.manual_seed(SEED)
    # Anew, since the server's believe that they write to a file.
    sys.stdin = sys.__stdin__ = open(0, encoding="utf-8", closefd=False)  # type: ignore[misc]
    sys.stdout = sys.__stdout__ = _line_buffered(1)  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = _line_buffered(2)  # type: ignore[misc]
    gc.enable()


def _line_buffered(fd: int) -> TextIO:
    return open(fd, "w", 1, encoding="utf-8", errors="backslashreplace", closefd=False)


def _run(guest: Guest) -> int:
    """The guest on the channel; the exit status that Python would give."""
    try:
        with socket.socket(fileno=confine.CHANNEL_FD) as channel:
            guest(channel)
        code = 0
    except SystemExit as exit_:
        code = exit_.code if isinstance(exit_.code, int) else _FAILED if exit_.code else 0
    except BaseException:
        traceback.print_exc()
        code = _FAILED
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    return code & 0xFF
