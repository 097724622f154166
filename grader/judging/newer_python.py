"""Tell code for a newer Python than the grader's from code that no Python can parse.

The linter knows the syntax of every version. Where all it finds in a source was added in a later
version, the checks that could not be passed without that source are skipped: their points wait for
a person. A check that reached a blank which nobody has touched, as the text of the source shows, is
decided: nothing was handed in for it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from grader import ROOT
from grader.core.model import CheckResult, Outcome, Source, Submission
from grader.isolation.reading import HandInReader
from grader.judging.evidence import blanks_in, given
from grader.judging.linting import lint
from grader.judging.waiting import waiting
from kit.locate import Unparsed
from kit.reasons import code_name
from kit.statements import file_or_cell
from kit.text import Text


@dataclass(frozen=True, slots=True)
class Waiting:
    """A part with a source that this Python cannot read."""

    why: Text
    untouched: frozenset[str] = frozenset()
    """Blanks that no such source of the part touches."""
    replaced: bool = False
    """Its file was loaded as the starter has it: nothing that passes so is the student's."""


@dataclass(frozen=True)
class Newer:
    """What of a submission needs a newer Python, by the parts that may need it."""

    submission: Submission  # with notices that say so
    loaded: Submission  # without what cannot be parsed: there is nothing in it to load
    parts: Mapping[str, Waiting] = field(default_factory=dict)

    def result(self, result: CheckResult) -> CheckResult:
        """The result of a check as it counts: skipped, unless nothing of the source changes it."""
        waits = self.parts.get(result.part)
        if waits is None or self._is_decided(result, waits):
            return result
        return waiting(result, waits.why)

    def _is_decided(self, result: CheckResult, waiting: Waiting) -> bool:
        if result.outcome is Outcome.NOT_ATTEMPTED:
            return _name_at(result.blank, self.loaded) in {
                blank.rpartition(".")[2] for blank in waiting.untouched
            }
        return result.outcome is Outcome.PASSED and not waiting.replaced


def newer(submission: Submission, reader: HandInReader) -> Newer:
    """What of the submission needs a newer Python than this one."""
    versions = _versions(submission, reader)
    if not versions:
        return Newer(submission, submission)
    notices = list(submission.notices)
    for source, minor in versions.items():
        said = _sentence(source, minor)
        at = notices.index(source.notice) if source.notice in notices else len(notices)
        notices[at : at + 1] = [said]
    claimed = {path for files in submission.parts.values() for path in files}
    parts: dict[str, Waiting] = {}
    loaded = dict.fromkeys(versions, "")
    for part, files in submission.parts.items():
        # A file that no part claims is one that others import.
        concerned = [s for s in versions if s.path in files or s.path not in claimed]
        if not concerned:
            continue
        untouched, replaced = _untouched(submission, part, concerned, reader)
        if replaced is not None:
            loaded[replaced] = _starter_of(part)
        why = _sentence(concerned[0], versions[concerned[0]])
        parts[part] = Waiting(why, untouched, replaced is not None)
    noted = replace(submission, notices=tuple(notices))
    return Newer(noted, replace(noted, sources=_with(submission, loaded)), parts)


def _untouched(
    submission: Submission, part: str, concerned: Sequence[Unparsed], reader: HandInReader
) -> tuple[frozenset[str], Unparsed | None]:
    """The blanks that none of these sources touches, and the one that is loaded as the starter.

    Nothing where there is a doubt: in a notebook, in a part of several files, in a file with
    several parts, or where another file names the source and so may take code from it.
    """
    starter, texts = _starter_of(part), _texts(submission)
    blanks = blanks_in(starter) if starter else frozenset()
    files = submission.parts[part]
    owners = [p for p, paths in submission.parts.items() if set(paths) & set(files)]
    replaced = None
    for source in concerned:
        stem = _stem(source.path)
        others = {s.path: s.cells for s in submission.sources if s.path != source.path}
        # A mere mention counts, since nothing is parsed here; at worst a check waits for a person.
        named = any(stem in cell for cells in others.values() for cell in cells)
        own = source.path in files
        if (
            named
            or not source.path.lower().endswith(".py")
            or (own and (len(files), len(owners)) != (1, 1))
        ):
            return frozenset(), None
        replaced = source if own else replaced
        blanks = blanks and reader.untouched(
            texts[source.path, 1],
            starter if own else "",
            blanks,
            given(),
            frozenset(map(_stem, others)),
        )
    return blanks, replaced if blanks else None


def _stem(path: str) -> str:
    return path.rpartition("/")[2].rpartition(".")[0]


def _starter_of(part: str) -> str:
    """The file of the starter for this part; nothing where it has none of this name."""
    file = ROOT / "starter" / f"{part}.py"
    return file.read_text("utf-8") if file.is_file() else ""


_HEAD = re.compile(r"[ \t]*(?:async[ \t]+)?def[ \t]+(\w+)")


def _name_at(place: str, submission: Submission) -> str:
    """The name of the function whose head is there, ``file:line``; nothing where none is."""
    file, _, number = place.rpartition(":")
    for source in submission.sources:
        name = source.path.rpartition("/")[2]
        for n, cell in enumerate(source.cells, start=1):
            if file not in (name, code_name(name, n)) or not number.isdigit():
                continue
            lines = cell.split("\n")
            if 0 < int(number) <= len(lines) and (head := _HEAD.match(lines[int(number) - 1])):
                return head[1]
    return ""


def _texts(submission: Submission) -> dict[tuple[str, int], str]:
    return {(s.path, n): cell for s in submission.sources for n, cell in enumerate(s.cells, 1)}


def _with(submission: Submission, texts: Mapping[Unparsed, str]) -> tuple[Source, ...]:
    """The sources with other texts where this Python cannot parse them."""
    by_place = {(source.path, source.cell): text for source, text in texts.items()}
    return tuple(
        replace(s, cells=tuple(by_place.get((s.path, n), c) for n, c in enumerate(s.cells, 1)))
        for s in submission.sources
    )


def _versions(submission: Submission, reader: HandInReader) -> dict[Unparsed, int]:
    """The sources that a newer Python parses, with the minor number of the first that does."""
    cells = _texts(submission)
    texts = {
        str(i): cells[source.path, source.cell] for i, source in enumerate(submission.unparsed)
    }
    output = lint(texts, reader.tier) if texts else None
    # A finding that was cut off could be one that no version of Python parses.
    if output is None or not output.complete:
        return {}
    # What no version can parse is an error in every version.
    minors = reader.versions(sorted(texts), output.data)
    return {
        source: minors[str(i)]
        for i, source in enumerate(submission.unparsed)
        if minors.get(str(i), 0) > sys.version_info.minor
    }


def _sentence(source: Unparsed, minor: int) -> Text:
    mine = f"{sys.version_info.major}.{sys.version_info.minor}"
    where = file_or_cell(source.path, source.cell)
    return Text(
        f"{where.zh} 用了 Python 3.{minor} 的新语法，评分器的 Python 是 {mine}，无法读取；"
        "需要它的检查已跳过，分数待定，由助教判定，成绩尚未最终确定。"
        f"也可改成 Python {mine} 的写法后重新提交。",
        f"{where.en} uses syntax that was added in Python 3.{minor}; the grader runs Python "
        f"{mine} and cannot read it. The checks that need it are skipped, their points are pending "
        "and a person decides on them, so this mark is not final. Or write it for Python "
        f"{mine} and hand it in again.",
    )
