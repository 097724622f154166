"""The tables of the store, as the steps by which a file of any earlier version gets them."""

from __future__ import annotations

from typing import Final

MIGRATIONS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    (
        "0002_part_runs",
        (
            # An earlier version kept gradings of whole submissions under other keys.
            "DROP TABLE IF EXISTS outcome",
            "DROP TABLE IF EXISTS grading",
            """
            CREATE TABLE part_run (
                id INTEGER PRIMARY KEY,
                key TEXT NOT NULL,
                key_parts TEXT NOT NULL,
                part TEXT NOT NULL,
                submission_sha256 TEXT NOT NULL,
                state TEXT NOT NULL CHECK (state IN ('running', 'finished')),
                created_at TEXT NOT NULL,
                finished_at TEXT
            ) STRICT
            """,
            "CREATE INDEX part_run_key ON part_run (key)",
            """
            CREATE TABLE outcome (
                run INTEGER NOT NULL REFERENCES part_run (id),
                check_id TEXT NOT NULL,
                result TEXT NOT NULL,
                notices TEXT NOT NULL,
                committed_at TEXT NOT NULL,
                PRIMARY KEY (run, check_id)
            ) STRICT
            """,
            """
            CREATE TABLE evidence (
                key TEXT PRIMARY KEY,
                content TEXT NOT NULL,
                committed_at TEXT NOT NULL
            ) STRICT
            """,
            """
            CREATE TABLE grading (
                id INTEGER PRIMARY KEY,
                hand_in TEXT NOT NULL,
                key TEXT NOT NULL,
                submission_sha256 TEXT NOT NULL,
                status TEXT NOT NULL,
                marks TEXT NOT NULL,
                created_at TEXT NOT NULL
            ) STRICT
            """,
            "CREATE INDEX grading_hand_in ON grading (hand_in)",
            """
            CREATE TABLE class_list (
                id INTEGER PRIMARY KEY,
                listing TEXT NOT NULL,
                listed_at TEXT NOT NULL
            ) STRICT
            """,
        ),
    ),
    # The tables stay, but marks are records with a schema from here on: an earlier grader, which
    # would misread them, refuses the file.
    ("0003_marks_schema_2", ()),
    (
        "0004_reports",
        (
            """
            CREATE TABLE report (
                hand_in TEXT PRIMARY KEY,
                content TEXT NOT NULL,
                kept_at TEXT NOT NULL
            ) STRICT
            """,
        ),
    ),
    (
        "0005_handed_in",
        (
            """
            CREATE TABLE handed_in (
                content TEXT PRIMARY KEY,
                submission_sha256 TEXT NOT NULL,
                evidence TEXT NOT NULL
            ) STRICT
            """,
            "CREATE INDEX part_run_submission ON part_run (submission_sha256)",
        ),
    ),
)
"""In order, and never edited once released: append a new one."""

BEFORE: Final = frozenset({"0001_gradings"})
"""Migrations of earlier versions whose tables a later one has replaced."""
