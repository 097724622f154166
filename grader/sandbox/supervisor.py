"""The server's side of its workers: fork one on request, see it end, report how it ended.

One worker has one status socket to the judge. Messages on it are JSON, in this order: ``started``
(with a pidfd, from the server), ``ready`` or ``failed`` (from the worker itself), ``ended`` (from
the server). The server closes its end when nothing of the worker is left.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from . import kernel, pid_pool, worker_process
from .confine import Descriptors
from .control import Event, SpawnRequest, WorkerEnded, WorkerStarted, encode
from .host_context import HostContext
from .setup_stages import StageFailed, stage

_REQUEST_BYTES = 1 << 18
_FORK_FAILED = 127


@dataclass
class _SupervisedWorker:
    pid: int
    pidfd: int
    init_pidfd: int  # of process 1 of its namespace; -1 without a namespace
    status: socket.socket
    folder: str | None


class Supervisor:
    """All live workers, and the descriptors that show when one has ended.

    `idle_work` is done step by step while there is nothing else to do.
    """

    def __init__(
        self,
        host: HostContext,
        guests: Mapping[str, worker_process.Guest],
        namespaces: socket.socket | None,
        idle_work: Iterator[None],
    ) -> None:
        self._idle_work = idle_work
        self._host = host
        self._guests = guests
        self._namespaces = namespaces
        self._poll = select.poll()
        self._actions: dict[int, Callable[[], None]] = {}
        self._workers: dict[int, _SupervisedWorker] = {}
        flags = os.O_RDONLY | os.O_CLOEXEC
        self._own_namespace = -1
        if namespaces is not None:
            self._own_namespace = os.open("self/ns/pid", flags, dir_fd=host.proc)
        self._statm = os.open("self/statm", flags, dir_fd=host.proc)
        # Without a PID namespace, processes that a worker leaves behind become our children
        # and can be found and killed.
        if host.tier == "none":
            kernel.control_process(kernel.PR_SET_CHILD_SUBREAPER, 1)

    def serve(self, control: socket.socket) -> None:
        """Handle requests and ends of workers until the judge hangs up."""
        self._watch(control.fileno(), lambda: None)
        self._ask_for_namespace()
        for _ in self._idle_work:
            if not self._handle(control, 0):
                return
        while self._handle(control, None):
            pass

    def _handle(self, control: socket.socket, timeout_ms: int | None) -> bool:
        """Handle what has happened; False when the judge has hung up."""
        for fd, _ in self._poll.poll(timeout_ms):
            if fd != control.fileno():
                # An event before it in the same round may have closed the descriptor.
                self._actions.get(fd, _ignore)()
                continue
            data, fds, _, _ = socket.recv_fds(control, _REQUEST_BYTES, 3, socket.MSG_CMSG_CLOEXEC)
            if not data:
                return False
            self._start_worker(control, SpawnRequest.decode(data), Descriptors(*fds))
            self._ask_for_namespace()
        return True

    def _ask_for_namespace(self) -> None:
        """Have the pool make the namespace of the next worker while this one starts."""
        if self._namespaces is not None:
            with contextlib.suppress(OSError):  # the pool has ended: taking from it says so
                pid_pool.ask_for_namespace(self._namespaces)

    def _watch(self, fd: int, action: Callable[[], None]) -> None:
        self._actions[fd] = action
        self._poll.register(fd, select.POLLIN)

    def _unwatch(self, fd: int) -> None:
        del self._actions[fd]
        self._poll.unregister(fd)

    def _start_worker(
        self, control: socket.socket, request: SpawnRequest, fds: Descriptors
    ) -> None:
        """Fork a worker for `request` and watch it."""
        status = socket.socket(fileno=fds.status)
        folder = request.folder
        init_pidfd = -1
        try:
            with stage("fork"):
                if self._namespaces is not None:
                    init_pidfd = pid_pool.take_namespace(self._namespaces)
                    # A pidfd serves setns; it moves the children that are forked from now on.
                    kernel.setns(init_pidfd, kernel.CLONE_NEWPID)
                if folder is not None:
                    os.mkdir(folder, 0o700)
                pages = int(os.pread(self._statm, 100, 0).split()[0])
                pid = os.fork()
                if pid == 0:
                    try:
                        # The worker closes all descriptors by number; the destructors of these
                        # objects would later close whatever has the same number then.
                        control.detach()
                        status.detach()
                        memory_base = pages * os.sysconf("SC_PAGESIZE")
                        guest = self._guests[request.guest]
                        worker_process.run(request, fds, self._host, memory_base, guest)
                    finally:
                        os._exit(_FORK_FAILED)
                pidfd = os.pidfd_open(pid)
        except StageFailed as failure:
            _notify(status, failure.event())
            status.close()
            if init_pidfd >= 0:
                signal.pidfd_send_signal(init_pidfd, signal.SIGKILL)
                os.close(init_pidfd)
            return
        finally:
            # A copy here would keep the judge from seeing that the worker hung up.
            os.close(fds.channel)
            os.close(fds.output)
            if self._namespaces is not None:
                kernel.setns(self._own_namespace, kernel.CLONE_NEWPID)
        worker = _SupervisedWorker(pid, pidfd, init_pidfd, status, folder)
        self._workers[pid] = worker
        # The judge may have gone; then the poll below reports that `status` was closed.
        with contextlib.suppress(OSError):
            socket.send_fds(status, [encode(WorkerStarted())], [pidfd])
        self._watch(status.fileno(), lambda: self._on_judge_hangup(worker))
        self._watch(pidfd, lambda: self._on_exit(worker))

    def _on_judge_hangup(self, worker: _SupervisedWorker) -> None:
        """Kill the worker: `status` became readable, and the judge never sends on it."""
        self._unwatch(worker.status.fileno())
        _kill(worker.pidfd)

    def _on_exit(self, worker: _SupervisedWorker) -> None:
        """Reap the worker, report its end, and end what it left behind."""
        self._unwatch(worker.pidfd)
        _, status, usage = os.wait4(worker.pid, 0)
        del self._workers[worker.pid]
        ended = WorkerEnded(status, usage.ru_utime + usage.ru_stime, usage.ru_maxrss)
        _notify(worker.status, ended)
        if worker.init_pidfd >= 0:
            # With process 1 the kernel kills every other process of the namespace.
            _kill(worker.init_pidfd)
            self._watch(worker.init_pidfd, lambda: self._release(worker))
            return
        if self._host.tier == "none":  # in the other tiers a worker cannot fork
            self._kill_orphans()
        if worker.folder is not None:
            shutil.rmtree(worker.folder, ignore_errors=True)
        self._release(worker)

    def _release(self, worker: _SupervisedWorker) -> None:
        """Close everything of the worker; the judge learns from `status` that nothing is left."""
        if worker.init_pidfd >= 0:
            self._unwatch(worker.init_pidfd)
            os.close(worker.init_pidfd)
        if worker.status.fileno() in self._actions:
            self._unwatch(worker.status.fileno())
        os.close(worker.pidfd)
        worker.status.close()

    def _kill_orphans(self) -> None:
        """Kill the children of dead workers, which the kernel made children of the server."""
        # Repeated, since killing one makes its own children ours.
        while orphans := [pid for pid in _children(self._host) if pid not in self._workers]:
            for pid in orphans:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(pid, 0)


def _ignore() -> None:
    """Do nothing."""


def _notify(status: socket.socket, event: Event) -> None:
    """Send to the judge without blocking: one that does not read must not stop the server."""
    with contextlib.suppress(OSError):
        status.send(encode(event), socket.MSG_DONTWAIT)


def _kill(pidfd: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        signal.pidfd_send_signal(pidfd, signal.SIGKILL)


def _children(host: HostContext) -> list[int]:
    path = f"self/task/{os.getpid()}/children"
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC, dir_fd=host.proc)
    with open(fd, encoding="ascii") as file:
        return [int(pid) for pid in file.read().split()]
