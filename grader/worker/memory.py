"""Bounded folders and files in memory, for a worker that has no folder to write in.

They replace the scratch folder of the tier "full" and have the same paths.
"""

from __future__ import annotations

import errno
import os
import posixpath
import resource
import stat
from collections.abc import Iterator
from typing import Any, Final

from grader.protocol.environment import SCRATCH, SCRATCH_MB_VARIABLE, SHARED_MEMORY, TEMP, WORK

MAX_FILES: Final = 20_000
MAX_NAME: Final = 4095


class Files:
    """The content of the scratch folder: folders, and files by their full paths."""

    def __init__(self) -> None:
        self.files: dict[str, bytearray] = {}
        self.folders = {SCRATCH, WORK, TEMP, SHARED_MEMORY}
        self.here = WORK

    def place(self, path: Any) -> str | None:
        """The full path if `path` is in memory, else None; a descriptor never is."""
        if isinstance(path, int):
            return None
        name = posixpath.normpath(posixpath.join(self.here, os.fsdecode(path)))
        # In the jail /tmp is a link to TEMP.
        if name == "/tmp" or name.startswith("/tmp/"):
            name = TEMP + name[4:]
        ours = any(name == top or name.startswith(f"{top}/") for top in (SCRATCH, SHARED_MEMORY))
        return name if ours else None

    def grow(self, data: bytearray, size: int) -> None:
        """Make `data` at least `size` bytes long, within the limits of the scratch folder."""
        if size <= len(data):
            return
        most = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
        if most != resource.RLIM_INFINITY and size > most:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
        # As a tmpfs counts: bytes over all files, and the number of files in `add`.
        total = sum(map(len, self.files.values())) - len(data) + size
        if total > int(os.environ.get(SCRATCH_MB_VARIABLE, "64")) << 20:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        data.extend(bytes(size - len(data)))

    def add(self, name: str, path: Any) -> bytearray:
        """An empty file."""
        if posixpath.dirname(name) not in self.folders:
            raise failure(errno.ENOENT, path)
        if len(name) > MAX_NAME:
            raise failure(errno.ENAMETOOLONG, path)
        if len(self.files) + len(self.folders) >= MAX_FILES:
            raise failure(errno.ENOSPC, path)
        return self.files.setdefault(name, bytearray())

    def children(self, name: str) -> list[str]:
        """What lies directly in the folder `name`."""
        found = (n for n in (*self.files, *self.folders) if posixpath.dirname(n) == name)
        return [posixpath.basename(n) for n in found]

    # ------------------------------------------------------------ what replaces functions of os

    def stat(self, name: str, path: Any, *_: Any, **__: Any) -> os.stat_result:
        """As ``os.stat``."""
        if name in self.folders:
            mode, size = stat.S_IFDIR | 0o700, 0
        elif name in self.files:
            mode, size = stat.S_IFREG | 0o600, len(self.files[name])
        else:
            raise failure(errno.ENOENT, path)
        # Different for each file: os.path.samefile and shutil compare it.
        inode = hash(name) & 0x7FFFFFFF
        return os.stat_result((mode, inode, 1, 1, os.getuid(), os.getgid(), size, 0, 0, 0))

    def access(self, name: str, path: Any, *_: Any, **__: Any) -> bool:
        """As ``os.access``."""
        return name in self.files or name in self.folders

    def listdir(self, name: str, path: Any) -> list[str]:
        """As ``os.listdir``."""
        if name not in self.folders:
            raise failure(errno.ENOTDIR if name in self.files else errno.ENOENT, path)
        return self.children(name)

    def scandir(self, name: str, path: Any) -> _Scan:
        """As ``os.scandir``."""
        entries = [_Entry(self, posixpath.join(name, n), path) for n in self.listdir(name, path)]
        return _Scan(iter(entries))

    def mkdir(self, name: str, path: Any, *_: Any, **__: Any) -> None:
        """As ``os.mkdir``."""
        if name in self.files or name in self.folders:
            raise failure(errno.EEXIST, path)
        self.add(name, path)
        # `add` has checked the folder, the name and the number of files; here they bound folders.
        del self.files[name]
        self.folders.add(name)

    def rmdir(self, name: str, path: Any, *_: Any, **__: Any) -> None:
        """As ``os.rmdir``."""
        if self.listdir(name, path):
            raise failure(errno.ENOTEMPTY, path)
        self.folders.discard(name)

    def unlink(self, name: str, path: Any, *_: Any, **__: Any) -> None:
        """As ``os.unlink``."""
        if name in self.folders:
            raise failure(errno.EISDIR, path)
        if self.files.pop(name, None) is None:
            raise failure(errno.ENOENT, path)

    def rename(self, name: str, path: Any, target: Any, *_: Any, **__: Any) -> None:
        """As ``os.rename``, of files; a folder keeps its name."""
        to = self.place(target)
        if name not in self.files:
            raise failure(errno.EPERM if name in self.folders else errno.ENOENT, path)
        if to is None:
            raise failure(errno.EXDEV, target)
        if to in self.folders:
            raise failure(errno.EISDIR, target)
        self.add(to, target)
        self.files[to] = self.files.pop(name)

    def leave(self, name: str, path: Any, *_: Any, **__: Any) -> None:
        """As ``os.chmod`` and ``os.utime``: files here have no modes and no times."""
        self.stat(name, path)

    def chdir(self, name: str, path: Any) -> None:
        """As ``os.chdir``."""
        if name not in self.folders:
            raise failure(errno.ENOTDIR if name in self.files else errno.ENOENT, path)
        self.here = name


class _Entry:
    """An ``os.DirEntry``."""

    def __init__(self, files: Files, place: str, folder: Any) -> None:
        self._files, self._place = files, place
        self.name = posixpath.basename(place)
        self.path = posixpath.join(os.fsdecode(folder), self.name)

    def __fspath__(self) -> str:
        return self.path

    def is_dir(self, **_: Any) -> bool:
        return self._place in self._files.folders

    def is_file(self, **_: Any) -> bool:
        return self._place in self._files.files

    def is_symlink(self) -> bool:
        return False

    def stat(self, **_: Any) -> os.stat_result:
        return self._files.stat(self._place, self.path)


class _Scan:
    """What ``os.scandir`` returns."""

    def __init__(self, entries: Iterator[_Entry]) -> None:
        self._entries = entries

    def __iter__(self) -> Iterator[_Entry]:
        return self._entries

    def __next__(self) -> _Entry:
        return next(self._entries)

    def __enter__(self) -> _Scan:
        return self

    def __exit__(self, *_: Any) -> None:
        pass

    def close(self) -> None:
        pass


def failure(number: int, path: Any) -> OSError:
    """The error of a call on `path`, of the class that Python gives it."""
    return OSError(number, os.strerror(number), path)
