"""Hidden checks of part sequence: as the public ones, on inputs drawn from the secret."""

from __future__ import annotations

import numpy as np

from kit.plugin import check
from kit.runner import Runner
from parts.sequence import cases
from parts.sequence import checks as cells
from parts.sequence import checks_random as drawn
from parts.sequence import checks_tools as tools


@check("sequence.lstm_forward.hidden", hidden=True)
def test_lstm_forward_hidden(lab: Runner, reference: Runner, draw: np.random.Generator) -> None:
    """LSTM 前向在其他输入上也正确 | the LSTM step is right on other inputs too"""
    # Two sizes, so that no size of the public case can be written into the code.
    for sizes in ({}, {"B": 1, "E": 6, "H": 3}):
        case = cases.lstm_case(draw, **sizes)
        cells.lstm_agrees(lab, case, reference.lstm(inputs=case["inputs"]))


@check("sequence.lstm_backward.hidden", hidden=True)
def test_lstm_backward_hidden(lab: Runner, reference: Runner, draw: np.random.Generator) -> None:
    """LSTM 反向在其他输入上也正确 | the LSTM step's gradients are right on other inputs too"""
    for sizes in ({}, {"B": 2, "E": 6, "H": 3}):
        case = cases.lstm_case(draw, **sizes)
        cells.lstm_backward_agrees(lab, case, reference.lstm_backward(**case))


@check("sequence.gru.hidden", hidden=True)
def test_gru_hidden(lab: Runner, reference: Runner, draw: np.random.Generator) -> None:
    """GRU 在其他输入上也正确 | the GRU step is right on other inputs too"""
    for sizes in ({}, {"B": 1, "E": 6, "H": 3}):
        case = cases.gru_case(draw, **sizes)
        cells.gru_agrees(lab, case, reference.gru(inputs=case))


@check("sequence.bilstm.hidden", hidden=True)
def test_bilstm_hidden(lab: Runner, reference: Runner, draw: np.random.Generator) -> None:
    """双向 LSTM 在其他输入上也正确 | the BiLSTM is right on other inputs too"""
    # The long one shows a state that is lost on the way.
    for sizes in ({}, {"B": 2, "T": 4, "E": 7, "H": 3}, {"B": 2, "T": 26, "E": 3, "H": 4}):
        case = cases.bilstm_case(draw, **sizes)
        cells.bilstm_agrees(lab, case, reference.bilstm(**case))


@check("sequence.temperature.rng", hidden=True)
def test_temperature_rng(lab: Runner, draw: np.random.Generator) -> None:
    """temperature_sample 只用传入的 rng | temperature_sample uses the rng that is passed"""
    # Below 1, where a temperature that multiplies gives flatter probabilities: draws vary too.
    drawn.draws_by_rng(lab, "temperature", cases.temperature_case(draw, 0.5))


@check("sequence.top_k.rng", hidden=True)
def test_top_k_rng(lab: Runner, draw: np.random.Generator) -> None:
    """top_k_sample 只用传入的 rng | top_k_sample uses the rng that is passed"""
    drawn.draws_by_rng(lab, "top_k", cases.top_k_case(draw, 3))


@check("sequence.pad.max_len", hidden=True)
def test_pad_max_len(lab: Runner, draw: np.random.Generator) -> None:
    """给出 max_len 时截断或补齐到它 | with max_len sequences are cut or padded to it"""
    # Shorter than the longest sequence, and longer than all.
    for width in (4, 9):
        tools.pads(lab, cases.ragged_case(draw, width, pad_value=-7))


@check("sequence.pad.mask", hidden=True)
def test_pad_mask(lab: Runner, draw: np.random.Generator) -> None:
    """真实词元等于 pad_value 时 mask 仍为 True | the mask is true where a token equals pad_value"""
    # Tokens may be 0 here, which is the value of the padding too.
    for sizes in ((2, 3, 4, 5, 7), (3, 130, 11), tuple(range(2, 28))):
        tools.pads(lab, cases.ragged_case(draw, low=0, sizes=sizes))


@check("sequence.masked.hidden", hidden=True)
def test_masked_hidden(lab: Runner, reference: Runner, draw: np.random.Generator) -> None:
    """掩码交叉熵在其他输入上也正确 | the masked cross-entropy is right on other inputs too"""
    for B, T, V in ((4, 6, 5), (3, 4, 9), (2, 26, 5)):
        case = cases.masked_case(draw, B, T, V)
        expected = reference.cross_entropy(**case)
        tools.masked_loss_agrees(lab, case, expected)
        tools.masked_gradient_agrees(lab, case, expected)


@check("sequence.bucket.padding", hidden=True)
def test_bucket_padding(lab: Runner, draw: np.random.Generator) -> None:
    """长度相近的序列在同一批 | sequences of similar length share a batch"""
    # Counts that the batch size does not divide, one that it does, and one batch for all.
    for count, size in ((23, 5), (24, 6), (17, 1), (9, 20), (31, 3)):
        tools.buckets_save_padding(lab, draw.integers(1, 60, count).tolist(), size)


@check("sequence.teacher_forcing.distribution", hidden=True)
def test_teacher_forcing_distribution(lab: Runner, draw: np.random.Generator) -> None:
    """每个位置各自以概率 ratio 取目标 | each entry is the target with probability ratio"""
    # Two ratios, so that no fixed one can be written into the code.
    for ratio in (0.75, 0.3):
        case = cases.mixture_case(draw)
        drawn.mixture_is_drawn(lab, case, ratio, int(draw.integers(2**31)))


@check("sequence.teacher_forcing.rng", hidden=True)
def test_teacher_forcing_rng(lab: Runner, draw: np.random.Generator) -> None:
    """teacher_forcing_inputs 只用传入的 rng | teacher_forcing_inputs uses the rng that is passed"""
    drawn.mixture_by_rng(lab, cases.mixture_case(draw))


@check("sequence.bleu.hidden", hidden=True)
def test_bleu_hidden(lab: Runner, reference: Runner, draw: np.random.Generator) -> None:
    """BLEU 在其他句子上也正确 | BLEU is right on other sentences too"""
    made = cases.sentences(draw, 40)
    made += cases.brevity_cases(draw)
    made += cases.short_cases(draw)  # too short for some order
    expected = reference.metric(name="bleu", cases=made)["values"]
    tools.values_agree(lab, "bleu", made, expected)


@check("sequence.dropout.distribution", hidden=True)
def test_dropout_distribution(lab: Runner, draw: np.random.Generator) -> None:
    """每个元素各自以概率 p 丢弃 | each entry is dropped with probability p"""
    # On both sides of a half: there p and 1 - p lie apart, in either direction.
    for p in (0.3, 0.6):
        x = draw.normal(0, 1, (25, 40))
        drawn.dropout_is_drawn(lab, x, p, int(draw.integers(2**31)))


@check("sequence.dropout.rng", hidden=True)
def test_dropout_rng(lab: Runner, draw: np.random.Generator) -> None:
    """dropout_forward 只用传入的 rng | dropout_forward uses the rng that is passed"""
    drawn.dropout_by_rng(lab, draw.normal(0, 1, (25, 40)))


@check("sequence.arrays_kept", hidden=True)
def test_arrays_kept(lab: Runner, draw: np.random.Generator) -> None:
    """不改动传入的数组和列表 | arrays and lists that are passed in stay as they are"""
    tools.arrays_are_kept(lab, draw)


@check("sequence.layer_norm.hidden", hidden=True)
def test_layer_norm_hidden(lab: Runner, reference: Runner, draw: np.random.Generator) -> None:
    """层归一化在其他形状和 eps 下也正确 | layer normalisation is right for other shapes and eps"""
    # At scale 0.01 the variance is so small that the value and the place of eps show.
    for shape, scale, eps in (((5,), 0.01, None), ((2, 3, 4, 5), 3.0, None), ((4, 6), 0.01, 1e-3)):
        case = cases.layer_case(draw, shape, scale)
        tools.layer_norm_agrees(lab, case, reference.normalise(**case, eps=eps), eps)
