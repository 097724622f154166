"""From an untrusted zip, folder or file to a bounded, decoded, hashed Submission, in two steps.

:func:`gather` and :func:`gather_files` collect names and bytes; that can be done anywhere. What
reads the bytes is :func:`look_into`: unpacking, decoding, notebooks, syntax trees. For a student's
hand-in it runs in a confined process (:mod:`grader.isolation.reading`); :func:`read` and
:func:`read_files` do both steps in this process, for files that are trusted.

Nothing here raises for what a student handed in: whatever cannot be opened becomes a Submission
whose `refusal` says why, and what is unusual becomes a notice that costs no points. Nothing is
extracted to disk and nothing is run. Must not import the judge or a runner.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from grader.core.model import Submission

from .gathering import HandedIn, gather, gather_files, is_read, most_bytes
from .limits import IntakeLimits
from .looking import look_into

__all__ = [
    "HandedIn",
    "IntakeLimits",
    "gather",
    "gather_files",
    "is_read",
    "look_into",
    "most_bytes",
    "read",
    "read_files",
]


def read(
    path: Path, *, report: Path | None = None, limits: IntakeLimits | None = None
) -> Submission:
    """The hand-in at `path`; see :func:`gather`. In this process: not for a student's bytes."""
    return look_into(gather(path, report=report, limits=limits))


def read_files(
    files: Mapping[str, bytes], *, id: str, limits: IntakeLimits | None = None
) -> Submission:
    """The hand-in of these files; see :func:`gather_files`. Not for a student's bytes."""
    return look_into(gather_files(files, id=id, limits=limits))
