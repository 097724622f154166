"""The staff's side of the part ``poems``."""

from __future__ import annotations

import numpy as np

from grader.parts.poems.answers import same_vocabulary
from grader.parts.spec import AnswerFacts, PartSpec, SelfCheck, ThreadCount
from kit.fixtures import PUBLIC_SEED, flatten
from kit.runner import Runner
from parts.poems.cases import poem_case


def publish(reference: Runner) -> dict[str, np.ndarray]:
    """The case of the model."""
    case = poem_case(np.random.default_rng(PUBLIC_SEED))
    answers = {
        "lstm": {"output": reference.lstm(weights=case["weights"], **case["layer"])["output"]},
        "forward": reference.forward(weights=case["weights"], x=case["x"]),
    }
    return flatten({"inputs": case, "expected": answers}, "poem/")


# Asked by way of a probe, because only probes run in a worker.
THREAD_COUNT = ThreadCount(
    source="import torch\n\ndef to_word(*a, **k):\n    return str(torch.get_num_threads())\n",
    probe="to_word",
    arguments={"predict": np.zeros(2), "words": "ab", "poem": ""},
    entry="word",
)

SPEC = PartSpec(
    id="poems",
    in_process=False,
    publish=publish,
    answers=AnswerFacts(
        unexplained=frozenset({"learn", "recall"}),
        # A constant added to all scores changes no probability.
        up_to_softmax=frozenset({"scores", "row", "first", "between", "again", "moved"}),
        same={"process": same_vocabulary},
        isolating={"by_itself": True},
    ),
    # It reads a file and counts characters.
    torchless=frozenset({"process"}),
    self_check=SelfCheck(thread_count=THREAD_COUNT),
    shared_lines=(
        "checks.vectors_agree(lab, lines, None, contract)",
        "checks.vectors_agree(lab, lines, content, contract)",
    ),
)
