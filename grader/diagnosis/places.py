"""Where in the student's own source a known mistake points.

The edit lies in a function of the solution. The student's function of that name is looked for the
statements most like the mistaken ones; where none is clearly the place, the function is. Lines
that the starter gave are right and no place: where the whole function was given, the student's
other functions are looked through, for a line that is nearly the mistaken one.
"""

from __future__ import annotations

import hashlib
import textwrap
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import cache

from grader import ROOT
from grader.core.model import Place, Submission
from grader.parts.reference import solution_text
from grader.reader.functions import MOST_STATEMENTS, ReadFunction, ReadStatement, functions_of
from kit.binding import spelling
from kit.contracts import PARTS

from .catalogue import Mistake, mutant, span

ALIKE = 0.55
"""Share of tokens that a statement has in common with the mistaken one, at least; and more than
with any statement of the solution that the mistake leaves alone."""

ALIKE_ELSEWHERE = 0.85
"""The same for a line of another function, which has less to do with the mistake; there it must
be more alike than with any statement of the whole solution."""

CLEAR = 0.04
"""By so much it is more alike than any other statement."""

CANDIDATES = 6
MOST_CHARS = 200

_Tokens = tuple[str, ...]
"""Of several statements: the tokens of each, with blanks between them."""

FunctionsOf = Callable[[str], Sequence[ReadFunction]]
"""Reads the functions of a student's source; a worker does it."""


@dataclass(frozen=True, slots=True)
class _Region:
    """The function of the solution that an edit lies in: its statements by their tokens."""

    name: str
    wrong: _Tokens = ()  # that the mistake writes
    usual: _Tokens = ()  # that it leaves alone
    right: _Tokens = ()  # that it replaces


@dataclass(frozen=True, slots=True)
class Edited:
    """A source made of a solution by an edit at one of the solution's lines."""

    part: str
    line: int
    source: str


@cache
def edited(mistake: Mistake) -> Edited:
    """What a known mistake makes of its solution."""
    solution = solution_text(mistake.part)
    line = solution.count("\n", 0, span(mistake)[0]) + 1
    return Edited(mistake.part, line, mutant(mistake))


def places(submission: Submission, edit: Edited, read: FunctionsOf) -> tuple[Place, ...]:
    """The lines of the submission that an edit points at; none where there is no such name."""
    region = _region(edit)
    given = _given(edit.part)
    cells = list(_cells(submission, edit.part)) if region.name else []
    for path, cell, text in cells:
        function = _function(read(text), region.name, edit.part)
        if function is None:
            continue
        lines = [line.strip() for line in text.split("\n")]
        own = _own(function, lines, given)
        if own:
            found = _lines(own, region, ALIKE) or [(function.first, function.last)]
            return tuple(Place(path, a, b, _line(text, a, b), cell) for a, b in found)
        break  # all of it was given: the mistake is somewhere else
    region = replace(region, usual=_solution(edit.part))
    for path, cell, text in cells:
        lines = [line.strip() for line in text.split("\n")]
        own = [s for f in read(text) for s in _own(f, lines, given)]
        if found := _lines(own[:MOST_STATEMENTS], region, ALIKE_ELSEWHERE):
            return tuple(Place(path, a, b, _line(text, a, b), cell) for a, b in found)
    return ()


def written(submission: Submission, edit: Edited, read: FunctionsOf) -> bool:
    """Whether the student's function has, word for word, the statements that an edit writes.

    And none of those that it replaces. Where the edit only leaves statements out, every other
    statement has to be the solution's.
    """
    region = _region(edit)
    wrong = set(region.wrong) - {"pass"}  # stands where an edit leaves a statement out
    for _, _, text in _cells(submission, edit.part) if region.name else ():
        function = _function(read(text), region.name, edit.part)
        if function is not None:
            own = {statement.tokens for statement in function.statements}
            if not wrong:
                return {s for s in own if not _is_idle(s)} == set(region.usual)
            return own >= wrong and own.isdisjoint(region.right)
    return False


def _is_idle(tokens: str) -> bool:
    """Whether a statement does nothing: ``pass``, or ``state = state``."""
    target, _, value = tokens.partition(" = ")
    return tokens == "pass" or target == value


def _own(function: ReadFunction, lines: list[str], given: frozenset[str]) -> list[ReadStatement]:
    """The statements of a function that are not lines of the starter."""
    return [
        statement
        for statement in function.statements
        if not given.issuperset(lines[statement.first - 1 : statement.last])
    ]


def _lines(own: list[ReadStatement], region: _Region, alike: float) -> list[tuple[int, int]]:
    """The statements that are clearly most like the mistaken ones; of each of those one."""
    found: list[tuple[int, int]] = []
    for tokens in region.wrong:
        scored = sorted(((_alike(s.tokens, tokens), -s.first, i) for i, s in enumerate(own)))[::-1]
        likely = [(score, own[i]) for score, _, i in scored[:CANDIDATES] if score >= alike]
        likely = [
            (score, statement)
            for score, statement in likely
            if score > max((_alike(statement.tokens, left) for left in region.usual), default=0)
            and score >= max((_alike(statement.tokens, left) for left in region.right), default=0)
        ]
        if not likely or (len(likely) > 1 and likely[0][0] - likely[1][0] < CLEAR):
            continue
        place = (likely[0][1].first, likely[0][1].last)
        found += [place] if place not in found else []
    # More places than these are no longer a pointer.
    return sorted(found)[:3]


def _alike(one: str, other: str) -> float:
    return SequenceMatcher(None, one.split(" "), other.split(" "), False).ratio()


def _line(text: str, first: int, last: int) -> str:
    """The lines of a place, without their indentation; of many lines the first."""
    lines = text.split("\n")[first - 1 : last if last - first < 3 else first]
    return "\n".join(line.strip() for line in lines)[:MOST_CHARS]


# ---------------------------------------------------------------- the mistake's own place


_REGIONS: dict[tuple[str, int, bytes], _Region] = {}


def _region(edit: Edited) -> _Region:
    """The innermost function that the edit lies in; without a name where it lies in none."""
    # By a digest: to keep the sources of thousands of edits would take hundreds of megabytes.
    source = hashlib.blake2b(edit.source.encode(), digest_size=16).digest()
    key = (edit.part, edit.line, source)
    if key not in _REGIONS:
        _REGIONS[key] = _found_region(edit)
    return _REGIONS[key]


def _found_region(edit: Edited) -> _Region:
    inside = [f for f in _functions(edit.part) if f.first <= edit.line <= f.last]
    if not inside:
        return _Region("")
    before = max(inside, key=lambda function: len(function.name))
    after = _rewritten(edit, before)
    if after is None:
        return _Region(before.name)
    usual = Counter(s.tokens for s in before.statements)
    wrong = Counter(s.tokens for s in after.statements)
    # In this order, so that all edits of a function share its texts.
    return _Region(before.name, tuple(wrong - usual), tuple(usual & wrong), tuple(usual - wrong))


def _rewritten(edit: Edited, function: ReadFunction) -> ReadFunction | None:
    """What an edit makes of a function of the solution; None where it is no longer there."""
    right, wrong = solution_text(edit.part).split("\n"), edit.source.split("\n")
    start, behind = function.first - 1, len(right) - function.last
    if right[:start] == wrong[:start] and right[function.last :] == wrong[len(wrong) - behind :]:
        # Hundreds of edits lie within one function: to parse the whole file for each takes long.
        block = textwrap.dedent("\n".join(wrong[start : len(wrong) - behind]))
        found = functions_of(block)
        if found and function.name.endswith(found[0].name):
            return found[0]
    return {f.name: f for f in functions_of(edit.source)}.get(function.name)


@cache
def _functions(part: str) -> tuple[ReadFunction, ...]:
    """Of the solution; of two of one name the last."""
    return tuple({f.name: f for f in functions_of(solution_text(part))}.values())


@cache
def _solution(part: str) -> _Tokens:
    """Every statement of the solution's functions."""
    functions = functions_of(solution_text(part))
    return tuple(dict.fromkeys(s.tokens for f in functions for s in f.statements))


@cache
def _given(part: str) -> frozenset[str]:
    """The lines of the starter's file, without their indentation."""
    text = (ROOT / "starter" / f"{part}.py").read_text("utf-8")
    return frozenset(line.strip() for line in text.split("\n"))


# ---------------------------------------------------------------- reading source


def _cells(submission: Submission, part: str) -> Iterator[tuple[str, int, str]]:
    """Path, number of the cell (0 in a plain file) and text; the part's own files first."""
    own = submission.parts.get(part, ())
    order = {path: i for i, path in enumerate(own)}
    for source in sorted(submission.sources, key=lambda s: order.get(s.path, len(order))):
        notebook = source.path.endswith(".ipynb")
        for number, text in enumerate(source.cells, start=1):
            yield source.path, number if notebook else 0, text


def _function(functions: Sequence[ReadFunction], name: str, part: str) -> ReadFunction | None:
    """The function `name` of a file, however its name is spelled; the last definition counts."""
    older = next((dict(p.older_names) for p in PARTS if p.id == part), {})
    wanted = spelling(name)
    named = [(spelling(older.get(f.name, f.name)), f) for f in functions]
    exact = [f for n, f in named if n == wanted]
    method = "." + wanted.rpartition(".")[2]  # of a class of another name
    alike = [f for n, f in named if "." in wanted and n.endswith(method)]
    return exact[-1] if exact else alike[0] if len(alike) == 1 else None
