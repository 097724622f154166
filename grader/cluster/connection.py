"""The connection to the scheduler: made, lost, and made again within some patience."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any, Final

from distributed import Client

from grader.core.errors import MachineError
from kit.text import Text

from . import words

_CONNECT_S: Final = 5.0
_AGAIN_S: Final = 0.5

Connect = Callable[[float], Client]
"""Makes a client, or raises after so many seconds."""


class Connection:
    """A client of the scheduler at `address`, with `told` called for each event of `topic`."""

    def __init__(
        self,
        connect: Connect,
        address: str,
        topic: str,
        told: Callable[[tuple[float, Any]], None],
    ) -> None:
        self._connect = connect
        self._address = address
        self._topic = topic
        self._told = told
        self._client: Client | None = None
        self._workers: dict[str, Any] | None = None  # not heard of yet
        self._ending = threading.Event()

    def open(self, patience_s: float) -> None:
        """Connect; MachineError where nobody answers in time, or after :meth:`give_up`."""
        end = time.monotonic() + patience_s
        while True:
            try:
                self._client, self._workers = self._connect(_CONNECT_S), None
                self._client.subscribe_topic(self._topic, self._told)
                return
            except Exception as error:
                if time.monotonic() > end or self._ending.is_set():
                    said = f"{type(error).__name__}: {error}"
                    raise MachineError(
                        words.NO_SCHEDULER.format(address=self._address, why=Text(said, said))
                    ) from error
                self._ending.wait(_AGAIN_S)

    def close(self) -> None:
        """Leave the cluster, which forgets what runs there for this client."""
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(Exception):
                client.close(timeout=2)

    def give_up(self) -> None:
        """Try no more to connect; from another thread."""
        self._ending.set()

    def present(self) -> dict[str, int]:
        """The workers that are there, with their threads; OSError where nobody can say it."""
        try:
            if self._client is None or self._client.status != "running":
                raise OSError("the connection is closed")
            # Not `scheduler_info`: it gives what a thread of Dask's may have replaced meanwhile by
            # a list without workers, and then all would seem to be gone.
            told = self._client.sync(_identity, self._client)
        except Exception as error:
            raise OSError(str(error)) from error
        if told is not None:
            self._workers = told["workers"]
        if self._workers is None:
            raise OSError("the scheduler has not answered yet")
        # One that is closing may be listed for minutes.
        alive = {a: w for a, w in self._workers.items() if w["status"] in ("running", "paused")}
        return {address: int(worker["nthreads"]) for address, worker in alive.items()}

    def on(self, worker: str) -> Executor:
        """Dask's own executor, for one worker; OSError without a connection."""
        if self._client is None or self._client.status != "running":
            raise OSError("the connection is closed")
        # By default Dask takes equal calls for one, and would not run a job again.
        made: Executor = self._client.get_executor(
            pure=False, workers=[worker], allow_other_workers=False
        )
        return made


async def _identity(client: Client) -> dict[str, Any] | None:
    """What the scheduler says of itself and its workers; None where it was not reached this time.

    Whether the connection is lost for good the client finds out by itself.
    """
    if client.scheduler is None:
        return None
    try:
        told: dict[str, Any] = await client.scheduler.identity(n_workers=-1)
    except OSError:
        return None
    return told
