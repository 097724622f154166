"""Cases of many steps: what their sentences say is true, and float32 is precise enough."""

from __future__ import annotations

import inspect
from pathlib import Path

import numpy as np
import pytest
from handing_in import solution
from part_suites import run_suites
from quick import only

from grader.diagnosis import Mistake, catalogue, in_process, mutant
from grader.parts.extensions import conventions, test_hidden
from kit.outcomes import Verdict
from kit.runner import Runner
from parts.extensions import checks_layouts as layouts
from parts.extensions import checks_networks as networks
from parts.extensions.cases import BIRNN, GRU, Kind

LONG = "over a long text"
KINDS = {"gru": GRU, "birnn": BIRNN}


@pytest.fixture(scope="module")
def reference() -> Runner:
    return in_process("extensions", None)


def wrong_backwards() -> list[tuple[str, Mistake]]:
    """Each mistake that the hidden check of a network's gradients sees, and the network."""
    return [
        (kind, mistake)
        for mistake in catalogue("extensions")
        for kind in KINDS
        if f"extensions.{kind}.backward_hidden" in mistake.fails
    ]


def said(check: object, lab: Runner, reference: Runner, secret: int) -> str:
    """What a hidden check says of a hand-in; nothing if it passes."""
    try:
        inspect.unwrap(check)(lab, reference, np.random.default_rng(secret))  # type: ignore[arg-type]
    except Verdict as verdict:
        return verdict.text.en
    return ""


@pytest.mark.parametrize("secret", only(("0",), [0, 1]))
def test_only_what_is_right_over_a_short_text_is_said_to_be(reference: Runner, secret: int) -> None:
    """A mistake is wrong over a short text too where the public check sees it."""
    short = []
    for kind, mistake in wrong_backwards():
        check = getattr(test_hidden, f"test_{kind}_backward_hidden")
        short.append(f"extensions.{kind}.backward" in mistake.fails)
        sentence = said(check, in_process("extensions", mutant(mistake)), reference, secret)
        assert sentence, mistake.id
        assert (LONG in sentence) != short[-1], (mistake.id, sentence)
    assert len(set(short)) == 2


@pytest.mark.parametrize("id", ["gru_bias_mean", "birnn_one_direction_goes_back"])
def test_a_long_case_hides_no_usual_cause(id: str, secret_file: Path) -> None:
    (mistake,) = (m for m in catalogue("extensions") if m.id == id)
    results = run_suites("extensions", mutant(mistake), secret_file, explain=True)
    (check,) = (c for c in mistake.fails if c.endswith("backward_hidden"))
    assert id in [named.mistake for named in results[check].diagnosis]


SINGLE = """


def _single(network):
    make = network.__init__

    def __init__(self, vocab, hidden):
        make(self, vocab, hidden)
        for name, value in vars(self).items():
            if isinstance(value, np.ndarray):
                setattr(self, name, value.astype(np.float32))

    network.__init__ = __init__


_single(GRU)
_single(BiRNN)
"""


def in_single_precision() -> str:
    """The solution with weights, inputs, states and gradients in float32."""
    source = solution("extensions") + SINGLE
    for old, new in (
        ("h, caches = h0, []", "h, caches = h0.astype(np.float32), []"),
        ('("f", h0[0], X), ("b", h0[1], X[::-1])',
         '("f", h0[0].astype(X.dtype), X), ("b", h0[1].astype(X.dtype), X[::-1])'),
        ("np.eye(depth)", "np.eye(depth, dtype=np.float32)"),
        ("+= h_T.T @ dlogits", "+= h_T.T @ (dlogits := dlogits.astype(np.float32))"),
        ("+= np.hstack(list(h_T)).T @ dlogits",
         "+= np.hstack(list(h_T)).T @ (dlogits := dlogits.astype(np.float32))"),
    ):  # fmt: skip
        assert old in source
        source = source.replace(old, new)
    return source


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_float32_is_precise_enough_over_a_long_text(kind: Kind, reference: Runner) -> None:
    lab = in_process("extensions", in_single_precision())
    for secret in range(20):
        case = layouts.long_case(np.random.default_rng(secret), kind)
        expected = conventions.expected(reference, kind, case)
        own = layouts.placed(lab, kind, case)
        assert own is not None
        assert networks.run(lab, kind, own.case)["logits"].dtype == np.float32
        # Both compare by the tolerance of the check.
        assert layouts.forward_agrees(lab, kind, case, expected), secret
        assert layouts.backward_agrees(lab, kind, case, expected), secret
