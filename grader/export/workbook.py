"""A workbook from outside: its bytes, if unpacking and parsing them is bounded.

openpyxl unpacks without any limit, and the parser under it follows what a DTD declares.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Final

MAX_BYTES: Final = 16 * 1024 * 1024
MAX_UNPACKED: Final = 256 * 1024 * 1024
MAX_PARTS: Final = 2_000
_CHUNK: Final = 1 << 20


def bounded(path: Path) -> bytes | None:
    """The file's bytes; None where it is no xlsx workbook, too large, or declares entities."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            return None
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            # No part unpacks to more than its header says: zipfile stops there.
            fits = len(parts) <= MAX_PARTS and sum(p.file_size for p in parts) <= MAX_UNPACKED
            known = "xl/workbook.xml" in archive.namelist()
            if not fits or not known or any(_declares(archive, part) for part in parts):
                return None
    except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, EOFError):
        return None
    return data


def _declares(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    """Whether a part of XML has a document type, which no workbook needs."""
    if not part.filename.lower().endswith((".xml", ".rels")):
        return False
    before = b""
    with archive.open(part) as file:
        while chunk := file.read(_CHUNK):
            # In another encoding the search below would find nothing.
            if not before and chunk.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in chunk:
                return True
            if b"<!DOCTYPE" in before[-16:] + chunk or b"<!ENTITY" in before[-16:] + chunk:
                return True
            before = chunk
    return False
