"""Public checks of part poems. The grader runs this very file, and hidden checks beside it."""

from __future__ import annotations

from kit import cases
from kit.checks import poems as checks
from kit.plugin import check


@check("poems.process.vectors")
def test_vectors(lab, draw):
    """每行诗变成 G、诗句、E 的下标序列 | each line becomes the indices of G, the line and E"""
    checks.vectors_agree(lab, cases.poem_lines(draw, 12))


@check("poems.process.maps")
def test_maps(lab, draw):
    """两个词表互逆，下标从 0 连续 | the maps are inverse, with indices 0..V-1"""
    checks.maps_agree(lab, cases.poem_lines(draw, 12))


@check("poems.process.bom", advice=True)
def test_byte_order_mark(lab, draw):
    """文件带 BOM 时也正确 | a byte order mark at the start of the file does no harm"""
    lines = cases.poem_lines(draw, 8)
    checks.vectors_agree(lab, lines, b"\xef\xbb\xbf" + checks.encode(lines))


@check("poems.process.blank_lines", advice=True)
def test_blank_lines(lab, draw):
    """文件里有空行时也正确 | blank lines are left out"""
    lines = cases.poem_lines(draw, 8)
    checks.vectors_agree(lab, lines, checks.encode([lines[0], "", *lines[1:], ""]))


@check("poems.process.ragged_lines", advice=True)
def test_ragged_lines(lab, draw):
    """各行长短不一时也正确 | lines of unequal length are kept as they are"""
    lines = [line[: 12 - i % 3] for i, line in enumerate(cases.poem_lines(draw, 8))]
    checks.vectors_agree(lab, lines)


@check("poems.process.empty_file", advice=True)
def test_empty_file(lab):
    """空文件不报错 | an empty file gives no poems and no error"""
    checks.vectors_agree(lab, [], b"")
