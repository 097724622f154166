"""One sentence in the two languages of the course."""

from __future__ import annotations

import locale
import os
from typing import NamedTuple


class Text(NamedTuple):
    """A sentence in Chinese and in English; both have the same meaning."""

    zh: str
    en: str

    def pick(self, lang: str) -> str:
        """The sentence in `lang`: ``"zh"`` or ``"en"``."""
        return self.zh if lang == "zh" else self.en

    def format(self, **values: object) -> Text:
        """Both sentences with ``{name}`` replaced."""
        return Text(self.zh.format(**values), self.en.format(**values))

    def __add__(self, other: object) -> Text:
        """This sentence followed by `other`; in Chinese without a space between them."""
        if not isinstance(other, Text):
            return NotImplemented
        return Text(self.zh + other.zh, f"{self.en} {other.en}".strip())


def split_docstring(doc: str | None) -> Text:
    """The title of a check: the first line of its docstring, written ``中文 | English``."""
    line = (doc or "").strip().splitlines()[0] if (doc or "").strip() else ""
    zh, bar, en = line.partition(" | ")
    return Text(zh.strip(), en.strip()) if bar else Text(line, line)


def default_language() -> str:
    """``FEEDBACK_LANG`` if it names one, else the locale's: ``"zh"`` or ``"en"``."""
    wanted = os.environ.get("FEEDBACK_LANG", "").lower()
    if wanted in ("zh", "en"):
        return wanted
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return "zh" if value.lower().startswith("zh") else "en"
    try:
        found = locale.getlocale()[0] or ""
    except ValueError:
        found = ""
    return "zh" if found.lower().startswith(("zh", "chinese")) else "en"
