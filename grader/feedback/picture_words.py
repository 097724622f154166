"""The words of the pictures, in both languages."""

from __future__ import annotations

from typing import Final

from kit.text import Text

YOURS = Text("你的结果", "yours")
RIGHT = Text("正确值", "right")
DRAWN = Text("你抽到的频率", "drawn by your code")
EXPECTED = Text("应有的概率", "the right probability")
SAME = Text("落在斜线上：纵横两值相同", "on the diagonal: both values are the same")
BEYOND = Text("超出图框", "beyond the frame")

NORMS = Text(
    "各时间步的梯度范数 ‖dL/dh_t‖（公开输入，对数刻度）",
    "Gradient norms ‖dL/dh_t‖ over the time steps (public input, log scale)",
)
NORM = Text("t = {t}：你的结果 {found}，正确值 {right}。", "t = {t}: yours {found}, right {right}.")

GRADIENTS = Text(
    "梯度逐个元素对照（公开输入）：横轴是正确值，纵轴是你的结果",
    "Each entry of the gradients (public input): the right value across, yours upwards",
)
DIFFERENCES = Text(
    "有限差分与你的 backward 逐个元素对照（公开输入）：横轴是你自己的损失的中心差分，"
    "纵轴是你的梯度",
    "Finite differences against your backward, entry by entry (public input): the central "
    "difference of your own loss across, your gradient upwards",
)
FORWARD_TOO = Text(
    "你的 forward 也不对，所以有限差分不是正确的梯度：这张图只比较你的 backward 与你的 forward。",
    "Your forward is wrong too, so the differences are not the right gradients: this picture only "
    "compares your backward with your forward.",
)
ALL_RIGHT = Text("{count} 个元素全部正确", "all {count} entries right")
SOME_WRONG = Text("{count} 个元素中 {wrong} 个不对", "{wrong} of {count} entries wrong")
FACTOR = Text(
    "{count} 个元素都是正确值的 {factor} 倍",
    "all {count} entries are {factor} times the right ones",
)
ZERO = Text("{count} 个元素都（几乎）是零", "all {count} entries are zero, or nearly")

LOSS = Text(
    "训练之后的留出损失（nats），在随机猜测与信源的熵之间",
    "Held-out loss after training (nats), between guessing and the entropy of the source",
)
LOSS_YOURS = Text("你的模型 {value}", "your model {value}")
LOSS_FLOOR = Text("信源的熵 {value}：不可能更低", "the source's entropy {value}: none can be lower")
LOSS_MOST = Text("学会了：不超过 {value}", "learned: at most {value}")
LOSS_GUESSING = Text("随机猜测 {value}", "guessing {value}")

FREQUENCIES: Final = {
    "temperature": Text(
        "温度 {value} 下抽样 {count} 次：各下标的频率与概率",
        "{count} draws at temperature {value}: the share of each index, and its probability",
    ),
    "top_k": Text(
        "k = {value} 时抽样 {count} 次：各下标的频率与概率",
        "{count} draws with k = {value}: the share of each index, and its probability",
    ),
}
TEMPERATURES = Text(
    "同一组公开的 logits 在各温度下抽样 {count} 次：各字符（按下标）的频率与 "
    "softmax(logits / temp)",
    "{count} draws from the same public logits at each temperature: the frequency of each "
    "character, by its index, and softmax(logits / temp)",
)
FREQUENCY_FACT = Text(
    "下标 {index} 相差最大：抽到 {found}，应有 {right}。",
    "Index {index} differs most: drawn {found}, it should be {right}.",
)
