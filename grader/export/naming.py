"""Names of the folders of an export: safe on every system, unique even without letter case."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from kit.file_names import is_reserved

# What Windows forbids in names, what a shell would interpret, and lone surrogates.
_UNSAFE: Final = re.compile(r'[\x00-\x1f\x7f-\x9f\\/:*?"<>|&`\'\ud800-\udfff]')
# File systems allow 255 bytes; the rest is for numbers and suffixes.
_BYTES: Final = 150


def folder_name(text: str) -> str:
    """`text` as the name of one folder; "student" where nothing of it can be used."""
    name = "".join(
        char
        for char in _UNSAFE.sub("", unicodedata.normalize("NFC", text))
        if unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp")
    )
    # Windows drops blanks and dots at the end; Moodle skips names that begin with "." or "~".
    name = name.encode("utf-8")[:_BYTES].decode("utf-8", "ignore").strip(" .~")
    return "student" if not name or is_reserved(name) else name


def unused(name: str, used: set[str]) -> str:
    """`name`, with a number if it is in `used`; adds it there."""
    candidate, count = name, 1
    # Windows and macOS take names that differ only in letter case for the same one.
    while candidate.casefold() in used:
        count += 1
        candidate = f"{name}-{count}"
    used.add(candidate.casefold())
    return candidate
