"""The checks of the suites, listed without running them, so that a rubric can be compared."""

from __future__ import annotations

import importlib.util
import inspect
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType

from grader import PACKAGE, ROOT
from grader.core.errors import GraderError
from grader.core.model import Visibility
from kit.text import Text, split_docstring

PUBLIC = ROOT / "starter" / "tests"
HIDDEN = PACKAGE / "parts"


@dataclass(frozen=True, slots=True)
class CheckInfo:
    """What is known of a check before it runs."""

    id: str
    part: str
    visibility: Visibility
    title: Text
    advice: bool
    needs: tuple[str, ...]
    fixtures: frozenset[str]  # that its function asks for


def suite_files(part: str) -> list[Path]:
    """The suites of `part`, public first; a part without suites has none."""
    files = (PUBLIC / "parts" / part / "test_public.py", HIDDEN / part / "test_hidden.py")
    return [file for file in files if file.exists()]


def checks_of(parts: Iterable[str]) -> tuple[CheckInfo, ...]:
    """The checks of `parts`, in the order of their suites."""
    return tuple(info for part in parts for file in suite_files(part) for info in _of(file))


def part_names() -> tuple[str, ...]:
    """Every part that has a suite."""
    return tuple(sorted(f.parent.name for f in PUBLIC.glob("parts/*/test_public.py")))


@cache
def _of(file: Path) -> tuple[CheckInfo, ...]:
    found = []
    # In the order of the file: a module's names keep the order of their definitions.
    for function in vars(_module(file)).values():
        for marker in getattr(function, "pytestmark", ()):
            if marker.name == "check":
                (id,) = marker.args
                visibility = Visibility.HIDDEN if marker.kwargs["hidden"] else Visibility.PUBLIC
                found.append(
                    CheckInfo(
                        id=id,
                        part=id.split(".")[0],
                        visibility=visibility,
                        title=split_docstring(function.__doc__),
                        advice=marker.kwargs["advice"],
                        needs=tuple(marker.kwargs["needs"]),
                        fixtures=frozenset(inspect.signature(function).parameters),
                    )
                )
    return tuple(found)


def _module(file: Path) -> ModuleType:
    """The suite as a module of its own, not in ``sys.modules``: pytest imports it itself."""
    name = f"_catalogue_{file.parent.name}_{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise GraderError(Text(f"{file.name} 不是 Python 文件", f"{file.name} is no Python file"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
