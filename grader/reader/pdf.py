"""Count the pages and the text of a PDF."""

from __future__ import annotations

import io

from pypdf import PdfReader, PdfWriter

from .messages import PdfRead

MAX_PAGES = 500


def measure(data: bytes) -> PdfRead:
    """Pages, and characters of text other than white space; or the problem as one word."""
    try:
        reader = PdfReader(io.BytesIO(data))
        # A PDF that only forbids printing or copying opens with the empty password.
        if reader.is_encrypted and not reader.decrypt(""):
            return PdfRead(problem="encrypted")
        pages = len(reader.pages)
        characters = 0
        for page in reader.pages[:MAX_PAGES]:
            characters += len("".join(page.extract_text().split()))
        return PdfRead(pages, characters)
    except Exception as error:  # pypdf raises almost anything on damaged files
        return PdfRead(problem=type(error).__name__)


def blank() -> bytes:
    """A page with nothing on it."""
    writer, file = PdfWriter(), io.BytesIO()
    writer.add_blank_page(72, 72)
    writer.write(file)
    return file.getvalue()


def warm() -> None:
    """Let pypdf import what it imports at its first use."""
    measure(blank())
