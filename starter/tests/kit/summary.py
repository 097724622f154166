"""What ``pytest starter/`` prints at the end: parts, points, blanks, and what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from .left_raises import LeftRaise
from .rows import Blank, Points, Row
from .text import Text

WORDS = {
    "passed": Text("通过", "passed"),
    "partial": Text("部分通过", "partial"),
    "failed": Text("未通过", "failed"),
    "crashed": Text("崩溃", "crashed"),
    "timed_out": Text("超时", "timed out"),
    "out_of_memory": Text("内存超限", "out of memory"),
    "over_limit": Text("超出限额", "over a limit"),
    "missing": Text("缺失", "missing"),
    "not_attempted": Text("未作答", "not attempted"),
    "blocked": Text("前置未通过", "blocked"),
    "skipped": Text("跳过", "skipped"),
    "grader_error": Text("评分器故障", "check broken"),
}

PRINTED, WIDEST = 20, 200
"""Of the output of a failed check: the lines, and the characters of a line, that are shown."""

_QUIET = ("passed", "not_attempted", "skipped")
"""Outcomes that need no sentence of their own."""


def summary(
    rows: Sequence[Row],
    points: Points,
    lang: str,
    *,
    verbose: bool = False,
    foreseen: Sequence[Text] = (),
    left: Sequence[LeftRaise] = (),
) -> list[str]:
    """The lines at the end of a run; `verbose` lists each check of parts not begun too.

    `foreseen` is what grading sees and this run does not show. `left` are the raises of the
    template that are left in functions with the student's code.
    """
    order = points.parts
    # As in the handout: with several processes checks end in another order.
    places = {id: i for i, id in enumerate(points.checks)}
    rows = sorted(rows, key=lambda row: places.get(row.id, len(places)))
    parts = dict.fromkeys(sorted((r.part for r in rows), key=lambda p: _place(order, p)))
    by_part = {part: [row for row in rows if row.part == part] for part in parts}
    lines = ["", Text("检查结果", "Checks").pick(lang)]
    for part, own in by_part.items():
        lines += _part(part, own, points, lang, verbose)
    lines += _blanks(by_part, left, lang)
    # The line of a file that cannot be imported says itself what to do.
    if any(row.outcome in ("failed", "partial") and row.lost is None for row in rows):
        lines += ["", *(text.pick(lang) for text in WHERE_TO_LOOK)]
    if foreseen:
        lines += ["", FORESEEN.pick(lang), *(f"  - {text.pick(lang)}" for text in foreseen)]
    return [*lines, "", *_totals(by_part, points, lang), "", *_next(by_part, points, left, lang)]


def _place(order: Sequence[str], part: str) -> int:
    return order.index(part) if part in order else len(order)


# ---------------------------------------------------------------- one part


def _part(
    part: str, rows: Sequence[Row], points: Points, lang: str, verbose: bool
) -> Iterable[str]:
    whole = {row.outcome for row in rows}
    head = f"  {pad(part, 14)}{pad(_share(rows, points), 14)}"
    reasons = {row.why for row in rows if row.outcome == "skipped"}
    if whole == {"skipped"} and len(reasons) == 1:
        yield head + reasons.pop().pick(lang)
        return
    yield head + _counts(rows).pick(lang)
    # A part that nobody has begun needs no list: its blanks are named below.
    if whole <= {"not_attempted", "skipped"} and not verbose:
        return
    lost = {row.why for row in rows if row.lost is not None}
    if (
        len(lost) == 1
        and not verbose
        and all(row.lost is not None or row.outcome in ("blocked", "skipped") for row in rows)
    ):
        yield f"    {lost.pop().pick(lang)}"
        return
    said: dict[Text, str] = {}
    for row in rows:
        if row.outcome in ("not_attempted", "skipped") and not verbose:
            continue
        yield (
            f"    {pad(WORDS[row.outcome].pick(lang), 14)}{pad(_worth(row, points, lang), 10)}"
            f"{pad(row.id, 32)} {row.title.pick(lang)}"
        )
        if row.outcome not in _QUIET:
            # A file that cannot be imported is explained once.
            yield f"        {_once(row, said).pick(lang)}"
        if row.trouble:
            yield row.trouble
        if row.printed and row.outcome not in _QUIET:
            yield PRINTED_BY_IT.pick(lang)
            yield from (
                f"          {line[:WIDEST]}" for line in row.printed.splitlines()[-PRINTED:]
            )


def _once(row: Row, said: dict[Text, str]) -> Text:
    """Why a check ended as it did, or the check that has already said so."""
    first = said.get(row.why)
    if first is not None:
        return Text(f"同上（{first}）", f"as above ({first})")
    if row.outcome != "blocked":
        said[row.why] = row.id
    return row.why


def _counts(rows: Sequence[Row]) -> Text:
    """``7 passed, 2 failed``: each outcome that occurs."""
    found = [(word, sum(row.outcome == name for row in rows)) for name, word in WORDS.items()]
    shown = [(word, count) for word, count in found if count]
    return Text(
        "，".join(f"{count} 项{word.zh}" for word, count in shown),
        ", ".join(f"{count} {word.en}" for word, count in shown),
    )


def _worth(row: Row, points: Points, lang: str) -> str:
    if row.advice:
        return Text("建议", "advice").pick(lang)
    if row.id not in points.checks:
        return "-"
    worth = points.checks[row.id]
    if not worth:
        return Text("不计分", "no points").pick(lang)
    return f"{_shown(worth * Fraction(row.fraction))}/{_shown(worth)}"


def _earned(rows: Iterable[Row], points: Points) -> Fraction:
    own = (points.checks.get(r.id, _NONE) * Fraction(r.fraction) for r in rows if not r.advice)
    return sum(own, _NONE)


def _possible(rows: Iterable[Row], points: Points) -> Fraction:
    return sum((points.checks.get(r.id, _NONE) for r in rows if not r.advice), _NONE)


_NONE = Fraction(0)


def _shown(points: Fraction) -> str:
    """For a reader: two decimals at most."""
    return f"{round(float(points), 2):g}"


def _share(rows: Sequence[Row], points: Points) -> str:
    if not any(row.id in points.checks for row in rows):
        return "-"
    return f"{_shown(_earned(rows, points))}/{_shown(_possible(rows, points))}"


# ---------------------------------------------------------------- what is left


def _blanks(
    by_part: Mapping[str, Sequence[Row]], left: Sequence[LeftRaise], lang: str
) -> Iterable[str]:
    """A line for each file with blanks: their names and lines."""
    lines = []
    begun = Text("，删掉 raise", ", remove the raise").pick(lang)
    for rows in by_part.values():
        found = _in_file(rows)
        for file in dict.fromkeys(blank.file for blank in found):
            names = [
                f"{b.name or '?'} ({b.line}{begun if _is_left(b, left) else ''})"
                for b in found
                if b.file == file
            ]
            lines.append(f"  {file}: {', '.join(names)}")
    if lines:
        yield ""
        yield Text(
            "未作答的空（括号里是行号）：", "Blanks still to fill in (with their lines):"
        ).pick(lang)
        yield from lines


def _is_left(blank: Blank, left: Sequence[LeftRaise]) -> bool:
    """Whether the function of `blank` also holds the student's code."""
    return any(
        one.path.rpartition("/")[2] == blank.file and one.first <= blank.line <= one.last
        for one in left
    )


def _in_file(rows: Iterable[Row]) -> list[Blank]:
    """The blanks that were reached, in the order of the file."""
    blanks = {(row.blank.file, row.blank.line): row.blank for row in rows if row.blank}
    return [blanks[place] for place in sorted(blanks)]


def _totals(by_part: Mapping[str, Sequence[Row]], points: Points, lang: str) -> Iterable[str]:
    needed = [r for p, rows in by_part.items() if p not in points.optional for r in rows]
    tried = [row for row in needed if row.outcome != "skipped"]
    decided = (worth for part, worth in points.hidden.items()
               if part in by_part and part not in points.optional)  # fmt: skip
    hidden = sum(decided, _NONE)
    if not any(part in points.hidden for part in by_part):
        return  # a part of another course: it has no points here
    got, most, more = map(_shown, (_earned(tried, points), _possible(tried, points), hidden))
    yield Text(
        f"公开部分：{got} / {most} 分；另有 {more} 分由隐藏检查决定。",
        f"Public part: {got} of {most} points; {more} more points are decided by hidden checks.",
    ).pick(lang)
    if skipped := _possible([row for row in needed if row.outcome == "skipped"], points):
        yield Text(
            f"这里没有试的检查还有 {_shown(skipped)} 分，评分时会检查。",
            f"Checks that were not tried here are worth {_shown(skipped)} more; grading tries "
            "them.",
        ).pick(lang)
    for part, cap in points.optional.items():
        if part in by_part:
            got, most = _shown(min(_earned(by_part[part], points), cap)), _shown(cap)
            yield Text(
                f"选做 {part}：{got} 分，最多计 {most} 分；没有做的跳过，不算未通过。",
                f"Optional, {part}: {got} points; at most {most} count, and what is left out is "
                "skipped, not failed.",
            ).pick(lang)


def _next(
    by_part: Mapping[str, Sequence[Row]], points: Points, left: Sequence[LeftRaise], lang: str
) -> Iterable[str]:
    """The one thing to do now: what fails first, else the first blank, else to hand in."""
    # What is optional comes after everything else.
    order = sorted(by_part, key=lambda part: part in points.optional)
    for part in order:
        wrong = [r for r in by_part[part] if r.outcome not in (*_QUIET, "blocked") and not r.advice]
        if wrong and (lost := wrong[0].lost) is not None:
            zh, en = (f" 第 {lost.line} 行", f", line {lost.line}") if lost.line else ("", "")
            yield Text(f"下一步：{lost.file}{zh}。", f"Next: {lost.file}{en}.").pick(lang)
            return
        if wrong:
            yield Text(f"下一步：改好 {wrong[0].id}。", f"Next: fix {wrong[0].id}.").pick(lang)
            yield f"  pytest -k {wrong[0].id}"
            return
        if blanks := _in_file(by_part[part]):
            first = blanks[0]
            if _is_left(first, left):
                yield Text(
                    f"下一步：{first.name}（{first.file} 第 {first.line} 行）：你的代码运行到了模板"
                    "里的 raise NotImplementedError；写完之后把它删掉",
                    f"Next: {first.name} ({first.file}, line {first.line}): your code runs into "
                    "the `raise NotImplementedError` of the template; remove it once your code is "
                    "complete",
                ).pick(lang)
                return
            yield Text(
                f"下一步：{first.name}（{first.file} 第 {first.line} 行）：{first.words.zh}",
                f"Next: {first.name} ({first.file}, line {first.line}): {first.words.en}",
            ).pick(lang)
            return
    yield Text(
        "下一步：公开检查都已通过。运行 python pack.py 打包提交。",
        "Next: the public checks pass. Run python pack.py to make the zip that you hand in.",
    ).pick(lang)


PRINTED_BY_IT = Text("        它的输出（最后几行）：", "        what it printed (the last lines):")

FORESEEN = Text("评分时会有不同：", "What grading will see differently:")

WHERE_TO_LOOK = (
    Text("未通过的检查，从这里查起：", "Where to look when a check has failed:"),
    Text(
        "  先改好最前面未通过的一项，它常常引起后面几项（例如 forward 不对，backward 也难对）。",
        "  Fix the first failing check first; it often causes the others (a wrong forward, say).",
    ),
    Text(
        "  在一步（T = 1）、一个样本（B = 1）的小例子上打印每个中间量，与函数说明里的公式"
        "逐项比较。",
        "  Print every quantity for one step and one sample (T = 1, B = 1) and compare each with "
        "the formula in the function's docstring.",
    ),
    Text(
        "  想停在某一行查看变量，就在那里写 breakpoint()，再用 pytest -k 运行这一项检查。",
        "  To stop at a line and look at its variables, write breakpoint() there and run the check "
        "by pytest -k.",
    ),
    Text(
        "  每项检查比较什么，见 tests/parts/ 里各部分的 checks*.py。",
        "  What a check compares is written in tests/parts/, in the part's checks*.py.",
    ),
)


def pad(text: str, width: int) -> str:
    """`text` filled to `width` columns; a Chinese character takes two."""
    wide = sum(1 + (ord(c) > 0x2E7F) for c in text)
    return text + " " * max(1, width - wide)
