"""Disguises of a copied file, and students who wrote a right solution each on their own.

For `bench/similarity.py` and its tests. A disguise changes the text alone and is never run.
Independent students are put together from `bench/fresh/right`: each blank as a different author's
rewrite has it, and never the same for two of them.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import itertools
import random
from collections.abc import Callable, Iterator
from typing import Any, Final

import fresh

CHINESE: Final = ("这里", "计算", "梯度", "隐藏", "状态", "循环", "每个", "时刻", "保存", "返回")
WORDS: Final = ("tmp", "val", "res", "cur", "item", "buf", "acc", "node", "中间", "结果", "临时")


# ---------------------------------------------------------------- disguises


class _Renamed(ast.NodeTransformer):
    def __init__(self, names: dict[str, str]) -> None:
        self._names = names

    def visit_Name(self, node: ast.Name) -> ast.AST:
        node.id = self._names.get(node.id, node.id)
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.arg = self._names.get(node.arg, node.arg)
        return self.generic_visit(node)

    def visit_keyword(self, node: ast.keyword) -> ast.AST:
        node.arg = self._names.get(node.arg or "", node.arg)
        return self.generic_visit(node)


def renamed(text: str, rng: random.Random) -> str:
    """Every local name and parameter has another name; comments are gone."""
    tree = ast.parse(text)
    fixed = {*dir(builtins), "self", "np", "th", "torch", "nn"}
    for node in tree.body:
        for part in (
            (node,) if isinstance(node, (ast.FunctionDef, ast.ClassDef)) else ast.walk(node)
        ):
            fixed |= {
                getattr(part, "name", ""),
                getattr(part, "id", ""),
                getattr(part, "asname", ""),
            }
    local = {
        n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
    local |= {n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)}
    names = {
        name: f"{rng.choice(WORDS)}{number}" for number, name in enumerate(sorted(local - fixed))
    }
    return ast.unparse(_Renamed(names).visit(tree))


def reordered(text: str, rng: random.Random) -> str:
    """Functions and methods in another order; neighbouring assignments exchanged where they may."""
    tree = ast.parse(text)
    for node in (tree, *ast.walk(tree)):
        body = getattr(node, "body", None)
        if not isinstance(body, list):
            continue
        defined = [n for n in body if isinstance(n, ast.FunctionDef)]
        rng.shuffle(defined)
        in_order = iter(defined)
        body[:] = [next(in_order) if isinstance(n, ast.FunctionDef) else n for n in body]
        for at in range(len(body) - 1):
            one, two = body[at], body[at + 1]
            simple = all(isinstance(n, (ast.Assign, ast.AugAssign)) for n in (one, two))
            if simple and not (_stored(one) & _named(two) or _stored(two) & _named(one)):
                body[at], body[at + 1] = two, one
    return ast.unparse(tree)


def _stored(node: ast.AST) -> set[str]:
    return {
        ast.unparse(n)
        for n in ast.walk(node)
        if isinstance(n, (ast.Name, ast.Attribute)) and isinstance(n.ctx, ast.Store)
    }


def _named(node: ast.AST) -> set[str]:
    return {ast.unparse(n) for n in ast.walk(node) if isinstance(n, (ast.Name, ast.Attribute))}


def translated(text: str, rng: random.Random) -> str:
    """Other comments, in Chinese, at other lines; docstrings replaced."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and ast.get_docstring(node):
            node.body[0] = ast.Expr(ast.Constant("".join(rng.choices(CHINESE, k=6))))
    made = []
    for line in ast.unparse(ast.fix_missing_locations(tree)).split("\n"):
        if line.strip() and rng.random() < 0.4:
            indent = line[: len(line) - len(line.lstrip())]
            made.append(f"{indent}# {''.join(rng.choices(CHINESE, k=4))}")
        made.append(line)
    return "\n".join(made)


class _Looped(ast.NodeTransformer):
    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.op, ast.MatMult):
            left, right = ast.unparse(node.left), ast.unparse(node.right)
            made = f"np.stack([row @ ({right}) for row in {left}])"
            return ast.parse(made, mode="eval").body
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if ast.unparse(node.func).endswith("einsum") and len(node.args) == 3:
            left, right = ast.unparse(node.args[1]), ast.unparse(node.args[2])
            made = f"np.stack([(row[:, None] * {right}).sum(0) for row in {left}])"
            return ast.parse(made, mode="eval").body
        return node


def looped(text: str, rng: random.Random) -> str:
    """A loop over rows for each matrix product and einsum; names changed as well."""
    return renamed(ast.unparse(ast.fix_missing_locations(_Looped().visit(ast.parse(text)))), rng)


def split(text: str, rng: random.Random) -> str:
    """The first half of each longer function as a helper; names changed as well."""
    tree = ast.parse(text)
    helpers: list[ast.stmt] = []
    for node in [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]:
        body = node.body[1:] if ast.get_docstring(node) else node.body
        half = body[: len(body) // 2]
        leaving = (ast.Return, ast.Yield, ast.FunctionDef, ast.Nonlocal)
        if len(body) < 4 or any(isinstance(p, leaving) for s in half for p in ast.walk(s)):
            continue
        stored = sorted({n.id for s in half for n in ast.walk(s)
                         if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)})  # fmt: skip
        used = {n.id for s in half for n in ast.walk(s) if isinstance(n, ast.Name)}
        taken = sorted(used & {a.arg for a in ast.walk(node) if isinstance(a, ast.arg)})
        if not stored:
            continue
        results, name = ", ".join(stored), f"_part_{len(helpers)}"
        head = ast.parse(f"def {name}({', '.join(taken)}):\n    return {results}").body[0]
        assert isinstance(head, ast.FunctionDef)
        head.body[:0] = half
        helpers.append(head)
        call = ast.parse(f"{results} = {name}({', '.join(taken)})").body[0]
        rest = body[len(half) :]
        node.body[:] = [call, *rest]
    at = next(
        (i for i, n in enumerate(tree.body) if isinstance(n, (ast.FunctionDef, ast.ClassDef))), 0
    )
    tree.body[at:at] = helpers
    return renamed(ast.unparse(ast.fix_missing_locations(tree)), rng)


def mixed(text: str, other: str, rng: random.Random) -> str:
    """Every second function of `text` replaced by that of another student; names changed."""
    tree, theirs = ast.parse(text), _functions(ast.parse(other))
    for number, (name, node) in enumerate(sorted(_functions(tree).items())):
        if number % 2 and name in theirs:
            node.args, node.body = theirs[name].args, theirs[name].body
    return renamed(ast.unparse(ast.fix_missing_locations(tree)), rng)


def _functions(tree: ast.Module) -> dict[str, ast.FunctionDef]:
    found = {n.name: n for n in tree.body if isinstance(n, ast.FunctionDef)}
    for node in (n for n in tree.body if isinstance(n, ast.ClassDef)):
        found |= {f"{node.name}.{n.name}": n for n in node.body if isinstance(n, ast.FunctionDef)}
    return found


DISGUISES: Final[dict[str, Callable[[str, random.Random], str]]] = {
    "as it is": lambda text, _: text,
    "renamed": renamed,
    "reordered": reordered,
    "translated comments": translated,
    "loop for einsum": looped,
    "split into helpers": split,
}
"""And :func:`mixed`, which needs a second student."""


# ---------------------------------------------------------------- independent students


def students(part: str, rng: random.Random) -> Iterator[tuple[frozenset[str], str]]:
    """Right solutions of a part, each with its pairs of blank and author; without an end.

    Where two of them share no such pair, they are independent.
    """
    bodies = _by_two(part)
    for choices in bodies.values():
        rng.shuffle(choices)
    for number in itertools.count():
        made: dict[str, Any] = {}
        authors = set()
        for name, choices in bodies.items():
            key, author, edits = choices[number % len(choices)]
            made[key] = edits[key]
            authors.add(f"{name} {author}")
            for end in ("+top", "+end"):
                if (extra := edits.get(end, "")) not in made.get(end, ""):
                    made[end] = f"{made.get(end, '')}\n{extra}"
        with contextlib.suppress(SyntaxError, StopIteration, ValueError):  # texts that do not fit
            text = fresh.rewritten(part, made)
            ast.parse(text)
            yield frozenset(authors), text


def rewritten_by_two(part: str) -> frozenset[str]:
    """The blanks of which there are two authors: elsewhere two students have the same text."""
    return frozenset(_by_two(part))


def _by_two(part: str) -> dict[str, list[tuple[str, str, dict[str, Any]]]]:
    """Function, method or class -> key, author and edits of each who rewrote it; two at least."""
    found: dict[str, list[tuple[str, str, dict[str, Any]]]] = {}
    for author, edits in fresh.table("right", part).items():
        if not {"whole", "own", "sub"} & edits.keys():
            for key in edits:
                if not key.startswith("+"):
                    found.setdefault(key.removeprefix("def "), []).append((key, author, edits))
    found = {name: choices for name, choices in found.items() if len(choices) > 1}
    # A class and its methods exclude each other: what more people have rewritten stays.
    for name in list(found):
        methods = [other for other in found if other.startswith(f"{name}.")]
        if any(len(found[method]) >= len(found[name]) for method in methods):
            del found[name]
        else:
            for method in methods:
                del found[method]
    return found
