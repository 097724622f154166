"""Which shared libraries of the system a fork server may load: what its modules are linked to.

Found in the headers of the files, as the dynamic loader finds them: the names that a library needs,
then the folders in which these are looked for. Nothing is executed. Runs in the judge.
"""

from __future__ import annotations

import glob
import mmap
import os
import struct
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

_LOADED_BY_NAME: Final = ("libgcc_s.so.1", "libnss_files.so.2")
"""What the C library loads when it is needed, so that no header names it."""

_DRIVERS: Final = ("libcu*.so*", "libnv*.so*", "libnccl*.so*")
"""What comes with a GPU: its driver and CUDA's libraries load some of the others by name."""

_CONFIGURATION: Final = "/etc/ld.so.conf"
_USUAL: Final = ("/lib64", "/usr/lib64", "/lib", "/usr/lib", "/usr/local/lib64", "/usr/local/lib")

_DYNAMIC, _LOAD = 2, 1  # types of segments
_END, _NEEDED, _STRINGS, _RPATH, _RUNPATH = 0, 1, 5, 15, 29  # tags of entries
_MOST_ENTRIES: Final = 4096


@dataclass(frozen=True, slots=True)
class _Header:
    """What the dynamic loader reads first of a library."""

    needed: tuple[str, ...]
    folders: tuple[str, ...]


@cache
def needed(modules: tuple[str, ...], devices: bool = False) -> tuple[tuple[str, str], ...]:
    """(path that the loader looks at, file) of each library that Python and `modules` may load.

    With `devices` also those of the driver of a GPU.
    """
    folders = _system_folders()
    found: dict[str, str] = {}
    waiting = [os.path.realpath(sys.executable), *_own_modules(), *modules]
    waiting += [p for name in _LOADED_BY_NAME if (p := _find(name, folders)) is not None]
    if devices:
        patterns = (f"{folder}/{pattern}" for folder in folders for pattern in _DRIVERS)
        waiting += [path for pattern in patterns for path in sorted(glob.glob(pattern))]
    seen: set[str] = set()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        # By the folder's real path: /lib may be a link. The name must stay: it is looked for.
        folder, name = os.path.split(path)
        found[f"{os.path.realpath(folder)}/{name}"] = os.path.realpath(path)
        header = _header(path)
        origin = os.path.dirname(os.path.realpath(path))
        own = [f.replace("$ORIGIN", origin).replace("${ORIGIN}", origin) for f in header.folders]
        waiting += [p for n in header.needed if (p := _find(n, [*own, *folders])) is not None]
    return tuple(sorted(found.items()))


def _own_modules() -> list[str]:
    """The extension modules of the standard library."""
    folder = sysconfig.get_config_var("DESTSHARED") or ""
    return sorted(glob.glob(f"{glob.escape(folder)}/*.so")) if folder else []


def _find(name: str, folders: Iterable[str]) -> str | None:
    if "/" in name:
        return name if os.path.isfile(name) else None
    return next((p for f in folders if os.path.isfile(p := f"{f}/{name}")), None)


def _system_folders() -> list[str]:
    """Where the loader looks for what a library does not say itself, in this order."""
    multiarch = sysconfig.get_config_var("MULTIARCH") or ""
    given = os.environ.get("LD_LIBRARY_PATH", "").split(":")
    usual = [f"{folder}/{multiarch}" for folder in ("/lib", "/usr/lib") if multiarch]
    all_folders = [*given, *_configured(_CONFIGURATION, 4), *usual, *_USUAL]
    return [f for f in dict.fromkeys(all_folders) if f.startswith("/") and os.path.isdir(f)]


def _configured(path: str, depth: int) -> Iterator[str]:
    """The folders that ``ld.so.conf`` lists, and the files that it includes."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            lines = file.read().splitlines()
    except OSError:
        return
    for line in lines:
        said = line.partition("#")[0].strip()
        first, _, rest = said.partition(" ")
        if first == "include" and depth:
            pattern = os.path.join(os.path.dirname(path), rest.strip())
            for included in sorted(glob.glob(pattern)):
                yield from _configured(included, depth - 1)
        elif said.startswith("/"):
            yield said


# ---------------------------------------------------------------- ELF


def _header(path: str) -> _Header:
    """Of a 64-bit library or program; empty for any other file."""
    try:
        with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _read(data)
    except (OSError, ValueError, OverflowError, StopIteration, struct.error):  # not a whole one
        return _Header((), ())


def _read(data: mmap.mmap) -> _Header:
    if data[:6] != b"\x7fELF\x02\x01":  # 64 bits, little-endian, as every machine of the sandbox
        return _Header((), ())
    (table,) = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    segments = [struct.unpack_from("<IIQQQQ", data, table + i * size) for i in range(count)]
    loads = [(address, offset, length) for kind, _, offset, address, _, length in segments
             if kind == _LOAD]  # fmt: skip
    dynamic = next((s for s in segments if s[0] == _DYNAMIC), None)
    if dynamic is None:
        return _Header((), ())
    entries = []
    for i in range(_MOST_ENTRIES):
        tag, value = struct.unpack_from("<qQ", data, dynamic[2] + 16 * i)
        if tag == _END:
            break
        entries.append((tag, value))
    address = next(value for tag, value in entries if tag == _STRINGS)
    strings = next(o + address - a for a, o, length in loads if a <= address < a + length)

    def text(at: int) -> str:
        start = strings + at
        return bytes(data[start : data.find(b"\0", start)]).decode("utf-8", "surrogateescape")

    names = tuple(text(value) for tag, value in entries if tag == _NEEDED)
    paths = [text(value) for tag, value in entries if tag in (_RPATH, _RUNPATH)]
    return _Header(names, tuple(folder for path in paths for folder in path.split(":") if folder))
