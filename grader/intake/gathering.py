"""Collect what was handed in, as names and bytes: none of the bytes is looked into here.

Names are tidied, bytes are counted against the limits. So this may run in the judge's process.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from grader.core.digests import content_sha256
from grader.core.errors import UsageError, no_such_path
from grader.core.model import Pdf, Submission
from kit.text import Text, os_reason

from . import messages, names
from .collected import CODE, CollectedFiles, other_archive, wanted
from .folder import read_bounded, read_folder
from .limits import Budget, IntakeLimits
from .messages import REFUSED

BESIDE = "../"
"""In front of a report that lay beside the hand-in; no name inside has it."""

_NOTHING = hashlib.sha256().hexdigest()


@dataclass
class HandedIn:
    """What was handed in, before any of it is looked into."""

    id: str
    collected: CollectedFiles
    main: tuple[str, bytes] | None = None  # the one file that is the hand-in
    report: Pdf | None = None  # named by whoever grades
    has_report: bool = False  # they named one, which may not be usable
    refusal: Text | None = None
    sha256: str = _NOTHING  # of a refused hand-in; that of an accepted one is over its content

    @property
    def is_notebook(self) -> bool:
        """Whether the hand-in is a notebook and nothing else."""
        return self.main is not None and self.main[0].lower().endswith(".ipynb")

    def refused(self, why: Text) -> Submission:
        """The Submission of a hand-in that cannot be looked into."""
        files = dict(self.collected.files) | dict(self.collected.archives)
        files |= dict([self.main] if self.main is not None else [])
        sha256 = content_sha256(files.items())
        return Submission(id=self.id, sha256=sha256, refusal=why)


def gather(
    path: Path, *, report: Path | None = None, limits: IntakeLimits | None = None
) -> HandedIn:
    """The hand-in at `path`, with its report from inside, beside, or at `report`.

    Raises only UsageError: a path that does not exist or that this process may not read.
    """
    limits = limits or IntakeLimits()
    collected = CollectedFiles.within(limits)
    found = HandedIn(_id(path), collected, has_report=report is not None)
    found.report = _handed_report(report, limits, collected)
    _take(path, found)
    if report is None:
        _take_sibling(path, collected)
    if len(_whole_id(path)) > names.ID_CHARACTERS:
        collected.notes.add("id_cut", found.id)
    return found


def gather_files(
    files: Mapping[str, bytes], *, id: str, limits: IntakeLimits | None = None
) -> HandedIn:
    """The hand-in that consists of these files, as if it lay in a folder.

    A zip, alone or with nothing beside it but reports, is read as if it were handed in alone.
    Content matters only of names for which :func:`is_read` is true, and of a single file; more
    than :func:`most_bytes` of it shows that the file is too large.
    """
    limits = limits or IntakeLimits()
    collected = CollectedFiles.within(limits)
    found = HandedIn(id, collected)
    main = _main_file(files)
    if main is None:
        _take_files(files, collected)
        found.refusal = None if files else REFUSED["empty"]
        found.sha256 = content_sha256(files.items())
        return found
    data = files[main]
    if len(data) > limits.zip_bytes:
        _refuse_large(found, data[: limits.zip_bytes])
    else:
        found.main = (main, data)
    for name in sorted(set(files) - {main}):
        _take_beside(name, files[name], collected)
    return found


def is_read(name: str) -> bool:
    """Whether the content of a file of this name matters: code, a report, an archive."""
    return wanted(name) or other_archive(name) is not None


def most_bytes(name: str, limits: IntakeLimits) -> int:
    """The most bytes that a file of this name may have and still be read."""
    return Budget(limits).cap(name)


def is_pdf(data: bytes) -> bool:
    """Whether a file is a PDF by its first bytes; readers allow junk before them."""
    return b"%PDF-" in data[:1024]


def _refuse_large(found: HandedIn, head: bytes) -> None:
    limit = found.collected.limits.zip_bytes
    found.refusal = REFUSED["too_large"].format(limit=max(limit // 1_000_000, 1))
    # The digest is of the beginning alone, so that the rest of so large a file need not be read.
    found.sha256 = hashlib.sha256(head).hexdigest()


# ---------------------------------------------------------------- files by name


def _main_file(files: Mapping[str, bytes]) -> str | None:
    """The one file that is the hand-in, if only reports and notes are beside it."""
    if len(files) == 1:
        only = next(iter(files))
        in_folder = "/" in only and only.lower().endswith(CODE)
        return None if in_folder or only.lower().endswith(".pdf") else only
    archives = [n for n in files if n.lower().endswith(".zip") or other_archive(n) is not None]
    code = any(name.lower().endswith(CODE) for name in files)
    return archives[0] if len(archives) == 1 and not code else None


def _take_files(files: Mapping[str, bytes], collected: CollectedFiles) -> None:
    """What matters of several files, in the order in which a folder is read."""
    tidied = []
    for name in sorted(files):
        tidy = names.check(name, collected.limits.path_characters)
        if isinstance(tidy, names.Flaw):
            collected.leave_out(tidy.kind, name)
        else:
            if (root := names.rooted(name)) is not None:
                collected.notes.add(root, name)
            tidied.append((tidy, files[name]))
    # Code first: should a limit end the reading, what matters most has been read.
    tidied.sort(key=lambda pair: (not wanted(pair[0]), pair[0].count("/"), pair[0]))
    spellings: dict[str, str] = {}
    for name, data in tidied:
        if not collected.budget.take_entry():
            collected.leave_out("many", name)
            break
        if spellings.setdefault(names.clash_key(name), name) != name:
            collected.notes.add("case", name)
        if not wanted(name):
            collected.pass_by(name)
        elif len(data) > collected.budget.cap(name):
            collected.leave_out(collected.oversize_kind(name), name)
        elif len(data) > collected.budget.bytes_left:
            collected.leave_out("budget", name)
        else:
            collected.budget.bytes_left -= len(data)
            collected.take(name, data)


def _take_beside(name: str, data: bytes, collected: CollectedFiles) -> None:
    """Take a report that was handed in beside the archive; of anything else only the name."""
    listed = name.rpartition("/")[2]
    if not name.lower().endswith(".pdf"):
        collected.pass_by(listed)
    elif len(data) > collected.limits.report_bytes:
        collected.leave_out("report_too_large", listed)
    else:
        collected.files.setdefault(f"{BESIDE}{listed}", data)


# ---------------------------------------------------------------- a path


def _id(path: Path) -> str:
    return names.safe_id(_whole_id(path))


def _whole_id(path: Path) -> str:
    """The name of a folder, or of a file without its ending."""
    real = path if path.name not in ("", "..") else path.resolve()
    name = names.from_disk(real.name)
    return name if real.is_dir() else names.stem(name)


def _take(path: Path, found: HandedIn) -> None:
    """Collect the file or the folder."""
    if not path.exists():
        raise no_such_path(path)
    collected = found.collected
    if path.is_dir():
        if not os.access(path, os.R_OK | os.X_OK):
            raise UsageError(
                messages.UNREADABLE.format(path=path, reason=Text("没有权限", "permission denied"))
            )
        kind = read_folder(path, collected)
        found.refusal = REFUSED[kind] if kind else None
        return
    if not path.is_file():
        raise UsageError(messages.NOT_A_FILE.format(path=path))
    most = collected.limits.zip_bytes
    try:
        data = read_bounded(os.fspath(path), most, follow=True)
        if data is None:
            with path.open("rb") as stream:
                _refuse_large(found, stream.read(most))
        else:
            found.main = (names.from_disk(path.name), data)
    except OSError as error:
        text = messages.UNREADABLE.format(path=path, reason=os_reason(error))
        raise UsageError(text) from error


def _handed_report(
    report: Path | None, limits: IntakeLimits, collected: CollectedFiles
) -> Pdf | None:
    """The report given by an option; a wrong path is the error of the person who grades."""
    if report is None:
        return None
    if not report.is_file():
        raise no_such_path(report)
    try:
        data = read_bounded(os.fspath(report), limits.report_bytes, follow=True)
    except OSError as error:
        text = messages.UNREADABLE.format(path=report, reason=os_reason(error))
        raise UsageError(text) from error
    if data is None:
        collected.notes.add("report_too_large", report.name)
    elif not is_pdf(data):
        collected.notes.add("pdf_fake", report.name)
    else:
        return Pdf(report.name, data)
    return None


def _take_sibling(path: Path, collected: CollectedFiles) -> None:
    """``alice.pdf`` beside ``alice.zip`` or ``alice/`` is a report too."""
    real = path if path.name not in ("", "..") else path.resolve()
    stem = real.name if real.is_dir() else names.stem(real.name)
    sibling = real.with_name(f"{stem}.pdf")
    # A link could lead to somebody else's report.
    if sibling == real or sibling.is_symlink() or not sibling.is_file():
        return
    listed = names.from_disk(sibling.name)
    try:
        data = read_bounded(os.fspath(sibling), collected.limits.report_bytes)
    except OSError:
        collected.notes.add("unreadable", listed)
        return
    if data is None:
        collected.notes.add("report_too_large", listed)
    else:
        collected.files.setdefault(f"{BESIDE}{listed}", data)
