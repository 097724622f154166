"""The folder that the students of one rubric get: its parts alone, with its points.

It is made from ``starter/`` and searched for lines that students must not see, as the starter is.
``grader handout`` writes it and grades it: whoever hands it in untouched has attempted nothing.
"""

from __future__ import annotations

import ast
import io
import json
import re
import shutil
import zipfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from fractions import Fraction
from pathlib import Path
from typing import Final

import numpy as np

from grader import ROOT
from grader.authoring import cut, handout, publish
from grader.core.errors import GraderError, UsageError
from grader.core.model import GradeReport, Outcome, Source
from grader.parts.checks import checks_of, part_names
from grader.parts.reference import reference_runner
from grader.parts.registry import spec_of
from grader.scoring.points import show_points
from grader.scoring.rubric import Rubric
from grader.scoring.rubric_schema import Amount, Criterion
from kit.contracts import BY_ID, PARTS
from kit.left_raises import stub_raises
from kit.locate import locate
from kit.text import Text, joined

_SECTION: Final = re.compile(r"^(?=## )", re.MULTILINE)
_OF_PARTS: Final = re.compile(r"\A(## .*\n+)<!-- parts:([\w ]*)-->\n*")
"""Below a heading of the starter's README: the parts that the section is about."""
_POINT: Final = re.compile(r"^- <!-- parts:([\w ]*)--> (.*\n(?:  .*\n)*)", re.MULTILINE)
"""A list item of the starter's README that is about some parts only."""

UNTOUCHED: Final = frozenset({Outcome.NOT_ATTEMPTED, Outcome.SKIPPED})


@dataclass(frozen=True, slots=True)
class Lab:
    """What one rubric hands out: the content of each file, by its path in the folder."""

    rubric: Rubric
    parts: tuple[str, ...]
    files: dict[str, bytes]


def build(
    rubric: Rubric, data: Path | None = None, unused: Collection[tuple[str, str]] = ()
) -> Lab:
    """The folder of `rubric`; with the texts of its programs where they lie in `data`.

    `unused` are parts and blanks of theirs that no check needs: the README asks for none of them.
    """
    parts = rubric.parts()
    homes = tuple(part.id for part in PARTS if part.id in _with_needed(parts))
    starter = ROOT / "starter"
    files = {
        path.relative_to(starter).as_posix(): path.read_bytes()
        for path in handout.given_files(ROOT)
        if _belongs(path.relative_to(starter), parts, homes)
    }
    wanted = {name for part in parts for name in _imported(starter / BY_ID[part].file)}
    files |= {name: (starter / name).read_bytes() for name in handout.WHOLE if name[:-3] in wanted}
    stored: dict[str, np.ndarray] = {}
    for part in homes:
        stored |= spec_of(part).publish(reference_runner(part))
    files["tests/expected.npz"] = publish.packed(stored)
    points = json.dumps(publish.points(rubric), indent=2, ensure_ascii=False) + "\n"
    files["tests/points.json"] = points.encode()
    corpora = list(_corpora(parts))
    for name, lang in (("README.md", "en"), ("README.zh.md", "zh")):
        text = (starter / name).read_text("utf-8")
        files[name] = _readme(text, rubric, corpora, unused, lang).encode()
    for _, file_name, _ in corpora:
        if data is not None and (data / file_name).is_file():
            files[file_name] = (data / file_name).read_bytes()
    return Lab(rubric, parts, dict(sorted(files.items())))


def write(lab: Lab, out: Path) -> Path:
    """Write the folder `out` and the zip beside it; the path of the zip."""
    refuse_full(out)
    try:
        for name, content in lab.files.items():
            (out / name).parent.mkdir(parents=True, exist_ok=True)
            (out / name).write_bytes(content)
        refuse_leaks(out)
    except BaseException:  # a Ctrl-C too: half a folder must not be handed out
        shutil.rmtree(out, ignore_errors=True)
        raise
    packed = out.with_name(f"{out.name}.zip")
    packed.write_bytes(_zip(lab, out.name))
    return packed


def refuse_full(out: Path) -> None:
    """UsageError where `out` is no place for a new folder."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(
            Text(
                f"{out} 已经存在而且不是空文件夹。请换一个 --out，或先删除它。",
                f"{out} exists and is no empty folder. Choose another --out, or delete it first.",
            )
        )


def refuse_leaks(folder: Path) -> None:
    """GraderError where a file holds a line that students must not see."""
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    if found := cut.leaks(ROOT, paths):
        path, line = found[0]
        name = path.relative_to(folder).as_posix()
        raise GraderError(
            Text(
                f"{name} 里有一行只供教师：{line}。请先运行 `make starter`。",
                f"{name} holds a line that students must not see: {line}. Run `make starter` "
                "first.",
            )
        )


def refuse_attempts(report: GradeReport) -> None:
    """GraderError unless the untouched folder has attempted nothing and earned nothing."""
    results = [check.result for check in report.score.checks]
    begun = [result.id for result in results if result.outcome not in UNTOUCHED]
    if begun or any(check.earned for check in report.score.checks):
        names = ", ".join(begun[:6])
        raise GraderError(
            Text(
                f"原样提交这个文件夹，有检查不是“未作答”：{names}。请检查这些部分的 STUB 标记。",
                f"Handed in untouched, this folder has checks that are not 'not attempted': "
                f"{names}. Look at the STUB markers of these parts.",
            )
        )


# ---------------------------------------------------------------- which files


def _belongs(path: Path, parts: Sequence[str], homes: Sequence[str]) -> bool:
    name = path.as_posix()
    if name in (BY_ID[part].file for part in parts):
        return True
    if name in handout.SOURCES or name.startswith("README"):
        return False
    if name.startswith("tests/parts/") and len(path.parts) > 3:
        return path.parts[2] in homes
    return any(fnmatchcase(name, pattern) for pattern in handout.HANDED_OUT)


def _with_needed(parts: Iterable[str]) -> set[str]:
    """The parts and those whose folders their tests import."""
    found: set[str] = set()
    waiting = list(parts)
    while waiting:
        part = waiting.pop()
        if part in found:
            continue
        found.add(part)
        for file in (ROOT / publish.TESTS / "parts" / part).glob("*.py"):
            modules = {name for name in _imported(file) if name.startswith("parts.")}
            waiting += [name.split(".")[1] for name in modules if name.split(".")[1] in BY_ID]
    return found


def _imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _zip(lab: Lab, folder: str) -> bytes:
    """The folder as a zip whose bytes depend on the files alone, not on the clock."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in lab.files.items():
            info = zipfile.ZipInfo(f"{folder}/{name}", date_time=(2026, 9, 1, 0, 0, 0))
            archive.writestr(info, content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


# ---------------------------------------------------------------- texts and README


def _corpora(parts: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Name, file name and address of each text that a program of `parts` trains on."""
    tree = ast.parse((ROOT / "solutions" / "corpora.py").read_text("utf-8"))
    known = [
        tuple(a.value for a in node.args[:3] if isinstance(a, ast.Constant))
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        and node.func.id == "Corpus"
    ]  # fmt: skip
    programs = [(ROOT / "solutions" / BY_ID[part].file).read_text("utf-8") for part in parts]
    defaults = {
        found[1]
        for text in programs
        for found in re.finditer(r'"--data", default="([\w.]+)"', text)
    }
    for name, file_name, url in known:
        if defaults & {name, file_name}:
            yield str(name), str(file_name), str(url)


def _readme(
    starter: str,
    rubric: Rubric,
    corpora: Sequence[tuple[str, str, str]],
    unused: Collection[tuple[str, str]],
    lang: str,
) -> str:
    """The starter's README for this rubric: its parts and points, its sections and no others."""
    head, *sections = _SECTION.split(starter)
    kept = [_tasks(rubric, unused, lang)]
    for section in sections:
        found = _OF_PARTS.match(section)
        if found is None or set(found[2].split()) & set(rubric.parts()):
            # The commands of sections about all parts name one that may not be here.
            shown = section if found else _renamed(_about(section, rubric), rubric)
            kept.append(_without_others(_OF_PARTS.sub(r"\1", shown, count=1), rubric))
    if corpora:
        kept.insert(2, _data(corpora, lang))
    kept.append(_rows(rubric, lang))
    rest = head.split("\n", 1)[1]
    return f"# {rubric.title.pick(lang)}\n{rest}" + "\n".join(s.rstrip() + "\n" for s in kept)


def _about(section: str, rubric: Rubric) -> str:
    """The section without the items that are about other parts alone."""

    def kept(point: re.Match[str]) -> str:
        return f"- {point[2]}" if set(point[1].split()) & set(rubric.parts()) else ""

    return _POINT.sub(kept, section)


def _renamed(section: str, rubric: Rubric) -> str:
    example, *_ = publish.points(rubric)["checks"]
    for check in checks_of(part_names()):
        section = section.replace(check.id, example)
    for part in part_names():
        section = section.replace(f"tests/parts/{part}", f"tests/parts/{rubric.parts()[0]}")
    return section


def _without_others(section: str, rubric: Rubric) -> str:
    """Without the rows of tables and the commands that are about parts of other labs."""
    others = [part.file for part in PARTS if part.id not in rubric.parts()]
    return "".join(
        line
        for line in section.splitlines(keepends=True)
        if not (line.startswith(("|", "python ")) and any(file in line for file in others))
    )


def _tasks(rubric: Rubric, unused: Collection[tuple[str, str]], lang: str) -> str:
    lines = [
        Text("## 要完成的部分", "## The parts of this lab").pick(lang),
        "",
        Text("| 文件 | 要填的空 | 分值 |", "| file | blanks | points |").pick(lang),
        "|---|---|---|",
    ]
    for name in rubric.parts():
        rows = [row for row in rubric.rows if name in row.parts]
        worth = show_points(sum((row.parts[name].points for row in rows), Fraction(0)))
        if rows[0].optional:
            most = show_points(rows[0].points)
            worth += Text(f"（选做，最多计 {most}）", f" (optional, at most {most})").pick(lang)
        asked = (blank for blank in blanks_of(name) if (name, blank) not in unused)
        blanks = ", ".join(f"`{blank}`" for blank in asked)
        lines.append(f"| `{BY_ID[name].file}` | {blanks} | {worth} |")
    return "\n".join(lines)


def blanks_of(name: str) -> tuple[str, ...]:
    """What there is to write in the starter's file of a part, as pack.py and pytest name it.

    In the order of the file, in which pytest names what is next.
    """
    part = BY_ID[name]
    text = (ROOT / "starter" / part.file).read_text("utf-8")
    lines = {found.name: found.first for found in stub_raises(text)}
    unwritten = locate([Source(part.file, (text,), "utf-8")]).found[name].unwritten
    return tuple(sorted(unwritten, key=lambda blank: lines.get(blank, 0)))


def _rows(rubric: Rubric, lang: str) -> str:
    by = {
        "checks": Text("检查，公开的和隐藏的", "checks, public and hidden"),
        "linter": Text("一部分由规范工具，其余由助教", "a linter in part, the rest by a person"),
        "ta": Text("助教", "a teaching assistant"),
    }
    lines = [
        Text("## 评分", "## What is worth how much").pick(lang),
        "",
        Text("| 评分项 | 分值 | 由谁评 |", "| row | points | by |").pick(lang),
        "|---|---|---|",
    ]
    for row in rubric.rows:
        who = by[row.marked_by].pick(lang)
        lines.append(f"| {row.title.pick(lang)} | {show_points(row.points)} | {who} |")
        for criterion in row.criteria:
            title = criterion.title.pick(lang)
            lines.append(f"| – {title} | {show_points(criterion.points)} | |")
    lines += late_lines(rubric, lang)
    # No check shows what a person judges, so the README says what earns these points.
    for criterion in rubric.criteria:
        lines += _criterion(criterion, lang)
    return "\n".join(lines)


def _criterion(criterion: Criterion, lang: str) -> Iterator[str]:
    """What a person looks at, and what earns how much; nothing where the rubric says neither."""
    said = criterion.description.pick(lang).strip() if criterion.description else ""
    if not said and not criterion.levels:
        return
    yield ""
    title = criterion.title.pick(lang)
    colon = Text("：", ": ").pick(lang)
    yield f"**{title}**{colon}{said}" if said else f"**{title}**"
    if criterion.levels:
        yield ""
    for level in criterion.levels:
        words = " ".join(level.description.pick(lang).split())
        yield f"- {show_points(level.points)}{colon}{words}"


def late_lines(rubric: Rubric, lang: str) -> Iterator[str]:
    """When the lab is due and what a late hand-in costs; nothing without a late policy."""
    if (late := rubric.late) is None:
        return
    due = f"{late.due:%Y-%m-%d %H:%M} ({late.timezone.key})"
    said = Text(f"截止时间：{due}。", f"Due {due}.")
    if late.deduct_per_day is not None:
        cost = _amount(late.deduct_per_day)
        said += Text(
            f"每迟交一天（不足一天按一天）扣{cost.zh}。", f"Each day begun costs {cost.en}."
        )
    elif isinstance(late.multiply, tuple):
        days = joined(map(show_points, late.multiply))
        said += Text(
            f"迟交的成绩乘以一个系数，从第 1 天起依次为 {days.zh}，再晚沿用最后一个。",
            f"A late mark is multiplied by a factor, by days begun: {days.en}; "
            "any later day has the last factor.",
        )
    elif late.multiply is not None:
        factor = show_points(late.multiply)
        said += Text(
            f"每迟交一天（不足一天按一天），成绩乘以 {factor}。",
            f"Each day begun multiplies the mark by {factor}.",
        )
    if late.cap is not None:
        cap = _amount(late.cap)
        said += Text(f"最多扣{cap.zh}。", f"At most {cap.en} deducted.")
    if late.grace_minutes:
        minutes = late.grace_minutes
        said += Text(f"每天宽限 {minutes} 分钟。", f"Minutes of grace: {minutes}.")
    yield ""
    yield said.pick(lang)


def _amount(amount: Amount) -> Text:
    if amount.of_total:
        share = show_points(amount.value * 100)
        return Text(f"总分的 {share}%", f"{share}%")
    points = show_points(amount.value)
    return Text(f" {points} 分", f"{points} points")


def _data(corpora: Sequence[tuple[str, str, str]], lang: str) -> str:
    lines = [
        Text("## 训练用的文本", "## The texts to train on").pick(lang),
        "",
        Text(
            "文本在本文件夹里时，用 `--data 文件名` 指定。否则程序在 `RNN_LAB_DATA` 所指的"
            "文件夹里找，再找不到就下载一次并核对；没有网络时用合成文本代替，而且会说明。",
            "Where the text lies in this folder, name the file: `--data FILE`. Otherwise the "
            "program looks in the folder that `RNN_LAB_DATA` names, then downloads the text once "
            "and verifies it. Without a network a synthetic text serves, and the program says so.",
        ).pick(lang),
        "",
    ]
    lines += [f"- `{name}`: `{file}`, <{url}>" for name, file, url in corpora]
    return "\n".join(lines)
