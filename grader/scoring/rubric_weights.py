"""Points of checks that the file gives as weights: by group, or scaled to the points of the part.

The file may name a group of checks by what their ids begin with, and any numbers in place of
points. What grading reads has a number of points for each check, exactly as if each were written.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from grader.core.suggest import did_you_mean
from grader.core.yaml_text import Where
from grader.parts.checks import checks_of
from kit.text import Text, joined

from .rubric_schema import PartPoints, Row

Fault = tuple[Where, Text]


def resolved(row: Row) -> Row:
    """`row` with the points of each check, in the order in which the checks are run."""
    parts = {name: _resolved(name, part) for name, part in row.parts.items()}
    return row.model_copy(update={"parts": parts})


def group_faults(name: str, part: PartPoints, here: Where) -> Iterator[Fault]:
    """What is wrong with the groups of a part: each has checks, and each check has a place."""
    if not part.groups:
        return
    members = _members(name, part)
    for group in part.groups:
        if members[group]:
            continue
        known = sorted({id.split(".")[1] for id in _scored(name)})
        otherwise = Text(f"可用：{'、'.join(known)}", f"Known: {', '.join(known)}")
        hint = did_you_mean(group, known, otherwise)
        if any(_belongs(id, name, group) for id in _scored(name)):
            hint = Text(
                "它的检查都已写在 checks、leave_out 或更细的分组里，请删去这个分组",
                "all its checks are in checks, leave_out or a finer group: remove this one",
            )
        yield (
            (*here, "groups", group),
            Text(
                f"{name} 的分组 {group} 里没有检查。{hint.zh}",
                f"the group {group} of {name} has no checks. {hint.en}",
            ),
        )
    placed = {id for ids in members.values() for id in ids} | {*part.checks, *part.leave_out}
    lost = [id for id in _scored(name) if id not in placed]
    if lost:
        names = joined(lost)
        yield (
            (*here, "groups"),
            Text(
                f"{names.zh} 不在任何分组里，请在 groups 里补上它们的分组（如 "
                f"{lost[0].split('.')[1]}），或把它们写进 checks 或 leave_out",
                f"in no group: {names.en}. Add their groups (such as {lost[0].split('.')[1]}), or "
                "list them below checks or leave_out",
            ),
        )


def _resolved(name: str, part: PartPoints) -> PartPoints:
    weights = dict(part.checks)
    for group, ids in _members(name, part).items():
        weights |= dict.fromkeys(ids, part.groups[group] / len(ids))
    if part.scale:
        factor = (part.points - part.pending) / sum(weights.values(), Fraction(0))
        weights = {id: weight * factor for id, weight in weights.items()}
    if part.groups:
        order = {id: i for i, id in enumerate(_scored(name))}
        weights = {id: weights[id] for id in sorted(weights, key=lambda i: order.get(i, -1))}
    return part.model_copy(update={"checks": weights, "groups": {}, "scale": False})


def _members(name: str, part: PartPoints) -> dict[str, list[str]]:
    """Group -> the checks that share its points; a check is in the finest group that holds it."""
    members: dict[str, list[str]] = {group: [] for group in part.groups}
    if not members:
        return members
    for id in _scored(name):
        if id in part.checks or id in part.leave_out:
            continue
        holding = [group for group in part.groups if _belongs(id, name, group)]
        if holding:
            members[max(holding, key=len)].append(id)
    return members


def _belongs(id: str, name: str, group: str) -> bool:
    return f"{id}.".startswith(f"{name}.{group}.")


def _scored(name: str) -> list[str]:
    """The checks of a part that may earn points, in the order of its suites."""
    return [check.id for check in checks_of((name,)) if not check.advice]
