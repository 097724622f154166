"""Which definitions of a part give way to another file's, as a record that travels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Annotated, Final

from kit.homes import PassedOver

from .bounds import AtMost

MOST: Final = 20_000
"""Intake reads 500 files, and no part has 40 functions and classes."""

_Texts = Annotated[tuple[Annotated[str, AtMost(1_200)], ...], AtMost(MOST)]


@dataclass(frozen=True)
class PassedOverLists:
    """The fields of :class:`kit.homes.PassedOver`, each of all; the codec packs such lists."""

    paths: _Texts = ()
    names: _Texts = ()
    homes: _Texts = ()
    spelled: _Texts = ()
    functions: Annotated[tuple[bool, ...], AtMost(MOST)] = ()

    @staticmethod
    def of(stubs: Sequence[PassedOver]) -> PassedOverLists:
        """These stubs as lists."""
        return PassedOverLists(*zip(*stubs, strict=True)) if stubs else PassedOverLists()

    @property
    def even(self) -> bool:
        """Whether each stub has all of its fields."""
        return len({len(each) for each in astuple(self)}) == 1

    @property
    def stubs(self) -> tuple[PassedOver, ...]:
        """The stubs, in their order; ValueError where the lists are not even."""
        lists = (self.paths, self.names, self.homes, self.spelled, self.functions)
        return tuple(PassedOver(*fields) for fields in zip(*lists, strict=True))
