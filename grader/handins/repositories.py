"""Clones of repositories, named after an assignment and a GitHub user name: ``lab6-zhangs``.

Anybody may choose a user name that contains another's (``x-zhangs``, ``zhangs-2``) or a student id.
So where half of the clones are named like this, the user name is taken whole, and a clone whose
user name is not in the roster has no known owner.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import product

from kit.sources import show
from kit.text import joined

from . import labels, texts
from .choosing import Wishes, path_of
from .headers import normal
from .items import Item
from .roster import Roster

_BRANCHES = ("", "-main", "-master")
"""Endings of the archives that GitHub makes of a repository."""

_USER = re.compile(r"[a-z0-9][a-z0-9_-]*")
"""Users whom a company or university manages have its name behind a ``_``."""
_FEWEST = 2


def by_user_name(items: Sequence[Item], roster: Roster | None, wishes: Wishes) -> list[Item]:
    """The items; where they are such clones, each belongs to its own user alone."""
    clones = [item for item in items if item.kind != "file"]
    around = _around(clones, roster) if roster is not None else None
    if roster is None or around is None:
        return list(items)
    return [_of_user(item, *around, roster, wishes) for item in items]


def _around(clones: Sequence[Item], roster: Roster) -> tuple[str, str] | None:
    """The text that most clones have before and after a user name of the roster."""
    users = {normal(student.github) for student in roster.students if student.github}
    count: Counter[tuple[str, str]] = Counter()
    for item, branch in product(clones, _BRANCHES):
        label = normal(item.label)
        if not label.endswith(branch):
            continue
        words = label.removesuffix(branch)
        ends = (i for i in range(len(words)) if i == 0 or words[i - 1] in "-_")
        count.update((words[:i], branch) for i in ends if words[i:] in users)
    if not count:
        return None
    around, found = max(count.items(), key=lambda pair: (pair[1], pair[0]))
    return around if found >= max(_FEWEST, len(clones) / 2) else None


def _of_user(item: Item, before: str, branch: str, roster: Roster, wishes: Wishes) -> Item:
    label = normal(item.label)
    user = label.removeprefix(before).removesuffix(branch)
    is_clone = item.kind != "file" and label == f"{before}{user}{branch}"
    if not is_clone or not _USER.fullmatch(user):
        return item
    student = roster.by_github(user)
    if student is not None:
        parsed = replace(item.parsed, people=(student.person,), known=True, sure=True, doubt=None)
        return replace(item, parsed=parsed)
    if not item.is_known or wishes.is_preferred(path_of(item)):
        return item
    whose = joined(show(p.student_id or p.name) for p in item.parsed.people)
    doubt = texts.OTHER_USER.format(label=show(item.label), user=show(user), ids=whose)
    return replace(item, parsed=labels.nobody(path_of(item), doubt))
