"""Who is meant by the name of a folder or file, such as ``2023001-张三-实验6(1)``.

With a roster only what the roster confirms counts. Without one, the only number that can be a
student id is taken as such; a date is not, and none is chosen from several.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace

from kit.sources import show
from kit.text import Text, joined

from . import texts, who_texts
from .headers import normal
from .label_names import is_besides, is_word_of_a_name, lost_a_word, readable, without_names
from .name_words import CHINESE_NAME, NAME_WORD
from .number_dates import is_a_date, looks_like_a_telephone, may_be_a_date
from .records import Person
from .roster import Enrolled, Roster

_ASCII_RUN = re.compile(r"[A-Za-z0-9]+")
_NUMBER = re.compile(r"\d+")
_ID = re.compile(r"[A-Za-z]{0,3}\d{6,14}")
# Words of file names that are no names of people. Longer words come first, or a shorter one would
# match and leave the rest of the longer one behind.
_NO_NAMES = re.compile(
    "循环神经网络|实验报告|课程设计|源代码|最终版|修改版|修正版|第[一二三四五六七八九十百\\d]+[次组章]?|"
    "实验[一二三四五六七八九十]*|作业[一二三四五六七八九十]*|报告|代码|程序|课程|学院|专业|班级|副本|"
    "[初首终末定草]稿|第[一二三四五六七八九十百\\d]+[稿版]|(?<![\u4e00-\u9fff])[一二三四五六七八九十]+稿|"
    "最终|最新版?|提交|附件|小组|大作业|期末|期中|考试|深度学习|机器学习|人工智能|计算机|软件工程|唐诗|文档|"
    "压缩包|补交|重交|更新|新建文件夹|.{1,6}(?:学院|专业|[级班])"
)
# The most frequent surnames: of several runs of Chinese, the one that begins so is the name.
_SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任"
    "沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔"
    "向汤常温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童"
    "凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤时阳阎穆农司卓古吉缪简车项"
    "连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞"
)
# English words count only behind a separator: dev1 and qrcode are names.
# A run of separators is tried from its beginning alone: from each of its places, it would take
# quadratic time.
_COPY = re.compile(
    r"(?<![\s\-_])(?:[\s\-_]*(?:\(\s*\d{1,3}\s*\)|副本|最终版|终版|最终|修改版?|修正版?|更新版?|补交版?|重交版?|新版"
    r"|最新版?|[初首终末定草]稿|第?[一二三四五六七八九十]{1,3}稿|第?\d{1,3}稿)"
    r"|[\s\-_]+(?:copy|final|latest|v\d{1,2}))$",
    re.I,
)
_ROLE = re.compile(
    r"(?<![\s\-_+])(?:[\s\-_+]*(?:实验报告|报告|源代码|代码|程序|源码)|[\s\-_+]+(?:report|code|src|source))[\s\-_+]*$",
    re.I,
)
_JOINS = r"\s*[、+&,_]\s*"
_REPORT = re.compile("报告|report", re.I)


@dataclass(frozen=True, slots=True)
class ParsedLabel:
    """What the name of a folder or file says about the hand-in."""

    people: tuple[Person, ...]  # never empty
    known: bool  # an id or the roster identifies them
    rest: str = ""  # the name without the people and without marks of a copy
    report: bool = False  # it says that it is a report
    reasons: tuple[Text, ...] = ()
    doubt: Text | None = None  # for a person to decide
    group: str = ""
    sure: bool = False  # known by an id and a name, or by the roster
    named: bool = False  # by what looks like a person's name, though nothing confirms it


def parse(label: str, roster: Roster | None) -> ParsedLabel:
    """Parse the name of a folder or file of a hand-in."""
    plain = without_copy_marks(label)
    if roster is not None and roster.students:
        found = _on_roster(plain, roster)
    else:
        found = _by_shape(plain)
    rest = normal(plain)
    for person in found.people:
        for word in (person.student_id, person.name):
            if found.known and word:
                rest = rest.replace(normal(word), "")
    rest = dashed(rest)
    report = bool(_REPORT.search(label))
    return replace(found, rest=rest, report=report)


def dashed(text: str) -> str:
    """What is left of a label, with one dash for whatever separates words."""
    return re.sub(r"[\s\-_+—–.,，、()（）]+", "-", normal(text)).strip("-")


def without_copy_marks(label: str) -> str:
    """``张三 - 副本 (2)`` -> ``张三``; :mod:`.version_names` orders the copies."""
    text = unicodedata.normalize("NFKC", label).strip()
    while (mark := _COPY.search(text)) and mark.start() > 0:
        text = text[: mark.start()].rstrip()
    return text


def without_role(label: str) -> str:
    """``alice_report`` -> ``alice``: the name that a report and its code share."""
    plain = unicodedata.normalize("NFKC", label).strip()
    return _ROLE.sub("", plain) or plain


def nobody(label: str, doubt: Text | None) -> ParsedLabel:
    """A name that says of no student whose it is."""
    return ParsedLabel((Person("", label),), known=False, doubt=doubt)


def _names_in(text: str) -> list[str]:
    """The runs of Chinese characters that may be names, without the words of a course."""
    found = []
    for run in CHINESE_NAME.findall(text):
        found += [w for w in re.split(r"\s+", _NO_NAMES.sub(" ", run)) if w]
    return [w for w in found if 2 <= len(w) <= 4 or re.search("[·•]", w)]


def _latin_name(text: str, number: str) -> str:
    """``2023001_Zhang San`` -> ``Zhang San``: the only words beside the only number."""
    words = [w.strip() for w in re.split(r"[_+\-—,，()（）.]+", text.replace(number, "_"))]
    words = [w for w in words if w and not re.search(r"\d", w) and not _NO_NAMES.fullmatch(w)]
    return words[0] if len(words) == 1 else ""


def _by_shape(label: str) -> ParsedLabel:
    text = unicodedata.normalize("NFKC", label)
    runs = [run for run in _ASCII_RUN.findall(text) if _ID.fullmatch(run)]
    # A number that looks like a telephone number counts only if there is no other number.
    ids = [r for r in runs if not (is_a_date(r) or looks_like_a_telephone(r))] or [
        r for r in runs if not is_a_date(r)
    ]
    names = _names_in(text)
    if len(names) > 1:
        names = [name for name in names if name[0] in _SURNAMES] or names
    name = names[0] if len(names) == 1 else ""
    unique = list(dict.fromkeys(ids))
    if len(unique) == 1:
        reason = texts.ID_BY_SHAPE.format(id=unique[0])
        person = Person(unique[0], name or _latin_name(text, unique[0]))
        return ParsedLabel((person,), known=True, reasons=(reason,), sure=bool(name))
    if len(unique) > 1:
        doubt = texts.SEVERAL_IDS.format(label=show(label), ids=joined(unique[:4]))
        return nobody(name or label, doubt)
    return replace(nobody(name or label, None), named=bool(name))


def _on_roster(label: str, roster: Roster) -> ParsedLabel:
    text = unicodedata.normalize("NFKC", label)
    by_id = _hits_by_id(text, roster)
    named = roster.named_in(text)
    named, either = readable(named, text)
    by_name = [bearers[0] for bearers in named.values() if len(bearers) == 1]
    twins = {bearers[0].person.name for bearers in named.values() if len(bearers) > 1}
    by_id = [s for s in by_id if _identifies(s.person.student_id, text) or s in by_name]
    reasons: list[Text] = []
    if not by_id and (found := _by_suffix(text, roster, by_name)) is not None:
        by_id = [found[0]]
        reasons.append(texts.ID_BY_END.format(digits=found[1], id=found[0].person.student_id))
    if not by_id:
        logins = unique(roster.logged_in_as(normal(text)))
        by_id = [s for s in logins if not is_word_of_a_name(s, text, by_name)]
    if not by_id and by_name and _is_of_a_stranger(label, by_name):
        return _not_on_roster(label, text, roster)
    if by_id:
        if by_name and not any(s in by_id for s in by_name):
            doubt = texts.ID_AND_NAME_DISAGREE.format(
                label=show(label),
                id=joined(s.person.student_id or s.login for s in by_id),
                name=joined(s.person.name for s in by_name),
            )
            return nobody(label, doubt)
        # Beside an id, the letters of its own student's name name nobody else: Chen Yu is not
        # Yu Chen as well, nor Ana Maria Silva Ana Silva.
        beside = roster.named_in(without_names(normal(text), by_id))
        others = (who[0] for who in beside.values() if len(who) == 1)
        people = unique([*by_id, *(s for s in others if is_besides(s, by_id, text))])
    elif by_name and (cut := lost_a_word(by_name, text, roster)):
        listed = joined(sorted({*cut, *(show(s.person.name) for s in by_name)}))
        return nobody(label, who_texts.READ_AS_SEVERAL.format(label=show(label), names=listed))
    elif either:
        doubt = who_texts.READ_AS_SEVERAL.format(label=show(label), names=joined(either))
        return nobody(label, doubt)
    elif by_name:
        people = by_name
        reasons.append(texts.BY_NAME.format(name=joined(s.person.name for s in by_name)))
    elif twins:
        doubt = texts.NAME_SHARED.format(label=show(label), names=joined(sorted(twins)))
        return nobody(label, doubt)
    elif len(members := roster.members(text)) > 1:
        reason = texts.GROUP_BY_NAME.format(label=show(label), count=len(members))
        chosen = tuple(s.person for s in members)
        return ParsedLabel(chosen, known=True, reasons=(reason,), group=label, sure=True)
    else:
        return _not_on_roster(label, text, roster)
    if len(people) == 1 and not by_name and (longer := _longer(people[0], text, roster)):
        values = {"id": people[0].person.student_id, "other": longer}
        reasons.append(texts.ID_BEGINS_ANOTHER.format(**values))
    named_here = {student.person.name for student in people}
    if lost := [*sorted(twins - named_here), *_beside(text, people)]:
        reasons.append(who_texts.NAME_LOST.format(label=show(label), names=joined(lost)))
    if len(people) > 1:
        reasons.append(texts.SEVERAL_PEOPLE.format(label=show(label), count=len(people)))
    chosen = tuple(s.person for s in people)
    return ParsedLabel(chosen, known=True, reasons=tuple(reasons), sure=True)


def _beside(text: str, people: Iterable[Enrolled]) -> list[str]:
    """What looks like the name of one more person, joined to that of a student by a sign."""
    names = [student.person.name for student in people if len(student.person.name) > 1]
    found: list[str] = []
    for word in _names_in(text):
        if word[0] in _SURNAMES and not any(word in name or name in word for name in names):
            pairs = [
                f"{re.escape(a)}{_JOINS}{re.escape(b)}"
                for n in names
                for a, b in ((n, word), (word, n))
            ]
            found += [word] if any(re.search(pair, text) for pair in pairs) else []
    return found


def _not_on_roster(label: str, text: str, roster: Roster) -> ParsedLabel:
    shaped = _by_shape(label)
    unknown = texts.NOT_ON_ROSTER.format(label=show(label))
    return replace(shaped, doubt=shaped.doubt or _cut(label, text, roster) or unknown)


def _is_of_a_stranger(label: str, named: Iterable[Enrolled]) -> bool:
    """Whether a label has one id, which the roster does not know, and a name that is another one.

    ``2099009-李明明`` is not 李明; ``2099009-李明`` may have mistyped the id.
    """
    shaped = _by_shape(label)
    words = set(NAME_WORD.findall(normal(shaped.people[0].name)))
    known = [set(NAME_WORD.findall(normal(student.person.name))) for student in named]
    return shaped.known and bool(words) and words not in known


def _cut(label: str, text: str, roster: Roster) -> Text | None:
    """That the last number may be the beginning of an id, in a name that was cut off."""
    end = re.search(r"[A-Za-z]{0,3}\d{4,}$", text.strip())
    longer = roster.beginning_with(end[0]) if end is not None else ()
    if end is None or not longer:
        return None
    ids = joined(s.person.student_id for s in longer[:3])
    return texts.ID_MAY_BE_CUT.format(label=show(label), digits=end[0], id=ids)


def _longer(student: Enrolled, text: str, roster: Roster) -> str:
    """Another student's id that begins with this one's, where the label ends with this."""
    number = student.person.student_id
    if not number or not normal(text).endswith(normal(number)):
        return ""
    others = (s for s in roster.beginning_with(number) if s is not student)
    return next((s.person.student_id for s in others), "")


def _identifies(number: str, text: str) -> bool:
    """Whether an id alone identifies somebody: the 6 of 实验6 and a year do not."""
    short = len(number) < 4 or re.fullmatch(r"(?:19|20)\d\d", number)
    return not short or normal(text) == normal(number)


def unique(students: Iterable[Enrolled]) -> list[Enrolled]:
    """Each student once, in the order given."""
    found: list[Enrolled] = []
    for student in students:
        if student not in found:
            found.append(student)
    return found


def _hits_by_id(text: str, roster: Roster) -> list[Enrolled]:
    """The students whose ids occur; digits inside an id that is found are no id of their own."""
    found, rest = list(roster.numbered_in(normal(text))), normal(text)
    for student in found:
        rest = rest.replace(normal(student.person.student_id), " ")
    for runs in (_ASCII_RUN, _NUMBER):
        known = {run: s for run in runs.findall(rest) if (s := roster.by_student_id(run))}
        found += known.values()
        pieces = re.split(f"({runs.pattern})", rest)
        rest = "".join(" " if piece in known else piece for piece in pieces)
    return unique(found)


def _by_suffix(text: str, roster: Roster, by_name: list[Enrolled]) -> tuple[Enrolled, str] | None:
    """The only student whose id ends in four or more digits of the label."""
    for run in re.findall(r"\d{4,}", text):
        ends = list(roster.ending_in(run))
        if len(ends) != 1:
            continue
        # A year or a date may end an id by chance; then the name must confirm it.
        if by_name == ends or not (by_name or may_be_a_date(run)):
            return ends[0], run
    return None
