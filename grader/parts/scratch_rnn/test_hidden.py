"""Hidden checks of part scratch_rnn: other inputs, gradients, states, updates, directions."""

from __future__ import annotations

import numpy as np

from kit.plugin import check
from kit.runner import Runner
from parts.scratch_rnn import cases
from parts.scratch_rnn import checks as nets
from parts.scratch_rnn import checks_epoch as epoch
from parts.scratch_rnn import checks_training as training
from parts.scratch_rnn.checks_mixer import ENDS, HEADS, WINDOWS

RNN = ("scratch_rnn.rnn.shapes",)
MODULE = ("scratch_rnn.module.shapes",)


@check("scratch_rnn.get_params.small", needs=("scratch_rnn.get_params.shapes",), hidden=True)
def test_params_small(lab: Runner, draw: np.random.Generator) -> None:
    """权重是小的正态随机数，偏置为零 | weights are small and normal, biases zero"""
    nets.params_are_small(lab, draw)


@check("scratch_rnn.rnn.hidden", needs=RNN, hidden=True)
def test_rnn_hidden(lab: Runner, reference: Runner, draw: np.random.Generator) -> None:
    """换输入、T=1、B=1 时也正确 | right on other inputs, with T = 1, with B = 1"""
    # With T = 1 or B = 1, a squeeze drops an axis that must stay.
    for T, B, H, V in ((7, 2, 4, 6), (1, 3, 5, 7), (5, 1, 6, 4), (25, 2, 5, 7)):
        case = cases.scratch_case(draw, T, B, H, V)
        nets.rnn_agrees(lab, case, reference.rnn(**case))


@check("scratch_rnn.rnn.gradients", needs=RNN, hidden=True)
def test_rnn_gradients(lab: Runner, draw: np.random.Generator) -> None:
    """梯度经所有时间步传回 | gradients flow back through all time steps"""
    nets.gradients_reach(lab, cases.scratch_slopes(draw))
    nets.gradients_reach_far(lab, cases.scratch_far_slopes(draw))


@check("scratch_rnn.predict.hidden", hidden=True)
def test_predict_hidden(lab: Runner, draw: np.random.Generator) -> None:
    """换网络和开头也正确 | right with other networks and prefixes"""
    # A prefix of one character leaves nothing to warm the state with.
    for prefix, count in ((1, 8), (7, 12), (4, 1)):
        training.predicts(lab, training.prediction_case(draw, prefix, count))
    training.predicts(lab, training.prediction_case(draw, 3, 12, HEADS))
    stops = ".\n"
    training.predicts(lab, training.prediction_case(draw, 3, 26, WINDOWS, loud=1000.0, stops=stops))
    training.predicts(lab, training.prediction_case(draw, 24, 8, ENDS, loud=3e4))


@check("scratch_rnn.sequential.hidden", hidden=True)
def test_sequential_hidden(lab: Runner, draw: np.random.Generator) -> None:
    """换长度和批量也正确 | right for other lengths and batches"""
    # Lengths that B and T do not divide show what is done with the rest.
    for length, B, T in ((131, 2, 7), (90, 4, 3), (64, 1, 6)):
        training.reads_in_order(lab, draw, length, B, T)
    training.reads_to_the_end(lab, draw, "seq_data_iter_sequential")
    training.starts_anywhere(lab, draw, "seq_data_iter_sequential")


@check("scratch_rnn.random.hidden", hidden=True)
def test_random_hidden(lab: Runner, draw: np.random.Generator) -> None:
    """换长度和批量也正确 | right for other lengths and batches"""
    for length, B, T in ((131, 2, 4), (120, 4, 3), (150, 1, 6)):
        training.reads_at_random(lab, draw, length, B, T)
    training.reads_to_the_end(lab, draw, "seq_data_iter_random")
    training.starts_anywhere(lab, draw, "seq_data_iter_random")


@check("scratch_rnn.train_epoch.anew", hidden=True)
def test_state_is_new(lab: Runner, draw: np.random.Generator) -> None:
    """随机采样时每批重新初始化状态 | with random sampling each batch starts from begin_state"""
    # Both ways of the handout: a net of functions, and a module of torch.
    for kind in ("scratch", "module"):
        epoch.state_is_new(lab, cases.scratch_epoch_case(draw), kind)


@check("scratch_rnn.train_epoch.module_state", hidden=True)
def test_module_state(lab: Runner, draw: np.random.Generator) -> None:
    """nn.Module 的状态也要沿用并 detach | a module's state is kept and detached too"""
    for kind in ("module", "pair"):
        epoch.state_is_kept(lab, cases.scratch_epoch_case(draw, N=4, B=2, T=5), kind)


@check("scratch_rnn.train_epoch.updates", hidden=True)
def test_updates(lab: Runner, draw: np.random.Generator) -> None:
    """每批更新一次，用这一批的梯度 | one update a batch, with that batch's gradients"""
    for kind, updater in (("scratch", "function"), ("module", "optimizer")):
        epoch.updates_once(lab, cases.scratch_epoch_case(draw), kind, updater)


@check("scratch_rnn.train_epoch.clipping", hidden=True)
def test_clipped_updates(lab: Runner, draw: np.random.Generator) -> None:
    """更新用的是裁剪到 1 的梯度 | an update takes the gradient clipped to norm 1"""
    for kind, updater in (("scratch", "function"), ("module", "optimizer")):
        for case in (epoch.loud_case(draw), epoch.quiet_case(draw)):
            epoch.updates_in_full(lab, case, kind, updater)


@check("scratch_rnn.train_epoch.each_loss", hidden=True)
def test_each_loss(lab: Runner, draw: np.random.Generator) -> None:
    """loss 不取平均时也正确 | right where the loss gives one value a token"""
    epoch.reads_each_loss(lab, epoch.quiet_case(draw))


@check("scratch_rnn.module.gradients", needs=MODULE, hidden=True)
def test_module_gradients(lab: Runner, reference: Runner, draw: np.random.Generator) -> None:
    """RNNModel 的每个参数都得到梯度 | every parameter of RNNModel gets its gradient"""
    for kind, layers, directions in (("RNN", 1, 1), ("LSTM", 2, 1)):
        case = cases.module_case(draw, kind, layers, directions)
        nets.module_learns(lab, reference, case, draw)
    for kind in ("RNN", "LSTM", "GRU"):
        nets.module_learns(lab, reference, cases.module_far_case(draw, kind), draw, steps=1)


@check("scratch_rnn.module.hidden", needs=MODULE, hidden=True)
def test_module_hidden(lab: Runner, reference: Runner, draw: np.random.Generator) -> None:
    """LSTM、GRU、双向、多层也正确 | right for LSTM, GRU, two directions, more layers"""
    # The state's first axis is layers times directions, and an LSTM has two such states.
    for kind, layers, directions in (("LSTM", 1, 2), ("GRU", 2, 1), ("RNN", 2, 2), ("LSTM", 2, 1)):
        case = cases.module_case(draw, kind, layers, directions, B=2, T=5)
        nets.module_agrees(lab, case, reference.module(**case))


@check("scratch_rnn.module.begin_state_hidden", hidden=True)
def test_module_begin_state_hidden(lab: Runner, draw: np.random.Generator) -> None:
    """双向、多层时的初始状态 | the initial state with two directions and more layers"""
    # No two of the sizes are alike, so that one that is left out shows as itself.
    for kind, layers, directions in (("LSTM", 3, 2), ("GRU", 1, 2), ("RNN", 3, 1)):
        nets.module_begins(lab, cases.module_case(draw, kind, layers, directions), B=4)
