"""Public checks of part char_lstm. The grader runs this same file and hidden checks as well."""

from __future__ import annotations

import numpy as np

from kit.fixtures import Public
from kit.plugin import check
from kit.runner import Runner
from parts.char_lstm import cases, checks
from parts.char_lstm import checks_text as texts
from parts.char_lstm.checks_learning import learns

SEED = "hello"  # of the sampling vocabulary
SHAPES = ("char_lstm.forward.shapes",)


@check("char_lstm.forward.shapes")
def test_forward_shapes(lab: Runner, public: Public) -> None:
    """forward 返回 logits (B,V) 与 hidden | forward returns logits (B,V) and hidden"""
    case, _ = public("char_forward")
    checks.forward_shapes(lab, case)


@check("char_lstm.forward.values", needs=SHAPES)
def test_forward_values(lab: Runner, public: Public) -> None:
    """forward 的 logits 正确 | forward computes the right logits"""
    case, expected = public("char_forward")
    checks.forward_agrees(lab, case, expected["forward"], reveal=True)


@check("char_lstm.forward.state", needs=SHAPES)
def test_forward_state(lab: Runner, public: Public) -> None:
    """返回的 hidden 能接着往下读 | the returned hidden continues the sequence"""
    case, expected = public("char_forward")
    checks.forward_continues(lab, case, checks.CUT, expected["continued"])


@check("char_lstm.train.losses")
def test_train_losses(lab: Runner, public: Public) -> None:
    """train 返回每轮的平均损失 | train returns the mean loss of each epoch"""
    case, expected = public("char_training")
    checks.losses_agree(lab, case, expected, reveal=True)


@check("char_lstm.train.gradients")
def test_train_gradients(lab: Runner, public: Public) -> None:
    """每一步的梯度只来自本批数据 | the gradients of a step are those of its batch alone"""
    case, expected = public("char_training")
    checks.gradients_agree(lab, case, expected)


@check("char_lstm.generate.text")
def test_generate_text(lab: Runner, draw: np.random.Generator) -> None:
    """generate 返回 seed 加 length 个字符 | generate returns the seed and length characters"""
    texts.generate_text(lab, cases.char_sampling_weights(draw), SEED, length=20)


@check("char_lstm.generate.frequencies", needs=("char_lstm.generate.text",), advice=True)
def test_generate_frequencies(lab: Runner) -> None:
    """各温度下抽到的频率正确 | the drawn frequencies are right at each temperature"""
    texts.generate_frequencies(lab, SEED)


@check("char_lstm.learning")
def test_learning(lab: Runner, predictor: Runner | None, draw: np.random.Generator) -> None:
    """用你的 train 训练后，模型能记住前面的字 | your train makes a model that remembers"""
    learns(lab, cases.char_learning_case(draw), predictor)
