"""Public checks of part scratch_rnn. The grader runs this same file and hidden checks as well."""

from __future__ import annotations

import numpy as np

from kit.cases import clip_case
from kit.fixtures import Public
from kit.plugin import check
from kit.runner import Runner
from parts.scratch_rnn import cases
from parts.scratch_rnn import checks as nets
from parts.scratch_rnn import checks_epoch as epoch
from parts.scratch_rnn import checks_training as training
from parts.scratch_rnn.checks_mixer import HEADS, MISTAKES

RNN = ("scratch_rnn.rnn.shapes",)
MODULE = ("scratch_rnn.module.shapes",)
WAYS = (*MISTAKES, *HEADS)
HIDDEN_WAYS = ("window 10",)  # these are what the hidden check is for


@check("scratch_rnn.get_params.shapes")
def test_params_shapes(lab: Runner) -> None:
    """get_params 返回五个需要梯度的张量 | get_params gives five tensors that require gradients"""
    nets.params_have_shapes(lab)


@check("scratch_rnn.init_state.zeros")
def test_init_state(lab: Runner) -> None:
    """初始状态是零张量的元组 | the initial state is a tuple of zeros"""
    nets.state_is_zero(lab)


@check("scratch_rnn.rnn.shapes")
def test_rnn_shapes(lab: Runner, public: Public) -> None:
    """rnn 返回 (T*B,V) 的输出和状态 | rnn returns outputs (T*B,V) and a state"""
    case, _ = public("scratch_rnn")
    nets.rnn_shapes(lab, case)


@check("scratch_rnn.rnn.values", needs=RNN)
def test_rnn_values(lab: Runner, public: Public) -> None:
    """rnn 的输出正确，按时间顺序 | rnn computes the right outputs, in time order"""
    case, expected = public("scratch_rnn")
    nets.rnn_agrees(lab, case, expected["rnn"], reveal=True)


@check("scratch_rnn.rnn.state", needs=RNN)
def test_rnn_state(lab: Runner, public: Public) -> None:
    """rnn 返回的状态能接着往下读 | the state that rnn returns continues the sequence"""
    case, expected = public("scratch_rnn")
    nets.rnn_continues(lab, case, {**expected["continued"], "state": [expected["continued"]["H"]]})


@check("scratch_rnn.model.call")
def test_model_call(lab: Runner, draw: np.random.Generator) -> None:
    """RNNModelScratch 把 X 变成独热向量 (T,B,V) | RNNModelScratch makes X one-hot, (T,B,V)"""
    case = cases.scratch_case(draw)
    nets.model_calls(lab, case | {"x": draw.integers(0, 7, (3, 6))})


@check("scratch_rnn.model.begin_state")
def test_model_begin_state(lab: Runner, draw: np.random.Generator) -> None:
    """begin_state 来自 init_state | begin_state is that of init_state"""
    nets.model_begins(lab, cases.scratch_params(draw))


@check("scratch_rnn.predict.values")
def test_predict(lab: Runner, draw: np.random.Generator) -> None:
    """predict 预热后逐个取最可能的字符 | predict warms up, then takes the likeliest characters"""
    training.predicts(lab, training.prediction_case(draw, 5, 10, WAYS, hides=HIDDEN_WAYS))


@check("scratch_rnn.clipping.scratch")
def test_clipping_scratch(lab: Runner, draw: np.random.Generator) -> None:
    """从零实现的网络：按联合范数裁剪 | a network from scratch: clipped by the joint norm"""
    for norm, theta in ((8.7, 2.0), (2.4, 2.0), (1.5, 2.0)):
        training.clips(lab, clip_case(draw, norm), theta, ("own", "scratch"))


@check("scratch_rnn.clipping.module")
def test_clipping_module(lab: Runner, draw: np.random.Generator) -> None:
    """nn.Module：按联合范数裁剪 | an nn.Module: clipped by the joint norm"""
    for norm, theta in ((8.7, 2.0), (2.4, 2.0), (1.5, 2.0)):
        training.clips(lab, clip_case(draw, norm), theta, ("module",))


@check("scratch_rnn.sequential.batches")
def test_sequential(lab: Runner, draw: np.random.Generator) -> None:
    """顺序分区：每行接着上一批 | sequential: each row continues the batch before"""
    training.reads_in_order(lab, draw, length=200, B=3, T=5)


@check("scratch_rnn.random.batches")
def test_random(lab: Runner, draw: np.random.Generator) -> None:
    """随机采样：片段打乱，Y 是下一个词元 | random: shuffled pieces, Y one token later"""
    training.reads_at_random(lab, draw, length=200, B=3, T=5)


@check("scratch_rnn.train_epoch.perplexity")
def test_perplexity(lab: Runner, draw: np.random.Generator) -> None:
    """train_epoch 返回困惑度 | train_epoch returns the perplexity"""
    epoch.perplexity_agrees(lab, cases.scratch_epoch_case(draw))


@check("scratch_rnn.train_epoch.speed")
def test_speed(lab: Runner, draw: np.random.Generator) -> None:
    """train_epoch 返回每秒词元数 | train_epoch returns tokens a second"""
    epoch.speed_agrees(lab, cases.scratch_epoch_case(draw))


@check("scratch_rnn.train_epoch.state")
def test_state_is_kept(lab: Runner, draw: np.random.Generator) -> None:
    """顺序分区时沿用状态并 detach | sequential batches keep the state, detached"""
    epoch.state_is_kept(lab, cases.scratch_epoch_case(draw))


@check("scratch_rnn.module.shapes")
def test_module_shapes(lab: Runner, public: Public) -> None:
    """RNNModel 返回 (T*B,V) 的 logits 和状态 | RNNModel returns scores (T*B,V) and a state"""
    case, _ = public("scratch_module")
    nets.module_shapes(lab, case)


@check("scratch_rnn.module.values", needs=MODULE)
def test_module_values(lab: Runner, public: Public) -> None:
    """RNNModel 的 logits 正确 | RNNModel computes the right scores"""
    case, expected = public("scratch_module")
    state = [expected["module"]["h"]]
    right = {"outputs": expected["module"]["outputs"], "state": state}
    nets.module_agrees(lab, case, right, reveal=True)


@check("scratch_rnn.module.begin_state")
def test_module_begin_state(lab: Runner, draw: np.random.Generator) -> None:
    """RNN、GRU、LSTM 的初始状态 | the initial state for RNN, GRU and LSTM"""
    for kind in ("RNN", "GRU", "LSTM"):
        nets.module_begins(lab, cases.module_case(draw, kind))


@check("scratch_rnn.learning")
def test_learning(lab: Runner, predictor: Runner | None, draw: np.random.Generator) -> None:
    """用你的 train_epoch 训练后，你的网络学会了预测 | your network learns by your train_epoch"""
    training.learns(lab, cases.scratch_learning_case(draw), predictor)
