"""A grading's marks are read back as they were, from the stores of earlier versions as well."""

from __future__ import annotations

import sqlite3
from fractions import Fraction
from pathlib import Path

import pytest

from grader.core.model import Outcome, Status
from grader.records import gradebook_builder
from grader.records.history import last_moves
from grader.records.marks import SCHEMA, CheckMarks, Marks, RowMarks
from grader.records.store import Store
from kit.text import Text

FULL = Marks(
    earned=Fraction(1, 3),
    possible=Fraction(3),
    pending=Fraction(1),
    rows=(RowMarks("code", Fraction(1, 3), Fraction(1)),),
    checks=(CheckMarks("poems.a", Outcome.PARTIAL, Fraction(1, 3), Fraction(2)),),
    runs=(4, 5),
    rubric_sha256="ab",
)
OLD = Path(__file__).with_name("store_of_schema_1.sql")
"""Two gradings of alice and a fault of the grader, written before marks had a schema number."""


@pytest.mark.parametrize("marks", [FULL, Marks(fault=Text("坏", "bad"))], ids=["full", "fault"])
def test_marks_are_read_back_as_they_were(marks: Marks) -> None:
    data = marks.to_json()

    assert data["schema"] == SCHEMA
    assert Marks.from_json(data) == marks


def test_the_positional_lists_of_the_first_schema_still_open() -> None:
    old = {
        "earned": "1/3",
        "possible": "3",
        "pending": "1",
        "rows": [["code", "1/3", "1"]],
        "checks": [["poems.a", "partial", "1/3", "2"]],
        "runs": [4, 5],
        "rubric_sha256": "ab",
    }

    assert Marks.from_json(old) == FULL


def test_a_schema_of_the_future_is_not_guessed_at() -> None:
    with pytest.raises(ValueError, match="schema 3"):
        Marks.from_json(FULL.to_json() | {"schema": 3})


@pytest.fixture
def old_results(tmp_path: Path) -> Path:
    """A folder of results whose store an earlier version wrote."""
    with sqlite3.connect(tmp_path / gradebook_builder.DATABASE) as db:
        db.executescript(OLD.read_text("utf-8"))
    db.close()
    return tmp_path


def test_the_gradebook_of_an_earlier_store_is_built(old_results: Path) -> None:
    gradebook = gradebook_builder.load(old_results)

    assert [(m.person.name, m.raw, m.pending) for m in gradebook.marks] == [
        ("爱", Fraction(1), Fraction(1)),
        ("博", None, Fraction(0)),
        ("缺", None, Fraction(0)),
    ]
    alice, bob, _ = gradebook.marks
    assert [(row.id, row.earned, row.pending) for row in alice.rows] == [
        ("code", Fraction(1), Fraction(0)),
        ("report", Fraction(0), Fraction(1)),
    ]
    assert [(c.result.outcome, c.earned, c.possible) for c in alice.checks] == [
        (Outcome.PASSED, Fraction(2, 3), Fraction(2, 3)),
        (Outcome.PARTIAL, Fraction(1, 3), Fraction(4, 3)),
    ]
    assert bob.notices == (Text("坏", "broken"),)


def test_the_moves_of_an_earlier_store_are_found(old_results: Path) -> None:
    with Store(old_results / gradebook_builder.DATABASE) as store:
        (moved,) = last_moves(store.gradings())

    assert (moved.earned_before, moved.earned_after) == (Fraction(4, 3), Fraction(1))
    assert [(c.outcome_before, c.outcome_after) for c in moved.checks] == [
        (Outcome.FAILED, Outcome.PASSED),
        (Outcome.PASSED, Outcome.PARTIAL),
    ]


def test_the_same_marks_in_a_new_schema_are_no_new_grading(old_results: Path) -> None:
    with Store(old_results / gradebook_builder.DATABASE) as store:
        last = store.latest()["alice"]
        store.add_grading("alice", last.key, last.submission_sha256, Status.GRADED, last.marks)

        assert len(store.gradings("alice")) == 2


def test_a_newer_mark_stands_beside_earlier_ones(old_results: Path) -> None:
    with Store(old_results / gradebook_builder.DATABASE) as store:
        store.add_grading("alice", "k3", "s2", Status.GRADED, FULL)

        assert [info.marks.earned for info in store.gradings("alice")] == [
            Fraction(4, 3),
            Fraction(1),
            Fraction(1, 3),
        ]
