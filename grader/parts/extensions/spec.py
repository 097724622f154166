"""The staff's side of the part ``extensions``."""

from __future__ import annotations

import numpy as np

from grader.parts.spec import AnswerFacts, PartSpec
from kit.fixtures import PUBLIC_SEED, flatten
from kit.runner import Runner
from parts.extensions.cases import BIRNN, GRU, adam_case
from parts.extensions.checks_layouts import named_case

from . import conventions


def publish(reference: Runner) -> dict[str, np.ndarray]:
    """The cases of Adam and of the networks; a list of arrays is kept under the names a, b, c."""
    rng = np.random.default_rng(PUBLIC_SEED)

    def named(arrays: list[np.ndarray]) -> dict[str, np.ndarray]:
        # Arrays of several shapes do not fit into one.
        return dict(zip("abc", arrays, strict=True))

    def numbered(rows: list[list[np.ndarray]]) -> dict[str, dict[str, np.ndarray]]:
        return {str(n): named(row) for n, row in enumerate(rows)}

    case = adam_case(rng, 3)
    history = numbered(reference.adam(**case)["history"])
    adam = {"params": named(case["params"]), "steps": numbered(case["steps"])}
    found = flatten({"inputs": adam, "expected": {"history": history}}, "adam/")
    for kind in (GRU, BIRNN):
        case = named_case(rng, kind)
        stored = {"inputs": case, "expected": conventions.expected(reference, kind, case)}
        found |= flatten(stored, f"{kind.name.lower()}_network/")
    return found


SPEC = PartSpec(
    id="extensions",
    in_process=True,
    publish=publish,
    answers=AnswerFacts(implied=frozenset({"perturbed"}), costly={"forward": 200, "backward": 200}),
)
