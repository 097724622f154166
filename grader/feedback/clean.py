"""Make a student's text safe to show: on a terminal, in a page, in JSON.

Everything that comes from a submission (messages with their exceptions and reprs, file names,
notices) is cleaned here before anyone reads it.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from kit.text import Text

MESSAGE_CHARS: Final = 4000
TITLE_CHARS: Final = 300
MESSAGE_LINES: Final = 60
_COMBINING_RUN: Final = 4
"""Marks that may follow one letter; real writing needs fewer."""

_KEPT_FORMAT: Final = frozenset("\u200c\u200d")
"""Joiners: Persian and emoji need them, and they cannot reorder text."""

_LEFT_OUT: Final = Text(" …（略去 {n} 个字符）… ", " … ({n} characters left out) … ")


def clean(text: str, lang: str = "en", limit: int = MESSAGE_CHARS) -> str:
    """`text` without anything that could steer a terminal, reorder a line or flood a page.

    Control characters, lone surrogates, bidirectional overrides, invisible format characters
    and non-characters become visible escapes such as ``\\x1b``. Newlines and tabs stay, within
    60 lines; beyond `limit` characters the middle is left out.
    """
    dropped = 0
    head, tail = text, ""
    # Cut first: an exception may have megabytes, all of which would be escaped only to be cut.
    if len(text) > limit:
        dropped = len(text) - limit
        # The end stays too, because the last line of a traceback names the exception.
        head, tail = text[: limit * 3 // 4], text[len(text) - (limit - limit * 3 // 4) :]
    result = _visible(head)
    if dropped:
        result += _LEFT_OUT.pick(lang).format(n=dropped) + _visible(tail)
    lines = result.split("\n")
    if len(lines) > MESSAGE_LINES:
        kept = MESSAGE_LINES // 2
        gone = len("\n".join(lines[kept:-kept]))
        lines = [*lines[:kept], _LEFT_OUT.pick(lang).format(n=gone).strip(), *lines[-kept:]]
    return "\n".join(lines)


def clean_text(text: Text, limit: int = MESSAGE_CHARS) -> Text:
    """Both sentences of `text`, cleaned."""
    return Text(clean(text.zh, "zh", limit), clean(text.en, "en", limit))


def clean_line(text: str, limit: int = TITLE_CHARS) -> str:
    """`text` cleaned and on one line: for names, ids and paths."""
    return " ".join(clean(text, limit=limit).split())


def _visible(text: str) -> str:
    result: list[str] = []
    combining = 0
    # A carriage return by itself is escaped: it would overwrite the line on a terminal.
    for char in text.replace("\r\n", "\n"):
        category = unicodedata.category(char)
        combining = combining + 1 if category in ("Mn", "Me") else 0
        if char in "\n\t":
            result.append(char)
        # Zl and Zp break a line where no reader expects it; Cn and Co may be drawn as anything.
        elif category in ("Cc", "Cs", "Cn", "Co", "Zl", "Zp") or (
            category == "Cf" and char not in _KEPT_FORMAT
        ):
            result.append(_escape(char))
        # Hundreds of marks on one letter would cover the lines above and below it.
        elif combining <= _COMBINING_RUN:
            result.append(char)
    return "".join(result)


def _escape(char: str) -> str:
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
