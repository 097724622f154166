"""``docs/report.schema.json``: the JSON Schema of ``report.json`` and of ``grader grade --json``.

The records below say what a report holds, for whoever reads one; ``grader.feedback.report_json``
writes it, and a test holds the two together. ``python -m grader.authoring.report_schema`` writes
the file; with ``--check`` the exit status tells whether it is up to date.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from grader import ROOT
from grader.core.model import SCHEMA, Outcome, Status, Visibility

PATH: Final = ROOT / "docs" / "report.schema.json"

Decimals = Annotated[str, Field(pattern=r"^\d+\.\d\d$", description="points, two decimals")]
Exact = Annotated[
    str | None,
    Field(pattern=r"^\d+(/\d+)?$", description="the exact value, where decimals differ from it"),
]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
OutcomeName = Literal[tuple(map(str, Outcome))]  # type: ignore[valid-type]
StatusName = Literal[tuple(map(str, Status))]  # type: ignore[valid-type]
VisibilityName = Literal[tuple(map(str, Visibility))]  # type: ignore[valid-type]


class Record(BaseModel):
    """Closed: a report holds these keys and no others."""

    # Otherwise pydantic would take a text of digits for a number.
    model_config = ConfigDict(strict=True, extra="forbid")


class Sentence(Record):
    """One sentence in both languages."""

    zh: str
    en: str


class Hint(Record):
    """A place of the hand-in that a diagnosis names."""

    path: str
    cell: int
    first: int
    last: int
    text: str


class Diagnosis(Record):
    """A known mistake, or an edit of the solution, that gives the same numbers."""

    mistake: str
    hint: Sentence
    places: list[Hint]


class Overruled(Record):
    """What a person decided in place of a check or of the linter."""

    fraction: str
    why: str
    author: str
    at: str


class Advice(Record):
    """A check that is worth no points by design."""

    id: str
    part: str
    visibility: VisibilityName  # type: ignore[valid-type]
    outcome: OutcomeName  # type: ignore[valid-type]
    title: Sentence
    message: Sentence
    diagnosis: list[Diagnosis]
    clues: list[Sentence]
    seconds: float


class Check(Advice):
    """A check of the rubric."""

    row: str
    earned: Decimals
    possible: Decimals
    fraction: Exact = None
    possible_fraction: Exact = None
    overruled: Overruled | None


class Pointed(Record):
    """What has points, some of which may wait for a person."""

    earned: Decimals
    possible: Decimals
    pending: Decimals
    fraction: Exact = None
    possible_fraction: Exact = None
    pending_fraction: Exact = None


class Criterion(Pointed):
    """One thing that a person marks."""

    id: str
    title: Sentence
    level: Sentence | None
    comments: list[Sentence]


class LinterShare(Pointed):
    """The linter's share of a row."""

    id: str
    overruled: Overruled | None


class Row(Pointed):
    """A row of the rubric."""

    id: str
    title: Sentence
    note: Sentence | None
    criteria: list[Criterion]
    linter: LinterShare | None = None  # absent in reports of earlier versions


class Score(Pointed):
    """The whole score."""

    rows: list[Row]
    comments: list[Sentence]


class Submission(Record):
    """What was handed in, and which files hold which part."""

    id: str
    sha256: Sha256
    files: list[str]
    parts: dict[str, list[str]]


class Finding(Record):
    """A finding of the linter."""

    path: str
    line: int
    code: str
    text: str


class Tidiness(Record):
    """What the linter found on lines of the student's own."""

    lines: int
    count: int
    findings: list[Finding]


class Pdf(Record):
    """The PDF report, without its text."""

    path: str
    pages: int | None
    characters: int | None
    problem: Sentence | None


class Evidence(Record):
    """What helps a person to mark."""

    tidiness: Tidiness | None
    report: Pdf | None


class Environment(Record):
    """What graded."""

    python: str
    numpy: str
    torch: str | None
    device: str
    isolation: str


class Report(Record):
    """Everything about one graded hand-in; for staff alone."""

    schema_: Literal[SCHEMA] = Field(alias="schema")  # type: ignore[valid-type]
    submission: Submission
    status: StatusName  # type: ignore[valid-type]
    score: Score
    checks: list[Check]
    advice: list[Advice]
    evidence: Evidence | None
    notices: list[Sentence]
    environment: Environment
    secret_fingerprint: str
    rubric_sha256: Sha256
    grader_version: str
    seconds: float


def render() -> str:
    """The content of the file."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    # The field has an alias, because `schema` is a method of pydantic's models.
    schema |= Report.model_json_schema(by_alias=True)
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


def stale() -> bool:
    """Whether the file differs from what would be written."""
    return not PATH.exists() or PATH.read_text("utf-8") != render()


def main(arguments: list[str] | None = None) -> int:
    """Write the file, or say whether it is stale."""
    parser = argparse.ArgumentParser(prog="python -m grader.authoring.report_schema")
    parser.add_argument("--check", action="store_true", help="write nothing; 1 if it is stale")
    if parser.parse_args(arguments).check:
        if stale():
            print(
                f"{PATH.name} is stale: python -m grader.authoring.report_schema", file=sys.stderr
            )
        return int(stale())
    PATH.write_text(render(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
