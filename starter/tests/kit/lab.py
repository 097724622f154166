"""The names that a submission defines for one part; probes look them up here."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from .homes import PassedOver
from .outcomes import Missing, Verdict
from .reasons import Undefined
from .text import Text


def unite(
    spaces: Mapping[str, dict[str, Any]],
    unset: Mapping[str, Text | Verdict],
    passed_over: Collection[PassedOver],
) -> Lab:
    """The names of several files, by path in order of precedence.

    A stub that another of them fills is never found, not even by a call in its own file.
    """
    number = {path: i for i, path in enumerate(spaces)}
    known = number.keys() | {stub.home for stub in passed_over if stub.spelled in unset}
    stubs = [stub for stub in passed_over if stub.path in number and stub.home in known]
    for stub in stubs:
        function = spaces.get(stub.home, {}).get(stub.spelled)
        if stub.function and function is not None:
            spaces[stub.path][stub.name] = function
    return Lab(list(spaces.values()), unset, {(number[s.path], s.name) for s in stubs})


class Lab:
    """Looks up the names of a contract in the modules of a submission, in their order.

    `unset` holds names that the source defines but that are not set, because their statement
    raised: why that is so, or the verdict of every check that needs the name. `passed_over` are
    names, each with the number of a module, that this module leaves to a later one.
    """

    def __init__(
        self,
        modules: list[dict[str, Any]],
        unset: Mapping[str, Text | Verdict] | None = None,
        passed_over: Collection[tuple[int, str]] = (),
    ) -> None:
        self._modules = modules
        self._unset = unset or {}
        self._passed_over = frozenset(passed_over)

    def get(self, *names: str) -> Any:
        """The first of `names` that is defined. All but the first are older spellings."""
        for name in names:
            for value in self._values(name):
                return value
        raise Missing(self._undefined(names))

    def has(self, *names: str) -> bool:
        """Whether one of `names` is defined."""
        return any(True for name in names for _ in self._values(name))

    def put(self, name: str, value: Any) -> None:
        """Set `name` in every module that lacks it: a name that only ``main()`` would set."""
        for module in self._modules:
            module.setdefault(name, value)

    def method(self, owner: str, name: str) -> Any:
        """A function of the class `owner`; raises :class:`Missing` if either is not defined."""
        function = getattr(self.get(owner), name, None)
        if function is None:
            raise Missing(Undefined(f"{owner}.{name}"))
        return function

    def _values(self, name: str) -> Iterator[Any]:
        for number, module in enumerate(self._modules):
            if module.get(name) is not None and (number, name) not in self._passed_over:
                yield module[name]

    def _undefined(self, names: tuple[str, ...]) -> Undefined:
        for name in (*names, "*"):  # "*": a file with a syntax error; it may define any name
            because = self._unset.get(name)
            if isinstance(because, Verdict):
                raise because
            if because is not None:
                return Undefined(names[0], because)
        return Undefined(names[0])
