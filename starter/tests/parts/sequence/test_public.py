"""Public checks of part sequence. The grader runs this same file and hidden checks as well."""

from __future__ import annotations

import numpy as np

from kit.fixtures import Public
from kit.plugin import check
from kit.runner import Runner
from parts.sequence import cases
from parts.sequence import checks as cells
from parts.sequence import checks_random as drawn
from parts.sequence import checks_tools as tools

MAT = ["the cat is on the mat", "there is a cat on the mat"]

BLEU = [  # candidate, references, max_n, score
    ("the the the the the the the", MAT, 1, 2 / 7),
    ("the cat is on", MAT[:1], 4, 0.60653066),
    ("the cat sat on the mat", MAT[:1], 2, 0.70710678),
    ("the cat sat on the mat", MAT[:1], 4, 0.0),
    ("a b c d e", ["a b c d", "a b c d e f"], 4, 1.0),
]


@check("sequence.lstm_forward.values")
def test_lstm_forward(lab: Runner, public: Public) -> None:
    """LSTM 前向一步正确 | one step of the LSTM forward is right"""
    case, expected = public("lstm")
    cells.lstm_agrees(lab, case, expected["forward"], reveal=True)


@check("sequence.lstm_backward.values")
def test_lstm_backward(lab: Runner, public: Public) -> None:
    """LSTM 反向的六个梯度正确 | the six gradients of the LSTM step are right"""
    case, expected = public("lstm")
    cells.lstm_backward_agrees(lab, case, expected["backward"], reveal=True)


@check("sequence.gru.values")
def test_gru(lab: Runner, public: Public) -> None:
    """GRU 前向一步正确 | one step of the GRU is right"""
    case, expected = public("gru")
    cells.gru_agrees(lab, case, expected, reveal=True)


@check("sequence.bilstm.values")
def test_bilstm(lab: Runner, public: Public) -> None:
    """双向 LSTM 的两半正确且按时间对齐 | both halves of the BiLSTM are right and aligned in time"""
    case, expected = public("bilstm")
    cells.bilstm_agrees(lab, case, expected, reveal=True)


@check("sequence.greedy.values")
def test_greedy(lab: Runner, draw: np.random.Generator) -> None:
    """greedy 返回最大值的下标 | greedy returns the index of the largest"""
    tools.is_greedy(lab, cases.greedy_case(draw))


@check("sequence.temperature.probs")
def test_temperature_probs(lab: Runner, draw: np.random.Generator) -> None:
    """带温度的概率正确 | the probabilities at a temperature are right"""
    for temperature in (0.5, 2.0, 0.1, 8.0):
        case = cases.temperature_case(draw, temperature)
        drawn.probabilities_agree(lab, "temperature", case, reveal=True)
    drawn.probabilities_agree(lab, "temperature", cases.many_case(draw), reveal=True)


@check("sequence.temperature.sample")
def test_temperature_sample(lab: Runner, draw: np.random.Generator) -> None:
    """按带温度的概率抽样 | draws follow the probabilities at the temperature"""
    made = [cases.temperature_draws_case(draw), cases.flat_temperature_case(draw)]
    made += [cases.many_case(draw), cases.rare_case(draw)]
    drawn.draws_agree(lab, "temperature", made, int(draw.integers(2**31)))


@check("sequence.top_k.probs")
def test_top_k_probs(lab: Runner, draw: np.random.Generator) -> None:
    """top-k 概率正确，其余为零 | the top-k probabilities are right, zero elsewhere"""
    for k in (3, 2):
        drawn.probabilities_agree(lab, "top_k", cases.top_k_case(draw, k), reveal=True)
    for k, V in ((1, 5), (6, 13)):
        drawn.probabilities_agree(lab, "top_k", cases.top_k_border_case(draw, k, V), reveal=True)
    drawn.probabilities_agree(lab, "top_k", cases.top_k_many_case(draw), reveal=True)


@check("sequence.top_k.sample")
def test_top_k_sample(lab: Runner, draw: np.random.Generator) -> None:
    """按 top-k 概率抽取词表下标 | draws follow the top-k probabilities, as vocabulary indices"""
    made = [cases.top_k_draws_case(draw, 3), cases.top_k_case(draw, 5, 11)]
    made.append(cases.top_k_many_case(draw))
    drawn.draws_agree(lab, "top_k", made, int(draw.integers(2**31)))


@check("sequence.pad.values")
def test_pad(lab: Runner, draw: np.random.Generator) -> None:
    """在后面补齐到最长的长度 | sequences are padded behind, up to the longest"""
    tools.pads(lab, cases.ragged_case(draw), reveal=True)
    tools.pads(lab, cases.ragged_case(draw, pad_value=-1), reveal=True)


@check("sequence.masked.loss")
def test_masked_loss(lab: Runner, public: Public) -> None:
    """只对真实词元求平均损失 | the loss is the mean over real tokens"""
    case, expected = public("masked")
    tools.masked_loss_agrees(lab, case, expected, reveal=True)


@check(
    "sequence.large_logits",
    needs=("sequence.temperature.probs", "sequence.top_k.probs", "sequence.masked.loss"),
    advice=True,
)
def test_large_logits(lab: Runner, draw: np.random.Generator) -> None:
    """logits 很大时也不溢出 | large logits do not overflow"""
    tools.large_logits_are_safe(lab, draw)


@check("sequence.masked.gradient")
def test_masked_gradient(lab: Runner, public: Public) -> None:
    """掩码交叉熵的梯度正确 | the gradient of the masked cross-entropy is right"""
    case, expected = public("masked")
    tools.masked_gradient_agrees(lab, case, expected, reveal=True)


@check("sequence.bucket.batches")
def test_buckets(lab: Runner, draw: np.random.Generator) -> None:
    """每个下标恰在一批中，批数最少 | each index is in one batch, no batch too many"""
    tools.buckets_cover(lab, draw.integers(1, 40, 23).tolist(), 5)
    tools.buckets_cover(lab, draw.integers(1, 40, 12).tolist(), 4)


@check("sequence.teacher_forcing.values")
def test_teacher_forcing(lab: Runner, draw: np.random.Generator) -> None:
    """ratio 为 1 和 0 时分别是目标和预测 | ratio 1 gives the targets, ratio 0 the predictions"""
    tools.forces(lab, cases.mixture_case(draw, 3, 5))


@check("sequence.perplexity.values")
def test_perplexity(lab: Runner, draw: np.random.Generator) -> None:
    """困惑度正确 | the perplexity is right"""
    values = [np.log([1 / 2, 1 / 4, 1 / 8]), np.full(5, -1.5)]
    expected = [4.0, float(np.exp(1.5))]
    for mean, count in zip(draw.uniform(0.5, 5, 3), (7, 7, 30)):
        spread = draw.uniform(-0.4, 0.4, count)
        values.append(spread - spread.mean() - mean)
        expected.append(float(np.exp(mean)))
    cases_ = [{"log_probs": v} for v in values]
    tools.values_agree(lab, "perplexity", cases_, expected, reveal=True)


@check("sequence.bleu.values")
def test_bleu(lab: Runner) -> None:
    """BLEU 与论文的例子一致 | BLEU agrees with worked examples"""
    cases_ = [
        {"candidate": c.split(), "references": [r.split() for r in refs], "max_n": n}
        for c, refs, n, _ in BLEU
    ]
    tools.values_agree(lab, "bleu", cases_, [score for *_, score in BLEU], reveal=True)


@check("sequence.dropout.rests")
def test_dropout_rests(lab: Runner, draw: np.random.Generator) -> None:
    """不训练时原样返回 | nothing is dropped when not training"""
    tools.dropout_rests(lab, draw.normal(0, 1, (4, 6)), 0.4)


@check("sequence.dropout.values")
def test_dropout_values(lab: Runner, draw: np.random.Generator) -> None:
    """训练时保留的元素除以 1 - p | what is kept while training is divided by 1 - p"""
    tools.dropout_scales(lab, draw.normal(0, 1, (20, 30)), 0.3)


@check("sequence.layer_norm.values")
def test_layer_norm(lab: Runner, public: Public) -> None:
    """层归一化正确 | layer normalisation is right"""
    case, expected = public("layer_norm")
    tools.layer_norm_agrees(lab, case, expected, reveal=True)
