"""Faults that only several lines of a rubric make together: one function a rule.

A rule yields each fault with the place of its value in the file. Rules run in a fixed order, so
two faults of one line are always reported in the same order.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from grader.core.yaml_text import Where
from kit.contracts import BY_ID
from kit.text import Text

from .points import show_points
from .rubric_schema import Criterion, PartPoints, Row, RubricFile
from .rubric_weights import group_faults

Fault = tuple[Where, Text]


def faults(file: RubricFile) -> Iterator[Fault]:
    """Every fault that several lines make together."""
    yield from _contracts_are_known(file)
    yield from _checks_are_scored_once(file)
    for i, row in enumerate(file.rows):
        at: Where = ("rows", i)
        yield from _row_ids_differ(file, i, at)
        yield from _parts_need_checks(row, at)
        yield from _only_checks_are_optional(row, at)
        yield from _linter_is_described(row, at)
        yield from _linter_fits_its_row(row, at)
        for name, part in row.parts.items():
            here: Where = (*at, "parts", name)
            for check in part.checks:
                yield from _check_is_of_its_part(name, check, (*here, "checks", check))
            for k, check in enumerate(part.leave_out):
                yield from _check_is_of_its_part(name, check, (*here, "leave_out", k))
                yield from _left_out_once(part, k, (*here, "leave_out", k))
            yield from group_faults(name, part, here)
            yield from _checks_add_up(row, name, part, here)
        yield from _parts_add_up(row, at)
        yield from _criteria_are_asked_for(row, at)
        for j, criterion in enumerate(row.criteria):
            that: Where = (*at, "criteria", j)
            yield from _criterion_id_is_free(file, row, j, that)
            yield from _criterion_is_of_its_row(row, criterion, that)
            yield from _levels_fall_to_zero(criterion, that)
        yield from _criteria_add_up(row, at)
    yield from _rows_add_up(file)
    yield from _late_policy_is_one(file)


def _contracts_are_known(file: RubricFile) -> Iterator[Fault]:
    for name, contract in file.contracts.items():
        # The unnamed contract applies where the rubric names none; it cannot be named.
        known = [c for c in BY_ID[name].contracts if c]
        if contract not in known:
            yield (
                ("contracts", name),
                Text(
                    f"{name} 没有名为 {contract} 的约定；可用：{'、'.join(known) or '无'}",
                    f"{name} has no contract {contract}; known: {', '.join(known) or 'none'}",
                ),
            )


def _row_ids_differ(file: RubricFile, i: int, at: Where) -> Iterator[Fault]:
    id = file.rows[i].id
    # Only the rows before, so that a pair is reported once.
    if id in {row.id for row in file.rows[:i]}:
        yield (
            at,
            Text(
                f"评分项 {id} 出现了两次，请改名或删去一个",
                f"the row {id} occurs twice: rename or remove one",
            ),
        )


def _parts_need_checks(row: Row, at: Where) -> Iterator[Fault]:
    if (row.marked_by == "checks") != bool(row.parts):
        yield (
            at,
            Text(
                f"评分项 {row.id}：marked_by: checks 的评分项要有 parts，marked_by: ta 的不能有",
                f"row {row.id}: a row marked by checks has parts, one marked by ta has none",
            ),
        )


def _only_checks_are_optional(row: Row, at: Where) -> Iterator[Fault]:
    if row.optional and row.marked_by != "checks":
        yield (
            at,
            Text(
                f"评分项 {row.id}：只有 marked_by: checks 的评分项可以写 optional: true",
                f"row {row.id}: only a row marked by checks can be optional",
            ),
        )


def _linter_is_described(row: Row, at: Where) -> Iterator[Fault]:
    if (row.marked_by == "linter") != (row.linter is not None):
        yield (
            at,
            Text(
                f"评分项 {row.id}：marked_by: linter 的评分项要有 linter，其他的不能有",
                f"row {row.id}: a row marked by the linter has linter, others have none",
            ),
        )


def _linter_fits_its_row(row: Row, at: Where) -> Iterator[Fault]:
    linter = row.linter
    # Equal bounds would divide by zero when the points are computed.
    if linter and (linter.points > row.points or linter.full >= linter.zero):
        yield (
            (*at, "linter"),
            Text(
                f"评分项 {row.id}：linter 的 points 不能超过该评分项的分值，full 要小于 zero",
                f"row {row.id}: the linter's points exceed the row's, or full is not below zero",
            ),
        )


def _checks_are_scored_once(file: RubricFile) -> Iterator[Fault]:
    """A mapping holds a key once, so a second place is in another part or another row."""
    earlier: dict[str, str] = {}
    for i, row in enumerate(file.rows):
        for name, part in row.parts.items():
            for check in part.checks:
                if check in earlier:
                    yield (
                        ("rows", i, "parts", name, "checks", check),
                        Text(
                            f"检查 {check} 已经属于 {earlier[check]}；一个检查只能计一次分",
                            f"the check {check} already belongs to {earlier[check]}; a check is "
                            "scored once",
                        ),
                    )
                earlier[check] = f"{row.id}/{name}"


def _check_is_of_its_part(name: str, check: str, here: Where) -> Iterator[Fault]:
    # A check's part is read from its id everywhere, so the id has to be right.
    if not check.startswith(f"{name}."):
        yield (
            here,
            Text(
                f"检查 {check} 不属于 {name}：它的名称应以 {name} 开头",
                f"the check {check} is not of {name}: its id would begin with {name}",
            ),
        )


def _left_out_once(part: PartPoints, k: int, here: Where) -> Iterator[Fault]:
    check = part.leave_out[k]
    if check in part.checks or check in part.leave_out[:k]:
        other = "checks" if check in part.checks else "leave_out"
        yield (
            here,
            Text(
                f"leave_out 里的检查 {check} 已经写在 {other} 里，请删去其中一处",
                f"the check {check} in leave_out is in {other} already: remove one of the two",
            ),
        )


def _checks_add_up(row: Row, name: str, part: PartPoints, here: Where) -> Iterator[Fault]:
    # Exact, because the points are fractions: three checks of 1/3 make 1.
    got = sum((*part.checks.values(), *part.groups.values()), Fraction(0))
    if part.scale:
        wanted = part.points - part.pending
        if wanted < 0 or (got > 0) != (wanted > 0):
            yield (
                here,
                Text(
                    f"{row.id}/{name} 写了 scale: true，却没有可以按比例分配的分：权重之和是 "
                    f"{show_points(got)}，points 减去 pending 是 {show_points(wanted)}，"
                    "两者都应大于 0",
                    f"{row.id}/{name} has scale: true, but nothing can be scaled: the weights add "
                    f"up to {show_points(got)}, points less pending to {show_points(wanted)}; "
                    "expected both above 0",
                ),
            )
    elif got + part.pending != part.points:
        what = Text(f"{row.id}/{name} 的检查与 pending ", f"{row.id}/{name}: checks and pending")
        wrong = _wrong_sum(what, got + part.pending, part.points)
        yield (
            here,
            Text(
                f"{wrong.zh}，或写 scale: true，按比例换算",
                f"{wrong.en}, or write scale: true, which makes them weights",
            ),
        )


def _parts_add_up(row: Row, at: Where) -> Iterator[Fault]:
    """Only an optional row may hold more points in its parts than it is worth."""
    got = sum((part.points for part in row.parts.values()), Fraction(0))
    if row.parts and (got < row.points or (got > row.points and not row.optional)):
        what = Text(f"评分项 {row.id} 的各部分", f"row {row.id}: its parts")
        yield at, _wrong_sum(what, got, row.points)


def _criteria_are_asked_for(row: Row, at: Where) -> Iterator[Fault]:
    if row.criteria and not row.pending:
        yield (
            (*at, "criteria"),
            Text(
                f"评分项 {row.id} 没有由人评的分，不能写 criteria；请删去，或写 marked_by: ta",
                f"row {row.id} has no points that a person gives, so it has no criteria: remove "
                "them, or write marked_by: ta",
            ),
        )


def _criterion_id_is_free(file: RubricFile, row: Row, j: int, here: Where) -> Iterator[Fault]:
    id = row.criteria[j].id
    # A person names a criterion, or what the machine marked and is overruled, by its id.
    taken = {c for other in file.rows for part in other.parts.values() for c in part.checks}
    taken |= {other.linter_id for other in file.rows if other.linter is not None}
    if id in taken or id in {criterion.id for criterion in row.criteria[:j]}:
        yield (
            here,
            Text(
                f"名称 {id} 已经用过，请换一个",
                f"the id {id} is in use already: choose another",
            ),
        )


def _criterion_is_of_its_row(row: Row, criterion: Criterion, here: Where) -> Iterator[Fault]:
    # So that no two rows can have criteria of one id.
    if not criterion.id.startswith(f"{row.id}."):
        yield (
            here,
            Text(
                f"{criterion.id} 的名称应以 {row.id}. 开头，如 {row.id}.{criterion.id}",
                f"the id {criterion.id} should begin with {row.id}., as in {row.id}.{criterion.id}",
            ),
        )


def _levels_fall_to_zero(criterion: Criterion, here: Where) -> Iterator[Fault]:
    """The best hand-in earns everything, one without anything earns nothing."""
    points = [level.points for level in criterion.levels]
    falls = all(higher > lower for higher, lower in zip(points, points[1:]))
    if points and not (falls and points[0] == criterion.points and not points[-1]):
        got = ", ".join(map(show_points, points))
        most = show_points(criterion.points)
        yield (
            (*here, "levels"),
            Text(
                f"{criterion.id} 各档的分值是 {got}；应从满分 {most} 逐档下降到 0",
                f"the levels of {criterion.id} are worth {got}; expected them to fall from its "
                f"{most} points down to 0",
            ),
        )


def _criteria_add_up(row: Row, at: Where) -> Iterator[Fault]:
    got = sum((criterion.points for criterion in row.criteria), Fraction(0))
    if row.criteria and row.pending and got != row.pending:
        what = Text(f"评分项 {row.id} 的 criteria ", f"row {row.id}: its criteria")
        yield (*at, "criteria"), _wrong_sum(what, got, row.pending)


def _rows_add_up(file: RubricFile) -> Iterator[Fault]:
    got = sum((row.points for row in file.rows), Fraction(0))
    if got != file.total:
        yield ("total",), _wrong_sum(Text("各评分项", "the rows"), got, file.total)


def _late_policy_is_one(file: RubricFile) -> Iterator[Fault]:
    if file.late and (file.late.deduct_per_day is None) == (file.late.multiply is None):
        yield (
            ("late",),
            Text(
                "late 里 deduct_per_day 和 multiply 要写且只写一个",
                "late has exactly one of deduct_per_day and multiply",
            ),
        )


def _wrong_sum(what: Text, got: Fraction, expected: Fraction) -> Text:
    off = show_points(abs(got - expected))
    return Text(
        f"{what.zh}的分值之和是 {show_points(got)}，应为 {show_points(expected)}，相差 {off}，"
        "请改正其中之一",
        f"{what.en} add up to {show_points(got)}, expected {show_points(expected)}, off by {off}: "
        "correct one of them",
    )
