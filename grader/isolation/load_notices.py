"""The sentences about what loading met, made of facts that a worker reports.

The code of a submission runs while its part is loaded, and may write what its worker reports. So
every fact is of a closed vocabulary, and the judge looks it up: a kind of the list below, a file
and a line that the submission has, an exception of Python, NumPy or torch, a module that a file of
the submission names. What is none of these is left out.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final

from grader import ROOT
from grader.core.model import Submission
from grader.isolation.redaction import known_exceptions
from grader.protocol.messages import Notice
from grader.worker import tier_limitation
from grader.worker.harmless import is_harmless
from grader.worker.standins import NEVER
from kit.statements import file_or_cell, place
from kit.text import Text

_MODULE: Final = re.compile(r"[A-Za-z_]\w{0,40}(?:\.\w{1,40}){0,5}")
_WORDS: Final = re.compile(r"\w+")


def sentence(
    notice: Notice, submission: Submission, skipped: Mapping[tuple[str, int, int], Text]
) -> Text | None:
    """The notice in words; None where the submission has no such place, or names no such module.

    `skipped` are the statements that the worker leaves out at the judge's request, and why.
    """
    if notice.kind == "absent":
        return _absent(notice.name) if _names_module(notice.name, submission) else None
    where = _place(notice, submission)
    if where is None:
        return None
    if notice.kind == "syntax" and any(
        (one.path, one.cell) == (notice.path, notice.cell) for one in submission.unparsed
    ):
        return None  # the submission's own notice says it, and what it costs
    if notice.kind == "skipped":
        return skipped.get((notice.path, notice.cell, notice.line))
    if notice.kind == "raised":
        known = notice.name in known_exceptions()
        said = Text(f" {notice.name}", notice.name) if known else Text("异常", "an exception")
        return where + Text(f"在加载时抛出了{said.zh}", f"raised {said.en} while it was loaded")
    return where + _SAID[notice.kind] if notice.kind in _SAID else None


_SAID: Final[dict[str, Text]] = {
    "overran": Text(
        '在加载时用完了时间，没有执行完；训练请放在 if __name__ == "__main__": 之下',
        "ran out of the time for loading and was not finished; put training below "
        'if __name__ == "__main__":',
    ),
    "syntax": Text("有语法错误", "syntax error"),
    "tier": tier_limitation.TEXT,
}
"""Kind -> what is said after the place."""


def _absent(name: str) -> Text:
    return Text(
        f"评分环境没有安装 {name}，已换成空模块（调用无效果）；被评的函数请不要用它",
        f"{name} is not available when grading; an empty module takes its place (its calls do "
        "nothing), so do not use it in what is graded",
    )


def _place(notice: Notice, submission: Submission) -> Text | None:
    """The line in words, if the submission has it; line 0 is a file without a line."""
    source = next((s for s in submission.sources if s.path == notice.path), None)
    if source is None or not 1 <= notice.cell <= len(source.cells):
        return None
    # Counting line feeds bounds the line without parsing what the student wrote.
    if not 0 <= notice.line <= source.cells[notice.cell - 1].count("\n") + 1:
        return None
    if notice.line:
        where = place(notice.path, notice.cell, notice.line)
    else:
        where = file_or_cell(notice.path, notice.cell)
    return Text(f"{where.zh}：", f"{where.en}:")


def _names_module(name: str, submission: Submission) -> bool:
    """Whether a file of the submission has each word of a module's name."""
    # A name of any other form could carry the student's words to the page.
    if not _MODULE.fullmatch(name):
        return False
    words = name.split(".")
    return any(
        set(words) <= set(_WORDS.findall(cell)) for s in submission.sources for cell in s.cells
    )


def replaced(notices: Iterable[Notice], submission: Submission) -> tuple[str, ...]:
    """The modules that a stand-in replaces, where the submission imports them and they may matter.

    A file of the lab that was not handed in is no library: its code is the student's to bring. A
    worker may lie about one that is here, if the submission imports it: what comes of that is the
    same as if the code imported one that is not.
    """
    here = NEVER | sys.stdlib_module_names | _files_of_the_lab()
    names = [n.name for n in notices if n.kind in ("absent", "lacking")]
    found = {n for n in names if n.partition(".")[0] not in here and not is_harmless(n)}
    return tuple(sorted(name for name in found if _imports(name, submission)))


@cache
def _files_of_the_lab() -> frozenset[str]:
    return frozenset(path.stem for path in (ROOT / "starter").glob("*.py"))


def _imports(name: str, submission: Submission) -> bool:
    """Whether a line of the submission has ``import`` and the words of a module's name."""
    if not _MODULE.fullmatch(name):
        return False
    wanted = {"import", *name.split(".")}
    return any(
        wanted <= set(_WORDS.findall(line))
        for source in submission.sources
        for cell in source.cells
        for line in cell.split("\n")
    )
