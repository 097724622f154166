"""Read the catalogue of known mistakes and apply one to its solution."""

from __future__ import annotations

from difflib import SequenceMatcher
from functools import cache
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from grader import PACKAGE
from grader.core.errors import GraderError
from grader.parts.reference import solution_path, solution_text
from kit.text import Text

HOME = PACKAGE / "parts"
"""Each part's mistakes lie in its folder here."""

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The one in C is ten times faster, where PyYAML was built with it."""


class _Hint(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    zh: Annotated[str, Field(min_length=4)]
    en: Annotated[str, Field(min_length=4)]


class Mistake(BaseModel):
    """One known mistake.

    `find` occurs exactly once in the solution (leading and trailing line ends aside) and is
    replaced by `replace`. `fails` are the checks that must fail then, and no others, except
    those that they block, and those of `may_fail`, which fail or not as the draw has it (the
    proof of learning of a model that learns slowly, say).
    """

    # Closed, because a mistyped `may_fail` would turn a draw into a fault of the suite.
    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
    find: str
    replace: str
    fails: Annotated[tuple[str, ...], Field(min_length=1)]
    may_fail: tuple[str, ...] = ()
    hint: _Hint
    seen: str = ""  # where it was met in the wild, if anywhere
    weak: bool = False  # shows little in a gradient; hidden cases are drawn so that it does
    part: str = ""  # the file's

    @property
    def text(self) -> Text:
        """The hint."""
        return Text(self.hint.zh, self.hint.en)


def parts() -> tuple[str, ...]:
    """The parts that have a catalogue."""
    return tuple(sorted(path.parent.name for path in HOME.glob("*/mistakes.yaml")))


@cache
def catalogue(part: str) -> tuple[Mistake, ...]:
    """The known mistakes of `part`; none where there is no file for it."""
    path = HOME / part / "mistakes.yaml"
    if not path.exists():
        return ()
    try:
        entries = yaml.load(path.read_text("utf-8"), LOADER)
        found = tuple(Mistake(**entry, part=part) for entry in entries)
    except (yaml.YAMLError, ValidationError, TypeError) as error:
        raise _fault(f"{part}/{path.name}", str(error)) from error
    ids = [m.id for m in found]
    if twice := sorted({i for i in ids if ids.count(i) > 1}):
        raise _fault(f"{part}/{path.name}", f"the id {twice[0]} occurs twice")
    return found


@cache
def mutant(mistake: Mistake) -> str:
    """The source of the solution with the mistake in it; a test sees that it is a program."""
    source = solution_text(mistake.part)
    start, end = span(mistake)
    return source[:start] + mistake.replace.strip("\n") + source[end:]


@cache
def span(mistake: Mistake) -> tuple[int, int]:
    """Where in the solution the edit is: the characters that it replaces."""
    source, find = solution_text(mistake.part), mistake.find.strip("\n")
    # Once and no more: elsewhere the same text may be right, and the mutant another mistake.
    if (count := source.count(find)) != 1:
        name = solution_path(mistake.part).name
        raise _fault(
            mistake.id,
            f"its `find` occurs {count} times in {name}, expected once; re-anchor it:\n{find}"
            f"\n{_anchors(source, find)}",
        )
    start = source.index(find)
    return start, start + len(find)


def both(one: Mistake, other: Mistake) -> str | None:
    """The solution with two mistakes in it; None where their edits overlap."""
    first, second = sorted((one, other), key=span)
    (a, b), (c, d) = span(first), span(second)
    # The second edit starts inside the first, whose text it no longer finds.
    if b > c:
        return None
    source = solution_text(one.part)
    made = first.replace.strip("\n"), second.replace.strip("\n")
    return source[:a] + made[0] + source[b:c] + made[1] + source[d:]


def _anchors(source: str, find: str) -> str:
    """The lines that an edit may mean: each place where it fits, or the one most like it."""
    lines, size = source.split("\n"), find.count("\n") + 1
    starts = [n for n in range(len(lines)) if find in "\n".join(lines[n : n + size])]
    fits = [n for n in starts if n + 1 not in starts or size == 1]
    if fits:
        return "it fits at the lines " + ", ".join(str(n + 1) for n in fits)
    first = max(
        range(len(lines) - size + 1),
        key=lambda n: SequenceMatcher(None, "\n".join(lines[n : n + size]), find).ratio(),
    )
    nearest = "\n".join(lines[first : first + size])
    return f"most like it is line {first + 1}:\n{nearest}"


def _fault(where: str, what: str) -> GraderError:
    return GraderError(
        Text(f"错误目录 {where} 有问题：{what}", f"the catalogue of mistakes, {where}: {what}")
    )
