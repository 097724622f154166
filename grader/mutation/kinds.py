"""The kinds of edit, each with what it says of a student's code.

The sentences say what is wrong and quote nothing: a student reads them, and the solution's text is
not for students.
"""

from __future__ import annotations

from typing import Final

from kit.text import Text

KINDS: Final[dict[str, Text]] = {
    "accumulation": Text(
        "该累加的地方直接赋值，该赋值的地方累加，或加减（乘除）用反",
        "a value is assigned where it should be accumulated, accumulated where it should be "
        "assigned, or accumulated with the wrong sign",
    ),
    "applied": Text(
        "多做了一次变换（如 tanh、ReLU、softmax、平方、绝对值）",
        "a function is applied where none belongs (as tanh, ReLU, softmax, a square, abs)",
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
    "complement": Text("z 与 1 - z 用反", "a weight and its complement (z and 1 - z) are confused"),
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
    "fixed": Text(
        "用了固定的数，没有用参数",
        "a fixed number is used in place of a parameter",
    ),
    "function": Text(
        "用了相近的另一个函数（如 max 与 min、sum 与 mean、tanh 与 sigmoid）",
        "a similar function is used in place of the right one (as max for min, sum for mean, tanh "
        "for sigmoid)",
    ),
    "index": Text(
        "一个下标差一，或总是取第一个（最后一个）",
        "an index is off by one, or always takes the first or the last",
    ),
    "kept": Text(
        "一个返回值没有接住，之后用的还是旧值",
        "a returned value is not kept, and the old value is used afterwards",
    ),
    "logic": Text("and、or、not 用错", "and, or, not are confused"),
    "lookup": Text(
        "少了一次查表（如由词元查下标）",
        "a table look-up is missing (such as the index of a token)",
    ),
    "loop": Text(
        "少了一个循环，或循环提前结束、漏了首轮或末轮，或有一步只在某一轮里做",
        "a loop is missing, ends too early or leaves out its first or last round, or a step "
        "is done in one round only",
    ),
    "name": Text(
        "用了同一函数里的另一个变量",
        "another variable of the same function is used in place of the right one",
    ),
    "one": Text("一个数差一", "a number is off by one"),
    "operand": Text("少了一项或一个因子", "a term or a factor is missing"),
    "operands": Text("两个运算对象的次序颠倒", "two operands are in the opposite order"),
    "order": Text("次序颠倒", "something is gone through in the opposite order"),
    "place": Text(
        "一个语句的位置不对：与相邻语句的先后颠倒，或放错了循环的里外",
        "a statement is in the wrong place: before or after its neighbour, or in or out of a loop",
    ),
    "repeated": Text("一个语句做了两次", "a statement is done twice"),
    "scale": Text(
        "多乘或多除了一个数（如批量大小、步数、某一维大小的平方根、2）",
        "a value is multiplied or divided by a number once too often (such as the batch size, the "
        "number of steps, the square root of a size, or 2)",
    ),
    "scope": Text(
        "函数或括号的作用范围不对",
        "a function or a pair of parentheses encloses too much or too little",
    ),
    "seed": Text(
        "每次调用都重新设定同一个随机种子，抽样不再随机",
        "the same random seed is set in every call, so the draws are no longer random",
    ),
    "setting": Text(
        "某一层的设置不对（如 bias）",
        "a layer has a wrong setting (such as bias)",
    ),
    "shared": Text(
        "沿某个轴共用了同一个随机数或同一个数，本该各自不同",
        "the entries along an axis share one draw or one number, where each should have its own",
    ),
    "sign": Text("一个正负号不对", "a sign is wrong"),
    "slice": Text("切片的一端或步长不对", "a bound or the step of a slice is wrong"),
    "statement": Text("少了一个语句", "a statement is missing"),
    "terms": Text(
        "求和时漏了首项或末项，只取了一项，或两个因子错开了一步",
        "a sum lacks its first or last term, keeps only one, or its factors are a step apart",
    ),
    "transpose": Text("少了一个转置", "a transpose is missing"),
    "turned": Text(
        "轴被多交换或颠倒了一次，或用 reshape 代替了换轴",
        "axes are exchanged or turned round once too often, or reshaped in place of exchanged",
    ),
}
"""Operator -> what its edit leaves a program with."""
