"""Tell code for a newer Python than the grader's from code that no Python can parse.

The linter knows the syntax of every version. Where all it finds in a source was added in a later
version, the checks that could not be passed without that source are skipped: their points wait for
a person.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from grader.core.model import CheckResult, Outcome, Source, Submission
from grader.isolation.reading import HandInReader
from grader.judging.linting import lint
from kit.locate import Unparsed
from kit.statements import file_or_cell
from kit.text import Text


@dataclass(frozen=True)
class Newer:
    """What of a submission needs a newer Python, by the parts that may need it."""

    submission: Submission  # with notices that say so
    loaded: Submission  # without what cannot be parsed: there is nothing in it to load
    parts: Mapping[str, Text] = field(default_factory=dict)  # part -> why a check is skipped

    def result(self, result: CheckResult) -> CheckResult:
        """The result of a check as it counts: skipped, unless it passed all the same."""
        why = self.parts.get(result.part)
        if why is None or result.outcome is Outcome.PASSED:
            return result
        note = f"{result.outcome}: {result.message.en} {result.staff_note}".strip()
        return replace(
            result,
            outcome=Outcome.SKIPPED,
            fraction=Fraction(0),
            message=why,
            diagnosis=(),
            clues=(),
            blank="",
            staff_note=note,
            undecided=not result.advice,
        )


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
    parts: dict[str, Text] = {}
    for part, files in submission.parts.items():
        for source, minor in versions.items():
            # A file that no part claims is one that others import.
            if source.path in files or source.path not in claimed:
                parts.setdefault(part, _sentence(source, minor))
    noted = replace(submission, notices=tuple(notices))
    return Newer(noted, replace(noted, sources=_without(submission, versions)), parts)


def _without(submission: Submission, left_out: Iterable[Unparsed]) -> tuple[Source, ...]:
    empty = {(source.path, source.cell) for source in left_out}
    return tuple(
        replace(s, cells=tuple("" if (s.path, n) in empty else c for n, c in enumerate(s.cells, 1)))
        for s in submission.sources
    )


def _versions(submission: Submission, reader: HandInReader) -> dict[Unparsed, int]:
    """The sources that a newer Python parses, with the minor number of the first that does."""
    cells = {(s.path, n): cell for s in submission.sources for n, cell in enumerate(s.cells, 1)}
    texts = {
        str(i): cells[source.path, source.cell] for i, source in enumerate(submission.unparsed)
    }
    output = lint(texts, reader.tier) if texts else None
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
