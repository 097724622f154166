"""Limit what a server without a jail may import besides the standard library.

In the jail only some entries of site-packages exist. Without a jail this finder finds the same
entries and nothing beside them. Standard library only.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType


class AllowedImports(MetaPathFinder):
    """Top-level modules among `paths`, each a package's folder or a module's file."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._folders: dict[str, str] = {}
        for path in paths:
            folder, name = os.path.split(path)
            self._folders.setdefault(name.partition(".")[0], folder)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec of a top-level module that is allowed; packages find their own submodules."""
        folder = self._folders.get(fullname)
        if folder is None or path is not None:
            return None
        return PathFinder.find_spec(fullname, [folder], target)
