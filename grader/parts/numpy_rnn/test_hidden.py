"""Hidden checks of part numpy_rnn: as the public ones, on inputs drawn from the secret."""

from __future__ import annotations

import numpy as np

from kit.cases import Case, clip_case
from kit.data import Arguments
from kit.plugin import check
from kit.runner import Runner
from parts.numpy_rnn import cases, checks
from parts.numpy_rnn import checks_gradient_check as gradient_check
from parts.numpy_rnn import checks_long_text as long_text
from parts.numpy_rnn import checks_sample as sample

# Six characters, so that a state that is not warmed by them draws from another distribution.
SEED = "wholer"


def last_step(case: Case) -> Arguments:
    """The arguments of the backward probe for the loss at the last step."""
    return {name: case[name] for name in ("weights", "x", "h0", "dlogits")}


@check("numpy_rnn.forward.hidden", needs=("numpy_rnn.forward.shapes",), hidden=True)
def test_forward_hidden(lab: Runner, reference: Runner, hidden_cases: list[Case]) -> None:
    """forward 在其他输入上也正确 | forward is right on other inputs too"""
    for case in hidden_cases:
        inputs = {name: case[name] for name in ("weights", "x", "h0")}
        checks.forward_agrees(lab, case, reference.forward(**inputs))


@check("numpy_rnn.forward.repeatable", needs=("numpy_rnn.forward.shapes",), hidden=True)
def test_forward_repeatable(lab: Runner, draw: np.random.Generator) -> None:
    """两次调用之间不保留状态 | no state is kept between calls"""
    checks.forward_repeats(lab, cases.rnn_case(draw), cases.rnn_case(draw))


@check("numpy_rnn.backward.hidden", hidden=True)
def test_backward_hidden(lab: Runner, reference: Runner, hidden_cases: list[Case]) -> None:
    """backward 的五个梯度在其他输入上也正确 | the five gradients are right on other inputs too"""
    for case in hidden_cases:
        expected = reference.backward(**last_step(case))
        checks.gradients_agree(lab, case, expected)


@check("numpy_rnn.backward.dh0_hidden", hidden=True)
def test_dh0_hidden(lab: Runner, reference: Runner, hidden_cases: list[Case]) -> None:
    """dh0 在其他输入上也正确 | the gradient of the initial state is right on other inputs too"""
    for case in hidden_cases:
        checks.gradients_agree(lab, case, reference.backward(**last_step(case)), ("dh0",))


@check("numpy_rnn.backward.norms_hidden", hidden=True)
def test_norms_hidden(lab: Runner, reference: Runner, hidden_cases: list[Case]) -> None:
    """梯度范数在其他输入上也正确 | the gradient norms are right on other inputs too"""
    for case in hidden_cases:
        checks.norms_agree(lab, case, reference.backward(**last_step(case), norms=True))


@check("numpy_rnn.forward_all.hidden", hidden=True)
def test_forward_all_hidden(lab: Runner, reference: Runner, hidden_cases: list[Case]) -> None:
    """forward_all 在其他输入上也正确 | forward_all is right on other inputs too"""
    for case in hidden_cases:
        inputs = {name: case[name] for name in ("weights", "x", "h0")}
        expected = reference.forward(**inputs, all_steps=True)
        checks.forward_agrees(lab, case, expected, all_steps=True)


@check("numpy_rnn.backward_all.hidden", hidden=True)
def test_backward_all_hidden(lab: Runner, reference: Runner, hidden_cases: list[Case]) -> None:
    """backward_all 在其他输入上也正确 | backward_all is right on other inputs too"""
    names = (*checks.GRADIENTS, "dh0")
    for case in hidden_cases:
        inputs = {name: case[name] for name in ("weights", "x", "h0")}
        expected = reference.backward(**inputs, dlogits=case["dlogits_all"], all_steps=True)
        checks.gradients_agree(lab, case, expected, names, all_steps=True)


@check("numpy_rnn.gradient_check.finds_errors", hidden=True)
def test_gradient_check_finds(lab: Runner, draw: np.random.Generator) -> None:
    """gradient_check 找得出错误的梯度 | gradient_check finds each wrong gradient"""
    gradient_check.gradient_check_finds(lab, draw)


@check("numpy_rnn.gradient_check.thorough", hidden=True)
def test_gradient_check_thorough(lab: Runner, draw: np.random.Generator) -> None:
    """gradient_check 逐个元素、带符号地比较 | gradient_check compares each entry and its sign"""
    gradient_check.gradient_check_is_thorough(lab, draw)


@check("numpy_rnn.arrays_kept", needs=("numpy_rnn.forward.shapes",), hidden=True)
def test_arrays_kept(lab: Runner, draw: np.random.Generator) -> None:
    """不改动传入的数组和权重 | arrays that are passed in, and weights, stay as they are"""
    checks.arrays_are_kept(lab, cases.rnn_case(draw))


@check("numpy_rnn.gradient_check.restores", hidden=True)
def test_gradient_check_restores(lab: Runner, draw: np.random.Generator) -> None:
    """gradient_check 不改变权重 | gradient_check leaves the weights as they were"""
    gradient_check.gradient_check_restores(lab, draw)


@check("numpy_rnn.clip.hidden", hidden=True)
def test_clip_hidden(lab: Runner, draw: np.random.Generator) -> None:
    """不超限时不动，超限时只用一个系数 | untouched below the limit, one factor above it"""
    # Far below the limit and just below, far above it and just above: a wrong comparison shows.
    for norm, max_norm in ((0.4, 5.0), (3.0, 5.0), (40.0, 0.5), (6.0, 5.0)):
        checks.clips(lab, clip_case(draw, norm), max_norm, reveal=False)


@check("numpy_rnn.sample.distribution", hidden=True)
def test_sample_distribution(lab: Runner, reference: Runner, draw: np.random.Generator) -> None:
    """按 softmax(logits / temp) 抽样 | characters are drawn from softmax(logits / temp)"""
    # So many that a right sampler fails with a chance below 1e-9, and each known wrong one fails.
    temp, texts = 0.6, 333
    weights = sample.telling_weights(reference, draw, SEED, temp, texts)
    seeds = draw.integers(0, 2**31, texts).tolist()
    sample.sample_distribution(lab, reference, weights, SEED, temp=temp, rng_seeds=seeds)
    sample.sample_starts_from_zeros(lab, reference, draw)
    weights, seeds = sample.broad_weights(reference, draw, SEED), draw.integers(0, 2**31, 400)
    sample.sample_draws_every_character(lab, reference, weights, SEED, seeds.tolist())
    sample.sample_follows_constants(lab, draw)


@check("numpy_rnn.sample.memory", needs=("numpy_rnn.sample.text",), hidden=True)
def test_sample_memory(lab: Runner, reference: Runner, draw: np.random.Generator) -> None:
    """长文本也以整段为条件，不提前结束 | a long text depends on all of it and does not end early"""
    models = long_text.long_text_cases(reference, draw)
    long_text.sample_remembers(lab, reference, models, int(draw.integers(0, 2**31)))


@check("numpy_rnn.sample.rng", hidden=True)
def test_sample_rng(lab: Runner, draw: np.random.Generator) -> None:
    """只用传入的随机数生成器 | only the generator that is passed is used"""
    sample.sample_uses_rng(lab, cases.sampling_weights(draw), SEED)
    sample.sample_needs_no_rng(lab, cases.sampling_weights(draw), SEED)
