"""The names that a submission defines for one part; probes look them up here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .outcomes import Missing, Verdict
from .reasons import Undefined
from .text import Text


class Lab:
    """Looks up the names of a contract in the modules of a submission, in their order.

    `unset` holds names that the source defines but that are not set, because their statement
    raised: why that is so, or the verdict of every check that needs the name.
    """

    def __init__(
        self,
        modules: list[dict[str, Any]],
        unset: Mapping[str, Text | Verdict] | None = None,
    ) -> None:
        self._modules = modules
        self._unset = unset or {}

    def get(self, *names: str) -> Any:
        """The first of `names` that is defined. All but the first are older spellings."""
        for name in names:
            for module in self._modules:
                if module.get(name) is not None:
                    return module[name]
        raise Missing(self._undefined(names))

    def has(self, *names: str) -> bool:
        """Whether one of `names` is defined."""
        return any(module.get(n) is not None for n in names for module in self._modules)

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

    def _undefined(self, names: tuple[str, ...]) -> Undefined:
        for name in (*names, "*"):  # "*": a file with a syntax error; it may define any name
            because = self._unset.get(name)
            if isinstance(because, Verdict):
                raise because
            if because is not None:
                return Undefined(names[0], because)
        return Undefined(names[0])
