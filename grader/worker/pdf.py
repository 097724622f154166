"""Count the pages and the text of a PDF, inside the sandbox."""

from __future__ import annotations

import io
from typing import Any

MAX_PAGES = 500


def measure(data: bytes) -> dict[str, Any]:
    """Pages, and characters of text other than white space; or the problem as one word."""
    from pypdf import PdfReader  # only where a PDF was handed in: the import is slow

    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            return {"problem": "encrypted"}
        pages = len(reader.pages)
        characters = 0
        for page in reader.pages[:MAX_PAGES]:
            characters += len("".join(page.extract_text().split()))
        return {"pages": pages, "characters": characters}
    except Exception as error:  # pypdf raises almost anything on damaged files
        return {"problem": type(error).__name__}
