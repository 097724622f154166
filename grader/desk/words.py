"""The words of the desk, in both languages. Templates and scripts take them from here."""

from __future__ import annotations

from typing import Final

from grader.core.report_evidence import Topic
from kit.text import Text

from .facts import Flag

DESK: Final = Text("评分台", "Desk")
QUEUE: Final = Text("作业", "Hand-ins")
CONFLICTS: Final = Text("分歧", "Conflicts")
COMMENTS: Final = Text("常用评语", "Comments")
FAIRNESS: Final = Text("评分人", "Markers")
QUESTIONS: Final = Text("学生提问", "Questions")
FINISH: Final = Text("发布", "Publish")
LOG_OUT: Final = Text("退出", "Log out")
LOG_IN: Final = Text("登录", "Log in")
NAME: Final = Text("名字", "Name")
PASSWORD: Final = Text("密码", "Password")
WRONG: Final = Text("名字或密码不对。", "The name or the password is wrong.")
WAIT: Final = Text("试错次数太多，请半分钟后再试。", "Too many tries: wait half a minute.")
LANGUAGE: Final = Text("English", "中文")
HIDE_NAMES: Final = Text("隐藏姓名", "Hide names")
SHOW_NAMES: Final = Text("显示姓名", "Show names")
SKIP: Final = Text("跳到内容", "Skip to the content")
HELP: Final = Text("快捷键", "Keys")

HAND_IN: Final = Text("作业", "Hand-in")
STUDENT: Final = Text("学生", "Student")
PENDING: Final = Text("待评", "To mark")
SO_FAR: Final = Text("目前", "So far")
FLAGS: Final = Text("标记", "Flags")
SEARCH: Final = Text("搜索姓名、学号或代号", "Search name, student id or code")
SEARCH_BLIND: Final = Text("搜索代号", "Search code")
ALL: Final = Text("全部", "All")
ANY_FLAG: Final = Text("任何标记", "Any flag")
STATE: Final = Text("状态", "State")
OPEN: Final = Text("待评", "To mark")
DONE: Final = Text("已评完", "Marked")
CRITERION: Final = Text("评分项", "Criterion")
ALL_CRITERIA: Final = Text("全部评分项", "All criteria")
EVERYONE: Final = Text("也列出别人的份", "Also those of others")
SHOW: Final = Text("筛选", "Filter")
NEXT_UNMARKED: Final = Text("下一份待评", "Next to mark")
ALL_MARKED: Final = Text("这里的都评完了。", "All of these are marked.")
NOTHING_FITS: Final = Text("没有符合条件的作业。", "No hand-in fits.")
COUNT: Final = Text("{shown} / {count} 份", "{shown} of {count}")
PAGE: Final = Text("第 {page} 页，共 {pages} 页", "Page {page} of {pages}")
EARLIER: Final = Text("上一页", "Previous")
LATER: Final = Text("下一页", "Next")
YOUR_PROGRESS: Final = Text(
    "你已给出 {given} 项，还剩 {left} 项", "You gave {given} marks, {left} are left"
)
COMMA: Final = Text("，", ", ")
TIME_LEFT: Final = Text("按目前速度约需 {time}", "about {time} at the present pace")
BY_CRITERION: Final = Text(
    "逐项评：选一个评分项，再点“下一份待评”。同一项连着评，尺度更一致。",
    "One criterion over all hand-ins is more consistent: choose it, then “Next to mark”.",
)

FLAG_WORDS: Final[dict[Flag, Text]] = {
    Flag.NO_MARK: Text("没有机器成绩", "no mark by machine"),
    Flag.NOT_GRADABLE: Text("无法打开", "could not be opened"),
    Flag.DISPUTED: Text("有分歧", "disagreement"),
    Flag.QUESTION: Text("学生提问", "question"),
    Flag.LOOK_AGAIN: Text("需要再看", "look again"),
    Flag.UNDECIDED: Text("有检查待人判定", "checks wait for a person"),
    Flag.CRASHED: Text("崩溃或超限", "crash or limit"),
    Flag.SAME_FILES: Text("与他人文件相同", "same files as another"),
    Flag.SIMILAR: Text("代码与他人相似", "code like another's"),
    Flag.LATE: Text("迟交", "late"),
    Flag.OVERRULED: Text("有改判", "overruled"),
    Flag.REGRADED: Text("发布后改过", "changed since published"),
    Flag.DOUBLE: Text("双评", "marked twice"),
}

PREVIOUS_HAND_IN: Final = Text("上一份", "Previous")
NEXT_HAND_IN: Final = Text("下一份", "Next")
POSITION: Final = Text("第 {n} 份，共 {count} 份", "{n} of {count}")
TOTAL: Final = Text("目前总分", "Total so far")
BY_MACHINE: Final = Text("机器评分", "by machine")
WHOLE_PAGE: Final = Text("评全部各项", "All criteria again")
OTHERS_MARK: Final = Text("只评这一项", "This one alone")
POINTS: Final = Text("分值", "Points")
TAKE_BACK: Final = Text("撤回", "Take back")
ADD_COMMENT: Final = Text("评语", "Comment")
NOTE: Final = Text("只用于这里的评语", "A comment for here alone")
SAVE: Final = Text("保存", "Save")
REMOVE: Final = Text("移除", "Remove")
WHOLE: Final = Text("对整份作业的评语", "Comment on the whole")
REASON: Final = Text("改动的理由", "Reason for the change")
REASON_NEEDED: Final = Text(
    "成绩已经发布：改动要写理由。", "The marks are published: a change needs a reason."
)
CODE: Final = Text("代码", "Code")
FINDINGS: Final = Text("机器发现的问题", "What the machine found")
REPORT: Final = Text("报告", "Report")
PDF_PAGE: Final = Text("报告第几页", "Page of the report")
PDF_NAMES: Final = Text(
    "报告文字里的姓名、学号已涂掉；图片、手写和扫描页里的遮不住。",
    "Names and ids are painted over where the report has them as text; in pictures, scans and "
    "handwriting they stay.",
)
PDF_PROBLEM: Final = Text(
    "这一页画不出来，请打开原文件。", "This page cannot be drawn: open the file itself."
)
EVIDENCE: Final = Text("报告里找到的内容", "What was found in the report")
ADVICE: Final = Text(
    "只按文字查找，仅供参考：分数由你看过页面决定。",
    "Found by its words alone, as advice: look at the page, and you decide.",
)
MATERIALS: Final = Text("训练日志和图片", "Training logs and pictures")
FIND: Final = Text("在报告里查找", "Search the report")
HITS: Final = Text("{count} 处", "{count} places")
NO_HITS: Final = Text("没有找到。", "Not found.")
NO_TEXT: Final = Text(
    "报告没有可以查找的文字（扫描件或加密文件）。",
    "The report has no text to search (a scan, or a locked file).",
)
PAGE_LINK: Final = Text("第 {n} 页", "p. {n}")
TOPICS: Final[dict[Topic, Text]] = {
    Topic.SECTIONS: Text("章节与模块", "Sections and modules"),
    Topic.FIGURES: Text("图表", "Figures and tables"),
    Topic.SAMPLES: Text("样例", "Samples"),
    Topic.QUESTIONS: Text("阅读问题", "Reading questions"),
    Topic.NUMBERS: Text("数值与日志", "Numbers and logs"),
    Topic.FORMAT: Text("格式", "Format"),
}
NOT_KEPT: Final = Text(
    "这份作业由较早的版本评过，没有留下源代码；再评一次（grader batch … --again）就能显示。",
    "An earlier version graded this and kept no source: grade it again (grader batch ... --again).",
)
NO_PAPER: Final = Text("没有可以显示的内容。", "There is nothing to show.")
JUMP: Final = Text("跳到下一处", "Next finding")
MORE_LINES: Final = Text("还有 {n} 行没有显示", "{n} more lines are not shown")
CELL: Final = Text("单元格 {n}", "cell {n}")
DOUBLE: Final = Text(
    "这份作业由几人各自评分，彼此看不到对方的分数。",
    "Several people mark this hand-in, and none sees another's marks.",
)
NOT_MARKABLE: Final = Text(
    "没有机器成绩，评分不会计入，请先重新评分。",
    "There is no mark by machine, so nothing counts: grade it again first.",
)
CHECK: Final = Text("检查", "Check")
DECIDE: Final = Text("改判", "Decide in its place")
PUT: Final = Text("记录", "Record")
LOST: Final = Text("失分的检查", "Checks that lost points")
PASSED: Final = Text("其余检查", "Other checks")

DISPUTE: Final = Text("两人评分不同", "Two people differ")
KEEP: Final = Text("采用", "Take this one")
STANDS: Final = Text("现有", "Stands")
NO_CONFLICTS: Final = Text("没有待定的分歧。", "Nothing is in dispute.")
HOW_CONFLICTS: Final = Text(
    "未定之前，这些评分都不计入。选其中一个，或打开作业另给一个。",
    "None of these counts until somebody decides: take one, or open the hand-in and give another.",
)

NEW_COMMENT: Final = Text("新评语", "New comment")
IN_CHINESE: Final = Text("中文", "Chinese")
IN_ENGLISH: Final = Text("英文", "English")
ADDED_POINTS: Final = Text("加减分（可不填，如 -1）", "Points added, or none (as in -1)")
USES: Final = Text("使用", "Used")
OWNER: Final = Text("作者", "Owner")
CHANGE: Final = Text("修改", "Change")
WOULD_MOVE: Final = Text(
    "以下 {n} 份作业带有这条评语，会一起改变：", "{n} hand-ins carry it and would move with it:"
)
CONFIRM: Final = Text("确认修改", "Change them all")
CANCEL: Final = Text("取消", "Cancel")
NO_COMMENTS: Final = Text("还没有常用评语。", "There are no comments yet.")
ONE_LANGUAGE: Final = Text("至少写一种语言。", "One language is enough.")

PROGRESS: Final = Text("进度", "Progress")
MARKER: Final = Text("评分人", "Marker")
GIVEN: Final = Text("已评", "Given")
LEFT: Final = Text("剩余", "Left")
EACH: Final = Text("每项用时", "Time each")
SHARE: Final = Text("份数", "Share")
TIME: Final = Text("预计还需", "Time left")
MEANS: Final = Text("各人的平均分", "Means")
MEAN: Final = Text("平均", "Mean")
OTHERS: Final = Text("其他人", "Others")
NOT_ENOUGH: Final = Text(
    "每人至少评 {n} 份之后才显示。", "Shown once a person has marked {n} hand-ins."
)
AGREEMENT: Final = Text("双评的一致性", "Agreement on what two marked")
KAPPA: Final = Text("加权 κ", "Weighted κ")
KAPPA_HELP: Final = Text(
    "二次加权的 κ：1 为完全一致，0 与随机无异。0.6 以下时请一起看几份再继续。",
    "Quadratic-weighted kappa: 1 is equal marks, 0 no better than chance. Below 0.6, look at a few "
    "together before going on.",
)
PAIRS: Final = Text("份数", "Hand-ins")
DIFFERENCE: Final = Text("平均差", "Mean difference")
NO_DOUBLES: Final = Text("还没有两人都评过的作业。", "No two people have marked the same hand-in.")
DIVIDE: Final = Text("分配作业", "Divide the hand-ins")
MARKERS: Final = Text("评分人，如 li,wang", "Markers, as in li,wang")
BOTH: Final = Text("由两人各评一次的份数", "Hand-ins that two mark")
FIRST: Final = Text("所有人先评、先取得一致的份数", "Hand-ins that all mark first, to agree on")
DIVIDED: Final = Text("已分配：", "Divided:")
AGAIN: Final = Text(
    "再次分配会替换现有的分配；已给的评分不变。", "Dividing again replaces the shares; marks stay."
)

MISSING: Final = Text("还缺", "Missing")
NOTHING_MISSING: Final = Text(
    "什么都不缺，可以发布。", "Nothing is missing: the marks can be published."
)
WHAT_HAPPENS: Final = Text(
    "发布之后评分锁定，学生的页面显示人工评分和评语，并写出成绩册以及下面选择的文件；"
    "之后的改动要写理由。",
    "Then the marks are locked, students' pages show what people gave, and the gradebook and the "
    "files chosen below are written. A later change needs a reason.",
)
PUBLISH_NOW: Final = Text("发布成绩", "Publish the marks")
PUBLISH_AGAIN: Final = Text("发布改动", "Publish the changes")
PUBLISHED_AT: Final = Text("最近一次发布：{at}（{who}）", "Published last: {at} ({who})")
MOVED: Final = Text("发布之后变动的成绩", "Marks that have moved since")
NOT_MOVED: Final = Text("发布之后没有变动。", "No mark has moved since.")
PLATFORM_FILE: Final = Text("平台的成绩文件", "File of marks for the platform")
PAGES_FILE: Final = Text("学生页面", "Students' pages for the platform")
NO_FILE: Final = Text("不写出", "none")
TEMPLATE: Final = Text("平台导出的文件（填写用）", "The file that the platform exported, to fill")
KEPT: Final = Text("已有 {name}", "{name} is here already")
REMOVE_TEMPLATE: Final = Text("移除已有的文件", "Remove the file that is here")
COLUMN: Final = Text(
    "填哪一列（只有一列可填时不必写）", "Column to fill (only where there are several)"
)
MADE: Final = Text("写出的文件", "Files that were made")
DOWNLOAD: Final = Text("下载", "Download")

ASK: Final = Text("记录学生的提问", "Record a student's question")
ANSWER: Final = Text("回答", "Answer")
ANSWERED: Final = Text("已回答", "Answered")
NO_QUESTIONS: Final = Text("还没有提问。", "No questions yet.")
QUESTION: Final = Text("提问", "Question")
QUESTION_HELP: Final = Text(
    "学生的提问记在作业上；回答之后可以改分，改动会列入发布之后的变动。",
    "A student's question stays with the hand-in. After the answer a mark may change, and the "
    "change is listed.",
)
ABOUT_WHOLE: Final = Text("整份作业", "the whole")

CLOSED: Final = Text(
    "请用终端里显示的链接打开评分台。", "Open the desk by the link in the terminal."
)
NOT_FOUND: Final = Text("没有这一页。", "There is no such page.")
BACK: Final = Text("回到作业列表", "Back to the hand-ins")
FORBIDDEN: Final = Text("这个请求被拒绝。", "This request is refused.")

KEYS: Final[tuple[tuple[str, Text], ...]] = (
    ("1 2 3 …", Text("选择这一项的等级；自由分值时输入数字", "choose a level; or type the points")),
    ("↑ ↓", Text("上一项、下一项", "previous, next criterion")),
    ("← →", Text("上一份、下一份作业", "previous, next hand-in")),
    ("N", Text("下一份待评的作业", "next hand-in to mark")),
    ("C", Text("常用评语：边打字边搜索，回车采用", "comments: type to search, Enter takes one")),
    ("T", Text("写一条只用于这里的评语", "write a comment for here alone")),
    ("W", Text("对整份作业的评语", "comment on the whole")),
    ("Delete", Text("撤回这一项", "take this mark back")),
    ("U", Text("撤销上一次改动", "undo the last change")),
    ("F", Text("代码里下一处发现的问题", "next finding in the code")),
    ("S", Text("在报告里查找；回车到下一处的页", "search the report; Enter turns to its page")),
    ("PgUp PgDn", Text("报告的上一页、下一页", "previous, next page of the report")),
    ("O", Text("只评这一项 / 评全部各项", "only this criterion, or all of them")),
    ("Q", Text("回到作业列表", "back to the hand-ins")),
    ("Esc", Text("关闭、离开输入框", "close, leave a field")),
    ("?", Text("显示快捷键", "show the keys")),
)

SCRIPT: Final[dict[str, Text]] = {
    "saved": Text("已保存", "Saved"),
    "saving": Text("正在保存…", "Saving …"),
    "offline": Text(
        "连不上评分台，改动还没有保存；会不断重试",
        "The desk cannot be reached: not saved yet, trying again",
    ),
    "refused": Text("没有保存：", "Not saved: "),
    "undone": Text("已撤销", "Undone"),
    "nothing": Text("没有可以撤销的改动", "There is nothing to undo"),
    "conflict": Text("{author} 在此期间给了 {points}。", "{author} gave {points} meanwhile."),
    "theirs": Text("保留对方的", "Keep theirs"),
    "mine": Text("用我的", "Take mine"),
    "none": Text(
        "没有这样的评语；回车写成新的常用评语", "No such comment: Enter writes it as a new one"
    ),
    "by": Text("由 {author}", "by {author}"),
    "dispute": Text("{author}：{points}", "{author}: {points}"),
    "takeBack": Text("撤回", "take back"),
    "unsaved": Text("还有改动没有保存。", "There are unsaved changes."),
    "remove": Text("移除", "Remove"),
    "nothingGiven": Text("未评", "not marked"),
    "reason": Text(
        "成绩已发布：请先写改动的理由。", "The marks are published: write a reason first."
    ),
    "noText": Text("没有可以显示的文字。", "There is no text to show."),
    "page": Text("第 {n} 页", "p. {n}"),
    "take": Text("采用", "Take"),
    "older": Text("旧版本", "older version"),
}
