"""What the sheets say, in both languages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from kit.text import Text

from .bench import OTHERWISE, SAME
from .courses import Change, Changed

STUDENT: Final = Text("关于你的代码的问题", "Questions about your code")
STAFF: Final = Text("口头提问：答案（仅供教师）", "Oral questions: answers (staff only)")
NO_MARK: Final = Text(
    "这些问题只用来谈谈这份代码，本身不评分。答案由运行这份代码得出。",
    "These questions are for a talk about the code and are no mark by themselves. Their answers "
    "were computed by running it.",
)
NONE: Final = Text(
    "没有问题：提交中答对的函数太少，或者不适合提问。",
    "No questions: too few functions of the hand-in are right, or none is fit to be asked about.",
)
INPUTS: Final = Text("公开输入（形状）：", "Public inputs (shapes): ")
LINE: Final = Text("第 {} 行", "line {}")
CELL: Final = Text("第 {} 个单元格", "cell {}")
ANSWER: Final = Text("答案", "Answer")
TOLD: Final = Text(
    "难度：本班其他 {others} 份作业的页面中，{count} 份会透露答案（问了同样的题，"
    "或解释了这个函数里的错误）。越少越难。",
    "Difficulty: {count} of the class's other pages, {others} in all, give the answer away (the "
    "same question, or a mistake explained in this function). The fewer, the harder.",
)


def edit(before: str, after: str, names: Sequence[str]) -> Text:
    """The question of an edit."""
    of = ", ".join(names)
    if after == "pass":
        return Text(
            f"如果去掉语句 {before}，下列结果中哪些会改变：{of}？",
            f"If the statement {before} were left out, which of these results would change: {of}?",
        )
    return Text(
        f"如果把 {before} 改成 {after}，下列结果中哪些会改变：{of}？",
        f"If {before} were {after}, which of these results would change: {of}?",
    )


def edited_line(line: str, names: Sequence[str]) -> Text:
    """The same where the edited piece occurs in its line more than once."""
    of = ", ".join(names)
    return Text(
        f"如果把这一行改成“{line}”，下列结果中哪些会改变：{of}？",
        f'If this line were "{line}", which of these results would change: {of}?',
    )


def entries(names: Sequence[str]) -> Text:
    """An option of such a question."""
    if not names:
        return Text("都不改变", "none of them")
    return Text("、".join(names), ", ".join(names))


def shape(variable: str) -> Text:
    """The question of a shape."""
    return Text(
        f"这一行第一次执行之后，{variable} 的形状是什么？",
        f"What is the shape of {variable} after this line has run for the first time?",
    )


def size(shape: tuple[int, ...]) -> str:
    """A shape as Python writes it."""
    return str(tuple(int(n) for n in shape))


def a_shape(shape: tuple[int, ...]) -> Text:
    """An option of such a question."""
    return Text(size(shape), size(shape))


def scale(function: str, argument: str, factor: float, entry: str) -> Text:
    """The question of an input that is scaled."""
    by = _SCALED[factor]
    return Text(
        f"调用 {function}：如果输入 {argument} {by.zh}，其他输入不变，结果 {entry} 会怎样？",
        f"{function} is called: if the input {argument} were {by.en} and the other inputs stayed, "
        f"what would become of the result {entry}?",
    )


_SCALED: Final = {0.5: Text("整个减半", "halved"), 2.0: Text("整个加倍", "doubled")}
FACTORS: Final = tuple(_SCALED)


def course(function: str, norm: Text, falls: bool, argument: str, factor: float) -> Text:
    """The question of how a norm goes over t."""
    by, way = _SCALED[factor], _WAYS[falls]
    return Text(
        f"调用 {function}：从 t = T 往回到 t = 1，{norm.zh}每一步都{way.zh}。如果输入 {argument} "
        f"{by.zh}，其他输入不变，这个范数随 t 的变化会怎样？",
        f"{function} is called: from t = T back to t = 1, {norm.en} {way.en} at every step. If the "
        f"input {argument} were {by.en} and the other inputs stayed, how would that norm change "
        f"with t?",
    )


_WAYS: Final = {True: Text("减小", "falls"), False: Text("增大", "rises")}


def a_change(changed: Changed, falls: bool) -> Text:
    """An option of such a question."""
    way, other = _WAYS[falls], _WAYS[not falls]
    match changed.change:
        case Change.SAME:
            return Text("每个 t 处都和现在一样", "it stays as it is at every t")
        case Change.FACTOR:
            return Text(
                f"每个 t 处都乘以 {changed.factor:g}，{way.zh}得一样快",
                f"it is multiplied by {changed.factor:g} at every t, and {way.en} just as fast",
            )
        case Change.STEEPER:
            return Text(
                f"往回{way.zh}得更快",
                f"it {way.en} faster on the way back",
            )
        case Change.FLATTER:
            return Text(
                f"往回仍然{way.zh}，但更慢",
                f"it still {way.en} on the way back, but more slowly",
            )
        case Change.TURNED:
            return Text(f"往回反而{other.zh}", f"it {other.en} on the way back instead")


NOW: Final = Text("现在", "now")
THEN: Final = Text("改后", "then")


def number(value: float) -> str:
    """A norm in a table."""
    return f"{value:.3g}"


def relation(name: str) -> Text:
    """An option of such a question."""
    if name == SAME:
        return Text("不变", "it stays the same")
    if name == OTHERWISE:
        return Text("改变，但不是整体乘以一个数", "it changes, but not by one factor")
    return Text(f"整个乘以 {name}", f"all of it is multiplied by {name}")
