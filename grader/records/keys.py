"""What a mark depends on, as digests: equal digests, equal outcomes, nothing to run again.

Outcomes are kept for each part by its own code and by what all parts share, so a change of one
part's suite runs that part again and no other. The rubric is not part of them: it gives points
to outcomes afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

from grader import HOME, PACKAGE, ROOT, __version__
from grader.core.digests import content_sha256, digest
from grader.core.model import Environment, Submission
from grader.core.settings import Secret, Settings
from grader.records.store import PartKey
from kit.contracts import BY_ID

OUTCOME_NEUTRAL = frozenset(
    {
        *("authoring", "batch", "cli", "cluster", "desk", "export", "feedback", "handins"),
        *("marking", "records", "scoring", "similarity", "viva", "__main__"),
    }
)
"""Packages of the grader that only do something with outcomes. All others can change one."""

# Not code alone: a template can change a page, and a stored array an expected value.
_SUFFIXES = (".py", ".yaml", ".npz", ".j2", ".css", ".js")


def limits_of(settings: Settings) -> str:
    """The settings that can change an outcome, as text."""
    # Only limits: another folder or language must not run every check again.
    return repr(sorted(settings.limits().items()))


def part_key(
    part: str,
    contract: str,
    submission: Submission,
    environment: Environment,
    settings: Settings,
    secret: Secret,
    *,
    second: bool = False,
) -> PartKey:
    """The key of the outcomes of one part of a submission; `second`: loaded by its other reading.

    The readings themselves depend on nothing but the submission and the code.
    """
    return PartKey(
        part=part,
        contract=contract,
        submission_sha256=submission.sha256,
        code_sha256=code_sha256(part),
        grader_version=__version__,
        secret_fingerprint=secret.fingerprint,
        environment=repr(environment),
        limits=limits_of(settings),
        reading="second" if second else "",
    )


def evidence_key(submission: Submission, environment: Environment) -> str:
    """The key of the evidence of a submission."""
    # The report is compared with the logs, which are no part of the submission's own digest.
    materials = content_sha256((one.path, one.data) for one in submission.materials)
    return digest(
        submission.sha256, materials, repr(environment), _shared_sha256(), _starter_sha256()
    )


def hand_in_key(
    content: str,
    parts: Iterable[str],
    rubric_sha256: str,
    environment: Environment,
    settings: Settings,
    secret: Secret,
    lateness: str = "",
) -> str:
    """The key of a whole hand-in with its pages: equal keys, equal files below OUT.

    `lateness` holds what the pages' late notice depends on, besides the rubric.
    """
    return digest(
        content,
        rubric_sha256,
        # The rubric may list its parts in any order.
        *(code_sha256(part) for part in sorted(parts)),
        _neutral_sha256(),
        repr(environment),
        limits_of(settings),
        settings.lang,
        secret.fingerprint,
        __version__,
        lateness,
    )


@cache
def code_sha256(part: str) -> str:
    """The digest of all code that can change an outcome of `part`."""
    return digest(_shared_sha256(), _files_sha256(_files_by_part().get(part, ())))


@cache
def _shared_sha256() -> str:
    return _files_sha256(_files_by_part()[None])


@cache
def _files_by_part() -> dict[str | None, list[Path]]:
    found: dict[str | None, list[Path]] = {}
    for file in _outcome_files():
        found.setdefault(_part_of(file), []).append(file)
    return found


def _part_of(file: Path) -> str | None:
    """The part whose folder a file lies in, or whose solution it is; None for what all share."""
    if file.parent.name == "solutions":
        return file.stem if file.stem in BY_ID else None
    parts = file.parts
    # The last one, because a checkout may itself lie in a folder called `parts`.
    folders = [parts[i + 1] for i in range(len(parts) - 2) if parts[i] == "parts"]
    return folders[-1] if folders and folders[-1] in BY_ID else None


def _outcome_files() -> Iterator[Path]:
    """Every file that can change an outcome."""
    # A wheel's `bundle` holds the solutions and the starter, which come next by their own names.
    yield from _in(PACKAGE, lambda unit: unit not in OUTCOME_NEUTRAL and unit != "bundle")
    yield from _in(ROOT / "solutions", lambda unit: True)
    # Points come from the rubric; `points.json` only shows them to students.
    yield from _in(ROOT / "starter" / "tests", lambda unit: unit != "points")


@cache
def grader_sha256() -> str:
    """The digest of the whole grader: equal ones make equal outcomes and equal pages."""
    return digest(_neutral_sha256(), _starter_sha256(), _files_sha256(_outcome_files()))


@cache
def _neutral_sha256() -> str:
    return _files_sha256(_in(PACKAGE, lambda unit: unit in OUTCOME_NEUTRAL))


@cache
def _starter_sha256() -> str:
    """The digest of the starter's code: its lines are not the student's own."""
    return _files_sha256(sorted((ROOT / "starter").glob("*.py")))


def _in(top: Path, wanted: Callable[[str], bool]) -> Iterator[Path]:
    """The files below `top` whose first folder or own name, without its ending, is `wanted`."""
    for file in sorted(top.rglob("*")):
        unit = file.relative_to(top).parts[0].split(".")[0]
        if file.suffix in _SUFFIXES and "__pycache__" not in file.parts and wanted(unit):
            yield file


def _files_sha256(files: Iterable[Path]) -> str:
    return content_sha256((_name(file), file.read_bytes()) for file in files)


def _name(file: Path) -> str:
    """The path of `file` in a checkout, so that a wheel has the keys of its checkout."""
    return str(file.relative_to(ROOT if file.is_relative_to(ROOT) else HOME))
