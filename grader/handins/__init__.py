"""A class's hand-ins as learning platforms export them: who handed in what, and when.

``discover`` recognises a folder or archive, ``read_roster`` says who should be there, ``read``
turns one hand-in into a Submission. Nothing is unpacked to disk and nothing is run.
"""

from __future__ import annotations

from .contents import ContentsReader
from .discovery import LAYOUT_IDS, discover, require_some
from .latest import Due
from .reading import load, read
from .records import ClassFolder, HandIn, Person, Piece
from .roster import Roster, read_roster
from .tree import Bounds, Reader

__all__ = [
    "LAYOUT_IDS",
    "Bounds",
    "ClassFolder",
    "ContentsReader",
    "Due",
    "HandIn",
    "Person",
    "Piece",
    "Reader",
    "Roster",
    "discover",
    "load",
    "read",
    "read_roster",
    "require_some",
]
