"""The staff's side of the part ``char_lstm``."""

from __future__ import annotations

import numpy as np

from grader.parts.spec import AnswerFacts, PartSpec
from kit.fixtures import PUBLIC_SEED, flatten
from kit.runner import Runner
from parts.char_lstm.cases import char_case, char_training_case
from parts.char_lstm.checks import CUT


def publish(reference: Runner) -> dict[str, np.ndarray]:
    """The cases of the part; every right way to start a batch of ``train`` is kept."""
    rng = np.random.default_rng(PUBLIC_SEED)
    case = char_case(rng)
    later = reference.continued(**case, cut=CUT)
    # The state of an LSTM is a pair; an .npz file holds only arrays.
    later |= dict(zip("hc", later.pop("hidden"), strict=True))
    logits = reference.forward(**case)["logits"]
    forward = {"inputs": case, "expected": {"forward": {"logits": logits}, "continued": later}}

    case = char_training_case(rng)
    answers = {
        "own": reference.right_steps(**case, epochs=2),
        "stand_in": reference.right_steps(**case, epochs=2, stand_in=True),
    }
    training = {"inputs": case, "expected": answers}
    return flatten(forward, "char_forward/") | flatten(training, "char_training/")


SPEC = PartSpec(
    id="char_lstm",
    in_process=False,
    publish=publish,
    # A model that the judge puts in place of the student's shows `train` by itself.
    answers=AnswerFacts(
        unexplained=frozenset({"learn", "recall"}),
        isolating={"stand_in": True},
        varied={"generate": lambda asked: {"temp": 3.0 if asked["temp"] < 1 else 0.5}},
    ),
    shared_lines=(
        'SHAPES = ("char_lstm.forward.shapes",)',
        'inputs = {name: case[name] for name in ("weights", "x", "state") if name in case}',
    ),
)
