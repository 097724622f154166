"""How many bits one worker can tell a later one by time alone, with all that is refused refused.

Run: ``python bench/timing.py [--bits 2000] [--tier full]``. One worker gets random bits and leaves
traces of the ones; it ends; a worker that is forked afterwards times what it finds and guesses
them. The traces: pages of a file that is not in memory (the page cache), and names that no folder
holds (which the kernel remembers). ``read ahead`` is the first again, after the file was read into
memory from outside; ``no traces`` is the error of guessing.

A bit that is guessed wrong at a rate e is worth 1 - H(e) bits: that is the capacity. Nothing here
says that a worker's words reach a student: see SECURITY.md for what carries them.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from grader.core.tiers import TIERS
from grader.sandbox import ForkServer
from grader.sandbox.packages import needed

GUEST = "tests.sandbox_guest:main"
PAGE = 4096
APART = 8
"""Pages between two bits, so that what is read along with one says nothing of the next."""

NAMES = 12
"""Names that tell one bit: one look-up is too short to be told from noise."""

CALL_S = 60.0

PAGES_SENT = """
import os
file = os.open({path!r}, os.O_RDONLY)
for place, bit in zip({places!r}, {bits!r}):
    if bit:
        os.pread(file, 1, place)
"""
PAGES_READ = """
import os, time
file = os.open({path!r}, os.O_RDONLY)
answer = []
for place in {places!r}:
    start = time.perf_counter_ns()
    os.pread(file, 1, place)
    answer.append(time.perf_counter_ns() - start)
"""
NAMES_SENT = """
import os
for place, bit in zip({places!r}, {bits!r}):
    for i in range({names} if bit else 0):
        os.path.lexists(f"{path}/{salt}-{{place}}-{{i}}")
"""
NAMES_READ = """
import os, time
answer = []
for place in {places!r}:
    least = 1 << 60
    for i in range({names}):
        name = f"{path}/{salt}-{{place}}-{{i}}"
        start = time.perf_counter_ns()
        os.path.lexists(name)
        least = min(least, time.perf_counter_ns() - start)
    answer.append(least)
"""


@dataclass(frozen=True)
class Carrier:
    """What traces are left on, and the sources of the two workers."""

    send: str
    read: str
    path: str
    places: tuple[int, ...]

    def source(self, text: str, bits: list[int], salt: str) -> str:
        """The source of a worker."""
        return text.format(
            path=self.path, places=self.places, bits=tuple(bits), names=NAMES, salt=salt
        )


def transmitted(server: ForkServer, carrier: Carrier, traces: bool) -> tuple[float, float, float]:
    """The rate of wrong bits, and the seconds of sending and of reading.

    The first half of the bits is known to the reader: it finds its threshold by them.
    """
    bits = [random.getrandbits(1) for _ in carrier.places]
    salt = f"{random.getrandbits(64):x}"
    start = time.perf_counter()
    _run(server, carrier.source(carrier.send, bits if traces else [0] * len(bits), salt))
    sent = time.perf_counter()
    times = _run(server, carrier.source(carrier.read, bits, salt))
    read = time.perf_counter()
    half = len(bits) // 2
    threshold = min(sorted(set(times[:half])), key=lambda t: _wrong(times[:half], bits[:half], t))
    return _wrong(times[half:], bits[half:], threshold), sent - start, read - sent


def _wrong(times: list[int], bits: list[int], threshold: int) -> float:
    """The share of bits that are guessed wrong: what is fast was traced."""
    return sum((t <= threshold) != bool(b) for t, b in zip(times, bits, strict=True)) / len(bits)


def _run(server: ForkServer, source: str) -> Any:
    with server.spawn() as worker:
        answer = worker.exchange(source, CALL_S)
    if isinstance(answer, str):
        raise SystemExit(f"refused in this tier: {answer}")
    return answer


def capacity(wrong: float) -> float:
    """Bits that one bit is worth."""
    e = min(max(wrong, 1e-9), 1 - 1e-9)
    return 1 + e * math.log2(e) + (1 - e) * math.log2(1 - e)


def report(name: str, server: ForkServer, carrier: Carrier, traces: bool = True) -> None:
    """Print a line."""
    wrong, sending, reading = transmitted(server, carrier, traces)
    worth = capacity(wrong) if wrong < 0.45 else 0.0  # beyond it is the noise of so few
    rate = worth * len(carrier.places) / (sending + reading)
    print(
        f"{name:24} {100 * wrong:5.1f} % wrong, {worth:.2f} bits for each of "
        f"{len(carrier.places)}; {rate:7.0f} bits/s",
        flush=True,
    )


def largest_file() -> str:
    """A file that every worker of NumPy sees, most of whose pages nobody has read."""
    return max(needed("numpy").libraries, key=os.path.getsize)


def out_of_memory(path: str, evict: bool) -> None:
    """Drop a file's pages that nobody has mapped; or read all of it."""
    with open(path, "rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        if not evict:
            while file.read(1 << 20):
                pass


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bits", type=int, default=800)
    parser.add_argument("--tier", choices=TIERS, default="full")
    options = parser.parse_args()
    path = largest_file()
    most = os.path.getsize(path) // PAGE // APART
    places = random.sample(range(most), min(options.bits, most))
    pages = Carrier(PAGES_SENT, PAGES_READ, path, tuple(PAGE * APART * p for p in places))
    names = Carrier(NAMES_SENT, NAMES_READ, str(Path(path).parent), tuple(range(options.bits)))
    tier = options.tier
    with ForkServer("numpy", hash_seed=1, guest=GUEST, best=tier, floor=tier) as server:
        print(f"tier {server.tier}, {path}: {os.path.getsize(path) >> 20} MB")
        for name, evict, traces in (
            ("page cache", True, True),
            ("page cache, read ahead", False, True),
            ("page cache, no traces", True, False),
        ):
            out_of_memory(path, evict)
            report(name, server, pages, traces)
        report("names", server, names)
        report("names, no traces", server, names, traces=False)


if __name__ == "__main__":
    main()
