"""Whose mark moved, from what to what, and because of which check: as a table."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text as RichText

from grader.core.console import show
from grader.core.model import Status
from grader.feedback import words
from grader.feedback.clean import clean_line
from grader.records.finals import FinalMove
from grader.records.gradebook import Gradebook
from grader.records.history import CheckMove, Move
from grader.scoring.points import decimal2
from kit.text import Text

_NOTHING = Text("没有成绩变动。", "No mark has moved.")
_WHO = Text("学生", "student")
_MARK = Text("成绩", "mark")
_WHY = Text("原因", "because of")
_AGAIN = Text("重新提交", "handed in again")
_NEW = Text("新检查", "new check")
_GONE = Text("检查已取消", "check removed")
_SUM = Text(
    "{moved} 份作业有变动：{up} 份升，{down} 份降，{same} 份总分不变。",
    "{moved} {hand_ins} moved: {up} up, {down} down, {same} with the same total.",
)
_FINALS = Text(
    "因迟交规则或提交情况而变动的最终成绩：",
    "Final marks that the late policy, or handing in or not, has moved:",
)
_CHECKS = Text(
    "{count} 项检查，共 {change} 分；逐项列出请加 -v",
    "{count} checks, {change} points in all; -v lists them",
)
_FINAL = Text("最终成绩", "final mark")
_NOTHING_IN = Text("未提交", "nothing handed in")
_NOT_LATE = Text("没有因迟交扣分", "nothing taken for lateness")


def render(
    moves: Sequence[Move],
    gradebook: Gradebook,
    console: Console,
    lang: str,
    finals: Sequence[FinalMove] = (),
    *,
    verbose: bool = False,
) -> None:
    """Print the moves, the largest losses first; then the `finals` that no check moved.

    `verbose` names each check of a hand-in that had no mark before, or has none now.
    """
    if not moves and not finals:
        console.print(_NOTHING.pick(lang))
        return
    show(console, lambda: _print_both(moves, gradebook, console, lang, finals, verbose))


def _print_both(
    moves: Sequence[Move],
    gradebook: Gradebook,
    console: Console,
    lang: str,
    finals: Sequence[FinalMove],
    verbose: bool,
) -> None:
    if moves:
        _print(moves, gradebook, console, lang, verbose)
    if finals:
        console.print(_FINALS.pick(lang))
        console.print(_final_table(finals, console, lang))


def _final_table(finals: Sequence[FinalMove], console: Console, lang: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD if console.is_terminal else None, pad_edge=False)
    table.add_column(_WHO.pick(lang), overflow="fold")
    table.add_column(_FINAL.pick(lang), no_wrap=True)
    table.add_column(_WHY.pick(lang), ratio=1, overflow="fold")
    # Losses first: they need a look before the students see them.
    for move in sorted(finals, key=_change):
        before, after = move.before, move.after
        person = after.person
        why = ""
        if before.taken != after.taken:
            # Only where something was handed in: the late policy says nothing of an absent student.
            said = (s.late or _NOT_LATE for s in (before, after) if s.final is not None)
            why = " → ".join(clean_line(text.pick(lang)) for text in said)
        shown = (
            _NOTHING_IN.pick(lang) if s.final is None else decimal2(s.final)
            for s in (before, after)
        )
        table.add_row(
            RichText(clean_line(f"{person.name} {person.student_id}".strip() or person.known_as)),
            RichText(" → ".join(shown), style="green" if _change(move) > 0 else "red"),
            RichText(why),
        )
    return table


def _change(move: FinalMove) -> Fraction:
    # Nothing handed in counts as 0 here: it sorts and colours the line, and is no mark.
    return (move.after.final or Fraction(0)) - (move.before.final or Fraction(0))


def _print(
    moves: Sequence[Move], gradebook: Gradebook, console: Console, lang: str, verbose: bool
) -> None:
    names: dict[str, list[str]] = {}
    for mark in gradebook.marks:
        person = mark.person
        who = f"{person.name} {person.student_id}".strip() or person.known_as
        names.setdefault(mark.submission_id, []).append(clean_line(who))
    table = Table(box=box.SIMPLE_HEAD if console.is_terminal else None, pad_edge=False)
    table.add_column(_WHO.pick(lang), overflow="fold")
    # Marks are never broken over two lines; names and reasons are, and never cut.
    table.add_column(_MARK.pick(lang), no_wrap=True)
    table.add_column(_WHY.pick(lang), ratio=1, overflow="fold")
    # The hand-in decides ties, so that two runs print the same table.
    for move in sorted(moves, key=lambda m: (m.earned_after - m.earned_before, m.hand_in)):
        who = ", ".join(names.get(move.hand_in, [clean_line(move.hand_in)]))
        table.add_row(RichText(who), _mark(move), RichText("\n".join(_why(move, lang, verbose))))
    console.print(table)
    change = [move.earned_after - move.earned_before for move in moves]
    console.print(
        _SUM.format(
            moved=len(moves),
            hand_ins="hand-in" if len(moves) == 1 else "hand-ins",
            up=sum(c > 0 for c in change),
            down=sum(c < 0 for c in change),
            same=sum(c == 0 for c in change),
        ).pick(lang)
    )


def _mark(move: Move) -> RichText:
    change = move.earned_after - move.earned_before
    sides = (move.status_before, move.earned_before), (move.status_after, move.earned_after)
    # A zero would look like a mark where the gradebook has none.
    before, after = (decimal2(m) if status is Status.GRADED else "–" for status, m in sides)
    text = f"{before} → {after}"
    if "–" in (before, after):
        return RichText(text)
    style = "green" if change > 0 else "red" if change < 0 else ""
    return RichText(f"{text}  ({_signed(change)})", style=style)


def _signed(change: Fraction) -> str:
    return f"{'+' if change > 0 else ''}{decimal2(change)}"


def _why(move: Move, lang: str, verbose: bool) -> list[str]:
    lines = []
    # First, because then the student and not the grader has changed something.
    if move.handed_in_again:
        lines.append(_AGAIN.pick(lang))
    if move.status_before != move.status_after:
        before, after = (
            words.STATUSES[status].pick(lang) for status in (move.status_before, move.status_after)
        )
        lines.append(f"{before} → {after}")
    by_checks = sum((c.earned_after - c.earned_before for c in move.checks), Fraction(0))
    if move.status_before != move.status_after and len(move.checks) > 1 and not verbose:
        # Each check has moved, since there were none on the other side.
        lines.append(_CHECKS.format(count=len(move.checks), change=_signed(by_checks)).pick(lang))
    else:
        lines += [_check(check, lang) for check in move.checks]
    rest = move.earned_after - move.earned_before - by_checks
    if rest:  # by the linter, or by a person
        rows = ", ".join(f"{row} {decimal2(b)} → {decimal2(a)}" for row, b, a in move.rows)
        lines.append(rows)
    return lines


def _check(check: CheckMove, lang: str) -> str:
    if check.outcome_before is None:
        said = _NEW.pick(lang)
    elif check.outcome_after is None:
        said = _GONE.pick(lang)
    elif check.outcome_before != check.outcome_after:
        before, after = (
            words.OUTCOMES[outcome].pick(lang)
            for outcome in (check.outcome_before, check.outcome_after)
        )
        said = f"{before} → {after}"
    else:
        said = words.OUTCOMES[check.outcome_after].pick(lang)
    before_points = _points(check.earned_before, check.possible_before)
    after_points = _points(check.earned_after, check.possible_after)
    return f"{check.id}: {said}  {before_points} → {after_points}"


def _points(earned: Fraction, possible: Fraction | None) -> str:
    return "-" if possible is None else f"{decimal2(earned, possible)}/{decimal2(possible)}"
