"""Take the guest's modules into the jail in memory, because the checkout cannot be read there.

The guest is what a worker runs. Its source, and that of whatever it imports from its own top-level
package or from ``grader``, is compiled before the jail is entered and executed inside it, after
NumPy. What lies in ``starter/tests`` is not captured: it is bound into the jail. Standard library
only.
"""

from __future__ import annotations

import ast
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import CodeType, ModuleType
from typing import Final

# A worker's memory is the student's to read: nothing that knows an answer may get there.
FORBIDDEN: Final = ("solutions", "grader.parts", "grader.diagnosis", "grader.mutation")


class Captured(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """An importer of modules held as code objects; None marks a folder without ``__init__``."""

    def __init__(self, modules: dict[str, tuple[CodeType | None, bool]]) -> None:
        self._modules = modules

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Found if it was captured."""
        if fullname not in self._modules:
            return None
        package = self._modules[fullname][1]
        return importlib.util.spec_from_loader(fullname, self, is_package=package)

    def exec_module(self, module: ModuleType) -> None:
        """Run the captured code; once."""
        code = self._modules[module.__name__][0]
        if code is not None:
            module.__file__ = code.co_filename
            exec(code, module.__dict__)

    def import_all(self) -> None:
        """Import every captured module, including those that only a function imports."""
        for name in sorted(self._modules):
            importlib.import_module(name)

    def release(self) -> None:
        """Drop the code objects once all modules have been imported."""
        self._modules.clear()


def capture(guest: str, checkout: Path) -> Captured:
    """`guest` (a module's name) and what it imports of the project, directly or not.

    `checkout` is the folder of the top-level packages. Beside an installed grader it holds NumPy
    and torch too: those are bound into the jail and imported there.
    """
    ours = {name.partition(".")[0] for name in (guest, "grader", *FORBIDDEN)}
    modules: dict[str, tuple[CodeType | None, bool]] = {}
    waiting = [guest]
    while waiting:
        name = waiting.pop()
        if name in modules or name in sys.modules or name.partition(".")[0] not in ours:
            continue
        found = _locate(name, checkout)
        if found is None:
            continue
        if any(name == f or name.startswith(f"{f}.") for f in FORBIDDEN):
            raise ImportError(f"{guest} imports {name}, which a worker must not know")
        if "." in name:
            waiting.append(name.rpartition(".")[0])
        path, package = found
        if path is None:
            modules[name] = (None, True)
            continue
        tree = ast.parse(path.read_bytes(), filename=str(path))
        waiting += _imports(tree, name, package, checkout)
        # Only the neutral name stays in the code: it is what a traceback shows.
        neutral = f"<{path.relative_to(checkout).as_posix()}>"
        modules[name] = (compile(tree, neutral, "exec", dont_inherit=True), package)
    if guest not in modules and guest not in sys.modules:
        raise ImportError(f"no module {guest} in {checkout}")
    return Captured(modules)


def _locate(name: str, checkout: Path) -> tuple[Path | None, bool] | None:
    base = checkout.joinpath(*name.split("."))
    if (base / "__init__.py").is_file():
        return base / "__init__.py", True
    if base.with_suffix(".py").is_file():
        return base.with_suffix(".py"), False
    return (None, True) if base.is_dir() and "." not in name else None


def _imports(tree: ast.AST, name: str, package: bool, checkout: Path) -> Iterator[str]:
    """Names that a module may import; those of other projects are sorted out later."""
    for node in _runtime_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = name.split(".") if package else name.split(".")[:-1]
                parents = parts[: len(parts) - node.level + 1]
                base = ".".join([*parents, base] if base else parents)
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def _runtime_nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """All statements but those under ``if TYPE_CHECKING:``; an expression imports nothing."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            waiting += node.orelse
            continue
        yield node
        for part in ("body", "orelse", "finalbody", "handlers", "cases"):
            waiting += getattr(node, part, ())


def install(captured: Captured) -> None:
    """Let captured modules be imported, before any that lie on disk."""
    sys.meta_path.insert(0, captured)
