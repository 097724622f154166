"""Look into what was handed in: unpack, decode, find the parts, hash. The bytes may be hostile."""

from __future__ import annotations

import hashlib

from grader.core.digests import content_sha256
from grader.core.materials import Material
from grader.core.model import Pdf, Source, Submission
from kit import sources as kit_sources
from kit.locate import is_starter_test, locate
from kit.sources import show
from kit.text import Text

from . import messages
from .archive import open_inner, other_kind, read_zip
from .collected import CODE, CollectedFiles
from .gathering import BESIDE, HandedIn, is_pdf
from .messages import REFUSED

MOST_NOTICES = 60
"""A hostile archive can give cause for thousands."""

_REPORT_LIKE = (".docx", ".doc", ".wps", ".odt", ".pages", ".rtf")
# Where several things went wrong and nothing is left, the first of these is the reason given.
_GRAVEST = ("encrypted", "bomb", "overlap", "many", "method", "damaged", "source_too_large")


def look_into(found: HandedIn) -> Submission:
    """Open archives, decode, locate and hash what was collected."""
    collected, refusal, sha256 = found.collected, found.refusal, found.sha256
    if found.main is not None:
        name, data = found.main
        # Only for a refused file: packing again is not a change.
        sha256 = hashlib.sha256(data).hexdigest()
        refusal = _open(name, data, collected)
    # Last, because an archive may use up what is left of the budget.
    for name, data in collected.archives:
        open_inner(name, data, collected)
    sources, notices = _decode(collected)
    pdf, pdf_notices = (found.report, ()) if found.has_report else _choose_pdf(collected)
    located = locate(sources)
    if refusal is None:
        refusal, more = _verdict(collected, sources, located.parts, found.is_notebook)
        notices += more
    # Over the content and not over the archive: packing again is not a change.
    if refusal is None:
        sha256 = _hash(collected.files, found.report)
    if refusal is not None:
        sources, located = [], locate(())
    if pdf is None and not found.has_report:
        for other in collected.others:
            if other.lower().endswith(_REPORT_LIKE):
                collected.notes.add("report_not_pdf", other)
    all_notices = (*collected.notes.texts(), *pdf_notices, *notices, *located.notices)
    return Submission(
        id=found.id,
        sha256=sha256,
        sources=tuple(sources),
        others=tuple(sorted(collected.others)),
        parts=located.parts,
        pdf=pdf,
        notices=tuple(dict.fromkeys(all_notices))[:MOST_NOTICES],
        refusal=refusal,
        readings=located.readings,
        passed_over=located.passed_over,
        unparsed=located.unparsed,
        materials=()
        if refusal is not None
        else tuple(Material(*pair) for pair in sorted(collected.materials.items())),
    )


def _open(name: str, data: bytes, collected: CollectedFiles) -> Text | None:
    """A hand-in of one file. A zip that is named rnn.py is opened as a zip."""
    if name.lower().endswith(CODE) and not data.startswith(b"PK\x03\x04"):
        return _take_single(name.rpartition("/")[2], data, collected)
    kind = read_zip(data, collected)
    return REFUSED[kind] if kind else None


def _take_single(name: str, data: bytes, collected: CollectedFiles) -> Text | None:
    """A hand-in of one Python file or notebook."""
    if not data:
        return REFUSED["zero"]
    cap = collected.budget.cap(name)
    if len(data) > cap:
        return REFUSED["source_too_large"].format(limit=max(cap // 1_000_000, 1))
    kind = other_kind(data)
    if kind is not None:
        return REFUSED[kind]
    collected.files[name] = data
    return None


def _choose_pdf(collected: CollectedFiles) -> tuple[Pdf | None, tuple[Text, ...]]:
    """The largest PDF of the hand-in, the one beside it included."""
    found = []
    for path, data in sorted(collected.files.items()):
        if path.lower().endswith(".pdf"):
            if is_pdf(data):
                found.append(Pdf(path.removeprefix(BESIDE), data))
            else:
                collected.notes.add("pdf_fake", path)
                collected.others.append(path.removeprefix(BESIDE))
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
    left = collected.limits.text_bytes
    code = [path for path in collected.files if path.lower().endswith(CODE)]
    # What is nearest to the root comes first, so that a bound leaves out what lies deepest.
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
        size = sum(len(cell.encode("utf-8", "surrogatepass")) for cell in decoded.cells)
        if size > left:
            collected.others.append(path)
            collected.notes.add("many_sources", path)
            continue
        left -= size
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
    inside = [name for name in collected.files if not name.startswith(BESIDE)]
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
        content[f"{BESIDE}{report.path}"] = report.data
    return content_sha256(content.items())
