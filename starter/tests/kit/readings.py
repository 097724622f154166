"""Which top-level statements are executed when one part of a submission is loaded.

At first definitions and assignments only: scripts train, draw and read files that are not there.
Where a check fails, the part may be graded once more by its second reading, with the scripts that
could give one of its definitions its meaning.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .part import Part
from .statements import Spot, Statement

MAX_STATEMENTS = 200
"""Of one part that a second reading executes."""

MAX_SCRIPTS = 1_000
"""That are looked at; nobody writes as many."""

MAX_CALLED = 200
"""Functions that are followed from one call."""

MAX_ROUNDS = 20
"""Scripts that matter only to one another, from one to the next."""


@dataclass(frozen=True)
class Reading:
    """What is executed besides definitions, and which definitions belong to another part."""

    run: tuple[Spot, ...] = ()
    omit: tuple[Spot, ...] = ()


def readings(
    part: Part, statements: Sequence[Statement], omitted: Sequence[frozenset[Spot]]
) -> tuple[Reading, ...]:
    """The readings of a part in the order in which they are tried: at most two.

    `statements` are those of its files. `omitted` are one or two sets of spots of definitions that
    belong to another part of the same file, the likelier first. Empty if the part is loaded by the
    general rule alone.
    """
    first = Reading(omit=_ordered(omitted[0]))
    chosen = omitted[-1]
    second = Reading(run=scripts_for(part, statements, chosen), omit=_ordered(chosen))
    if second != first:
        return first, second
    return (first,) if first != Reading() else ()


def _ordered(spots: Iterable[Spot]) -> tuple[Spot, ...]:
    return tuple(sorted(spots))


def scripts_for(
    part: Part, statements: Sequence[Statement], omitted: frozenset[Spot] = frozenset()
) -> tuple[Spot, ...]:
    """The scripts that could matter to the part, in the order of the file.

    A script matters if it binds, deletes or changes a name that a definition of the part uses,
    calls a method of one, or hands one to a function.
    """
    kept = [s for s in statements if s.spot not in omitted]
    scripts = [s for s in kept if s.script][:MAX_SCRIPTS]
    if not scripts:
        return ()
    search = _Search(part, [s for s in kept if not s.script], scripts)
    found = search.run()
    return tuple(s.spot for s in scripts if s.spot in found)[:MAX_STATEMENTS]


class _Search:
    """The names that the part's definitions use, and the scripts that matter to one of them.

    Both grow together: a script that matters may itself use a list that another script fills.
    """

    def __init__(self, part: Part, definitions: list[Statement], scripts: list[Statement]) -> None:
        self._scripts = scripts
        self._imported = {name for s in (*definitions, *scripts) if s.imports for name in s.binds}
        self._binding: dict[str, list[Statement]] = {}
        self._aliasing: dict[str, list[Statement]] = {}
        for statement in definitions:
            for name in statement.binds:
                self._binding.setdefault(name, []).append(statement)
            for _, sources in statement.flows:
                for name in sources:
                    self._aliasing.setdefault(name, []).append(statement)
        self._functions = {name: s for s in definitions if s.defines for name in s.binds}
        self._bound = {name for s in (*definitions, *scripts) for name in s.binds}
        self._files: dict[str, set[str]] = {}
        for statement in (*definitions, *scripts):
            for name in statement.binds:
                self._files.setdefault(name, set()).add(statement.spot.path)
        known: dict[frozenset[str], tuple[set[str], bool]] = {}
        self._effects = {}
        for script in scripts:
            called = script.calls | script.passes | self._made_by(script.methods)
            if called not in known:
                known[called] = self._effects_of(called)
            self._effects[script.spot] = known[called]
        older = {name for name, _ in part.older_names}
        self._todo = deque(sorted({name.partition(".")[0] for name in part.names} | older))
        self._used: set[str] = set(self._todo)
        self._found: set[Spot] = set()

    def run(self) -> set[Spot]:
        """The spots of the scripts that matter."""
        for _ in range(MAX_ROUNDS):
            self._follow()
            before = len(self._found)
            for script in self._scripts:
                if script.spot not in self._found and self._matters(script):
                    self._found.add(script.spot)
                    self._use(script.uses)
            if len(self._found) == before:
                break
        return self._found

    def _follow(self) -> None:
        """Add what the definitions of the names in use read, and other names of the same object."""
        while self._todo:
            name = self._todo.popleft()
            for statement in self._binding.get(name, ()):
                self._use(statement.uses)
                self._use(self._of_other_files(statement))
            if name in self._imported:
                continue
            for statement in self._aliasing.get(name, ()):
                if not statement.calls and not statement.methods:
                    self._use(statement.binds)

    def _of_other_files(self, statement: Statement) -> set[str]:
        """Names of another file that a statement reads as ``tables.NAME``."""
        if not statement.uses & self._imported:
            return set()
        here = {statement.spot.path}
        return {word for word in statement.words if self._files.get(word, here) - here}

    def _use(self, names: Iterable[str]) -> None:
        new = sorted(set(names) - self._used)
        self._used.update(new)
        self._todo.extend(new)

    def _matters(self, script: Statement) -> bool:
        if script.dynamic or script.binds & self._used or script.direct in self._used:
            return True
        # A module is used everywhere; to call a function of one changes nothing in it.
        own = (self._used & self._bound) - self._imported
        for targets, sources in (
            *script.flows,
            *script.flows,
        ):  # twice: one may follow from another
            if sources & own:
                own = own | targets
        if script.changes & self._used or (script.methods | script.changes | script.passes) & own:
            return True
        sets, dynamic = self._effects[script.spot]
        return dynamic or bool(sets & self._used)

    def _made_by(self, names: Iterable[str]) -> set[str]:
        """The classes and functions that made the objects of these names."""
        return {made for name in names for s in self._binding.get(name, ()) for made in s.calls}

    def _effects_of(self, called: Iterable[str]) -> tuple[set[str], bool]:
        """The names that the functions `called` set or change, with those that they call.

        Of a class all methods count.
        """
        effects: set[str] = set()
        dynamic = False
        todo, seen = deque(called), set(called)
        while todo and len(seen) < MAX_CALLED:
            function = self._functions.get(todo.popleft())
            if function is None:
                continue
            dynamic |= function.dynamic
            effects |= function.sets | function.changes | (function.methods - self._imported)
            new = (function.calls | function.passes | self._made_by(function.methods)) - seen
            seen |= new
            todo.extend(sorted(new))
        return effects, dynamic
