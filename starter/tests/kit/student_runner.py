"""The runner of ``pytest starter/``: the student's own file in the student's own Python."""

from __future__ import annotations

import ast
import importlib.util
import sys
from pathlib import Path
from typing import Any

from .frames import place, traced
from .lab import Lab, unite
from .outcomes import Failed, Missing, NotAttempted, TimedOut, Verdict
from .own_code import NO_HELPERS, Helpers
from .reasons import Raised, Unimportable
from .run import blank, raised, without_torch
from .runner import InProcessRunner
from .text import Text
from .time_limit import TimeLimit


class StudentRunner(InProcessRunner):
    """Runs the student's own file, which is imported once, at the first call.

    `helpers` are names of the contract that another file defines, as the grader finds them; those
    files are imported then, too. What took longer than `limit` ends as timed out; any other
    KeyboardInterrupt ends the run.
    """

    def __init__(
        self, part: str, path: Path, limit: TimeLimit, helpers: Helpers = NO_HELPERS
    ) -> None:
        self._helpers, self._passed_over = helpers
        super().__init__(part, Lab([]), frozenset(map(str, (path, *self._helpers.values()))))
        self._path = path
        self._limit = limit
        self._unset: dict[str, Verdict] = {}
        self._failed: Verdict | None = None
        self._loaded = False

    def call(self, probe: str, arguments: dict[str, Any]) -> Any:
        """As :meth:`InProcessRunner.call`. An import that fails is the outcome of every check."""
        self._load()
        try:
            return super().call(probe, arguments)
        except Verdict as verdict:
            error = verdict.__context__
            if isinstance(error, KeyboardInterrupt):
                raise self._interrupted(error) from error
            if error is not None and isinstance(verdict.reason, Raised):
                raise Failed(traced(verdict.reason, error, self._own_files)) from error
            raise

    def _load(self) -> None:
        if self._failed is not None:  # a second import would run into the same loop, or error
            raise self._failed
        if not self._loaded:
            try:
                spaces = {str(self._path): self._import(self._path)}
            except Verdict as verdict:
                self._failed = verdict
                raise
            spaces |= self._imported_helpers()
            self._lab = unite(spaces, self._unset, self._passed_over)
            self._loaded = True

    def _imported_helpers(self) -> dict[str, dict[str, Any]]:
        spaces = {}
        for path in dict.fromkeys(self._helpers.values()):
            try:
                spaces[str(path)] = self._import(path)
            except Verdict as verdict:
                # Only the checks that need a name of this file end so.
                lost = (name for name, home in self._helpers.items() if home == path)
                self._unset |= dict.fromkeys(lost, verdict)
        return spaces

    def _interrupted(self, error: KeyboardInterrupt) -> BaseException:
        if not self._limit.expired:
            return KeyboardInterrupt()  # Ctrl-C
        return TimedOut(self._limit.reason(place(error, self._own_files)))

    def _import(self, path: Path) -> dict[str, Any]:
        if not path.exists():
            raise Missing(
                Text(
                    f"找不到文件 {path.name}：请检查它是否在本文件夹里",
                    f"there is no file {path.name}: check that it is in this folder",
                )
            )
        folder = str(path.parent)
        if folder not in sys.path:
            sys.path.insert(0, folder)
        known = sys.modules.get(path.stem)
        if path != self._path and getattr(known, "__file__", None) == str(path):
            return vars(known)  # the student's file has imported it
        spec = importlib.util.spec_from_file_location(path.stem, path)
        if spec is None or spec.loader is None:
            raise Missing(Text(f"{path.name} 无法加载", f"cannot load {path.name}"))
        module = importlib.util.module_from_spec(spec)
        sys.modules.setdefault(path.stem, module)
        try:
            spec.loader.exec_module(module)
        except NotImplementedError as error:
            if blank(error, self._own_files) is None:
                raise self._unimportable(path, error) from None
            raise NotAttempted(
                Text(
                    f"{path.name} 在导入时遇到一个还没有填的空：{error}",
                    f"{path.name} meets a blank while it is imported: {error}",
                )
            ) from None
        except ModuleNotFoundError as error:
            if error.name != "torch":
                raise self._unimportable(path, error) from None
            self._unset |= _without_torch(path, vars(module))
        except KeyboardInterrupt as error:
            raise self._interrupted(error) from None
        except BaseException as error:
            raise self._unimportable(path, error) from None
        return vars(module)

    def _unimportable(self, path: Path, error: BaseException) -> Failed:
        name = path.name
        if isinstance(error, SyntaxError) and error.filename and error.lineno:
            file, line = Path(error.filename).name, error.lineno
            where = Text(f"{file} 第 {line} 行：", f"{file}, line {line}:")
            what = Text(
                f"语法错误（{error.msg}）；{name} 里的代码都没有运行",
                f"syntax error ({error.msg}); nothing of {name} could be run",
            )
            return Failed(Unimportable(where, what, file, line))
        before = Text(f"{name} 无法导入：", f"{name} cannot be imported:")
        fact = raised(error, self._own_files)
        return Failed(Unimportable(before, fact, name, fact.line.number if fact.line else 0))


def _without_torch(path: Path, space: dict[str, Any]) -> dict[str, Verdict]:
    """Execute the statements that need no torch; the names of the others are skipped."""
    lost: dict[str, Verdict] = {}
    for statement in ast.parse(path.read_text("utf-8")).body:
        code = compile(ast.Module([statement], []), str(path), "exec")
        try:
            exec(code, space)
        except (ImportError, NameError, AttributeError):
            for node in ast.walk(statement):
                if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
                    lost[node.name] = without_torch()
    return lost
