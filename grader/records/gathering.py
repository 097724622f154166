"""Take gradings from another store into this one: outcomes by their keys, so none is doubled."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from grader.core.model import Status

from . import carrying
from .marks import Marks
from .store import GradingInfo, Store


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of the gradings that were to be taken."""

    added: tuple[str, ...]
    known: tuple[str, ...]  # graded in this store with the same mark
    differing: tuple[str, ...]  # graded in this store with another mark, which stays
    absent: tuple[str, ...]  # not graded in the other store, or by a fault of the grader


def take(store: Store, other: Store, hand_ins: Iterable[str]) -> Taken:
    """Copy the last grading of each hand-in, with its outcomes and its report."""
    here, there = store.latest(), other.latest()
    added, known, differing, absent = list[str](), list[str](), list[str](), list[str]()
    for hand_in in hand_ins:
        graded, own = there.get(hand_in), here.get(hand_in)
        if graded is None or graded.status is Status.GRADER_ERROR:
            absent.append(hand_in)
        # A fault of the grader is no mark, so the other store's replaces it.
        elif own is not None and own.status is not Status.GRADER_ERROR:
            (known if _same(own, graded) else differing).append(hand_in)
        elif (runs := _take_runs(store, other, graded)) is None:
            absent.append(hand_in)
        else:
            _add(store, graded, runs, other.report(hand_in))
            added.append(hand_in)
    _take_evidence(store, other)
    return Taken(tuple(added), tuple(known), tuple(differing), tuple(absent))


def _same(one: GradingInfo, other: GradingInfo) -> bool:
    """Whether two gradings gave the same mark for the same files; runs have other numbers."""
    marks = [replace(info.marks, runs=()) for info in (one, other)]
    return marks[0] == marks[1] and one.submission_sha256 == other.submission_sha256


def _take_runs(store: Store, other: Store, graded: GradingInfo) -> dict[int, int] | None:
    """The number in this store of each run of a grading; None where one was not finished."""
    found: dict[int, int] = {}
    for run in graded.marks.runs:
        try:
            carried = carrying.read(other, run)
        except KeyError:
            return None
        if carried.finished_at is None:
            return None
        # Equal keys, equal outcomes: two students with the same files share a run.
        known = store.finished_run(carried.key)
        found[run] = carrying.add(store, carried) if known is None else known
    return found


def _add(
    store: Store, graded: GradingInfo, runs: dict[int, int], report: dict[str, Any] | None
) -> None:
    marks: Marks = replace(graded.marks, runs=tuple(runs[run] for run in graded.marks.runs))
    if report is not None:
        # Runs have other numbers here.
        report = report | {"runs": [runs[run] for run in report["runs"]]}
    store.add_grading(
        graded.hand_in, graded.key, graded.submission_sha256, graded.status, marks, report
    )


def _take_evidence(store: Store, other: Store) -> None:
    with other._machine_errors():
        rows = other._db.execute("SELECT key, content FROM evidence").fetchall()
    for key, content in rows:
        if store.evidence(key) is None:
            store.keep_evidence(key, json.loads(content))
