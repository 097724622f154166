"""The bound of a field of a message."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class AtMost:
    """In the type of a field, as ``Annotated[str, AtMost(100)]``: it is refused if it is longer.

    For what has a bound that no honest worker exceeds; other texts and lists are cut.
    """

    count: int
