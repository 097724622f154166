"""One hand-in of a class, loaded within bounds and sent through intake."""

from __future__ import annotations

from grader.core.model import Submission
from grader.intake import IntakeLimits, is_read, most_bytes, read_files

from .records import HandIn
from .tree import Reader


def load(
    hand_in: HandIn, limits: IntakeLimits | None = None, *, reader: Reader | None = None
) -> dict[str, bytes]:
    """Names and bytes of what was handed in, as far as intake reads them.

    A `reader` that is kept for the whole class opens an archive that holds everybody only once.
    Raises UsageError where a file of the class's folder cannot be read: that is not the
    student's fault and must not become one.
    """
    limits = limits or IntakeLimits()
    if reader is None:
        with Reader() as own:
            return load(hand_in, limits, reader=own)
    files: dict[str, bytes] = {}
    # Never reached by what intake accepts: it bounds the memory that a hostile folder can take.
    left = limits.unpacked_bytes + limits.zip_bytes
    alone = len(hand_in.pieces) == 1
    for piece in hand_in.pieces:
        # One byte more than may be read shows that there is more; of others the name is enough.
        most = min(most_bytes(piece.name, limits) + 1, max(left, 0))
        wanted = alone or is_read(piece.name)
        files[piece.name] = reader.read(piece.source, piece.member, most) if wanted else b""
        left -= len(files[piece.name])
    return files


def read(
    hand_in: HandIn, limits: IntakeLimits | None = None, *, reader: Reader | None = None
) -> Submission:
    """The hand-in as a Submission with the hand-in's id; see :func:`load`."""
    return read_files(load(hand_in, limits, reader=reader), id=hand_in.id, limits=limits)
