"""Archives that cannot be opened, or hold entries that are left out: a helper of the tests."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest


def stored(entries: dict[str, bytes], flags: int = 0) -> bytes:
    """A zip, its entries stored, with `flags` in every header."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    data = bytearray(buffer.getvalue())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := data.find(mark, at + 1)) >= 0:
            old = struct.unpack_from("<H", data, at + offset)[0]
            struct.pack_into("<H", data, at + offset, old | flags)
    return bytes(data)


def bomb() -> bytes:
    """300 MB of zeros in 300 KB."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("numpy_rnn.py", "w", force_zip64=True) as entry,
    ):
        for _ in range(300):
            entry.write(bytes(1 << 20))
    return buffer.getvalue()


UNOPENED = {
    "not_a_zip": lambda: b"hello",
    "nothing": lambda: b"",
    "rar": lambda: b"Rar!\x1a\x07\x01\x00" + bytes(100),
    "7z": lambda: b"7z\xbc\xaf\x27\x1c" + bytes(100),
    "encrypted": lambda: stored({"numpy_rnn.py": b"x" * 50}, flags=1),
    "empty_zip": lambda: stored({}),
    "bomb": bomb,
    "truncated": lambda: stored({"numpy_rnn.py": b"x = 1\n" * 99})[:300],
}


def with_symlink() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("poems.py", RIGHT_POEMS)
        link = zipfile.ZipInfo("numpy_rnn.py")
        link.external_attr = (0o120777) << 16
        archive.writestr(link, "/etc/passwd")
    return buffer.getvalue()


def with_twice() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("poems.py", "def process_poems(file_name): return 0, 0, 0\n")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("poems.py", RIGHT_POEMS)
    return buffer.getvalue()


RIGHT_POEMS = """
def process_poems(file_name):
    with open(file_name, encoding="utf-8") as file:
        poems = ["G" + line.strip() + "E" for line in file]
    words = sorted(set("".join(poems)))
    index = {word: i for i, word in enumerate(words)}
    return [[index[word] for word in poem] for poem in poems], index, dict(enumerate(words))
"""

ODD_ENTRIES = {
    "traversal": lambda: stored({"poems.py": RIGHT_POEMS.encode(), "../../evil.py": b"x = 1"}),
    "absolute": lambda: stored({"poems.py": RIGHT_POEMS.encode(), "/etc/evil.py": b"x = 1"}),
    "symlink": with_symlink,
    "twice": with_twice,
}
