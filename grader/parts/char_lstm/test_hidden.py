"""Hidden checks of part char_lstm: other inputs, the clipped step, the distribution."""

from __future__ import annotations

import numpy as np

from kit.plugin import check
from kit.runner import Runner
from parts.char_lstm import cases, checks
from parts.char_lstm import checks_text as texts

SEED = "wh"  # short, so that a window of this length soon forgets something
SHAPES = ("char_lstm.forward.shapes",)


@check("char_lstm.forward.hidden", needs=SHAPES, hidden=True)
def test_forward_hidden(lab: Runner, reference: Runner, draw: np.random.Generator) -> None:
    """换输入、给定 hidden、T=1 时也正确 | right on other inputs, with a state given, with T = 1"""
    # With T = 1 or B = 1, a squeeze drops an axis that must stay.
    for case in (
        cases.char_case(draw, T=7, B=3, L=2, state=True),
        cases.char_case(draw, T=1, B=3, L=2),
        cases.char_case(draw, T=4, B=1, L=1, state=True),
        cases.char_case(draw, T=25, B=2, L=2),
    ):
        inputs = {name: case[name] for name in ("weights", "x", "state") if name in case}
        checks.forward_agrees(lab, case, reference.forward(**inputs))
    checks.state_counts_while_training(lab, cases.char_case(draw, T=4, B=3, L=2, state=True))


@check("char_lstm.train.clip", hidden=True)
def test_train_clip(lab: Runner, reference: Runner, draw: np.random.Generator) -> None:
    """更新之前按联合范数裁剪梯度 | gradients are clipped by their joint norm before the step"""
    checks.clips(lab, *checks.loud_case(reference, draw))


@check("char_lstm.generate.distribution", hidden=True)
def test_generate_distribution(lab: Runner, reference: Runner, draw: np.random.Generator) -> None:
    """按 softmax(logits / temp) 抽样 | characters are drawn from softmax(logits / temp)"""
    # Not 1, so that a temperature that is ignored shows.
    rng_seed, temp = int(draw.integers(0, 2**31)), 0.5
    weights = texts.telling_weights(reference, draw, SEED, temp)
    texts.generate_distribution(lab, reference, weights, SEED, temp, rng_seed)
    weights = texts.broad_weights(reference, draw, SEED)
    texts.generate_whole_distribution(lab, reference, weights, SEED, rng_seed)
    texts.generate_follows_constants(lab, draw, rng_seed)


@check("char_lstm.generate.memory", hidden=True)
def test_generate_memory(lab: Runner, reference: Runner, draw: np.random.Generator) -> None:
    """长文本也以整段为条件，不提前结束 | a long text depends on all of it and does not end early"""
    rng_seed = int(draw.integers(0, 2**31))
    texts.generate_remembers(lab, reference, texts.long_case(reference, draw), rng_seed)


@check("char_lstm.forward.repeatable", needs=SHAPES, hidden=True)
def test_forward_repeatable(lab: Runner, draw: np.random.Generator) -> None:
    """没有给出 hidden 时从零状态开始 | without a hidden state forward starts from zeros"""
    checks.forward_repeats(lab, cases.char_case(draw, T=5, B=3, L=2, state=True))


@check("char_lstm.forward.gradients", needs=SHAPES, hidden=True)
def test_forward_gradients(lab: Runner, draw: np.random.Generator) -> None:
    """每个参数都得到梯度 | every parameter gets its gradient"""
    checks.forward_learns(lab, cases.char_case(draw, T=6, B=3, L=2), draw)
    checks.forward_learns_far(lab, cases.char_far_case(draw))


@check("char_lstm.generate.eval", hidden=True)
def test_generate_eval(lab: Runner, reference: Runner, draw: np.random.Generator) -> None:
    """生成时不做 dropout | there is no dropout while generating"""
    rng_seed = int(draw.integers(0, 2**31))
    weights = texts.restless_weights(reference, draw, SEED)
    texts.generate_without_dropout(lab, reference, weights, SEED, rng_seed)
