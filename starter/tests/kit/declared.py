"""What a probe declares of its answer, and the validation against it before a check sees it.

Each part declares its probes in ``parts/<part>/answers.py``. A declaration says which form of data
a check can work with, not which values are right. An entry that does not fit is left out of the
answer. The check fails, with a sentence of its own, when it reads that entry: a check that does not
need it is not lost.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .compare import describe, shape_of
from .outcomes import Failed
from .text import Text


@dataclass(frozen=True)
class Misfit:
    """Where an answer does not fit its declaration: what was expected there, and what to try."""

    where: str
    got: Any
    expected: Text
    hint: Text

    def text(self) -> Text:
        """The sentence for the student."""
        return Text(
            f"{self.where} 应是{self.expected.zh}，实际是 {describe(self.got, 'zh')}；"
            f"{self.hint.zh}",
            f"{self.where} should be {self.expected.en}, got {describe(self.got)}; {self.hint.en}",
        )


class Form:
    """One form of data; `misfit` is None where a value has it."""

    def misfit(self, where: str, value: Any) -> Misfit | None:
        """Where `value`, found at `where`, does not have this form."""
        raise NotImplementedError


@dataclass(frozen=True)
class AnyForm(Form):
    """The check reads it in several forms and has its own sentence for each of the others."""

    def misfit(self, where: str, value: Any) -> Misfit | None:
        """None."""
        return None


@dataclass(frozen=True)
class Number(Form):
    """A real number; an array of one entry counts as one."""

    def misfit(self, where: str, value: Any) -> Misfit | None:
        """As :meth:`Form.misfit`."""
        if isinstance(value, np.ndarray) and value.size == 1 and value.dtype.kind in "iuf":
            return None
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return None
        return Misfit(
            where,
            value,
            Text("一个数", "a number"),
            Text("可用 float(...) 或 .item() 取出这个数", "float(...) or .item() make one of it"),
        )


@dataclass(frozen=True)
class Flag(Form):
    """True or False; an array of one truth value counts as one."""

    def misfit(self, where: str, value: Any) -> Misfit | None:
        """As :meth:`Form.misfit`."""
        one = isinstance(value, np.ndarray) and value.size == 1 and value.dtype.kind == "b"
        if one or isinstance(value, bool):
            return None
        return Misfit(
            where,
            value,
            Text("真值 True 或 False", "True or False"),
            Text("比较的结果可用 bool(...) 转换", "bool(...) makes one of a comparison"),
        )


@dataclass(frozen=True)
class Words(Form):
    """A string."""

    def misfit(self, where: str, value: Any) -> Misfit | None:
        """As :meth:`Form.misfit`."""
        if isinstance(value, str):
            return None
        return Misfit(
            where,
            value,
            Text("字符串 str", "a str"),
            Text(
                "请返回字符本身；一串字符可用 ''.join(...) 连接",
                "return the characters themselves; ''.join(...) joins several",
            ),
        )


@dataclass(frozen=True)
class Values(Form):
    """An array of numbers, or lists of numbers that make one; with `ndim` axes, if given."""

    ndim: int | None = None
    kinds: str = "biufc"

    def misfit(self, where: str, value: Any) -> Misfit | None:
        """As :meth:`Form.misfit`."""
        shape = shape_of(value, self.kinds)
        if shape is not None and self.ndim in (None, len(shape)):
            return None
        axes = Text("", "") if self.ndim is None else _axes(self.ndim)
        kind = _KINDS[self.kinds]
        return Misfit(
            where,
            value,
            Text(f"{axes.zh}{kind.zh}数组", f"an array of {kind.en}{axes.en}"),
            Text(
                "各行要一样长，元素只能是数，不能是字符串或 None",
                "its rows must have one length, its entries be numbers: no strings, no None",
            ),
        )


_KINDS = {"biufc": Text("数值", "numbers"), "iu": Text("整数", "integers")}


def _axes(ndim: int) -> Text:
    return Text(f" {ndim} 维", f" with {ndim} {'axis' if ndim == 1 else 'axes'}")


@dataclass(frozen=True)
class Several(Form):
    """A list or a tuple whose items all have one form; at least `least` of them."""

    item: Form
    least: int = 0

    def misfit(self, where: str, value: Any) -> Misfit | None:
        """As :meth:`Form.misfit`."""
        if not isinstance(value, (list, tuple)) or len(value) < self.least:
            return Misfit(
                where,
                value,
                Text("列表 list", "a list"),
                Text("请把各项放进一个列表返回", "return the items in one list"),
            )
        found = (self.item.misfit(f"{where}[{i}]", v) for i, v in enumerate(value))
        return next((m for m in found if m is not None), None)


@dataclass(frozen=True)
class ByName(Form):
    """A dict whose keys are strings, or integers if `numbered`; its values have one form."""

    item: Form
    numbered: bool = False

    def misfit(self, where: str, value: Any) -> Misfit | None:
        """As :meth:`Form.misfit`."""
        kind = (int, np.integer) if self.numbered else str
        if not isinstance(value, dict) or not all(isinstance(key, kind) for key in value):
            keys = Text("整数", "integers") if self.numbered else Text("字符串", "strings")
            return Misfit(
                where,
                value,
                Text(f"键为{keys.zh}的字典 dict", f"a dict whose keys are {keys.en}"),
                Text("请检查它的键", "look at its keys"),
            )
        found = (self.item.misfit(f"{where}[{_key(key)}]", v) for key, v in value.items())
        return next((m for m in found if m is not None), None)


def _key(key: Any) -> str:
    """A key as a message may show it: a worker can send one of any size."""
    return repr(key[:40]) if isinstance(key, str) else describe(key)


@dataclass(frozen=True)
class Record(Form):
    """A dict with an entry for each of these names; one may be absent, checks ask for it."""

    entries: Mapping[str, Form]

    def misfit(self, where: str, value: Any) -> Misfit | None:
        """As :meth:`Form.misfit`; an inner record is as good as all its entries."""
        if not isinstance(value, dict):
            return Misfit(
                where,
                value,
                Text("字典 dict", "a dict"),
                Text("请检查返回值的格式", "check the form of what is returned"),
            )
        found = (f.misfit(name, value[name]) for name, f in self.entries.items() if name in value)
        return next((m for m in found if m is not None), None)


class Validated(dict[str, Any]):
    """The entries of an answer that fit; to read another one is a failed check."""

    def __init__(self, answer: Mapping[Any, Any], declared: Record) -> None:
        super().__init__()
        self.misfits: dict[str, Misfit] = {}
        for name, value in answer.items():
            form = declared.entries.get(name)
            misfit = None if form is None else form.misfit(name, value)
            if misfit is not None:
                self.misfits[name] = misfit
            elif form is not None:
                self[name] = value

    def __missing__(self, name: str) -> Any:
        misfit = self.misfits.get(name)
        if misfit is not None:
            raise Failed(misfit.text())
        raise Failed(
            Text(
                f"你的代码没有返回可用的 {name}：请检查返回值的格式",
                f"your code returned no usable {name}: check the form of what it returns",
            )
        )


def validated(part: str, probe: str, answer: Any) -> Validated:
    """The answer of `probe` as a check may see it.

    Raises:
        Failed: it is no answer by name at all, which no probe of ours gives.
    """
    declared: Record = importlib.import_module(f"parts.{part}.answers").ANSWERS[probe]
    misfit = declared.misfit(probe, answer) if not isinstance(answer, dict) else None
    if misfit is not None:
        raise Failed(misfit.text())
    return Validated(answer, declared)
