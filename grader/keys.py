"""What a mark depends on, as short names: equal names, equal outcomes, nothing to do again.

Outcomes are kept for each part by its own code and by what all parts share, so a change of one
part's suite runs that part again and no other. The rubric is not among it: points are put on
outcomes afterwards.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from grader import ROOT, __version__
from grader.model import Environment, Submission
from grader.settings import Secret, Settings
from grader.store import PartKey
from kit.contracts import BY_ID

AFTERWARDS = frozenset(
    {
        "__main__",
        "batch",
        "checks_doc",
        "class_statistics",
        "cli",
        "cut",
        "desk",
        "evidence",  # kept under a key of its own
        "export",
        "feedback",
        "gradebook",
        "handins",
        "history",
        "keys",
        "lateness",
        "mutants",
        "publish",
        "rubric",
        "rubric_schema",
        "scoring",
        "self_check",
        "store",
        "store_schema",
        "yaml_text",
    }
)
"""Modules of the grader that only do something with outcomes. All others can change one."""

_SUFFIXES = (".py", ".yaml", ".npz", ".j2", ".css", ".js")


def part_key(
    part: str,
    contract: str,
    submission: Submission,
    environment: Environment,
    settings: Settings,
    secret: Secret,
) -> PartKey:
    """Under what the outcomes of one part of a submission are kept."""
    return PartKey(
        part=part,
        contract=contract,
        submission_sha256=submission.sha256,
        code_sha256=code_sha256(part),
        grader_version=__version__,
        secret_fingerprint=secret.fingerprint,
        environment=repr(environment),
        limits=repr(sorted(settings.limits().items())),
    )


def evidence_key(submission: Submission, environment: Environment) -> str:
    """Under what the evidence for a submission is kept."""
    given = [ROOT / "grader" / "evidence.py", *sorted((ROOT / "starter").glob("*.py"))]
    return digest(submission.sha256, repr(environment), _shared_sha256(), _files_sha256(given))


def hand_in_key(
    content_sha256: str,
    parts: Iterable[str],
    rubric_sha256: str,
    environment: Environment,
    settings: Settings,
    secret: Secret,
    lateness: str = "",
) -> str:
    """Of a whole hand-in with its pages: equal keys, equal files below OUT.

    `lateness` is what the pages say of the late policy depends on, beside the rubric.
    """
    return digest(
        content_sha256,
        rubric_sha256,
        *(code_sha256(part) for part in sorted(parts)),
        _files_sha256(_afterwards()),
        repr(environment),
        repr(sorted(settings.limits().items())),
        settings.lang,
        secret.fingerprint,
        __version__,
        lateness,
    )


def content_sha256(files: Iterable[tuple[str, bytes]]) -> str:
    """Of names and bytes as they were handed in, before anything is opened."""
    total = hashlib.sha256()
    for name, data in sorted(files):
        for piece in (name.encode("utf-8", "surrogatepass"), data):
            total.update(len(piece).to_bytes(8, "big"))
            total.update(piece)
    return total.hexdigest()


def digest(*pieces: str) -> str:
    """One hash of several texts; where one ends and the next begins counts."""
    return content_sha256((f"{i:04d}", piece.encode()) for i, piece in enumerate(pieces))


@cache
def code_sha256(part: str) -> str:
    """Of everything here that can change an outcome of `part`."""
    return digest(_shared_sha256(), _files_sha256(f for f in _moving() if part_of(f) == part))


@cache
def _shared_sha256() -> str:
    return _files_sha256(f for f in _moving() if part_of(f) is None)


def part_of(file: Path) -> str | None:
    """The part that a file belongs to by its name, None for what all parts share."""
    stem = file.stem.removeprefix("test_")
    for part in BY_ID:
        if stem == part or stem.startswith(f"{part}_"):
            return part
    return None


def _moving() -> Iterator[Path]:
    """Every file that can change an outcome."""
    yield from _in("grader", lambda unit: unit not in AFTERWARDS)
    yield from _in("solutions", lambda unit: True)
    yield from _in("starter/tests", lambda unit: unit != "points")


def _afterwards() -> Iterator[Path]:
    yield from _in("grader", lambda unit: unit in AFTERWARDS)


def _in(folder: str, wanted) -> Iterator[Path]:  # type: ignore[no-untyped-def]
    top = ROOT / folder
    for file in sorted(top.rglob("*")):
        unit = file.relative_to(top).parts[0].split(".")[0]
        if file.suffix in _SUFFIXES and "__pycache__" not in file.parts and wanted(unit):
            yield file


def _files_sha256(files: Iterable[Path]) -> str:
    return content_sha256((str(f.relative_to(ROOT)), f.read_bytes()) for f in files)
