"""Hidden checks of part extensions, all optional, on inputs drawn from the secret."""

from __future__ import annotations

import numpy as np

from grader.parts.extensions import conventions
from kit.cases import Case
from kit.data import Answer, Arguments
from kit.plugin import check
from kit.runner import Runner
from parts.extensions import cases, checks
from parts.extensions import checks_layouts as layouts
from parts.extensions.cases import BIRNN, GRU, Kind

LONGEST = 24
"""The characters of a line of an acrostic that no stop ends."""

PLATEAUS: tuple[tuple[list[float], Arguments], ...] = (
    ([1.0, 1.0, 1.0, 1.0], {"patience": 2}),
    ([2.0, 2.0, 1.0, 1.0, 1.0, 1.0], {"patience": 3}),
    ([4.0, 3.5, 3.0, 2.5, 2.0], {"patience": 2, "min_delta": 0.5}),
    ([4.0, 3.5, 3.5, 3.5], {"patience": 3, "min_delta": 0.5}),
    ([1.0, 2.0, 1.0, 0.5, 0.5, 0.5], {"patience": 2, "min_delta": 0.0}),
    ([1 - n / 512 for n in range(5)], {"patience": 2}),
)
"""Losses and options where exact ties or little decides; all numbers are exact in binary."""


@check("extensions.adam.hidden", hidden=True)
def test_adam_hidden(lab: Runner, reference: Runner, draw: np.random.Generator) -> None:
    """Adam 在其他参数下也正确 | Adam is right with other settings too"""
    made = (
        cases.adam_case(draw, 26),
        # Other settings than the defaults show a constant in the code; a large eps shows its place.
        cases.adam_case(draw, 5, lr=0.05, betas=[0.7, 0.95], eps=1e-3),
    )
    for case in made:
        checks.adam_agrees(lab, case, reference.adam(**case)["history"])


@check("extensions.early_stopping.hidden", hidden=True)
def test_early_stopping_hidden(lab: Runner, reference: Runner, draw: np.random.Generator) -> None:
    """提前停止在其他损失上也正确 | early stopping is right on other losses too"""
    # With min_delta 0 every improvement counts, with 0.3 hardly any does.
    rules = ((1, 0.0), (2, 0.1), (3, 0.02), (4, 0.3))
    given = [(cases.losses(draw, 40), {"patience": p, "min_delta": d}) for p, d in rules]
    given += PLATEAUS
    checks.stops_each_time(
        lab,
        [
            (losses, rule, reference.early_stopping(losses=losses, options=rule)["said"])
            for losses, rule in given
        ],
    )


@check("extensions.adam.keeps", hidden=True)
def test_adam_keeps(lab: Runner, draw: np.random.Generator) -> None:
    """Adam 不改动传入的梯度 | Adam leaves the gradients that it is given"""
    checks.adam_keeps_gradients(lab, cases.adam_case(draw, 4))


@check("extensions.cosine_decay.hidden", hidden=True)
def test_cosine_decay_hidden(lab: Runner, reference: Runner, draw: np.random.Generator) -> None:
    """余弦衰减在其他参数下也正确 | the cosine decay is right for other settings too"""
    made = []
    for total, warmup in ((20, 0), (31, 7), (100, 1)):
        # The borders of the warm-up and of the whole, where one step more or less shows.
        steps = {0, max(0, warmup - 1), warmup, total, *draw.integers(0, total, 4).tolist()}
        lr0 = float(draw.uniform(0.01, 1))
        made += [{"lr0": lr0, "step": s, "total": total, "warmup": warmup} for s in sorted(steps)]
    expected = reference.rates(name="cosine_decay", cases=made)["values"]
    checks.rates_agree(lab, "cosine_decay", made, expected)


def named(reference: Runner, kind: Kind, draw: np.random.Generator) -> tuple[Case, Answer]:
    """A case with the contract's weights, longer than the public one, and what is expected."""
    case = layouts.named_case(draw, kind, T=8, B=2, H=3, V=7)
    return case, conventions.expected(reference, kind, case)


def backward_hidden(lab: Runner, reference: Runner, kind: Kind, draw: np.random.Generator) -> None:
    """The gradients are right on a short text and then on a long one."""
    layouts.backward_hidden(lab, kind, *named(reference, kind, draw), draw)
    long = layouts.long_case(draw, kind)
    layouts.long_gradients_agree(lab, kind, long, conventions.expected(reference, kind, long))


@check("extensions.gru.forward_hidden", hidden=True)
def test_gru_forward_hidden(lab: Runner, reference: Runner, draw: np.random.Generator) -> None:
    """GRU 在其他输入上与参考实现一致 | the GRU agrees with the reference on other inputs"""
    made = named(reference, GRU, draw)
    layouts.decided(layouts.gru_forward(lab, *made, draw, reveal=False), GRU)


@check("extensions.gru.backward_hidden", hidden=True)
def test_gru_backward_hidden(lab: Runner, reference: Runner, draw: np.random.Generator) -> None:
    """GRU 在其他输入上梯度也正确 | the GRU's gradients are right on other inputs too"""
    backward_hidden(lab, reference, GRU, draw)


@check("extensions.birnn.forward_hidden", hidden=True)
def test_birnn_forward_hidden(lab: Runner, reference: Runner, draw: np.random.Generator) -> None:
    """BiRNN 在其他输入上与参考实现一致 | the BiRNN agrees with the reference on other inputs"""
    made = named(reference, BIRNN, draw)
    layouts.decided(layouts.birnn_forward(lab, *made, draw, reveal=False), BIRNN)


@check("extensions.birnn.backward_hidden", hidden=True)
def test_birnn_backward_hidden(lab: Runner, reference: Runner, draw: np.random.Generator) -> None:
    """BiRNN 在其他输入上梯度也正确 | the BiRNN's gradients are right on other inputs too"""
    backward_hidden(lab, reference, BIRNN, draw)


@check("extensions.acrostic.hidden", hidden=True)
def test_acrostic_hidden(lab: Runner, reference: Runner, draw: np.random.Generator) -> None:
    """藏头诗在其他字上也正确，最长 24 字 | other characters too, and no line above 24"""
    # Without a stop in the ring a line ends only at its 24 characters.
    for stops, count in ((3, 5), (0, 2), (1, 6)):
        lines: list[str] = []
        # Where the ring has a stop, some line ends at one.
        while not lines or (stops and min(map(len, lines)) == LONGEST):
            first, ring = "".join(draw.choice(list(cases.POETIC), count)), cases.ring(draw, stops)
            lines = reference.acrostic(first_characters=first, ring=ring)["lines"]
        checks.acrostic_agrees(lab, first, ring, lines)
