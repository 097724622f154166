"""What goes wrong in a training by its logs, with the usual remedy. It is advice, no mark."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from grader.core.model import GradeReport
from kit.text import Text

from .clean import clean_line

# The remedies are those of the table in starter/README.md; what to try first comes first.
_WORDS: Final = {
    "nan": (
        Text("训练日志里损失变成 NaN 或无穷大", "the loss in the training log is NaN or infinite"),
        Text(
            "梯度爆炸：调低裁剪阈值（--clip）或学习率（--lr）；调高阈值只会更糟。",
            "gradients explode: lower the clip threshold (--clip) or the learning rate (--lr); "
            "raising the threshold makes it worse.",
        ),
    ),
    "stays": (
        Text("训练日志里损失几乎不下降", "the loss in the training log hardly falls"),
        Text(
            "权重没有更新，或学习太慢：检查梯度是否累加、是否被裁得过小；先在小模型上运行 "
            "gradient_check，再把学习率调高到三倍。",
            "the weights do not change, or the model learns too slowly: check that gradients are "
            "accumulated and not clipped to nearly nothing; run gradient_check on a small model, "
            "then try three times the learning rate.",
        ),
    ),
    "oscillates": (
        Text("训练日志里损失上下振荡", "the loss in the training log oscillates"),
        Text(
            "学习率太大，或批量太小：把 --lr 减到三分之一，或加大 --batch。",
            "the learning rate is too high, or batches are too small: try a third of --lr, or a "
            "larger --batch.",
        ),
    ),
    "slow": (
        Text("训练太慢", "the training is too slow"),
        Text(
            "逐个字符的 Python 循环、每生成一个字符就重读全文，或小模型开了太多线程：一次处理整个 "
            "(B, …) 数组，把状态传下去，并设 OMP_NUM_THREADS=1。",
            "a Python loop over characters, the whole text read again for each new character, or "
            "many threads on a tiny model: work on (B, ...) at once, carry the state, and set "
            "OMP_NUM_THREADS=1.",
        ),
    ),
    "same_character": (
        Text("生成的文本一直是同一个字符", "a sample is the same character over and over"),
        Text(
            "每次都取了最大的 logit，或温度接近 0：请按概率抽取，并检查取的是不是最后一行。",
            "the most likely character is taken each time, or the temperature is near 0: draw from "
            "the probabilities, and check that you take the last row.",
        ),
    ),
    "repeats": (
        Text("生成的文本不断重复同一段文字", "a sample repeats one phrase again and again"),
        Text(
            "取了最大的 logit 而没有抽样，或温度太低：请按概率抽取，把温度调到 0.7 以上。",
            "the most likely character is taken instead of a draw, or the temperature is too low: "
            "draw from the probabilities, at a temperature of 0.7 or more.",
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class SymptomView:
    """One symptom: what is seen, where, and what helps."""

    seen: Text
    log: str
    text: str
    remedy: Text


def of_logs(report: GradeReport) -> tuple[SymptomView, ...]:
    """The symptoms that the logs of a hand-in show, or its report tells of."""
    if report.evidence is None:
        return ()
    found = report.evidence.report
    symptoms, path = report.evidence.symptoms, ""
    if found is not None and found.reading is not None:
        symptoms, path = found.reading.symptoms, found.path.rsplit("/", 1)[-1]
    # A later version may know more kinds.
    known = [one for one in symptoms if one.kind in _WORDS]
    return tuple(
        SymptomView(seen, clean_line(one.log or path), clean_line(one.text), remedy)
        for one, (seen, remedy) in ((one, _WORDS[one.kind]) for one in known)
    )
