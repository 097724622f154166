"""From ``--cluster`` to the workers: a scheduler that runs, or processes of this machine.

Connections to a scheduler are made as Dask's own configuration says, certificates among it. Those
on this machine are encrypted as well: otherwise every account here could run programs as this one.
"""

from __future__ import annotations

import contextlib
import logging
import re
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

import dask
from distributed import Client, LocalCluster
from distributed.security import Security

from grader.batch.planning import ClassPlan
from grader.batch.running import Crew
from grader.core.errors import MachineError, UsageError
from grader.core.model import Environment
from kit.text import Text

from . import words
from .course import Course, Credentials
from .pool import ClusterPool
from .remote import answer

_LOCAL = re.compile(r"local:([1-9]\d{0,2})")
_SCHEDULER = re.compile(r"(tcp|tls)://\S+:\d+")

_CONFIGURATION: Final[dict[str, Any]] = {
    # Dask's own pages ask nobody who they are.
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
    # The scheduler keeps its last messages, and jobs among them.
    "distributed.admin.low-level-log-length": 50,
    # It would look at each process a hundred times a second.
    "distributed.worker.profile.enabled": False,
}
"""Of processes of this machine."""

Connect = Callable[[float], Client]


@contextlib.contextmanager
def crew(
    plan: ClassPlan, address: str, say: Callable[[Text], None]
) -> Iterator[Callable[[Environment], Crew]]:
    """What :func:`grader.batch.run` grades a class with, from the environment of this machine.

    Raises:
        UsageError: `address` names no cluster.
    """
    local, scheduler = _LOCAL.fullmatch(address), _SCHEDULER.fullmatch(address)
    if not local and not scheduler:
        raise UsageError(words.ADDRESS.format(address=address))
    _quiet()
    if scheduler and scheduler[1] == "tcp":
        say(words.OPEN.format(address=address))
    # A hand-in may be large, and is no mistake.
    dask.config.set({"distributed.admin.large-graph-warning-threshold": "1GB"})
    with contextlib.ExitStack() as stack:
        connect: Connect = partial(_client, address, None)
        if local:
            security = stack.enter_context(_own_certificate())
            cluster = stack.enter_context(_local(int(local[1]), security))
            connect = partial(_client, cluster.scheduler_address, security)

        def made(environment: Environment) -> Crew:
            course = Course.of(plan).encode()
            wanted = Credentials.of(environment, plan.secret.fingerprint)
            topic = f"grader-{uuid.uuid4()}"
            pool = ClusterPool(connect, address, course, wanted, topic, say)
            return Crew(pool.start, pool.width, partial(answer, course, topic))

        yield made


def _quiet() -> None:
    """Dask's warnings and tracebacks say at length what this package says in one line."""
    for name in list(logging.root.manager.loggerDict):
        if name.split(".")[0] == "distributed":
            logging.getLogger(name).setLevel(logging.CRITICAL)


def _client(address: str, security: Security | None, timeout_s: float) -> Client:
    # Answers of workers are bytes, and are not unpickled here.
    return Client(
        address,
        security=security,
        timeout=timeout_s,
        set_as_default=False,
        serializers=["dask", "msgpack", "pickle"],
        deserializers=["dask", "msgpack", "error"],
    )


@contextlib.contextmanager
def _local(workers: int, security: Security) -> Iterator[Any]:
    with (
        tempfile.TemporaryDirectory(prefix="grader-") as folder,
        dask.config.set(_CONFIGURATION),
        LocalCluster(
            n_workers=workers,
            # A worker holds one grader, which grades one hand-in at a time.
            threads_per_worker=1,
            host="127.0.0.1",
            protocol="tls://",
            security=security,
            dashboard_address=None,
            scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},
            preload=["grader.cluster.ignore_interrupts"],
            memory_limit=None,  # the grader bounds what a submission takes
            silence_logs=logging.CRITICAL,
            local_directory=folder,
        ) as cluster,
    ):
        yield cluster


@contextlib.contextmanager
def _own_certificate() -> Iterator[Security]:
    """A certificate of this run alone, which both sides show and trust."""
    with tempfile.TemporaryDirectory(prefix="grader-") as folder:  # readable by its owner alone
        key, certificate = Path(folder, "key.pem"), Path(folder, "certificate.pem")
        try:
            subprocess.run(
                [
                    # Python's own library reads certificates and makes none.
                    *("openssl", "req", "-x509", "-nodes", "-days", "30", "-subj", "/CN=grader"),
                    *("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
                    *("-keyout", str(key), "-out", str(certificate)),
                ],
                check=True,
                capture_output=True,
            )
        except (OSError, subprocess.CalledProcessError) as error:
            raise MachineError(words.NO_OPENSSL) from error
        pair = {
            f"tls_{role}_{kind}": str(path)
            for role in ("client", "scheduler", "worker")
            for kind, path in (("key", key), ("cert", certificate))
        }
        yield Security(require_encryption=True, tls_ca_file=str(certificate), **pair)
