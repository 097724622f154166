"""The workers of a server, from its side: fork one, see it end, tell the judge how it ended."""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from . import inside, kernel, pid_pool
from .confine import Descriptors, Ground
from .setup_stages import StepFailed, step


@dataclass
class _Charge:
    pid: int
    pidfd: int
    first: int  # pidfd of process 1 of its namespace; -1 without one
    status: socket.socket
    folder: str | None


class Charges:
    """All workers that live, and the descriptors by which their ends are seen."""

    def __init__(
        self, ground: Ground, guests: Mapping[str, inside.Guest], namespaces: socket.socket | None
    ) -> None:
        self._ground = ground
        self._guests = guests
        self._namespaces = namespaces
        self._poll = select.poll()
        self._actions: dict[int, Callable[[], None]] = {}
        self._charges: dict[int, _Charge] = {}
        flags = os.O_RDONLY | os.O_CLOEXEC
        self._own_namespace = -1
        if namespaces is not None:
            self._own_namespace = os.open("self/ns/pid", flags, dir_fd=ground.proc)
        self._statm = os.open("self/statm", flags, dir_fd=ground.proc)
        if ground.tier == "none":  # what a worker leaves behind comes to us to be ended
            kernel.control_process(kernel.PR_SET_CHILD_SUBREAPER, 1)

    def serve(self, control: socket.socket) -> None:
        """Until the judge hangs up."""
        self._watch(control.fileno(), lambda: None)
        while True:
            for fd, _ in self._poll.poll():
                if fd != control.fileno():
                    self._actions.get(fd, _nothing)()
                    continue
                data, fds, _, _ = socket.recv_fds(control, 1 << 18, 3, socket.MSG_CMSG_CLOEXEC)
                if not data:
                    return
                self._take(control, json.loads(data), Descriptors(*fds))

    def _watch(self, fd: int, action: Callable[[], None]) -> None:
        self._actions[fd] = action
        self._poll.register(fd, select.POLLIN)

    def _forget(self, fd: int) -> None:
        del self._actions[fd]
        self._poll.unregister(fd)

    def _take(self, control: socket.socket, request: dict[str, Any], fds: Descriptors) -> None:
        """Fork a worker for `request`."""
        status = socket.socket(fileno=fds.status)
        folder = request.get("folder")
        first = -1
        try:
            with step("fork"):
                if self._namespaces is not None:
                    first = pid_pool.next_namespace(self._namespaces)
                    kernel.setns(first, kernel.CLONE_NEWPID)
                if folder is not None:
                    os.mkdir(folder, 0o700)
                memory = int(os.pread(self._statm, 100, 0).split()[0])
                pid = os.fork()
                if pid == 0:
                    try:
                        control.detach()  # closed with all others, but not by its destructor
                        status.detach()
                        base = memory * os.sysconf("SC_PAGESIZE")
                        guest = self._guests[request["guest"]]
                        inside.live(request, fds, self._ground, base, guest)
                    finally:
                        os._exit(127)
                pidfd = os.pidfd_open(pid)
        except StepFailed as failure:
            _tell(status, failure.to_message())
            status.close()
            if first >= 0:
                signal.pidfd_send_signal(first, signal.SIGKILL)
                os.close(first)
            return
        finally:
            os.close(fds.channel)  # else the judge would not see the worker hang up
            os.close(fds.output)
            if self._namespaces is not None:
                kernel.setns(self._own_namespace, kernel.CLONE_NEWPID)
        charge = _Charge(pid, pidfd, first, status, folder)
        self._charges[pid] = charge
        with contextlib.suppress(OSError):  # the judge may be gone; its end is seen below
            socket.send_fds(status, [b'{"event": "started"}'], [pidfd])
        self._watch(status.fileno(), lambda: self._abandoned(charge))
        self._watch(pidfd, lambda: self._ended(charge))

    def _abandoned(self, charge: _Charge) -> None:
        """The judge hung up, since it never sends anything here."""
        self._forget(charge.status.fileno())
        _kill(charge.pidfd)

    def _ended(self, charge: _Charge) -> None:
        self._forget(charge.pidfd)
        _, status, usage = os.wait4(charge.pid, 0)
        del self._charges[charge.pid]
        message = {
            "event": "ended",
            "status": status,
            "cpu_s": usage.ru_utime + usage.ru_stime,
            "max_rss_kb": usage.ru_maxrss,
        }
        _tell(charge.status, message)
        if charge.first >= 0:
            _kill(charge.first)  # and with it the namespace
            self._watch(charge.first, lambda: self._finished(charge))
            return
        if self._ground.tier == "none":  # elsewhere a worker cannot have any
            self._end_orphans()
        if charge.folder is not None:
            shutil.rmtree(charge.folder, ignore_errors=True)
        self._finished(charge)

    def _finished(self, charge: _Charge) -> None:
        """Nothing is left; that our end of `status` closes tells the judge."""
        if charge.first >= 0:
            self._forget(charge.first)
            os.close(charge.first)
        if charge.status.fileno() in self._actions:
            self._forget(charge.status.fileno())
        os.close(charge.pidfd)
        charge.status.close()

    def _end_orphans(self) -> None:
        """Without a process namespace, the children of dead workers are ours to end."""
        while orphans := [pid for pid in _children(self._ground) if pid not in self._charges]:
            for pid in orphans:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(pid, 0)


def _nothing() -> None:
    """An event of a descriptor that an event before it has ended."""


def _tell(status: socket.socket, message: dict[str, Any]) -> None:
    with contextlib.suppress(OSError):
        status.send(json.dumps(message).encode(), socket.MSG_DONTWAIT)


def _kill(pidfd: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        signal.pidfd_send_signal(pidfd, signal.SIGKILL)


def _children(ground: Ground) -> list[int]:
    path = f"self/task/{os.getpid()}/children"
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC, dir_fd=ground.proc)
    with open(fd, encoding="ascii") as file:
        return [int(pid) for pid in file.read().split()]
