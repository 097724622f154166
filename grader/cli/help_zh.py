"""The command line's help in Chinese, where ``--lang`` or ``FEEDBACK_LANG`` asks for it.

The English help is written with the commands; this table holds its Chinese, by command and option.
A test compares the two.
"""

from __future__ import annotations

import copy
from typing import Final

import click

from kit.text import default_language

COMMANDS: Final = {
    "main": "循环神经网络实验的自动评分。",
    "grade": """评一份作业：zip、文件夹、.py 或 .ipynb。

    \b
    写入 OUT/<id>/report.json    全部信息，供教师和程序使用
         OUT/<id>/feedback.html  给学生，中英文对照
         OUT/<id>/staff.html     给助教
         OUT/<id>/results.json   给 Gradescope

    \b
    --results NAME 另写出自己运行评分器的平台所读的结果，写入 --to 指定的文件，
    `--to -` 则写到标准输出；因评分器故障没有成绩时不写。
    退出码：0 已评分，1 评分器故障，2 用法或评分标准有误，3 提交无法打开，4 低于 --fail-under。
    """,
    "check": """检查这台机器能否正确评分（自检）。

    \b
    参考解必须得满分，空白模板必须得零分，攻击不得分，等等。
    退出码：0，或在有任何一项不符时为 1；不符时这台机器不评分。
    """,
    "new": "在本项目里生成一个新的部分，或新的评分标准。",
    "new part": """生成一个可以运行的部分：解答、检查、错误目录和评分标准。

    然后逐个文件改成自己的内容：docs/tutorial-part.md 带你做一个。
    """,
    "new preset": "为已有的部分生成 presets/NAME.yaml：检查评 80 分，人评 20 分。",
    "handout": """生成发给学生的文件夹和它的 zip。

    里面只有评分标准里的部分、它们的公开检查，以及写明分值的中英文 README。
    如果里面有解答的任何一行，或者原样提交时有检查不是“未作答”，就不生成。
    """,
    "github": """生成在 GitHub 上运行公开检查的文件。

    \b
    OUT/student/      workflow，放进学生仓库的模板
    OUT/classroom50/  autograder.py 和它的检查，供 Classroom 50 使用
    两者都显示带原因的表格。隐藏检查留在课程这里。
    """,
    "gradescope": """生成 autograder.zip，Gradescope 用它运行这个评分器。

    里面有参考解、隐藏检查和课程密钥：只上传，不要给任何人。每份提交用自己的隐藏数据。
    """,
    "batch": """评全班的作业：装有各份作业的文件夹或压缩包。

    \b
    写入 OUT/gradebook.csv  全班成绩
         OUT/index.html     全班概览，仅供教师
         OUT/<id>/          每份作业的页面，与 `grader grade` 相同
         OUT/grades.sqlite  以上两者的来源

    \b
    中断或被终止之后，再运行同一条命令就从中断处继续。
    退出码：0，或在有作业因评分器故障没有成绩时为 1。
    """,
    "export": """把全班成绩写成学习平台的格式。

    \b
    canvas、moodle、blackboard、chaoxing、tronclass：填写用 --template 给出的文件
    csv、xlsx、jsonl、gradescope、junit：写成各自的文件
    moodle-feedback、sakai-feedback、ilias-feedback：可以上传回平台的学生页面压缩包
    pages：只有学生页面的文件夹，以及 mail.csv（邮箱、文件）
    """,
    "mark": """评一份作业：WHO 是学号、姓名或作业名称。

    \b
    grader mark 2023001 report.figures=3 --comment "坐标轴没有名称"
    grader mark 2023001 report.figures=             撤回这一项
    grader mark 2023001 CHECK=0.25 --why "……"       代替一项检查的结果（编号见反馈页）
    不写 评分项=分值 时，显示已给的评分。
    """,
    "marks": "人工评分的表格。",
    "marks export": "写出供填写的表格：PATH 以 .xlsx 或 .csv 结尾。",
    "marks import": """读回填好的表格：先列出会有哪些变化。

    \b
    退出码：0；有冲突待定时为 1；有单元格被拒绝时为 2，此时不记录任何内容。
    """,
    "marks split": """给每位评分人一个文件和一份作业名单。

    \b
    写出 marks-NAME.sqlite；在评分人的电脑上放进 OUT 的副本，改名为 marks.sqlite。
    """,
    "marks merge": """合并几位评分人的文件；列出冲突，留待人定。

    退出码：0；有冲突待定时为 1。
    """,
    "marks comment": """常用评语：列出、新写，或改动 ID 并一起更新带有它的评分。

    先列出会变的评分和前后分值。
    """,
    "desk": """在本机的网页上给全班评分。

    \b
    grader desk                      只在这台机器上提供，并打开浏览器
    grader desk --add-marker li      给 li 设密码
    grader desk --host 127.0.0.1 --origin https://desk.example.edu
                                     供几位评分人使用，放在反向代理之后（见 docs/desk.md）
    每次评分立即保存在 OUT/marks.sqlite。
    """,
    "shard": """在这台机器上评全班作业的第 K 份（共 N 份）。

    \b
    grader shard 1/3 class --out share1     一台机器评 1/3，其他机器评 2/3 和 3/3
    grader gather share1 share2 share3 --out results
    各台机器要有同样的作业文件夹、评分标准、名单、密钥和版本。
    退出码：与 `grader batch` 相同。
    """,
    "gather": """把各个 `grader shard` 的结果合成一个结果文件夹。

    缺少或重复的份额会列出；缺少的可以以后再合。
    退出码：0；有作业缺少，或两处评分不同时为 1。
    """,
    "similarity": """找出代码相似的作业，供教师和助教查看；不是成绩。

    \b
    PATH 是全班作业的文件夹。模板已有的代码不算。
    写入 OUT/similarity.html  成对的作业，左右并排；以及成组的作业
         OUT/similarity.json  涉及哪些作业，供评分台做标记
    需要附加依赖 similarity。退出码：0。
    """,
    "viva": """为口头提问出题：问题都关于学生自己提交的代码。

    \b
    PATH 是一份作业（zip、文件、装有代码的文件夹），或全班作业的文件夹；给了 --roster 时总是全班。
    写入 OUT/viva/students/<id>.html  三个问题，没有答案
         OUT/viva/staff/<id>.html     同样的问题和答案，给助教
    OUT 里已有的检查结果直接使用，缺少的先评。本身不评分。
    退出码：0，或在有作业因评分器故障没有问题单时为 1。
    """,
    "finish": """评完之后发布成绩。

    \b
    缺什么会列出来。
    发布后评分锁定，学生页面显示人工评分，并写出成绩册，以及每个 --format 的文件；
    --template 用于其中每个需要模板的格式。
    之后的改动要写明理由，由 `grader diff` 列出。
    退出码：0；还缺内容时为 2。
    """,
    "diff": """谁的成绩变了，因为哪项检查。

    \b
    不给 --since 时，每份作业的最近一次成绩与前一次比较。
    因迟交规则或未提交而变动的最终成绩也会列出；`grader finish` 之后，与发布时不同的成绩也会列出。
    """,
}
OPTIONS: Final = {
    "--lang": "终端使用的语言。",
    "--out": "结果文件夹。",
    "--rubric": "评分标准文件（默认 rubric.yaml）。",
    "--unsafe": "即使无法隔离，也运行学生代码。",
    "--floor": "可以接受的最低隔离级别（默认 landlock）。",
    "--again": "全部检查重新运行，没有变化的也不例外。",
    "--report": "PDF 报告，如果它不在压缩包里。",
    "--fail-under": "得分低于此数时退出码为 4。",
    "--torch": "这个部分用 torch 写。",
    "--part": "其中的一个部分；可以写多次。",
    "--json": "只打印 report.json。",
    "--data": "装有训练文本的文件夹：把文本也放进去。",
    "--roster": "全班名单（CSV）：用来确认各份作业是谁的，以及谁未提交。",
    "--former": "往届作业的文件夹，或网上公开的答案；可以写多次。",
    "--given": "模板之外课程发过的代码，不算：文件或文件夹；可以写多次。",
    "--jobs": "进程数（默认每个处理器一个）。",
    "--dry-run": "只列出找到的作业，不评分。",
    "--cluster": "在集群上评分：tls://HOST:8786，或 local:N。",
    "--watch": "评完之后继续评新到的作业，直到按 Ctrl-C。",
    "--layout": "按哪个平台的布局读取这个文件夹。",
    "--prefer": "以哪一份为准；写成 名称=学号 则说明是谁的；可以写多次。",
    "--format": "导出格式。",
    "--template": "平台导出的文件。",
    "--column": "填写模板的哪一列。",
    "--to": "要写入的文件（默认在 OUT 中）。",
    "--allow-pending": "也写入还有待评分数的成绩。",
    "--results": "另写出这个平台所读的结果。",
    "--metadata": "Gradescope 的 submission_metadata.json。",
    "--since": "与此时（本地时间）之前的成绩比较。",
    "--verbose": "之前或现在没有成绩的作业，也逐项列出检查。",
    "--comment": "对这些评分的评语；不写评分时，是对整份作业的评语。",
    "--history": "列出每一次评分：谁、何时、什么、为什么。",
    "--use": "常用评语的编号；可以写多次。",
    "--why": "改动的理由。",
    "--author": "评分人（默认为账户名）。",
    "--yes": "不再询问，直接执行。",
    "--marker": "只要分给 NAME 的作业。",
    "--markers": "评分人：li,wang。",
    "--both": "由两人各评一次的作业份数。",
    "--zh": "中文文字。",
    "--en": "英文文字。",
    "--points": "加到每个带有它的评分上的分值。",
    "--feedback-template": "Moodle 的评分工作表：同时写出反馈压缩包。",
    "--port": "端口（默认 8765）。",
    "--no-browser": "只显示链接，不打开浏览器。",
    "--host": "供几位评分人使用，各自用密码登录。",
    "--origin": "浏览器里的地址，与 --host 一起用。",
    "--add-marker": "给 NAME 设密码，然后结束。",
    "--blind": "不向任何人显示学生姓名。",
    "--version": "显示版本并退出。",
    "--help": "显示这段说明并退出。",
}


class Command(click.Command):
    """A command whose help is in the language that is asked for."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """``--lang`` counts for ``--help`` as well, in any order."""
        # Click prints the help as soon as it meets --help, before it has read a --lang behind it.
        for option, value in zip(["", *args], [*args, ""]):
            if option == "--lang" or value.startswith("--lang="):
                ctx.meta["help_lang"] = value.removeprefix("--lang=")
        return super().parse_args(ctx, args)

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The text above the options."""
        # Click's method on the copy, because it reads the text from the object.
        super(Command, self._shown(ctx)).format_help_text(ctx, formatter)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The options, and the commands of a group."""
        if not _chinese(ctx):
            return super().format_options(ctx, formatter)
        options = (p for p in self.get_params(ctx) if isinstance(p, click.Option))
        records = (_shown(option).get_help_record(ctx) for option in options)
        with formatter.section("选项"):
            formatter.write_dl([record for record in records if record is not None])
        # Click's own method, which is not called here, does this for a group.
        if isinstance(self, click.Group):
            self.format_commands(ctx, formatter)

    def get_short_help_str(self, limit: int = 45) -> str:
        """The line of the command in the list of all."""
        ctx = click.get_current_context(silent=True)
        shown = self._shown(ctx, below=True)
        return super(Command, shown).get_short_help_str(limit)

    def _shown(self, ctx: click.Context | None, *, below: bool = False) -> Command:
        """This command with its help in the language; `below`: `ctx` is that of its group."""
        if ctx is None or not _chinese(ctx):
            return self
        # The object is the same for every call in this process, so a copy is changed.
        shown = copy.copy(self)
        # Without the program's own name: `marks export` is not the `export` beside it.
        words = [*ctx.command_path.split()[1:], *([self.name or ""] if below else [])]
        shown.help = COMMANDS.get(" ".join(words) or "main", self.help)
        return shown


class Group(Command, click.Group):
    """A group of such commands."""

    command_class = Command
    group_class = type


def _chinese(ctx: click.Context) -> bool:
    return bool((ctx.meta.get("help_lang") or default_language()) == "zh")


def _shown(option: click.Option) -> click.Option:
    # The object is the same for every call in this process, so a copy is changed.
    shown = copy.copy(option)
    shown.help = OPTIONS.get(max(option.opts, key=len), option.help)
    return shown
