"""The words of the page, in both languages."""

from __future__ import annotations

from typing import Final

from kit.text import Text

TITLE: Final = Text("相似的代码", "Similar code")
NO_MARK: Final = Text(
    "只供教师和助教：这里不是成绩，也不是抄袭的证明。请看代码，再和学生谈。不要交给学生。",
    "For staff alone. This is no mark and no proof of copying: read the code, then talk to the "
    "students. Not to be given to students.",
)
COUNTS: Final = Text(
    "比较了 {current} 份作业，往届作业 {former} 份；找到 {pairs} 对，这里列出 {shown} 对。",
    "{current} hand-ins were compared with one another and with {former} of former years: "
    "{pairs} pairs, {shown} of them below.",
)
SHARE_WORDS: Final = Text(
    "百分数：一方自己写的代码中，对方也有的部分（取两方中较大者）。变量名、注释、空白不计。"
    "高于界限的才列出，界限是互相独立的正确答案之间出现过的最高值。",
    "The percentage is the larger share of one's own code that the other has, too. Names, comments "
    "and blanks do not count. Listed is what lies above the limit: the highest that independent "
    "right solutions reached.",
)
LEFT_OUT: Final = Text(
    "没有比较：模板的代码；自己要写的不足四行、人人写法相同的函数：",
    "Not compared: the starter's lines, and functions with fewer than four lines to write, which "
    "everyone writes alike: ",
)
GIVEN: Final = Text("课程给出的代码（不计入）：", "Code that the course gave (does not count): ")
NOTHING_GIVEN: Final = Text(
    "{path} 里没有可以读取的代码。请用 --given 给出课程发过的 .py、.ipynb 或装有它们的文件夹。",
    "There is no readable code in {path}. With --given, name a .py or .ipynb file that the course "
    "gave, or a folder of such files.",
)
LIMITS: Final = Text("界限：", "Limit: ")
UNREAD: Final = Text("没有读取，因此没有比较：", "Could not be read, so not compared: ")
CUT: Final = Text("代码太长，只比较了前面一部分。", "Too long: only its beginning was compared.")
CLUSTERS: Final = Text("成组的作业", "Groups")
CLUSTER_WORDS: Final = Text(
    "由成对相似连起来的三份以上的作业。每份作业在每个部分只列出最相似的几对。",
    "Three or more hand-ins that are joined by pairs. For each hand-in and part, only the most "
    "similar pairs are listed below.",
)
CLUSTER_SIZE: Final = Text(
    "本班 {all} 份中的 {count} 份：", "{count} of the {all} hand-ins of the class: "
)
LARGE_GROUP: Final = Text(
    "占全班四分之一以上：这段代码是课上给出的吗？如果是，请用 --given 指定它，再运行一次，"
    "它就不再计入。",
    "A quarter of the class or more: was this code given in class? If so, name it with --given and "
    "run the command again; it then no longer counts.",
)
HOLDERS: Final = Text("共 {count} 份作业有这段代码", "{count} hand-ins have this code")
PAIRS: Final = Text("成对的作业", "Pairs")
ALL_PARTS: Final = Text("全部", "All parts")
OTHER: Final = Text("不属于任何部分的代码", "code of no part")
PART: Final = Text("部分", "Part")
FORMER: Final = Text("往届", "former")
CELL: Final = Text("单元格", "cell")
NONE: Final = Text("没有高于界限的。", "Nothing lies above the limits.")
SAID: Final = Text(
    "{count} 份作业与别的作业相似。", "Hand-ins that share code with another: {count}."
)
EXTRA: Final = Text(
    "缺少 copydetect：请安装附加依赖，pip install '.[similarity]'。",
    "copydetect is missing: install the extra, pip install '.[similarity]'.",
)
