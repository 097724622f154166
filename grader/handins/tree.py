"""Everything in a class's folder or archive, as one flat list; nothing is unpacked.

Names are decoded over the whole archive together, with the roster's names as witnesses, before
any separator is touched. Links are not followed; depth and number of entries are bounded.
"""

from __future__ import annotations

import os
import stat
import struct
import unicodedata
import zipfile
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import BinaryIO
from zipfile import ZipFile, ZipInfo

from grader.core.closing import Closing
from grader.core.errors import UsageError, no_such_path
from grader.intake import is_read, names
from grader.intake.archive import BROKEN
from kit.sources import show
from kit.text import Text, os_reason

from . import fair, texts
from .entry_names import decode_names

DIRECTORY_BYTES = 64_000_000
LONGEST_NAME = 255
"""Characters of one name. No file system keeps longer ones, but an archive can hold them."""

_UTF8_FLAG = 0x800
_ENCRYPTED = 0x1 | 0x40 | 0x2000


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much of a class's folder or archive is looked at."""

    entries: int = 100_000
    a_folder: int = 5_000  # entries of one folder, so that one data set does not use up `entries`
    depth: int = 40
    directory_bytes: int = DIRECTORY_BYTES  # of an archive's table of contents


@dataclass(frozen=True, slots=True)
class Entry:
    """One file below the class's folder."""

    path: str  # decoded, "/" between folders
    source: Path
    member: int | None
    size: int
    stamp: datetime | None  # when it was last changed; without a zone

    @property
    def name(self) -> str:
        """The last word of the path."""
        return self.path.rpartition("/")[2]

    def below(self, top: str) -> Entry:
        """The same file with its path as seen from the folder `top`."""
        return replace(self, path=self.path[len(top) + 1 :])


def split_level(entries: Iterable[Entry]) -> tuple[list[Entry], dict[str, list[Entry]]]:
    """The loose files of the uppermost level, and the entries of each of its folders."""
    files: list[Entry] = []
    folders: dict[str, list[Entry]] = {}
    for entry in entries:
        top, slash, _ = entry.path.partition("/")
        (folders.setdefault(top, []) if slash else files).append(entry)
    return files, folders


@dataclass(frozen=True, slots=True)
class Tree:
    """A class's folder or archive, listed."""

    name: str  # of the folder, or of the archive without its ending
    entries: tuple[Entry, ...]
    notices: tuple[Text, ...] = ()


@dataclass
class _LeftOut:
    """Names of what was left out, grouped by the message that says why."""

    names: dict[Text, list[str]] = field(default_factory=dict)

    def add(self, text: Text, name: str) -> None:
        self.names.setdefault(text, []).append(name)

    def notices(self) -> tuple[Text, ...]:
        return tuple(texts.listed(text, found) for text, found in self.names.items())


def read_tree(path: Path, witnesses: Collection[str] = (), bounds: Bounds | None = None) -> Tree:
    """List the folder or zip at `path`. Raises UsageError if that cannot be done."""
    bounds = bounds or Bounds()
    try:
        if path.is_dir():
            return _folder(path, bounds)
        if path.is_file():
            return _archive(path, witnesses, bounds)
    except PermissionError as error:
        raise UsageError(texts.UNREADABLE.format(path=path, reason=os_reason(error))) from error
    raise no_such_path(path)


def _folder(folder: Path, bounds: Bounds) -> Tree:
    """List fairly, so that a folder of one student does not hide another student."""
    left = _LeftOut()
    entries: list[Entry] = []
    if not os.access(folder, os.R_OK | os.X_OK):
        raise UsageError(
            texts.UNREADABLE.format(path=folder, reason=Text("没有权限", "permission denied"))
        )

    def children(at: tuple[str, str]) -> tuple[list[Entry], list[tuple[str, str]]]:
        here, prefix = at
        if prefix.count("/") + 2 > bounds.depth and prefix:
            left.add(texts.TOO_DEEP, prefix)
            return [], []
        return _children(here, prefix, bounds, left)

    for (_here, prefix), files in fair.folders((os.fspath(folder), ""), children):
        room = bounds.entries - len(entries)
        entries += files[:room]
        if len(files) > room or room <= 0:
            left.add(texts.TOO_MANY, prefix or folder.name)
            break
    real = folder if folder.name not in ("", "..") else folder.resolve()
    name = unicodedata.normalize("NFC", names.from_disk(real.name))
    return Tree(name, _in_order(entries), left.notices())


def _children(
    here: str, prefix: str, bounds: Bounds, left: _LeftOut
) -> tuple[list[Entry], list[tuple[str, str]]]:
    """The ordinary files in one folder, and its folders with their paths."""
    try:
        with os.scandir(here) as scan:
            children = sorted(scan, key=lambda child: (not _matters(child.name), child.name))
    except OSError:
        left.add(texts.FOLDER_UNREADABLE, prefix)
        return [], []
    inside = {child.name for child in children}
    if prefix and "pyvenv.cfg" in inside:
        return [], []
    # Grading into the folder of hand-ins must not grade the results the next time.
    if prefix and {"grades.sqlite", "gradebook.csv"} <= inside:
        left.add(texts.RESULTS, prefix)
        return [], []
    if len(children) > bounds.a_folder:
        left.add(texts.TOO_MANY, prefix or os.path.basename(here))
    files, folders = [], []
    for child in children[: bounds.a_folder]:
        name = unicodedata.normalize("NFC", names.from_disk(child.name))
        path = f"{prefix}/{name}" if prefix else name
        try:
            if names.is_ignored(name):
                continue
            if child.is_symlink():
                left.add(texts.SYMLINK, path)
            elif child.is_dir(follow_symlinks=False):
                folders.append((child.path, path))
            elif child.is_file(follow_symlinks=False):
                status = child.stat(follow_symlinks=False)
                entry = Entry(path, Path(child.path), None, status.st_size, _changed(status))
                files.append(entry)
            else:
                left.add(texts.SPECIAL, path)
        except OSError:
            left.add(texts.FOLDER_UNREADABLE, path)
    return files, folders


def _matters(name: str) -> bool:
    """Whether an entry comes first where there are too many: code, reports, and folders."""
    return is_read(name) or "." not in name


def _changed(status: os.stat_result) -> datetime | None:
    try:
        return datetime.fromtimestamp(status.st_mtime)
    except (OverflowError, ValueError, OSError):
        return None


def _in_order(entries: list[Entry]) -> tuple[Entry, ...]:
    return tuple(sorted(entries, key=lambda entry: (entry.path, entry.member or 0)))


def _archive(path: Path, witnesses: Collection[str], bounds: Bounds) -> Tree:
    with open_zip(path, bounds.directory_bytes) as archive:
        infos = archive.infolist()
    left = _LeftOut()
    entries: list[Entry] = []
    listed = decode_names(infos, witnesses)
    environments = {name.rpartition("/")[0] for name in listed if name.endswith("/pyvenv.cfg")}
    for member, (name, info) in enumerate(zip(listed, infos, strict=True)):
        tidy = _tidy(name)
        if name.endswith("/") or names.is_ignored(tidy) or not tidy:
            continue
        mode = info.external_attr >> 16
        if environments and environments.intersection(names.parents(name)):
            continue
        if stat.S_ISLNK(mode):
            left.add(texts.SYMLINK, tidy)
        elif stat.S_IFMT(mode) not in (0, stat.S_IFREG):
            left.add(texts.SPECIAL, tidy)
        elif tidy.count("/") >= bounds.depth:
            left.add(texts.TOO_DEEP, tidy)
        elif max(map(len, tidy.split("/"))) > LONGEST_NAME:
            left.add(texts.NAME_TOO_LONG, f"{tidy[:60]}...")
        else:
            entries.append(Entry(tidy, path, member, info.file_size, _packed(info)))
    name = unicodedata.normalize("NFC", names.stem(names.from_disk(path.name)))
    return Tree(name, _in_order(_fair_share(entries, bounds, left)), left.notices())


def _fair_share(entries: list[Entry], bounds: Bounds, left: _LeftOut) -> list[Entry]:
    """As many of an archive's entries as are looked at."""
    if len(entries) <= bounds.entries:
        return entries
    files: dict[str, list[Entry]] = {}
    below: dict[str, dict[str, None]] = {}
    for entry in entries:
        files.setdefault(entry.path.rpartition("/")[0], []).append(entry)
        above = ["", *names.parents(entry.path)]
        for outer, inner in zip(above, above[1:], strict=False):
            below.setdefault(outer, {})[inner] = None
    kept: list[Entry] = []
    for folder, found in fair.folders("", lambda at: (files.get(at, []), list(below.get(at, ())))):
        kept += found[: bounds.entries - len(kept)]
        if len(kept) >= bounds.entries:
            left.add(texts.TOO_MANY, folder)
            break
    return kept


def _tidy(name: str) -> str:
    """Drop ``.`` and ``..``: nothing is written by these names, so hostile ones are harmless."""
    words = [word for word in name.split("/") if word not in ("", ".", "..")]
    return unicodedata.normalize("NFC", "/".join(words))


def _packed(info: ZipInfo) -> datetime | None:
    try:
        return datetime(*info.date_time)
    except ValueError:
        return None


def open_zip(path: Path, directory_bytes: int = DIRECTORY_BYTES) -> ZipFile:
    """The archive, or a UsageError that says why it cannot be opened."""
    try:
        with path.open("rb") as stream:
            head = stream.read(8)
            if _directory_size(stream, path.stat().st_size) > directory_bytes:
                raise UsageError(texts.ARCHIVE_TOO_LONG.format(path=show(str(path))))
        return ZipFile(path)
    except BROKEN as error:
        text = texts.ARCHIVE_BROKEN if head.startswith(b"PK") else texts.NOT_A_ZIP
        raise UsageError(text.format(path=show(str(path)))) from error


def _directory_size(stream: BinaryIO, size: int) -> int:
    """The length of the central directory as zipfile will read it; 0 where there is none."""
    # The end record of 22 bytes and a comment of at most 65,535.
    tail_at = max(size - 65_557, 0)
    stream.seek(tail_at)
    tail = stream.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) < at + 22:
        return 0
    # An archive in the format zip64 has the true length in a record of its own.
    locator = tail[max(at - 20, 0) : at]
    if locator.startswith(b"PK\x06\x07"):
        stream.seek(max(tail_at + at - 20 - 56, 0))
        record = stream.read(56)
        if record.startswith(b"PK\x06\x06"):
            return int(struct.unpack_from("<Q", record, 40)[0])
    return int(struct.unpack_from("<I", tail, at + 12)[0])


class Reader(Closing):
    """Reads files on disk and members of archives, each archive opened once."""

    def __init__(self) -> None:
        self._open: dict[Path, ZipFile] = {}

    def close(self) -> None:
        """Close every archive that was opened."""
        for archive in self._open.values():
            archive.close()
        self._open.clear()

    def read(self, source: Path, member: int | None, most: int) -> bytes:
        """The first `most` bytes. Raises UsageError, since the folder is the grader's to repair."""
        try:
            if member is not None:
                return self._member(source, member, most)
            # O_NONBLOCK: opening a pipe must not wait for a writer.
            flags = os.O_RDONLY | getattr(os, "O_BINARY", 0)
            flags |= getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
            with os.fdopen(os.open(source, flags), "rb") as stream:
                if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                    raise OSError("not an ordinary file")
                return stream.read(most)
        except BROKEN as error:
            reason = os_reason(error) if isinstance(error, OSError) else error
            text = texts.UNREADABLE.format(path=show(str(source)), reason=reason)
            raise UsageError(text) from error

    def _member(self, source: Path, member: int, most: int) -> bytes:
        if source not in self._open:
            self._open[source] = open_zip(source)
        archive = self._open[source]
        info = archive.infolist()[member]
        if info.flag_bits & _ENCRYPTED:
            raise UsageError(texts.ARCHIVE_ENCRYPTED.format(path=show(str(source))))
        # zipfile unpacks bzip2 and LZMA without a bound on the size of a step.
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise UsageError(texts.ARCHIVE_METHOD.format(path=show(str(source))))
        info.orig_filename = _local_name(source, info)
        with archive.open(info) as stream:
            return stream.read(most)


def _local_name(source: Path, info: ZipInfo) -> str:
    """The name in front of the data; zipfile refuses an entry whose two names differ."""
    with source.open("rb") as stream:
        stream.seek(info.header_offset)
        header = stream.read(30)
        if len(header) < 30:
            return info.orig_filename
        flags, length = struct.unpack_from("<H", header, 6)[0], header[26] | header[27] << 8
        return stream.read(length).decode("utf-8" if flags & _UTF8_FLAG else "cp437")
