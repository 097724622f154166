"""The words of the feedback that do not depend on a submission, in both languages."""

from __future__ import annotations

from typing import Final

from grader.core.model import Outcome, Status
from kit.text import Text

OUTCOMES: Final[dict[Outcome, Text]] = {
    Outcome.PASSED: Text("通过", "passed"),
    Outcome.PARTIAL: Text("部分通过", "partly"),
    Outcome.FAILED: Text("未通过", "failed"),
    Outcome.CRASHED: Text("崩溃", "crashed"),
    Outcome.TIMED_OUT: Text("超时", "timed out"),
    Outcome.OUT_OF_MEMORY: Text("内存超限", "out of memory"),
    Outcome.OVER_LIMIT: Text("超出限额", "over a limit"),
    Outcome.MISSING: Text("缺失", "missing"),
    Outcome.NOT_ATTEMPTED: Text("未作答", "not attempted"),
    Outcome.BLOCKED: Text("前置未通过", "blocked"),
    Outcome.SKIPPED: Text("跳过", "skipped"),
    Outcome.GRADER_ERROR: Text("评分器故障", "grader fault"),
}

EXPLANATIONS: Final[dict[Outcome, Text]] = {
    Outcome.PASSED: Text("", ""),
    Outcome.PARTIAL: Text(
        "只有一部分正确，按正确的部分计分。", "Right in part only; that part counts."
    ),
    Outcome.FAILED: Text("结果不正确。", "The result is not right."),
    Outcome.CRASHED: Text(
        "运行你代码的进程意外结束。请看它的输出，并检查是否调用了 exit 或递归过深。",
        "The process that ran your code ended unexpectedly. See what it printed, and look for exit "
        "or a recursion that is too deep.",
    ),
    Outcome.TIMED_OUT: Text(
        "超过了时间限制。请检查是否有死循环或过慢的写法。",
        "It took longer than the limit. Look for an endless loop or a very slow one.",
    ),
    Outcome.OUT_OF_MEMORY: Text(
        "超过了内存限制。请检查是否有不断增长的列表或过大的数组。",
        "It needed more memory than the limit. Look for a list that only grows or an array that "
        "is too large.",
    ),
    Outcome.OVER_LIMIT: Text(
        "写的文件、打开的文件、线程或返回的数据超过了限额。",
        "It went beyond a limit: what it wrote, files held open, threads or the size of the "
        "answer.",
    ),
    Outcome.MISSING: Text(
        "没有找到这项检查需要的名称。请确认提交中有这个文件，并且名称与讲义一致。",
        "The name that this check needs was not found. Make sure that its file is in the "
        "submission "
        "and that the name is that of the handout.",
    ),
    Outcome.NOT_ATTEMPTED: Text(
        "这里还是模板原样：把 NotImplementedError 换成你的代码。",
        "This is still the starter's own line: replace NotImplementedError by your code.",
    ),
    Outcome.BLOCKED: Text(
        "未运行：它依赖的另一项检查没有通过，先改好那一项。",
        "Not run: another check that this one needs did not pass. Fix that one first.",
    ),
    Outcome.SKIPPED: Text(
        "在这台机器上不适用，不影响成绩。", "It does not apply on this machine and costs nothing."
    ),
    Outcome.GRADER_ERROR: Text(
        "这是评分器故障，不是你的错，不会因此扣分。请告知助教。",
        "This is a fault of the grader, not yours, and costs nothing. Please tell your teaching "
        "assistant.",
    ),
}
"""Shown where a check has no message of its own: every lost point has its reason."""

STATUSES: Final[dict[Status, Text]] = {
    Status.GRADED: Text("已评分", "graded"),
    Status.NOT_GRADABLE: Text("没有成绩：提交无法打开", "not gradable: nothing could be opened"),
    Status.GRADER_ERROR: Text(
        "成绩未定：评分器故障，修复后将重新评分",
        "not final: the grader had a fault and will grade again once it is fixed",
    ),
    Status.MISSING: Text("未提交", "missing"),
}

DECIDED = Text("提交无法打开，由教师评分", "nothing could be opened; decided by the staff")
"""Read by students and by the staff."""

NO_MARK = Text(
    "没有成绩：提交无法打开。由教师决定如何处理，请与助教联系。",
    "No mark: nothing could be opened. Your teachers decide what happens now; please ask them.",
)
NO_MARK_STAFF = Text(
    "没有成绩：提交无法打开。请人工评完各项，或请学生重交。",
    "No mark: nothing could be opened. Mark every criterion by hand, or ask for it again.",
)
EARNED = Text("得分", "earned")
PENDING = Text("待评", "pending")
POSSIBLE = Text("满分", "possible")
TOTAL = Text("合计", "total")
ROW = Text("评分项", "row")
OUTCOME = Text("结果", "outcome")
CHECK = Text("检查", "check")
NOT_COUNTED = Text("不计分", "not counted")
ADVICE = Text("建议（不计分）", "advice (worth no points)")
NOTICES = Text("提交说明", "About the submission")
HINT = Text("可能的原因", "likely cause")
CLUE = Text("线索", "clue")
LINES = Text("{path} 第 {lines} 行", "{path}, {word} {lines}")
CELL_LINES = Text("{path} 第 {cell} 个单元格第 {lines} 行", "{path}, cell {cell}, {word} {lines}")
HIDDEN = Text("隐藏检查", "hidden check")
WAITING = Text(
    "已评部分满分 {marked} 分，你得 {earned} 分；另有 {pending} 分待评，不算失分。",
    "You have {earned} of the {marked} points marked so far. Another {pending} are still to be "
    "marked and "
    "are not lost.",
)
CAUSES = Text("先改什么", "What to fix first")
CHECKS = Text("{count} 项检查，失 {points} 分", "{count} checks, {points} points")
ALL_CHECKS = Text("{count} 项检查：{message}", "{count} checks: {message}")
ONE_CHECK = Text("{count} 项检查，失 {points} 分", "{count} check, {points} points")
OR = Text("或者：", "Or:")
BY_ROW = Text("各评分项", "Points by row")
MORE_CAUSES = Text("其余", "More")
CAUSE = Text("原因见", "see cause")
SHOW_LOCALLY = Text("在自己的电脑上重现：", "See it on your own computer:")
LOST = Text("失分", "lost")
SCORE = Text("成绩", "Score")
NOT_TAKEN = Text("选做，未得", "optional, not taken")
PASSED = Text("已通过", "Passed")
ATTENTION = Text("需要修改", "To look at")
BLANKS = Text("未作答的空", "Blanks not attempted")
REMEDY = Text("可以试试", "what to try")
SYMPTOMS = Text("训练日志和报告里看到的问题", "What your training logs and report show")
CHECKS_OF_IT = Text("这一部分的检查", "The checks of this part")
FOUND_IN = Text("代码位置：", "Found in:")
NOT_FOUND = Text("提交中没有找到这一部分的代码。", "No code of this part was found.")
FILES = Text("提交中的文件：", "Files of the submission:")
HOW_GRADED = Text("评分环境与文件", "How this was graded")
TO_THE_CLASS = Text("全班", "the whole class")
OPEN_PDF = Text("打开学生的 PDF 报告", "open the report, as the student made it (PDF)")
STAFF_PAGE = Text("助教版", "staff page")
UNCONFINED = Text(
    "这次评分没有隔离学生代码，结果只供试运行。",
    "Student code was not confined in this run; use the result for trials only.",
)

EVIDENCE = Text("供人工评分参考", "For the parts that a person marks")
TIDINESS = Text(
    "代码规范：在你自己写的 {lines} 行里，代码规范检查工具（ruff）发现 {count} 处问题。",
    "Tidiness: findings of the linter (ruff) on {lines} lines of your own: {count}.",
)
PDF = Text(
    "报告：{path}，{pages} 页，约 {characters} 个字符。",
    "Report: {path}; pages: {pages}; characters of text: about {characters}.",
)
NO_PDF = Text(
    "没有找到 PDF 报告；请放进压缩包，或与它放在一起。",
    "No PDF report was found; put it inside the zip or beside it.",
)
NOT_LINTED = Text(
    "代码规范：代码规范检查工具（ruff）没有给出结果，这一项由助教评分。",
    "Tidiness: the linter (ruff) gave no result; a person marks the whole row.",
)


def colon(word: Text) -> Text:
    """`word` with a colon behind it, full-width in Chinese, for what follows on the line."""
    # The full-width colon takes no blank after it.
    return Text(f"{word.zh}：", f"{word.en}: ")


OVERRULED = Text(
    "人工改判为 {earned} / {possible} 分：{why}",
    "A person decided on {earned} of {possible} points: {why}",
)
COMMENTS = Text("评语", "Comments")
