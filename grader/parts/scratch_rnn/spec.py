"""The staff's side of the part ``scratch_rnn``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from grader.parts.scratch_rnn.library_layers import library_layers
from grader.parts.spec import AnswerFacts, PartSpec
from kit.fixtures import PUBLIC_SEED, flatten
from kit.runner import Runner
from parts.scratch_rnn.cases import module_case, scratch_case
from parts.scratch_rnn.checks import CUT


def publish(reference: Runner) -> dict[str, np.ndarray]:
    """The cases of the function ``rnn``, and of ``RNNModel`` around a GRU."""
    rng = np.random.default_rng(PUBLIC_SEED)
    case = scratch_case(rng)
    later = reference.continued(**case, cut=CUT)
    answers = {
        "rnn": {"outputs": reference.rnn(**case)["outputs"]},
        "continued": {"outputs": later["outputs"], "H": later["state"][0]},
    }
    found = flatten({"inputs": case, "expected": answers}, "scratch_rnn/")
    case = module_case(rng, "GRU")
    answer = reference.module(**case)
    answers = {"module": {"outputs": answer["outputs"], "h": answer["state"]}}
    return found | flatten({"inputs": case, "expected": answers}, "scratch_module/")


def _without_times(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer of ``epoch`` without its clock, and without the speed that ends what it returned.

    Both differ from run to run.
    """
    kept = {name: value for name, value in answer.items() if name not in ("seconds", "paused")}
    returned = kept.get("returned")
    if isinstance(returned, (list, tuple)) and len(returned) == 2:
        kept["returned"] = returned[0]
    return kept


def _two_batches(asked: Mapping[str, Any]) -> dict[str, Any]:
    """A shorter epoch; the second batch shows what is carried on."""
    return {name: asked[name][:2] for name in ("x", "y", "scales")}


SPEC = PartSpec(
    id="scratch_rnn",
    in_process=False,
    publish=publish,
    answers=AnswerFacts(
        unexplained=frozenset({"learn", "recall"}),
        costly={"epoch": 50},
        timeless={"epoch": _without_times},
        hurried={"epoch": {"pause": 0.0}},
        smaller={"epoch": _two_batches},
    ),
    notices=library_layers,
    shared_lines=(
        'MODULE = ("scratch_rnn.module.shapes",)',
        'RNN = ("scratch_rnn.rnn.shapes",)',
        "used = np.concatenate([p.ravel() for p in places])",
    ),
)
