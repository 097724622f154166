"""Runners: what runs a probe. A check calls ``lab.forward(weights=..., x=...)`` on any of them."""

from __future__ import annotations

import ast
import copy
import importlib.util
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .declared import validated
from .lab import Lab
from .outcomes import Failed, Missing, NotAttempted, Verdict
from .reasons import Introduced
from .run import raised, run_probe, without_torch
from .text import Text


class Runner:
    """A probe is called like a method; every runner answers with plain data.

    What a check gets has been validated against what the probe declares (:mod:`kit.declared`).
    """

    part: str

    def call(self, probe: str, arguments: dict[str, Any]) -> Any:
        """Run `probe` with `arguments`; raises a :class:`kit.outcomes.Verdict`."""
        raise NotImplementedError

    def forget(self) -> None:
        """Run the next call in a process that remembers nothing, if the runner can start one."""

    def close(self) -> None:
        """End the processes of the runner; most have none."""

    def __getattr__(self, probe: str) -> Callable[..., Any]:
        if probe.startswith("_"):
            raise AttributeError(probe)

        def call(**arguments: Any) -> Any:
            return validated(self.part, probe, self.call(probe, arguments))

        return call


class InProcessRunner(Runner):
    """Runs probes in this process, on trusted code: the student's own computer, or the solution.

    With `scratch` each call has an empty working directory, for probes that write files.
    """

    def __init__(
        self, part: str, lab: Lab, own_files: frozenset[str], *, scratch: bool = True
    ) -> None:
        self.part = part
        self._scratch = scratch
        self._lab = lab
        self._own_files = own_files

    def call(self, probe: str, arguments: dict[str, Any]) -> Any:
        """Run `probe` on copies of `arguments`, so that code that changes them does no harm."""
        if not self._scratch:
            return self._run(probe, arguments)
        here = os.getcwd()
        with tempfile.TemporaryDirectory(prefix="lab-") as scratch:
            os.chdir(scratch)
            try:
                return self._run(probe, arguments)
            finally:
                os.chdir(here)

    def _run(self, probe: str, arguments: dict[str, Any]) -> Any:
        return run_probe(self.part, self._lab, probe, copy.deepcopy(arguments), self._own_files)


class StudentRunner(InProcessRunner):
    """Runs the student's own file, which is imported once, at the first call."""

    def __init__(self, part: str, path: Path) -> None:
        super().__init__(part, Lab([]), frozenset({str(path)}))
        self._path = path
        self._loaded = False
        self._unset: dict[str, Verdict] = {}

    def call(self, probe: str, arguments: dict[str, Any]) -> Any:
        """As :meth:`InProcessRunner.call`. An import that fails is the outcome of every check."""
        if not self._loaded:
            self._lab = Lab([self._import()], self._unset)
            self._loaded = True
        return super().call(probe, arguments)

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
