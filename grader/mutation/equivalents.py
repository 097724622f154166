"""Mutations that no input of the contract can tell from the solution, each with its proof.

A sentence in ``grader/parts/<part>/equivalents.yaml`` is half of it; the other half is that random
inputs of the contract show no difference, which a test tries.
"""

from __future__ import annotations

from functools import cache

import yaml

from grader import PACKAGE
from grader.core.errors import GraderError
from kit.text import Text

from .neighbourhood import Mutation, mutations

HOME = PACKAGE / "parts"


@cache
def equivalents(part: str) -> dict[str, str]:
    """Id of a mutation -> why it is equivalent; none where the part has no file."""
    path = HOME / part / "equivalents.yaml"
    if not path.exists():
        return {}
    entries = yaml.safe_load(path.read_text("utf-8")) or {}
    known = {m.id for m in mutations(part)}
    # A proof of what is no longer made proves nothing, and its mutation may be back under a new id.
    if stale := sorted(set(entries) - known):
        raise GraderError(
            Text(
                f"{part}/{path.name}：没有这个变异 {stale[0]}",
                f"{part}/{path.name}: there is no mutation {stale[0]}",
            )
        )
    return {str(id): str(proof) for id, proof in entries.items()}


def listed(part: str) -> tuple[Mutation, ...]:
    """The mutations of a part that are listed as equivalent."""
    return tuple(m for m in mutations(part) if m.id in equivalents(part))
