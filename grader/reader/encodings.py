"""Codecs that a hand-in may need, imported before its worker is forked.

They are imported at their first use, and in a reduced tier a worker can import nothing.
"""

from __future__ import annotations

import codecs

_NAMES = (
    "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be",
    "ascii", "latin-1", "cp437", "gb2312", "gbk", "gb18030", "big5", "big5hkscs", "hz",
    "iso8859-15", "cp1252", "cp1251", "koi8-r", "shift_jis", "cp932", "euc_jp", "euc_kr",
    "cp949", "cp950",
)  # fmt: skip


def warm() -> None:
    """Import all of them."""
    for name in _NAMES:
        codecs.lookup(name)
