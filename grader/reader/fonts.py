"""A font for reports that hold none of their own: the system's, read before a worker starts.

A worker reaches no file. Without this, a Chinese report whose fonts are not in the PDF is drawn as
blank pages, and whoever marks it sees nothing.
"""

from __future__ import annotations

import ctypes
from typing import Any, Final

import pypdfium2 as pdfium
from pypdfium2 import raw

CHARSETS: Final = frozenset(
    {
        raw.FXFONT_GB2312_CHARSET,
        raw.FXFONT_CHINESEBIG5_CHARSET,
        raw.FXFONT_SHIFTJIS_CHARSET,
        raw.FXFONT_HANGEUL_CHARSET,
    }
)


# pdfium asks for fonts by these callbacks; the base class answers from the system's files.
class KeptFont(pdfium.PdfSysfontBase):  # type: ignore[misc]
    """One font for all Chinese text, from memory; for other text pdfium has built-in fonts."""

    def __init__(self) -> None:
        super().__init__()
        self._reading = True
        self._font: Any = None
        self._tables: dict[int, bytes] = {}

    def read(self) -> None:
        """Read what the system has for Chinese, as pdfium asks for it; nothing is read later."""
        for face in ("STSong-Light", "SimSun,Bold"):
            document = pdfium.PdfDocument(_page_without_font(face))
            document[0].render(scale=0.2)
            document.close()
        self._reading = False

    # The names are pdfium's: see fpdf_sysfontinfo.h.

    def MapFont(self, _: Any, *asked: Any) -> Any:
        """The font for a charset, or None: then pdfium takes one of its own."""
        if asked[2] not in CHARSETS:
            return None
        if self._reading and self._font is None:
            self._font = super().MapFont(_, *asked)
        return self._font

    def GetFont(self, _: Any, face: Any) -> Any:
        """A font by its name: none, as a worker could not read it."""
        return None

    def GetFontData(self, _: Any, font: Any, table: int, buffer: Any, size: int) -> int:
        """A table of the font, or its size where `buffer` is too small for it."""
        if self._reading and table not in self._tables:
            self._tables[table] = self._from_file(font, table)
        data = self._tables.get(table, b"")
        if buffer and size >= len(data):
            ctypes.memmove(buffer, data, len(data))
        return len(data)

    def _from_file(self, font: Any, table: int) -> bytes:
        size = super().GetFontData(None, font, table, None, 0)
        held = (ctypes.c_ubyte * size)()
        return bytes(held) if super().GetFontData(None, font, table, held, size) == size else b""

    def DeleteFont(self, _: Any, font: Any) -> None:
        """Nothing: the font is kept for the next page."""


def _page_without_font(face: str) -> bytes:
    """A page with one Chinese character in a font that it does not hold."""
    objects = (
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Resources<</Font<</F 5 0 R>>>>"
        "/Contents 4 0 R>>",
        "<</Length 31>>stream\nBT /F 40 Tf 9 9 Td <5B57> Tj ET\nendstream",
        f"<</Type/Font/Subtype/Type0/BaseFont/{face}/Encoding/UniGB-UTF16-H"
        "/DescendantFonts[6 0 R]>>",
        f"<</Type/Font/Subtype/CIDFontType0/BaseFont/{face}/CIDSystemInfo<</Registry(Adobe)"
        "/Ordering(GB1)/Supplement 4>>/FontDescriptor 7 0 R>>",
        f"<</Type/FontDescriptor/FontName/{face}/Flags 4/FontBBox[0 -200 1000 900]/ItalicAngle 0"
        "/Ascent 880/Descent -120/CapHeight 700/StemV 80>>",
    )
    body, places = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(body))
        body += f"{number} 0 obj\n{content}\nendobj\n".encode()
    table = "".join(f"{place:010d} 00000 n \n" for place in (0, *places))
    end = f"trailer <</Root 1 0 R/Size {len(places) + 1}>>\nstartxref\n{len(body)}\n%%EOF"
    return body + f"xref\n0 {len(places) + 1}\n{table}{end}".encode()


def warm() -> None:
    """Have the font in memory, for the workers that are forked later."""
    font = KeptFont()
    font.setup()
    font.read()
