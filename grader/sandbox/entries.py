"""Find what a server may import besides the standard library, and nothing that lies beside it.

In the jail only some entries of site-packages exist. Without one this finder shows the same.
Standard library only.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType


class Entries(MetaPathFinder):
    """Top-level modules among `paths`, each a package's folder or a module's file."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._folders: dict[str, str] = {}
        for path in paths:
            folder, name = os.path.split(path)
            self._folders.setdefault(name.partition(".")[0], folder)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The specification, if `fullname` is one of ours; packages find their own modules."""
        folder = self._folders.get(fullname)
        if folder is None or path is not None:
            return None
        return PathFinder.find_spec(fullname, [folder], target)
