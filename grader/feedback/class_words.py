"""The words of the class's page that do not depend on the class, in both languages."""

from __future__ import annotations

from typing import Final

from grader.core.model import Status
from kit.text import Text

from . import words
from .class_statistics import SMALLEST_CLASS, Reason

# Shorter than on a student's page: here they are cells of a table.
STATUSES: Final[dict[Status, Text]] = {
    Status.GRADED: Text("已评分", "graded"),
    Status.NOT_GRADABLE: Text("无法打开", "not gradable"),
    Status.GRADER_ERROR: Text("评分器故障", "grader fault"),
    Status.MISSING: Text("未提交", "missing"),
}

REASONS: Final[dict[Reason, Text]] = {
    Reason.GRADER_ERROR: Text("评分器故障", "Grader fault"),
    Reason.NOT_GRADABLE: Text("提交无法打开", "Not gradable"),
    Reason.UNDECIDED: Text("检查无法判定", "A check could not decide"),
    Reason.CRASHED: Text("崩溃", "Crashed"),
    Reason.TIMED_OUT: Text("超时", "Timed out"),
    Reason.OUT_OF_MEMORY: Text("内存超限", "Out of memory"),
    Reason.OVER_LIMIT: Text("超出限额", "Over a limit"),
    Reason.MISSING_PART: Text("缺少部分", "Missing part"),
}

WHAT_TO_DO: Final[dict[Reason, Text]] = {
    Reason.GRADER_ERROR: Text(
        "成绩未定，学生不失分。请看助教版里的说明，修复后重新运行。",
        "No mark yet, and nothing lost. See the note on the staff page, fix the fault and run "
        "again.",
    ),
    Reason.NOT_GRADABLE: Text(
        "提交为空、已损坏或格式不对，原因见它的页面；请联系学生重新提交。",
        "Empty, damaged or of a kind that cannot be read: its page says which. Ask the student to "
        "hand in again.",
    ),
    Reason.UNDECIDED: Text(
        "检查在这份作业的结果上出错（评分器的故障），分数待定：请由人判定，并把助教版里的记录"
        "交给维护者。",
        "A check failed on what this code returned, by a fault of the grader. Its points are "
        "pending: a person decides on them, and the maintainers want the staff page's traceback.",
    ),
    Reason.CRASHED: Text(
        "运行学生代码的进程意外结束，其他检查不受影响；值得看一眼代码。",
        "The process that ran the student's code ended; the other checks are not affected: worth a "
        "look.",
    ),
    Reason.TIMED_OUT: Text(
        "可能是死循环，也可能只是太慢，值得看一眼代码。",
        "An endless loop, or merely slow code: worth a look.",
    ),
    Reason.OUT_OF_MEMORY: Text(
        "超过内存限制，值得看一眼代码。", "It went beyond the memory limit: worth a look."
    ),
    Reason.OVER_LIMIT: Text(
        "写得太多、打开的文件或线程太多，或返回的数据太大，值得看一眼代码。",
        "It wrote too much, held too many files or threads, or returned too much: worth a look.",
    ),
    Reason.MISSING_PART: Text(
        "没有找到这一部分的代码：没有写、漏交、名称与讲义不同，或文件有语法错误（见学生的页面）。",
        "No code of the part was found: not written, left out of the zip, named otherwise, or in a "
        "file with a syntax error (see the student's page).",
    ),
}

PAGE = Text("全班概览", "Class overview")
STAFF_ONLY = Text(
    "助教专用：含学生姓名，请勿发布。",
    "For staff only: it names students. Do not publish it.",
)
CONTENTS = Text("目录", "Contents")

GLANCE = Text("概览", "At a glance")
STUDENTS = Text("学生", "Students")
HANDED_IN = Text("已提交", "handed in")
IN_GROUPS = Text(
    "{students} 名学生共有 {submissions} 份提交，其中有小组。",
    "{students} students handed in {submissions} submissions; some are groups.",
)
GRADED = Text("已评分", "graded")
WAITING = Text("还有待评分", "partly pending")
LATE = Text("迟交", "late")
MISSING = Text("未提交", "missing")

MARKS = Text("成绩分布", "Distribution of marks")
MEDIAN = Text("中位数", "median")
LOWER = Text("下四分位", "lower quartile")
UPPER = Text("上四分位", "upper quartile")
MEAN = Text("平均", "mean")
LOWEST = Text("最低", "lowest")
HIGHEST = Text("最高", "highest")
MIDDLE_HALF = Text("中间一半学生", "middle half of the class")
HISTOGRAM = Text(
    "成绩直方图：横轴是得分，柱上是人数。", "Histogram: marks from left to right, students above."
)
SO_FAR = Text(
    "目前已评部分的满分是 {attainable} 分（全部满分 {possible} 分），其余部分待评，不在图中。",
    "{attainable} of {possible} points have been marked so far; the rest is not in the histogram.",
)
UNEVEN = Text(
    "各人已评的部分不同，现在还不能相互比较。",
    "Not the same parts are marked for everyone, so marks cannot be compared yet.",
)
NO_MARKS = Text("还没有成绩。", "There are no marks yet.")

NOTICES = Text("整理提交时的说明", "Notes on the hand-ins")

ATTENTION = Text("需要人看的提交", "Submissions that need a person")
NO_ATTENTION = Text(
    "检查没有发现需要人看的提交；人工评分的部分不在此列。",
    "No check points at a submission that needs a person; what is marked by hand is not included.",
)
MORE = Text("另有 {n} 项", "and {n} more")

OR = words.OR
CAUSES = Text("常见的错误", "Common mistakes")
HOW_CAUSES = Text(
    "前面的数字是有这个错误的提交数；展开可看是哪些学生。",
    "The number counts the submissions that have the mistake; open an entry to see whose they are.",
)

CHECKS = Text("各项检查", "Checks")
NO_CHECKS = Text("还没有检查结果。", "There are no results yet.")
CHECK = Text("检查", "check")
PASS_RATE = Text("通过率", "pass rate")
SHARE = Text("平均得分率", "mean share")
DISCRIMINATION = Text("区分度", "discrimination")
TIME = Text("用时", "time")
MOST_COMMON = Text("最常见的其他结果", "most common other outcome")
DIAGNOSIS = Text("最常见的原因（{n} 份）：", "Most common cause ({n}):")
PUBLIC = Text("公开", "public")
HIDDEN = Text("隐藏", "hidden")
EASY = Text("其余通过率不低于 95% 的检查", "Passed by 95% or more")
PASSED = Text("通过", "passed")
PARTLY = Text("部分通过", "partly")
NOT_PASSED = Text("未得分", "no points")
POINTS = Text("{points} 分", "worth {points}")
HOW_COUNTED = Text(
    "按提交计数（小组算一份），各部分内按通过率从低到高排列；跳过的、评分器故障的和无法打开的提交不计入。"
    "用时是实际运行过的提交的中位数。",
    "Counted by submission (a group has one), the lowest pass rate of each part first; skipped "
    "checks, grader faults and submissions that could not be opened are left out. Time is the "
    "median of those that ran.",
)
HOW_DISCRIMINATING = Text(
    "区分度：这项检查的得分率与其余所有检查的总得分率之间的相关系数（−1 到 1）。"
    "接近 0 说明它分不出强弱；负数（标红）说明总体较好的学生反而更常失分，值得检查这一项本身。"
    f"少于 {SMALLEST_CLASS} 份提交或人人结果相同时不给出。",
    "Discrimination: the correlation (−1 to 1) between the share earned in this check and the "
    "share earned in all the others together. Near 0 it does not tell strong from weak; below 0 "
    "(red) stronger students lose it more often: look at the check itself. Not given for fewer "
    f"than {SMALLEST_CLASS} submissions or where everyone did the same.",
)

STUDENT = Text("学生", "student")
NO_STUDENTS = Text("没有学生。", "There are no students.")
UNKNOWN = Text("（姓名未知）", "(name unknown)")
MARK = Text("成绩", "mark")
STATUS = Text("状态", "status")
PAGES = Text("页面", "pages")
STAFF_PAGE = Text("助教版", "staff")
LACKS_PDF = Text("没有 PDF 报告", "no PDF report")
STUDENT_PAGE = Text("学生版", "student")
HOW_MARKED = Text(
    "划线的是按迟交规则扣分之前的成绩；“–”表示还没有评分，“+”后面是该评分项待评的分数。",
    "Struck out: the mark before the late policy. “–”: not marked yet; after “+”: points of the "
    "row that are still to be marked.",
)
FIND = Text("查找姓名、学号或状态", "Find a name, an id or a status")
SORTABLE = Text("点击表头可以排序。", "Click a heading to sort.")
RUBRIC = Text("评分标准指纹", "Rubric")
GRADER = Text("评分器版本", "Grader version")
