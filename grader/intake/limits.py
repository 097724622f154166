"""How much of a hand-in is read, and how much of that is left."""

from __future__ import annotations

from dataclasses import dataclass

from kit.contracts import MAX_NOTEBOOK_BYTES, MAX_REPORT_BYTES, MAX_SOURCE_BYTES


@dataclass(frozen=True, slots=True)
class IntakeLimits:
    """Bounds on what is read of one hand-in, counted while reading: declared sizes may be false."""

    zip_bytes: int = 100_000_000  # of the archive itself
    unpacked_bytes: int = 200_000_000  # of everything read out of it
    entries: int = 5_000  # files that are looked at, ignored ones aside
    sources: int = 500  # files of code that are read, nearest to the root first
    listed: int = 50_000  # entries of an archive, ignored ones included
    source_bytes: int = MAX_SOURCE_BYTES
    notebook_bytes: int = MAX_NOTEBOOK_BYTES
    report_bytes: int = MAX_REPORT_BYTES
    text_bytes: int = 32_000_000  # of all code, decoded: it travels to a worker in one message
    # Unpacked to packed, beyond `ratio_from`: code has about 10, deflate reaches 1,032.
    ratio: int = 200
    ratio_from: int = 1_000_000
    depth: int = 40  # folders inside folders
    path_characters: int = 500
    materials: int = 24  # logs and pictures: people look at them, no mark depends on them
    log_bytes: int = 400_000
    picture_bytes: int = 5_000_000
    material_bytes: int = 20_000_000  # of all of them


class Budget:
    """What is left of the limits while one hand-in is read."""

    def __init__(self, limits: IntakeLimits) -> None:
        self.limits = limits
        self.bytes_left = limits.unpacked_bytes
        self.entries_left = limits.entries

    def take_entry(self) -> bool:
        """Count one more file; false when there have been too many."""
        self.entries_left -= 1
        return self.entries_left >= 0

    def cap(self, path: str) -> int:
        """The most bytes that a file of this name may have and still be read."""
        name = path.lower()
        if name.endswith(".py"):
            return self.limits.source_bytes
        if name.endswith(".ipynb"):
            return self.limits.notebook_bytes
        if name.endswith(".pdf"):
            return self.limits.report_bytes
        return self.limits.zip_bytes  # an archive inside
