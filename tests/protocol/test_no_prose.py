"""No code decides by reading a sentence that was written for people: records carry the facts."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from grader import ROOT

FILES = sorted(
    path
    for folder in ("grader", "starter/tests", "bench")
    for path in (ROOT / folder).rglob("*.py")
    if "__pycache__" not in path.parts
)

LANGUAGES = {"zh", "en"}
READS = {
    "startswith", "endswith", "find", "rfind", "index", "rindex", "count", "split", "rsplit",
    "partition", "rpartition", "removeprefix", "removesuffix", "splitlines", "isdigit",
}  # fmt: skip
"""Methods of str that look for something in it."""

PATTERNS = {"match", "search", "fullmatch", "findall", "finditer", "split"}
"""Functions and methods of regular expressions."""


def sentences(tree: ast.AST) -> set[str]:
    """Names that are set to a sentence as it is."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and is_sentence(node.value, set()):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        if isinstance(node, ast.NamedExpr) and is_sentence(node.value, set()):
            found.add(node.target.id)
    return found


def is_sentence(node: ast.expr, names: set[str]) -> bool:
    """``something.en``, ``something.zh``, or a name that is set to one."""
    if isinstance(node, ast.Name):
        return node.id in names
    return isinstance(node, ast.Attribute) and node.attr in LANGUAGES


def readings(source: str) -> Iterator[int]:
    """The lines on which something is looked for in a sentence."""
    tree = ast.parse(source)
    names = sentences(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            looked_in = [
                right
                for operator, right in zip(node.ops, node.comparators, strict=True)
                if isinstance(operator, (ast.In, ast.NotIn, ast.Eq, ast.NotEq))
            ]
            equal = any(isinstance(operator, (ast.Eq, ast.NotEq)) for operator in node.ops)
            looked_in += [node.left] if equal else []
            if any(is_sentence(value, names) for value in looked_in):
                yield node.lineno
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            on_it = node.func.attr in READS and is_sentence(node.func.value, names)
            by_pattern = node.func.attr in PATTERNS and any(
                is_sentence(argument, names) for argument in node.args
            )
            if on_it or by_pattern:
                yield node.lineno


def test_no_code_reads_a_sentence_that_is_for_people() -> None:
    found = {path: list(readings(path.read_text("utf-8"))) for path in FILES}
    assert not {path: lines for path, lines in found.items() if lines}


@pytest.mark.parametrize(
    "source",
    [
        'if verdict.text.en.startswith("your code raised"): pass',
        'if "backward" in verdict.text.en: pass',
        "found = RAISED.fullmatch(text.en)",
        'found = re.search("line ([0-9]+)", text.zh)',
        "said = check.message.en\nif known.startswith(said) or said.startswith(known): pass",
        'if text.en == "passed": pass',
        'name = text.en.split(":")[0]',
    ],
)
def test_the_search_finds_what_it_looks_for(source: str) -> None:
    assert list(readings(source))


@pytest.mark.parametrize(
    "source",
    ['x = f"{text.en}, line {n}"', "groups[check.message.en].append(check)", "len(text.en)"],
)
def test_writing_a_sentence_is_not_reading_it(source: str) -> None:
    assert not list(readings(source))
