"""Which names of the roster a label holds, where each of its words belongs to one name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import combinations

from kit.sources import show

from .headers import normal
from .name_words import CHINESE_NAME, LATIN_WORD, NAME_WORD, borders, readings
from .roster import MOST_ROWS, Enrolled, Roster

# Words that people put beside a login.
_FILE_WORD = re.compile(
    "assignment|attempt|char|code|copy|ex|exercise|exp|experiment|final|folder|gru|homework|hwk?|"
    "ipynb|lab|laboratory|latest|lstm|model|new|nlp|notebook|numpy|part|project|py|python|report|"
    "rev|revised|rnn|scratch|solutions?|src|submission|task|test|torch|train|update|v|ver|version|"
    "work|zip"
)
_TELLING = 3  # letters: shorter words are inside too many others


def is_besides(student: Enrolled, known: Iterable[Enrolled], text: str) -> bool:
    """Whether a label has words enough for this student's name and those it has of the others."""
    label = LATIN_WORD.findall(normal(text))
    names = [LATIN_WORD.findall(normal(s.person.name)) for s in known]
    names = [words for words in names if readings(label, (words,))]
    mine = LATIN_WORD.findall(normal(student.person.name))
    return not readings(label, (mine,)) or readings(label, (*names, mine))


def readable(
    named: dict[str, tuple[Enrolled, ...]], text: str
) -> tuple[dict[str, tuple[Enrolled, ...]], list[str]]:
    """The names that a label holds, and those of them of which it can be one alone.

    Each of its words is used once: ``Ana Maria Silva`` is not Ana Silva too, and ``chenyu`` is
    Chen Yu or Yu Chen.
    """
    label = LATIN_WORD.findall(normal(text))
    latin = {name: LATIN_WORD.findall(normal(who[0].person.name)) for name, who in named.items()}
    latin = {name: words for name, words in latin.items() if not CHINESE_NAME.fullmatch(name)}
    apart = [
        (one, other)
        for one, other in combinations(latin, 2)
        if not readings(label, (latin[one], latin[other]))
    ]
    shorter = {
        one
        for pair in apart
        for one, other in (pair, pair[::-1])
        if Counter(latin[one]) < Counter(latin[other])
    }
    either = {name for pair in apart if shorter.isdisjoint(pair) for name in pair}
    kept = {name: who for name, who in named.items() if name not in shorter}
    return kept, sorted(show(kept[name][0].person.name) for name in either)


def lost_a_word(students: Sequence[Enrolled], text: str, roster: Roster) -> list[str]:
    """Longer names of others of which the label holds every word, some inside a longer word.

    ``Silva Ana Mariahw6`` is not Ana Silva where Ana Maria Silva is on the roster.
    """
    plain = normal(text)
    mine = [_letters(s.person.name) for s in students]
    found = []
    for other in roster.students:
        whole = _letters(other.person.name)
        longer = [words for words in mine if len(words) < len(whole) and other not in students]
        for words in longer:
            lost = Counter(whole) - Counter(words)
            if Counter(words) < Counter(whole) and all(_is_inside(w, plain) for w in lost):
                found.append(show(other.person.name))
    return found


@lru_cache(maxsize=MOST_ROWS)
def _letters(name: str) -> tuple[str, ...]:
    """The words of a name; kept, since every label is compared with every name."""
    return tuple(LATIN_WORD.findall(normal(name)))


def _is_inside(word: str, plain: str) -> bool:
    return len(word) >= _TELLING and word in plain


def without_names(text: str, students: Iterable[Enrolled]) -> str:
    """A label without the names of some students, however their words are ordered and joined."""
    for student in students:
        words = [re.escape(word) for word in NAME_WORD.findall(normal(student.person.name))]
        for order in (words, words[::-1], [*words[-1:], *words[:-1]], [*words[1:], *words[:1]]):
            if words:
                written = r"[\W_]*".join(order)
                front, back = borders(order[0][0] + order[-1][-1])
                text = re.sub(f"{front}{written}{back}", " ", text, flags=re.I)
    return text


def is_word_of_a_name(student: Enrolled, text: str, by_name: list[Enrolled]) -> bool:
    """Whether a login may be a word of another one's name: `ana` in ``Ana Costa``.

    It is a word of its own student's name, and beside it is one that is no usual word of files.
    """
    login = normal(student.login or student.github)
    mine = LATIN_WORD.findall(normal(student.person.name))
    address = normal(student.person.email)
    if student in by_name or login not in mine or (address and address in normal(text)):
        return False
    others = (w for w in LATIN_WORD.findall(normal(text)) if w not in mine)
    return any(not (CHINESE_NAME.fullmatch(w) or _FILE_WORD.fullmatch(w)) for w in others)
