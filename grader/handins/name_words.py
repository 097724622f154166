"""The words of names, and the orders in which platforms and people write them.

Which word is the surname cannot be seen: Chen Yu and Yu Chen may be two students, and ``chenyu`` is
either. So a name is read in every order, and where that means several students it decides nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from itertools import permutations

from .headers import normal

CHINESE_NAME = re.compile("[\u3400-\u9fff]+(?:[·•][\u3400-\u9fff]+)*")
_HAN = "\u3400-\u9fff"
_LATIN = "A-Za-z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02af\u1e00-\u1eff"
# Vowels of Thai and Hindi and accents are letters of names, though `\\w` does not hold them.
_MARKS = "".join(c for c in map(chr, range(0x300, 0xFFFF)) if unicodedata.category(c)[:2] in "MnMc")
_OTHER = rf"(?![{_HAN}{_LATIN}])[^\W\d_]|[{_MARKS}]"
LATIN_WORD = re.compile(rf"[{_HAN}]+|[{_LATIN}][{_LATIN}{_MARKS}]*|(?:{_OTHER})+")
"""A word of one script: digits end it, and so do Chinese words behind a Latin or an Arabic one."""
NAME_WORD = re.compile(rf"(?:[^\W_]|[{_MARKS}])+")
_ALL_ORDERS = 4  # words; of longer names only turned and reversed ones are tried


def words_of(name: str) -> tuple[str, ...]:
    """The words of a name in their order."""
    return tuple(NAME_WORD.findall(normal(name)))


def joins(words: Sequence[str]) -> set[str]:
    """A name written as one word, in every order."""
    if len(words) <= _ALL_ORDERS:
        return {"".join(order) for order in permutations(words)}
    turned = [(*words[i:], *words[:i]) for i in range(len(words))]
    return {"".join(order) for order in (*turned, tuple(reversed(words)))}


def readings(label: Sequence[str], names: Sequence[Sequence[str]]) -> bool:
    """Whether a label has words enough for all of `names`, each of its words used once."""
    left = Counter(label)
    for words in names:
        whole = next((join for join in joins(words) if left[join] > 0), None)
        needed = Counter([whole]) if whole is not None else Counter(words)
        if needed - left:
            return False
        left -= needed
    return True


def borders(written: str) -> tuple[str, str]:
    """What may not be in front of a name and behind it, as patterns: more letters of its script."""

    def letters(sign: str) -> str:
        if re.match(f"[{_HAN}]", sign):
            return f"[{_HAN}]"
        return f"[{_LATIN}{_MARKS}]" if re.match(f"[{_LATIN}]", sign) else f"(?:{_OTHER})"

    front, back = letters(written[0]), letters(written[-1])
    # Behind, a pattern with a lookahead of its own is one sign long all the same.
    return rf"(?<!{front})", rf"(?!{back})"
