"""Edits of a student's source: each is another program, in the place that it names."""

from __future__ import annotations

import ast
from dataclasses import replace

import pytest
from handing_in import solution

from grader.protocol.codec import WireError
from grader.reader import edits
from grader.reader.edits import BOUND, ENTRY, Edit
from kit.contracts import PARTS

NAMES = frozenset({"f", "A.f"})

ODD = {
    "chinese names": "def f(权重, x):\n    隐藏 = 权重 @ x  # 乘法\n    return 隐藏 + 1\n",
    "windows": "def f(a, b):\r\n    c = a @ b\r\n    return c.T\r\n",
    "a form feed": "x = 1\n\x0cdef f(a, b):\n\tc = a - b\n\treturn c * 2\n",
    "one line": "def f(a, b): c = a - b; return c\n",
    "a loop first": (
        "class A:\n    def f(self, a):\n        for x in a: self.y += x\n        return a\n"
    ),
    "a text": 'def f(a):\n    return f"{a + 1} {a}" + "b" * a\n',
    "brackets": "def f(a, b):\n    return (a + b) * (a - b) ** 2\n",
}


def read(cells: tuple[str, ...], names: frozenset[str] = NAMES) -> tuple[Edit, ...]:
    return edits.unpacked(edits.read(cells, names), cells, names)


def put(cell: str, edit: Edit, text: str) -> str:
    return cell[: edit.start] + text + cell[edit.end :]


@pytest.mark.parametrize("source", ODD.values(), ids=ODD)
def test_every_edit_of_an_odd_source_is_another_program(source: str) -> None:
    found = read((source,))

    assert len(found) > 2
    assert [edit.kind for edit in found].count(ENTRY) == 1
    for edit in found:
        text = {ENTRY: f"raise E{edit.after}", BOUND: f"; print({edit.after})"}.get(
            edit.kind, edit.after
        )
        made = ast.parse(put(source, edit, text))
        assert ast.dump(made) != ast.dump(ast.parse(source))
        assert source[: edit.start].count("\n") + 1 == edit.line


@pytest.mark.parametrize("part", [part.id for part in PARTS])
def test_every_edit_of_a_solution_is_a_program(part: str) -> None:
    source = solution(part)
    blanks = frozenset(next(p for p in PARTS if p.id == part).blanks)

    found = [edit for edit in read((source,), blanks) if edit.kind not in (ENTRY, BOUND)]

    assert len(found) > 50
    for edit in found[::7]:
        ast.parse(put(source, edit, edit.after))


@pytest.mark.parametrize("source", ["def f(:", "x = 1", "def f(a):\n    pass\n" * 9_000, "(" * 500])
def test_what_is_no_program_or_has_no_end_gives_few_edits(source: str) -> None:
    assert len(read((source,))) <= edits.MAX_EDITS


def test_an_answer_that_does_not_fit_the_source_is_refused() -> None:
    cells = (ODD["brackets"],)
    sent = edits.read(cells, NAMES)
    bad = [
        replace(sent, functions=("g", *sent.functions[1:])),
        replace(sent, cells=(1, *sent.cells[1:])),
        replace(sent, ends=(10_000, *sent.ends[1:])),
        replace(sent, starts=(-1, *sent.starts[1:])),
        replace(sent, lines=sent.lines[1:]),
        replace(sent, kinds=(BOUND, *sent.kinds[1:])),
    ]
    for answer in bad:
        with pytest.raises(WireError):
            edits.unpacked(answer, cells, NAMES)
