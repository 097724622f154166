"""Try, from inside a confined worker, what confinement must refuse, before it is trusted.

A tier is what has been seen to hold, never what a version promises. The judge says which paths
to try and reads the answers; only the standard library is used.
"""

from __future__ import annotations

import ctypes
import json
import os
import socket
from collections.abc import Callable

from . import kernel


def main(channel: socket.socket) -> None:
    """Answer one message, a JSON list of paths that must not be readable, with what succeeded."""
    paths = json.loads(channel.recv(1 << 16))
    escapes = [name for name, attempt in _attempts(paths).items() if _succeeds(attempt)]
    lacking = [name for name, attempt in _needs().items() if not _succeeds(attempt)]
    channel.sendall(json.dumps({"escapes": escapes, "lacking": lacking}).encode())


def _succeeds(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except OSError:
        return False
    return True


def _attempts(paths: list[str]) -> dict[str, Callable[[], object]]:
    libc = ctypes.CDLL(None, use_errno=True)

    def call(*arguments: int) -> None:
        if libc.syscall(*arguments) < 0:
            raise OSError(ctypes.get_errno(), "syscall")

    def fork() -> None:
        pid = os.fork()
        if pid == 0:
            os._exit(0)
        os.waitpid(pid, 0)

    def ptrace() -> None:
        if libc.ptrace(16, os.getppid(), 0, 0) < 0:  # PTRACE_ATTACH
            raise OSError(ctypes.get_errno(), "ptrace")

    def processes() -> None:
        if not os.listdir("/proc"):
            raise OSError("empty")

    attempts: dict[str, Callable[[], object]] = {
        f"read {path}": lambda path=path: os.stat(path)  # type: ignore[misc]
        for path in paths
    }
    return attempts | {
        "see /proc": processes,
        "write /": lambda: open("/canary", "w").close(),
        # Mounts and modes permit this one: only Landlock is in its way.
        "write a device": lambda: open("/dev/full", "wb").close(),
        "write the kit": lambda: open("/lab/kit/canary", "w").close(),
        "open a socket": lambda: socket.socket(socket.AF_INET).close(),
        "open a unix socket": lambda: socket.socket(socket.AF_UNIX).close(),
        "fork": fork,
        "execute a program": lambda: os.execv("/usr/lib/ld-linux.so.2", ["x"]),
        "ptrace its parent": ptrace,
        "signal its parent": lambda: os.kill(os.getppid(), 0),
        "signal everyone": lambda: os.kill(-1, 0),
        "unshare": lambda: kernel.unshare(kernel.CLONE_NEWUSER),
        "mount": lambda: kernel.mount("tmpfs", "/scratch", "tmpfs"),
        "make a memory file": lambda: os.close(os.memfd_create("canary")),
        "raise a limit": _raise_limit,
    }


def _raise_limit() -> None:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY:
        return  # there is no limit to raise, which is as bad
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard + 1))
    except ValueError as error:
        raise OSError(str(error)) from error


def _needs() -> dict[str, Callable[[], object]]:
    """What must work, or a right submission would fail."""
    import threading

    def thread() -> None:
        worker = threading.Thread(target=int)
        try:
            worker.start()
        except RuntimeError as error:
            raise OSError(str(error)) from error
        worker.join()

    def write() -> None:
        with open("canary.txt", "w", encoding="utf-8") as file:
            file.write("canary")
        os.unlink("canary.txt")

    return {
        "write in the working directory": write,
        "start a thread": thread,
        "import the kit": lambda: os.stat("/lab/kit/text.py"),
    }
