"""The words of names, and the orders in which platforms and people write them.

Which word is the surname cannot be seen: Chen Yu and Yu Chen may be two students, and ``chenyu`` is
either. So a name is read in every order, and where that means several students it decides nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import permutations

from .headers import normal

CHINESE_NAME = re.compile("[\u3400-\u9fff]+(?:[·•][\u3400-\u9fff]+)*")
LATIN_WORD = re.compile(r"[^\W\d_]+")
NAME_WORD = re.compile(r"[^\W_]+")
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
