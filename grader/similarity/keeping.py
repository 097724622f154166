"""The code of hand-ins that were read before, by what was handed in and by what read it."""

from __future__ import annotations

import importlib.metadata
import json
import platform
import sqlite3
import threading
import zlib
from functools import cache
from pathlib import Path
from typing import Any, Final

from grader import ROOT
from grader.core.closing import Closing
from grader.core.digests import content_sha256, digest

from .reading import CodeLine, PartCode

FILE: Final = "similarity.sqlite"


class Kept(Closing):
    """What was read, in a file that several threads may use."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        # Threads of the finder share the connection; the lock lets one of them in at a time.
        self._file = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        # To lose it costs a second reading, so no write waits for the disk.
        self._file.execute("PRAGMA synchronous = OFF")
        self._file.execute("CREATE TABLE IF NOT EXISTS code (key TEXT PRIMARY KEY, data BLOB)")

    def close(self) -> None:
        """Close the file; what was put stays."""
        self._file.close()

    def get(self, content: str) -> tuple[PartCode, ...] | None:
        """The code of the hand-in with this content; None where it must be read."""
        key = digest(content, _code())
        with self._lock:
            row = self._file.execute("SELECT data FROM code WHERE key = ?", (key,)).fetchone()
        if row is None:
            return None
        return tuple(_part(data) for data in json.loads(zlib.decompress(row[0])))

    def put(self, content: str, codes: tuple[PartCode, ...]) -> None:
        """Keep it."""
        data = json.dumps([_plain(code) for code in codes])
        row = digest(content, _code()), zlib.compress(data.encode(), 1)
        with self._lock:
            self._file.execute("INSERT OR REPLACE INTO code VALUES (?, ?)", row)


def _plain(code: PartCode) -> list[Any]:
    lines = [[line.path, line.cell, line.number, line.text] for line in code.lines]
    arrays = [a.tolist() for a in (code.hashes, code.starts, code.firsts, code.lasts)]
    return [code.part, lines, *arrays, code.size, code.cut]


def _part(data: list[Any]) -> PartCode:
    part, lines, *rest = data
    return PartCode.of(part, [CodeLine(*line) for line in lines], *rest)


@cache
def _code() -> str:
    """The digest of everything that reads: how a hand-in's code comes out depends on it."""
    # The solutions count too: their length decides which blanks are compared.
    files = [
        *(f for name in _READING for f in (Path(__file__).parents[1] / name).rglob("*.py")),
        *(ROOT / "starter").glob("*.py"),
        *(ROOT / "starter" / "tests" / "kit").rglob("*.py"),
        *(ROOT / "starter" / "tests" / "parts").glob("*/contract.py"),
        *(ROOT / "solutions").glob("*.py"),
    ]
    return digest(
        platform.python_version(),
        importlib.metadata.version("copydetect"),
        importlib.metadata.version("pygments"),
        content_sha256((str(file), file.read_bytes()) for file in files),
    )


_READING: Final = ("core", "handins", "intake", "protocol", "reader", "similarity")
"""Packages that a hand-in passes through before it is compared."""
