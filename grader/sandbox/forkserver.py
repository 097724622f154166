"""The judge's handle on a warm fork server: start it, wait until it is ready, take workers."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from typing import IO, TYPE_CHECKING, Final, Self

from grader.core.closing import Closing
from grader.core.tiers import Tier, ladder
from grader.protocol.environment import SCRATCH, TEMP, TIER_VARIABLE

from .. import HOME, ROOT
from . import control, libraries, packages
from .confinement_errors import TierUnavailable, error_for, no_tier_error
from .control import Failed, Limits, ServerConfig, ServerReady, SpawnRequest
from .output import Output

if TYPE_CHECKING:
    from .handle import Worker

_MESSAGE_BYTES: Final = 1 << 18
_SPAWN_S: Final = 60.0
_READY_S: Final = 120.0
_END_S: Final = 5.0
_BOOTSTRAP: Final = (
    "import socket, sys; control = socket.socket(fileno=int(sys.argv[1])); "
    "sys.path.insert(0, control.recv(65536).decode()); "
    "from grader.sandbox.server import main; main(control, int(sys.argv[2]))"
)
"""The path comes on the socket: the arguments of a process stay in its memory for workers to read.
"""


@dataclasses.dataclass(frozen=True, slots=True)
class Versions:
    """Versions of what the server runs; `torch` is empty in a server of kind "numpy"."""

    python: str
    numpy: str
    torch: str


class ForkServer(Closing):
    """Forks confined workers that share its imports. Thread-safe; close it.

    `guest` is "module:function" in the checkout; a worker calls it with its socket. If the module
    has a function `warm`, the server calls it once after its imports. Tiers of confinement are
    tried from `best` down to `floor`, each with a real worker, and `tier` says which holds; with
    `unsafe` the last resort is "none", resource limits only. `devices` are nodes of a GPU that
    workers may use: they then have no limit on address space, which CUDA maps by the hundred
    gigabytes.
    """

    def __init__(
        self,
        kind: packages.Kind,
        *,
        hash_seed: int,
        guest: str,
        best: Tier = "full",
        floor: Tier = "full",
        unsafe: bool = False,
        limits: Limits = Limits(),  # noqa: B008  (frozen)
        devices: tuple[str, ...] = (),
    ) -> None:
        self._ladder = ladder(best, floor, unsafe)
        if not self._ladder:
            raise ValueError(f"no tier from {best} down to {floor}; none needs unsafe=True")
        if not 0 <= hash_seed <= 2**32 - 1:
            raise ValueError(f"hash_seed must fit in 32 bits, got {hash_seed}")
        self._kind: packages.Kind = kind
        self._hash_seed = hash_seed
        self._guest = guest
        self._floor: Tier = floor
        self._limits = limits
        self._tier: Tier = self._ladder[0]
        self._devices = devices
        self._lock = threading.RLock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._liveness_fd = -1
        self._errors: IO[bytes] | None = None
        self._folder: str | None = None
        self._workers = 0
        self._versions: Versions | None = None
        self.unavailable: dict[Tier, TierUnavailable] = {}
        """The better tiers that do not work on this machine, and why."""

    # ------------------------------------------------------------------------ lifetime

    def start(self) -> None:
        """Start the server; its imports go on in the background."""
        with self._lock:
            if self._process is not None:
                return
            try:
                self._launch()
            except BaseException:
                self.close()
                raise

    def confine_as(self, tier: Tier) -> None:
        """Accept this tier only; a server that was started with another one is restarted."""
        with self._lock:
            if self._ladder == (tier,):
                return
            self._ladder = (tier,)
            self._floor = tier
            if self._tier != tier:
                self.close()
                self._tier = tier

    def _launch(self) -> None:
        if sys.platform != "linux":
            raise error_for(Failed("machine", 0, sys.platform))
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        # The judge keeps one end and never writes: the kernel closes it when the judge ends.
        liveness_theirs, self._liveness_fd = os.pipe()
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  (closed by close)
        if self._tier == "none":
            self._folder = tempfile.mkdtemp(prefix="grader-")
            os.chmod(self._folder, 0o711)
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-S", "-s", "-P", "-B", "-c", _BOOTSTRAP,
                 str(theirs.fileno()), str(liveness_theirs)],
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=self._errors,
                stderr=self._errors,
                pass_fds=(theirs.fileno(), liveness_theirs),
                cwd="/",
                start_new_session=True,
            )  # fmt: skip
        finally:
            theirs.close()
            os.close(liveness_theirs)
        self._control = ours
        seen = packages.needed(self._kind)  # while the interpreter starts
        config = ServerConfig(
            kind=self._kind,
            guest=self._guest,
            tier=self._tier,
            checkout=str(HOME),
            lab=tuple(str(ROOT / "starter" / "tests" / name) for name in ("kit", "parts")),
            folders=seen.folders,
            entries=seen.entries,
            libraries=libraries.needed(seen.libraries, bool(self._devices)),
            devices=self._devices,
        )
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # wait_ready says why
            ours.send(str(HOME).encode())
            ours.send(config.encode())

    def _environment(self) -> dict[str, str]:
        """A clean environment for workers: nothing secret of the judge's is in it."""
        home = self._folder or SCRATCH
        environment = {
            "PATH": "/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "USER": "student",
            "LOGNAME": "student",
            "HOME": home,
            "TMPDIR": self._folder or TEMP,
            "TZ": "UTC",  # the jail has no files of other time zones
            TIER_VARIABLE: self._tier,
            "PYTHONHASHSEED": str(self._hash_seed),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONUTF8": "1",
            # One thread each: after a fork, a pool of threads in the parent makes the child hang.
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "MKL_NUM_THREADS": "1",
            "MALLOC_ARENA_MAX": "2",
            # torch's LSTM keeps compiled code for each shape: a text that is read again and again
            # at growing lengths fills the memory.
            "ONEDNN_PRIMITIVE_CACHE_CAPACITY": "16",
        }
        # Which of several GPUs is staff's choice, made as everywhere by CUDA's own variable.
        chosen = os.environ.get("CUDA_VISIBLE_DEVICES") if self._devices else ""
        if chosen is not None:
            environment["CUDA_VISIBLE_DEVICES"] = chosen
        if folders := os.environ.get("LD_LIBRARY_PATH"):  # the interpreter may not start without
            environment["LD_LIBRARY_PATH"] = folders
        return environment

    def wait_ready(self, deadline_s: float = _READY_S) -> None:
        """Wait until the server is ready and a first worker has shown that it is confined.

        Raises ConfinementError if no tier at or above the floor works on this machine, MachineError
        if something else is missing or `deadline_s` has passed; both say what to do.
        """
        with self._lock:
            if self._versions is not None:
                return
            deadline = time.monotonic() + deadline_s
            while True:
                try:
                    self._become_ready(deadline)
                    return
                except TierUnavailable as error:
                    self.close()
                    self.unavailable[self._tier] = error
                    left = self._ladder[self._ladder.index(self._tier) + 1 :]
                    if not left:
                        raise no_tier_error(self.unavailable, self._floor) from None
                    self._tier = left[0]
                except BaseException:
                    self.close()
                    raise

    def _become_ready(self, deadline: float) -> None:
        self.start()
        assert self._control is not None
        left = max(0.0, deadline - time.monotonic())
        if not select.select([self._control], [], [], left)[0]:
            raise error_for(Failed("silent", 0, f"not ready in time; {self._printed()}"))
        try:
            data = self._control.recv(_MESSAGE_BYTES)
        except ConnectionError:
            data = b""
        if not data:
            raise error_for(Failed("silent", 0, f"it ended; {self._printed()}"))
        event = control.decode(data)
        if isinstance(event, Failed):
            raise error_for(event)
        assert isinstance(event, ServerReady)
        if self._tier != "none":
            from .probing import send_canary  # late, as `Worker` below

            send_canary(
                lambda: self._spawn(self._limits, "canary"),
                self._tier,
                self._kind,
                packages.needed(self._kind).folders,
            )
        self._versions = Versions(event.python, event.numpy, event.torch)

    def _printed(self) -> str:
        """The end of what the server itself printed, for whoever investigates the failure."""
        assert self._errors is not None
        self._errors.seek(0)
        return self._errors.read()[-2000:].decode("utf-8", "replace").strip() or "it wrote nothing"

    def close(self) -> None:
        """End the server and all its workers."""
        with self._lock:
            if self._control is not None:
                self._control.close()
                self._control = None
            if self._liveness_fd >= 0:
                os.close(self._liveness_fd)
                self._liveness_fd = -1
            if self._process is not None:
                try:
                    self._process.wait(_END_S)
                except subprocess.TimeoutExpired:
                    self._process.kill()  # the monitor; its death signal ends the server
                    self._process.wait()
                self._process = None
            if self._errors is not None:
                self._errors.close()
                self._errors = None
            if self._folder is not None:
                shutil.rmtree(self._folder, ignore_errors=True)
                self._folder = None
            self._versions = None

    def __enter__(self) -> Self:
        self.start()
        return self

    # ------------------------------------------------------------------------- workers

    @property
    def is_ready(self) -> bool:
        """Whether a worker is available without waiting."""
        return self._versions is not None

    @property
    def tier(self) -> Tier:
        """The tier that a first worker has shown to work."""
        self.wait_ready()
        return self._tier

    @property
    def versions(self) -> Versions:
        """The versions of Python, NumPy and torch in the server."""
        self.wait_ready()
        assert self._versions is not None
        return self._versions

    def spawn(self, limits: Limits | None = None) -> Worker:
        """A new worker, confined and at the start of its guest."""
        self.wait_ready()
        return self._spawn(limits or self._limits, "guest")

    def _spawn(self, limits: Limits, guest: str) -> Worker:
        # Here, because it imports NumPy: a server imports torch meanwhile.
        from .handle import Worker

        with contextlib.ExitStack() as theirs:
            channel, their_channel = socket.socketpair()
            theirs.callback(their_channel.close)
            status, their_status = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            theirs.callback(their_status.close)
            read, write = os.pipe()
            theirs.callback(os.close, write)
            worker = Worker(channel, status, Output(read, limits.output_kb << 10))
            fds = [their_channel.fileno(), write, their_status.fileno()]
            try:
                with self._lock:
                    if self._control is None:
                        raise error_for(Failed("silent", 0, "the server was closed"))
                    folder = None
                    if self._folder is not None:
                        self._workers += 1
                        # With the process, because forks of the judge share the server.
                        folder = f"{self._folder}/{os.getpid()}-{self._workers}"
                    request = SpawnRequest(guest, limits, folder)
                    socket.send_fds(self._control, [request.encode()], fds)
            except OSError as error:
                worker.close()
                raise error_for(Failed("silent", 0, str(error))) from error
            except BaseException:
                worker.close()
                raise
        try:
            worker.await_ready(_SPAWN_S)
        except BaseException:
            worker.close()
            raise
        return worker
