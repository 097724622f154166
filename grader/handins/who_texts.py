"""Sentences on whose a hand-in is, where a name and an id, or two names, mean different people."""

from __future__ import annotations

from kit.text import Text

READ_AS_SEVERAL = Text(
    "{label} 按不同的姓、名顺序可以读作名单上的几个人（{names}），无法确定是谁。请人工确认。",
    "{label} can be read as several students of the roster ({names}), by which word is the "
    "surname; no guess was made. A person must decide.",
)
BY_ORDER = Text(
    "{name} 按姓名在名单上找到：平台把姓写在前面，名单上只有一个人的姓名这样写。",
    "Found on the roster by name: {name} (the platform writes the surname first, and only one "
    "student's name is written so).",
)
OTHER_ID = Text(
    "{label}：像是名单上的 {name}，但平台给出的编号或用户名不是此人的，可能是另一人。请人工确认。",
    "{label}: it looks like {name} of the roster, but an id or user name that comes with it is not "
    "this student's; it may be somebody else's. A person must decide.",
)
IDS_DISAGREE = Text(
    "{label}：平台给出的几个编号在名单上属于不同的人（{ids}），无法确定是谁。请人工确认。",
    "{label}: the ids that come with it belong to different students of the roster ({ids}); no "
    "guess was made. A person must decide.",
)
USER_OF_SEVERAL_NAMES = Text(
    "{label}：平台上的同一用户先后显示了名单上几个人的姓名（{names}），无法确定是谁。请人工确认。",
    "{label}: one user of the platform showed the names of several students of the roster "
    "({names}); no guess was made. A person must decide.",
)
SAME_USER = Text(
    "与 {name} 的其他提交是平台上的同一用户，显示的姓名不同。",
    "The same user of the platform as in other hand-ins of {name}, under another name.",
)
GROUP_AMONG_STUDENTS = Text(
    "{label} 是名单上的小组名，但这里多数是个人提交，个人也可以把显示名改成小组名。请人工确认。",
    "{label} is a group of the roster, but most hand-ins here are of single students, and a "
    "student can show such a name. A person must decide.",
)
ID_IN_NAME = Text(
    "{label}：显示名里写有名单上 {name} 的学号或用户名，但显示名可以由学生自己填写。请人工确认。",
    "{label}: the name shown holds an id or user name of {name} of the roster, but a student may "
    "choose that name. A person must decide.",
)
NOT_BY_PLATFORM = Text(
    "{label} 的文件名里写有 {names}，但不是平台的命名，谁都可以这样写：没有采用，请人工确认。",
    "{label} names {names}, but it is not named as the platform names hand-ins, and anybody may "
    "have chosen that name: it is not counted. A person must decide.",
)
SEVERAL_CANVAS_USERS = Text(
    "{label}：编号 {ids} 都可能是 Canvas 用户的编号，无法确定是谁的作业。请人工确认。",
    "{label}: each of the numbers {ids} may be that of its Canvas user; no guess was made. A "
    "person must decide.",
)
DECIDE = Text(
    '要说明是谁的，请用 --prefer "{name}=学号"（合交的用逗号隔开）。',
    'To say whose it is give --prefer "{name}=STUDENT-ID" (of several, with commas between).',
)
DECIDED = Text(
    "按 --prefer，{name} 是 {whose} 的。",
    "By --prefer {name} is the work of {whose}.",
)
NAME_LOST = Text(
    "{label} 里的 {names} 没有算作作者：名单上没有这个姓名，或有重名。请核对。",
    "{names} in {label} is not taken as an author: the name is not on the roster, or several have "
    "it. Please check.",
)
