"""What the walk over a syntax tree passes over holds no name."""

from __future__ import annotations

import ast

from grader import ROOT
from kit.statements import _children

PASSED_OVER = (ast.expr_context, ast.boolop, ast.operator, ast.unaryop, ast.cmpop)

RARE = """
async def f(a, /, b=1, *c, d: int = 2, **e):
    global g
    async with a as b, b: del b[0:1, ...]
    async for x in y: await z
    nonlocal_ = [i async for i in b if not -i and i or i < 1 < 2]
    match a:
        case {"k": A(0, y=None) as m, **rest} | [*_, 1]: g += 1
        case _ if (w := 3): raise a from b
    try: yield
    except* E as e: yield from x
    else: assert x, f"{x!r:{w}}"
    finally: lambda u, *v: {*u} if u else {1: 2 for _ in v}
"""


def test_only_operators_and_contexts_are_passed_over() -> None:
    kinds: set[type[ast.AST]] = set()
    sources = [path.read_text("utf-8") for path in sorted(ROOT.glob("solutions/*.py"))]
    for source in (*sources, RARE):
        for node in ast.walk(ast.parse(source)):
            wanted = [c for c in ast.iter_child_nodes(node) if not isinstance(c, PASSED_OVER)]
            assert _children(node) == wanted, ast.dump(node)
            kinds.add(type(node))
    assert len(kinds) > 70
