"""The staff's side of the part ``sequence``."""

from __future__ import annotations

import numpy as np

from grader.parts.spec import AnswerFacts, PartSpec
from kit.fixtures import PUBLIC_SEED, flatten
from kit.runner import Runner
from parts.sequence import cases


def publish(reference: Runner) -> dict[str, np.ndarray]:
    """The cases that are not drawn together with their right answers."""
    rng = np.random.default_rng(PUBLIC_SEED)
    lstm = cases.lstm_case(rng)
    gru, bilstm = cases.gru_case(rng), cases.bilstm_case(rng)
    masked = cases.masked_case(rng)
    layer = cases.layer_case(rng, (2, 3, 5), 0.01)
    step = {
        "forward": reference.lstm(inputs=lstm["inputs"]),
        "backward": reference.lstm_backward(**lstm),
    }
    stored = {
        "lstm": {"inputs": lstm, "expected": step},
        "gru": {"inputs": gru, "expected": reference.gru(inputs=gru)},
        "bilstm": {"inputs": bilstm, "expected": reference.bilstm(**bilstm)},
        "masked": {"inputs": masked, "expected": reference.cross_entropy(**masked)},
        "layer_norm": {"inputs": layer, "expected": reference.normalise(**layer, eps=None)},
    }
    return flatten(stored, "")


SPEC = PartSpec(
    id="sequence",
    in_process=True,
    publish=publish,
    answers=AnswerFacts(
        implied=frozenset({"lstm_moved", "lstm_restored"}),
        varied={
            # Backwards too: a draw that is always the same may be the likeliest of one order.
            "draw_with_temperature": lambda asked: {
                "temperature": 3.0 if asked["temperature"] < 1 else 0.5,
                "logits": asked["logits"][::-1].copy(),
            },
            "draw_top_k": lambda asked: {"k": asked["k"] - 1 if asked["k"] > 2 else 3},
        },
    ),
)
