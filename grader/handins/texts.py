"""The messages about a class's folder, every sentence in Chinese and English."""

from __future__ import annotations

from collections.abc import Sequence

from kit.sources import show
from kit.text import Text, joined

_SHOWN = 6


def listed(text: Text, names: Sequence[str]) -> Text:
    """`text` with a bounded list of names; the first six are shown."""
    unique = list(dict.fromkeys(names))
    more = f" +{len(unique) - _SHOWN}" if len(unique) > _SHOWN else ""
    shown = joined(show(name, 60) for name in unique[:_SHOWN])
    return text.format(names=Text(shown.zh + more, shown.en + more))


# The folder or archive as a whole cannot be used.
UNREADABLE = Text(
    "无法读取 {path}（{reason}）。请检查权限和磁盘。",
    "{path} cannot be read ({reason}). Check its permissions and the disk.",
)
NOT_A_ZIP = Text(
    "{path} 不是 zip，无法打开。请给出作业所在的文件夹或 zip；rar、7z 请先解压成文件夹。",
    "{path} is not a zip and cannot be opened. Give the folder of hand-ins or a zip; unpack rar "
    "and 7z into a folder first.",
)
ARCHIVE_BROKEN = Text(
    "{path} 不完整或已损坏，无法打开。请重新下载；仍无法打开时请自己解压，再给出文件夹。",
    "{path} is incomplete or damaged and cannot be opened. Download it again; if that does not "
    "help, unpack it yourself and give the folder.",
)
ARCHIVE_ENCRYPTED = Text(
    "{path} 加了密码。请先解压，再给出文件夹。",
    "{path} is encrypted with a password. Unpack it first and give the folder.",
)
ARCHIVE_METHOD = Text(
    "{path} 用了不支持的压缩方法，无法解压。请先自己解压，再给出文件夹。",
    "{path} is packed by an unusual method. Unpack it first and give the folder.",
)
ARCHIVE_TOO_LONG = Text(
    "{path} 里的文件多得不正常，没有打开。请先解压、删去无关文件，再给出文件夹。",
    "{path} lists an abnormal number of files and was not opened. Unpack it, remove what does "
    "not belong there, and give the folder.",
)

# Files left out while looking.
SYMLINK = Text("{names} 是符号链接，不会跟随。", "Symbolic links are not followed: {names}.")
SPECIAL = Text("{names} 不是普通文件，已略过。", "Not ordinary files, left out: {names}.")
FOLDER_UNREADABLE = Text("{names} 无法读取，已略过。", "Cannot be read, left out: {names}.")
RESULTS = Text(
    "{names} 是评分结果的文件夹，不是作业。",
    "A folder of results, not of hand-ins: {names}.",
)
TOO_DEEP = Text(
    "{names} 里的文件夹嵌套太深，没有继续查看。",
    "Folders nested too deeply were not looked into: {names}.",
)
NAME_TOO_LONG = Text(
    "文件名过长，没有读取：{names}。",
    "Files with names that are too long were not read: {names}.",
)
TOO_MANY = Text(
    "{names} 里的文件太多，没有全部查看。请删去数据集、虚拟环境等无关文件后再运行，"
    "否则可能漏掉其中的作业。",
    "Too many files, not all were looked at: {names}. Remove data sets and environments and run "
    "again, or hand-ins in there may be missed.",
)

# What was guessed of a hand-in, and why.
ANONYMOUS = Text(
    "平台按匿名方式导出，没有姓名。", "The platform gave this out anonymously, without a name."
)
MOODLE_NO_TEAM = Text(
    "Moodle 的“默认小组”：没有分组的学生共用一份，不知道是谁。请人工确认。",
    "Moodle's default group: students without a team share it, and it does not say who they "
    "are. A person must look.",
)
CANVAS_RENAMED = Text(
    "{old} 看作 {new}：Canvas 会给重新提交的同名文件加上编号。",
    "{old} is read as {new}: Canvas numbers a file that is handed in again.",
)
PREFIX_REMOVED = Text(
    "{old} 看作 {new}，这样别的文件可以导入它。",
    "{old} is read as {new}, so that the other files can import it.",
)
BLACKBOARD_USER = Text(
    "没有说明文件（.txt），用户名 {user} 是从文件名里截取的。",
    "There is no .txt beside it; the user name {user} was taken from the file name.",
)
ZONE_ASSUMED = Text(
    "平台给出的提交时间没有时区，按 {zone} 计算；评分标准里的 late: timezone: 可以指定时区。",
    "The platform gives the time without a time zone; it is read as {zone}. `late: timezone:` in "
    "the rubric sets the zone.",
)
TIME_UNREAD = Text(
    "无法确定平台写的提交时间“{said}”，因此不知道是否迟交，也分不出各次提交的先后。请人工核对。",
    "The platform's time “{said}” cannot be read with certainty: it is not known whether this is "
    "late, nor which attempt is newer. A person should look.",
)
SHEET_TIME_UNREAD = Text(
    "无法确定成绩表里的提交时间“{said}”，因此不知道是否迟交。请人工核对。",
    "The worksheet's time “{said}” cannot be read with certainty: it is not known whether this is "
    "late. A person should look.",
)
SEVERAL_DATES = Text(
    "名称里有几个日期（{dates}），无法确定哪个是平台写的提交时间，因此不知道显示的姓名和是否迟交。"
    "请人工确认，再把不是提交时间的日期从名称里删去。",
    "The name holds several dates ({dates}); which is the platform's time cannot be read with "
    "certainty, so neither the name shown nor whether this is late is known. A person must "
    "decide: take the dates that are not the platform's out of the name.",
)
OF_SEVERAL = Text("{count} 份作业：{said}", "{count} hand-ins: {said}")
NAME_LOST = Text(
    "平台不保留学生自己的文件名。", "The platform does not keep the student's own file name."
)
GRADESCOPE_UNREADABLE = Text(
    "submission_metadata.yml 无法读取，不知道各份作业是谁提交的。请从 Gradescope 重新导出。",
    "submission_metadata.yml cannot be read, so it is not known who handed in what. "
    "Export again from Gradescope.",
)
ONE_HAND_IN = Text(
    "{name} 里直接放着实验的代码文件，看作一个人的作业。",
    "The lab's own files lie directly in {name}, so it is taken as one hand-in.",
)
ARCHIVE_OPENED = Text(
    "文件夹里只有一个压缩包 {name}，里面是全班的作业，已直接读取。",
    "The folder holds one archive, {name}, with the whole class in it; it was read directly.",
)
ID_BY_SHAPE = Text(
    "{id} 像是学号，但没有名单能证实。",
    "{id} looks like a student id, but no roster confirms it.",
)
ID_BY_END = Text(
    "{digits} 是学号 {id} 的末几位，名单上只有一个学号这样结尾。",
    "{digits} is the end of the student id {id}, the only such one on the roster.",
)
BY_NAME = Text(
    "{name} 按姓名在名单上找到（名单上没有重名）。",
    "Found on the roster by name: {name} (no other student has this name).",
)
GROUP_BY_NAME = Text(
    "{label} 是名单上的小组，共 {count} 人。",
    "{label} is a group on the roster, with {count} members.",
)
SEVERAL_PEOPLE = Text(
    "{label} 提到名单上的 {count} 个人，看作共同提交。",
    "{label} names {count} students of the roster: taken as handed in together.",
)
TOGETHER = Text(
    "同一人的几个文件合为一份：{names}。", "Files of one student, taken together: {names}."
)
NEWER_BY_TIME = Text(
    "提交了多次，以修改时间较新的 {chosen} 为准，{older} 不评分。",
    "Handed in more than once: {chosen} is newer by its date and counts, {older} does not.",
)
NEWER_BY_NAME = Text(
    "提交了多次，修改时间相近，按文件名以 {chosen} 为准，{older} 不评分。",
    "Handed in more than once at about the same date: by its name {chosen} counts, {older} does "
    "not.",
)
NEWER_BY_STAMP = Text(
    "提交了多次，按名称里的日期以 {chosen} 为准，{older} 不评分。",
    "Handed in more than once: by the date in its name {chosen} counts, {older} does not.",
)
NEWER_BY_NUMBER = Text(
    "提交了多次，按名称里的编号以 {chosen} 为准，{older} 不评分。",
    "Handed in more than once: by the number in its name {chosen} counts, {older} does not.",
)
PARTS_LEFT = Text(
    "{older} 不评分，但其中写有 {parts}，在评分的文件里没有找到。请核对以哪一份为准（--prefer）。",
    "{older} does not count, but it holds {parts}, which was not found in anything that counts: "
    "check which of them is to count (--prefer).",
)
NEWER_INSIDE = Text(
    "提交了多次，按压缩包内文件的时间以 {chosen} 为准，{older} 不评分。",
    "Handed in more than once: by the dates inside the archive {chosen} counts, {older} does not.",
)
PREFERRED = Text(
    "按 --prefer 以 {chosen} 为准，{older} 不评分。",
    "By --prefer {chosen} counts, {older} does not.",
)
UNPACKED_BESIDE = Text(
    "{older} 是压缩包解压后的文件夹，以压缩包为准。",
    "The folder {older} is the archive beside it, unpacked; the archive counts.",
)
LATEST_ATTEMPT = Text(
    "以最后一次提交为准；之前的提交：{earlier}。",
    "The latest attempt counts; earlier ones: {earlier}.",
)
SAME_STUDENT = Text(
    "同一学生还提交了 {others}，没有评分。请人工确认。",
    "The same student also handed in {others}, which does not count. A person should look.",
)

LATE_REPLACES = Text(
    "以迟交的一次为准；按时提交的 {earlier} 不评分。要改用按时的一次，"
    "请在评分标准里写 late: {{prefer: in_time}}。",
    "The attempt that counts is late; {earlier} was in time and does not count. With "
    "late: {{prefer: in_time}} in the rubric the one in time counts.",
)
IN_TIME_COUNTS = Text(
    "按评分标准的 late: {{prefer: in_time}}，以按时提交的一次为准；之后迟交的 {later} 不评分。",
    "By late: {{prefer: in_time}} in the rubric the attempt in time counts; {later}, which came "
    "later and late, does not.",
)
NESTED = Text(
    "在文件夹 {folder} 里，这个文件夹的名字没有写是谁。请留意。",
    "It lies in the folder {folder}, whose own name names no student. Please look.",
)

# For a person to decide.
HELD = Text(
    "同一人交了几份，看不出哪份最新：{names}。都已列出，暂不算任何人的成绩；"
    "请用 --prefer 名称 指定以哪份为准。",
    "One student handed in several, and nothing says which is the newest: {names}. All are "
    "listed and count for no student for now; say which one counts with --prefer NAME.",
)
SEVERAL_USERS = Text(
    "平台上有几个用户都像是同一名学生：{names}。都已列出，暂不算任何人的成绩；请人工确认，"
    "再用 --prefer 名称 指定以哪份为准。",
    "Several users of the platform look like one student: {names}. All are listed and count for "
    "no student for now; find out who they are, and say which one counts with --prefer NAME.",
)
CLAIM = Text(
    "{folder} 里有写着 {ids} 的作业，而他们各自另有作业：没有采用，请人工确认。"
    "若确实要用，请加 --prefer 路径，例如 {example}。",
    "{folder} holds work under the names of {ids}, who have hand-ins of their own: it does not "
    "replace them, a person must decide. To use it all the same give --prefer PATH, such as "
    "{example}.",
)
OTHER_USER = Text(
    "{label} 是 GitHub 用户 {user} 的仓库，名单上没有这个用户名，因此没有算作 {ids} 的作业，"
    "请人工确认。若确实是，请加 --prefer {label}。",
    "{label} is the repository of the GitHub user {user}, who is not in the roster. So it is not "
    "taken as the work of {ids}; a person must decide. If it is, give --prefer {label}.",
)
ID_MAY_BE_CUT = Text(
    "{label} 里的 {digits} 像是被截断的学号（名单上有 {id}），没有猜。请核对。",
    "{digits} in {label} looks like a student id that was cut off ({id} is on the roster); "
    "no guess was made. Please check.",
)
ID_BEGINS_ANOTHER = Text(
    "学号 {id} 也是 {other} 的开头，文件名若被截断就可能是另一人。请核对。",
    "The student id {id} also begins {other}: if the name was cut off, it may be another "
    "student's. Please check.",
)
ID_SHORTER = Text(
    "学号 {id} 比别人的短或长，可能是文件名被截断。请核对。",
    "The student id {id} is shorter or longer than the others': the name may have been cut off. "
    "Please check.",
)
SEVERAL_IDS = Text(
    "{label} 里有几个数字都像学号（{ids}），无法确定是谁。请提供名单，或改文件名。",
    "{label} holds several numbers that look like student ids ({ids}); no guess was made. Give "
    "a roster, or rename it.",
)
MAYBE_A_COPY = Text(
    "可能与 {others} 是同一人的作业，也可能不是；都会评分。请提供名单，或改文件名。",
    "May or may not be by the same student as {others}; both are graded. Give a roster, or rename.",
)
ID_AND_NAME_DISAGREE = Text(
    "{label}：{id} 与姓名 {name} 在名单上不是同一个人，无法确定是谁。请人工确认。",
    "{label}: {id} and the name {name} are not the same student on the roster; no guess "
    "was made. A person must decide.",
)
NAME_SHARED = Text(
    "{label}：名单上有几个人都叫 {names}，无法确定是谁。请人工确认。",
    "{label}: several students on the roster have the name {names}; no guess was made. A "
    "person must decide.",
)
NOT_ON_ROSTER = Text(
    "{label} 在名单上找不到对应的学生。", "{label} matches no student on the roster."
)
ID_CLAIMED_TWICE = Text(
    "{label}：学号 {id} 还出现在另一个姓名的作业里，无法确定是谁。请人工确认。",
    "{label}: the student id {id} also appears in a hand-in under another name; no guess was "
    "made. A person must decide.",
)
IN_SEVERAL = Text(
    "学生 {id} 出现在几份作业里：{ids}。请人工确认以哪一份为准。",
    "Student {id} appears in several hand-ins: {ids}. A person must decide which one counts.",
)
UNDECIDED = Text(
    "{names}：还不知道是谁的作业，原因见表中各行。",
    "It is not known whose hand-ins these are; their rows give the reason: {names}.",
)
STRAYS = Text(
    "{names} 不属于任何学生，没有评分。",
    "These files belong to no hand-in and are not graded: {names}.",
)

SEVERAL_LAYOUTS = Text(
    "这个文件夹同时符合几种布局：{layouts}。请用 --layout 指定其中一种。",
    "This folder fits several layouts: {layouts}. Say which one with --layout.",
)
LAYOUT_FITS_NOTHING = Text(
    "{path} 里没有一项符合 --layout {layout}。可选的布局：{layouts}。",
    "Nothing in {path} fits --layout {layout}. The layouts are: {layouts}.",
)
NOT_TAKEN = Text(
    "{all} 项中只有 {count} 项符合 {layout} 的布局，没有按它读取。"
    "若就是它，请加 --layout {layout}。",
    "Only {count} of {all} items fit the layout {layout}, so it was not taken. If it is that one, "
    "give --layout {layout}.",
)
PREFER_UNKNOWN = Text(
    "--prefer {names} 没有对上任何作业。请照表里的名称写。",
    "--prefer {names} names no hand-in that there is a choice about. Write it as in the table.",
)

# The roster.
ROSTER_NOT_CSV = Text(
    "{path} 不是 CSV（或太大）。请在 Excel 里“另存为 → CSV UTF-8”，再给出那个文件。",
    "{path} is not a CSV (or too large). In Excel use Save As, CSV UTF-8, and give that file.",
)
ROSTER_ENCODING = Text(
    "{path} 的编码无法识别（支持 UTF-8、GB18030、UTF-16）。请另存为 CSV UTF-8。",
    "The encoding of {path} is not known (UTF-8, GB18030 and UTF-16 are). Save it as CSV UTF-8.",
)
ROSTER_HEADER = Text(
    "{path} 里找不到表头。应有“学号”“姓名”等列（可另有组、邮箱、用户名）；第一行是：{found}。",
    "{path} has no header that is known. Expected are columns such as student id and name (and "
    "group, email, username); the first line is: {found}",
)
NO_HAND_INS = Text(
    "{path} 里没有找到作业。请给出放着全班作业的文件夹或压缩包。",
    "No hand-ins found in {path}. Give the folder or the archive that holds the class's hand-ins.",
)
ROSTER_EMPTY = Text(
    "{path} 里没有学生。请检查文件。", "There are no students in {path}. Check the file."
)
ROSTER_SPOILED = Text(
    "{path} 第 {row} 行的 {cell} 是被 Excel 改动的学号（科学计数法，末几位已丢失）。"
    "请从原系统重新导出，不要用 Excel 保存。",
    "{cell} in line {row} of {path} is a student id that Excel has spoiled (its last digits are "
    "lost). Export the roster again and do not save it with Excel.",
)
ROSTER_REPEATED = Text(
    "名单里学号 {id} 出现多次（{first}、{second}），以第一次为准。",
    "The student id {id} is on the roster more than once ({first}, {second}); the first "
    "one counts.",
)
ROSTER_TWINS = Text(
    "名单上有重名：{names}。不能只凭这些姓名确定是谁。",
    "Several students on the roster share these names, so a name alone does not identify "
    "them: {names}.",
)

# The table of --dry-run.
TITLE = Text("共 {count} 份作业，识别为：{layout}。", "{count} hand-ins, recognised as: {layout}")
STUDENT = Text("学生", "Student")
ATTEMPT = Text("提交", "Attempt")
FILES = Text("文件", "Files")
LATE = Text("迟交", "Late")
GUESSED = Text("说明", "Guessed, and why")
YES = Text("是", "yes")
NO = Text("否", "no")
MISSING = Text("名单上未提交的学生（{count} 人）", "On the roster, nothing handed in ({count})")
SUPERSEDED = Text("较早的提交，不评分（{count} 份）", "Earlier attempts, not graded ({count})")
NOTICES = Text("注意", "Notices")
NOBODY = Text("（未知）", "(unknown)")
NO_FILES = Text("（没有文件）", "(no files)")
LAYOUTS: dict[str, Text] = {
    "plain": Text("普通文件夹或压缩包", "plain folders, archives and files"),
    "single": Text("一个人的作业", "one student's hand-in"),
    "moodle": Text("Moodle", "Moodle"),
    "canvas": Text("Canvas", "Canvas"),
    "blackboard": Text("Blackboard", "Blackboard"),
    "sakai": Text("Sakai", "Sakai"),
    "gradescope": Text("Gradescope", "Gradescope"),
    "chaoxing": Text("超星学习通", "Chaoxing"),
    "tronclass": Text("畅课 TronClass（学号_姓名）", "TronClass (id_name)"),
    "tsinghua": Text("清华网络学堂", "Tsinghua Web Learning"),
    "brightspace": Text("Brightspace", "Brightspace"),
    "ilias": Text("ILIAS", "ILIAS"),
    "edx-ora2": Text("Open edX（ORA2）", "Open edX (ORA2)"),
    "edx-sga": Text("Open edX（Staff Graded Assignment）", "Open edX (Staff Graded Assignment)"),
}
