"""Fill one column of a file that a platform exported, and say what became of every row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kit.text import Text

from ..feedback.atomic import write_bytes
from ..feedback.clean import clean_line
from .cells import Sheet
from .job import Job, number
from .ledger import Action, Ledger, Line, given, pending_notice, who
from .matching import Entry, Matching, match


@dataclass(frozen=True, slots=True)
class Plan:
    """What a platform's module has read out of a template."""

    sheet: Sheet
    entries: tuple[Entry, ...]
    column: int
    locked: Mapping[int, Text] = field(default_factory=dict)  # row -> why it must stay as it is
    notices: tuple[Text, ...] = ()
    comma: bool = False  # the decimal sign of the template's numbers


def fill(job: Job, platform: str, plan: Plan, *, local_ids: bool = False) -> Ledger:
    """Write the template with its column filled, and the ledger of it."""
    matching = match(plan.entries, job.gradebook.marks, platform, local_ids=local_ids)
    changes: dict[tuple[int, int], str] = {}
    lines = []
    for entry in plan.entries:
        if entry.row not in matching.pairs:
            lines.append(unmatched(entry, matching))
            continue
        mark, note = matching.pairs[entry.row]
        value = given(mark, job.allow_pending)
        old = plan.sheet.value(entry.row, plan.column)
        why = plan.locked.get(entry.row)
        if plan.column >= len(plan.sheet.rows[entry.row]):
            why = Text("这一行的列数不够", "the row has too few cells")
        if isinstance(value, Text) or why is not None:
            reason = value if isinstance(value, Text) else why or note
            lines.append(Line(Action.LEFT, who(mark), "", _kept(old, reason)))
            continue
        before, after = number(old), number(value)
        if before is not None and before == after:
            lines.append(Line(Action.SAME, who(mark), value, note))
            continue
        changes[entry.row, plan.column] = value.replace(".", ",") if plan.comma else value
        lines.append(Line(Action.WRITTEN, who(mark), value, _replaced(old, note)))
    lines += strangers(matching)
    write_bytes(job.out, plan.sheet.filled(changes))
    notices = (*plan.notices, *pending_notice(job.gradebook, job.allow_pending))
    return Ledger(job.out, tuple(lines), notices)


def unmatched(entry: Entry, matching: Matching) -> Line:
    """The line of a row that is nobody's."""
    return Line(Action.ROW_ONLY, clean_line(entry.shown), "", matching.entries[entry.row])


def strangers(matching: Matching) -> list[Line]:
    """The lines of those who have no row."""
    return [Line(Action.MARK_ONLY, who(mark), "", why) for mark, why in matching.marks]


def _replaced(old: str, note: Text) -> Text:
    return _beside(note, Text("原为 {}", "was {}"), old)


def _kept(old: str, why: Text) -> Text:
    return _beside(why, Text("原有的 {} 不变", "{} stays as it is"), old)


def _beside(note: Text, what: Text, old: str) -> Text:
    """`note`, and what becomes of the value that the cell held before."""
    if not (shown := clean_line(old)):
        return note
    zh, en = what.zh.replace("{}", shown), what.en.replace("{}", shown)
    return Text(f"{note.zh}；{zh}", f"{note.en}; {en}") if any(note) else Text(zh, en)
