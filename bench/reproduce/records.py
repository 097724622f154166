"""The typed records: a row of the table, what it reports, and what a run of it measured."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Setting = Mapping[str, Any]
Points = list[tuple[float, float]]


@dataclass(frozen=True)
class Reported:
    """A number of the course's documents, and how close a run must come to have reproduced it."""

    figure: str
    value: float
    within: float


@dataclass(frozen=True)
class Picture:
    """How the series of a run are drawn: a line for each series."""

    x: str
    y: str
    log: bool = False


@dataclass(frozen=True)
class Measured:
    """What a run has measured so far; `done` on the last of them."""

    figures: Mapping[str, float]
    series: Mapping[str, Points] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    done: bool = True
    resumed: bool = False
    """Whether an earlier process did a part of the run: the times are those of the last one."""


Run = Callable[[Setting, int, Path], Iterator[Measured]]
"""Setting, seed, a folder for files -> what is measured, again and again, until it is done."""


@dataclass(frozen=True)
class Row:
    """A row: the documents' figures, and the run that should give them."""

    name: str
    title: str
    run: Run
    setting: Setting
    quick: Setting
    """What of the setting a share of a second or two changes: for tests."""
    minutes: float
    """About how long it takes on one quiet core: for the time that is left."""
    reported: tuple[Reported, ...] = ()
    reports: str = ""
    """What the documents report, in words, where it is no number."""
    comparable: bool = True
    """Whether the setting is that of the documents; if not, no figure is called reproduced."""
    picture: Picture | None = None
    explanation: str = ""
    """Why the figures differ, or what the row shows."""

    def at(self, setting: Setting) -> Row:
        """The same row at another setting."""
        return dataclasses.replace(self, setting=setting)


@dataclass(frozen=True)
class Outcome:
    """A line of the file of results: one run of a row with one seed."""

    row: str
    seed: int
    setting: Setting
    measured: Measured
    wall_s: float
    cpu_s: float
    load: float
    """The machine's load average at the end: other work slows a run down."""
    versions: str

    def is_of(self, row: Row, seed: int) -> bool:
        """Whether it is a finished run of this row at its present setting."""
        return (
            self.measured.done
            and (self.row, self.seed) == (row.name, seed)
            and dict(self.setting) == dict(row.setting)
        )


def write(path: Path, outcome: Outcome) -> None:
    """Add a line, so that a run that is killed keeps what it had."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(dataclasses.asdict(outcome), ensure_ascii=False) + "\n")


def read(path: Path) -> dict[tuple[str, int], Outcome]:
    """The newest outcome of each row and seed; a last line that was cut short is left out."""
    found: dict[tuple[str, int], Outcome] = {}
    if not path.exists():
        return found
    lines = path.read_text("utf-8").split("\n")
    for line in lines[:-1]:  # each written line ends with a line feed
        data = json.loads(line)
        measured = data.pop("measured")
        measured["series"] = {
            name: [(x, y) for x, y in points] for name, points in measured["series"].items()
        }
        outcome = Outcome(**data, measured=Measured(**measured))
        found[outcome.row, outcome.seed] = outcome
    return found


def compact(path: Path) -> None:
    """Keep the newest line of each row and seed only."""
    outcomes = read(path)
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    for outcome in outcomes.values():
        write(fresh, outcome)
    fresh.replace(path)


def verdict(row: Row, reported: Reported, got: float, *, done: bool = True) -> str:
    """What a measured figure says about the reported one."""
    if not row.comparable:
        return "another setting"
    if not done and "epoch " not in reported.figure:  # what an epoch gave, the next do not change
        return "stopped early"
    if abs(got - reported.value) <= reported.within:
        return "reproduced"
    return "lower than reported" if got < reported.value else "**not reproduced: higher**"
