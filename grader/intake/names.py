"""Untrusted names of files: decode them, reject unfit ones, skip litter, make safe ids."""

from __future__ import annotations

import os
import re
import struct
import unicodedata
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from zipfile import ZipInfo

from grader.core.text_decoding import decode, decode_each
from kit.file_names import is_reserved

_UTF8_FLAG = 0x800
_UNICODE_PATH = 0x7075  # Info-ZIP's extra field
_IGNORED_FOLDERS = frozenset(
    ("__macosx", ".git", ".svn", ".hg", "__pycache__", ".venv", "venv", ".ipynb_checkpoints")
    + (".idea", ".vscode", ".vs", "node_modules", "site-packages", ".pytest_cache")
    + (".mypy_cache", ".ruff_cache", ".hypothesis", ".tox", ".eggs", "$recycle.bin")
)
_IGNORED_FILES = frozenset((".ds_store", "thumbs.db", "desktop.ini", "icon\r"))
_DRIVE = re.compile(r"^[A-Za-z]:")
_DRIVES = re.compile(r"^(?:[A-Za-z]:)+")
# Control characters, marks that reverse the order of text on screen, and lone surrogates.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
# Chinese signs and ideographs as they occur in file names; the test of a decoding.
_CJK = re.compile("[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")

ID_CHARACTERS = 80
_ID_BYTES = 200  # a folder's name has at most 255 on every file system


def is_ignored(path: str) -> bool:
    """Whether a system, an editor or an environment made the file, not the student."""
    words = [word.lower() for word in path.split("/")]
    name = words[-1]
    return (
        any(word in _IGNORED_FOLDERS or word.endswith(".egg-info") for word in words)
        or name in _IGNORED_FILES
        or name.startswith(("._", "~$"))
        or name.endswith((".pyc", ".pyo"))
    )


def parents(path: str) -> list[str]:
    """Every folder above a file, the nearest last."""
    words = path.split("/")
    return ["/".join(words[:count]) for count in range(1, len(words))]


@dataclass(frozen=True, slots=True)
class Flaw:
    """Why an entry is left out; `kind` is a key of ``messages.NOTED``."""

    kind: str


def rooted(path: str) -> str | None:
    """How a path leaves the folder that it is in, as some packers write it; a key of ``NOTED``."""
    if path.startswith("/"):
        return "absolute"
    if _DRIVE.match(path):
        return "drive"
    return "parent" if ".." in path.split("/") else None


def check(path: str, longest: int) -> str | Flaw:
    """`path` with normalised separators, or why it cannot be a file of a submission.

    Of an absolute path, or one with a drive, what comes behind the root is used. ``..`` leads one
    folder up, and no further than to the hand-in's own: nothing is ever written by these names.
    """
    if _CONTROL.search(path):
        return Flaw("control")
    words: list[str] = []
    for word in path.split("/"):
        if not words:
            word = _DRIVES.sub("", word)
        if word == "..":
            words[-1:] = []
        elif word not in ("", "."):
            words.append(word)
    if any(is_reserved(word) for word in words):
        return Flaw("device")
    tidy = "/".join(words)
    return tidy if 0 < len(tidy) <= longest else Flaw("long_name")


def decode_all(infos: Sequence[ZipInfo]) -> tuple[list[str], bool]:
    """The entries' names with ``/`` between folders, and whether they were written in GBK.

    Names without a mark are decoded together: a single surname in GBK is often valid UTF-8 by
    accident, all names of an archive practically never are.
    """
    names = [marked_name(info) for info in infos]
    pairs = zip(names, infos, strict=True)
    raw = [b"" if name is not None else raw_name(info) for name, info in pairs]
    decoded, gbk = decode_together(raw)
    chosen = [b if a is None else a for a, b in zip(names, decoded, strict=True)]
    # Only now: the second byte of a GBK character may be a backslash.
    return [name.replace("\\", "/") for name in chosen], gbk


def raw_name(info: ZipInfo) -> bytes:
    """The name's bytes; zipfile decodes them as cp437, which loses nothing."""
    return info.orig_filename.encode("cp437")


def marked_name(info: ZipInfo) -> str | None:
    """The name where the archive says how it is encoded, or where it does not matter."""
    if info.flag_bits & _UTF8_FLAG or info.orig_filename.isascii():
        return info.orig_filename
    # Extra fields: tag and size of two bytes each, then the content.
    extra, raw = info.extra, raw_name(info)
    while len(extra) >= 4:
        tag, size = struct.unpack_from("<HH", extra)
        body, extra = extra[4 : 4 + size], extra[4 + size :]
        if tag == _UNICODE_PATH and len(body) > 5 and body[0] == 1:
            return _unicode_path(body, raw)
    return None


def _unicode_path(body: bytes, raw: bytes) -> str | None:
    """The UTF-8 name of the extra field, unless a tool renamed the entry without it."""
    if struct.unpack_from("<I", body, 1)[0] != zlib.crc32(raw):
        return None
    return decode(body[5:].rstrip(b"\0"), "utf-8")


def decode_together(raw: Sequence[bytes]) -> tuple[list[str], bool]:
    """One encoding for all names: UTF-8, else GB18030; the flag says GB18030."""
    names = decode_each(raw, "utf-8")
    if names is None:
        return _one_by_one(raw)
    foreign = "".join(c for name in names for c in name if ord(c) > 0x7F)
    # Below U+0800 UTF-8 takes two bytes, as GBK does: accented letters may be Chinese in GBK.
    if foreign and max(foreign) < "\u0800":
        gbk = decode_each(raw, "gb18030")
        if gbk is not None and len(_CJK.findall("".join(gbk))) * 2 >= len(foreign):
            return gbk, True
    return names, False


def from_disk(name: str) -> str:
    """A name as the system gave it; bytes that are not UTF-8 are read as GB18030."""
    raw = os.fsencode(name)
    text = decode(raw, "utf-8")
    return text if text is not None else _one_by_one([raw])[0][0]


def _one_by_one(raw: Sequence[bytes]) -> tuple[list[str], bool]:
    """Decode a mixed archive: names that are Chinese in UTF-8 are UTF-8, the rest GB18030."""
    names = []
    gbk = False
    for name in raw:
        utf8, chinese = decode(name, "utf-8"), decode(name, "gb18030")
        if utf8 is not None and (name.isascii() or _CJK.search(utf8)):
            names.append(utf8)
        elif chinese is not None:
            names.append(chinese)
            gbk = True
        else:
            names.append(name.decode("ascii", errors="backslashreplace").replace("\\x", "%"))
    return names, gbk


def clash_key(path: str) -> str:
    """A key that is equal for names that a case-insensitive file system does not distinguish."""
    return unicodedata.normalize("NFC", path).casefold()


def safe_id(name: str) -> str:
    """A folder name for results, from an archive's or a folder's name; never empty."""
    text = unicodedata.normalize("NFC", name)
    # Letters, marks and numbers of every script: a Chinese name is a fine name for a folder.
    kept = "".join(c if c in ".-" or unicodedata.category(c)[0] in "LMN" else "_" for c in text)
    kept = re.sub(r"_+", "_", kept)[:ID_CHARACTERS]
    # Whole characters go, because a cut inside of one would leave no valid name.
    while len(kept.encode("utf-8")) > _ID_BYTES:
        kept = kept[:-1]
    # A name that begins with a dot is hidden, and Windows drops dots and blanks at the end.
    kept = kept.strip("._- ")
    if not kept:
        return "submission"
    if is_reserved(kept):
        kept = f"_{kept}"[:ID_CHARACTERS].rstrip("._- ")
    return kept


def stem(name: str) -> str:
    """A file's name without ``.zip`` or another ending of one to five letters."""
    found = PurePosixPath(name)
    return found.stem if re.fullmatch(r"\.\w{1,5}", found.suffix) else found.name
