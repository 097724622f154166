"""The judge's handle on one worker: messages, output, clocks, and how it ended."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import time
from dataclasses import dataclass
from typing import Any, Literal

from grader.core.closing import Closing
from grader.core.errors import MachineError
from grader.protocol import wire
from grader.protocol.environment import POSITION_SIGNAL

from . import control
from .confinement_errors import error_for
from .control import Event, Failed, WorkerEnded, WorkerReady, WorkerStarted
from .output import Output

_STATUS_BYTES = 1 << 14
_SECONDS_TO_END = 30.0  # it takes milliseconds, except on a machine that swaps
_CPUCLOCK_SCHED = 2  # the kernel's clock of the CPU time of a whole process


@dataclass(frozen=True, slots=True)
class Times:
    """What a worker has used so far, all its threads together."""

    cpu_s: float
    waited_s: float | None
    """Seconds for which threads were ready, but other processes had the processors. None where this
    kernel does not say."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a worker's process ended."""

    kind: Literal["exited", "signalled", "killed_by_judge"]
    code: int | None  # exit status of "exited"
    signal: int | None  # of "signalled"
    cpu_s: float
    max_rss_kb: int


class Worker(Closing):
    """A confined process that runs the guest. Made by ``ForkServer.spawn``; close it.

    Not for several threads at once. After DeadlineExpired the stream may have stopped inside a
    frame, so further messages raise Closed.
    """

    def __init__(self, channel: socket.socket, status: socket.socket, output: Output) -> None:
        self._channel = channel
        self._status = status
        self._output = output
        self._pidfd = -1
        self._ended: Ended | None = None
        self._lost = False  # the server has closed the status socket, or has ended
        self._killed = False
        self._broken = False
        self._cpu_s = 0.0
        self._waited_s: float | None = None

    # ------------------------------------------------------------------------- messages

    def exchange(self, message: Any, wall_s: float) -> Any:
        """Send `message` and receive the reply, both within `wall_s`, draining output."""
        deadline = time.monotonic() + wall_s
        self._guarded(lambda: wire.send(self._channel, message, deadline, self._output))
        return self._guarded(lambda: wire.receive(self._channel, deadline, self._output))

    def send(self, message: Any, wall_s: float = 30.0) -> None:
        """Send `message`."""
        deadline = time.monotonic() + wall_s
        self._guarded(lambda: wire.send(self._channel, message, deadline, self._output))

    def receive(self, wall_s: float) -> Any:
        """The next message of the worker."""
        deadline = time.monotonic() + wall_s
        return self._guarded(lambda: wire.receive(self._channel, deadline, self._output))

    def has_message(self, wall_s: float) -> bool:
        """Whether the worker has begun to send, or has hung up, within `wall_s`; drains output."""
        if self._broken or self._channel.fileno() < 0:
            return True  # receiving says what is wrong
        try:
            wanted = [(self._channel.fileno(), select.POLLIN)]
            wire.wait_for(wanted, time.monotonic() + wall_s, [self._output])
        except wire.DeadlineExpired:
            return False
        return True

    def _guarded(self, transfer: Any) -> Any:
        if self._broken or self._channel.fileno() < 0:
            raise wire.Closed("the connection to this worker was given up before")
        try:
            return transfer()
        except (wire.DeadlineExpired, wire.WireError):
            self._broken = True
            raise

    def output(self) -> bytes:
        """What the worker printed so far: its first and last kilobytes, with a marker between."""
        self._output()
        return self._output.value()

    # --------------------------------------------------------------------------- clocks

    @property
    def pid(self) -> int | None:
        """The process id as the judge sees it; None when the process has ended."""
        if self._pidfd < 0:
            return None
        # A pidfd names no process id; the kernel translates it into our PID namespace here.
        _, found, rest = _read(f"/proc/self/fdinfo/{self._pidfd}").partition(b"\nPid:")
        pid = int(rest.split(maxsplit=1)[0]) if found else 0
        return pid if pid > 0 else None

    def cpu_s(self) -> float:
        """CPU seconds of all its threads so far; after the end, those that the kernel reported."""
        return self._cpu_of(self.pid)

    def times(self) -> Times:
        """Both clocks of the process, read together: its id is looked up once."""
        pid = self.pid
        return Times(self._cpu_of(pid), self._waited_of(pid))

    def _cpu_of(self, pid: int | None) -> float:
        if self._ended is not None:
            return self._ended.cpu_s
        if pid is not None:
            with contextlib.suppress(OSError):  # it may have ended since `pid` was read
                # The id of a process's CPU clock, as clock_getcpuclockid(3) computes it.
                self._cpu_s = time.clock_gettime((~pid << 3) | _CPUCLOCK_SCHED)
        return self._cpu_s

    def _waited_of(self, pid: int | None) -> float | None:
        if pid is not None:
            with contextlib.suppress(OSError, IndexError, ValueError):  # not every kernel has it
                ran_ns = waited_ns = 0
                for thread in os.listdir(f"/proc/{pid}/task"):
                    with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has ended
                        fields = _read(f"/proc/{pid}/task/{thread}/schedstat").split()
                        ran_ns, waited_ns = ran_ns + int(fields[0]), waited_ns + int(fields[1])
                # A kernel that does not keep these numbers shows zeros.
                if ran_ns:
                    # What a thread has waited is no longer in the sum once it has ended.
                    self._waited_s = max(waited_ns / 1e9, self._waited_s or 0.0)
        return self._waited_s

    def ask_position(self) -> None:
        """Ask the guest where its code is: it answers in a message, if it can."""
        if self._pidfd >= 0 and self._ended is None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, POSITION_SIGNAL)

    # ------------------------------------------------------------------------------ end

    def kill(self) -> None:
        """End the process, if it has not ended by itself."""
        if self._pidfd < 0 or self._ended is not None:
            return
        if not select.select([self._pidfd], [], [], 0)[0]:  # readable once it has ended
            self._killed = True
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    def wait_end(self, timeout_s: float) -> Ended:
        """How it ended; DeadlineExpired if it has not within `timeout_s`."""
        deadline = time.monotonic() + timeout_s
        while self._ended is None:
            event = self._event(deadline)
            if isinstance(event, WorkerEnded):
                self._ended = self._read_end(event)
        self._output()
        return self._ended

    def _read_end(self, event: WorkerEnded) -> Ended:
        status = event.status
        number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else None
        code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else None
        kind: Literal["exited", "signalled", "killed_by_judge"]
        if number is None:
            kind = "exited"
        else:
            ours = self._killed and number == signal.SIGKILL
            kind = "killed_by_judge" if ours else "signalled"
        return Ended(kind, code, number, event.cpu_s, event.max_rss_kb)

    def _event(self, deadline: float) -> Event:
        """The next message about the process; keeps descriptors, drains output while waiting."""
        if self._lost:
            raise error_for(_silent("the server ended before the worker"))
        wire.wait_for([(self._status.fileno(), select.POLLIN)], deadline, [self._output])
        try:
            data, fds, _, _ = socket.recv_fds(
                self._status, _STATUS_BYTES, 1, socket.MSG_CMSG_CLOEXEC
            )
        except ConnectionError:
            data, fds = b"", []
        if fds:
            self._pidfd = fds[0]
        if not data:
            self._lost = True
            raise error_for(_silent("the server ended before the worker"))
        return control.decode(data)

    def await_ready(self, timeout_s: float) -> None:
        """Wait until the worker is confined and runs the guest; MachineError if that fails.

        WorkerStarted comes from the server and WorkerReady from the worker, in either order.
        """
        deadline = time.monotonic() + timeout_s
        missing: set[type[Event]] = {WorkerStarted, WorkerReady}
        try:
            while missing:
                event = self._event(deadline)
                if isinstance(event, Failed):
                    raise error_for(event)
                if isinstance(event, WorkerEnded):
                    how = self._read_end(event)
                    raise error_for(_silent(f"the worker ended before it was ready: {how}"))
                missing.discard(type(event))
        except wire.DeadlineExpired:
            raise error_for(_silent(f"no worker within {timeout_s} s")) from None

    def close(self) -> None:
        """End the process and all that it started; returns when nothing is left."""
        if self._status.fileno() < 0:
            return
        try:
            if self._pidfd >= 0:
                self.cpu_s()
                self.kill()
                self._await_release()
        finally:
            self._close_ends()

    def leave(self) -> None:
        """As :meth:`close`, but return when the process is killed; the server removes it.

        For a worker that is needed for nothing else: waiting would take a fifth of its time.
        """
        self.kill()
        self._close_ends()

    def _close_ends(self) -> None:
        for end in (self._status, self._channel, self._output):
            end.close()
        if self._pidfd >= 0:
            os.close(self._pidfd)
            self._pidfd = -1

    def _await_release(self) -> None:
        """Wait until the server closes the status socket: then nothing of the worker is left."""
        deadline = time.monotonic() + _SECONDS_TO_END
        try:
            while not self._lost:
                with contextlib.suppress(MachineError):
                    event = self._event(deadline)
                    if isinstance(event, WorkerEnded) and self._ended is None:
                        self._ended = self._read_end(event)
        except wire.DeadlineExpired:
            raise error_for(_silent("a worker could not be ended")) from None


def _read(path: str) -> bytes:
    """A file of /proc; without a text file's buffers, because every call reads some of them."""
    file = os.open(path, os.O_RDONLY)
    try:
        return os.read(file, 4096)
    finally:
        os.close(file)


def _silent(detail: str) -> Failed:
    return Failed("silent", 0, detail)
