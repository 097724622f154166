"""A bounded search of folders, shared fairly: a huge folder uses up only its owner's share."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

Folder = TypeVar("Folder")
File = TypeVar("File")


class _Node(Generic[Folder, File]):
    """A folder, and how many files have been taken out of it so far."""

    __slots__ = ("children", "count", "folder", "listed")

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self.count = 0
        self.listed = False
        self.children: list[tuple[int, int, _Node[Folder, File]]] = []

    @property
    def pending(self) -> bool:
        return not self.listed or bool(self.children)

    def step(
        self, children: Callable[[Folder], tuple[list[File], list[Folder]]]
    ) -> tuple[Folder, list[File]]:
        """The files of one more folder: of those side by side, the one that gave least so far."""
        if not self.listed:
            files, folders = children(self.folder)
            self.children = [(0, i, _Node(folder)) for i, folder in enumerate(folders)]
            self.listed = True
            self.count += len(files) + 1
            return self.folder, files
        _, i, child = heapq.heappop(self.children)
        where, files = child.step(children)
        if child.pending:
            heapq.heappush(self.children, (child.count, i, child))
        self.count += len(files) + 1
        return where, files


def folders(
    root: Folder, children: Callable[[Folder], tuple[list[File], list[Folder]]]
) -> Iterator[tuple[Folder, list[File]]]:
    """Every folder with its files. Whoever stops early has seen a fair share of each."""
    node: _Node[Folder, File] = _Node(root)
    while node.pending:
        yield node.step(children)
