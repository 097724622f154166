"""What was found, as a table to look at before anything is graded (``--dry-run``)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text as RichText

from grader.core.console import show
from grader.core.flowing import Flowing
from kit.text import Text

from . import texts
from .records import ClassFolder, HandIn, Person
from .times import zone_assumed

_FILES_SHOWN = 4
_NAME_CHARS = 60
_LISTED = 400


def render(class_folder: ClassFolder, console: Console, lang: str) -> None:
    """Print the hand-ins, then who is missing, what was superseded, and the notices."""
    show(console, lambda: _print(class_folder, console, lang))


def _print(found: ClassFolder, console: Console, lang: str) -> None:
    layout = texts.LAYOUTS.get(found.layout, Text(found.layout, found.layout))
    title = texts.TITLE.format(count=len(found.hand_ins), layout=layout)
    _heading(title, console, lang)
    if found.hand_ins:
        shared = _shared(found.hand_ins)
        console.print(_table(found.hand_ins, shared, console, lang))
        if shared:
            said = (
                texts.OF_SEVERAL.format(count=count, said=reason).pick(lang)
                for reason, count in shared.items()
            )
            _bullets((_visible(line, 1000) for line in said), console)
    if found.missing:
        _heading(texts.MISSING.format(count=len(found.missing)), console, lang)
        _bullets((_who(person, lang) for person in found.missing), console)
    if found.superseded:
        _heading(texts.SUPERSEDED.format(count=len(found.superseded)), console, lang)
        _bullets((_superseded(hand_in, lang) for hand_in in found.superseded), console)
    if found.notices:
        _heading(texts.NOTICES, console, lang)
        _bullets((_visible(notice.pick(lang), 1000) for notice in found.notices), console)


def _heading(text: Text, console: Console, lang: str) -> None:
    console.print()
    console.print(RichText(text.pick(lang), style="bold"))


def _bullets(lines: Iterable[str], console: Console) -> None:
    grid = Table.grid(padding=(0, 1))
    for number, line in enumerate(lines):
        if number == _LISTED:
            grid.add_row("-", "...")
            break
        grid.add_row("-", RichText(line, overflow="fold"))
    console.print(Padding(grid, (0, 0, 0, 2)))


def _table(
    hand_ins: Sequence[HandIn], shared: Collection[Text], console: Console, lang: str
) -> Table:
    """Columns without news are left out: most platforms say nothing of time or lateness."""
    table = Table(
        box=box.SIMPLE_HEAD if console.is_terminal else None,
        padding=(0, 1, 0, 0),
        pad_edge=False,
        header_style="dim",
        safe_box=True,
        expand=False,
    )
    count = Counter(map(_folder, hand_ins))  # what several share is the class's folder
    timed = any(h.attempt or h.submitted_at for h in hand_ins)
    late = any(h.late is not None for h in hand_ins)
    table.add_column(texts.STUDENT.pick(lang), overflow="fold", min_width=10, max_width=22)
    if timed:
        table.add_column(texts.ATTEMPT.pick(lang), overflow="fold", max_width=16)
    table.add_column(texts.FILES.pick(lang), overflow="fold", min_width=10, max_width=26)
    if late:
        table.add_column(texts.LATE.pick(lang), no_wrap=True)
    table.add_column(texts.GUESSED.pick(lang), overflow="fold", ratio=1, min_width=16)
    for hand_in in hand_ins:
        cells = [_students(hand_in, lang)]
        if timed:
            cells.append(RichText(_attempt(hand_in)))
        folder = _folder(hand_in)
        own = (
            folder
            if count[folder] == 1 and folder and folder.name and len(hand_in.pieces) > 1
            else None
        )
        cells.append(RichText(_files(hand_in, own, lang)))
        if late:
            cells.append(_late(hand_in, lang))
        reasons = [
            _visible(reason.pick(lang), 300) for reason in hand_in.reasons if reason not in shared
        ]
        mark = "- " if len(reasons) > 1 else ""
        said = RichText("\n".join(f"{mark}{reason}" for reason in reasons))
        table.add_row(*cells, Flowing(said))
    return table


def _shared(hand_ins: Sequence[HandIn]) -> dict[Text, int]:
    """What was assumed about all times of a platform: one sentence below the table."""
    times = (hand_in.submitted_at for hand_in in hand_ins)
    assumed = {zone_assumed(time) for time in times if time is not None}
    count = Counter(reason for hand_in in hand_ins for reason in hand_in.reasons)
    return {reason: n for reason, n in count.items() if n > 1 and reason in assumed}


def _students(hand_in: HandIn, lang: str) -> RichText:
    text = RichText("\n".join(_who(person, lang) for person in hand_in.people))
    if not any(
        hand_in.id in (person.student_id, person.name, person.known_as) for person in hand_in.people
    ):
        text.append(f"\n{_visible(hand_in.id)}", style="dim")
    return text


def _who(person: Person, lang: str) -> str:
    words = [_visible(word) for word in (person.student_id, person.name) if word]
    return " ".join(words) or _visible(person.known_as) or texts.NOBODY.pick(lang)


def _attempt(hand_in: HandIn) -> str:
    if hand_in.submitted_at is not None:
        return hand_in.submitted_at.strftime("%Y-%m-%d %H:%M %z")
    return _visible(hand_in.attempt)


def _folder(hand_in: HandIn) -> Path | None:
    """The folder on disk that holds all files of a hand-in, itself or by folders inside it."""
    folders = set()
    for piece in hand_in.pieces:
        depth = piece.name.count("/")
        if piece.member is not None or depth >= len(piece.source.parents):
            return None
        folders.add(piece.source.parents[depth])
    return folders.pop() if len(folders) == 1 else None


def _files(hand_in: HandIn, folder: Path | None, lang: str) -> str:
    if not hand_in.pieces:
        return texts.NO_FILES.pick(lang)
    shown = [_visible(piece.name) for piece in hand_in.pieces[:_FILES_SHOWN]]
    if folder is not None:
        shown = [f"{_visible(folder.name)}/", *(f"  {name}" for name in shown)]
    more = len(hand_in.pieces) - _FILES_SHOWN
    return "\n".join([*shown, *([f"+{more}"] if more > 0 else [])])


def _late(hand_in: HandIn, lang: str) -> RichText:
    if hand_in.late is None:
        return RichText("")
    word = texts.YES if hand_in.late else texts.NO
    return RichText(word.pick(lang), style="yellow" if hand_in.late else "")


def _superseded(hand_in: HandIn, lang: str) -> str:
    who = ", ".join(_who(person, lang) for person in hand_in.people)
    files = ", ".join(_visible(piece.name) for piece in hand_in.pieces[:_FILES_SHOWN])
    return " · ".join(word for word in (who, _attempt(hand_in), files) if word)


def _visible(text: str, limit: int = _NAME_CHARS) -> str:
    """On one line, bounded, with control characters written out."""
    safe = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return safe if len(safe) <= limit else f"{safe[: limit // 2]}...{safe[-limit // 2 + 3 :]}"
