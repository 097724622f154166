"""Hashes over several pieces that also depend on where each piece ends."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable


def content_sha256(files: Iterable[tuple[str, bytes]]) -> str:
    """Over names and bytes in order, so that packing and clocks do not matter."""
    total = hashlib.sha256()
    for name, data in sorted(files):
        # Names from an archive may hold lone surrogates.
        for piece in (name.encode("utf-8", "surrogatepass"), data):
            # The length first, so that ("ab", "c") and ("a", "bc") differ.
            total.update(len(piece).to_bytes(8, "big"))
            total.update(piece)
    return total.hexdigest()


def digest(*pieces: str) -> str:
    """Over several texts in the order given."""
    # Numbered at a fixed width, because names are sorted.
    return content_sha256((f"{i:04d}", piece.encode()) for i, piece in enumerate(pieces))
