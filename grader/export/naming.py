"""Names of the folders of an export: safe on every system, unique even without letter case."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from kit.file_names import is_reserved

_UNSAFE: Final = re.compile(r'[\x00-\x1f\x7f-\x9f\\/:*?"<>|&`\'\ud800-\udfff]')
_BYTES: Final = 150


def folder_name(text: str, fallback: str = "student") -> str:
    """`text` as the name of one folder."""
    name = "".join(
        char
        for char in _UNSAFE.sub("", unicodedata.normalize("NFC", text))
        if unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp")
    )
    name = name.encode("utf-8")[:_BYTES].decode("utf-8", "ignore").strip(" .~")
    return fallback if not name or is_reserved(name) else name


def unused(name: str, used: set[str]) -> str:
    """`name`, with a number if it is in `used`; adds it there."""
    candidate, count = name, 1
    while candidate.casefold() in used:
        count += 1
        candidate = f"{name}-{count}"
    used.add(candidate.casefold())
    return candidate
