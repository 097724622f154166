"""Try, from inside a confined worker, what confinement must refuse, before it is trusted.

A tier is what has been seen to hold, never what a version promises. The judge says which paths
to try and reads the answers; only the standard library is used.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import posix  # the system's own calls: those of os may serve files from memory
import socket
from collections.abc import Callable

from grader.protocol.environment import SCRATCH

from . import kernel


def main(channel: socket.socket) -> None:
    """Answer one message: which attempts succeeded that must not, and which needs are lacking.

    Both messages are JSON; the request names the tier, the bait and what must be out of reach.
    """
    asked = json.loads(channel.recv(1 << 16))
    attempts = _everywhere(asked["judge"]) | _files(asked["bait"], asked["hidden"])
    if asked["tier"] == "full":
        attempts |= _in_the_jail(asked["hidden"])
    if asked["tier"] == "seccomp":
        attempts |= _by_name(asked["hidden"])
    needs = _needs(asked["tier"])
    escapes = [name for name, attempt in attempts.items() if _succeeds(attempt)]
    lacking = [name for name, attempt in needs.items() if not _succeeds(attempt)]
    channel.sendall(json.dumps({"escapes": escapes, "lacking": lacking}).encode())


def _succeeds(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except OSError:
        return False
    return True


def _everywhere(judge: int) -> dict[str, Callable[[], object]]:
    """What must be refused in every tier."""
    libc = ctypes.CDLL(None, use_errno=True)

    def fork() -> None:
        pid = os.fork()
        if pid == 0:
            os._exit(0)
        os.waitpid(pid, 0)

    def ptrace() -> None:
        if libc.ptrace(16, os.getppid() or judge, 0, 0) < 0:  # PTRACE_ATTACH
            raise OSError(ctypes.get_errno(), "ptrace")

    def own(pid: int) -> None:  # with F_SETSIG and O_ASYNC it would send any signal to `pid`
        fcntl.fcntl(0, fcntl.F_SETOWN, pid)

    return {
        "write /": lambda: posix.open("/canary", os.O_WRONLY | os.O_CREAT),
        "open a socket": lambda: socket.socket(socket.AF_INET).close(),
        "open a unix socket": lambda: socket.socket(socket.AF_UNIX).close(),
        "fork": fork,
        "execute a program": lambda: os.execv("/usr/lib/ld-linux.so.2", ["x"]),
        "ptrace its parent": ptrace,
        "signal its parent": lambda: os.kill(os.getppid(), 0),
        "signal the judge": lambda: os.kill(judge, 0),
        "signal everyone": lambda: os.kill(-1, 0),
        "have a signal sent": lambda: own(judge),
        "lock a file": lambda: fcntl.flock(0, fcntl.LOCK_SH),
        "ask whether a file is locked": lambda: fcntl.lockf(0, fcntl.LOCK_SH),
        "ask for faults that read the disk": _resources_used,
        "unshare": lambda: kernel.unshare(kernel.CLONE_NEWUSER),
        "mount": lambda: kernel.mount("tmpfs", SCRATCH, "tmpfs"),
        "make a memory file": lambda: os.close(os.memfd_create("canary")),
        "raise a limit": _raise_limit,
    }


def _files(bait: str, hidden: list[str]) -> dict[str, Callable[[], object]]:
    """What must be refused in every tier, of a file whose modes let anybody use it."""
    file = f"{bait}/file"

    def read(path: str) -> None:
        posix.close(posix.open(path, os.O_RDONLY))

    reading: dict[str, Callable[[], object]] = {
        f"open {path}": lambda path=path: read(path)  # type: ignore[misc]
        for path in (*hidden, file, bait, "/proc/self/maps", "/proc/1/environ")
    }
    return reading | {
        "list the bait": lambda: posix.listdir(bait),
        "append to the bait": lambda: posix.close(posix.open(file, os.O_WRONLY | os.O_APPEND)),
        "empty the bait": lambda: posix.truncate(file, 0),
        "empty the bait by opening": lambda: posix.close(
            posix.open(file, os.O_RDONLY | os.O_TRUNC)
        ),
        "add to the bait": lambda: posix.close(posix.open(f"{bait}/new", os.O_WRONLY | os.O_CREAT)),
        "make a folder": lambda: posix.mkdir(f"{bait}/folder"),
        "link the bait": lambda: posix.link(file, f"{bait}/link"),
        "rename the bait": lambda: posix.rename(file, f"{bait}/other"),
        "change the mode of the bait": lambda: posix.chmod(file, 0o600),
        "change the times of the bait": lambda: posix.utime(file),
        "remove the bait": lambda: posix.unlink(file),
    }


def _in_the_jail(hidden: list[str]) -> dict[str, Callable[[], object]]:
    """What must not exist where the worker has a root directory of its own."""

    def processes() -> None:
        if not posix.listdir("/proc"):
            raise OSError("empty")

    return _by_name(hidden) | {
        "see /proc": processes,
        # Mounts and modes permit this one: it shows that Landlock is in force.
        "write a device": lambda: posix.open("/dev/full", os.O_WRONLY),
        "write the kit": lambda: posix.open("/lab/kit/canary", os.O_WRONLY | os.O_CREAT),
    }


def _by_name(hidden: list[str]) -> dict[str, Callable[[], object]]:
    return {
        f"see {path}": lambda path=path: posix.stat(path)  # type: ignore[misc]
        for path in hidden
    }


def _resources_used() -> None:
    import resource

    resource.getrusage(resource.RUSAGE_SELF)


def _raise_limit() -> None:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY:
        return  # having no limit is as bad as being able to raise it
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard + 1))
    except ValueError as error:
        raise OSError(str(error)) from error


def _needs(tier: str) -> dict[str, Callable[[], object]]:
    """What must work, or a correct submission would fail."""
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

    needs: dict[str, Callable[[], object]] = {"start a thread": thread}
    if tier == "full":
        needs["write in the working directory"] = write
        needs["import the kit"] = lambda: os.stat("/lab/kit/text.py")
    return needs
