"""Objects that stand for those of a missing module, and whether a call uses one that matters."""

from __future__ import annotations

import functools
import os
import sys
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

from .harmless import is_harmless

_HEAP_TYPE: Final = 1 << 9  # a class that Python code made: its attributes can be set


class Uses:
    """Says once a call that the code uses what only a stand-in gives it."""

    def __init__(self) -> None:
        self._tell: Callable[[], None] | None = None
        self._pid = 0

    @contextmanager
    def during(self, tell: Callable[[], None]) -> Iterator[None]:
        """Call `tell` at the first use in the with block."""
        self._tell, self._pid = tell, os.getpid()
        try:
            yield
        finally:
            self._tell = None

    def note(self) -> None:
        """A stand-in is used."""
        tell, self._tell = self._tell, None
        # A process that the code has forked shares the channel, and must not write to it.
        if tell is not None and os.getpid() == self._pid:
            with suppress(Exception):  # the student's code must not see an error of ours
                tell()


USES: Final = Uses()
"""Of this process, which loads one submission."""


class Inert:
    """Accepts every operation and does nothing. As a decorator it returns the function.

    Arithmetic with it gives it again, so that ``wandb.config.lr * 2`` can stand at the top of a
    file; as a number it is not one. Every operation counts as a use, except with what is harmless.
    """

    def __init__(self, name: str = "inert") -> None:
        self.__dict__["_name"] = name
        self.__dict__["_counts"] = not is_harmless(name)

    def _used(self) -> None:
        if self.__dict__["_counts"]:
            USES.note()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self._used()
        if len(args) == 1 and not kwargs and isinstance(args[0], (types.FunctionType, type)):
            # A decorator: what it would have made of the function may matter.
            return _noted(args[0]) if self.__dict__["_counts"] else args[0]
        return self

    def __getattr__(self, name: str) -> Any:
        # Where __init__ has not run, as in a copy, there are no attributes yet.
        if name.startswith("__") or "_counts" not in self.__dict__:
            raise AttributeError(name)
        self._used()
        return self

    def __setattr__(self, name: str, value: Any) -> None:
        self._used()

    def __getitem__(self, key: Any) -> Inert:
        self._used()
        return self

    def __setitem__(self, key: Any, value: Any) -> None:
        self._used()

    def __iter__(self) -> Iterator[Inert]:
        self._used()
        return iter((self, self))  # fig, ax = plt.subplots()

    def __enter__(self) -> Inert:
        self._used()
        return self

    def __exit__(self, *_: Any) -> None:
        self._used()

    def __float__(self) -> float:
        self._used()
        return float("nan")

    def __int__(self) -> int:
        self._used()
        return 0

    __index__ = __int__

    def __eq__(self, other: object) -> bool:
        self._used()
        return self is other

    __hash__ = object.__hash__

    def __format__(self, _: str) -> str:
        return repr(self)

    def __mro_entries__(self, bases: Any) -> tuple[type, ...]:
        # One for all of them, else Python finds no order; a class of the code may bring it.
        counting = [b for b in bases if isinstance(b, Inert) and b.__dict__["_counts"]]
        brought = any(isinstance(b, type) and issubclass(b, _Base) for b in bases)
        return (_Base,) if counting and counting[0] is self and not brought else ()

    def __len__(self) -> int:
        self._used()
        return 0

    def __array__(self, *_: Any, **__: Any) -> Any:
        self._used()
        # Without this NumPy would iterate over stand-ins of stand-ins without end.
        return sys.modules["numpy"].array(float("nan"))

    def __repr__(self) -> str:
        self._used()
        return f"<stand-in for {self.__dict__['_name']}>"


# Python's own sentences name a value's class, and so do the checks': students read this.
Inert.__name__ = Inert.__qualname__ = "stand_in_for_a_missing_module"


def _itself(self: Inert, *_: Any) -> Inert:
    self._used()
    return self


def _false(self: Inert, *_: Any) -> bool:
    self._used()
    return False


_ARITHMETIC = (
    *("add", "sub", "mul", "truediv", "floordiv", "mod", "divmod", "pow", "matmul"),
    *("lshift", "rshift", "and", "or", "xor"),
)
for _name in (*_ARITHMETIC, *(f"r{name}" for name in _ARITHMETIC)):
    setattr(Inert, f"__{_name}__", _itself)
for _name in ("neg", "pos", "abs", "invert", "round"):
    setattr(Inert, f"__{_name}__", _itself)
for _name in ("lt", "le", "gt", "ge"):
    setattr(Inert, f"__{_name}__", _false)


class _Base:
    """In place of a missing base class: to make an object uses what the class would have given."""

    def __init_subclass__(cls, **_: Any) -> None:
        super().__init_subclass__()

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        USES.note()
        new = super().__new__
        return new(cls) if new is object.__new__ else new(cls, *args, **kwargs)


_Base.__name__ = _Base.__qualname__ = Inert.__name__


def _noted(decorated: Any) -> Any:
    """What a missing decorator returns: its use counts, whatever it does."""
    if isinstance(decorated, type):
        return _noted_class(decorated)

    @functools.wraps(decorated)
    def noted(*args: Any, **kwargs: Any) -> Any:
        USES.note()
        return decorated(*args, **kwargs)

    return noted


def _noted_class(decorated: type) -> type:
    """The class itself; if it has no constructor, the decorator may have been to give it one."""
    plain = all(getattr(decorated, n) is getattr(object, n) for n in ("__init__", "__new__"))
    if plain and decorated.__flags__ & _HEAP_TYPE:

        def constructor(self: Any, *args: Any, **kwargs: Any) -> None:
            USES.note()
            object.__init__(self, *args, **kwargs)

        decorated.__init__ = constructor  # type: ignore[misc]
    return decorated
