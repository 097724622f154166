"""The code cells of a notebook, and its bytes without outputs.

Pictures and printed lines can make a notebook a hundred times as large as its code. They are cut
before JSON is parsed: nothing is copied but what is kept, so memory does not grow with them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

MAX_STEPS = 3_000_000
"""How many strings and brackets of a notebook are looked at, about a microsecond each: as many as
three million printed lines have. Twice as many characters may be escaped."""

_SIGN = re.compile(rb'["\[\]{}]')
_OUTPUTS = re.compile(rb'"(?:outputs|attachments)"[ \t\r\n]{0,200}:[ \t\r\n]{0,200}(?=[\[{])')
_QUOTE, _BACKSLASH = b'"', ord("\\")


def without_outputs(data: bytes) -> bytes:
    """`data` with every value of ``outputs`` or ``attachments`` empty.

    Unchanged where it ends within such a value, or takes too many steps. Text that only looks like
    such a key is ignored, because strings are skipped whole.
    """
    if data.count(b"\\") > 2 * MAX_STEPS:
        return data
    kept: list[memoryview | bytes] = []
    view = memoryview(data)
    start, value, depth = 0, -1, 0
    for step, (at, sign) in enumerate(_signs(data)):
        if step > MAX_STEPS:
            return data
        if sign == _QUOTE:
            if depth == 0 and (key := _OUTPUTS.match(data, at)):
                value = key.end()
        elif depth or at == value:
            depth += 1 if sign in b"[{" else -1
            if depth == 0:
                kept += [view[start:value], b"[]"]
                start = at + 1
    return b"".join([*kept, view[start:]]) if depth == 0 else data


def _signs(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Brackets, and the quotes at which strings begin: where each is."""
    at = 0
    while sign := _SIGN.search(data, at):
        yield sign.start(), sign.group()
        at = _string_end(data, sign.end()) if sign.group() == _QUOTE else sign.end()


def _string_end(data: bytes, at: int) -> int:
    """Where the string ends whose text begins at `at`: after a quote that is not escaped."""
    while (quote := data.find(_QUOTE, at)) >= 0:
        first = quote
        while data[first - 1] == _BACKSLASH:
            first -= 1
        at = quote + 1
        if (quote - first) % 2 == 0:
            return at
    return len(data)


def code_cells(document: Any) -> list[str] | None:
    """The source of every code cell; None if the document is not a notebook."""
    if not isinstance(document, dict):
        return None
    cells = document.get("cells")
    if cells is None and isinstance(document.get("worksheets"), list):  # format 3
        sheets = [s for s in document["worksheets"] if isinstance(s, dict)]
        cells = [c for s in sheets if isinstance(s.get("cells"), list) for c in s["cells"]]
    if not isinstance(cells, list):
        return None
    found = []
    for cell in cells:
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            source = cell.get("source", cell.get("input", ""))
            if isinstance(source, list):
                source = "".join(line for line in source if isinstance(line, str))
            if isinstance(source, str):
                found.append(source.replace("\r\n", "\n").replace("\r", "\n"))
    return found
