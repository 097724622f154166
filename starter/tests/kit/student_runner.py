"""The runner of ``pytest starter/``: the student's own file in the student's own Python."""

from __future__ import annotations

import ast
import importlib.util
import sys
from pathlib import Path
from typing import Any

from .frames import place, traced
from .lab import Lab
from .outcomes import Failed, Missing, NotAttempted, TimedOut, Verdict
from .reasons import Introduced, Raised
from .run import raised, without_torch
from .runner import InProcessRunner
from .text import Text
from .time_limit import TimeLimit


class StudentRunner(InProcessRunner):
    """Runs the student's own file, which is imported once, at the first call.

    What took longer than `limit` ends as timed out; any other KeyboardInterrupt ends the run.
    """

    def __init__(self, part: str, path: Path, limit: TimeLimit) -> None:
        super().__init__(part, Lab([]), frozenset({str(path)}))
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
                self._lab = Lab([self._import()], self._unset)
            except Verdict as verdict:
                self._failed = verdict
                raise
            self._loaded = True

    def _interrupted(self, error: KeyboardInterrupt) -> BaseException:
        if not self._limit.expired:
            return KeyboardInterrupt()  # Ctrl-C
        return TimedOut(self._limit.reason(place(error, self._own_files)))

    def _import(self) -> dict[str, Any]:
        if not self._path.exists():
            raise Missing(
                Text(
                    f"找不到文件 {self._path.name}：请检查它是否在本文件夹里",
                    f"there is no file {self._path.name}: check that it is in this folder",
                )
            )
        folder = str(self._path.parent)
        if folder not in sys.path:
            sys.path.insert(0, folder)
        spec = importlib.util.spec_from_file_location(self._path.stem, self._path)
        if spec is None or spec.loader is None:
            raise Missing(Text(f"{self._path.name} 无法加载", f"cannot load {self._path.name}"))
        module = importlib.util.module_from_spec(spec)
        sys.modules.setdefault(self._path.stem, module)
        try:
            spec.loader.exec_module(module)
        except NotImplementedError as error:
            raise NotAttempted(
                Text(
                    f"{self._path.name} 在导入时遇到一个还没有填的空：{error}",
                    f"{self._path.name} meets a blank while it is imported: {error}",
                )
            ) from None
        except ModuleNotFoundError as error:
            if error.name != "torch":
                raise self._unimportable(error) from None
            self._unset = _without_torch(self._path, vars(module))
        except KeyboardInterrupt as error:
            raise self._interrupted(error) from None
        except BaseException as error:
            raise self._unimportable(error) from None
        return vars(module)

    def _unimportable(self, error: BaseException) -> Failed:
        name = self._path.name
        before = Text(f"{name} 无法导入：", f"{name} cannot be imported:")
        return Failed(Introduced(before, raised(error, self._own_files)))


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
