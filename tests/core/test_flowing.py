"""Lines of Chinese on a terminal."""

from __future__ import annotations

import io

import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from grader.core.flowing import Flowing

ZH = (
    "dWhh 的数值不对。偏差最大处 dWhh[0, 2]：你的结果 9.404，正确值 1.156。最大误差是正确数组最大"
    "绝对值（1.8）的 4.6 倍，容差 0.0001 倍；91% 的元素超出容差。"
)
EN = (
    "a sentence of plain words breaks at blanks, as it always did, and averyveryverylongword is cut"
)


def lines_of(text: str, width: int) -> list[str]:
    stream = io.StringIO()
    Console(file=stream, width=width, color_system=None).print(Flowing(Text(text)))
    return stream.getvalue().rstrip("\n").split("\n")


@pytest.mark.parametrize("width", [8, 20, 33, 60])
@pytest.mark.parametrize("text", [ZH, EN])
def test_lines_fit_and_nothing_is_lost(text: str, width: int) -> None:
    lines = lines_of(text, width)

    assert max(cell_len(line) for line in lines) <= width
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_chinese_fills_its_lines_and_punctuation_keeps_to_its_word() -> None:
    lines = lines_of(ZH, 40)

    assert all(cell_len(line) > 30 for line in lines[:-1])
    assert not any(line[0] in "，。；：）" or line[-1] in "（" for line in lines)


def test_lines_of_the_text_and_cells_of_a_table() -> None:
    assert lines_of("一\n\n二", 20) == ["一", "", "二"]
    table = Table(box=None, padding=0, show_header=False)
    table.add_row(Flowing(Text("很长的一句话" * 5)))
    stream = io.StringIO()
    Console(file=stream, width=20, color_system=None).print(table)
    assert [cell_len(line) for line in stream.getvalue().splitlines()] == [20, 20, 20]
