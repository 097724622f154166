"""Read the catalogue of known mistakes and apply one to its solution."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from grader.errors import GraderError
from grader.reference import solution_path
from kit.text import Text

HERE = Path(__file__).resolve().parent

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


@cache
def catalogue(part: str) -> tuple[Mistake, ...]:
    """The known mistakes of `part`; none where there is no file for it."""
    path = HERE / f"{part}.yaml"
    if not path.exists():
        return ()
    try:
        entries = yaml.load(path.read_text("utf-8"), LOADER)
        found = tuple(Mistake(**entry, part=part) for entry in entries)
    except (yaml.YAMLError, ValidationError, TypeError) as error:
        raise _fault(f"{path.name}", str(error)) from error
    ids = [m.id for m in found]
    if twice := sorted({i for i in ids if ids.count(i) > 1}):
        raise _fault(path.name, f"the id {twice[0]} stands twice")
    return found


@cache
def mutant(mistake: Mistake) -> str:
    """The source of the solution with the mistake in it; a test sees that it is a program."""
    path = solution_path(mistake.part)
    source = path.read_text("utf-8")
    find, replace = mistake.find.strip("\n"), mistake.replace.strip("\n")
    if (count := source.count(find)) != 1:
        raise _fault(
            mistake.id,
            f"its `find` occurs {count} times in {path.name}, expected once; re-anchor it:\n{find}",
        )
    return source.replace(find, replace)


def _fault(where: str, what: str) -> GraderError:
    return GraderError(
        Text(f"错误目录 {where} 有问题：{what}", f"the catalogue of mistakes, {where}: {what}")
    )
