"""What students are given: every file of ``starter/`` is declared here, anything else is refused.

The starter is cut from ``solutions/``. If each file of that folder were handed out, a new solution
without marked regions would reach the students whole.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from grader.parts.registry import specs
from kit.contracts import PARTS

CUT: Final = tuple(part.file for part in PARTS)
"""Files of ``solutions/`` that students get with blanks."""

WHOLE: Final = ("command_line.py", "corpora.py")
"""Files of ``solutions/`` that students get as they are."""

KEPT: Final = ("fast_rnn.py",)
"""Files of ``solutions/`` that students never get: their lines are searched for in the starter."""

# By name and not by a pattern: a new file has to be declared before students get it.
SOURCES: Final = (*CUT, *WHOLE)

_OF_A_PART: Final = (
    "__init__.py",
    "answers.py",
    "contract.py",
    "cases*.py",
    "checks*.py",
    "probes*.py",
    "test_public.py",
)

HANDED_OUT: Final = (
    *SOURCES,
    "README.md",
    "README.zh.md",
    "pack.py",
    "pytest.ini",
    "tests/conftest.py",
    "tests/expected.npz",
    "tests/points.json",
    "tests/kit/*.py",
    "tests/parts/__init__.py",
    *(f"tests/parts/{part.id}/{name}" for part in PARTS for name in _OF_A_PART),
)
"""Patterns of the files below ``starter/``; in them a star also matches folders."""

SHARED: Final = tuple(line for spec in specs() for line in spec.shared_lines)
"""Lines on the staff's side of the parts that students may see."""


def undeclared(root: Path) -> list[Path]:
    """The files of the starter that are not declared, except what tools leave behind."""
    starter = root / "starter"
    return [path for path in given_files(root) if not _declared(path.relative_to(starter))]


def given_files(root: Path) -> list[Path]:
    """Every file of the starter, except what tools leave behind."""
    starter = root / "starter"
    return [
        path
        for path in sorted(starter.rglob("*"))
        if path.is_file() and not _left_by_a_tool(path.relative_to(starter))
    ]


def _declared(path: Path) -> bool:
    return any(fnmatchcase(path.as_posix(), pattern) for pattern in HANDED_OUT)


def _left_by_a_tool(path: Path) -> bool:
    # Caches of pytest and Python, and files that an editor or a desktop leaves.
    return any(part.startswith(".") or part == "__pycache__" for part in path.parts)
