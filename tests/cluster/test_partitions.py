"""Cables that are pulled and plugged in again change no mark: machines as network namespaces."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from class_folders import committed
from loopback import same_book, until
from namespaces import Namespaces, why_not

pytestmark = pytest.mark.slow

SILENT_S = 12.0
"""After which either side of a connection gives up the other; Dask takes no less than 11."""


@pytest.fixture
def machines(tmp_path: Path, secret_file: Path) -> Iterator[Namespaces]:
    """A scheduler, a place for the head, and three workers, which notice soon who is gone."""
    if why := why_not():
        pytest.skip(why)
    patience = {
        "DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": f"{SILENT_S:.0f}s",
        "DASK_DISTRIBUTED__COMM__TIMEOUTS__TCP": f"{SILENT_S:.0f}s",
    }
    made = Namespaces(tmp_path, secret_file, **patience)
    try:
        for _ in range(3):
            made.add_worker()
        yield made
    finally:
        made.close()


@pytest.mark.parametrize(
    ("places", "seconds"),
    [
        pytest.param(["worker0"], 2 * SILENT_S, id="a worker until it is given up"),
        pytest.param(["worker0", "worker1"], SILENT_S / 4, id="two workers for a moment"),
        pytest.param(["head"], 2 * SILENT_S, id="the head until it is given up"),
        pytest.param(["worker0", "worker1", "worker2"], 2 * SILENT_S, id="all workers"),
    ],
)
def test_a_network_that_falls_apart_and_heals_changes_no_mark(
    calm: Path, machines: Namespaces, tmp_path: Path, places: list[str], seconds: float
) -> None:
    out = tmp_path / "out"
    head = machines.head(calm / "class", out, calm / "rubric.yaml")
    assert until(lambda: committed(out) >= 20, 120), out.with_suffix(".log").read_text("utf-8")
    for place in places:
        machines.cut(place)
    before = time.monotonic()
    until(lambda: head.poll() is not None, seconds)
    assert places == ["worker0"] or time.monotonic() - before >= seconds
    for place in places:
        machines.cut(place, connected=True)

    # A worker ends where its scheduler has given it up; on a machine something starts it again.
    assert until(lambda: head.poll() is not None, 240, machines.keep_three)
    assert head.returncode == 0, out.with_suffix(".log").read_text("utf-8")
    same_book(calm, out)
