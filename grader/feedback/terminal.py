"""A report, and the progress towards it, as text on a terminal or in a log."""

from __future__ import annotations

import io
import sys
from typing import TextIO

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.table import Table
from rich.text import Text as RichText

from grader.core.console import ProgressBar, show
from grader.core.flowing import Flowing
from grader.core.model import CheckResult, GradeReport, Status
from kit.text import Text, joined

from . import view, words
from .clean import clean_text

STYLES = {"good": "green", "partly": "yellow", "lost": "red", "blank": "dim", "waiting": "dim"}
LOG_WIDTH = 100


def make_console(stream: TextIO | None = None) -> Console:
    """A console that shows text as it is and never fails on a character.

    Where the stream is not a terminal: no colours, no lines, a fixed width.
    """
    stream = sys.stdout if stream is None else stream
    if isinstance(stream, io.TextIOWrapper):  # a Chinese Windows console or LC_ALL=C
        stream.reconfigure(errors="backslashreplace")
    # Fixed in a log, so that the logs of two runs can be compared line by line.
    width = None if stream.isatty() else LOG_WIDTH
    # Nothing is markup: a student's message may contain "[red]", or ":smile:".
    return Console(file=stream, markup=False, emoji=False, highlight=False, width=width)


def render(report: GradeReport, console: Console, lang: str) -> None:
    """Print the student's view of `report`: checks, rows, total."""
    show(console, lambda: _print(report, console, lang))


def _print(report: GradeReport, console: Console, lang: str) -> None:
    shown = view.build(report, staff=False)
    console.print()
    console.print(RichText(f"{shown.title.pick(lang)} · {shown.submission}", style="bold"))
    total = words.NO_MARK.pick(lang)
    # Without a mark there is no total to show: 0 would look like one.
    if shown.refusal is None:
        total = _total(shown, lang)
    console.print(Flowing(RichText(total, style="bold")))
    if report.status is not Status.GRADED:
        console.print(Flowing(RichText(shown.status_text.pick(lang), style="bold red")))
    if shown.refusal is not None:
        console.print(Flowing(RichText(shown.refusal.pick(lang))))
    for notice in shown.notices:
        console.print(_bullet(notice.pick(lang)))
    for part in shown.parts:
        console.print()
        heading = RichText(part.id, style="bold")
        heading.append(f"  {part.earned} / {part.possible}", style="not bold")
        if part.files:
            heading.append(f"  ({', '.join(part.files)})", style="dim not bold")
        console.print(heading)
        if (absent := _absent(part)) is not None:
            console.print(_bullet(absent.pick(lang)))
        else:
            console.print(_checks(part, lang, console))
    absences = {part.id for part in shown.parts if _absent(part) is not None}
    advice = [check for check in shown.advice if check.id.partition(".")[0] not in absences]
    if advice:
        console.print()
        console.print(RichText(words.ADVICE.pick(lang), style="bold"))
        # Advice comes after the parts, where it cannot be mistaken for lost points.
        for check in advice:
            console.print(_bullet(f"{check.title.pick(lang)}\n{check.message.pick(lang)}"))
    if shown.refusal is None:
        console.print()
        console.print(_rows(shown, lang, console))
        for row in shown.rows:
            # Only where points were lost, which no check explains here.
            if row.note is not None and row.lost_share + row.open_share > 0:
                note = words.colon(row.title).pick(lang) + row.note.pick(lang)
                console.print(Flowing(RichText(note)))
        if shown.total.waits:
            console.print(Flowing(RichText(shown.waiting.pick(lang))))
    facts = joined(f"{name.pick(lang)} {value}" for name, value in shown.environment).pick(lang)
    console.print(Flowing(RichText(facts, style="dim")))


def _absent(part: view.PartView) -> Text | None:
    """What all checks of a part say that was not handed in: once, not for each of them."""
    if part.files or part.attention or part.passed or len(part.blanks) != 1:
        return None
    (said,) = part.blanks
    return words.ALL_CHECKS.format(count=said.count, message=said.message)


def _total(shown: view.View, lang: str) -> str:
    total = f"{words.colon(words.TOTAL).pick(lang)}{shown.total.earned} / {shown.total.possible}"
    if shown.total.waits:
        pending = f"{words.PENDING.pick(lang)} {shown.total.pending}"
        total += Text(f"（{pending}）", f" ({pending})").pick(lang)
    return total


def _bullet(text: str) -> Padding:
    table = Table.grid(padding=(0, 1))
    table.add_row("-", Flowing(RichText(text)))
    return Padding(table, (0, 0, 0, 2))


def _table(console: Console) -> Table:
    """A table with lines on a terminal, and with blanks only in a log."""
    # ASCII lines where the console's encoding has no others.
    return Table(
        box=box.SIMPLE_HEAD if console.is_terminal else None,
        padding=(0, 2, 0, 0),
        pad_edge=False,
        header_style="dim",
        safe_box=True,
    )


def _checks(part: view.PartView, lang: str, console: Console) -> Table:
    table = _table(console)
    table.add_column(words.OUTCOME.pick(lang), no_wrap=True)
    table.add_column(words.EARNED.pick(lang), no_wrap=True, justify="right")
    table.add_column(words.CHECK.pick(lang), ratio=1, overflow="fold")
    for check in part.attention:
        table.add_row(*_check(check, lang))
    # One entry for a blank: a starter as it was given has dozens of checks that say the same.
    for blank in part.blanks:
        text = RichText(blank.message.pick(lang), style="dim")
        for check in blank.checks:
            text.append(f"\n{check.title.pick(lang)}  [{check.id}]")
        word = RichText(blank.checks[0].word.pick(lang), style=STYLES["blank"])
        table.add_row(word, f"0/{blank.possible}", Flowing(text))
    for check in part.passed:
        table.add_row(*_check(check, lang))
    return table


def _check(check: view.CheckView, lang: str) -> tuple[RichText, str, Flowing]:
    """The cells of one check."""
    text = RichText(check.title.pick(lang))
    text.append(f"  [{check.id}]", style="dim")
    if check.tone != "good":
        text.append(f"\n{check.message.pick(lang)}")
    for hint in check.hints:
        text.append(f"\n{words.colon(words.HINT).pick(lang)}", style="bold")
        text.append(hint.text.pick(lang))
        for where, line in hint.places:
            text.append(f"\n  {words.colon(where).pick(lang)}", style="dim")
            text.append(line)
    for clue in check.clues:
        text.append(f"\n{words.colon(words.CLUE).pick(lang)}", style="bold")
        text.append(clue.pick(lang))
    word = RichText(check.word.pick(lang), style=STYLES[check.tone])
    points = f"{check.earned}/{check.possible}"
    shown = points if check.counted else words.NOT_COUNTED.pick(lang)
    return word, shown, Flowing(text)


def _rows(shown: view.View, lang: str, console: Console) -> Table:
    table = _table(console)
    table.add_column(words.ROW.pick(lang))
    for word in (words.EARNED, words.PENDING, words.POSSIBLE):
        table.add_column(word.pick(lang), justify="right")
    for row in (*shown.rows, shown.total):
        table.add_row(
            row.title.pick(lang),
            "-" if row.untouched else row.earned,
            row.pending if row.waits else "-",
            row.possible,
            style="bold" if row is shown.total else None,
        )
    return table


class CheckProgress(ProgressBar):
    """Progress of one grading: a moving line on a terminal, a line for each check in a log."""

    def __init__(self, console: Console, lang: str) -> None:
        # No refresh thread: the grader forks and waits, and each check redraws the line.
        super().__init__(
            console,
            TextColumn("{task.fields[part]}", markup=False),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[last]}", markup=False),
            auto_refresh=False,
        )
        self._lang = lang

    def start(self, part: str, total: int) -> None:
        """`total` checks of `part` are about to run."""
        self.begin(total, part=part, last="")

    def check_done(self, result: CheckResult) -> None:
        """One of them ended as `result`."""
        word = words.OUTCOMES[result.outcome].pick(self._lang)
        title = clean_text(result.title, 60).pick(self._lang)
        self.advance(last=f"{word}  {title}")
        if not self.console.is_terminal:
            line = f"{self.count}  {word}  {result.id}  {result.seconds:.2f} s"
            # Not wrapped, so that each check stays one line of the log.
            self.console.print(RichText(line), soft_wrap=True)
