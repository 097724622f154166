"""The names that a submission defines for one part, as a probe sees them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .outcomes import Missing, Verdict
from .reasons import Undefined
from .text import Text


class Lab:
    """Looks a contract's name up in the modules of a submission, first module first.

    `unset` says why a name is not there although the source defines it (its statement raised):
    a reason, or the verdict of every check that needs it.
    """

    def __init__(
        self,
        modules: list[dict[str, Any]],
        unset: Mapping[str, Text | Verdict] | None = None,
    ) -> None:
        self._modules = modules
        self._unset = unset or {}

    def get(self, *names: str) -> Any:
        """The first of `names` that is defined; names after the first are older spellings."""
        for name in names:
            for module in self._modules:
                if module.get(name) is not None:
                    return module[name]
        raise Missing(self._undefined(names))

    def has(self, *names: str) -> bool:
        """Whether one of `names` is defined."""
        return any(module.get(n) is not None for n in names for module in self._modules)

    def put(self, name: str, value: Any) -> None:
        """Bind `name` in every module that does not have it (what only ``main()`` would bind)."""
        for module in self._modules:
            module.setdefault(name, value)

    def method(self, owner: str, name: str) -> Any:
        """A function of the class `owner`; :class:`Missing` if either is not there."""
        function = getattr(self.get(owner), name, None)
        if function is None:
            raise Missing(Undefined(f"{owner}.{name}"))
        return function

    def _undefined(self, names: tuple[str, ...]) -> Undefined:
        for name in (*names, "*"):  # "*": a file that could not be read can have defined anything
            because = self._unset.get(name)
            if isinstance(because, Verdict):
                raise because
            if because is not None:
                return Undefined(names[0], because)
        return Undefined(names[0])
