"""Tolerant loading: execute the definitions of a submission without running its scripts.

Top-level statements are executed in order, ``if`` and ``try`` bodies are entered; bare
expressions, loops, ``with`` blocks and the main guard are not run. All share a budget. A statement
that raises or exceeds the budget leaves its names unset; a check that needs them reports why.

The judge may name scripts that are executed too, each within a budget of its own, and definitions
that are not, because they belong to another part of the same file.
"""

from __future__ import annotations
import __future__ as future_features

import ast
import linecache
import signal
import sys
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.abc import Loader as ImportLoader
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from typing import Any

from grader.protocol.messages import MAX_ITEMS, Notice, SkippedStatement
from kit.homes import PassedOver
from kit.lab import Lab, unite
from kit.outcomes import Verdict
from kit.reasons import code_name
from kit.run import raised
from kit.statements import Spot, is_script
from kit.text import Text

from . import tier_limitation
from .cells import Cell
from .standins import StandInFinder, UnusableFinder

PROTECTED = {"numpy", "torch", "kit", "parts", "grader"}
"""Names that a file of the submission never takes."""

GRACE_CPU_S = 0.5
"""For definitions, imports and constants after the budget is spent, because checks need them."""

MOST_REFILLS = 3
"""How often constants get `GRACE_CPU_S` again, after a computation has spent all there was: what
trains at the top of a file must not cost the constants below it."""

AFTER_A_WAIT_S = 0.25
"""What they get after one that waited. All of it together is less than the judge adds to the limit
of a load: it counts what the code waits, and would end the worker."""

ALL_SCRIPTS = 4
"""All scripts together may take so many times the budget of one. Those that come after are not
executed; where some ran out of time, the judge loads the part again without these."""

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
_TRIES = (ast.Try, ast.TryStar)
_COMPUTES = (ast.Call, ast.BinOp, ast.comprehension)


class _Overrun(BaseException):
    """The budget is spent; not an Exception, so that ``except Exception`` lets it through."""

    def __init__(self, stalled: bool = False, ran: bool = False) -> None:
        super().__init__()
        self.stalled, self.ran = stalled, ran


class Loader:
    """Loads files of a submission as modules.

    `cells` are the submission's, by path; `skip` are statements that ended an earlier worker;
    `announce` reports to the judge where the next statement is, so that it knows which one ended
    this worker. `reduced` says that the tier of confinement may be why a statement fails.
    `scripts` are executed besides definitions, `omitted` are not executed.
    """

    def __init__(
        self,
        cells: Mapping[str, Sequence[str]],
        skip: Sequence[SkippedStatement],
        cpu_s: float,
        wall_s: float,
        announce: Callable[[Spot], None] = lambda spot: None,
        reduced: bool = False,
        scripts: Sequence[Spot] = (),
        omitted: Sequence[Spot] = (),
    ) -> None:
        self._cells = cells
        self._skip = {Spot(s.path, s.cell, s.line, s.column): s.why for s in skip}
        self._scripts, self._omitted = frozenset(scripts), frozenset(omitted)
        self._cpu_s, self._wall_s = cpu_s, wall_s
        self._script_cpu_s, self._script_wall_s = cpu_s, wall_s
        self._scripts_cpu_s = ALL_SCRIPTS * cpu_s
        self._refills = 0
        self._announce = announce
        self._reduced = reduced
        self._modules: dict[str, types.ModuleType] = {}
        self.own_files = frozenset(
            code_name(path, number)
            for path, texts in self._cells.items()
            for number, _ in enumerate(texts, start=1)
        )
        self.notices: list[Notice] = []
        self.stalled = False
        """Whether a statement ran out of time by the clock, which a busy machine can do too."""
        self.unfinished: list[Spot] = []
        """The scripts that ran out of time: what they left behind depends on the machine."""
        self.unset: dict[str, Text | Verdict] = {}
        self._standins = StandInFinder(
            self.own_files, lambda name: self._notice(Notice("absent", name=name))
        )

    def load(self, order: Sequence[str], passed_over: Sequence[PassedOver] = ()) -> Lab:
        """Execute the files in `order` and return their names; the first not `passed_over` wins."""
        # The submission's own files come before libraries, stand-ins after everything.
        sys.meta_path[:0] = [SiblingFinder(self), UnusableFinder(self._standins)]
        sys.meta_path.append(self._standins)
        return unite({p: vars(self.module(p)) for p in order}, self.unset, passed_over)

    def module(self, path: str, name: str | None = None) -> types.ModuleType:
        """The module of the file `path`, executed at the first call."""
        if path not in self._modules:
            module = types.ModuleType(name or path.rsplit("/", 1)[-1].rsplit(".", 1)[0])
            module.__file__ = path
            # Before it is executed, so that files which import each other find it.
            self._modules[path] = module
            sys.modules.setdefault(module.__name__, module)
            self._execute(path, module)
        return self._modules[path]

    def find(self, name: str) -> str | None:
        """The file that ``import name`` means; the one nearest to the root."""
        relative = name.replace(".", "/")
        wanted = (f"{relative}.py", f"{relative}.ipynb", f"{relative}/__init__.py")
        found = [p for p in self._cells if any(f"/{p}".endswith(f"/{w}") for w in wanted)]
        return min(found, key=lambda p: (p.count("/"), p)) if found else None

    def is_folder(self, name: str) -> bool:
        """Whether `name` is a folder of the submission, so that ``import name.x`` can work."""
        relative = name.replace(".", "/")
        return any(f"/{relative}/" in f"/{p}" for p in self._cells)

    # ------------------------------------------------------------ execution

    def _execute(self, path: str, module: types.ModuleType) -> None:
        flags = 0
        for number, cell in enumerate(self._cells[path], start=1):
            name = code_name(path, number)
            linecache.cache[name] = (len(cell), None, cell.splitlines(keepends=True), name)
            try:
                tree = ast.parse(cell, path)
            except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
                self._unreadable(path, number, error)
                continue
            for statement in tree.body:
                flags |= _future_flags(statement)
            self._run(tree.body, module, Cell(path, number, flags))

    def _run(self, body: list[ast.stmt], module: types.ModuleType, cell: Cell) -> None:
        for index, statement in enumerate(body):
            if isinstance(statement, ast.If):
                self._run(self._branch(statement, module, cell), module, cell)
                continue
            spot = cell.spot(statement)
            if is_script(statement, first=index == 0) and spot not in self._scripts:
                continue
            if spot not in self._omitted:
                if isinstance(statement, _TRIES):
                    self._without_scripts(statement, cell)
                self._one(_absolute(statement), module, cell)

    def _branch(self, statement: ast.If, module: types.ModuleType, cell: Cell) -> list[ast.stmt]:
        condition = ast.Expression(statement.test)
        try:
            with self._budget(statement, cell):
                code = compile(condition, cell.code_name, "eval", cell.flags, dont_inherit=True)
                chosen = eval(code, vars(module))
                return statement.body if chosen else statement.orelse
        except BaseException as error:
            self._failed(statement, cell, error)
            return []

    def _one(self, statement: ast.stmt, module: types.ModuleType, cell: Cell) -> None:
        if (why := self._skip.get(cell.spot(statement))) is not None:
            self._forget(statement, cell.notice("skipped", statement), why)
            return
        try:
            tree = ast.Module([statement], [])
            with self._budget(statement, cell):
                code = compile(tree, cell.code_name, "exec", cell.flags, dont_inherit=True)
                exec(code, vars(module))
        except BaseException as error:
            self._failed(statement, cell, error)

    def _without_scripts(self, statement: ast.stmt, cell: Cell) -> None:
        """Replace what is not run in a ``try`` by ``pass``, so that lines and blocks stay."""
        for block in _blocks(statement):
            for i, inner in enumerate(block):
                if isinstance(inner, (ast.If, *_TRIES)):
                    self._without_scripts(inner, cell)
                spot = cell.spot(inner)
                kept = spot in self._scripts and spot not in self._skip
                if is_script(inner, first=False) and not kept:
                    block[i] = ast.copy_location(ast.Pass(), inner)

    def _scripts_in(self, statement: ast.stmt, cell: Cell) -> list[Spot]:
        """The scripts that a statement is or holds."""
        last = statement.end_lineno or statement.lineno
        return sorted(
            spot
            for spot in self._scripts
            if (spot.path, spot.cell) == (cell.path, cell.number)
            and statement.lineno <= spot.line <= last
        )

    @contextmanager
    def _budget(self, statement: ast.stmt, cell: Cell) -> Iterator[None]:
        """Run a statement within what is left of the budget; raises :class:`_Overrun`."""
        definition = _defines(statement)
        script = cell.spot(statement) in self._scripts
        left_s = self._scripts_cpu_s if script else min(self._cpu_s, self._wall_s)
        if not definition and left_s <= 0:
            raise _Overrun
        # Sent before the statement runs: if it ends the process, the judge knows which it was.
        self._announce(cell.spot(statement))
        only_working = self._standins.only_working
        # In a ``try`` a missing module must raise: the handler is a better replacement than ours.
        self._standins.only_working = isinstance(statement, _TRIES) and bool(statement.handlers)
        cpu = max(self._cpu_s, GRACE_CPU_S) if definition else self._cpu_s
        wall = max(self._wall_s, GRACE_CPU_S * 4) if definition else self._wall_s
        if script:
            cpu, wall = min(self._script_cpu_s, self._scripts_cpu_s), self._script_wall_s
        old = [signal.signal(s, _overrun) for s in (signal.SIGPROF, signal.SIGALRM)]
        # setitimer returns what was left of the outer timer: an import of another file of the
        # submission runs that file's statements inside this one.
        outer_cpu = signal.setitimer(signal.ITIMER_PROF, cpu)[0]
        outer_wall = signal.setitimer(signal.ITIMER_REAL, wall)[0]
        try:
            yield
        finally:
            left_cpu = signal.setitimer(signal.ITIMER_PROF, 0)[0]
            left_wall = signal.setitimer(signal.ITIMER_REAL, 0)[0]
            signal.signal(signal.SIGPROF, old[0])
            signal.signal(signal.SIGALRM, old[1])
            self._standins.only_working = only_working
            if script:
                # One that slept through its time counts as one that computed.
                self._scripts_cpu_s -= cpu - left_cpu if left_wall else cpu
            else:
                self._cpu_s = min(self._cpu_s, left_cpu)
                self._wall_s = min(self._wall_s, left_wall)
            if outer_wall:
                soon = 1e-3  # zero would switch the timer off
                signal.setitimer(signal.ITIMER_PROF, max(outer_cpu - cpu + left_cpu, soon))
                signal.setitimer(signal.ITIMER_REAL, max(outer_wall - wall + left_wall, soon))

    def _refill(self, wall_s: float) -> None:
        """Give what comes after a statement that spent the budget some time of its own."""
        if self._refills < MOST_REFILLS:
            self._refills += 1
            self._cpu_s = max(self._cpu_s, GRACE_CPU_S)
            self._wall_s = max(self._wall_s, wall_s)

    # ------------------------------------------------------------ what went wrong

    def _failed(self, statement: ast.stmt, cell: Cell, error: BaseException) -> None:
        where = cell.place(statement.lineno)
        if self._reduced and tier_limitation.is_tier_limitation(error):
            cause = tier_limitation.TEXT
            why = Text(f"{where.zh}：{cause.zh}", f"{where.en}: {cause.en}")
            notice = cell.notice("tier", statement)
            self._forget(statement, notice, why, tier_limitation.TierLimitation())
            return
        if isinstance(error, NameError) and (first := self.unset.get(error.name or "")) is not None:
            # What that name lacks is said already, and is why these are not set either.
            for name in _names(statement):
                self.unset.setdefault(name, first)
            return
        notice = cell.notice("raised", statement, type(error).__name__)
        if isinstance(error, _Overrun):
            self.stalled |= error.stalled
            notice = cell.notice("overran", statement)
            if error.ran:
                self._refill(AFTER_A_WAIT_S if error.stalled else GRACE_CPU_S * 4)
                self.unfinished += self._scripts_in(statement, cell)
            why = Text(
                f"{where.zh}在加载时用完了时间，没有执行完；"
                '训练请放在 if __name__ == "__main__": 之下',
                f"{where.en}: ran out of the time for loading and was not finished; "
                'put training below if __name__ == "__main__":',
            )
        elif isinstance(error, (MemoryError, RecursionError)):
            kind = type(error).__name__
            why = Text(
                f"{where.zh}在加载时抛出了 {kind}",
                f"{where.en}: raised {kind} while it was loaded",
            )
        else:
            words = raised(error, self.own_files).words[:120]
            kind = type(error).__name__
            why = Text(
                f"{where.zh}在加载时抛出了 {kind}：{words}",
                f"{where.en}: raised {kind} while it was loaded: {words}",
            )
        self._forget(statement, notice, why)

    def _forget(
        self, statement: ast.stmt, notice: Notice, why: Text, verdict: Verdict | None = None
    ) -> None:
        self._notice(notice)
        for name in _names(statement):
            self.unset.setdefault(name, verdict or why)

    def _unreadable(self, path: str, cell: int, error: BaseException) -> None:
        words = str(getattr(error, "msg", "") or type(error).__name__)[:120]
        where = Cell(path, cell).place(getattr(error, "lineno", None) or "?")
        why = Text(f"{where.zh} 有语法错误（{words}）", f"{where.en}: syntax error ({words})")
        self.unset.setdefault("*", why)
        self._notice(Notice("syntax", path, getattr(error, "lineno", None) or 0, cell))

    def _notice(self, notice: Notice) -> None:
        if notice not in self.notices and len(self.notices) < MAX_ITEMS:
            self.notices.append(notice)


def _overrun(number: int, _: Any) -> None:
    raise _Overrun(stalled=number == signal.SIGALRM, ran=True)


class SiblingFinder(MetaPathFinder, ImportLoader):
    """``import rnn`` finds the submission's own ``rnn.py``, as it does beside it on disk."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """A spec where the submission has such a file or folder."""
        if name.split(".")[0] in PROTECTED:
            return None
        if self._loader.find(name):
            return ModuleSpec(name, self, is_package=self._loader.is_folder(name))
        if self._loader.is_folder(name):
            return ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec: ModuleSpec) -> types.ModuleType | None:
        """The module, executed by the forgiving loader; None makes an empty package."""
        path = self._loader.find(spec.name)
        return self._loader.module(path, spec.name) if path else None

    def exec_module(self, module: types.ModuleType) -> None:
        """Nothing is left to do."""


def _defines(statement: ast.stmt) -> bool:
    """Whether a statement is a definition, an import, or a constant that calls nothing."""
    if isinstance(statement, (ast.Assign, ast.AnnAssign)):
        return not any(isinstance(node, _COMPUTES) for node in ast.walk(statement))
    return isinstance(statement, _DEFINITIONS)


def _blocks(statement: ast.stmt) -> list[list[ast.stmt]]:
    """The blocks of an ``if`` or a ``try``."""
    if isinstance(statement, ast.If):
        return [statement.body, statement.orelse]
    assert isinstance(statement, _TRIES)
    handlers = [handler.body for handler in statement.handlers]
    return [statement.body, *handlers, statement.orelse, statement.finalbody]


def _absolute(statement: ast.stmt) -> ast.stmt:
    """``from .rnn import X`` as ``from rnn import X``: modules here have no package."""
    if isinstance(statement, ast.ImportFrom) and statement.level:
        if statement.module:
            statement.level = 0
            return statement
        return ast.copy_location(ast.Import(statement.names), statement)
    return statement


def _future_flags(statement: ast.stmt) -> int:
    if not (isinstance(statement, ast.ImportFrom) and statement.module == "__future__"):
        return 0
    features = [getattr(future_features, a.name, None) for a in statement.names]
    return sum(f.compiler_flag for f in features if f is not None)


def _names(statement: ast.stmt) -> set[str]:
    """The names that a statement would have bound at the top level."""
    found: set[str] = set()
    for node in ast.walk(statement):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            found |= {(a.asname or a.name).split(".")[0] for a in node.names}
    return found
