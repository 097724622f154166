"""Where a report seems to have what it should have, by its words alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grader.core.report_evidence import PASSAGE_CHARS, Passage

from . import report_patterns as patterns

_LINE = 60
"""Characters: a longer line is no heading."""

_SENTENCE = 600
_MOST_PLACES = 3
_MOST_CAPTIONS = 40


@dataclass(frozen=True, slots=True)
class Found:
    """A passage, and what it is of: one of EXPECTED, "figure" or "table"."""

    id: str
    passage: Passage


def find(pages: Sequence[str]) -> list[Found]:
    """All that is found, in the order of the pages within each id."""
    lines = [(n, line) for n, text in enumerate(pages, 1) for line in text.split("\n") if line]
    # Lines of a table of contents name every section, whether or not the report has it.
    lines = [(n, line) for n, line in lines if not patterns.CONTENTS.search(line[-_LINE:])]
    said = [(n, one) for n, text in enumerate(pages, 1) for one in sentences(text)]
    captions = list(_captions(lines))
    found = [Found(kind, Passage(n, cut(line))) for kind, n, line in captions]
    found += _sections(lines)
    titles = [(n, line) for kind, n, line in captions if kind == "figure"]
    for id, pattern in (
        ("loss_curve", patterns.LOSS_CURVE),
        ("gradient_norms", patterns.GRADIENT_NORMS),
    ):
        # A caption tells more than a sentence that may only speak of a curve.
        places = _matching(titles, pattern) or _matching(said, pattern)
        found += [Found(id, passage) for passage in places]
    found += [Found("temperatures", passage) for passage in _temperatures(said)]
    found += [Found("questions", passage) for passage in _questions(lines)]
    return found


def sentences(text: str) -> Iterator[str]:
    """The sentences of a page, each put together from its lines."""
    joined: list[str] = []
    for line in text.split("\n"):
        if not line or _stands_alone(line):
            joined += ["\n", line, "\n"]
        elif joined and joined[-1] != "\n":
            # A line break inside Chinese text means nothing, elsewhere it is a blank.
            between = patterns.CJK.match(line) and patterns.CJK.match(joined[-1][-1:])
            joined.append(line if between else f" {line}")
        else:
            joined.append(line)
    for paragraph in "".join(joined).split("\n"):
        for sentence in patterns.END.split(paragraph):
            for start in range(0, len(sentence), _SENTENCE):
                if piece := sentence[start : start + _SENTENCE].strip():
                    yield piece


def _stands_alone(line: str) -> bool:
    """Whether a line is a caption or a numbered heading, and no part of a sentence."""
    caption = patterns.CAPTION.match(line)
    if caption is not None:
        return not patterns.REFERS.match(caption[3].strip())
    return bool(_numbered(line)) and _looks_like_heading(line)


def _numbered(line: str) -> str:
    match = re.match(patterns.NUMBER, line, re.IGNORECASE)
    return match[0] if match else ""


def cut(text: str, at: int = 0) -> str:
    """A piece of `text` around `at` that fits into a passage."""
    start = max(0, min(at - PASSAGE_CHARS // 3, len(text) - PASSAGE_CHARS))
    piece = text[start : start + PASSAGE_CHARS]
    return ("…" if start else "") + piece + ("…" if start + PASSAGE_CHARS < len(text) else "")


def _captions(lines: Sequence[tuple[int, str]]) -> Iterator[tuple[str, int, str]]:
    seen: dict[tuple[str, str], None] = {}
    for number, line in lines:
        match = patterns.CAPTION.match(line)
        # "图 3 中可以看到 ..." begins a sentence that speaks of a figure.
        if match is None or patterns.REFERS.match(match[3].strip()):
            continue
        kind = "figure" if match[1].lower()[0] in "图f" else "table"
        key = kind, match[2].lower()
        if key not in seen and sum(one[0] == kind for one in seen) < _MOST_CAPTIONS:
            seen[key] = None
            yield kind, number, line


def _sections(lines: Sequence[tuple[int, str]]) -> Iterator[Found]:
    short = [
        (n, line) for n, line in lines if len(line) <= _LINE and not patterns.CAPTION.match(line)
    ]
    headings = [(n, line) for n, line in short if _looks_like_heading(line)]
    for id, pattern in patterns.HEADING.items():
        for passage in _matching(headings, pattern):
            yield Found(id, passage)


def _looks_like_heading(line: str) -> bool:
    """Numbered, or of a few words without an end: other short lines are the ends of paragraphs."""
    if line[-1] in patterns.NO_HEADING_ENDS:
        return False
    if _numbered(line) or line.startswith("Part "):
        return len(line) <= 40 or len(line.split()) <= 9
    return (
        len(line) <= 16
        if patterns.CJK.search(line)
        else len(line.split()) <= 4 and line[0].isupper()
    )


def _matching(texts: Sequence[tuple[int, str]], pattern: re.Pattern[str]) -> list[Passage]:
    found = []
    for number, text in texts:
        if (match := pattern.search(text)) is not None:
            found.append(Passage(number, cut(text, match.start())))
            if len(found) == _MOST_PLACES:
                break
    return found


def _temperatures(said: Sequence[tuple[int, str]]) -> list[Passage]:
    """One passage for each temperature, lowest first."""
    found: dict[float, Passage] = {}
    for number, text in said:
        for match in patterns.TEMPERATURE.finditer(text):
            for one in patterns.DECIMAL.findall(match[1]):
                value = float(one)
                # `T = 40` is a number of time steps.
                if 0 < value <= 5 and len(found) < 8:
                    found.setdefault(value, Passage(number, cut(text, match.start())))
    return [found[value] for value in sorted(found)]


def _questions(lines: Sequence[tuple[int, str]]) -> list[Passage]:
    """One passage for each of the first three questions that is answered, by its number."""
    found: dict[str, Passage] = {}
    inside = 0
    for number, line in lines:
        if match := patterns.QUESTION.match(line):
            said = match[1] or match[2]
            found.setdefault(patterns.CHINESE.get(said, said), Passage(number, cut(line)))
        elif len(line) <= _LINE and patterns.QUESTIONS.search(line) and _looks_like_heading(line):
            inside = number
        # Under such a heading the answers are numbered items.
        elif inside and number - inside <= 2 and (item := patterns.ITEM.match(line)):
            found.setdefault(item[1], Passage(number, cut(line)))
    return [found[number] for number in sorted(found) if number in "123"]
