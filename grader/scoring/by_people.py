"""What people gave one hand-in, as the score needs it: no history, no authors, no versions.

:mod:`grader.records.present_marks` derives it from the events that people made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from grader.core.model import Overruling
from kit.text import Text


@dataclass(frozen=True, slots=True)
class PersonMark:
    """What a person said about one criterion. Without `points` it is still to be marked."""

    points: Fraction | None
    level: int | None = None  # which of the criterion's levels was chosen, counted from 0
    comments: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class ByPeople:
    """Everything that people gave one hand-in."""

    marks: Mapping[str, PersonMark] = field(default_factory=dict)  # by criterion
    overrulings: Mapping[str, Overruling] = field(default_factory=dict)  # by what they replace
    comments: tuple[Text, ...] = ()  # on the hand-in as a whole

    @classmethod
    def points(cls, points: Mapping[str, Fraction]) -> ByPeople:
        """Points alone, by criterion."""
        return cls({id: PersonMark(value) for id, value in points.items()})


NOBODY = ByPeople()
"""No person has looked at the hand-in yet."""
