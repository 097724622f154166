"""Hidden checks of part poems: as the public ones, on files drawn from the secret."""

from __future__ import annotations

import numpy as np

from kit.plugin import check
from kit.runner import Runner
from parts.poems import cases, checks
from parts.poems import checks_model as model
from parts.poems import checks_text as text


@check("poems.process.hidden", hidden=True)
def test_process_hidden(lab: Runner, draw: np.random.Generator, contract: str) -> None:
    """换一份诗集也正确：罕见字、重复行、顺序 | right on another file: rare characters, repeats"""
    # Long lines, and many of them, show what is cut.
    for made in (cases.poem_lines(draw, 40), cases.long_lines(draw), cases.poem_lines(draw, 300)):
        lines = checks.plain(made, contract)
        checks.vectors_agree(lab, lines, None, contract)
        checks.maps_agree(lab, lines, None, contract)


@check("poems.process.line_ends", hidden=True)
def test_line_ends(lab: Runner, draw: np.random.Generator, contract: str) -> None:
    """CRLF 换行、末行无换行都正确 | right with CRLF and without a final newline"""
    # Students on Windows write and read files with CRLF.
    lines = checks.plain(cases.poem_lines(draw, 9), contract)
    for content in (checks.encode(lines, "\r\n"), checks.encode(lines, last=False)):
        checks.vectors_agree(lab, lines, content, contract)
        checks.maps_agree(lab, lines, content, contract)


@check("poems.process.stable", hidden=True)
def test_order_is_stable(
    lab: Runner, other_hash_seed: Runner, draw: np.random.Generator, contract: str
) -> None:
    """每次运行 Python，词表顺序都一样 | the vocabulary's order is the same in every run"""
    lines = checks.plain(cases.poem_lines(draw, 40), contract)
    checks.order_is_stable(lab, other_hash_seed, lines, contract)


@check("poems.forward.hidden", needs=("poems.model.lstm", "poems.forward.shapes"), hidden=True)
def test_forward_hidden(
    lab: Runner, reference: Runner, draw: np.random.Generator, contract: str
) -> None:
    """forward 在其他输入上也正确 | forward is right on other inputs too"""
    # With B = 1 or T = 1, a squeeze or a view of the wrong axis shows.
    for B, T in ((3, 6), (1, 5), (4, 1), (2, 9)):
        case = cases.poem_case(draw, B, T)
        expected = reference.forward(weights=case["weights"], x=case["x"])
        model.forward_agrees(lab, case, expected, contract)


@check("poems.forward.fresh_state", needs=("poems.forward.shapes",), hidden=True)
def test_fresh_state(lab: Runner, draw: np.random.Generator, contract: str) -> None:
    """每次调用都从零状态开始 | each call starts from zero states"""
    case = cases.poem_case(draw)
    others = [
        draw.integers(0, 7, size) for size in ((1, 4), (5, 3), (3, 4))
    ]  # the last: as many poems
    model.keeps_no_state(lab, case, others, contract)


@check("poems.gen_poem.memory", hidden=True)
def test_gen_poem_memory(lab: Runner, draw: np.random.Generator, contract: str) -> None:
    """长诗也以全文为条件，不提前结束 | a long poem depends on all of it and does not end early"""
    stop = "" if contract == "nndl" else "。"
    two_layers = model.has_two_layers(lab, cases.poem_case(draw))
    text.writes_on(lab, cases.poem_generator(draw, stop=stop), two_layers, contract)
