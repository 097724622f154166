"""What the process that keeps the marks and those that grade say to each other, as bytes.

A job and its answer hold content, not paths, so they go to another machine as well. A message is a
frame of the codec, which holds the record, and behind it the files, which may be larger than a
frame. Reading one raises nothing but WireError.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

from pydantic import TypeAdapter, ValidationError

from grader.core.materials import Material
from grader.core.model import Status
from grader.feedback import ERROR
from grader.protocol.codec import PREFIX, WireError, decode, encode
from grader.records.carrying import CarriedOutcome, CarriedRun
from grader.records.database import dump
from grader.records.marks import Marks
from grader.records.store import PartKey
from kit.text import Text

Files = tuple[tuple[str, bytes], ...]


@dataclass(frozen=True, slots=True)
class KeptEvidence:
    """The evidence of one submission, as the store holds it."""

    key: str
    content: str  # JSON


@dataclass(frozen=True, slots=True)
class Job:
    """One hand-in to be graded, with what is known of it."""

    id: str
    files: Files  # as handed in: names and bytes
    content: str = ""  # a hash of them
    again: bool = False  # run every check, also those with a stored result
    submitted_at: datetime | None = None
    late: bool | None = None  # what the platform says
    student_ids: tuple[str, ...] = ()  # of those who handed it in
    people: tuple[str, ...] = ()  # their names and student ids, for staff
    known: tuple[CarriedRun, ...] = ()
    evidence: KeptEvidence | None = None


@dataclass(frozen=True, slots=True)
class Graded:
    """One hand-in after grading."""

    id: str
    submission_sha256: str
    status: Status
    marks: Marks
    pages: dict[str, str]  # name below OUT/<id>/ -> content
    seconds: float
    compute_s: float  # CPU time of the student's own code
    cpu_s: float = 0.0  # that and this process's own CPU time
    fault: Text | None = None  # why there is no mark
    late: Text | None = None  # what the late policy takes, as the page says it
    kept: dict[str, Any] | None = None  # what the pages can be made from again
    report: bytes | None = None  # the PDF as it was handed in
    materials: tuple[Material, ...] = ()
    # Numbers of runs in `marks` and `kept` are places in this tuple.
    runs: tuple[CarriedRun, ...] = ()
    evidence: KeptEvidence | None = None


@dataclass(frozen=True, slots=True)
class Early:
    """What a process says before its answer: a job has begun, or outcomes of one of its runs."""

    job: str
    key: PartKey | None = None
    outcomes: tuple[CarriedOutcome, ...] = ()


def faulty(id: str, why: Text, trace: str = "", seconds: float = 0.0) -> Graded:
    """A hand-in that the grader could not grade."""
    return Graded(
        id=id,
        submission_sha256="",
        status=Status.GRADER_ERROR,
        marks=Marks(fault=why),
        pages={ERROR: f"{why.zh}\n{why.en}\n\n{trace}"},
        seconds=seconds,
        compute_s=0.0,
        fault=why,
    )


# ---------------------------------------------------------------- to bytes and back

_T = TypeVar("_T")
_JOB: Final = TypeAdapter(Job)
_GRADED: Final = TypeAdapter(Graded)
_EARLY: Final = TypeAdapter(Early)


def pack(record: dict[str, Any], blobs: Sequence[bytes] = ()) -> bytes:
    """The record in a frame, and `blobs` behind it."""
    sizes = [len(blob) for blob in blobs]
    return b"".join([*encode({"record": record, "sizes": sizes}), *blobs])


def unpack(data: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """What :func:`pack` packed."""
    if len(data) < PREFIX.size:
        raise WireError(f"a message of {len(data)} bytes")
    header, body = PREFIX.unpack_from(data)
    start, view = PREFIX.size + header, memoryview(data)
    at = start + body
    if at > len(data):
        raise WireError("a message is shorter than it says")
    found = decode(bytes(view[PREFIX.size : start]), view[start:at])
    sizes = found.get("sizes") if isinstance(found, dict) else None
    if not isinstance(sizes, list) or not all(type(n) is int and n >= 0 for n in sizes):
        raise WireError("a message without sizes")
    if at + sum(sizes) != len(data) or not isinstance(found.get("record"), dict):
        raise WireError("the sizes of a message do not add up")
    blobs = []
    for size in sizes:
        blobs.append(bytes(view[at : at + size]))
        at += size
    return found["record"], blobs


def encode_job(job: Job) -> bytes:
    """`job` as bytes."""
    record = _shallow(job) | {
        "files": [name for name, _ in job.files],
        "submitted_at": None if job.submitted_at is None else job.submitted_at.isoformat(),
        "known": _runs(job.known),
        "evidence": None if job.evidence is None else asdict(job.evidence),
    }
    return pack(record, [data for _, data in job.files])


def decode_job(data: bytes) -> Job:
    """What :func:`encode_job` made."""
    record, blobs = unpack(data)
    return _read(_JOB, record, lambda: {"files": zip(record["files"], blobs, strict=True)})


def encode_graded(graded: Graded) -> bytes:
    """`graded` as bytes."""
    record = _shallow(graded) | {
        "status": str(graded.status),
        # As texts: the codec bounds how deep a record may be, and JSON keeps the store's form.
        "marks": dump(graded.marks.to_json()),
        "kept": None if graded.kept is None else dump(graded.kept),
        "fault": None if graded.fault is None else tuple(graded.fault),
        "late": None if graded.late is None else tuple(graded.late),
        "report": graded.report is not None,
        "materials": [one.path for one in graded.materials],
        "runs": _runs(graded.runs),
        "evidence": None if graded.evidence is None else asdict(graded.evidence),
    }
    report = [] if graded.report is None else [graded.report]
    return pack(record, [*report, *(one.data for one in graded.materials)])


def decode_graded(data: bytes) -> Graded:
    """What :func:`encode_graded` made."""
    record, blobs = unpack(data)

    def fields() -> dict[str, Any]:
        rest = iter(blobs)
        report = next(rest) if record["report"] else None
        pairs = zip(record["materials"], rest, strict=True)
        return {
            "marks": Marks.from_json(json.loads(record["marks"])),
            "kept": None if record["kept"] is None else json.loads(record["kept"]),
            "report": report,
            "materials": tuple(Material(path, content) for path, content in pairs),
        }

    return _read(_GRADED, record, fields)


def encode_early(early: Early) -> bytes:
    """`early` as bytes."""
    return pack(asdict(early))


def decode_early(data: bytes) -> Early:
    """What :func:`encode_early` made."""
    record, _ = unpack(data)
    return _read(_EARLY, record, dict)


def _runs(runs: Sequence[CarriedRun]) -> str:
    return dump([asdict(run) for run in runs])


def _shallow(record: Job | Graded) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__slots__}


def _read(
    kind: TypeAdapter[_T], record: dict[str, Any], fields: Callable[[], dict[str, Any]]
) -> _T:
    try:
        values = record | fields()
        for name in ("known", "runs"):
            if name in values:
                values[name] = json.loads(values[name])
        return kind.validate_python(values)
    except (ValidationError, ValueError, KeyError, TypeError, StopIteration) as error:
        raise WireError(f"not a message: {str(error)[:300]}") from None
