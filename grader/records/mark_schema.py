"""The tables of the marks that people give, as steps from any earlier version of the file.

No step drops an event. The tables refuse every change and removal of a row, whoever tries.
"""

from __future__ import annotations

from typing import Final

APPLICATION_ID: Final = 0x524E4D4B
"""Marks the file as one of marks by people."""


def _append_only(table: str) -> tuple[str, ...]:
    return tuple(
        f"""
        CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table}
        BEGIN SELECT RAISE(ABORT, 'events are added, never changed'); END
        """
        for act in ("UPDATE", "DELETE")
    )


MIGRATIONS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    (
        "0001_events",
        (
            """
            CREATE TABLE mark (
                seq INTEGER PRIMARY KEY,
                uid TEXT NOT NULL UNIQUE,
                hand_in TEXT NOT NULL,
                criterion TEXT NOT NULL,
                version INTEGER NOT NULL,
                event TEXT NOT NULL,
                UNIQUE (hand_in, criterion, version)
            ) STRICT
            """,
            # Triggers bind other programs as well, and a person with the sqlite3 shell.
            *_append_only("mark"),
            """
            CREATE TABLE override (
                seq INTEGER PRIMARY KEY,
                uid TEXT NOT NULL UNIQUE,
                hand_in TEXT NOT NULL,
                check_id TEXT NOT NULL,
                version INTEGER NOT NULL,
                fraction TEXT,
                author TEXT NOT NULL,
                at TEXT NOT NULL,
                why TEXT NOT NULL CHECK (why <> ''),
                UNIQUE (hand_in, check_id, version)
            ) STRICT
            """,
            *_append_only("override"),
            """
            CREATE TABLE comment (
                seq INTEGER PRIMARY KEY,
                uid TEXT NOT NULL UNIQUE,
                id TEXT NOT NULL,
                version INTEGER NOT NULL,
                zh TEXT NOT NULL,
                en TEXT NOT NULL,
                points TEXT NOT NULL,
                owner TEXT NOT NULL,
                author TEXT NOT NULL,
                at TEXT NOT NULL,
                why TEXT NOT NULL,
                UNIQUE (id, version)
            ) STRICT
            """,
            *_append_only("comment"),
            """
            CREATE TABLE conflict (
                seq INTEGER PRIMARY KEY,
                uid TEXT NOT NULL UNIQUE,
                hand_in TEXT NOT NULL,
                criterion TEXT NOT NULL,
                version INTEGER NOT NULL,
                theirs TEXT NOT NULL,
                source TEXT NOT NULL,
                at TEXT NOT NULL
            ) STRICT
            """,
            *_append_only("conflict"),
            """
            CREATE TABLE publication (
                seq INTEGER PRIMARY KEY,
                uid TEXT NOT NULL UNIQUE,
                at TEXT NOT NULL,
                author TEXT NOT NULL,
                finals TEXT NOT NULL,
                why TEXT NOT NULL
            ) STRICT
            """,
            *_append_only("publication"),
            """
            CREATE TABLE assignment (
                seq INTEGER PRIMARY KEY,
                hand_in TEXT NOT NULL,
                marker TEXT NOT NULL,
                at TEXT NOT NULL
            ) STRICT
            """,
            *_append_only("assignment"),
        ),
    ),
    (
        "0002_questions",
        (
            """
            CREATE TABLE question (
                seq INTEGER PRIMARY KEY,
                uid TEXT NOT NULL UNIQUE,
                hand_in TEXT NOT NULL,
                criterion TEXT NOT NULL,
                answers TEXT NOT NULL,
                text TEXT NOT NULL CHECK (text <> ''),
                author TEXT NOT NULL,
                at TEXT NOT NULL
            ) STRICT
            """,
            *_append_only("question"),
        ),
    ),
    (
        "0003_files_of_overrides",
        # Earlier decisions do not say which files they were about.
        ("ALTER TABLE override ADD COLUMN submission_sha256 TEXT NOT NULL DEFAULT ''",),
    ),
)
"""In order, and never edited once released: append a new one, which must keep every event."""
