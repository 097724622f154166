"""Public checks of part numpy_rnn. The grader runs this same file and hidden checks as well."""

from __future__ import annotations

import numpy as np

from kit.cases import clip_case
from kit.fixtures import Public
from kit.plugin import check
from kit.runner import Runner
from parts.numpy_rnn import cases, checks
from parts.numpy_rnn import checks_gradient_check as gradient_check
from parts.numpy_rnn import checks_sample as sample
from parts.numpy_rnn.checks_learning import learns

SEED = "hellow"  # six characters of the sampling vocabulary


@check("numpy_rnn.forward.shapes")
def test_forward_shapes(lab: Runner, public: Public) -> None:
    """forward 返回的 logits 与 h_T 形状正确 | forward returns logits and h_T of the right shape"""
    case, _ = public("rnn")
    checks.forward_shapes(lab, case)


@check("numpy_rnn.forward.values", needs=("numpy_rnn.forward.shapes",))
def test_forward_values(lab: Runner, public: Public) -> None:
    """forward 的数值正确 | forward computes the right logits and last state"""
    case, expected = public("rnn")
    checks.forward_agrees(lab, case, expected["forward"], reveal=True)


@check("numpy_rnn.backward.values")
def test_backward_values(lab: Runner, public: Public) -> None:
    """backward 的五个梯度正确 | backward computes the five gradients"""
    case, expected = public("rnn")
    checks.gradients_agree(lab, case, expected["backward"], reveal=True)


@check("numpy_rnn.backward.dh0")
def test_backward_dh0(lab: Runner, public: Public) -> None:
    """backward 返回的 dh0 正确 | backward returns the gradient of the initial state"""
    case, expected = public("rnn")
    checks.gradients_agree(lab, case, expected["backward"], ("dh0",), reveal=True)


@check("numpy_rnn.backward.norms")
def test_backward_norms(lab: Runner, public: Public) -> None:
    """各时间步的梯度范数正确 | backward collects the gradient norms over t"""
    case, expected = public("rnn")
    checks.norms_agree(lab, case, expected["norms"], reveal=True)


@check("numpy_rnn.backward.accumulates")
def test_backward_accumulates(lab: Runner, public: Public) -> None:
    """梯度累加而不是覆盖 | gradients are added, not overwritten"""
    case, expected = public("rnn")
    checks.gradients_accumulate(lab, case, expected["backward"])


@check("numpy_rnn.forward_all.values")
def test_forward_all(lab: Runner, public: Public) -> None:
    """forward_all 给出每一步的 logits | forward_all computes the logits of every step"""
    case, expected = public("rnn")
    checks.forward_agrees(lab, case, expected["forward_all"], all_steps=True, reveal=True)


@check("numpy_rnn.backward_all.values")
def test_backward_all(lab: Runner, public: Public) -> None:
    """backward_all 的梯度正确 | backward_all computes the gradients of the loss at every step"""
    case, expected = public("rnn")
    names = (*checks.GRADIENTS, "dh0")
    checks.gradients_agree(lab, case, expected["backward_all"], names, all_steps=True, reveal=True)


@check("numpy_rnn.gradient_check.right")
def test_gradient_check_right(lab: Runner, draw: np.random.Generator) -> None:
    """gradient_check 只让正确的梯度通过 | gradient_check passes right gradients only"""
    gradient_check.gradient_check_passes(lab, draw)


@check("numpy_rnn.clip.values")
def test_clip(lab: Runner, draw: np.random.Generator) -> None:
    """clip_by_norm 按联合范数裁剪 | clip_by_norm clips by the joint norm"""
    checks.clips(lab, clip_case(draw, norm=12.0), max_norm=5.0)


@check("numpy_rnn.sample.text")
def test_sample_text(lab: Runner, draw: np.random.Generator) -> None:
    """sample 返回 seed 加 length 个字符 | sample returns the seed and length characters"""
    sample.sample_text(lab, cases.sampling_weights(draw), SEED, length=20)


@check("numpy_rnn.sample.frequencies", needs=("numpy_rnn.sample.text",), advice=True)
def test_sample_frequencies(lab: Runner) -> None:
    """各温度下抽到的频率正确 | the drawn frequencies are right at each temperature"""
    sample.sample_frequencies(lab, SEED)


@check("numpy_rnn.sample.large_logits", needs=("numpy_rnn.sample.text",), advice=True)
def test_sample_large_logits(lab: Runner, draw: np.random.Generator) -> None:
    """logits 很大时也不溢出 | large logits do not overflow in sample"""
    sample.sample_of_large_logits(lab, draw, SEED)


@check("numpy_rnn.learning")
def test_learning(lab: Runner, predictor: Runner | None, draw: np.random.Generator) -> None:
    """用你的前向和反向训练后，能记住前面的字 | a model trained by your code learns to remember"""
    learns(lab, cases.rnn_learning_case(draw), predictor)
