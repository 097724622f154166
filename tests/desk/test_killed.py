"""A server that is killed at any moment has kept every mark that it confirmed."""

from __future__ import annotations

import http.client
import json
import random
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from marked_class import graded_class

from grader import ROOT
from grader.marking.course import Course

pytestmark = pytest.mark.slow


def start(out: Path, port: int) -> tuple[subprocess.Popen[str], str]:
    """The process, and the token of its link."""
    command = [sys.executable, "-m", "grader", "desk", "--out", str(out), "--no-browser"]
    process = subprocess.Popen(
        [*command, "--port", str(port), "--lang", "en", "--author", "li"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "PATH": "/usr/bin:/bin"},
    )
    assert process.stdout is not None
    return process, process.stdout.readline().partition("token=")[2].split()[0]


def ask(port: int, cookie: str, path: str, data: dict[str, Any] | None = None) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    headers = {"Cookie": cookie}
    if data is not None:
        headers |= {"Origin": f"http://127.0.0.1:{port}", "Content-Type": "application/json"}
    try:
        body = None if data is None else json.dumps(data)
        connection.request("GET" if data is None else "POST", path, body, headers)
        answer = connection.getresponse()
        text = answer.read().decode("utf-8")
        assert answer.status == 200, text
        return json.loads(text)
    finally:
        connection.close()


def let_in(port: int, token: str) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", f"/?token={token}")
    cookie = connection.getresponse().headers["Set-Cookie"].partition(";")[0]
    connection.close()
    return cookie


@pytest.mark.parametrize("seed", range(6))
def test_nothing_that_was_confirmed_is_lost(tmp_path: Path, seed: int) -> None:
    out = graded_class(tmp_path / "out")
    draw = random.Random(seed)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process, token = start(out, port)
    cookie = let_in(port, token)
    with Course(out) as course:
        known = [entry.id for entry in course.snapshot.entries]
    from grader.desk.facts import gather
    from grader.desk.keeping import Keeping

    with Course(out) as course:
        facts = gather(course, Keeping.load(out).alias_key)
    aliases = [facts.by_id[id].alias for id in known]
    confirmed: dict[str, list[str]] = {alias: [] for alias in aliases}

    def mark() -> None:
        for i in range(10_000):
            alias = aliases[i % len(aliases)]
            try:
                shown = ask(port, cookie, f"/api/hand-in/{alias}")["criteria"]["report.figures"]
                points = str(draw.randint(0, 5))
                data = {
                    "hand_in": alias,
                    "criterion": "report.figures",
                    "points": points,
                    "seen": shown["version"],
                }
                ask(port, cookie, "/api/mark", data)
            except (OSError, http.client.HTTPException):
                return
            confirmed[alias].append(points)

    marking = threading.Thread(target=mark)
    marking.start()
    time.sleep(draw.uniform(0.2, 2.0))
    process.kill()
    process.wait()
    assert process.stdout is not None
    process.stdout.close()
    marking.join()

    with Course(out) as course:
        events = course.marks.marks()
    assert sum(map(len, confirmed.values())) > 0
    for alias, points in confirmed.items():
        kept = [str(e.base) for e in events if facts.by_id[e.hand_in].alias == alias]
        # One more may have been recorded whose answer was on its way.
        assert kept[: len(points)] == points
        assert len(kept) <= len(points) + 1
