"""The parts of the lab by their ids, found by their folders."""

from __future__ import annotations

import importlib
from functools import cache

from grader.parts.spec import PartSpec
from kit.contracts import PARTS


@cache
def spec_of(part: str) -> PartSpec:
    """The staff's side of `part`. It is imported when it is first asked for."""
    # By its id, so that no other module has to name a part.
    found = importlib.import_module(f"grader.parts.{part}.spec").SPEC
    assert isinstance(found, PartSpec)
    return found


def specs() -> tuple[PartSpec, ...]:
    """The staff's side of every part, in the order in which parts are shown."""
    return tuple(spec_of(part.id) for part in PARTS)
