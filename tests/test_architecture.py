"""Imports point one way, modules stay small, the starter is what the solutions say it is."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader import ROOT, cut, publish
from kit.contracts import PARTS

GRADER = ROOT / "grader"
STARTER = ROOT / "starter"
KIT = STARTER / "tests" / "kit"

MODULES = sorted(path for path in GRADER.rglob("*.py"))
STARTER_FILES = sorted(p for p in STARTER.rglob("*.py") if "__pycache__" not in p.parts)
SOLUTIONS = sorted((ROOT / "solutions").glob("*.py"))

# From the top to the bottom; a module may import of its own layer and of those below it.
LAYERS = (
    ("__main__",),
    ("cli",),
    ("desk",),
    ("batch",),
    ("self_check", "mutants", "checks_doc"),
    ("judge", "reports"),
    (
        "plugin",
        "intake",
        "handins",
        "store",
        "evidence",
        "feedback",
        "export",
        "class_statistics",
        "gradebook",
        "history",
        "keys",
        "linter",
    ),
    ("seat_wrappers",),
    ("mistakes", "seats", "cut", "publish", "pytest_run"),
    ("sandbox", "worker", "reference", "checks", "scoring", "lateness", "hearsay"),
    ("wire", "rubric", "settings"),
    ("codec", "model", "errors", "yaml_text", "store_schema", "digests", "console", "parenthood"),
)

NEVER = {
    "errors": {"*"},
    "model": {"*"},
    "codec": {"*"},
    "scoring": {"judge", "seats", "sandbox", "worker", "plugin", "store", "feedback", "intake"},
    "rubric": {"judge", "seats", "sandbox", "worker", "plugin", "store", "checks"},
    "wire": {"judge", "seats", "sandbox", "settings", "model"},
    "intake": {"judge", "seats", "sandbox", "worker", "reference", "store"},
    "worker": {"judge", "seats", "settings", "reference", "mistakes", "checks", "model", "suites"},
    "feedback": {"judge", "seats", "sandbox", "worker", "reference", "store", "intake"},
    "class_statistics": {"feedback", "judge", "seats", "sandbox", "worker", "store", "intake"},
    "handins": {"judge", "seats", "sandbox", "worker", "reference", "store", "feedback"},
    "export": {"judge", "seats", "sandbox", "worker", "reference", "intake"},
    "store": {"judge", "seats", "sandbox", "worker", "reference", "intake", "scoring"},
    "settings": {"judge", "seats", "sandbox", "worker", "rubric", "store"},
    "sandbox": {"judge", "seats", "plugin", "reference", "store", "rubric", "scoring", "checks"},
}
"""Module -> what of the grader it must not import; ``*``: nothing of it."""


def imported(path: Path) -> Iterator[str]:
    """Full names of what a file imports, anywhere in it, relative ones made absolute."""
    package = path.relative_to(ROOT).with_suffix("").parts
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: -node.level]) if node.level else ""
            start = ".".join(part for part in (base, node.module or "") if part)
            yield start
            yield from (f"{start}.{alias.name}" for alias in node.names)


def unit(path: Path) -> str:
    """The module or package of the grader that a file belongs to."""
    return path.relative_to(GRADER).parts[0].removesuffix(".py")


def of_grader(path: Path) -> set[str]:
    """The modules and packages of the grader that a file imports, without its own."""
    units = {unit(p) for p in MODULES}
    found = {n.split(".")[1] for n in imported(path) if n.startswith("grader.")}
    return (found & units) - {unit(path)}


@pytest.mark.parametrize("name", NEVER)
def test_a_lower_module_knows_nothing_of_a_higher_one(name: str) -> None:
    forbidden = NEVER[name]
    for path in (p for p in MODULES if unit(p) == name):
        surplus = of_grader(path) if "*" in forbidden else of_grader(path) & forbidden
        assert not surplus, path.name


def test_imports_point_down() -> None:
    layer = {name: level for level, names in enumerate(LAYERS) for name in names}
    wrong = {
        f"{unit(path)} -> {other}"
        for path in MODULES
        for other in of_grader(path)
        if unit(path) in layer and other in layer and layer[other] < layer[unit(path)]
    }
    assert not wrong


def test_nothing_imports_in_a_circle() -> None:
    graph: dict[str, set[str]] = {}
    for path in MODULES:
        if unit(path) != "__init__":
            graph.setdefault(unit(path), set()).update(of_grader(path) - {"__init__"})
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
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Attribute) and ast.unparse(node) == "sys.exit":
                source = path.read_text("utf-8")
                assert '__name__ == "__main__"' in source, path


def test_no_module_exceeds_400_lines() -> None:
    long = {str(p.relative_to(ROOT)): lines_of(p) for p in MODULES if lines_of(p) > 400}
    assert not long


def lines_of(path: Path) -> int:
    return len(path.read_text("utf-8").splitlines())


def test_every_module_says_why_it_exists() -> None:
    for path in (*MODULES, *KIT.rglob("*.py")):
        if path.read_text("utf-8").strip():
            assert ast.get_docstring(ast.parse(path.read_text("utf-8"))), path


@pytest.mark.parametrize("path", STARTER_FILES, ids=lambda p: str(p.relative_to(STARTER)))
def test_the_starter_stands_alone_on_python_3_10(path: Path) -> None:
    source = path.read_text("utf-8")
    ast.parse(source, feature_version=(3, 10))
    assert not any(name.split(".")[0] in ("grader", "solutions") for name in imported(path))


def test_nothing_in_the_starter_is_for_one_system_only() -> None:
    posix_only = {"fcntl", "resource", "pwd", "grp", "termios", "posix", "pty", "syslog"}
    for path in STARTER_FILES:
        assert not {name.split(".")[0] for name in imported(path)} & posix_only, path
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
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
    for path in (p for p in KIT.rglob("*.py") if p.parent.name not in ("probes", "kit")):
        tree = ast.parse(path.read_text("utf-8"))
        defined = {n.name for n in tree.body if isinstance(n, (ast.FunctionDef, ast.ClassDef))}
        assert not defined & blanks, path


def test_tests_inside_the_checkout_name_no_machine() -> None:
    """No path of one machine, no host of one registry, in anything that is handed out."""
    for path in (*MODULES, *STARTER_FILES, *SOLUTIONS, ROOT / "Makefile", ROOT / "pyproject.toml"):
        text = path.read_text("utf-8")
        for word in ("/work/", "/root/", "/home/user"):
            assert word not in text, (path, word)
