"""How the checks of ``pytest starter/`` ended, in plain values, and what they are worth here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from typing import Any

from .plugin import Ended
from .reasons import Introduced, Reason, Stub, Unimportable
from .text import Text


@dataclass(frozen=True)
class Blank:
    """A blank of the starter that a check reached."""

    file: str
    line: int
    name: str
    words: Text


@dataclass(frozen=True)
class Lost:
    """A file that could not be imported, and its line; 0 where that is not known."""

    file: str
    line: int


@dataclass(frozen=True)
class Row:
    """How one check ended, in plain values: it may come from another process (``-n 2``)."""

    id: str
    part: str
    title: Text
    advice: bool
    outcome: str
    why: Text
    fraction: float
    trouble: str
    printed: str
    blank: Blank | None
    lost: Lost | None = None

    @classmethod
    def of(cls, ended: Ended) -> Row:
        """The row of a check."""
        why = ended.text
        if ended.words:
            why = Text(f"{why.zh}：{ended.words}", f"{why.en}: {ended.words}")
        return cls(
            id=ended.id,
            part=ended.part,
            title=ended.title,
            advice=ended.advice,
            outcome=ended.outcome,
            why=why,
            fraction=float(ended.fraction),
            trouble=ended.trouble,
            printed=ended.printed,
            blank=_blank(ended.reason),
            lost=_lost(ended.reason),
        )

    def to_plain(self) -> dict[str, Any]:
        """Values that a report of pytest carries from process to process."""
        # By way of JSON, which knows no class of ours: only plain values cross processes.
        values: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return values

    @classmethod
    def from_plain(cls, values: Mapping[str, Any]) -> Row:
        """The row of :meth:`to_plain`."""
        blank = values["blank"]
        texts = {name: Text(*values[name]) for name in ("title", "why")}
        if blank is not None:
            blank = Blank(**{**blank, "words": Text(*blank["words"])})
        lost = None if values["lost"] is None else Lost(**values["lost"])
        return cls(**{**values, **texts, "blank": blank, "lost": lost})


@dataclass(frozen=True)
class Points:
    """``points.json``: what public checks are worth, what hidden ones decide, what is optional."""

    checks: dict[str, Fraction]
    hidden: dict[str, Fraction]
    optional: dict[str, Fraction]
    left_out: frozenset[str] = frozenset()
    """Checks that this course does not use."""
    contracts: Mapping[str, str] = field(default_factory=dict)
    """Part -> the contract by which it is judged, if that is not its first."""
    blanks: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Part -> function with a blank -> how many statements it starts with."""

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Points:
        """The points as numbers: exact, since a third of a point can occur."""
        checks, hidden, optional = (
            {id: Fraction(points) for id, points in data[name].items()}
            for name in ("checks", "hidden", "optional")
        )
        left_out = frozenset(data.get("left_out", ()))
        contracts, blanks = data.get("contracts", {}), data.get("blanks", {})
        return cls(checks, hidden, optional, left_out, contracts, blanks)

    @property
    def parts(self) -> list[str]:
        """The parts with points, in the order of the handout."""
        return list(dict.fromkeys(id.split(".")[0] for id in self.checks))


def _lost(reason: Reason) -> Lost | None:
    return Lost(reason.file, reason.line) if isinstance(reason, Unimportable) else None


def _blank(reason: Reason) -> Blank | None:
    if isinstance(reason, Introduced):
        return _blank(reason.reason)
    if not isinstance(reason, Stub) or reason.line is None:
        return None
    return Blank(reason.line.file, reason.line.number, reason.name, reason.words)
