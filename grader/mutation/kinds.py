"""The kinds of edit, each with what it says of a student's code.

The sentences say what is wrong and quote nothing: a student reads them, and the solution's text is
not for students.
"""

from __future__ import annotations

from typing import Final

from kit.text import Text

KINDS: Final[dict[str, Text]] = {
    "accumulation": Text(
        "该累加的地方直接赋值，或加减（乘除）用反",
        "a value is assigned where it should be accumulated, or accumulated with the wrong sign",
    ),
    "argument": Text("少传了一个参数", "an argument is missing"),
    "arithmetic": Text("一个运算符用错", "an operator is another one than it should be"),
    "axis": Text("求和、平均、拼接等的轴（axis）不对", "an operation goes along the wrong axis"),
    "bound": Text("循环的范围差一", "the range of a loop is off by one"),
    "call": Text("少调用了一个函数", "a function is not applied"),
    "comparison": Text(
        "一个比较的方向不对，或等号取舍不对",
        "a comparison has the wrong direction, or treats equality wrongly",
    ),
    "condition": Text(
        "一个条件写反了，或等于没有写",
        "a condition is reversed, or has no effect",
    ),
    "constant": Text("一个常数不对", "a constant is wrong"),
    "context": Text("少了一个 with 语句", "a with statement is missing"),
    "exchange": Text(
        "两个参数、两个返回值或两个变量的位置颠倒",
        "two arguments, two results or two variables are exchanged",
    ),
    "function": Text(
        "用了相近的另一个函数（如 max 与 min、sum 与 mean、tanh 与 sigmoid）",
        "a similar function is used in place of the right one (as max for min, sum for mean, tanh "
        "for sigmoid)",
    ),
    "index": Text("一个下标差一", "an index is off by one"),
    "logic": Text("and、or、not 用错", "and, or, not are confused"),
    "loop": Text("少了一个循环，或循环提前结束", "a loop is missing, or ends too early"),
    "name": Text(
        "用了同一函数里的另一个变量",
        "another variable of the same function is used in place of the right one",
    ),
    "operand": Text("少了一项或一个因子", "a term or a factor is missing"),
    "operands": Text("两个运算对象的次序颠倒", "two operands are in the opposite order"),
    "order": Text("次序颠倒", "something is gone through in the opposite order"),
    "sign": Text("少了一个负号", "a minus sign is missing"),
    "slice": Text("切片的一端或步长不对", "a bound or the step of a slice is wrong"),
    "statement": Text("少了一个语句", "a statement is missing"),
    "transpose": Text("少了一个转置", "a transpose is missing"),
}
"""Operator -> what its edit leaves a program with."""
