"""Public checks of part poems. The grader runs this same file and hidden checks as well."""

from __future__ import annotations

import numpy as np

from kit.fixtures import Public
from kit.plugin import check
from kit.runner import Runner
from parts.poems import cases, checks
from parts.poems import checks_model as model
from parts.poems import checks_text as text


@check("poems.process.vectors")
def test_vectors(lab: Runner, draw: np.random.Generator, contract: str) -> None:
    """每行诗变成 G、诗句、E 的下标序列 | each line becomes the indices of G, the line and E"""
    checks.vectors_agree(lab, checks.plain(cases.poem_lines(draw, 12), contract), None, contract)


@check("poems.process.maps")
def test_maps(lab: Runner, draw: np.random.Generator, contract: str) -> None:
    """两个词表互逆，下标从 0 连续 | the maps are inverse, with indices 0..V-1"""
    checks.maps_agree(lab, checks.plain(cases.poem_lines(draw, 12), contract), None, contract)


@check("poems.process.bom", advice=True)
def test_byte_order_mark(lab: Runner, draw: np.random.Generator, contract: str) -> None:
    """文件带 BOM 时也正确 | a byte order mark at the start of the file does no harm"""
    lines = checks.plain(cases.poem_lines(draw, 8), contract)
    checks.vectors_agree(lab, lines, b"\xef\xbb\xbf" + checks.encode(lines), contract)


@check("poems.process.blank_lines", advice=True)
def test_blank_lines(lab: Runner, draw: np.random.Generator, contract: str) -> None:
    """文件里有空行时也正确 | blank lines are left out"""
    lines = checks.plain(cases.poem_lines(draw, 8), contract)
    content = checks.encode([lines[0], "", *lines[1:], ""])
    checks.vectors_agree(lab, lines, content, contract)


@check("poems.process.ragged_lines", advice=True)
def test_ragged_lines(lab: Runner, draw: np.random.Generator, contract: str) -> None:
    """各行长短不一时也正确 | lines of unequal length are kept as they are"""
    lines = checks.plain(cases.poem_lines(draw, 8), contract)
    lines = [line[: len(line) - i % 3] for i, line in enumerate(lines)]
    checks.vectors_agree(lab, lines, None, contract)


@check("poems.process.empty_file", advice=True)
def test_empty_file(lab: Runner, contract: str) -> None:
    """空文件不报错 | an empty file gives no poems and no error"""
    checks.vectors_agree(lab, [], b"", contract)


@check("poems.model.lstm")
def test_lstm(lab: Runner, public: Public) -> None:
    """rnn_lstm 是两层 LSTM | rnn_lstm is an LSTM of two layers"""
    case, expected = public("poem")
    model.is_two_layer_lstm(lab, case, expected["lstm"])


@check("poems.forward.shapes")
def test_forward_shapes(lab: Runner, public: Public, contract: str) -> None:
    """forward 返回 (B*T, V) 的 logits | forward returns scores of shape (B*T, V)"""
    case, _ = public("poem")
    model.forward_shapes(lab, case, contract)


@check("poems.forward.values", needs=("poems.model.lstm", "poems.forward.shapes"))
def test_forward_values(lab: Runner, public: Public, contract: str) -> None:
    """forward 的 logits 正确 | forward computes the right scores"""
    case, expected = public("poem")
    model.forward_agrees(lab, case, expected["forward"], contract, reveal=True)


@check("poems.forward.test_row", needs=("poems.forward.shapes",))
def test_last_row(lab: Runner, draw: np.random.Generator, contract: str) -> None:
    """is_test 时只返回最后一行 | with is_test forward returns the last row alone"""
    model.last_row(lab, cases.poem_case(draw), contract)


@check("poems.forward.recurrent", needs=("poems.forward.shapes",))
def test_recurrent(lab: Runner, draw: np.random.Generator, contract: str) -> None:
    """前面的字影响后面，后面的不影响前面 | earlier characters act on later steps only"""
    model.remembers(lab, [cases.poem_changes(draw) for _ in range(5)], contract)


@check("poems.forward.gradients", needs=("poems.forward.shapes",))
def test_gradients(lab: Runner, draw: np.random.Generator, contract: str) -> None:
    """梯度传到词嵌入、LSTM 和 fc | gradients reach the embedding, the LSTM and fc"""
    model.gradients_reach(lab, cases.poem_slopes(draw), contract)
    model.gradients_reach_far(lab, cases.poem_far_slopes(draw), contract)


@check("poems.to_word.values")
def test_to_word(lab: Runner, draw: np.random.Generator, contract: str) -> None:
    """to_word 返回 logit 最大的字 | to_word gives the character with the largest score"""
    for spare in (False, True):
        text.names_the_largest(lab, draw, "山水风月花E鸟", spare, contract=contract)


@check("poems.to_word.spare", advice=True)
def test_to_word_spare(lab: Runner, draw: np.random.Generator, contract: str) -> None:
    """备用行的 logit 最大时也返回一个字 | the spare row is not the answer even if it scores most"""
    text.names_the_largest(lab, draw, "山水风月花E鸟", True, win=True, contract=contract)


@check("poems.batches")
def test_batches(lab: Runner, draw: np.random.Generator, contract: str) -> None:
    """y 是 x 的下一个字，不满的一批舍去 | y is x shifted by one; an incomplete batch is dropped"""
    text.begun(lab, contract)
    poems = cases.poem_batches(draw)
    for batch_size in (4, 11):
        text.batches_shift(lab, poems, batch_size)
    text.batches_shift(lab, cases.many_batches(draw), 3)


@check("poems.gen_poem.text")
def test_gen_poem(lab: Runner, draw: np.random.Generator, contract: str) -> None:
    """gen_poem 从 G 和开头写到 E | gen_poem writes from G and the begin word to E"""
    case = cases.poem_generator(draw)
    for begin_word in text.begin_words(case["ranking"], contract):
        text.writes(lab, case, begin_word, contract)
    text.stops(lab, case, case["ranking"][1], contract)


@check("poems.gen_poem.unknown", advice=True)
def test_gen_poem_unknown(lab: Runner, draw: np.random.Generator, contract: str) -> None:
    """开头的字不在词表中时也能写 | a begin word that is in no poem does no harm"""
    text.bears_unknown(lab, cases.poem_generator(draw), "龘", contract)


@check("poems.learning", needs=("poems.forward.shapes",))
def test_learning(
    lab: Runner, predictor: Runner | None, draw: np.random.Generator, contract: str
) -> None:
    """用你的模型训练后，能记住前面的字 | your model learns to remember"""
    model.learns(lab, cases.poem_learning_case(draw, contract), predictor, contract)
