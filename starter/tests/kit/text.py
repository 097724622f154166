"""One sentence in the two languages of the course."""

from __future__ import annotations

import errno
import locale
import os
from collections.abc import Iterable
from typing import NamedTuple


class Text(NamedTuple):
    """A sentence in Chinese and in English; both have the same meaning."""

    zh: str
    en: str

    def pick(self, lang: str) -> str:
        """The sentence in `lang`: ``"zh"`` or ``"en"``."""
        return self.zh if lang == "zh" else self.en

    def format(self, **values: object) -> Text:
        """Both sentences with ``{name}`` replaced, each by its own language where it is a Text."""
        zh, en = (
            {k: v[i] if isinstance(v, Text) else v for k, v in values.items()} for i in (0, 1)
        )
        return Text(self.zh.format(**zh), self.en.format(**en))

    def closed(self) -> Text:
        """With a full stop at the end of the Chinese, for what is shown as a message."""
        ended = not self.zh or self.zh[-1] in "。！？…："
        return self if ended else Text(self.zh + "。", self.en)

    def __add__(self, other: object) -> Text:
        """This sentence followed by `other`; in Chinese without a space between them."""
        if not isinstance(other, Text):
            return NotImplemented
        return Text(self.zh + other.zh, f"{self.en} {other.en}".strip())


def joined(names: Iterable[str]) -> Text:
    """A list within a sentence: ``甲、乙`` and ``a, b``."""
    names = list(names)
    return Text("、".join(names), ", ".join(names))


def first_of(names: Iterable[str], most: int = 6) -> Text:
    """The first of `names` as an enumeration, with the number of the others."""
    names = list(names)
    more = f" +{len(names) - most}" if len(names) > most else ""
    text = joined(names[:most])
    return Text(text.zh + more, text.en + more)


_OS_REASONS = {
    "ENOENT": "文件不存在",
    "EACCES": "没有权限",
    "EPERM": "没有权限",
    "EEXIST": "文件已存在",
    "ENOTDIR": "路径中有一级不是文件夹",
    "EISDIR": "它是文件夹",
    "ENOSPC": "磁盘已满",
    "EDQUOT": "超出磁盘配额",
    "EROFS": "文件系统只读",
    "EIO": "磁盘读写出错",
    "ENAMETOOLONG": "路径太长",
    "ELOOP": "符号链接成环",
    "EMFILE": "同时打开的文件太多",
}


def os_reason(error: OSError) -> Text:
    """What the operating system said, fit for a sentence in either language."""
    said = error.strerror or str(error)
    return Text(_OS_REASONS.get(errno.errorcode.get(error.errno or 0, ""), said), said)


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
