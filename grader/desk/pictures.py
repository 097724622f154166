"""The pages of a report: as pictures, drawn in the sandbox and encoded here from plain pixels, and
as text, read there too."""

from __future__ import annotations

import hashlib
import io
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Generic, TypeVar

from PIL import Image

from grader.core.settings import Settings
from grader.feedback import REPORT_PDF
from grader.isolation.reading import HandInReader
from grader.isolation.servers import Servers
from grader.marking import kept_materials
from kit.text import Text

WIDTH: Final = 1200
"""Pixels: a page fills a laptop's screen, and its small print can be read."""

_KEPT: Final = 80
_TEXTS_KEPT: Final = 20
_COMPRESSION: Final = 3


@dataclass(frozen=True, slots=True)
class Picture:
    """One page, or why there is none."""

    png: bytes = b""
    problem: Text | None = None


_Key = TypeVar("_Key")
_Made = TypeVar("_Made")


class _Last(Generic[_Key, _Made]):
    """The last `most` things that were made, one at a time: `making` is held meanwhile."""

    def __init__(self, most: int, making: threading.Lock) -> None:
        self._most = most
        self._making = making
        self._looking = threading.Lock()
        self._kept: OrderedDict[_Key, _Made] = OrderedDict()

    def look(self, key: _Key) -> _Made | None:
        """What is kept; None where it has to be made."""
        with self._looking:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def get(self, key: _Key, make: Callable[[], _Made]) -> _Made:
        """What is kept, or else what `make` gives."""
        if (kept := self.look(key)) is not None:
            return kept
        with self._making:
            # Another thread may have made the same in the meantime.
            if (kept := self.look(key)) is not None:
                return kept
            made = make()
        with self._looking:
            self._kept[key] = made
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return made


class Pictures:
    """Draws and reads pages, one at a time, and keeps the last ones."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._servers: Servers | None = None
        # A fork server talks to one thread at a time.
        self._drawing = threading.Lock()
        self._kept: _Last[tuple[str, int], Picture] = _Last(_KEPT, self._drawing)
        self._texts: _Last[str, tuple[str, ...]] = _Last(_TEXTS_KEPT, self._drawing)

    def close(self) -> None:
        """End the server that draws."""
        with self._drawing:
            if self._servers is not None:
                self._servers.close()
                self._servers = None

    def start(self) -> None:
        """Let the server that draws begin to start; this returns at once."""
        with self._drawing:
            self._running().start("reader")

    def warm(self) -> None:
        """Have that server ready. ConfinementError where this machine cannot read safely."""
        with self._drawing:
            self._running().ready("reader")

    def page(self, path: Path, number: int, hidden: tuple[str, ...]) -> Picture:
        """Page `number` of the PDF at `path`, from 0, with the words of `hidden` painted over.

        ConfinementError where this machine cannot read it safely.
        """
        return self._kept.get((tag(path, hidden), number), lambda: self._draw(path, number, hidden))

    def text(self, path: Path) -> tuple[str, ...]:
        """The text of each page of the PDF at `path`; none where it has none, or is locked."""
        return self._texts.get(tag(path, ()), lambda: self._reader().text(path.read_bytes()))

    def _running(self) -> Servers:
        if self._servers is None:
            self._servers = Servers(self._settings)
        return self._servers

    def _reader(self) -> HandInReader:
        servers = self._running()
        return HandInReader(lambda: servers.ready("reader"))

    def _draw(self, path: Path, number: int, hidden: tuple[str, ...]) -> Picture:
        drawn, pixels = self._reader().page(path.read_bytes(), number, WIDTH, hidden)
        return _encoded(drawn.problem, (drawn.width, drawn.height), pixels)

    def picture(self, path: Path, number: int) -> Picture | None:
        """A picture of the hand-in's, decoded in the sandbox; None where there is none."""
        key = f"{tag(path, ())} picture", number
        if (kept := self._kept.look(key)) is not None:
            return kept
        material = kept_materials.read(path, number)
        if material is None or material.is_log:
            return None
        return self._kept.get(key, lambda: self._decode(material.data))

    def _decode(self, data: bytes) -> Picture:
        drawn, pixels = self._reader().picture(data, WIDTH)
        return _encoded(drawn.problem, (drawn.width, drawn.height), pixels)

    def log(self, path: Path, number: int) -> str | None:
        """The text of a log of the hand-in's; None where there is none."""
        material = kept_materials.read(path, number)
        if material is None or not material.is_log:
            return None
        with self._drawing:
            return self._reader().log(material.data)


def _encoded(word: str, size: tuple[int, int], pixels: bytes) -> Picture:
    """What the sandbox drew, or in a word why it did not."""
    if word:
        return Picture(
            problem=Text(f"这一页画不出来（{word}）。", f"This page cannot be drawn ({word}).")
        )
    file = io.BytesIO()
    picture = Image.frombytes("RGB", size, pixels)
    picture.save(file, "PNG", compress_level=_COMPRESSION)
    return Picture(file.getvalue())


def path_of(out: Path, hand_in: str) -> Path | None:
    """The report of a hand-in; None where there is none."""
    path = out / hand_in / REPORT_PDF
    # A link there would lead out of the folder.
    return path if path.is_file() and not path.is_symlink() else None


def tag(path: Path, hidden: tuple[str, ...]) -> str:
    """Another one where the file, or what is hidden in it, is another."""
    found = path.stat()
    said = f"{path} {found.st_mtime_ns} {found.st_size} {hidden!r}"
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:16]
