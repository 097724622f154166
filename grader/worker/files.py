"""Serve files from memory in the tiers that give a worker no folder to write in.

Installed once in the fork server, so that every worker starts with the same empty folders. Relative
paths and those of scratch folders are served from :mod:`memory`; all others go to the kernel, which
refuses most of them. This is no protection: it only lets correct code run.
"""

from __future__ import annotations

import builtins
import errno
import io
import os
import pathlib
import posixpath
import shutil
import sys
import tempfile
from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from grader.protocol.environment import TEMP

from .memory import Files, failure

NULL: Final = "/dev/null"
_REFUSED: Final = (errno.EPERM, errno.EACCES)


class _Raw(io.RawIOBase):
    """An open file. ``fileno`` raises, as it does for every object without a descriptor."""

    def __init__(self, files: Files, data: bytearray, name: Any, modes: set[str]) -> None:
        self._files, self._data, self.name = files, data, name
        self._reads = "r" in modes or "+" in modes
        self._writes = modes != {"r"} and bool(modes & set("wax+"))
        self._appends = "a" in modes
        self._at = len(data) if self._appends else 0
        self.mode = "rb+" if self._reads and self._writes else "wb" if self._writes else "rb"

    def readable(self) -> bool:
        return self._reads

    def writable(self) -> bool:
        return self._writes

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._reads:
            raise io.UnsupportedOperation("File not open for reading")
        view = memoryview(buffer).cast("B")
        chunk = self._data[self._at : self._at + len(view)]
        view[: len(chunk)] = chunk
        self._at += len(chunk)
        return len(chunk)

    def write(self, buffer: Any) -> int:
        if not self._writes:
            raise io.UnsupportedOperation("File not open for writing")
        view = memoryview(buffer).cast("B")
        if self.name == NULL:
            return len(view)
        if self._appends:
            self._at = len(self._data)
        self._files.grow(self._data, self._at + len(view))
        self._data[self._at : self._at + len(view)] = view
        self._at += len(view)
        return len(view)

    def seek(self, offset: int, whence: int = 0) -> int:
        at = offset + (0, self._at, len(self._data))[whence]
        if at < 0:
            raise failure(errno.EINVAL, self.name)
        self._at = at
        return at

    def truncate(self, size: int | None = None) -> int:
        size = self._at if size is None else size
        del self._data[size:]
        self._files.grow(self._data, size)
        return size


# ---------------------------------------------------------------- open


def _opener(files: Files, original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def open(
        file: Any, mode: str = "r", buffering: int = -1, encoding: Any = None, errors: Any = None,
        newline: Any = None, closefd: bool = True, opener: Any = None,
    ) -> Any:  # fmt: skip
        real = isinstance(file, int) or opener is not None or not isinstance(mode, str)
        name = None if real else files.place(file)
        if name is None and not (real or os.fsdecode(file) == NULL):
            return _as_in_a_jail(original, file, mode, buffering, encoding, errors, newline)
        if real:
            return original(file, mode, buffering, encoding, errors, newline, closefd, opener)
        modes = _modes(mode, encoding, errors, newline)
        raw = _Raw(files, _data(files, name, file, modes), file, modes)
        return _wrapped(raw, modes, mode, buffering, encoding, errors, newline)

    return open


def _modes(mode: str, encoding: Any, errors: Any, newline: Any) -> set[str]:
    """The letters of a valid mode without ``t``; ValueError as ``open`` raises it."""
    letters = set(mode)
    if letters - set("axrwb+t") or len(mode) > len(letters):
        raise ValueError(f"invalid mode: {mode!r}")
    if len(letters & set("axrw")) != 1:
        raise ValueError("must have exactly one of create/read/write/append mode")
    if {"b", "t"} <= letters:
        raise ValueError("can't have text and binary mode at once")
    for what, value in (("encoding", encoding), ("errors", errors), ("newline", newline)):
        if "b" in letters and value is not None:
            raise ValueError(f"binary mode doesn't take an {what} argument")
    return letters - {"t"}


def _data(files: Files, name: str | None, path: Any, modes: set[str]) -> bytearray:
    """The content of the file to open: existing, new or emptied, as the mode says."""
    if name is None:
        return bytearray()  # of the null device
    if name in files.folders:
        raise failure(errno.EISDIR, path)
    if name in files.files:
        if "x" in modes:
            raise failure(errno.EEXIST, path)
        if "w" in modes:
            files.files[name].clear()
        return files.files[name]
    if "r" in modes:
        raise failure(errno.ENOENT, path)
    return files.add(name, path)


def _wrapped(
    raw: _Raw, modes: set[str], mode: str, buffering: int, encoding: Any, errors: Any, newline: Any
) -> Any:
    if buffering == 0:
        if "b" not in modes:
            raise ValueError("can't have unbuffered text I/O")
        return raw
    size = buffering if buffering > 1 else io.DEFAULT_BUFFER_SIZE
    if "+" in modes:
        buffer: Any = io.BufferedRandom(raw, size)
    elif raw.writable():
        buffer = io.BufferedWriter(raw, size)
    else:
        buffer = io.BufferedReader(raw, size)
    if "b" in modes:
        return buffer
    text = io.TextIOWrapper(buffer, encoding, errors, newline, line_buffering=buffering == 1)
    text.mode = mode  # type: ignore[misc]
    return text


def _as_in_a_jail(original: Callable[..., Any], path: Any, *arguments: Any, **named: Any) -> Any:
    """Call the real function; what the tier "full" would hide does not exist here either.

    Code that tests for a file must behave the same in every tier.
    """
    try:
        return original(path, *arguments, **named)
    except OSError as error:
        if error.errno not in _REFUSED or isinstance(path, int) or _shown(path):
            raise
    raise failure(errno.ENOENT, path)


def _shown(path: Any) -> bool:
    """Whether a worker of the tier "full" would see `path`: Python, libraries, devices."""
    name = posixpath.normpath(posixpath.join("/", os.fsdecode(path)))
    tops = (sys.prefix, sys.base_prefix, "/usr/lib", "/usr/local/lib", "/lib", "/lib64", "/dev")
    return any(name == top or name.startswith(f"{top}/") for top in tops)


# ---------------------------------------------------------------- installing


def install() -> Files:
    """Replace the functions by which Python code uses files, everywhere they are known."""
    files = Files()
    replaced: dict[int, tuple[Any, Any]] = {}

    def replace(owner: Any, name: str, new: Any) -> None:
        old = getattr(owner, name)
        # The old function is kept, so that no other object can get its id.
        replaced[id(old)] = (old, new)
        setattr(owner, name, new)

    original = builtins.open
    replace(builtins, "open", _opener(files, original))
    # Code may take it from either module.
    io.open = builtins.open
    methods = {name: getattr(files, name) for name in _METHODS}
    methods |= dict.fromkeys(("lstat",), files.stat) | dict.fromkeys(("remove",), files.unlink)
    methods |= dict.fromkeys(("replace",), files.rename) | dict.fromkeys(_LEFT, files.leave)
    for name, method in methods.items():
        replace(os, name, _either(files, getattr(os, name), method))
    replace(os, "getcwd", lambda: files.here)
    # Modules that did `from os import stat` hold the original under a name of their own.
    for module in list(sys.modules.values()):
        for name, value in list(getattr(module, "__dict__", {}).items()):
            old, new = replaced.get(id(value), (None, None))
            if old is not None and old is value and module.__name__ not in _ORIGINALS:
                setattr(module, name, new)
    # np.loadtxt and np.savetxt look their openers up in a table of numpy's own.
    table = getattr(sys.modules.get("numpy.lib._datasource"), "_file_openers", None)
    if isinstance(openers := getattr(table, "_file_openers", None), dict):
        openers[None] = builtins.open
    pathlib.Path.touch = _touching(files, pathlib.Path.touch)  # type: ignore[method-assign]
    # Else tempfile would look for a writable folder by descriptors, which are not served.
    tempfile.tempdir = TEMP
    # Else rmtree would open folders by descriptors.
    shutil._use_fd_functions = False  # type: ignore[attr-defined]
    if torch := sys.modules.get("torch"):
        vars(torch)["save"] = _saving(torch.save)
    return files


_METHODS: Final = ("stat", "access", "listdir", "scandir", "mkdir", "rmdir", "unlink", "rename",
                   "chdir")  # fmt: skip
_ORIGINALS: Final = ("posix", "_io", "importlib._bootstrap_external", "_frozen_importlib_external")
_LEFT: Final = ("chmod", "utime")


def _either(
    files: Files, original: Callable[..., Any], method: Callable[..., Any]
) -> Callable[..., Any]:
    """Call `method` for paths in memory, the original function for the rest."""

    @wraps(original)
    def call(path: Any = ".", *arguments: Any, **named: Any) -> Any:
        name = None if path is None or named.get("dir_fd") is not None else files.place(path)
        if name is None:
            return _as_in_a_jail(original, path, *arguments, **named)
        return method(name, path, *arguments, **named)

    return call


def _touching(files: Files, original: Callable[..., None]) -> Callable[..., None]:
    """``Path.touch`` without the descriptor that the original opens."""

    @wraps(original)
    def touch(self: pathlib.Path, mode: int = 0o666, exist_ok: bool = True) -> None:
        if files.place(self) is None:
            original(self, mode, exist_ok)
        else:
            builtins.open(self, "a" if exist_ok else "x").close()

    return touch


def _saving(original: Callable[..., Any]) -> Callable[..., Any]:
    """``torch.save`` with an open file, since torch would open a path in C++."""

    @wraps(original)
    def save(obj: Any, f: Any, *arguments: Any, **named: Any) -> None:
        if not isinstance(f, (str, os.PathLike)):
            original(obj, f, *arguments, **named)
            return
        with builtins.open(f, "wb") as file:
            original(obj, file, *arguments, **named)

    return save
