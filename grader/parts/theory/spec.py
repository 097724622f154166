"""The staff's side of the part ``theory``."""

from __future__ import annotations

import numpy as np

from grader.parts.spec import AnswerFacts, NormOverTime, PartSpec
from kit.fixtures import PUBLIC_SEED, flatten
from kit.runner import Runner
from kit.text import Text
from parts.theory import cases


def publish(reference: Runner) -> dict[str, np.ndarray]:
    """The cases of the part."""
    rng = np.random.default_rng(PUBLIC_SEED)
    case, sums = cases.theory_case(rng), cases.delta_case(rng)
    immediate = {"h_prev": rng.uniform(-1, 1, 4), "places": cases.places(rng, 4)}
    answers = {
        "forward": reference.forward(weights=case["weights"], x=case["x"]),
        "delta": reference.delta(**case),
        "truncated": reference.truncated(**case, steps=3),
        "full": reference.truncated(**case, steps=len(case["x"])),
    }
    stored = {
        "theory": {"inputs": case, "expected": answers},
        "theory_immediate": {"inputs": immediate, "expected": reference.immediate(**immediate)},
        "theory_sums": {"inputs": sums, "expected": reference.summed(**sums)},
    }
    return flatten(stored, "")


SPEC = PartSpec(
    id="theory",
    in_process=True,
    publish=publish,
    answers=AnswerFacts(
        implied=frozenset({"moved"}), costly={"forward": 320}, isolating={"by_itself": True}
    ),
    over_time={
        "delta": NormOverTime(
            "delta",
            Text("dL_T/dz_t 的范数", "the norm of dL_T/dz_t"),
            lambda delta: np.linalg.norm(delta[-1], axis=-1),
        )
    },
)
