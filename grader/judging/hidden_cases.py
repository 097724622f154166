"""The hidden cases of a part, kept in the process: submissions may share a secret."""

from __future__ import annotations

import hashlib
from collections import OrderedDict

import numpy as np

from grader.core.settings import Secret
from grader.diagnosis import catalogue, mutant
from grader.parts.reference import reference_runner, runner_on_source
from grader.parts.registry import spec_of
from kit.cases import Case

_DRAWN: OrderedDict[tuple[str, str], list[Case]] = OrderedDict()

MOST_DRAWN = 32
"""Of the parts and secrets last used. Where each submission has its own, none is used again."""


def hidden_cases(part: str, secret: Secret) -> list[Case]:
    """The cases that the hidden checks of `part` share, as the course's secret draws them."""
    draw = spec_of(part).hidden_cases
    assert draw is not None, f"{part} declares no hidden cases"
    seed = secret.seed(f"{part}.hidden_cases")
    # By a digest: from the seed itself the hidden inputs could be drawn.
    key = (part, hashlib.sha256(str(seed).encode()).hexdigest())
    if key not in _DRAWN:
        # Cases are redrawn until these mistakes show: points must not depend on the secret.
        weak = [runner_on_source(part, mutant(m)) for m in catalogue(part) if m.weak]
        _DRAWN[key] = draw(np.random.default_rng(seed), reference_runner(part), weak)
    _DRAWN.move_to_end(key)
    while len(_DRAWN) > MOST_DRAWN:
        _DRAWN.popitem(last=False)
    return _DRAWN[key]
