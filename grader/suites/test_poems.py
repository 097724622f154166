"""Hidden checks of part poems: the public ones' questions, on files that the secret draws."""

from __future__ import annotations

from kit import cases
from kit.checks import poems as checks
from kit.plugin import check


@check("poems.process.hidden", hidden=True)
def test_process_hidden(lab, draw):
    """换一份诗集也正确：罕见字、重复行、顺序 | right on another file: rare characters, repeats"""
    lines = cases.poem_lines(draw, 40)
    checks.vectors_agree(lab, lines)
    checks.maps_agree(lab, lines)


@check("poems.process.line_ends", hidden=True)
def test_line_ends(lab, draw):
    """CRLF 换行、末行无换行都正确 | right with CRLF and without a final newline"""
    lines = cases.poem_lines(draw, 9)
    for content in (checks.encode(lines, "\r\n"), checks.encode(lines, last=False)):
        checks.vectors_agree(lab, lines, content)
        checks.maps_agree(lab, lines, content)


@check("poems.process.stable", hidden=True)
def test_order_is_stable(lab, twin, draw):
    """每次运行 Python，词表顺序都一样 | the vocabulary's order is the same in every run"""
    checks.order_is_stable(lab, twin, cases.poem_lines(draw, 40))
