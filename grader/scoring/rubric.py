"""Read and validate ``rubric.yaml``: what is worth how much.

All faults of a file are reported at once, each with its line, what was found, what was expected
and what to try. Nothing is graded with a faulty rubric.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from grader.core import yaml_text
from grader.core.errors import RubricError
from grader.core.suggest import did_you_mean
from grader.core.yaml_text import Where
from kit.text import Text, os_reason

from . import rubric_rules, rubric_weights
from .rubric_schema import Criterion, HiddenInputs, Late, Level, Linter, PartPoints, Row, RubricFile


@dataclass(frozen=True, slots=True)
class Rubric:
    """A rubric without faults, made by :func:`load`."""

    title: Text
    total: Fraction
    rows: tuple[Row, ...]
    sha256: str
    late: Late | None = None
    contracts: Mapping[str, str] = field(default_factory=dict)
    """Part -> the contract that judges it, where that is not the part's first."""
    hidden_inputs: HiddenInputs = "course"
    name: str = "rubric.yaml"
    lines: Mapping[str, int] = field(default_factory=dict)
    """Part, or check that is written in the file -> its line, for messages."""

    def _scored_checks(self) -> Iterator[tuple[Row, str, str, Fraction]]:
        for row in self.rows:
            for name, part in row.parts.items():
                for check, points in part.checks.items():
                    yield row, name, check, points

    @property
    def check_ids(self) -> tuple[str, ...]:
        """Every check that is worth points, in the file's order."""
        return tuple(check for _, _, check, _ in self._scored_checks())

    @property
    def automatic(self) -> tuple[str, ...]:
        """Everything that the machine marks and a person may decide on: checks, then linters."""
        return (*self.check_ids, *(row.linter_id for row in self.rows if row.linter is not None))

    def worth(self, id: str) -> Fraction:
        """What one of :attr:`automatic` is worth; KeyError for another id."""
        for row in self.rows:
            if row.linter is not None and row.linter_id == id:
                return row.linter.points
        return self.points_of(id)

    def parts(self) -> tuple[str, ...]:
        """The parts that have checks, in the file's order."""
        return tuple(dict.fromkeys(part for _, part, _, _ in self._scored_checks()))

    @property
    def left_out(self) -> frozenset[str]:
        """The checks that are neither run nor shown."""
        return frozenset(
            check for row in self.rows for part in row.parts.values() for check in part.leave_out
        )

    @property
    def criteria(self) -> tuple[Criterion, ...]:
        """Everything that a person marks, in the file's order."""
        return tuple(criterion for row in self.rows for criterion in row.marked_by_people)

    def criterion(self, id: str) -> Criterion:
        """The criterion of this id; KeyError for one that is not in the rubric."""
        for criterion in self.criteria:
            if criterion.id == id:
                return criterion
        raise KeyError(id)

    def points_of(self, check_id: str) -> Fraction:
        """What a check is worth; KeyError for one that is not in the rubric."""
        return self._find(check_id)[3]

    def row_of(self, check_id: str) -> str:
        """The id of the row that a check belongs to; KeyError as above."""
        return self._find(check_id)[0].id

    def part_of(self, check_id: str) -> str:
        """The part that a check belongs to; KeyError as above."""
        return self._find(check_id)[1]

    def _find(self, check_id: str) -> tuple[Row, str, str, Fraction]:
        # Not indexed: a rubric has at most some hundred checks.
        for found in self._scored_checks():
            if found[2] == check_id:
                return found
        raise KeyError(check_id)


def load(path: Path) -> Rubric:
    """The rubric in `path`; RubricError names every fault of the file."""
    return parse(read(path), path.name)


def read(path: Path) -> bytes:
    """The file as it is; RubricError where it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(yaml_text.MAX_BYTES + 1)  # one more is refused by its size
    except OSError as error:
        raise RubricError(
            Text(
                f"无法读取评分标准 {path}：{os_reason(error).zh}。"
                "请用 RUBRIC= 或 --rubric 给出它的路径。",
                f"Cannot read the rubric {path}: {os_reason(error).en}. "
                "Give its path with RUBRIC= or --rubric.",
            )
        ) from error


def parse(data: bytes, name: str = "rubric.yaml") -> Rubric:
    """The rubric in the content `data` of the file `name`; RubricError names every fault."""
    # Read as exact text: as a float, 0.1 would not be a tenth.
    try:
        tree, lines = yaml_text.read(data)
    except yaml_text.TooLargeError as error:
        raise RubricError(Text(f"{name} 太大：", f"{name} is too large:") + error.text) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        remedy = Text("请检查那一行的缩进和冒号。", "Check that line's indentation and colons.")
        if _indented_by_tab(data, error):
            remedy = Text("那里有制表符：请用空格缩进。", "There is a tab: indent with spaces.")
        raise RubricError(
            Text(f"{name} 不是合法的 YAML：{error}。", f"{name} is not valid YAML: {error}.")
            + remedy
        ) from error
    try:
        file = RubricFile.model_validate(tree)
    except ValidationError as error:
        # Without Pydantic's own error, which speaks of types and only in English.
        raise _error(name, lines, list(_translate(error, tree))) from None
    # Last, because these rules compare values that must be valid one by one.
    if faults := list(rubric_rules.faults(file)):
        raise _error(name, lines, faults)
    return Rubric(
        title=file.title,
        total=file.total,
        rows=tuple(map(rubric_weights.resolved, file.rows)),
        sha256=hashlib.sha256(data).hexdigest(),
        late=file.late,
        contracts=file.contracts,
        hidden_inputs=file.hidden_inputs,
        name=name,
        lines=_lines_of(file, lines),
    )


def _indented_by_tab(data: bytes, error: Exception) -> bool:
    """Whether the line where the reading stopped begins with a tab."""
    mark = getattr(error, "problem_mark", None)
    lines = data.splitlines()
    if mark is None or mark.line >= len(lines):
        return False
    line = lines[mark.line]
    return b"\t" in line[: len(line) - len(line.lstrip())]


def _lines_of(file: RubricFile, lines: Mapping[Where, int]) -> dict[str, int]:
    found: dict[str, int] = {}
    for i, row in enumerate(file.rows):
        for name, part in row.parts.items():
            here: Where = ("rows", i, "parts", name)
            found[name] = lines[here]
            found |= {check: lines[(*here, "checks", check)] for check in part.checks}
            left = enumerate(part.leave_out)
            found |= {check: lines[(*here, "leave_out", k)] for k, check in left}
    return found


def validate_checks(rubric: Rubric, suite_ids: Iterable[str]) -> None:
    """Raise RubricError unless the rubric and the suites name the same checks.

    `suite_ids` are the checks that may earn points: advice is not among them.
    """
    suites = set(suite_ids)
    known = set(rubric.check_ids) | rubric.left_out
    faults: list[tuple[Where, Text]] = []
    # Points of a check that does not exist would be lost by everyone.
    for check in sorted(known - suites):
        otherwise = Text("请从评分标准中删去它", "Remove it from the rubric")
        # A check that has points already cannot be the one that was meant.
        hint = did_you_mean(check, sorted(suites - known), otherwise)
        faults.append(
            (
                (check,),
                Text(
                    f"评分标准里的检查 {check} 不在任何测试中。{hint.zh}",
                    f"the rubric's check {check} is in no suite. {hint.en}",
                ),
            )
        )
    faults += [
        (
            (check.partition(".")[0],),
            Text(
                f"检查 {check} 没有分值；请在 checks 里写上它的分值（0 表示显示但不计分），"
                "或写进 leave_out",
                f"the check {check} has no points. Give it points below checks (0: shown, not "
                "counted), or list it below leave_out",
            ),
        )
        for check in sorted(suites - known)
    ]
    if faults:
        raise _error(rubric.name, {(id,): line for id, line in rubric.lines.items()}, faults)


def _translate(error: ValidationError, tree: Any) -> Iterator[tuple[Where, Text]]:
    """Pydantic's errors as sentences in both languages."""
    for fault in error.errors():
        # Pydantic adds this step where the key itself is at fault.
        where = tuple(step for step in fault["loc"] if step != "[key]")
        kind, ctx = fault["type"], fault.get("ctx", {})
        if kind == "rubric":
            yield where, Text(ctx["zh"], ctx["en"])
        elif kind == "extra_forbidden":
            yield where, _unknown_key(str(where[-1]), _keys_at(where[:-1]))
        elif kind == "missing":
            yield (
                # A key that is not there has no line; its mapping has one.
                where[:-1],
                Text(f"缺少 {where[-1]}，请补上", f"{where[-1]} is missing: add it"),
            )
        elif kind == "literal_error":
            yield (
                where,
                Text(
                    f"写的是 {fault['input']!r}，应为 {ctx['expected']}",
                    f"got {fault['input']!r}, expected {ctx['expected']}",
                ),
            )
        else:
            # Only a wrong container: each scalar has a validator with its own sentences.
            got = type(fault["input"]).__name__
            wanted = {"list_type": Text("一个列表", "a list")}.get(
                kind, Text("一组“键: 值”", "a mapping of keys to values")
            )
            yield (
                where,
                Text(f"应为{wanted.zh}，实际是 {got}", f"expected {wanted.en}, got {got}"),
            )


def _keys_at(where: Where) -> list[str]:
    """The keys that a mapping at this place may have."""
    model: type[BaseModel] = RubricFile
    if where[:1] == ("late",):
        model = Late
    elif "parts" in where:  # asked before the rows: the way to a part leads through a row
        model = PartPoints
    elif "levels" in where:
        model = Level
    elif "criteria" in where:
        model = Criterion
    elif "linter" in where:
        model = Linter
    elif "rows" in where:
        model = Row
    return list(model.model_fields)


def _unknown_key(key: str, known: list[str]) -> Text:
    all_known = Text(f"这里可用：{'、'.join(known)}", f"Known here: {', '.join(known)}")
    hint = did_you_mean(key, known, all_known)
    return Text(f"不认识的键 {key}。{hint.zh}", f"unknown key {key}. {hint.en}")


def _error(name: str, lines: Mapping[Where, int], faults: list[tuple[Where, Text]]) -> RubricError:
    """One error for all faults, in the order of their lines."""
    placed = []
    for where, text in faults:
        known = where
        # A missing value has no line: the nearest mapping around it is named.
        while known not in lines and known:
            known = known[:-1]
        placed.append((lines.get(known, 1), text))
    # Stable, so faults of one line keep the order of the rules.
    placed.sort(key=lambda fault: fault[0])
    return RubricError(
        Text(
            "\n".join(f"{name} 第 {line} 行：{_stop(text.zh, '。')}" for line, text in placed),
            "\n".join(f"{name}, line {line}: {_stop(text.en, '.')}" for line, text in placed),
        )
    )


def _stop(sentence: str, stop: str) -> str:
    """A sentence with its full stop, unless it is a question."""
    return sentence if sentence.endswith(("?", "？")) else sentence + stop
