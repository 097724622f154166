"""A scheduler, workers and heads as processes of this machine, over TLS, to be killed."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from grader import ROOT
from grader.core.settings import ENV_PREFIX
from grader.records.gradebook_builder import DATABASE

SIZE = 12
"""Hand-ins of the class that is graded."""


class Loopback:
    """The processes of one small cluster; Dask is configured by the environment alone.

    Each is in a place: "scheduler", "head" or "worker0", "worker1", ... Here all are one machine.
    """

    def __init__(self, folder: Path, secret: Path, **environ: str) -> None:
        self.folder = folder
        self.address = f"tls://{self.host('scheduler')}:{_free_port()}"
        key, certificate = folder / "key.pem", folder / "certificate.pem"
        subprocess.run(
            [
                *("openssl", "req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=loopback"),
                *("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
                *("-keyout", key, "-out", certificate),
            ],
            check=True,
            capture_output=True,
        )
        tls = "DASK_DISTRIBUTED__COMM__TLS__"
        roles = [f"{tls}{role}__" for role in ("CLIENT", "SCHEDULER", "WORKER")]
        self.environ = self.environ_of(secret) | {
            "DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION": "true",
            f"{tls}CA_FILE": str(certificate),
            **{role + "CERT": str(certificate) for role in roles},
            **{role + "KEY": str(key) for role in roles},
            **environ,
        }
        self.processes: list[subprocess.Popen[bytes]] = []
        self.scheduler = self._start_scheduler()
        self.workers: list[subprocess.Popen[bytes]] = []

    @staticmethod
    def environ_of(secret: Path) -> dict[str, str]:
        """For a process that grades by this secret."""
        return os.environ | {f"{ENV_PREFIX}SECRET_FILE": str(secret), "PYTHONPATH": str(ROOT)}

    def host(self, place: str) -> str:
        """The address at which a place is reached."""
        return "127.0.0.1"

    def enter(self, place: str) -> tuple[str, ...]:
        """What stands in front of a command that is to run at a place."""
        return ()

    def close(self) -> None:
        """End all of them."""
        for process in self.processes:
            process.kill()
            process.wait()

    def restart_scheduler(self) -> None:
        """Kill it and start another one at the same address."""
        self.scheduler.kill()
        self.scheduler.wait()
        self.scheduler = self._start_scheduler()

    def _start_scheduler(self) -> subprocess.Popen[bytes]:
        port = self.address.rpartition(":")[2]
        host = f"tls://{self.host('scheduler')}"
        return self._start("scheduler", "scheduler", "--host", host, "--port", port)

    def add_worker(self, **environ: str) -> subprocess.Popen[bytes]:
        """Start one more, in the next place."""
        return self._add_worker(len(self.workers), **environ)

    def _add_worker(self, number: int, **environ: str) -> subprocess.Popen[bytes]:
        place = f"worker{number}"
        worker = self._start(
            *(place, "worker", self.address, "--host", self.host(place), "--nthreads", "1"),
            *("--no-nanny", "--memory-limit", "0", "--local-directory", str(self.folder)),
            **environ,
        )
        self.workers.append(worker)
        return worker

    def replace_worker(self, place: int) -> None:
        """Kill one and start another in its place."""
        self.workers[place].kill()
        self.workers[place].wait()
        self._add_worker(place)
        self.workers[place] = self.workers.pop()

    def keep_three(self) -> None:
        """Start another where one has ended, as it does when its scheduler is gone."""
        for place, worker in enumerate(self.workers):
            if worker.poll() is not None:
                self.replace_worker(place)

    def head(self, hand_ins: Path, out: Path, rubric: Path) -> subprocess.Popen[bytes]:
        """Start ``grader batch --cluster``."""
        return self._run(
            *(
                "head",
                "-m",
                "grader",
                "batch",
                str(hand_ins),
                "--out",
                str(out),
                "--rubric",
                str(rubric),
            ),
            *("--cluster", self.address, "--lang", "en"),
            log=out.with_suffix(".log"),
        )

    def _start(self, place: str, *arguments: str, **environ: str) -> subprocess.Popen[bytes]:
        log = self.folder / f"{arguments[0]}.log"
        return self._run(place, "-m", "dask", *arguments, "--no-dashboard", log=log, **environ)

    def _run(
        self, place: str, *arguments: str, log: Path, **environ: str
    ) -> subprocess.Popen[bytes]:
        with log.open("ab") as file:
            process = subprocess.Popen(
                [*self.enter(place), sys.executable, *arguments],
                env=self.environ | environ,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
            )
        self.processes.append(process)
        return process


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def until(
    reached: Callable[[], bool], seconds: float, meanwhile: Callable[[], None] = lambda: None
) -> bool:
    """Wait until `reached()` is true; whether it became so."""
    end = time.monotonic() + seconds
    while not reached():
        meanwhile()
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def same_book(calm: Path, out: Path) -> None:
    """What a batch on this machine made of the class, nothing lost and nothing twice."""
    assert (out / "gradebook.csv").read_bytes() == (calm / "out" / "gradebook.csv").read_bytes()
    with sqlite3.connect(out / DATABASE) as db:
        twice = db.execute(
            "SELECT run, check_id FROM outcome GROUP BY run, check_id HAVING count(*) > 1"
        ).fetchall()
        runs, marks = (
            db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("part_run", "grading")
        )
    assert (twice, runs, marks) == ([], SIZE, SIZE)
