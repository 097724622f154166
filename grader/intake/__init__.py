"""From an untrusted zip, folder or file to a bounded, decoded, hashed Submission.

``read`` never raises for what a student handed in: whatever cannot be opened becomes a Submission
whose `refusal` says why, and what is unusual becomes a notice that costs no points. Nothing is
extracted to disk and nothing is run. Must not import the judge or a runner.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from grader.core.digests import content_sha256
from grader.core.errors import UsageError
from grader.core.model import Pdf, Source, Submission
from kit import sources as kit_sources
from kit.locate import is_starter_test, locate
from kit.sources import show
from kit.text import Text, os_reason

from . import messages, names
from .archive import open_inner, other_kind, read_zip
from .collected import CODE, CollectedFiles, other_archive, wanted
from .folder import read_bounded, read_folder
from .limits import Budget, IntakeLimits
from .messages import REFUSED

__all__ = ["IntakeLimits", "is_read", "most_bytes", "read", "read_files"]

_REPORT_LIKE = (".docx", ".doc", ".wps", ".odt", ".pages", ".rtf")
_MOST_NOTICES = 60  # a hostile archive can give cause for thousands
_BESIDE = "../"  # in front of a report that lay beside the hand-in; no name inside has it
# Where several things went wrong and nothing is left, the first of these is the reason given.
_GRAVEST = ("encrypted", "bomb", "overlap", "many", "method", "damaged", "source_too_large")


def read(
    path: Path, *, report: Path | None = None, limits: IntakeLimits | None = None
) -> Submission:
    """The hand-in at `path`, with its report from inside, beside, or at `report`.

    Raises only UsageError: a path that does not exist or that this process may not read.
    """
    limits = limits or IntakeLimits()
    collected = CollectedFiles.within(limits)
    handed_pdf = _handed_report(report, limits, collected)
    refusal, sha256 = _take(path, collected)
    if report is None:
        _take_sibling(path, collected)
    notebook = path.is_file() and path.name.lower().endswith(".ipynb")
    if len(_whole_id(path)) > names.ID_CHARACTERS:
        collected.notes.add("id_cut", _id(path))
    return _submission(
        _id(path), collected, refusal, sha256, notebook, report is not None, handed_pdf
    )


def read_files(
    files: Mapping[str, bytes], *, id: str, limits: IntakeLimits | None = None
) -> Submission:
    """The hand-in that consists of these files, read as if it lay in a folder.

    A zip, alone or with nothing beside it but reports, is read as if it were handed in alone.
    Content matters only of names for which :func:`is_read` is true, and of a single file; more
    than :func:`most_bytes` of it shows that the file is too large. Never raises for what a
    student handed in.
    """
    limits = limits or IntakeLimits()
    collected = CollectedFiles.within(limits)
    main = _main_file(files)
    if main is None:
        _take_files(files, collected)
        refusal = None if files else REFUSED["empty"]
        return _submission(id, collected, refusal, _hash(dict(files), None), False, False, None)
    data = files[main]
    # For a refused file only: the hash of an accepted hand-in is over its content.
    sha256 = hashlib.sha256(data[: limits.zip_bytes]).hexdigest()
    if main.lower().endswith(CODE) and not data.startswith(b"PK\x03\x04"):
        refusal = _take_single(Path(main), data, collected)
    elif len(data) > limits.zip_bytes:
        refusal = REFUSED["too_large"].format(limit=max(limits.zip_bytes // 1_000_000, 1))
    else:
        kind = read_zip(data, collected)
        refusal = REFUSED[kind] if kind else None
    for name in sorted(set(files) - {main}):
        _take_beside(name, files[name], collected)
    notebook = main.lower().endswith(".ipynb")
    return _submission(id, collected, refusal, sha256, notebook, False, None)


def is_read(name: str) -> bool:
    """Whether the content of a file of this name matters: code, a report, an archive."""
    return wanted(name) or other_archive(name) is not None


def most_bytes(name: str, limits: IntakeLimits) -> int:
    """The most bytes that a file of this name may have and still be read."""
    return Budget(limits).cap(name)


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
    archives = []
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
            if name.lower().endswith(".zip"):
                archives.append((name, data))
            else:
                collected.files[name] = data
    # Last, because an archive may use up what is left of the budget.
    for name, data in archives:
        open_inner(name, data, collected)


def _take_beside(name: str, data: bytes, collected: CollectedFiles) -> None:
    """Take a report that was handed in beside the archive; of anything else only the name."""
    listed = name.rpartition("/")[2]
    if not name.lower().endswith(".pdf"):
        collected.pass_by(listed)
    elif len(data) > collected.limits.report_bytes:
        collected.leave_out("report_too_large", listed)
    else:
        collected.files.setdefault(f"{_BESIDE}{listed}", data)


def _submission(
    id: str,
    collected: CollectedFiles,
    refusal: Text | None,
    sha256: str,
    notebook: bool,
    has_report: bool,
    handed_pdf: Pdf | None,
) -> Submission:
    """Decode, locate and hash what was collected. `sha256` is that of a refused file."""
    sources, notices = _decode(collected)
    pdf, pdf_notices = (handed_pdf, ()) if has_report else _choose_pdf(collected)
    located = locate(sources)
    if refusal is None:
        refusal, more = _verdict(collected, sources, located.parts, notebook)
        notices += more
    # Over the content and not over the archive: packing again is not a change.
    if refusal is None:
        sha256 = _hash(collected.files, handed_pdf)
    if refusal is not None:
        sources, located = [], locate(())
    if pdf is None and not has_report:
        for other in collected.others:
            if other.lower().endswith(_REPORT_LIKE):
                collected.notes.add("report_not_pdf", other)
    all_notices = (*collected.notes.texts(), *pdf_notices, *notices, *located.notices)
    return Submission(
        id=id,
        sha256=sha256,
        sources=tuple(sources),
        others=tuple(sorted(collected.others)),
        parts=located.parts,
        pdf=pdf,
        notices=tuple(dict.fromkeys(all_notices))[:_MOST_NOTICES],
        refusal=refusal,
        readings=located.readings,
        unparsed=located.unparsed,
    )


def _id(path: Path) -> str:
    return names.safe_id(_whole_id(path))


def _whole_id(path: Path) -> str:
    """The name of a folder, or of a file without its ending."""
    real = path if path.name not in ("", "..") else path.resolve()
    name = names.from_disk(real.name)
    return name if real.is_dir() else names.stem(name)


def _take(path: Path, collected: CollectedFiles) -> tuple[Text | None, str]:
    """Fill `collected` from the path. Returns why it cannot be opened, and a file's own hash."""
    if not path.exists():
        raise UsageError(messages.NOT_FOUND.format(path=path))
    limits = collected.limits
    if path.is_dir():
        if not os.access(path, os.R_OK | os.X_OK):
            raise UsageError(
                messages.UNREADABLE.format(path=path, reason=Text("没有权限", "permission denied"))
            )
        kind = read_folder(path, collected)
        return (REFUSED[kind] if kind else None), _hash({}, None)
    if not path.is_file():
        raise UsageError(messages.NOT_A_FILE.format(path=path))
    name = path.name.lower()
    try:
        data = read_bounded(os.fspath(path), limits.zip_bytes, follow=True)
        if data is None:
            refusal = REFUSED["too_large"].format(limit=max(limits.zip_bytes // 1_000_000, 1))
            return refusal, _file_hash(path, limits.zip_bytes)
    except OSError as error:
        text = messages.UNREADABLE.format(path=path, reason=os_reason(error))
        raise UsageError(text) from error
    sha256 = hashlib.sha256(data).hexdigest()
    # A zip that is named rnn.py is opened as a zip.
    if name.endswith(CODE) and not data.startswith(b"PK\x03\x04"):
        return _take_single(path, data, collected), sha256
    kind = read_zip(data, collected)
    return (REFUSED[kind] if kind else None), sha256


def _take_single(path: Path, data: bytes, collected: CollectedFiles) -> Text | None:
    """A hand-in of one Python file or notebook."""
    listed = names.from_disk(path.name)
    if not data:
        return REFUSED["zero"]
    cap = collected.budget.cap(listed)
    if len(data) > cap:
        return REFUSED["source_too_large"].format(limit=max(cap // 1_000_000, 1))
    kind = other_kind(data)
    if kind is not None:
        return REFUSED[kind]
    collected.files[listed] = data
    return None


def _handed_report(
    report: Path | None, limits: IntakeLimits, collected: CollectedFiles
) -> Pdf | None:
    """The report given by an option; a wrong path is the error of the person who grades."""
    if report is None:
        return None
    if not report.is_file():
        raise UsageError(messages.NOT_FOUND.format(path=report))
    try:
        data = read_bounded(os.fspath(report), limits.report_bytes, follow=True)
    except OSError as error:
        text = messages.UNREADABLE.format(path=report, reason=os_reason(error))
        raise UsageError(text) from error
    if data is None:
        collected.notes.add("report_too_large", report.name)
    elif not _is_pdf(data):
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
        collected.files.setdefault(f"{_BESIDE}{listed}", data)


def _is_pdf(data: bytes) -> bool:
    return b"%PDF-" in data[:1024]  # readers allow junk before it


def _choose_pdf(collected: CollectedFiles) -> tuple[Pdf | None, tuple[Text, ...]]:
    """The largest PDF of the hand-in, the one beside it included."""
    found = []
    for path, data in sorted(collected.files.items()):
        if path.lower().endswith(".pdf"):
            if _is_pdf(data):
                found.append(Pdf(path.removeprefix(_BESIDE), data))
            else:
                collected.notes.add("pdf_fake", path)
    if not found:
        return None, ()
    # The others are usually the task sheet and figures.
    chosen = max(found, key=lambda pdf: len(pdf.data))
    if len(found) == 1:
        return chosen, ()
    listed = messages.enumerate_names(pdf.path for pdf in found)
    text = messages.SEVERAL_PDFS.format(count=len(found), names=listed, chosen=show(chosen.path))
    return chosen, (text,)


def _decode(collected: CollectedFiles) -> tuple[list[Source], tuple[Text, ...]]:
    """Every file of code as text; the starter's own tests are set aside."""
    sources: list[Source] = []
    notices: list[Text] = []
    code = [path for path in collected.files if path.lower().endswith(CODE)]
    for path in sorted(code, key=lambda p: (p.count("/"), p)):
        if is_starter_test(path):
            collected.others.append(path)
            collected.notes.add("starter_tests", path)
            continue
        if len(sources) >= collected.limits.sources:
            collected.others.append(path)
            collected.notes.add("many_sources", path)
            continue
        decoded = kit_sources.read(path, collected.files[path])
        notices += decoded.notices
        if any(cell.strip() for cell in decoded.cells) or path.lower().endswith(".py"):
            sources.append(Source(path, decoded.cells, decoded.encoding))
        else:
            collected.others.append(path)
            if decoded.notices == () or decoded.cells:
                collected.notes.add("no_cells", path)
    sources.sort(key=lambda source: source.path)
    return sources, tuple(notices)


def _verdict(
    collected: CollectedFiles,
    sources: list[Source],
    parts: dict[str, tuple[str, ...]],
    notebook: bool,
) -> tuple[Text | None, tuple[Text, ...]]:
    """Why the hand-in is refused, if it is, and notices if no part was found."""
    if sources:
        return None, (() if parts else (messages.NO_PART,))
    inside = [name for name in collected.files if not name.startswith(_BESIDE)]
    if notebook and inside:
        kind = "no_cells" if "no_cells" in collected.notes else "notebook"
        return REFUSED[kind], ()
    if inside or not collected.reasons:
        return None, (messages.NO_CODE,)
    known = [kind for kind in collected.reasons if kind in REFUSED]
    gravest = next((kind for kind in _GRAVEST if kind in known), None)
    kind = gravest or (known[0] if known else "nothing")
    return REFUSED[kind].format(limit=max(collected.limits.source_bytes // 1_000_000, 1)), ()


def _hash(files: dict[str, bytes], report: Pdf | None) -> str:
    """SHA-256 over names and bytes in order: independent of packing and of clocks."""
    content = dict(files)
    if report is not None:
        content[f"{_BESIDE}{report.path}"] = report.data
    return content_sha256(content.items())


def _file_hash(path: Path, most: int) -> str:
    """SHA-256 of the first `most` bytes of a file that is too large to open."""
    digest = hashlib.sha256()
    left = most
    with path.open("rb") as stream:
        while left > 0 and (chunk := stream.read(min(1 << 20, left))):
            digest.update(chunk)
            left -= len(chunk)
    return digest.hexdigest()
