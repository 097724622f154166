"""The records that flow through the grader, frozen, and their JSON form.

``to_json`` of a record is the only way it becomes a dict.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from fractions import Fraction
from typing import Any

from kit.homes import PassedOver
from kit.locate import Unparsed
from kit.pictures import Picture
from kit.readings import Reading
from kit.text import Text

from .materials import Material
from .picture_json import picture_from_json, picture_to_json
from .report_evidence import ReportReading, Symptom

SCHEMA = 1
"""Version of the JSON forms below."""


class Outcome(StrEnum):
    """How a check ended."""

    PASSED = "passed"
    PARTIAL = "partial"
    FAILED = "failed"
    CRASHED = "crashed"
    TIMED_OUT = "timed_out"
    OUT_OF_MEMORY = "out_of_memory"
    OVER_LIMIT = "over_limit"
    MISSING = "missing"
    NOT_ATTEMPTED = "not_attempted"
    BLOCKED = "blocked"
    SKIPPED = "skipped"
    GRADER_ERROR = "grader_error"


class Visibility(StrEnum):
    """Who can run a check: students too, or the grader alone."""

    PUBLIC = "public"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class Source:
    """One Python file or notebook of a submission, decoded.

    `cells` are the pieces that are executed one by one: a file has one, a notebook one for each
    code cell.
    """

    path: str  # inside the submission, "/" between folders
    cells: tuple[str, ...]
    encoding: str  # by which it was decoded


@dataclass(frozen=True, slots=True)
class Pdf:
    """The report as it was handed in; opened only inside the sandbox."""

    path: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Submission:
    """A hand-in after intake: bounded, decoded, hashed, its parts located.

    `refusal` says why nothing could be opened; then there are no sources.
    """

    id: str  # safe as a folder name; from the archive's or folder's name
    sha256: str  # of the content: paths and bytes, not the archive's packing
    sources: tuple[Source, ...] = ()
    others: tuple[str, ...] = ()  # paths of the files that are neither code nor the report
    parts: dict[str, tuple[str, ...]] = field(default_factory=dict)  # part -> paths, first counts
    pdf: Pdf | None = None
    notices: tuple[Text, ...] = ()  # what intake repaired, chose or left out; costs nothing
    refusal: Text | None = None
    readings: dict[str, tuple[Reading, ...]] = field(default_factory=dict)
    """Part -> how it is loaded, in the order in which that is tried, if not by the rule alone."""
    passed_over: dict[str, tuple[PassedOver, ...]] = field(default_factory=dict)
    """Part -> definitions in its files that give way to another of them."""
    unparsed: tuple[Unparsed, ...] = ()
    materials: tuple[Material, ...] = ()  # not in `sha256`

    def reading(self, part: str) -> Reading:
        """How the part is loaded."""
        return next(iter(self.readings.get(part, ())), Reading())

    def again(self, part: str) -> Submission | None:
        """This submission with the part's next reading; None if there is no other."""
        others = self.readings.get(part, ())[1:]
        return replace(self, readings={**self.readings, part: others}) if others else None


@dataclass(frozen=True, slots=True)
class Place:
    """Lines of the student's own source. `cell` is 0, or the number of a notebook's cell."""

    path: str
    first: int
    last: int
    text: str  # those lines; of a whole function only the first
    cell: int = 0

    def to_json(self) -> dict[str, Any]:
        """Lossless; the fields are plain."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A known mistake, or two, that gives the student's own numbers."""

    mistake: str  # its id in the catalogue; two are joined by " + "
    hint: Text
    places: tuple[Place, ...] = ()  # what it points at in the student's source

    def to_json(self) -> dict[str, Any]:
        """Lossless; :meth:`from_json` reads it back."""
        return {
            "mistake": self.mistake,
            "hint": self.hint._asdict(),
            "places": [place.to_json() for place in self.places],
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Diagnosis:
        """The record of :meth:`to_json`."""
        places = tuple(Place(**place) for place in data.get("places", ()))
        return cls(data["mistake"], Text(**data["hint"]), places)


@dataclass(frozen=True, slots=True)
class CheckResult:
    """How one check ended for one submission. Points are not here: they are the rubric's."""

    id: str
    part: str
    visibility: Visibility
    title: Text
    outcome: Outcome
    message: Text = Text("", "")
    fraction: Fraction = Fraction(0)  # of the check's points: 1 passed, 0 not, between: partial
    diagnosis: tuple[Diagnosis, ...] = ()
    seconds: float = 0.0
    advice: bool = False  # worth no points by design; shown as advice
    staff_note: str = ""  # for staff only: a judge-side traceback, hidden figures
    clues: tuple[Text, ...] = ()  # what holds and what does not, where no known mistake fits
    blank: str = ""  # of the starter, that was reached: file:line; checks are grouped by it
    undecided: bool = False  # skipped, since no check can tell: its points wait for a person
    picture: Picture | None = None  # of what a public check found

    def to_json(self) -> dict[str, Any]:
        """Lossless; :meth:`from_json` reads it back."""
        return {
            "schema": SCHEMA,
            "id": self.id,
            "part": self.part,
            "visibility": str(self.visibility),
            "title": self.title._asdict(),
            "outcome": str(self.outcome),
            "message": self.message._asdict(),
            # As text: a float would not come back as the same fraction.
            "fraction": str(self.fraction),
            "diagnosis": [d.to_json() for d in self.diagnosis],
            "seconds": self.seconds,
            "advice": self.advice,
            "staff_note": self.staff_note,
            "clues": [clue._asdict() for clue in self.clues],
            "blank": self.blank,
            "undecided": self.undecided,
            "picture": picture_to_json(self.picture),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> CheckResult:
        """The record of :meth:`to_json`; another schema version raises ValueError."""
        if data.get("schema") != SCHEMA:
            raise ValueError(f"check result of schema {data.get('schema')!r}, expected {SCHEMA}")
        return cls(
            id=data["id"],
            part=data["part"],
            visibility=Visibility(data["visibility"]),
            title=Text(**data["title"]),
            outcome=Outcome(data["outcome"]),
            message=Text(**data["message"]),
            fraction=Fraction(data["fraction"]),
            diagnosis=tuple(Diagnosis.from_json(d) for d in data["diagnosis"]),
            seconds=data["seconds"],
            advice=data["advice"],
            staff_note=data["staff_note"],
            clues=tuple(Text(**clue) for clue in data.get("clues", ())),
            # Absent in results that earlier versions stored.
            blank=data.get("blank", ""),
            undecided=data.get("undecided", False),
            picture=picture_from_json(data.get("picture")),
        )


@dataclass(frozen=True, slots=True)
class Environment:
    """Where a mark was made. `isolation` names the confinement tier."""

    python: str
    numpy: str
    torch: str
    device: str
    isolation: str


@dataclass(frozen=True, slots=True)
class LintFinding:
    """One finding of the linter on a line of the student's own."""

    path: str
    line: int
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Tidiness:
    """What the linter found: `count` findings on `lines` lines of the student's own."""

    lines: int
    count: int
    findings: tuple[LintFinding, ...]  # the first of them


@dataclass(frozen=True, slots=True)
class ReportEvidence:
    """What is known about the PDF report; `reading` is None where its text was not read."""

    path: str
    pages: int = 0
    characters: int = 0  # of text, without white space
    problem: Text | None = None
    reading: ReportReading | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What helps a person to mark by hand. `report` is None where no PDF was handed in."""

    tidiness: Tidiness | None  # None: the linter gave no result
    report: ReportEvidence | None
    symptoms: tuple[Symptom, ...] = ()  # in logs beside which no report could be read

    def to_json(self) -> dict[str, Any]:
        """Lossless; :meth:`from_json` reads it back."""
        return asdict(self) | {"schema": SCHEMA}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Evidence:
        """The record of :meth:`to_json`; another schema version raises ValueError."""
        if data.get("schema") != SCHEMA:
            raise ValueError(f"evidence of schema {data.get('schema')!r}, expected {SCHEMA}")
        tidiness, report = data["tidiness"], data["report"]
        if tidiness is not None:
            findings = tuple(LintFinding(**finding) for finding in tidiness["findings"])
            tidiness = Tidiness(tidiness["lines"], tidiness["count"], findings)
        if report is not None:
            problem, reading = report["problem"], report.get("reading")
            report = ReportEvidence(
                **report
                | {
                    "problem": problem and Text(*problem),
                    "reading": reading and ReportReading.from_json(reading),
                }
            )
        # Absent in evidence that earlier versions kept.
        found = tuple(Symptom(**symptom) for symptom in data.get("symptoms", ()))
        return cls(tidiness, report, found)


@dataclass(frozen=True, slots=True)
class Overruling:
    """A person's decision in place of a check's outcome or of the linter's."""

    fraction: Fraction  # of the points of what it replaces
    why: str
    author: str
    at: str  # ISO 8601, UTC


@dataclass(frozen=True, slots=True)
class CheckScore:
    """A check's result with the points that the rubric gives it, or a person in its place."""

    result: CheckResult
    row: str
    earned: Fraction
    possible: Fraction
    overruled: Overruling | None = None


@dataclass(frozen=True, slots=True)
class CriterionScore:
    """What a person gave for one criterion; `earned` is None where nobody has marked it."""

    id: str
    title: Text
    possible: Fraction
    earned: Fraction | None = None
    level: Text | None = None  # the description of the level that was chosen
    comments: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class LinterScore:
    """The linter's share of a row; `by_machine` is None where the linter gave no result."""

    id: str
    possible: Fraction
    by_machine: Fraction | None
    overruled: Overruling | None = None

    @property
    def earned(self) -> Fraction | None:
        """What counts; None while nobody has decided in place of a linter without a result."""
        if self.overruled is None:
            return self.by_machine
        return self.possible * self.overruled.fraction


@dataclass(frozen=True, slots=True)
class RowScore:
    """One row of the rubric: earned of possible, and what is still to be marked."""

    id: str
    title: Text
    earned: Fraction
    possible: Fraction
    pending: Fraction
    note: Text | None = None  # how the points came about, where no check explains it
    optional: bool = False  # what passes earns; what does not is no loss
    criteria: tuple[CriterionScore, ...] = ()  # what a person marks in it
    linter: LinterScore | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """What the rubric makes of the outcomes. Exact until it is printed."""

    earned: Fraction
    possible: Fraction
    pending: Fraction
    rows: tuple[RowScore, ...]
    checks: tuple[CheckScore, ...]
    comments: tuple[Text, ...] = ()  # a person's, on the hand-in as a whole


class Status(StrEnum):
    """Whether there is a mark to give."""

    GRADED = "graded"
    NOT_GRADABLE = "not_gradable"
    GRADER_ERROR = "grader_error"
    MISSING = "missing"  # of a student on the roster who handed in nothing: never of a report


@dataclass(frozen=True, slots=True)
class GradeReport:
    """Everything known about one graded submission."""

    submission: Submission
    status: Status
    score: Score
    advice: tuple[CheckResult, ...]
    notices: tuple[Text, ...]  # intake's and the loader's: what they repaired
    environment: Environment
    secret_fingerprint: str
    rubric_sha256: str
    grader_version: str
    rubric_title: Text
    seconds: float
    evidence: Evidence | None = None  # None where nothing could be opened
    runs: tuple[int, ...] = ()  # where the store keeps the results

    @property
    def decided(self) -> bool:
        """Whether people gave a mark to a hand-in that could not be opened."""
        earned = [criterion.earned for row in self.score.rows for criterion in row.criteria]
        return self.status is Status.NOT_GRADABLE and bool(earned) and None not in earned
