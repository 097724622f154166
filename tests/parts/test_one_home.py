"""A part has one home: its two folders say everything about it, and the engine names no part."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader import ROOT
from grader.authoring import cut
from grader.diagnosis import catalogue
from grader.parts import checks
from grader.parts.reference import solution_path
from grader.parts.registry import spec_of, specs
from kit.contracts import BY_ID, PARTS

CONTRACTS = ROOT / "starter" / "tests" / "parts"
SPECS = ROOT / "grader" / "parts"

ENGINE = sorted(
    path
    for folder in ("grader", "starter/tests/kit")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in (".py", ".j2", ".js", ".css")
    and not (path.is_relative_to(SPECS) and path.parent != SPECS)
) + [ROOT / "starter" / "pack.py", ROOT / "starter" / "tests" / "conftest.py"]
"""Everything that grades any part."""

WORDS = {"sequence", "theory", "extensions", "poems"}
"""Ids that are words of English too: these may occur in prose and as other names."""


def probes_of(part: str) -> set[str]:
    """The functions that the part's probes module defines or imports."""
    tree = ast.parse((CONTRACTS / part / "probes.py").read_text("utf-8"))
    found = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    return found | {alias.name for node in imports for alias in node.names}


def named(path: Path) -> Iterator[str]:
    """The ids of parts that a file names: in any text, or as a module, a key or an id's start."""
    text = path.read_text("utf-8")
    for id in BY_ID.keys() - WORDS:
        if re.search(rf"(?<![a-z]){id}(?![a-z])", text):
            yield id
    if path.suffix != ".py":
        return
    for node in ast.walk(ast.parse(text)):
        words: list[str] = []
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            words = [node.value.split(".")[0], node.value.removesuffix(".py")]
        elif isinstance(node, ast.Import):
            words = [word for alias in node.names for word in alias.name.split(".")]
        elif isinstance(node, ast.ImportFrom):
            words = [*(node.module or "").split("."), *(alias.name for alias in node.names)]
        yield from WORDS & set(words)


def test_the_engine_names_no_part() -> None:
    found = {path: set(named(path)) for path in ENGINE}
    assert not {path: names for path, names in found.items() if names}


def test_the_search_finds_what_it_looks_for(tmp_path: Path) -> None:
    for line in (
        "x = 'numpy_rnn'",
        "# as in char_lstm",
        "def hidden_numpy_rnn_cases(): pass",
        "x = {'poems': 1}",
        "x = 'theory.forward'",
        "from parts.sequence import cases",
        "from parts import extensions",
        "import parts.theory.cases",
    ):
        (tmp_path / "engine.py").write_text(line)
        assert set(named(tmp_path / "engine.py")), line
    (tmp_path / "engine.py").write_text("'''A sequence of poems.'''\nsequence = 'in theory'")
    assert not set(named(tmp_path / "engine.py"))


def test_a_part_has_a_folder_of_one_name_on_both_sides() -> None:
    for home in (CONTRACTS, SPECS):
        assert {path.parent.name for path in home.glob("*/__init__.py")} == set(BY_ID)
    for part in PARTS:
        assert (CONTRACTS / part.id / "contract.py").exists()
        assert spec_of(part.id).id == part.id
        assert solution_path(part.id).exists()
        assert (ROOT / "starter" / part.file).exists()
    assert [spec.id for spec in specs()] == [part.id for part in PARTS]
    assert checks.part_names() == tuple(sorted(BY_ID))


def test_parts_are_shown_in_the_declared_order() -> None:
    assert [part.position for part in PARTS] == list(range(1, len(PARTS) + 1))


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.id)
def test_what_a_part_declares_is_there(part) -> None:  # type: ignore[no-untyped-def]
    spec, probes = spec_of(part.id), probes_of(part.id)
    facts = spec.answers
    of_probes = facts.unexplained | facts.implied | facts.timeless.keys() | facts.same.keys()
    assert of_probes | spec.torchless | set(part.trains) <= probes
    assert facts.unexplained >= set(part.trains)
    assert not (part.torch_only and not part.torch)
    source = solution_path(part.id).read_text("utf-8")
    assert spec.in_process == ("import torch" not in source)
    assert part.example in ("", *part.distinctive)
    if spec.self_check.weak:
        assert spec.self_check.weak in {m.id for m in catalogue(part.id)}
        assert spec.self_check.in_single
    if spec.self_check.thread_count is not None:
        assert spec.self_check.thread_count.probe in probes
    blanks = {name.partition(".")[0] for name in part.blanks}
    stubs = cut.cut(source)
    assert all(re.search(rf"^(class|def) {name}\b", stubs, re.MULTILINE) for name in blanks)


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.id)
def test_a_part_imports_no_other_part(part) -> None:  # type: ignore[no-untyped-def]
    others = BY_ID.keys() - {part.id}
    for home in (CONTRACTS, SPECS):
        for path in (home / part.id).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, (ast.Import, ast.ImportFrom)):
                    module = getattr(node, "module", None) or ""
                    names = (module, *(alias.name for alias in node.names))
                    found = {word for name in names for word in name.split(".")}
                    assert not (found & others and "parts" in found), path


def test_knowing_the_parts_imports_nothing_but_contracts() -> None:
    """In a worker whatever is imported is beside the student's code; on a laptop it takes time."""
    code = (
        "import sys, kit.contracts\n"
        "found = {m for m in sys.modules if m.split('.')[0] in ('parts', 'numpy', 'torch')}\n"
        "print(sorted(m for m in found if m.count('.') > 1 or m in ('numpy', 'torch')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT / "starter" / "tests",
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == str(sorted(f"parts.{id}.contract" for id in BY_ID))
