"""Which entries of site-packages a fork server may see: some distributions and what they require.

Runs in the judge, because the servers use the judge's environment.
"""

from __future__ import annotations

import csv
import importlib.metadata as metadata
import io
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from grader.core.errors import MachineError
from kit.text import Text

Kind = Literal["reader", "numpy", "torch", "similarity"]
_ROOTS: dict[Kind, tuple[str, ...]] = {
    "reader": ("numpy", "pillow", "pypdf", "pypdfium2"),
    "numpy": ("numpy", "pypdf"),
    "torch": ("numpy", "torch"),
    "similarity": ("numpy", "copydetect"),
}


@dataclass(frozen=True)
class Packages:
    """Folders for ``sys.path``, those of their entries that a server may see, their libraries."""

    folders: tuple[str, ...]
    entries: tuple[str, ...]
    libraries: tuple[str, ...]
    """Extension modules and shared libraries in the entries."""


@cache
def needed(kind: Kind) -> Packages:
    """What a server of this kind imports: the closure of its distributions, without extras."""
    found: dict[str, metadata.Distribution] = {}
    for name in _ROOTS[kind]:
        _close(name, found, required_by=None)
    folders: dict[str, None] = {}
    entries: dict[str, None] = {}
    libraries: set[str] = set()
    for distribution in found.values():
        folder = Path(str(distribution.locate_file("")))
        folders[str(folder)] = None
        files = _files(distribution)
        for entry in _top_level(distribution, files):
            if (folder / entry).exists():
                entries[str(folder / entry)] = None
                libraries |= set() if files else {str(p) for p in (folder / entry).rglob("*.so*")}
        libraries |= {str(folder / name) for name in files if _is_library(name)}
    return Packages(tuple(folders), tuple(sorted(entries)), tuple(sorted(libraries)))


def _close(name: str, found: dict[str, metadata.Distribution], required_by: str | None) -> None:
    name = canonicalize_name(name)
    if name in found:
        return
    try:
        distribution = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        needs = f" ({required_by} needs it)" if required_by else ""
        wants = f"（{required_by} 需要它）" if required_by else ""
        raise MachineError(
            Text(
                f"评分所用的 Python 环境里没有安装 {name}{wants}。请运行 make 重新安装依赖。",
                f"The grader's Python environment lacks {name}{needs}. Run make to install the "
                "lock file again.",
            )
        ) from None
    found[name] = distribution
    for line in distribution.requires or ():
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            _close(requirement.name, found, required_by=name)


def _files(distribution: metadata.Distribution) -> list[str]:
    """The files of a distribution, relative to its folder; none where they are not listed."""
    if record := distribution.read_text("RECORD"):  # torch's names 15,000 files: no Path for each
        return [row[0] for row in csv.reader(io.StringIO(record)) if row]
    return [file.as_posix() for file in distribution.files or ()]


def _is_library(name: str) -> bool:
    return name.endswith(".so") or ".so." in name.rpartition("/")[2]


def _top_level(distribution: metadata.Distribution, files: list[str]) -> set[str]:
    """First components of the files that belong to a distribution."""
    if files:
        names = {file.split("/", 1)[0] for file in files}
    else:  # some system packagers leave the list of files out
        name = canonicalize_name(distribution.metadata["Name"]).replace("-", "_")
        listed = (distribution.read_text("top_level.txt") or "").split()
        names = {*(listed or [name]), f"{name}.libs"}
    return {
        name
        for name in names
        if name not in ("", "..", "__pycache__") and not name.endswith(".pth")
    }
