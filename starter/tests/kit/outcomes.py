"""How a check can end. Each exception carries its outcome and the reason (:mod:`kit.reasons`).

    Verdict
    +-- Failed         the values, shapes or types are wrong, or the student's code raised
    |   +-- OverLimit  the code exceeded a limit on files, threads or the size of an answer
    +-- Partial        right in part; carries the fraction earned
    +-- Missing        the part or the name is not defined
    +-- NotAttempted   the starter's own stub is still in place
    +-- Skipped        does not apply here; never worth points
    |   +-- Undecided  no check can tell: its points wait for a person
    +-- Crashed        the process with the student's code ended
    +-- TimedOut       the code took longer than the limit
    +-- OutOfMemory    the code needed more memory than the limit

Any other exception in a check is a fault of the check, never of the student.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from .reasons import Reason, text_of
from .text import Text

if TYPE_CHECKING:
    from .pictures import Picture

OUTCOMES = (
    "passed",
    "partial",
    "failed",
    "crashed",
    "timed_out",
    "out_of_memory",
    "over_limit",
    "missing",
    "not_attempted",
    "blocked",
    "skipped",
    "grader_error",
)


class Verdict(Exception):
    """A check ended in a known way other than passing."""

    outcome = "failed"
    picture: Picture | None = None  # of what a public check found

    def __init__(self, reason: Reason) -> None:
        super().__init__(text_of(reason).en)
        self.reason = reason

    @property
    def text(self) -> Text:
        """The reason as a person reads it."""
        return text_of(self.reason)


class Failed(Verdict):
    """A returned value is wrong, or the student's code raised."""


class OverLimit(Failed):
    """The student's code exceeded a limit other than time and memory; the reason says which."""

    outcome = "over_limit"


class Partial(Verdict):
    """Right in part."""

    outcome = "partial"

    def __init__(self, reason: Reason, fraction: Fraction) -> None:
        super().__init__(reason)
        if not 0 < fraction < 1:
            raise ValueError(f"a partial outcome earns between 0 and 1, got {fraction}")
        self.fraction = fraction


class Missing(Verdict):
    """A name of the contract is not defined."""

    outcome = "missing"


class NotAttempted(Verdict):
    """The starter's own stub was reached."""

    outcome = "not_attempted"


class Skipped(Verdict):
    """The check does not apply here."""

    outcome = "skipped"


class Undecided(Skipped):
    """No check can tell whether it is right: the points are pending, also of an optional part.

    `note` says to the staff what the check saw.
    """

    def __init__(self, reason: Reason, note: str = "") -> None:
        super().__init__(reason)
        self.note = note


class Crashed(Verdict):
    """The process that held the student's code ended before it answered."""

    outcome = "crashed"


class TimedOut(Verdict):
    """The student's code took longer than the limit."""

    outcome = "timed_out"


class OutOfMemory(Verdict):
    """The student's code asked for more memory than the limit."""

    outcome = "out_of_memory"
