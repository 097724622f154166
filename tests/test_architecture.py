"""Imports point one way, modules stay small, the starter is what the solutions say it is."""

from __future__ import annotations

import ast
import functools
import re
from pathlib import Path

import pytest

from grader import ROOT
from grader.authoring import cut, handout, publish
from grader.records import keys
from kit.contracts import PARTS

GRADER = ROOT / "grader"
STARTER = ROOT / "starter"
KIT = STARTER / "tests" / "kit"
PARTS_HOME = STARTER / "tests" / "parts"

MODULES = sorted(path for path in GRADER.rglob("*.py"))
STARTER_FILES = sorted(p for p in STARTER.rglob("*.py") if "__pycache__" not in p.parts)
SOLUTIONS = [ROOT / "solutions" / name for name in handout.SOURCES]

# From the top to the bottom; a package may import of those below it, never of its own row.
LAYERS = (
    {"__main__"},
    {"cli"},
    {"cluster"},
    {"batch", "authoring", "desk", "similarity", "viva"},
    {"marking"},
    {"export", "judging"},
    {"feedback", "diagnosis"},
    {"isolation", "mutation"},
    {"records", "sandbox"},
    {"handins", "reader", "scoring", "worker"},
    {"intake", "parts", "protocol"},
    {"core"},
)

NEVER = {
    "scoring": {"pytest"},
    "sandbox": {"grader.parts", "grader.reader", "grader.worker", "pytest"},
    "reader": {"grader.sandbox", "grader.parts", "grader.diagnosis", "pytest"},
    "worker": {"grader.parts", "pytest"},
    "isolation": {"pytest"},
    "records": {"jinja2"},
}
"""Package -> what it must not import, beside what its layer forbids."""


@functools.cache
def tree_of(path: Path) -> ast.Module:
    """The syntax of a file, which many tests look at."""
    return ast.parse(path.read_text("utf-8"))


@functools.cache
def imported(path: Path) -> tuple[str, ...]:
    """Full names of what a file imports, anywhere in it, relative ones made absolute."""
    package = path.relative_to(ROOT).with_suffix("").parts
    found: list[str] = []
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found += (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: -node.level]) if node.level else ""
            start = ".".join(part for part in (base, node.module or "") if part)
            found += (start, *(f"{start}.{alias.name}" for alias in node.names))
    return tuple(found)


def unit(path: Path) -> str:
    """The module or package of the grader that a file belongs to."""
    return path.relative_to(GRADER).parts[0].removesuffix(".py")


UNITS = {unit(path) for path in MODULES}


def of_grader(path: Path) -> set[str]:
    """The modules and packages of the grader that a file imports, without its own."""
    found = {n.split(".")[1] for n in imported(path) if n.startswith("grader.")}
    return (found & UNITS) - {unit(path), "__init__"}


def test_every_package_is_in_one_layer() -> None:
    units = {unit(path) for path in MODULES} - {"__init__"}
    assert sorted(name for layer in LAYERS for name in layer) == sorted(units)


def test_the_map_shows_the_packages_their_imports_and_what_moves_outcomes() -> None:
    """docs/architecture.md lists them from the top to the bottom."""
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    row = r"^\| `(\w+)` \| [^|]+ \| ([^|]*?) ?\| (yes )?\|$"
    shown = {
        name: (re.findall(r"`(\w+)`", imports), bool(moves))
        for name, imports, moves in re.findall(row, text, re.M)
    }
    graph = imports_of_packages()
    assert shown == {
        name: (sorted(graph[name]), name not in keys.OUTCOME_NEUTRAL)
        for name in graph
        if name != "__main__"
    }
    level = {name: row for row, names in enumerate(LAYERS) for name in names}
    assert list(shown) == sorted(shown, key=lambda name: level[name])


def test_the_map_is_short() -> None:
    assert lines_of(ROOT / "docs" / "architecture.md") <= 150


def imports_of_packages() -> dict[str, set[str]]:
    """Which of the other packages of the grader each one imports."""
    graph: dict[str, set[str]] = {}
    for path in MODULES:
        if unit(path) != "__init__":
            graph.setdefault(unit(path), set()).update(of_grader(path) - {"__init__"})
    return graph


def test_few_modules_are_in_no_package() -> None:
    assert len([path for path in MODULES if path.parent == GRADER]) <= 4


def test_imports_point_down() -> None:
    level = {name: row for row, names in enumerate(LAYERS) for name in names}
    for path in (path for path in MODULES if unit(path) != "__init__"):
        upward = {other for other in of_grader(path) if level[other] <= level[unit(path)]}
        assert not upward, path


@pytest.mark.parametrize("name", NEVER)
def test_a_package_knows_nothing_of_what_is_not_its_subject(name: str) -> None:
    for path in (p for p in MODULES if unit(p) == name):
        found = {i for i in imported(path) for f in NEVER[name] if i == f or i.startswith(f + ".")}
        assert not found, path


def test_each_package_either_moves_marks_or_is_known_not_to() -> None:
    """What is in `OUTCOME_NEUTRAL` and is no package would silently guard nothing."""
    units = {unit(path) for path in MODULES}
    assert units >= keys.OUTCOME_NEUTRAL
    assert not keys.OUTCOME_NEUTRAL & {"core", "protocol", "sandbox", "worker", "isolation"}
    assert not keys.OUTCOME_NEUTRAL & {"parts", "diagnosis", "judging", "intake", "reader"}


def test_the_judge_imports_nothing_of_the_readers_guest() -> None:
    """It would have a parser of PDFs in its process."""
    for path in MODULES:
        found = {name for name in imported(path) if name.startswith("grader.reader.guest")}
        assert not found, path
        if path.parent not in (GRADER / "reader", GRADER / "sandbox"):
            parsers = {name.partition(".")[0] for name in imported(path)} & {"pypdf", "pypdfium2"}
            assert not parsers, path


def test_nothing_imports_in_a_circle() -> None:
    graph = imports_of_packages()
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join((*trail, name))
        if name not in done:
            for other in graph.get(name, ()):
                visit(other, (*trail, name))
            done.add(name)

    for name in graph:
        visit(name, ())


def test_only_the_cli_and_the_mains_exit() -> None:
    for path in MODULES:
        if unit(path) in ("cli", "__main__", "sandbox"):  # the sandbox: processes of its own
            continue
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Attribute) and ast.unparse(node) == "sys.exit":
                source = path.read_text("utf-8")
                assert '__name__ == "__main__"' in source, path


def test_no_module_exceeds_400_lines() -> None:
    long = {str(p.relative_to(ROOT)): lines_of(p) for p in MODULES if lines_of(p) > 400}
    assert not long


def lines_of(path: Path) -> int:
    return len(path.read_text("utf-8").splitlines())


def test_every_module_says_why_it_exists() -> None:
    for path in (*MODULES, *KIT.rglob("*.py"), *PARTS_HOME.rglob("*.py")):
        if path.read_text("utf-8").strip():
            assert ast.get_docstring(tree_of(path)), path


def test_the_starter_stands_alone_on_python_3_10() -> None:
    for path in STARTER_FILES:
        ast.parse(path.read_text("utf-8"), str(path), feature_version=(3, 10))
        others = {name for name in imported(path) if name.split(".")[0] in ("grader", "solutions")}
        assert not others, path


def test_nothing_in_the_starter_is_for_one_system_only() -> None:
    posix_only = {"fcntl", "resource", "pwd", "grp", "termios", "posix", "pty", "syslog"}
    for path in STARTER_FILES:
        assert not {name.split(".")[0] for name in imported(path)} & posix_only, path
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "open":
                words = {keyword.arg for keyword in node.keywords}
                binary = any("b" in ast.unparse(a) for a in node.args[1:2])
                assert binary or "encoding" in words, f"{path}, line {node.lineno}"


def test_starter_files_are_not_stale() -> None:
    assert not cut.stale(ROOT)


def test_expected_values_and_points_are_not_stale() -> None:
    assert not publish.stale(ROOT)


def code_lines(path: Path) -> set[str]:
    """The lines of a file without their comments and indentation."""
    return {line.partition("  #")[0].strip() for line in path.read_text("utf-8").split("\n")}


@pytest.mark.parametrize("solution", SOLUTIONS, ids=lambda path: path.stem)
def test_no_line_of_a_solution_reaches_the_starter(solution: Path) -> None:
    secret = cut.solution_lines(solution.read_text("utf-8"))
    assert not secret & code_lines(STARTER / solution.name)


def test_the_kit_defines_nothing_that_a_student_writes() -> None:
    blanks = {name.partition(".")[0] for part in PARTS for name in part.blanks}
    for path in (
        *KIT.rglob("*.py"),
        *PARTS_HOME.rglob("checks*.py"),
        *PARTS_HOME.rglob("cases.py"),
    ):
        tree = tree_of(path)
        defined = {n.name for n in tree.body if isinstance(n, (ast.FunctionDef, ast.ClassDef))}
        assert not defined & blanks, path


def test_tests_inside_the_checkout_name_no_machine() -> None:
    """No path of one machine, no host of one registry, in anything that is handed out."""
    for path in (*MODULES, *STARTER_FILES, *SOLUTIONS, ROOT / "Makefile", ROOT / "pyproject.toml"):
        text = path.read_text("utf-8")
        for word in ("/work/", "/root/", "/home/user"):
            assert word not in text, (path, word)
