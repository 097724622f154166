"""The staff's side of the part ``numpy_rnn``."""

from __future__ import annotations

import numpy as np

from grader.parts.numpy_rnn import narrowing
from grader.parts.numpy_rnn.answers import same_errors, smaller_check
from grader.parts.numpy_rnn.hidden_cases import hidden_cases
from grader.parts.spec import AnswerFacts, Narrowing, NormOverTime, PartSpec, SelfCheck
from kit.fixtures import PUBLIC_SEED, flatten
from kit.runner import Runner
from kit.text import Text
from parts.numpy_rnn.cases import rnn_case


def publish(reference: Runner) -> dict[str, np.ndarray]:
    """The case of the network: the last step and every step."""
    case = rnn_case(np.random.default_rng(PUBLIC_SEED))
    forward = {name: case[name] for name in ("weights", "x", "h0")}
    last = forward | {"dlogits": case["dlogits"]}
    every = forward | {"dlogits": case["dlogits_all"], "all_steps": True}
    answers = {
        "forward": reference.forward(**forward),
        "backward": reference.backward(**last),
        "norms": {"norms": np.asarray(reference.backward(**last, norms=True)["norms"])},
        "forward_all": reference.forward(**forward, all_steps=True),
        "backward_all": reference.backward(**every),
    }
    return flatten({"inputs": case, "expected": answers}, "rnn/")


# Appended to the solution and not a second solution, which would have to follow every change.
IN_SINGLE = """

_init_in_double = RNN.__init__


def _init_in_single(self, *args, **kwargs):
    _init_in_double(self, *args, **kwargs)
    for owner in (self, self.cell):
        for name, value in vars(owner).items():
            if isinstance(value, np.ndarray):
                setattr(owner, name, value.astype(np.float32))


RNN.__init__ = _init_in_single
_one_hot_in_double = one_hot


def one_hot(*args):
    return _one_hot_in_double(*args).astype(np.float32)
"""

SPEC = PartSpec(
    id="numpy_rnn",
    in_process=True,
    publish=publish,
    answers=AnswerFacts(
        unexplained=frozenset({"learn"}),
        implied=frozenset({"perturbed"}),
        costly={"gradient_check": 45, "sample": 120, "forward": 320, "backward": 320},
        smaller={"gradient_check": smaller_check},
        same={"gradient_check": same_errors},
        isolating={"caches_from": "cell"},
        varied={"sample": lambda asked: {"temp": 3.0 if asked["temp"] < 1 else 0.6}},
    ),
    hidden_cases=hidden_cases,
    narrowing=Narrowing(narrowing.question, narrowing.ask),
    self_check=SelfCheck(in_single=IN_SINGLE, weak="three_steps_back"),
    over_time={
        "backward": NormOverTime(
            "norms",
            Text("dL/dh_t 的范数（在批量上平均）", "the norm of dL/dh_t (its mean over the batch)"),
            lambda norms: norms,
        )
    },
    shared_lines=(
        "checks.gradients_agree(lab, case, expected)",
        'inputs = {name: case[name] for name in ("weights", "x", "h0")}',
        'names = (*checks.GRADIENTS, "dh0")',
    ),
)
