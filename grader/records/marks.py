"""The points that one grading gave, with their reasons, as the store keeps them.

The JSON form carries a schema number. Schema 1 had none and wrote rows and checks as positional
lists; a store that holds such marks still opens, since a class is compared over years.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from grader.core.model import GradeReport, Outcome
from kit.text import Text

SCHEMA: Final = 2


@dataclass(frozen=True, slots=True)
class RowMarks:
    """What one row of the rubric earned, and what is still to be marked in it."""

    id: str
    earned: Fraction
    pending: Fraction


@dataclass(frozen=True, slots=True)
class CheckMarks:
    """How one check ended, and what it earned."""

    id: str
    outcome: Outcome
    earned: Fraction
    possible: Fraction


@dataclass(frozen=True, slots=True)
class Marks:
    """The points of one grading. `fault` says why there are none, where the grader failed."""

    earned: Fraction = Fraction(0)
    possible: Fraction = Fraction(0)
    pending: Fraction = Fraction(0)
    rows: tuple[RowMarks, ...] = ()
    checks: tuple[CheckMarks, ...] = ()
    runs: tuple[int, ...] = ()  # where the store keeps the results
    rubric_sha256: str = ""
    fault: Text | None = None
    pdf: bool | None = None  # whether a report was handed in; None: not known

    @classmethod
    def of(cls, report: GradeReport) -> Marks:
        """The marks of a graded submission."""
        score = report.score
        return cls(
            earned=score.earned,
            possible=score.possible,
            pending=score.pending,
            rows=tuple(RowMarks(row.id, row.earned, row.pending) for row in score.rows),
            checks=tuple(
                CheckMarks(c.result.id, c.result.outcome, c.earned, c.possible)
                for c in score.checks
            ),
            runs=report.runs,
            rubric_sha256=report.rubric_sha256,
            pdf=None if report.evidence is None else report.evidence.report is not None,
        )

    def to_json(self) -> dict[str, Any]:
        """Lossless; :meth:`from_json` reads it back."""
        return {
            "schema": SCHEMA,
            # As text, because a number of JSON is read as a float, and a third is none.
            "earned": str(self.earned),
            "possible": str(self.possible),
            "pending": str(self.pending),
            "rows": [
                {"id": row.id, "earned": str(row.earned), "pending": str(row.pending)}
                for row in self.rows
            ],
            "checks": [
                {
                    "id": check.id,
                    "outcome": str(check.outcome),
                    "earned": str(check.earned),
                    "possible": str(check.possible),
                }
                for check in self.checks
            ],
            "runs": list(self.runs),
            "rubric_sha256": self.rubric_sha256,
            "fault": None if self.fault is None else self.fault._asdict(),
            "pdf": self.pdf,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Marks:
        """The record of :meth:`to_json`, of this or an earlier schema; ValueError for another."""
        # Refused rather than guessed: a mark that is misread would be exported as it is.
        schema = data.get("schema", 1)
        if schema == 1:
            return _from_schema_1(data)
        if schema != SCHEMA:
            raise ValueError(f"marks of schema {schema!r}, expected {SCHEMA} or earlier")
        fault = data["fault"]
        return cls(
            earned=Fraction(data["earned"]),
            possible=Fraction(data["possible"]),
            pending=Fraction(data["pending"]),
            rows=tuple(
                RowMarks(row["id"], Fraction(row["earned"]), Fraction(row["pending"]))
                for row in data["rows"]
            ),
            checks=tuple(
                CheckMarks(
                    check["id"],
                    Outcome(check["outcome"]),
                    Fraction(check["earned"]),
                    Fraction(check["possible"]),
                )
                for check in data["checks"]
            ),
            runs=tuple(data["runs"]),
            rubric_sha256=data["rubric_sha256"],
            fault=None if fault is None else Text(**fault),
            pdf=data.get("pdf"),  # stores of before do not know it
        )


def _from_schema_1(data: dict[str, Any]) -> Marks:
    """Rows as [id, earned, pending], checks as [id, outcome, earned, possible].

    The rubric's hash is missing where the grader failed, and the fault everywhere else.
    """
    return Marks(
        earned=Fraction(data["earned"]),
        possible=Fraction(data["possible"]),
        pending=Fraction(data["pending"]),
        rows=tuple(
            RowMarks(id, Fraction(earned), Fraction(pending))
            for id, earned, pending in data["rows"]
        ),
        checks=tuple(
            CheckMarks(id, Outcome(outcome), Fraction(earned), Fraction(possible))
            for id, outcome, earned, possible in data["checks"]
        ),
        runs=tuple(data["runs"]),
        rubric_sha256=data.get("rubric_sha256", ""),
        fault=Text(*data["fault"]) if "fault" in data else None,
    )
