"""Read an untrusted zip: in memory, bounded by the bytes that really come out.

Headers are used to choose what to read, never to decide how much may be read. Nothing is
written to disk. zipfile raises many kinds of exception on forged bytes; all mean "damaged".
"""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from kit.text import Text

from . import names
from .collected import CollectedFiles, wanted
from .messages import REFUSED_SHORTLY

BROKEN = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    NotImplementedError,
    RuntimeError,
    OSError,
    EOFError,
    ValueError,
    OverflowError,
    IndexError,
    struct.error,
    zlib.error,
)
"""What zipfile raises on damaged or forged bytes."""

_BROKEN = (*BROKEN, MemoryError)
_CHUNK = 64 * 1024
_CENTRAL = b"PK\x01\x02"
_LOCAL = b"PK\x03\x04"
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_MAGIC = (
    (b"Rar!\x1a\x07", "rar"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"\x1f\x8b", "gzip"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"BZh", "bzip2"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"%PDF-", "pdf"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "office"),
)


def other_kind(data: bytes) -> str | None:
    """The kind of a file that is not a zip, by its first bytes; a key of ``REFUSED``."""
    if not data:
        return "zero"
    for magic, kind in _MAGIC:
        if data.startswith(magic):
            return kind
    if data[257:262] == b"ustar":
        return "tar"
    head = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return "html" if head.startswith((b"<!doctype html", b"<html")) else None


def read_zip(data: bytes, collected: CollectedFiles, prefix: str = "") -> str | None:
    """Take what matters out of a zip into `collected`; a key of ``REFUSED`` if it cannot be opened.

    `prefix` is the path of a zip inside the hand-in, with a slash behind; such a zip may not
    hold further ones.
    """
    if (kind := other_kind(data)) is not None:
        return kind
    if data.count(_CENTRAL) > collected.limits.listed:  # before a record is made for each
        return "many"
    opened = _open(data)
    if opened is None:
        if data.startswith(b"PK\x07\x08"):
            return "split"
        return "truncated" if data.startswith((_LOCAL, _CENTRAL)) else "not_zip"
    archive, data = opened
    with archive:
        return _Reader(archive, data, collected, prefix).read()


def _open(data: bytes) -> tuple[ZipFile, bytes] | None:
    try:
        return ZipFile(io.BytesIO(data)), data
    except UnicodeDecodeError:  # a name that is marked as UTF-8 and is not: remove the mark
        return _open_without_utf8_marks(data)
    except _BROKEN:
        return None


def _open_without_utf8_marks(data: bytes) -> tuple[ZipFile, bytes] | None:
    patched = bytearray(data)
    for signature, flags in ((_CENTRAL, 8), (_LOCAL, 6)):
        at = data.find(signature)
        while at >= 0 and at + flags + 2 <= len(data):
            patched[at + flags + 1] &= ~0x08 & 0xFF  # bit 11
            at = data.find(signature, at + 4)
    repaired = bytes(patched)
    try:
        return ZipFile(io.BytesIO(repaired)), repaired
    except _BROKEN:
        return None


class _Reader:
    """One zip being read."""

    def __init__(
        self, archive: ZipFile, data: bytes, collected: CollectedFiles, prefix: str
    ) -> None:
        self.archive = archive
        self.data = data
        self.collected = collected
        self.prefix = prefix

    def read(self) -> str | None:
        """See :func:`read_zip`."""
        entries = self._entries()
        if entries is None:
            return "office"
        if not entries:
            return None if "many" in self.collected.notes or self.collected.reasons else "empty"
        # A zip bomb without nesting lets many entries share the same compressed bytes.
        overlapping = self._overlapping(list(entries.values()))
        # Archives inside come last, so that the budget is spent on the files beside them first.
        inner: list[tuple[str, ZipInfo]] = []
        # Code first: should the budget run out, it does so at what matters least.
        for path, info in sorted(entries.items(), key=lambda item: _priority(item[0])):
            shown = self.prefix + path
            if not self.collected.budget.take_entry():
                self.collected.leave_out("many", shown)
                break
            if not wanted(path):
                self._judge_other(shown, info)
                if info.header_offset not in overlapping:
                    self._take_material(shown, info)
            elif info.header_offset in overlapping:
                self.collected.leave_out("overlap", shown)
            elif path.lower().endswith(".zip"):
                inner.append((shown, info))
            elif (content := self._extract(shown, info)) is not None:
                self.collected.files[shown] = content
        for shown, info in inner:
            self._open_inner(shown, info)
        return None

    def _entries(self) -> dict[str, ZipInfo] | None:
        """Path -> entry, litter and hostile names left out; None for an Office document."""
        infos = self.archive.infolist()
        listed, gbk = names.decode_all(infos)
        # A .docx is a zip too; its parts are no files of a submission.
        if {"[Content_Types].xml", "_rels/.rels"} <= set(listed):
            return None
        environments = {name.rpartition("/")[0] for name in listed if name.endswith("/pyvenv.cfg")}
        found: dict[str, ZipInfo] = {}
        spellings: dict[str, str] = {}
        foreign = []
        for name, info in zip(listed, infos, strict=True):
            if name.endswith("/") or names.is_ignored(name):
                continue
            path = self._judge_name(name, info)
            # A virtual environment holds thousands of files, none written by the student.
            if path is None or environments.intersection(names.parents(path)):
                continue
            if path in found:
                self.collected.notes.add("duplicate", self.prefix + path)
                del found[path]  # the last entry counts, as when unpacking
            elif spellings.setdefault(names.clash_key(path), path) != path:
                self.collected.notes.add("case", self.prefix + path)
            found[path] = info
            if gbk and not path.isascii():
                foreign.append(self.prefix + path)
        for path in foreign[:1]:
            self.collected.notes.add("gbk_names", path)
        return found

    def _judge_name(self, name: str, info: ZipInfo) -> str | None:
        """The tidy path, or None after noting why the entry is left out."""
        # The upper half holds the Unix mode; packers for other systems leave it 0.
        mode = info.external_attr >> 16
        path = names.check(name, self.collected.limits.path_characters)
        if isinstance(path, names.Flaw):
            self.collected.leave_out(path.kind, name)
            return None
        if (root := names.rooted(name)) is not None:
            self.collected.notes.add(root, self.prefix + name)
        if path.count("/") > self.collected.limits.depth:
            self.collected.leave_out("deep", self.prefix + path)
            return None
        if stat.S_ISLNK(mode):
            self.collected.leave_out("symlink", self.prefix + path)
            return None
        if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
            self.collected.leave_out("special", self.prefix + path)
            return None
        return path

    def _overlapping(self, infos: list[ZipInfo]) -> set[int]:
        """Offsets of entries that begin inside another one, all of them but the first."""
        found = set()
        end = 0
        seen: set[int] = set()
        for info in sorted(infos, key=lambda i: i.header_offset):
            start = info.header_offset
            if start < end or start in seen:
                found.add(start)
            seen.add(start)
            header = self.data[max(start, 0) : max(start, 0) + 30]
            if len(header) == 30:
                name, extra = struct.unpack_from("<HH", header, 26)
                end = max(end, start + 30 + name + extra + info.compress_size)
        return found

    def _judge_other(self, path: str, info: ZipInfo) -> None:
        """Record a file that is not read; one of an abnormal size is reported as well."""
        self.collected.pass_by(path)
        limits = self.collected.limits
        if info.file_size > limits.unpacked_bytes or self._swells(info, info.file_size):
            self.collected.leave_out("bomb", path)

    def _take_material(self, path: str, info: ZipInfo) -> None:
        """A log or picture. One that cannot be read is left out without a notice."""
        cap = self.collected.material_cap(path)
        # By the declared size first; a false one ends at the cap.
        plain = info.compress_type in (ZIP_STORED, ZIP_DEFLATED)
        if not 0 < info.file_size <= cap or info.flag_bits & _ENCRYPTED or not plain:
            return
        try:
            info.orig_filename = self._local_name(info)
            with self.archive.open(info) as stream:
                content = stream.read(cap + 1)
        except _BROKEN:
            return
        if 0 < len(content) <= cap:
            self.collected.materials[path] = content

    def _swells(self, info: ZipInfo, size: int) -> bool:
        """Whether `size` unpacked bytes are too many for what the entry holds packed."""
        limits = self.collected.limits
        return size > limits.ratio_from and size > limits.ratio * max(info.compress_size, 1)

    def _extract(self, path: str, info: ZipInfo) -> bytes | None:
        """The bytes of an entry, or None after noting why not."""
        collected = self.collected
        if info.flag_bits & _ENCRYPTED:
            collected.leave_out("encrypted", path)
        elif info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            # zipfile unpacks bzip2 and LZMA in steps of any size: 4 KB can become gigabytes.
            collected.leave_out("method", path)
        else:
            try:
                return self._bounded(path, info)
            except _BROKEN:
                collected.leave_out("damaged", path)
        return None

    def _bounded(self, path: str, info: ZipInfo) -> bytes | None:
        collected, budget = self.collected, self.collected.budget
        cap = budget.cap(path)
        content = bytearray()
        # zipfile raises where the name in the directory differs from the one before the data.
        info.orig_filename = self._local_name(info)
        with self.archive.open(info) as stream:
            # The steps are small, so that a bomb is stopped soon after it exceeds a bound.
            while chunk := stream.read(_CHUNK):
                # Counted as it comes out: the size in the header may be a lie.
                content += chunk
                budget.bytes_left -= len(chunk)
                if self._swells(info, len(content)):
                    collected.leave_out("bomb", path)
                    return None
                if budget.bytes_left < 0:
                    collected.leave_out("budget", path)
                    collected.reasons.append("bomb")
                    return None
                if len(content) > cap:
                    # The declared size decides only which notice is written.
                    bomb = self._swells(info, info.file_size)
                    collected.leave_out("bomb" if bomb else collected.oversize_kind(path), path)
                    return None
        return bytes(content)

    def _local_name(self, info: ZipInfo) -> str:
        """The name in front of the data. Some packers spell it in another encoding than the
        directory does; zipfile would refuse the entry for that."""
        header = self.data[info.header_offset : info.header_offset + 30]
        if len(header) < 30:
            return info.orig_filename
        flags, length = struct.unpack_from("<H", header, 6)[0], header[26] | header[27] << 8
        raw = self.data[info.header_offset + 30 : info.header_offset + 30 + length]
        return raw.decode("utf-8" if flags & 0x800 else "cp437")

    def _open_inner(self, path: str, info: ZipInfo) -> None:
        if self.prefix:
            self.collected.others.append(path)
            self.collected.notes.add("nested_deep", path)
            return
        content = self._extract(path, info)
        if content is not None:
            open_inner(path, content, self.collected)


def open_inner(path: str, content: bytes, collected: CollectedFiles) -> None:
    """Take what matters out of a zip that lies inside the hand-in."""
    before = len(collected.files) + len(collected.others)
    refused = read_zip(content, collected, prefix=f"{path}/")
    if refused is not None:
        why = REFUSED_SHORTLY[refused]
        collected.notes.add("inner_refused", Text(f"{path}（{why.zh}）", f"{path} ({why.en})"))
        collected.reasons.append(refused)
    elif len(collected.files) + len(collected.others) > before:
        collected.notes.add("inner_zip", path)


def _priority(path: str) -> tuple[int, int, str]:
    """Code, then reports, then archives, then the rest; nearest to the root first."""
    ends = ((".py",), (".ipynb",), (".pdf",), (".zip",))
    rank = next((i for i, end in enumerate(ends) if path.lower().endswith(end)), len(ends))
    return rank, path.count("/"), path
